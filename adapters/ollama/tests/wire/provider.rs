//! A provider that says what a test wants, and short forms for requests.

use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::testing::{Run, Script, Sent};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "ollama-chat";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// A line of a chat answer.
pub(crate) fn line(message: Value) -> Value {
    json!({ "model": "m", "created_at": "2026-03-01T00:00:00.25Z", "message": message,
        "done": false })
}

pub(crate) fn text(text: &str) -> Value {
    line(json!({ "role": "assistant", "content": text }))
}

/// The last line.
pub(crate) fn end(reason: &str) -> Value {
    json!({ "model": "m", "created_at": "2026-03-01T00:00:01Z",
        "message": { "role": "assistant", "content": "" }, "done": true, "done_reason": reason,
        "total_duration": 9, "prompt_eval_count": 5, "eval_count": 3 })
}

/// These lines, each with its break.
pub(crate) fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A whole stream with these lines before its end.
pub(crate) fn answer(before: &[Value], reason: &str) -> String {
    lines(before) + &lines(&[end(reason)])
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &str) -> Run {
    let mut script = provider();
    script.answer(200, "application/x-ndjson", body);
    script.chat_at_every_cut::<Ollama>(&ChatRequest::user("hi"))
}

/// Runs a stream that has to fail.
pub(crate) fn fails(body: &str) -> (Run, Failure) {
    let run = run(body);
    let failure = run.failure.clone().unwrap_or_else(|| panic!("{body}: {:?}", run.events));
    (run, failure)
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let (sent, warnings) = sent_by(&mut provider(), request);
    assert_eq!(sent.path, "/chat");
    (sent.json(), warnings)
}

pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Sent, Vec<String>) {
    script.answer(200, "application/x-ndjson", answer(&[], "stop"));
    let run = script.chat::<Ollama>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].clone(), warnings)
}

/// What a request becomes from which nothing is lost.
pub(crate) fn body(request: ChatRequest) -> Value {
    let (body, warnings) = sent(request);
    assert_eq!(warnings, [""; 0]);
    body
}

/// What is said against a request before it is sent.
pub(crate) fn refused(request: ChatRequest) -> String {
    let run = provider().chat::<Ollama>(request);
    assert!(run.requests.is_empty());
    let failure = run.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Unsupported, "{failure:?}");
    failure.message
}

pub(crate) fn message(role: Role, text: &str) -> Message {
    Message::new(role, vec![Part::plain(text)])
}

pub(crate) fn own(value: &Value) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.to_string() }
}

pub(crate) fn foreign(value: &Value) -> Native {
    Native { dialect: "openai-chat".to_owned(), value: value.to_string() }
}
