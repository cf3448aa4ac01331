//! A workspace that says what a test wants.

use hotcell_adapter_databricks::Databricks;
use hotcell_sdk::testing::{Run, Script, Sent};
use hotcell_sdk::{ChatRequest, Message, Part, Role};
use serde_json::{Value, json};

pub(crate) fn workspace() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// A workspace whose endpoints are each asked at its own path.
pub(crate) fn invocations() -> Script {
    let mut script = workspace();
    script.setting("route", "invocations");
    script
}

/// What comes of a stream of these chunks, at every cut.
pub(crate) fn stream(chunks: &[Value]) -> Run {
    let mut body: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    body.push_str("data: [DONE]\n\n");
    let mut script = workspace();
    script.answer(200, "text/event-stream", body);
    let mut request = ChatRequest::user("hi");
    request.stream = true;
    script.chat_at_every_cut::<Databricks>(&request)
}

pub(crate) fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({ "id": "msg_1", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "claude", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        "usage": { "prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6 } })
}

/// An answer in one piece.
pub(crate) fn answer(content: &Value) -> Value {
    json!({ "id": "msg_1", "object": "chat.completion", "created": 1, "model": "claude",
        "choices": [{ "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12 } })
}

/// What comes of an answer in one piece.
pub(crate) fn whole(content: &Value) -> Run {
    let mut script = workspace();
    script.answer(200, "application/json", answer(content).to_string());
    script.chat_at_every_cut::<Databricks>(&ChatRequest::user("hi"))
}

/// What is sent, and what was said about it.
pub(crate) fn sent(mut script: Script, request: ChatRequest) -> (Sent, Vec<String>) {
    script.answer(200, "application/json", answer(&json!("ok")).to_string());
    let run = script.chat::<Databricks>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().into_iter().map(str::to_owned).collect();
    (run.requests[0].clone(), warnings)
}

pub(crate) fn message(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts, name: None, extra: None }
}
