//! Tools, calls and results.

use crate::provider::{body, foreign, message, own, refused, sent};
use hotcell_sdk::{
    ChatRequest, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Part, Role, Tool,
    ToolCall, ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn function(name: &str) -> FunctionTool {
    FunctionTool {
        name: name.to_owned(),
        description: None,
        parameters: None,
        strict: None,
        cache: None,
        extra: None,
    }
}

fn with(tools: Vec<Tool>) -> ChatRequest {
    ChatRequest { tools, ..ChatRequest::user("hi") }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
    Part::ToolCall(ToolCall { id, name, arguments, signature: None, extra: None })
}

fn result(id: &str, content: Vec<ToolResultPart>) -> ToolResult {
    let call_id = id.to_owned();
    ToolResult { call_id, name: None, content, is_error: false, cache: None, extra: None }
}

fn said(id: &str, text: &str) -> Part {
    Part::ToolResult(result(id, vec![ToolResultPart::Text(text.to_owned())]))
}

#[test]
fn functions_have_parameters() {
    let mut full = function("f");
    full.description = Some("d".to_owned());
    full.parameters = Some("{\"type\":\"object\",\"properties\":{\"x\":{}}}".to_owned());
    full.strict = Some(false);
    let body = body(with(vec![Tool::Function(full), Tool::Function(function("g"))]));
    let expected = json!([
        { "type": "function", "function": { "name": "f", "description": "d",
            "parameters": { "type": "object", "properties": { "x": {} } } } },
        { "type": "function", "function": { "name": "g",
            "parameters": { "type": "object", "properties": {} } } },
    ]);
    assert_eq!(body["tools"], expected);
}

#[test]
fn what_tools_cannot_have_here_is_warned_of() {
    let strict = FunctionTool { strict: Some(true), ..function("f") };
    let request =
        ChatRequest { parallel_tool_calls: Some(false), ..with(vec![Tool::Function(strict)]) };
    assert_eq!(sent(request).1.len(), 2);
    let request = ChatRequest {
        parallel_tool_calls: Some(true),
        tool_choice: Some(ToolChoice::Auto),
        ..with(vec![Tool::Function(function("f"))])
    };
    assert_eq!(sent(request).1, [""; 0]);
}

#[test]
fn no_choice_is_no_tools() {
    let choice = |choice: ToolChoice| ChatRequest {
        tool_choice: Some(choice),
        ..with(vec![Tool::Function(function("f"))])
    };
    let (body, warnings) = sent(choice(ToolChoice::None));
    assert_eq!((body.get("tools"), warnings.len()), (None, 1));
    for forced in [ToolChoice::Required, ToolChoice::Function("f".to_owned())] {
        assert!(refused(choice(forced)).starts_with("`tool_choice`"));
    }
    refused(choice(ToolChoice::Native(foreign(&json!("any")))));
}

#[test]
fn tools_of_another_dialect_are_refused() {
    let other = foreign(&json!({ "type": "web_search" }));
    assert_eq!(
        refused(with(vec![Tool::Native(other)])),
        "a tool of openai-chat cannot be said in ollama-chat"
    );
    let own_tool = json!({ "type": "web", "x": 1 });
    let body = body(with(vec![Tool::Native(own(&own_tool))]));
    assert_eq!(body["tools"], json!([own_tool]));
}

#[test]
fn a_round_of_calls_goes_back() {
    let request = ChatRequest::new(vec![
        message(Role::User, "q"),
        Message::new(
            Role::Assistant,
            vec![Part::plain("a"), call("1", "f", "{\"x\":1}"), call("2", "g", "")],
        ),
        Message::new(Role::Tool, vec![said("2", "two"), said("1", "one")]),
        Message::new(Role::Assistant, vec![call("1", "h", "{}")]),
        Message::new(Role::Tool, vec![said("1", "three"), said("9", "of nobody")]),
    ]);
    let tool = |name: &str, id: &str, content: &str| json!({ "role": "tool", "content": content, "tool_name": name, "tool_call_id": id });
    let expected = json!([
        { "role": "user", "content": "q" },
        { "role": "assistant", "content": "a", "tool_calls": [
            { "id": "1", "function": { "name": "f", "arguments": { "x": 1 } } },
            { "id": "2", "function": { "name": "g", "arguments": {} } },
        ] },
        tool("g", "2", "two"),
        tool("f", "1", "one"),
        { "role": "assistant", "content": "", "tool_calls": [
            { "id": "1", "function": { "name": "h", "arguments": {} } },
        ] },
        tool("h", "1", "three"),
        { "role": "tool", "content": "of nobody", "tool_call_id": "9" },
    ]);
    assert_eq!(body(request)["messages"], expected);
}

#[test]
fn results_may_stand_among_the_users_words() {
    let parts = vec![said("1", "one"), Part::plain("go on")];
    let body = body(ChatRequest::new(vec![Message::new(Role::User, parts)]));
    let expected = json!([{ "role": "tool", "content": "one", "tool_call_id": "1" },
        { "role": "user", "content": "go on" }]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn images_of_results_go_with_them_and_errors_are_warned_of() {
    let (mime, name, cache, extra) = (None, None, None, None);
    let source = MediaSource::Bytes(vec![0]);
    let image = MediaPart { kind: MediaKind::Image, mime, source, name, cache, extra };
    let text = |text: &str| ToolResultPart::Text(text.to_owned());
    let content = vec![text("a"), ToolResultPart::Media(image), text("b")];
    let result = ToolResult { is_error: true, name: Some("f".into()), ..result("1", content) };
    let message = Message::new(Role::Tool, vec![Part::ToolResult(result)]);
    let (body, warnings) = sent(ChatRequest::new(vec![message]));
    let expected = json!([{ "role": "tool", "content": "a\n\nb", "images": ["AA=="],
        "tool_name": "f", "tool_call_id": "1" }]);
    assert_eq!((&body["messages"], warnings.len()), (&expected, 1));
}

#[test]
fn arguments_that_are_no_object_are_wrapped() {
    for (arguments, expected, warned) in [
        ("", json!({}), 0),
        (" {\"a\":[1.5,-2]} ", json!({ "a": [1.5, -2] }), 0),
        ("{\"a\":", json!({ "INVALID_JSON": "{\"a\":" }), 1),
        ("[1]", json!({ "INVALID_JSON": "[1]" }), 1),
    ] {
        let message = Message::new(Role::Assistant, vec![call("1", "f", arguments)]);
        let (body, warnings) = sent(ChatRequest::new(vec![message]));
        let found = &body["messages"][0]["tool_calls"][0]["function"]["arguments"];
        assert_eq!((found, warnings.len()), (&expected, warned), "{arguments}");
    }
}

#[test]
fn a_client_of_this_dialect_has_no_ids_added() {
    let spelled = |value: Value| Some(own(&value));
    let call = ToolCall {
        id: "call_0".into(),
        name: "f".into(),
        arguments: "{\"x\":1}".into(),
        signature: None,
        extra: spelled(json!({ "type": "function" })),
    };
    let result = ToolResult {
        extra: spelled(json!({ "tool_name": "f" })),
        ..result("call_0", vec![ToolResultPart::Text("1".into())])
    };
    let mut request = ChatRequest::new(vec![
        Message::new(Role::Assistant, vec![Part::ToolCall(call)]),
        Message::new(Role::Tool, vec![Part::ToolResult(result)]),
    ]);
    request.tools = vec![Tool::Function(function("f"))];
    request.extra = spelled(json!({}));
    let body = body(request);
    let expected = json!([
        { "role": "assistant", "tool_calls": [
            { "type": "function", "function": { "name": "f", "arguments": { "x": 1 } } } ] },
        { "role": "tool", "content": "1", "tool_name": "f" },
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(body["tools"], json!([{ "type": "function", "function": { "name": "f" } }]));
}
