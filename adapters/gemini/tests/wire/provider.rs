//! A provider that says what a test wants, and short forms for requests.

use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::testing::{Run, Script, Sent};
use hotcell_sdk::{
    ChatRequest, Event, FailureKind, Message, Native, Part, Role, ToolCall, ToolResult,
    ToolResultPart,
};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "gemini";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

pub(crate) fn vertex() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../../vertex/adapter.toml"));
    script
}

/// The stream of these chunks, as the provider writes it.
pub(crate) fn sse(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
}

/// A chunk with these parts.
pub(crate) fn chunk(parts: Value) -> Value {
    json!({ "candidates": [{ "content": { "parts": parts, "role": "model" }, "index": 0 }],
        "modelVersion": "gemini-test", "responseId": "r1" })
}

/// A chunk with these parts, and the end of the candidate.
pub(crate) fn last(parts: Value, reason: &str) -> Value {
    let mut chunk = chunk(parts);
    chunk["candidates"][0]["finishReason"] = reason.into();
    chunk["usageMetadata"] =
        json!({ "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 });
    chunk
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    let mut script = provider();
    script.answer(200, "text/event-stream", body);
    script.chat_at_every_cut::<Gemini>(&ChatRequest::user("hi"))
}

/// Runs a stream that has to succeed.
pub(crate) fn events(chunks: &[Value]) -> Vec<Event> {
    let run = run(&sse(chunks));
    assert_eq!(run.failure, None);
    run.events
}

/// The one request that a chat request becomes, and what is warned of.
pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Sent, Vec<String>) {
    script.answer(200, "text/event-stream", sse(&[last(json!([{ "text": "x" }]), "STOP")]));
    let run = script.chat::<Gemini>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].clone(), warnings)
}

pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let (sent, warnings) = sent_by(&mut provider(), request);
    (sent.json(), warnings)
}

/// What a request becomes from which nothing is lost.
pub(crate) fn body(request: ChatRequest) -> Value {
    let (body, warnings) = sent(request);
    assert_eq!(warnings, [""; 0]);
    body
}

/// A request that the adapter does not send.
pub(crate) fn refused(request: ChatRequest) -> (FailureKind, String) {
    let run = provider().chat::<Gemini>(request);
    assert!(run.requests.is_empty());
    let failure = run.failure.expect("a refusal");
    (failure.kind, failure.message)
}

/// A request of these messages, to a model of generation 2.5.
pub(crate) fn conversation(messages: Vec<Message>) -> ChatRequest {
    ChatRequest { model: "gemini-2.5-flash".to_owned(), ..ChatRequest::new(messages) }
}

pub(crate) fn message(role: Role, text: &str) -> Message {
    Message::new(role, vec![Part::plain(text)])
}

pub(crate) fn call(id: &str, name: &str, arguments: &str) -> Part {
    let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
    Part::ToolCall(ToolCall { id, name, arguments, signature: None, extra: None })
}

pub(crate) fn result(id: &str, content: Vec<ToolResultPart>) -> Part {
    let (call_id, name, cache, extra) = (id.to_owned(), None, None, None);
    Part::ToolResult(ToolResult { call_id, name, content, is_error: false, cache, extra })
}

pub(crate) fn said(text: &str) -> Vec<ToolResultPart> {
    vec![ToolResultPart::Text(text.to_owned())]
}

pub(crate) fn native(value: &Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.to_string() }
}

pub(crate) fn foreign(value: &Value) -> Native {
    Native { dialect: "openai-chat".to_owned(), value: value.to_string() }
}

/// The value of a native thing of this dialect.
pub(crate) fn value(native: &Native) -> Value {
    assert_eq!(native.dialect, DIALECT);
    serde_json::from_str(&native.value).expect("JSON")
}
