//! A provider that says what a test wants, and short forms for requests and events.

use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Event, Failure, FailureKind, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "openai-chat";

/// The provider's word for the end of a stream.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// What is told of texts that were all empty.
pub(crate) const EMPTY: &str = concat!(
    r#"0.0 native {"object":"chat.completion.chunk","#,
    r#""choices":[{"index":0,"delta":{"content":""}}]}"#,
);

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// A provider with one setting.
pub(crate) fn set(setting: &str, value: &str) -> Script {
    let mut script = provider();
    script.setting(setting, value);
    script
}

/// The stream of these chunks, as the provider writes it.
pub(crate) fn sse(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect()
}

/// A chunk with these choices.
pub(crate) fn chunk(choices: Value) -> Value {
    json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "gpt-test", "choices": choices })
}

/// A chunk of one choice.
pub(crate) fn choice(index: u32, delta: Value, finish: Option<&str>) -> Value {
    chunk(json!([{ "index": index, "delta": delta, "finish_reason": finish }]))
}

/// A chunk of the first choice.
pub(crate) fn delta(delta: Value) -> Value {
    choice(0, delta, None)
}

pub(crate) fn text(text: &str) -> Value {
    delta(json!({ "content": text }))
}

/// A chunk with a piece of a call.
pub(crate) fn piece(call: Value) -> Value {
    delta(json!({ "tool_calls": [call] }))
}

/// The last chunk of a choice.
pub(crate) fn end(reason: &str) -> Value {
    choice(0, json!({}), Some(reason))
}

/// A whole stream with these chunks before its end.
pub(crate) fn answer(chunks: &[Value], reason: &str) -> String {
    sse(chunks) + &sse(&[end(reason)]) + DONE
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    play("text/event-stream; charset=utf-8", body, true)
}

/// Runs an answer in one piece at every kind of cut.
pub(crate) fn run_whole(body: &Value) -> Run {
    play("application/json", &body.to_string(), false)
}

pub(crate) fn play(content_type: &str, body: &str, stream: bool) -> Run {
    let mut script = provider();
    script.answer(200, content_type, body).header("x-request-id", "req_1");
    let request = ChatRequest { stream, ..ChatRequest::user("hi") };
    let run = script.chat_at_every_cut::<OpenAi>(&request);
    assert_eq!(broken_promise(&run.events), None, "{body}");
    run
}

/// What of these events no adapter may yield.
pub(crate) fn broken_promise(events: &[Event]) -> Option<&Event> {
    let mut finished = Vec::new();
    events.iter().enumerate().find_map(|(position, event)| {
        let kept = match event {
            Event::Started(_) => position == 0,
            Event::Warning(_) | Event::Usage(_) | Event::Native(_) => true,
            Event::Finished(end) => {
                finished.push(end.choice);
                finished.iter().filter(|choice| **choice == end.choice).count() == 1
            }
            Event::ToolCallStarted(call) => !finished.contains(&call.choice),
            Event::Media(media) => !finished.contains(&media.choice),
            Event::Citation(at) | Event::Logprobs(at) => !finished.contains(&at.choice),
            Event::Text(delta)
            | Event::Reasoning(delta)
            | Event::Refusal(delta)
            | Event::Signature(delta)
            | Event::RedactedReasoning(delta)
            | Event::ToolCallArguments(delta) => !finished.contains(&delta.choice),
        };
        (!kept).then_some(event)
    })
}

/// Runs a stream that has to succeed.
pub(crate) fn events(body: &str) -> Vec<Event> {
    let run = run(body);
    assert_eq!(run.failure, None, "{body}");
    run.events
}

/// What these chunks tell between the beginning and the end of an answer.
pub(crate) fn content(chunks: &[Value]) -> Vec<String> {
    told(&events(&answer(chunks, "stop")), |event| {
        !matches!(event, Event::Started(_) | Event::Finished(_))
    })
}

/// Events in short: the choice and the part that each belongs to, and what it says.
pub(crate) fn told(events: &[Event], which: impl Fn(&Event) -> bool) -> Vec<String> {
    events.iter().filter(|event| which(event)).map(short).collect()
}

fn short(event: &Event) -> String {
    let at = |choice: u32, index: u32, what: &str, value: &str| {
        format!("{choice}.{index} {what} {value}")
    };
    // Without the name of the type before the word.
    let word = |word: &dyn std::fmt::Debug| {
        let word = format!("{word:?}");
        word.rsplit(':').next().unwrap_or_default().to_owned()
    };
    match event {
        Event::Started(_) => "started".to_owned(),
        Event::Warning(sentence) => format!("warning: {sentence}"),
        Event::Text(delta) => at(delta.choice, delta.index, "text", &delta.text),
        Event::Reasoning(delta) => at(delta.choice, delta.index, "reasoning", &delta.text),
        Event::Refusal(delta) => at(delta.choice, delta.index, "refusal", &delta.text),
        Event::Signature(delta) => at(delta.choice, delta.index, "signature", &delta.text),
        Event::RedactedReasoning(delta) => at(delta.choice, delta.index, "redacted", &delta.text),
        Event::ToolCallStarted(call) => {
            at(call.choice, call.index, "call", &format!("{} {}", call.id, call.name))
        }
        Event::ToolCallArguments(delta) => at(delta.choice, delta.index, "arguments", &delta.text),
        Event::Media(media) => at(media.choice, media.index, "media", &word(&media.part.kind)),
        Event::Citation(native) => at(native.choice, native.index, "citation", own(&native.value)),
        Event::Logprobs(native) => at(native.choice, native.index, "logprobs", own(&native.value)),
        Event::Native(native) => at(native.choice, native.index, "native", own(&native.value)),
        Event::Usage(usage) => format!("usage {:?} {:?}", usage.input, usage.output),
        Event::Finished(end) => {
            format!("{} finished {} {:?}", end.choice, word(&end.reason), end.raw)
        }
    }
}

/// The text of a value in this dialect's words.
pub(crate) fn own(native: &Native) -> &str {
    assert_eq!(native.dialect, DIALECT);
    &native.value
}

/// A stream that the provider broke off, or that is none: never a false stop.
pub(crate) fn malformed(body: &str) -> Run {
    let run = run(body);
    let kind = run.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    assert_eq!(run.finished(), None, "a false stop: {body}");
    run
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    sent_by(&mut provider(), request)
}

pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Value, Vec<String>) {
    let run = run_request(script, request);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].json(), warnings)
}

/// What a request becomes, byte for byte.
pub(crate) fn bytes_sent(request: ChatRequest) -> String {
    let run = run_request(&mut provider(), request);
    String::from_utf8_lossy(&run.requests[0].body).into_owned()
}

fn run_request(script: &mut Script, request: ChatRequest) -> Run {
    script.answer(200, "text/event-stream", answer(&[], "stop"));
    let run = script.chat::<OpenAi>(request);
    assert_eq!(run.failure, None);
    run
}

/// What a request becomes from which nothing is lost.
pub(crate) fn body(request: ChatRequest) -> Value {
    body_by(&mut provider(), request)
}

pub(crate) fn body_by(script: &mut Script, request: ChatRequest) -> Value {
    let (body, warnings) = sent_by(script, request);
    assert_eq!(warnings, [""; 0]);
    body
}

/// Why a request is not sent.
pub(crate) fn refused(request: ChatRequest) -> Failure {
    refused_by(&provider(), request)
}

pub(crate) fn refused_by(script: &Script, request: ChatRequest) -> Failure {
    let run = script.chat::<OpenAi>(request);
    assert!(run.requests.is_empty(), "it was sent");
    run.failure.expect("a failure")
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
    Native { dialect: "anthropic-messages".to_owned(), value: value.to_string() }
}
