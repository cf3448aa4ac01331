//! A provider that says what a test wants, and short forms for requests.

use hotcell_adapter_mistral::Mistral;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{ChatRequest, FailureKind, Message, Native, Part, Role};
use serde_json::{Value, json};

pub(crate) const DIALECT: &str = "openai-chat";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// A stream of these deltas, and its end.
pub(crate) fn answer(deltas: &[Value], reason: &str) -> String {
    let chunk = |delta: &Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        let chunk = json!({ "id": "i", "object": "chat.completion.chunk", "created": 1,
            "model": "m", "choices": [choice], "p": "abc" });
        format!("data: {chunk}\n\n")
    };
    let chunks: String = deltas.iter().map(|delta| chunk(delta, None)).collect();
    chunks + &chunk(&json!({ "content": "" }), Some(reason)) + "data: [DONE]\n\n"
}

pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Sent, Vec<String>) {
    script.answer(200, "text/event-stream", answer(&[], "stop"));
    let run = script.chat::<Mistral>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].clone(), warnings)
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent(request: ChatRequest) -> (Value, Vec<String>) {
    let (sent, warnings) = sent_by(&mut provider(), request);
    assert_eq!(sent.path, "/chat/completions");
    (sent.json(), warnings)
}

/// What a request becomes from which nothing is lost.
pub(crate) fn body(request: ChatRequest) -> Value {
    let (body, warnings) = sent(request);
    assert_eq!(warnings, [""; 0]);
    body
}

/// What is said against a request before it is sent.
pub(crate) fn refused(script: &Script, request: ChatRequest) -> String {
    let run = script.chat::<Mistral>(request);
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
    Native { dialect: "anthropic-messages".to_owned(), value: value.to_string() }
}
