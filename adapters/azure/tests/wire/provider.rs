//! An Azure that says what a test wants.

use hotcell_adapter_azure::Azure;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Failure};
use serde_json::{Value, json};

pub(crate) fn azure() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// An Azure on one of its routes.
pub(crate) fn on(route: &str) -> Script {
    let mut script = azure();
    script.setting("route", route);
    script
}

/// What comes of a stream of these chunks, at every cut.
pub(crate) fn stream(chunks: &[Value]) -> Run {
    let mut body: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    body.push_str("data: [DONE]\n\n");
    let mut script = azure();
    script.answer(200, "text/event-stream; charset=utf-8", body);
    let mut request = ChatRequest::user("hi");
    request.stream = true;
    script.chat_at_every_cut::<Azure>(&request)
}

/// What comes of an answer in one piece.
pub(crate) fn whole(body: &Value) -> Run {
    let mut script = azure();
    script.answer(200, "application/json", body.to_string());
    script.chat_at_every_cut::<Azure>(&ChatRequest::user("hi"))
}

/// The failure of a refusal.
pub(crate) fn refusal(status: u16, body: &str, headers: &[(&str, &str)]) -> Failure {
    let mut script = azure();
    script.answer(status, "application/json", body);
    for (name, value) in headers {
        script.header(name, value);
    }
    script.chat_at_every_cut::<Azure>(&ChatRequest::user("hi")).failure.unwrap()
}

/// A short answer.
pub(crate) fn answer() -> String {
    json!({ "id": "c", "object": "chat.completion", "model": "gpt-test", "created": 1,
        "choices": [{ "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": "ok" } }] })
    .to_string()
}
