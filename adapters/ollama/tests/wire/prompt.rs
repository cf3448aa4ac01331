//! A prompt that is completed, as the setting `mode` wants it.

use crate::provider::{end, message, own, provider, sent_by};
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::{ChatRequest, FailureKind, FinishReason, Part, Role, ToolChoice};
use serde_json::json;

#[test]
fn texts_become_a_prompt() {
    let mut request = ChatRequest::new(vec![
        message(Role::System, "s"),
        message(Role::User, "a"),
        message(Role::User, "b"),
    ]);
    request.sampling.max_output_tokens = Some(3);
    let (sent, _) = sent_by(provider().setting("mode", "generate"), request);
    assert_eq!(sent.path, "/generate");
    let expected = json!({ "model": "test-model", "prompt": "a\n\nb", "system": "s",
        "options": { "num_predict": 3 }, "stream": true });
    assert_eq!(sent.json(), expected);
}

#[test]
fn what_is_raw_has_no_template() {
    let mut request = ChatRequest::user("fn main() {");
    request.extra = Some(own(&json!({ "suffix": "}" })));
    let (sent, _) = sent_by(provider().setting("mode", "raw"), request);
    let expected = json!({ "model": "test-model", "prompt": "fn main() {", "raw": true,
        "suffix": "}", "stream": true });
    assert_eq!(sent.json(), expected);
}

#[test]
fn a_prompt_has_no_turns_and_no_tools() {
    let answer = ChatRequest::new(vec![message(Role::Assistant, "a")]);
    let refusal = ChatRequest::new(vec![hotcell_sdk::Message::new(
        Role::User,
        vec![Part::Refusal("a".to_owned())],
    )]);
    let choice = ChatRequest { tool_choice: Some(ToolChoice::Required), ..ChatRequest::user("a") };
    for (mode, request) in [
        ("generate", answer.clone()),
        ("generate", refusal),
        ("generate", choice),
        ("raw", answer),
        ("raw", ChatRequest::new(vec![message(Role::System, "s")])),
    ] {
        let run = provider().setting("mode", mode).chat::<Ollama>(request);
        assert_eq!(run.failure.unwrap().kind, FailureKind::Unsupported);
        assert!(run.requests.is_empty());
    }
}

#[test]
fn a_completion_is_text() {
    let line = |member: &str, text: &str| json!({ "model": "m", member: text, "done": false });
    let mut last = end("stop");
    last.as_object_mut().unwrap().remove("message");
    last["response"] = json!("");
    last["context"] = json!([1, 2]);
    let body = format!("{}\n{}\n{last}\n", line("thinking", "hm"), line("response", "hi"));
    let mut script = provider();
    script.setting("mode", "generate").answer(200, "application/x-ndjson", body);
    let run = script.chat_at_every_cut::<Ollama>(&ChatRequest::user("a"));
    assert_eq!((run.text().as_str(), run.reasoning().as_str()), ("hi", "hm"));
    let finished = run.finished().unwrap();
    assert_eq!(finished.reason, FinishReason::Stop);
    assert_eq!(finished.extra, Some(own(&json!({ "context": [1, 2] }))));
}
