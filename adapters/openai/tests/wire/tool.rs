//! Tools, choices, calls and results in requests.

use crate::provider::{body, bytes_sent, conversation, foreign, message, native, refused, sent};
use hotcell_sdk::{
    ChatRequest, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource, Message, Native,
    Part, Role, Tool, ToolCall, ToolChoice, ToolResult, ToolResultPart,
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

fn tool(function: FunctionTool) -> Value {
    body(with(vec![Tool::Function(function)]))["tools"][0].clone()
}

fn call(id: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: arguments.to_owned(),
        signature: None,
        extra: None,
    }
}

fn turn(call: ToolCall) -> Message {
    Message::new(Role::Assistant, vec![Part::ToolCall(call)])
}

/// What a call of before becomes.
fn called(call: ToolCall) -> Value {
    body(conversation(vec![turn(call)]))["messages"][0]["tool_calls"][0].clone()
}

fn result(id: &str, content: Vec<ToolResultPart>) -> ToolResult {
    let (name, is_error) = (None, false);
    ToolResult { call_id: id.to_owned(), name, content, is_error, cache: None, extra: None }
}

fn text(text: &str) -> ToolResultPart {
    ToolResultPart::Text(text.to_owned())
}

fn image() -> MediaPart {
    MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source: MediaSource::Bytes(vec![1, 2, 3]),
        name: None,
        cache: None,
        extra: None,
    }
}

fn answered(result: ToolResult) -> Message {
    Message::new(Role::Tool, vec![Part::ToolResult(result)])
}

const MOVED: &str =
    "media in the results of tools were given as the user's: the protocol has only text there";

#[test]
fn a_function_is_a_tool_with_its_parameters_as_they_are_written() {
    let tool = FunctionTool {
        description: Some("Looks".to_owned()),
        parameters: Some(r#" {"type": "object", "maximum": 1.0} "#.to_owned()),
        strict: Some(true),
        ..function("look")
    };
    let expected = concat!(
        r#""tools":[{"type":"function","function":{"name":"look","description":"Looks","#,
        r#""parameters":{"type": "object", "maximum": 1.0},"strict":true}}]"#,
    );
    let body = bytes_sent(with(vec![Tool::Function(tool)]));
    assert!(body.contains(expected), "{body}");
    let expected = json!({ "type": "function", "function": { "name": "look" } });
    assert_eq!(self::tool(function("look")), expected);
}

#[test]
fn members_of_a_tool_that_nobody_models_pass_and_win() {
    let extra = Some(native(&json!({ "strict": null, "examples": [1] })));
    let described = FunctionTool { strict: Some(true), extra, ..function("look") };
    let expected = json!({ "type": "function",
        "function": { "name": "look", "strict": null, "examples": [1] } });
    assert_eq!(tool(described), expected);
    // With its type it is the whole tool in the client's own words.
    let whole = json!({ "type": "function", "function": { "name": "see" }, "x": 1 });
    let whole_tool = FunctionTool { extra: Some(native(&whole)), ..function("look") };
    assert_eq!(tool(whole_tool), whole);
}

#[test]
fn parameters_that_are_no_json_are_refused() {
    let tool = FunctionTool { parameters: Some("{".to_owned()), ..function("look") };
    let failure = refused(with(vec![Tool::Function(tool)]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn the_providers_own_tools_pass_and_those_of_others_are_refused() {
    let search = json!({ "type": "web_search", "filters": { "x": 1 } });
    let tools = body(with(vec![Tool::Function(function("look")), Tool::Native(native(&search))]));
    assert_eq!(tools["tools"][1], search);
    let failure = refused(with(vec![Tool::Native(foreign(&search))]));
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert_eq!(failure.message, "a tool of anthropic-messages cannot be said in openai-chat");
    let broken = Native { value: "{".to_owned(), ..native(&search) };
    let failure = refused(with(vec![Tool::Native(broken)]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn every_choice_has_its_word() {
    let own = json!({ "type": "allowed_tools", "allowed_tools": { "mode": "auto", "tools": [] } });
    let named = json!({ "type": "function", "function": { "name": "look" } });
    for (choice, expected) in [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
        (ToolChoice::Function("look".to_owned()), named),
        (ToolChoice::Native(native(&own)), own.clone()),
    ] {
        let request = with(vec![Tool::Function(function("look"))]);
        let body = body(ChatRequest { tool_choice: Some(choice), ..request });
        assert_eq!(body["tool_choice"], expected);
    }
    let tool_choice = Some(ToolChoice::Native(foreign(&own)));
    let failure = refused(ChatRequest { tool_choice, ..with(vec![]) });
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn whether_calls_may_be_parallel_is_said_where_it_was_asked() {
    let flag = |parallel_tool_calls| {
        let request = with(vec![Tool::Function(function("look"))]);
        body(ChatRequest { parallel_tool_calls, ..request }).get("parallel_tool_calls").cloned()
    };
    assert_eq!(flag(None), None);
    assert_eq!(flag(Some(true)), Some(json!(true)));
    assert_eq!(flag(Some(false)), Some(json!(false)));
}

#[test]
fn arguments_go_back_byte_for_byte() {
    for arguments in [
        r#"{"b": 1.0, "a": 12345678901234567890123, "e": "\u00e9"}"#,
        "{}",
        " { } ",
        "{\"x\": ",
        "no JSON at all",
    ] {
        let expected = json!({ "id": "a", "type": "function",
            "function": { "name": "look", "arguments": arguments } });
        assert_eq!(called(call("a", arguments)), expected);
    }
}

#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let arguments = |call: ToolCall| called(call)["function"]["arguments"].clone();
    assert_eq!(arguments(call("a", "")), "{}");
    // A client of this dialect is taken at its word.
    let mut request = conversation(vec![turn(call("a", ""))]);
    request.extra = Some(native(&json!({})));
    assert_eq!(body(request)["messages"][0]["tool_calls"][0]["function"]["arguments"], "");
}

#[test]
fn text_and_parallel_calls_are_one_message() {
    let parts = vec![
        Part::plain("let me see"),
        Part::ToolCall(call("a", "{}")),
        Part::ToolCall(call("b", "{}")),
    ];
    let body = body(conversation(vec![Message::new(Role::Assistant, parts)]));
    let of = |id: &str| {
        json!({ "id": id, "type": "function",
            "function": { "name": "look", "arguments": "{}" } })
    };
    let expected = json!([{ "role": "assistant", "content": "let me see",
        "tool_calls": [of("a"), of("b")] }]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn a_message_of_calls_alone_has_no_content() {
    let body = body(conversation(vec![turn(call("a", "{}"))]));
    assert_eq!(body["messages"][0]["content"], Value::Null);
}

#[test]
fn a_call_of_a_custom_tool_goes_back_as_one() {
    let extra = Some(native(&json!({ "type": "custom" })));
    let custom = ToolCall { extra, ..call("a", "SELECT 1") };
    let expected = json!({ "id": "a", "custom": { "name": "look", "input": "SELECT 1" },
        "type": "custom" });
    assert_eq!(called(custom), expected);
    let extra = Some(native(&json!({ "type": "custom" })));
    let silent = called(ToolCall { extra, ..call("a", "") });
    assert_eq!(silent["custom"]["input"], "");
}

#[test]
fn a_call_of_an_unknown_kind_goes_back_as_it_came() {
    let own = json!({ "type": "new", "new": { "a": 1 } });
    let unknown = ToolCall { name: "new".to_owned(), extra: Some(native(&own)), ..call("a", "") };
    assert_eq!(called(unknown), json!({ "id": "a", "type": "new", "new": { "a": 1 } }));
    // Some have a function in a call of a kind of their own.
    let extra = Some(native(&json!({ "type": "builtin_function" })));
    let expected = json!({ "id": "a", "type": "builtin_function",
        "function": { "name": "look", "arguments": "{}" } });
    assert_eq!(called(ToolCall { extra, ..call("a", "{}") }), expected);
}

#[test]
fn a_function_call_goes_back_as_one() {
    let extra = Some(native(&json!({ "type": "function_call" })));
    let only = ToolCall { extra, ..call("look", "{\"x\":1}") };
    let expected = json!([{ "role": "assistant", "content": "",
        "function_call": { "name": "look", "arguments": "{\"x\":1}" } }]);
    assert_eq!(body(conversation(vec![turn(only)]))["messages"], expected);
}

#[test]
fn members_of_a_call_that_nobody_models_go_back() {
    let extra = json!({ "extra_content": { "google": { "thought_signature": "Eq/+==" } } });
    let signed = called(ToolCall { extra: Some(native(&extra)), ..call("a", "{}") });
    assert_eq!(signed["extra_content"], extra["extra_content"]);
}

#[test]
fn what_a_call_says_beside_itself_has_to_be_an_object() {
    let extra = Some(Native { value: "[]".to_owned(), ..native(&json!({})) });
    let failure = refused(conversation(vec![turn(ToolCall { extra, ..call("a", "{}") })]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn a_signature_of_another_provider_is_warned_of() {
    let signed = ToolCall { signature: Some("s".to_owned()), ..call("a", "{}") };
    let (body, warnings) = sent(conversation(vec![turn(signed)]));
    assert_eq!(body["messages"][0]["tool_calls"][0].get("signature"), None);
    let expected = "the signature of a call was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

#[test]
fn a_result_is_a_message_that_names_its_call() {
    let named = ToolResult { name: Some("look".to_owned()), ..result("a", vec![text("ok")]) };
    let expected = json!([
        { "role": "tool", "tool_call_id": "a", "name": "look", "content": "ok" },
        { "role": "tool", "tool_call_id": "b", "content": "" },
        { "role": "tool", "tool_call_id": "c",
            "content": [{ "type": "text", "text": "x" }, { "type": "text", "text": "y" }] },
    ]);
    let both = result("c", vec![text("x"), text("y")]);
    let body =
        body(conversation(vec![answered(named), answered(result("b", vec![])), answered(both)]));
    assert_eq!(body["messages"], expected);
}

#[test]
fn results_beside_words_of_the_user_come_before_them() {
    let parts = vec![
        Part::plain("and now?"),
        Part::ToolResult(result("a", vec![text("1")])),
        Part::ToolResult(result("b", vec![text("2")])),
    ];
    let expected = json!([
        { "role": "tool", "tool_call_id": "a", "content": "1" },
        { "role": "tool", "tool_call_id": "b", "content": "2" },
        { "role": "user", "content": "and now?" },
    ]);
    assert_eq!(body(conversation(vec![Message::new(Role::User, parts)]))["messages"], expected);
}

#[test]
fn the_mark_of_a_failed_call_is_warned_of() {
    let failed = ToolResult { is_error: true, ..result("a", vec![text("no")]) };
    let (body, warnings) = sent(conversation(vec![answered(failed)]));
    assert_eq!(body["messages"][0]["content"], "no");
    let expected = "the mark that a call failed was left out: openai-chat has no word for it";
    assert_eq!(warnings, [expected]);
}

fn picture() -> Value {
    json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AQID" } })
}

fn belongs(id: &str) -> Value {
    json!({ "type": "text", "text": format!("Belongs to the result of {id}:") })
}

#[test]
fn media_of_results_follow_them_as_the_users() {
    let seen = || ToolResultPart::Media(image());
    let (body, warnings) = sent(conversation(vec![
        answered(result("a", vec![text("seen"), seen()])),
        answered(result("b", vec![seen()])),
        message(Role::Assistant, "nice"),
    ]));
    let expected = json!([
        { "role": "tool", "tool_call_id": "a", "content": "seen" },
        { "role": "tool", "tool_call_id": "b", "content": "The result follows." },
        { "role": "user", "content": [belongs("a"), picture(), belongs("b"), picture()] },
        { "role": "assistant", "content": "nice" },
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(warnings, [MOVED]);
}

#[test]
fn media_of_results_join_the_words_of_the_user_that_follow() {
    let (body, warnings) = sent(conversation(vec![
        answered(result("a", vec![ToolResultPart::Media(image())])),
        message(Role::User, "what is it?"),
    ]));
    let words = json!({ "type": "text", "text": "what is it?" });
    let expected = json!({ "role": "user", "content": [belongs("a"), picture(), words] });
    assert_eq!(body["messages"][1], expected);
    assert_eq!(body["messages"].as_array().map(Vec::len), Some(2));
    assert_eq!(warnings, [MOVED]);
}

#[test]
fn media_of_results_stand_at_the_end_if_nothing_follows() {
    let (body, _) = sent(conversation(vec![answered(result(
        "a",
        vec![text("seen"), ToolResultPart::Media(image())],
    ))]));
    let expected = json!({ "role": "user", "content": [belongs("a"), picture()] });
    assert_eq!(body["messages"][1], expected);
}

#[test]
fn a_result_that_was_written_as_a_list_stays_one() {
    let extra = Some(native(&json!({})));
    let content = vec![text("x"), ToolResultPart::Media(image())];
    let listed = ToolResult { extra, ..result("a", content) };
    let expected = json!([{ "role": "tool", "tool_call_id": "a",
        "content": [{ "type": "text", "text": "x" }, picture()] }]);
    assert_eq!(body(conversation(vec![answered(listed)]))["messages"], expected);
}

#[test]
fn a_result_in_a_clients_own_words_goes_out_once() {
    let written = json!([{ "type": "text", "text": "x", "mood": 1 }]);
    let extra = Some(native(&json!({ "content": written })));
    let mut message = answered(ToolResult { extra, ..result("a", vec![text("x")]) });
    message.extra = Some(native(&json!({ "content": "not this", "status": "done" })));
    let expected = r#"[{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"x","mood":1}],"status":"done"}]"#;
    let body = bytes_sent(conversation(vec![message]));
    assert!(body.contains(expected), "{body}");
}

#[test]
fn native_parts_of_a_result_pass_and_those_of_others_are_refused() {
    let part = json!({ "type": "resource", "uri": "x" });
    let own = result("a", vec![ToolResultPart::Native(native(&part))]);
    let body = body(conversation(vec![answered(own)]));
    assert_eq!(body["messages"][0]["content"], json!([part]));
    let other = result("a", vec![ToolResultPart::Native(foreign(&part))]);
    let failure = refused(conversation(vec![answered(other)]));
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn the_result_of_a_function_of_before_there_were_tools_names_it() {
    let named = ToolResult { name: Some("look".to_owned()), ..result("look", vec![text("ok")]) };
    let mut message = answered(named);
    message.extra = Some(native(&json!({ "name": "look", "role": "function" })));
    let expected = json!([{ "content": "ok", "name": "look", "role": "function" }]);
    assert_eq!(body(conversation(vec![message]))["messages"], expected);
}
