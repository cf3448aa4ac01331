//! A provider that says what a test wants, and short forms for requests.

use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Event, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "anthropic-messages";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// The stream of these events, as the provider writes it.
pub(crate) fn sse(events: &[Value]) -> String {
    let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", name(event));
    events.iter().map(event).collect()
}

fn name(event: &Value) -> &str {
    event["type"].as_str().unwrap_or("message")
}

pub(crate) fn start() -> Value {
    json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message",
        "role": "assistant", "model": "claude-test", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": { "input_tokens": 10, "output_tokens": 1 } } })
}

pub(crate) fn block(index: u32, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

pub(crate) fn delta(index: u32, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

pub(crate) fn text(index: u32, text: &str) -> Value {
    delta(index, json!({ "type": "text_delta", "text": text }))
}

pub(crate) fn input(index: u32, json: &str) -> Value {
    delta(index, json!({ "type": "input_json_delta", "partial_json": json }))
}

pub(crate) fn stop(index: u32) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

/// The last two events of an answer.
pub(crate) fn end(reason: &str) -> [Value; 2] {
    let delta = json!({ "stop_reason": reason, "stop_sequence": null });
    [
        json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": 7 } }),
        json!({ "type": "message_stop" }),
    ]
}

/// A whole stream with these events between its beginning and its end.
pub(crate) fn answer(events: &[Value], reason: &str) -> String {
    let all: Vec<Value> =
        [start()].into_iter().chain(events.iter().cloned()).chain(end(reason)).collect();
    sse(&all)
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    let mut script = provider();
    script.answer(200, "text/event-stream; charset=utf-8", body).header("request-id", "req_1");
    script.chat_at_every_cut::<Anthropic>(&ChatRequest::user("hi"))
}

/// Runs a stream that has to succeed.
pub(crate) fn events(body: &str) -> Vec<Event> {
    let run = run(body);
    assert_eq!(run.failure, None);
    run.events
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    sent_by(&mut provider(), request)
}

pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Value, Vec<String>) {
    script.answer(200, "text/event-stream", answer(&[], "end_turn"));
    let run = script.chat::<Anthropic>(request);
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

/// A request of these messages.
pub(crate) fn conversation(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(messages)
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
