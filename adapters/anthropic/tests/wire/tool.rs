//! Tools, choices, calls and results.

use crate::provider::{body, conversation, foreign, message, native, provider, sent};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{
    CacheHint, ChatRequest, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource, Message,
    Part, Role, Tool, ToolCall, ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

pub(crate) fn function(name: &str) -> FunctionTool {
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

fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: arguments.to_owned(),
        signature: None,
        extra: None,
    })
}

fn result(id: &str, content: Vec<ToolResultPart>) -> ToolResult {
    ToolResult {
        call_id: id.to_owned(),
        name: Some("look".to_owned()),
        content,
        is_error: false,
        cache: None,
        extra: None,
    }
}

fn text(text: &str) -> ToolResultPart {
    ToolResultPart::Text(text.to_owned())
}

#[test]
fn a_function_is_a_tool_with_an_input_schema() {
    let tool = FunctionTool {
        description: Some("Looks".to_owned()),
        parameters: Some(r#"{"type":"object","properties":{"x":{"type":"integer"}}}"#.to_owned()),
        strict: Some(true),
        cache: Some(CacheHint::Long),
        extra: Some(native(&json!({ "defer_loading": true }))),
        ..function("look")
    };
    let expected = json!({ "name": "look", "description": "Looks", "strict": true,
        "input_schema": { "type": "object", "properties": { "x": { "type": "integer" } } },
        "cache_control": { "type": "ephemeral", "ttl": "1h" }, "defer_loading": true });
    assert_eq!(body(with(vec![Tool::Function(tool)]))["tools"], json!([expected]));
}

#[test]
fn a_schema_gets_the_type_that_the_provider_demands() {
    let schema = |parameters: Option<&str>| {
        let parameters = parameters.map(str::to_owned);
        let tool = FunctionTool { parameters, ..function("look") };
        body(with(vec![Tool::Function(tool)]))["tools"][0]["input_schema"].clone()
    };
    assert_eq!(schema(None), json!({ "type": "object", "properties": {} }));
    assert_eq!(schema(Some("{}")), json!({ "type": "object" }));
    assert_eq!(schema(Some(r#"{"anyOf":[]}"#)), json!({ "type": "object", "anyOf": [] }));
}

#[test]
fn the_providers_own_tools_pass_and_those_of_others_are_refused() {
    let search = json!({ "type": "web_search_20250305", "name": "web_search", "max_uses": 2 });
    assert_eq!(body(with(vec![Tool::Native(native(&search))]))["tools"], json!([search]));

    let run = provider().chat::<Anthropic>(with(vec![Tool::Native(foreign(&search))]));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
    assert!(run.requests.is_empty());
}

#[test]
fn every_choice_has_its_word() {
    let choice = |tool_choice: Option<ToolChoice>, parallel_tool_calls: Option<bool>| {
        let request = with(vec![Tool::Function(function("look"))]);
        let body = body(ChatRequest { tool_choice, parallel_tool_calls, ..request });
        body.get("tool_choice").cloned()
    };
    assert_eq!(choice(None, None), None);
    assert_eq!(choice(None, Some(true)), None);
    let one = json!({ "type": "auto", "disable_parallel_tool_use": true });
    assert_eq!(choice(None, Some(false)), Some(one.clone()));
    assert_eq!(choice(Some(ToolChoice::Auto), Some(false)), Some(one));
    assert_eq!(choice(Some(ToolChoice::Auto), None), Some(json!({ "type": "auto" })));
    assert_eq!(choice(Some(ToolChoice::None), Some(false)), Some(json!({ "type": "none" })));
    assert_eq!(choice(Some(ToolChoice::Required), None), Some(json!({ "type": "any" })));
    let named = Some(ToolChoice::Function("look".to_owned()));
    assert_eq!(choice(named, None), Some(json!({ "type": "tool", "name": "look" })));
    let own = json!({ "type": "new", "x": 1 });
    assert_eq!(choice(Some(ToolChoice::Native(native(&own))), None), Some(own.clone()));

    let tool_choice = Some(ToolChoice::Native(foreign(&own)));
    let run = provider().chat::<Anthropic>(ChatRequest { tool_choice, ..ChatRequest::user("hi") });
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
}

#[test]
fn without_tools_there_is_nothing_to_choose() {
    let tool_choice = Some(ToolChoice::Auto);
    let parallel_tool_calls = Some(false);
    let request = ChatRequest { tool_choice, parallel_tool_calls, ..ChatRequest::user("hi") };
    assert_eq!(body(request).get("tool_choice"), None);
}

fn blocks(parts: Vec<Part>) -> (Value, Vec<String>) {
    let request =
        conversation(vec![message(Role::User, "hi"), Message::new(Role::Assistant, parts)]);
    let (body, warnings) = sent(request);
    (body["messages"][1]["content"].clone(), warnings)
}

#[test]
fn arguments_go_back_byte_for_byte() {
    let arguments = r#"{"b": 1.0, "a": 12345678901234567890123, "e": 1e5}"#;
    let request = conversation(vec![Message::new(Role::Assistant, vec![call("c1", arguments)])]);
    let mut script = provider();
    script.answer(200, "text/event-stream", crate::provider::answer(&[], "end_turn"));
    let run = script.chat::<Anthropic>(request);
    let body = String::from_utf8_lossy(&run.requests[0].body).into_owned();
    assert!(body.contains(&format!("\"input\":{arguments}")), "{body}");
}

#[test]
fn a_call_without_arguments_has_an_empty_input() {
    for arguments in ["", "  ", "{}"] {
        let (content, warnings) = blocks(vec![call("c1", arguments)]);
        let expected = json!([{ "type": "tool_use", "id": "c1", "name": "look", "input": {} }]);
        assert_eq!(content, expected);
        assert_eq!(warnings, [""; 0]);
    }
}

#[test]
fn arguments_that_are_no_object_are_wrapped_and_warned_of() {
    for arguments in ["{\"x\": ", "[1]", "\"x\"", "null"] {
        let (content, warnings) = blocks(vec![call("c1", arguments)]);
        assert_eq!(content[0]["input"], json!({ "INVALID_JSON": arguments }));
        assert!(warnings[0].contains("look"), "{warnings:?}");
    }
}

#[test]
fn ids_of_other_providers_are_brought_to_what_is_taken_here() {
    let request = conversation(vec![
        Message::new(Role::Assistant, vec![call("functions.look:0", "{}")]),
        Message::new(
            Role::Tool,
            vec![Part::ToolResult(result("functions.look:0", vec![text("ok")]))],
        ),
    ]);
    let body = body(request);
    assert_eq!(body["messages"][0]["content"][0]["id"], "functions_look_0");
    assert_eq!(body["messages"][1]["content"][0]["tool_use_id"], "functions_look_0");
}

#[test]
fn a_signature_of_another_provider_is_warned_of() {
    let Part::ToolCall(signed) = call("c1", "{}") else { return };
    let signed = ToolCall { signature: Some("s".to_owned()), ..signed };
    let (content, warnings) = blocks(vec![Part::ToolCall(signed)]);
    assert_eq!(content[0].get("signature"), None);
    assert!(warnings[0].contains("signature"), "{warnings:?}");
}

#[test]
fn results_of_parallel_calls_are_one_turn_and_come_first() {
    let of =
        |id: &str| Message::new(Role::Tool, vec![Part::ToolResult(result(id, vec![text(id)]))]);
    let request = conversation(vec![
        Message::new(Role::Assistant, vec![call("a", "{}"), call("b", "{}")]),
        of("a"),
        message(Role::User, "and now?"),
        of("b"),
    ]);
    let expected = json!([
        { "role": "assistant", "content": [
            { "type": "tool_use", "id": "a", "name": "look", "input": {} },
            { "type": "tool_use", "id": "b", "name": "look", "input": {} } ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "a", "content": "a" },
            { "type": "tool_result", "tool_use_id": "b", "content": "b" },
            { "type": "text", "text": "and now?" } ] },
    ]);
    assert_eq!(body(request)["messages"], expected);
}

fn result_block(result: ToolResult) -> Value {
    let request = conversation(vec![Message::new(Role::Tool, vec![Part::ToolResult(result)])]);
    body(request)["messages"][0]["content"][0].clone()
}

#[test]
fn a_result_holds_text_media_and_errors() {
    let image = MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source: MediaSource::Bytes(vec![1, 2, 3]),
        name: None,
        cache: None,
        extra: None,
    };
    let search = json!({ "type": "search_result", "source": "x", "title": "t", "content": [] });
    let parts = vec![
        text("seen"),
        text(""),
        ToolResultPart::Media(image),
        ToolResultPart::Native(native(&search)),
    ];
    let block = result_block(ToolResult {
        is_error: true,
        cache: Some(CacheHint::Short),
        ..result("a", parts)
    });
    let source = json!({ "type": "base64", "media_type": "image/png", "data": "AQID" });
    let expected = json!({ "type": "tool_result", "tool_use_id": "a", "is_error": true,
        "cache_control": { "type": "ephemeral" }, "content": [
            { "type": "text", "text": "seen" },
            { "type": "image", "source": source },
            search,
        ] });
    assert_eq!(block, expected);

    let empty = result_block(result("a", vec![]));
    assert_eq!(empty, json!({ "type": "tool_result", "tool_use_id": "a" }));
}

#[test]
fn a_result_that_was_written_as_a_list_stays_one() {
    let extra = Some(native(&json!({})));
    let block = result_block(ToolResult { extra, ..result("a", vec![text("x")]) });
    assert_eq!(block["content"], json!([{ "type": "text", "text": "x" }]));
}
