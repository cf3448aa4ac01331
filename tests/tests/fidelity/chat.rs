//! OpenAI's chat completions.

use crate::world::World;
use hotcell::types::ChatRequest;
use hotcell_dialects::{Dialect, openai_chat};
use serde_json::{Value, json};

fn read(body: &Value) -> ChatRequest {
    openai_chat::read_request(body.to_string().as_bytes()).expect("a request")
}

/// A request with members that nobody knows in its functions.
fn request() -> Value {
    let called = json!({ "name": "look", "arguments": "{}", "x_called": { "a": 1 } });
    let said = json!({ "name": "say", "input": "hi", "x_said": [1] });
    let old = json!({ "name": "see", "arguments": "{}", "x_old": 1 });
    json!({
        "model": "m",
        "messages": [
            { "role": "user", "content": "hi" },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "a", "type": "function", "function": called },
                { "id": "b", "type": "custom", "custom": said },
            ] },
            { "role": "tool", "tool_call_id": "a", "content": "1" },
            { "role": "tool", "tool_call_id": "b", "content": "2" },
            { "role": "assistant", "content": null, "function_call": old },
            { "role": "function", "name": "see", "content": "3" },
        ],
        "tools": [
            { "type": "function", "function": { "name": "look", "x_tool": { "b": 2 } } },
            { "type": "custom", "custom": { "name": "say", "x_custom": 3 } },
        ],
    })
}

fn answer(message: &Value) -> String {
    let choice = json!({ "index": 0, "message": message, "finish_reason": "tool_calls" });
    json!({ "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [choice] })
    .to_string()
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}

#[tokio::test]
async fn unknown_members_of_functions_go_to_the_provider_of_the_same_dialect() {
    let world = World::open("openai-compatible", &[], Dialect::OpenAiChat).await;
    let request = request();
    let outcome = world.whole(read(&request), &answer(&json!({ "content": "hi" }))).await;
    assert_eq!(outcome.arrived(), request);
    assert_eq!(outcome.warnings, [""; 0]);
}

#[tokio::test]
async fn another_provider_gets_the_functions_without_them_and_says_so() {
    let world = World::open("openai-responses-compatible", &[], Dialect::OpenAiChat).await;
    let mut request = request();
    request["messages"].as_array_mut().expect("a list").truncate(2);
    request["messages"][1]["tool_calls"].as_array_mut().expect("a list").truncate(1);
    request["tools"].as_array_mut().expect("a list").truncate(1);
    let response = json!({ "id": "r", "status": "completed", "model": "m", "output": [] });
    let outcome = world.whole(read(&request), &response.to_string()).await;
    let call = json!({ "type": "function_call", "call_id": "a", "name": "look",
        "arguments": "{}" });
    assert_eq!(outcome.arrived()["input"][1], call);
    let lost = |name: &str| {
        format!("`{name}` of openai-chat was left out: openai-responses has no word for it")
    };
    assert_eq!(outcome.warnings, [lost("function"), lost("x_tool")]);
}

#[tokio::test]
async fn unknown_members_of_called_functions_come_back() {
    let world = World::open("openai-compatible", &[], Dialect::OpenAiChat).await;
    let message = json!({ "role": "assistant", "content": null, "refusal": null, "tool_calls": [
        { "id": "a", "type": "function",
            "function": { "name": "look", "arguments": "{}", "x_called": { "a": 1.0 } } },
        { "id": "b", "type": "custom",
            "custom": { "name": "say", "input": "hi", "x_said": [1] } },
    ] });
    let asked = || read(&json!({ "model": "m", "messages": [] }));
    let outcome = world.whole(asked(), &answer(&message)).await;
    assert_eq!(outcome.answer()["choices"][0]["message"], message);
    let message = json!({ "role": "assistant", "content": null, "refusal": null,
        "function_call": { "name": "look", "arguments": "{}", "x_old": 1 } });
    let outcome = world.whole(asked(), &answer(&message)).await;
    assert_eq!(outcome.answer()["choices"][0]["message"], message);
}

#[tokio::test]
async fn unknown_members_of_called_functions_come_back_in_a_stream_early_or_late() {
    let world = World::open("openai-compatible", &[], Dialect::OpenAiChat).await;
    let piece = |call: Value| chunk(&json!({ "tool_calls": [call] }), None);
    let started = json!({ "index": 0, "id": "a", "type": "function",
        "function": { "name": "look", "arguments": "", "x_early": 1 } });
    let more = json!({ "index": 0, "function": { "arguments": "{}", "x_late": 2 } });
    let events = [piece(started.clone()), piece(more), chunk(&json!({}), Some("tool_calls"))];
    let asked = read(&json!({ "model": "m", "messages": [], "stream": true }));
    let outcome = world.stream(asked, &events).await;
    let frames = outcome.frames();
    let calls = frames.iter().filter_map(|frame| frame["choices"][0]["delta"].get("tool_calls"));
    let calls: Vec<&Value> = calls.map(|calls| &calls[0]).collect();
    assert_eq!(*calls[0], started);
    let late: Vec<_> = calls[1..].iter().map(|call| &call["function"]).collect();
    assert_eq!(late, [&json!({ "arguments": "{}" }), &json!({ "x_late": 2 })]);
    let old = json!({ "function_call": { "name": "look", "arguments": "", "x_early": 1 } });
    let more = json!({ "function_call": { "arguments": "{}", "x_late": 2 } });
    let events = [chunk(&old, None), chunk(&more, None), chunk(&json!({}), Some("stop"))];
    let asked = read(&json!({ "model": "m", "messages": [], "stream": true }));
    let frames = world.stream(asked, &events).await.frames();
    let calls = frames.iter().filter_map(|frame| frame["choices"][0]["delta"].get("function_call"));
    let expected = [&old["function_call"], &json!({ "arguments": "{}" }), &json!({ "x_late": 2 })];
    assert_eq!(calls.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn numbers_keep_their_digits_and_their_spelling() {
    let world = World::open("openai-compatible", &[], Dialect::OpenAiChat).await;
    let members = [
        r#""seed":99999999999999999999"#,
        r#""x_a":{"b":[1.0,1e3,0.10,-0,123456789012345678901]}"#,
        r#""x_c":-7"#,
    ];
    let body = format!(r#"{{"model":"m","messages":[],{}}}"#, members.join(","));
    let request = openai_chat::read_request(body.as_bytes()).expect("a request");
    let outcome = world.whole(request, &answer(&json!({ "content": "hi" }))).await;
    for member in members {
        assert!(outcome.arrived.contains(member), "{member}: {}", outcome.arrived);
    }
}
