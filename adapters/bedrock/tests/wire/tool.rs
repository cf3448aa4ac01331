//! Tools, calls and results.

use crate::provider::{
    CLAUDE, FRAMES, NOVA, answer, block, body, conversation, foreign, message, native, provider,
    refused, sent, stop,
};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{
    CacheHint, ChatRequest, Event, FailureKind, FunctionTool, MediaKind, MediaPart, MediaSource,
    Message, Part, Role, Tool, ToolCall, ToolChoice, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn function(name: &str) -> FunctionTool {
    FunctionTool {
        name: name.to_owned(),
        description: Some("does it".to_owned()),
        parameters: Some(
            r#"{"properties":{"n":{"type":"integer","maximum":12345678901234567890123}}}"#
                .to_owned(),
        ),
        strict: None,
        cache: None,
        extra: None,
    }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        signature: None,
        extra: None,
    })
}

fn result(id: &str, content: Vec<ToolResultPart>) -> ToolResult {
    ToolResult {
        call_id: id.to_owned(),
        name: None,
        content,
        is_error: false,
        cache: None,
        extra: None,
    }
}

fn answered(id: &str, text: &str) -> Part {
    Part::ToolResult(result(id, vec![ToolResultPart::Text(text.to_owned())]))
}

fn with(tools: Vec<FunctionTool>) -> ChatRequest {
    ChatRequest {
        tools: tools.into_iter().map(Tool::Function).collect(),
        ..conversation(vec![message(Role::User, "go")])
    }
}

/// A conversation that has calls.
fn rounds(id: &str, name: &str) -> Vec<Message> {
    vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![call(id, name, "{\"n\":1}")]),
        Message::new(Role::Tool, vec![answered(id, "done")]),
    ]
}

#[test]
fn functions_are_offered_with_a_schema_that_has_a_type() {
    let bare = FunctionTool { parameters: None, description: Some(String::new()), ..function("g") };
    let mut request = with(vec![function("f"), bare]);
    request.tool_choice = Some(ToolChoice::Required);
    let body = body(request);
    let config = &body["toolConfig"];
    let spec = &config["tools"][0]["toolSpec"];
    assert_eq!((&spec["name"], &spec["description"]), (&json!("f"), &json!("does it")));
    assert_eq!(spec["inputSchema"]["json"]["type"], "object");
    assert_eq!(
        config["tools"][1],
        json!({ "toolSpec": { "name": "g",
            "inputSchema": { "json": { "type": "object", "properties": {} } } } })
    );
    assert_eq!(config["toolChoice"], json!({ "any": {} }));
}

#[test]
fn numbers_of_a_schema_stay_as_they_were_written() {
    let mut script = provider();
    script.answer(200, FRAMES, answer(&[], "end_turn"));
    let run = script.chat::<Bedrock>(with(vec![function("f")]));
    let body = String::from_utf8(run.requests[0].body.clone()).unwrap();
    assert!(body.contains("12345678901234567890123"), "{body}");
}

#[test]
fn every_choice_has_its_word() {
    for (choice, word) in [
        (ToolChoice::Auto, json!({ "auto": {} })),
        (ToolChoice::Required, json!({ "any": {} })),
        (ToolChoice::Function("f".to_owned()), json!({ "tool": { "name": "f" } })),
        (ToolChoice::Native(native(&json!({ "new": {} }))), json!({ "new": {} })),
    ] {
        let mut request = with(vec![function("f")]);
        request.tool_choice = Some(choice);
        assert_eq!(body(request)["toolConfig"]["toolChoice"], word);
    }
    let mut request = with(vec![function("f")]);
    request.tool_choice = Some(ToolChoice::Native(foreign(&json!("x"))));
    assert_eq!(refused(request).kind, FailureKind::Unsupported);
}

#[test]
fn none_leaves_the_tools_out_unless_the_conversation_has_calls() {
    let mut request = with(vec![function("f")]);
    request.tool_choice = Some(ToolChoice::None);
    let (body, warnings) = sent(request.clone());
    assert_eq!(body.get("toolConfig"), None);
    assert!(warnings[0].contains("the tools were left out"), "{warnings:?}");

    request.messages = rounds("a", "f");
    let (body, warnings) = sent(request.clone());
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "f");
    assert_eq!(body["toolConfig"].get("toolChoice"), None);
    assert_eq!(body["system"], json!([{ "text": "Answer without calling any tool." }]));
    assert!(warnings[0].contains("in words"), "{warnings:?}");

    // The provider demands tools even where the request has none any more.
    request.tools.clear();
    request.tool_choice = None;
    let (body, _) = sent(request);
    assert_eq!(
        body["toolConfig"]["tools"],
        json!([{ "toolSpec": { "name": "f",
            "inputSchema": { "json": { "type": "object", "properties": {} } } } }])
    );
}

#[test]
fn one_call_at_once_is_claudes_own_word() {
    for (choice, word) in [
        (None, json!({ "type": "auto", "disable_parallel_tool_use": true })),
        (
            Some(ToolChoice::Function("f".to_owned())),
            json!({ "type": "tool", "name": "f", "disable_parallel_tool_use": true }),
        ),
    ] {
        let mut request = with(vec![function("f")]);
        request.parallel_tool_calls = Some(false);
        request.tool_choice = choice;
        let body = body(request);
        assert_eq!(body["additionalModelRequestFields"], json!({ "tool_choice": word }));
        assert_eq!(body["toolConfig"].get("toolChoice"), None);
    }
    let mut request = with(vec![function("f")]);
    request.model = NOVA.to_owned();
    request.parallel_tool_calls = Some(false);
    let (body, warnings) = sent(request);
    assert_eq!(body.get("additionalModelRequestFields"), None);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn strictness_and_cache_points_are_for_the_models_that_have_them() {
    let tool =
        || FunctionTool { strict: Some(true), cache: Some(CacheHint::Short), ..function("f") };
    let found = body(with(vec![tool()]));
    let tools = &found["toolConfig"]["tools"];
    assert_eq!(tools[0]["toolSpec"]["strict"], true);
    assert_eq!(tools[1], json!({ "cachePoint": { "type": "default" } }));
    let mut request = with(vec![tool()]);
    request.model = NOVA.to_owned();
    let (found, warnings) = sent(request);
    assert_eq!(found["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(found["toolConfig"]["tools"][0]["toolSpec"].get("strict"), None);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    // That it is not strict says nothing.
    let lax = FunctionTool { strict: Some(false), ..function("f") };
    assert_eq!(body(with(vec![lax]))["toolConfig"]["tools"][0]["toolSpec"].get("strict"), None);
}

#[test]
fn calls_and_results_go_out_with_results_first() {
    let request = ChatRequest {
        tools: vec![Tool::Function(function("f"))],
        ..conversation(vec![
            message(Role::User, "go"),
            Message::new(
                Role::Assistant,
                vec![call("a", "f", "{\"n\": 1.0}"), call("b", "f", ""), call("c", "f", "{\"n\":")],
            ),
            message(Role::User, "and?"),
            Message::new(Role::Tool, vec![answered("a", "one"), answered("b", " ")]),
            Message::new(
                Role::Tool,
                vec![Part::ToolResult(ToolResult {
                    is_error: true,
                    cache: Some(CacheHint::Short),
                    ..result("c", vec![])
                })],
            ),
        ])
    };
    let (body, warnings) = sent(request);
    let used = |id: &str, input: Value| json!({ "toolUse": { "toolUseId": id, "name": "f", "input": input } });
    let told = |id: &str, text: &str| json!({ "toolUseId": id, "content": [{ "text": text }] });
    let mut failed = told("c", "(no output)");
    failed["status"] = json!("error");
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            used("a", json!({ "n": 1.0 })),
            used("b", json!({})),
            used("c", json!({ "INVALID_JSON": "{\"n\":" })),
        ])
    );
    assert_eq!(
        body["messages"][2]["content"],
        json!([
            { "toolResult": told("a", "one") },
            { "toolResult": told("b", "(no output)") },
            { "toolResult": failed },
            { "cachePoint": { "type": "default" } },
            { "text": "and?" },
        ])
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn results_hold_media_and_the_providers_own_content() {
    let image = MediaPart {
        kind: MediaKind::Image,
        mime: Some("image/png".to_owned()),
        source: MediaSource::Bytes(vec![1]),
        name: None,
        cache: None,
        extra: None,
    };
    let content = vec![
        ToolResultPart::Media(image.clone()),
        ToolResultPart::Native(native(&json!({ "json": { "a": 1 } }))),
    ];
    let mut messages = rounds("a", "f");
    messages[2].parts = vec![Part::ToolResult(result("a", content))];
    let request = ChatRequest { messages, ..with(vec![function("f")]) };
    assert_eq!(
        body(request.clone())["messages"][2]["content"][0]["toolResult"]["content"],
        json!([
            { "image": { "format": "png", "source": { "bytes": "AQ==" } } },
            { "json": { "a": 1 } },
        ])
    );
    let sound = ToolResultPart::Media(MediaPart { kind: MediaKind::Audio, ..image });
    for part in [sound, ToolResultPart::Native(foreign(&json!({})))] {
        let mut request = request.clone();
        request.messages[2].parts = vec![Part::ToolResult(result("a", vec![part]))];
        assert_eq!(refused(request).kind, FailureKind::Unsupported);
    }
}

#[test]
fn a_failed_tool_is_told_to_the_models_that_take_it() {
    let mut request = ChatRequest { messages: rounds("a", "f"), ..with(vec![function("f")]) };
    let failed = ToolResult { is_error: true, ..result("a", vec![]) };
    request.messages[2].parts = vec![Part::ToolResult(failed)];
    for (model, told) in [(CLAUDE, true), (NOVA, true), ("mistral.mistral-large-2402-v1:0", false)]
    {
        request.model = model.to_owned();
        let (body, warnings) = sent(request.clone());
        let status = &body["messages"][2]["content"][0]["toolResult"]["status"];
        assert_eq!(status == "error", told, "{model}");
        assert_eq!(warnings.is_empty(), told, "{model}");
    }
}

#[test]
fn ids_and_names_are_spelled_anew_and_turned_back() {
    let id = "call:1/\u{e9}";
    let request = ChatRequest {
        messages: rounds(id, "files.read"),
        tool_choice: Some(ToolChoice::Function("files.read".to_owned())),
        ..with(vec![function("files.read"), function("files_read")])
    };
    let mut script = provider();
    let used = json!({ "toolUse": { "toolUseId": "x", "name": "files_read_1" } });
    let other = json!({ "toolUse": { "toolUseId": "y", "name": "files_read" } });
    let frames = [block(0, used), stop(0), block(1, other), stop(1)];
    script.answer(200, FRAMES, answer(&frames, "tool_use"));
    let run = script.chat::<Bedrock>(request);
    assert_eq!(run.failure, None);
    assert_eq!(run.warnings(), [""; 0]);
    let body = run.requests[0].json();
    let called = &body["messages"][1]["content"][0]["toolUse"];
    assert_eq!(called["toolUseId"], "call_1__");
    assert_eq!(called["name"], "files_read_1");
    assert_eq!(body["messages"][2]["content"][0]["toolResult"]["toolUseId"], "call_1__");
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "files_read_1");
    assert_eq!(body["toolConfig"]["tools"][1]["toolSpec"]["name"], "files_read");
    assert_eq!(body["toolConfig"]["toolChoice"]["tool"]["name"], "files_read_1");
    let names: Vec<&str> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::ToolCallStarted(call) => Some(call.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["files.read", "files_read"]);
}

#[test]
fn tools_of_the_providers_own_go_as_they_are() {
    let own = json!({ "systemTool": { "name": "nova_grounding" } });
    let mut request = with(vec![]);
    request.tools = vec![Tool::Native(native(&own))];
    assert_eq!(body(request)["toolConfig"], json!({ "tools": [own] }));
    let mut request = with(vec![]);
    request.tools = vec![Tool::Native(foreign(&json!({ "type": "web_search" })))];
    assert_eq!(refused(request).kind, FailureKind::Unsupported);
}
