//! The same under the manifest of Vertex AI, and counts of tokens under both.

use crate::provider::{answer, conversation, message, native, provider};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, Role, Sampling, TokenCount, Tokens};
use serde_json::json;

fn vertex() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../../vertex-anthropic/adapter.toml"));
    script
}

fn request(stream: bool) -> ChatRequest {
    let model = "claude-opus-4-5@20251101".to_owned();
    ChatRequest { model, stream, ..conversation(vec![message(Role::User, "hi")]) }
}

#[test]
fn the_model_stands_in_the_path_and_the_version_in_the_body() {
    for (stream, method) in [(true, "streamRawPredict"), (false, "rawPredict")] {
        let mut script = vertex();
        script.setting("anthropic-beta", "a-beta");
        script.answer(200, "text/event-stream", answer(&[], "end_turn"));
        let run = script.chat::<Anthropic>(request(stream));
        assert_eq!(run.failure, None);
        let sent = &run.requests[0];
        assert_eq!(sent.path, format!("/models/claude-opus-4-5%4020251101:{method}"));
        assert_eq!(sent.header("anthropic-version"), None);
        assert_eq!(sent.header("anthropic-beta"), Some("a-beta"));
        let body = sent.json();
        assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
        assert_eq!(body.get("model"), None);
        assert_eq!(body.get("stream").is_some(), stream);
    }
}

fn count(script: &mut Script, answer: &str) -> (Result<TokenCount, Failure>, Vec<Sent>) {
    script.answer(200, "application/json", answer);
    let sampling =
        Sampling { temperature: Some(0.5), max_output_tokens: Some(5), ..request(true).sampling };
    let extra = Some(native(&json!({ "metadata": {}, "thinking": { "type": "disabled" } })));
    script.call(|| Anthropic::count(ChatRequest { sampling, extra, ..request(true) }))
}

#[test]
fn what_would_be_sent_is_counted_without_what_says_how_to_generate() {
    let answer = r#"{"input_tokens":14,"more":1}"#;
    let (counted, sent) = count(&mut provider(), answer);
    let counted = counted.expect("a count");
    assert_eq!((counted.input, counted.extra), (14, Some(native(&json!({ "more": 1 })))));
    assert_eq!(sent[0].path, "/messages/count_tokens");
    let expected = json!({ "model": "claude-opus-4-5@20251101",
        "messages": [{ "role": "user", "content": "hi" }], "thinking": { "type": "disabled" } });
    assert_eq!(sent[0].json(), expected);

    let (counted, sent) = count(&mut vertex(), answer);
    assert_eq!(counted.map(|counted| counted.input), Ok(14));
    assert_eq!(sent[0].path, "/models/count-tokens:rawPredict");
    assert_eq!(sent[0].json()["model"], "claude-opus-4-5@20251101");
}

#[test]
fn a_count_that_is_none_is_malformed() {
    for answer in ["", "{}", "[]", r#"{"input_tokens":"14"}"#] {
        let failure = count(&mut provider(), answer).0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{answer}");
    }
}
