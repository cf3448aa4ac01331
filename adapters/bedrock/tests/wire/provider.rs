//! A provider that says what a test wants, and short forms for requests.

use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Event, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "bedrock-converse";
pub(crate) const FRAMES: &str = "application/vnd.amazon.eventstream";
pub(crate) const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
pub(crate) const NOVA: &str = "us.amazon.nova-lite-v1:0";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// One frame, as the provider writes it.
pub(crate) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(name.len() as u8);
        block.extend(name.as_bytes());
        block.push(7);
        block.extend((value.len() as u16).to_be_bytes());
        block.extend(value.as_bytes());
    }
    let mut frame = Vec::new();
    frame.extend((16 + block.len() as u32 + payload.len() as u32).to_be_bytes());
    frame.extend((block.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(block);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// An event of the stream, padded as the provider pads it.
pub(crate) fn event(kind: &str, mut payload: Value) -> Vec<u8> {
    payload["p"] = json!("abcdefgh");
    let headers =
        [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
    frame(&headers, payload.to_string().as_bytes())
}

/// An exception in the middle of the stream.
pub(crate) fn exception(kind: &str, message: &str) -> Vec<u8> {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(&headers, json!({ "message": message }).to_string().as_bytes())
}

pub(crate) fn start() -> Vec<u8> {
    event("messageStart", json!({ "role": "assistant" }))
}

pub(crate) fn block(index: u32, start: Value) -> Vec<u8> {
    event("contentBlockStart", json!({ "contentBlockIndex": index, "start": start }))
}

pub(crate) fn delta(index: u32, delta: Value) -> Vec<u8> {
    event("contentBlockDelta", json!({ "contentBlockIndex": index, "delta": delta }))
}

pub(crate) fn text(index: u32, text: &str) -> Vec<u8> {
    delta(index, json!({ "text": text }))
}

pub(crate) fn stop(index: u32) -> Vec<u8> {
    event("contentBlockStop", json!({ "contentBlockIndex": index }))
}

pub(crate) fn end(reason: &str) -> Vec<u8> {
    event("messageStop", json!({ "stopReason": reason }))
}

pub(crate) fn metadata() -> Vec<u8> {
    let usage = json!({ "inputTokens": 10, "outputTokens": 7, "totalTokens": 17 });
    event("metadata", json!({ "usage": usage, "metrics": { "latencyMs": 12 } }))
}

/// A whole stream with these events between its beginning and its end.
pub(crate) fn answer(events: &[Vec<u8>], reason: &str) -> Vec<u8> {
    [&[start()], events, &[end(reason), metadata()]].concat().concat()
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: impl Into<Vec<u8>>) -> Run {
    let mut script = provider();
    script.answer(200, FRAMES, body).header("x-amzn-requestid", "req-1");
    script.chat_at_every_cut::<Bedrock>(&ChatRequest::user("hi"))
}

/// Runs a stream that has to succeed.
pub(crate) fn events(body: impl Into<Vec<u8>>) -> Vec<Event> {
    let run = run(body);
    assert_eq!(run.failure, None);
    run.joined()
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    sent_by(&mut provider(), request)
}

pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Value, Vec<String>) {
    script.answer(200, FRAMES, answer(&[], "end_turn"));
    let run = script.chat::<Bedrock>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].json(), warnings)
}

/// What a request becomes from which nothing is lost.
pub(crate) fn body(request: ChatRequest) -> Value {
    let (body, warnings) = sent(request);
    assert_eq!(warnings, [""; 0]);
    body
}

/// What a request fails with before anything is sent.
pub(crate) fn refused(request: ChatRequest) -> hotcell_sdk::Failure {
    let run = provider().chat::<Bedrock>(request);
    assert!(run.requests.is_empty(), "it was sent");
    run.failure.expect("a failure")
}

/// A request to Claude.
pub(crate) fn conversation(messages: Vec<Message>) -> ChatRequest {
    ChatRequest { model: CLAUDE.to_owned(), ..ChatRequest::new(messages) }
}

/// A request to a model with one message of the user's.
pub(crate) fn to(model: &str) -> ChatRequest {
    ChatRequest { model: model.to_owned(), ..ChatRequest::user("hi") }
}

pub(crate) fn message(role: Role, text: &str) -> Message {
    Message::new(role, vec![Part::plain(text)])
}

pub(crate) fn native(value: &Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.to_string() }
}

pub(crate) fn foreign(value: &Value) -> Native {
    Native { dialect: "openai-chat".to_owned(), value: value.to_string() }
}
