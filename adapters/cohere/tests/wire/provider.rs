//! A provider that says what a test wants, and short forms for requests and events.

use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Event, Failure, FailureKind, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "cohere-chat";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// The stream of these events, as the provider writes it.
pub(crate) fn sse(events: &[Value]) -> String {
    let event = |event: &Value| {
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
    };
    events.iter().map(event).collect()
}

pub(crate) fn begin() -> Value {
    let message = json!({ "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [],
        "citations": [] });
    json!({ "type": "message-start", "id": "m-1", "delta": { "message": message } })
}

/// An event about one piece of the message.
pub(crate) fn piece(kind: &str, index: u32, message: Value) -> Value {
    json!({ "type": kind, "index": index, "delta": { "message": message } })
}

/// Text, or thinking, as content of its own.
pub(crate) fn content(index: u32, kind: &str, pieces: &[&str]) -> Vec<Value> {
    let start = json!({ "content": { "type": kind, kind: "" } });
    let mut events = vec![piece("content-start", index, start)];
    let delta = |text: &&str| piece("content-delta", index, json!({ "content": { kind: text } }));
    events.extend(pieces.iter().map(delta));
    events.push(json!({ "type": "content-end", "index": index }));
    events
}

/// A call, with its arguments in pieces.
pub(crate) fn call(index: u32, id: &str, name: &str, arguments: &[&str]) -> Vec<Value> {
    let start = json!({ "id": id, "type": "function",
        "function": { "name": name, "arguments": "" } });
    let mut events = vec![piece("tool-call-start", index, json!({ "tool_calls": start }))];
    let delta = |text: &&str| {
        let call = json!({ "function": { "arguments": text } });
        piece("tool-call-delta", index, json!({ "tool_calls": call }))
    };
    events.extend(arguments.iter().map(delta));
    events.push(json!({ "type": "tool-call-end", "index": index }));
    events
}

pub(crate) fn end(reason: &str) -> Value {
    let usage = json!({ "billed_units": { "input_tokens": 2, "output_tokens": 3 },
        "tokens": { "input_tokens": 12, "output_tokens": 5 }, "cached_tokens": 8 });
    json!({ "type": "message-end", "delta": { "finish_reason": reason, "usage": usage } })
}

/// A whole stream with these events between its beginning and its end.
pub(crate) fn answer(events: impl IntoIterator<Item = Value>, reason: &str) -> String {
    let events: Vec<Value> = [begin()].into_iter().chain(events).chain([end(reason)]).collect();
    sse(&events) + "data: [DONE]\n\n"
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    play("text/event-stream", body, true)
}

/// Runs an answer in one piece at every kind of cut.
pub(crate) fn run_whole(body: &Value) -> Run {
    play("application/json", &body.to_string(), false)
}

fn play(content_type: &str, body: &str, stream: bool) -> Run {
    let mut script = provider();
    script.answer(200, content_type, body).header("x-debug-trace-id", "trace-1");
    let request = ChatRequest { stream, ..ChatRequest::user("hi") };
    let run = script.chat_at_every_cut::<Cohere>(&request);
    assert_eq!(broken_promise(&run.events), None, "{body}");
    run
}

/// Runs a stream that has to succeed: what it tells between its beginning and its end.
pub(crate) fn told(events: impl IntoIterator<Item = Value>, reason: &str) -> Vec<String> {
    let run = run(&answer(events, reason));
    assert_eq!(run.failure, None);
    short(&run.events)
}

/// Events in short, without the beginning and the usage.
pub(crate) fn short(events: &[Event]) -> Vec<String> {
    let shown = |event: &&Event| !matches!(event, Event::Started(_) | Event::Usage(_));
    events.iter().filter(shown).map(one).collect()
}

fn one(event: &Event) -> String {
    match event {
        Event::Warning(sentence) => format!("warning: {sentence}"),
        Event::Text(delta) => format!("{} text {}", delta.index, delta.text),
        Event::Reasoning(delta) => format!("{} reasoning {}", delta.index, delta.text),
        Event::ToolCallStarted(call) => format!("{} call {} {}", call.index, call.id, call.name),
        Event::ToolCallArguments(delta) => format!("{} arguments {}", delta.index, delta.text),
        Event::Citation(at) => format!("{} citation {}", at.index, own(&at.value)),
        Event::Logprobs(at) => format!("{} logprobs {}", at.index, own(&at.value)),
        Event::Native(at) => format!("{} native {}", at.index, own(&at.value)),
        Event::Finished(end) => {
            let reason = format!("{:?}", end.reason);
            let word = reason.rsplit(':').next().unwrap_or_default();
            format!("finished {word} {}", end.raw.as_deref().unwrap_or("-"))
        }
        other => format!("{other:?}"),
    }
}

/// What of these events no adapter may yield.
pub(crate) fn broken_promise(events: &[Event]) -> Option<&Event> {
    let mut over = false;
    events.iter().enumerate().find_map(|(position, event)| {
        let kept = match event {
            Event::Started(_) => position == 0,
            Event::Warning(_) | Event::Usage(_) | Event::Native(_) => true,
            Event::Finished(_) => !std::mem::replace(&mut over, true),
            _ => !over,
        };
        (!kept).then_some(event)
    })
}

/// The text of a value in this dialect's words.
pub(crate) fn own(native: &Native) -> &str {
    assert_eq!(native.dialect, DIALECT);
    &native.value
}

/// A stream that the provider broke off, or that is none: never a false stop.
pub(crate) fn malformed(body: &str) {
    let run = run(body);
    let kind = run.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    assert_eq!(run.finished(), None, "a false stop: {body}");
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer([], "COMPLETE"));
    let run = script.chat::<Cohere>(request);
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

/// Why a request is not sent.
pub(crate) fn refused(request: ChatRequest) -> Failure {
    let run = provider().chat::<Cohere>(request);
    assert!(run.requests.is_empty(), "it was sent");
    run.failure.expect("a failure")
}

/// The messages that these become.
pub(crate) fn messages(messages: Vec<Message>) -> Value {
    body(ChatRequest::new(messages))["messages"].clone()
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
