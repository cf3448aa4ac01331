//! Tools, the choice of them, and what they gave back.

use crate::provider::{foreign, input, native, sent, unsupported};
use hotcell_sdk::{
    ChatRequest, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Part, Role, Tool,
    ToolCall, ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn function(parameters: Option<Value>) -> FunctionTool {
    FunctionTool {
        name: "look".to_owned(),
        description: None,
        parameters: parameters.map(|schema| schema.to_string()),
        strict: None,
        cache: None,
        extra: None,
    }
}

fn with(tools: Vec<Tool>) -> ChatRequest {
    ChatRequest { tools, ..ChatRequest::user("hi") }
}

#[test]
fn a_function_is_not_strict_unless_it_should_be() {
    let tool =
        |function: FunctionTool| sent(with(vec![Tool::Function(function)])).0["tools"][0].clone();
    let schema = json!({ "type": "object", "properties": { "a": {} } });
    let expected = json!({ "type": "function", "name": "look", "parameters": schema,
        "strict": false });
    assert_eq!(tool(function(Some(schema.clone()))), expected);
    let strict = FunctionTool { strict: Some(true), ..function(Some(schema)) };
    assert_eq!(tool(strict)["strict"], true);
    let none = json!({ "type": "object", "properties": {} });
    assert_eq!(tool(function(None))["parameters"], none);
    assert_eq!(tool(function(Some(json!({ "properties": {} }))))["parameters"], none);
}

#[test]
fn a_client_of_this_dialect_gets_its_tools() {
    let mut request = with(vec![
        Tool::Function(function(None)),
        Tool::Function(FunctionTool {
            extra: Some(native(json!({ "strict": null }))),
            ..function(Some(json!({ "a": 1 })))
        }),
        Tool::Native(native(json!({ "type": "web_search" }))),
    ]);
    request.tool_choice = Some(ToolChoice::Native(native(json!({ "type": "allowed_tools",
        "mode": "auto", "tools": [] }))));
    request.extra = Some(native(json!({})));
    let (body, warnings) = sent(request);
    assert_eq!(warnings.len(), 0);
    assert_eq!(
        body["tools"],
        json!([{ "type": "function", "name": "look" },
        { "type": "function", "name": "look", "parameters": { "a": 1 }, "strict": null },
        { "type": "web_search" }])
    );
    assert_eq!(body["tool_choice"]["type"], "allowed_tools");
}

#[test]
fn choices_have_their_words() {
    let choose = |choice: ToolChoice| {
        let mut request = with(vec![Tool::Function(function(None))]);
        request.tool_choice = Some(choice);
        sent(request).0["tool_choice"].clone()
    };
    assert_eq!(choose(ToolChoice::Auto), "auto");
    assert_eq!(choose(ToolChoice::None), "none");
    assert_eq!(choose(ToolChoice::Required), "required");
    let one = json!({ "type": "function", "name": "look" });
    assert_eq!(choose(ToolChoice::Function("look".to_owned())), one);
    let any = ToolChoice::Native(foreign("openai-chat", json!("any")));
    assert_eq!(choose(any), "required");
    let mut idle = ChatRequest::user("hi");
    idle.tool_choice = Some(ToolChoice::None);
    assert_eq!(sent(idle).0.get("tool_choice"), None);
}

#[test]
fn tools_of_other_dialects_are_refused() {
    let tool = Tool::Native(foreign("anthropic-messages", json!({ "type": "bash" })));
    unsupported(with(vec![tool]));
    let mut request = with(vec![Tool::Function(function(None))]);
    request.tool_choice = Some(ToolChoice::Native(foreign("openai-chat", json!({}))));
    unsupported(request);
}

fn result(content: Vec<ToolResultPart>) -> ToolResult {
    let (call_id, name) = ("call_1".to_owned(), Some("look".to_owned()));
    ToolResult { call_id, name, content, is_error: false, cache: None, extra: None }
}

fn output(result: ToolResult) -> Value {
    input(vec![Message::new(Role::Tool, vec![Part::ToolResult(result)])])[0].clone()
}

#[test]
fn results_are_a_string_or_a_list() {
    let text = |text: &str| ToolResultPart::Text(text.to_owned());
    let image = ToolResultPart::Media(MediaPart {
        kind: MediaKind::Image,
        mime: None,
        source: MediaSource::Url("https://example.com/x".to_owned()),
        name: None,
        cache: None,
        extra: None,
    });
    let expected = json!({ "type": "function_call_output", "call_id": "call_1", "output": "a" });
    assert_eq!(output(result(vec![text("a")])), expected);
    assert_eq!(output(result(vec![]))["output"], "");
    let expected = json!([{ "type": "input_text", "text": "a" },
        { "type": "input_image", "image_url": "https://example.com/x", "detail": "auto" }]);
    assert_eq!(output(result(vec![text("a"), image]))["output"], expected);
    let listed =
        ToolResult { extra: Some(native(json!({ "id": "o" }))), ..result(vec![text("a")]) };
    let expected = json!({ "type": "function_call_output", "call_id": "call_1", "id": "o",
        "output": [{ "type": "input_text", "text": "a" }] });
    assert_eq!(output(listed), expected);
}

#[test]
fn the_mark_of_an_error_is_warned() {
    let failed = ToolResult { is_error: true, ..result(vec![]) };
    let message = Message::new(Role::Tool, vec![Part::ToolResult(failed)]);
    assert_eq!(sent(ChatRequest::new(vec![message])).1.len(), 1);
}

#[test]
fn an_id_that_is_too_long_is_shortened_alike_everywhere() {
    let ids = |id: &str| {
        let call = ToolCall {
            id: id.to_owned(),
            name: "look".to_owned(),
            arguments: "not JSON".to_owned(),
            signature: None,
            extra: None,
        };
        let result = ToolResult { call_id: id.to_owned(), ..result(vec![]) };
        let items = input(vec![
            Message::new(Role::Assistant, vec![Part::ToolCall(call)]),
            Message::new(Role::Tool, vec![Part::ToolResult(result)]),
        ]);
        assert_eq!(items[0]["arguments"], "not JSON");
        assert_eq!(items[0]["call_id"], items[1]["call_id"]);
        items[0]["call_id"].as_str().expect("an id").to_owned()
    };
    assert_eq!(ids(&"x".repeat(64)), "x".repeat(64));
    let (a, b) = (ids(&"x".repeat(65)), ids(&"x".repeat(66)));
    assert!(a.len() <= 64 && b.len() <= 64 && a != b, "{a} {b}");
}
