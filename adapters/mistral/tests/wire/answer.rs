//! Answers as only Mistral writes them, at every kind of cut.

use crate::provider::{answer, own, provider};
use hotcell_adapter_mistral::Mistral;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Event, FailureKind, FinishReason, NativeAt};
use serde_json::{Value, json};

fn run(deltas: &[Value], reason: &str) -> Run {
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(deltas, reason));
    script.chat_at_every_cut::<Mistral>(&ChatRequest::user("hi"))
}

#[test]
fn thoughts_come_as_parts_of_the_content() {
    let thinking = |text: &str| {
        json!({ "content": [{ "type": "thinking", "closed": false,
            "thinking": [{ "type": "text", "text": text }] }] })
    };
    let deltas = [
        json!({ "role": "assistant", "content": "" }),
        thinking("h\u{e9}"),
        thinking("!"),
        json!({ "content": [{ "type": "text", "text": "a" }] }),
        json!({ "content": "b" }),
    ];
    let run = run(&deltas, "stop");
    assert_eq!((run.reasoning().as_str(), run.text().as_str()), ("h\u{e9}!", "ab"));
    assert_eq!(run.failure, None);
}

#[test]
fn references_are_citations() {
    let reference = json!({ "type": "reference", "reference_ids": [1, 2] });
    let run = run(&[json!({ "content": [{ "type": "text", "text": "a" }, reference] })], "stop");
    let value = own(&reference);
    assert!(run.events.contains(&Event::Citation(NativeAt { choice: 0, index: 0, value })));
}

#[test]
fn why_it_ended() {
    for (word, reason) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("tool_calls", FinishReason::ToolCalls),
    ] {
        let run = run(&[json!({ "content": "a" })], word);
        let finished = run.finished().unwrap();
        assert_eq!((finished.reason, finished.raw.as_deref()), (reason, Some(word)));
    }
    let failure = run(&[json!({ "content": "a" })], "error").failure.unwrap();
    assert_eq!(failure.kind, FailureKind::ProviderError);
}

#[test]
fn errors_have_the_forms_of_two_layers() {
    for (status, body, kind, message, code) in [
        (
            400,
            json!({ "object": "error", "message": "Logprobs are not enabled", "param": null,
                "type": "invalid_request_invalid_args", "code": "3051", "raw_status_code": 400 }),
            FailureKind::InvalidRequest,
            "Logprobs are not enabled",
            Some("3051"),
        ),
        (
            401,
            json!({ "detail": "Unauthorized" }),
            FailureKind::Authentication,
            "Unauthorized",
            None,
        ),
        (
            422,
            json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", "x"],
                "msg": "Extra inputs are not permitted" }] }),
            FailureKind::InvalidRequest,
            "body.x: Extra inputs are not permitted",
            None,
        ),
    ] {
        let mut script = provider();
        script.answer(status, "application/json", body.to_string());
        script.header("mistral-correlation-id", "c");
        let failure = script.chat::<Mistral>(ChatRequest::user("hi")).failure.unwrap();
        assert_eq!((failure.kind, failure.message.as_str()), (kind, message));
        assert_eq!((failure.code.as_deref(), failure.status), (code, Some(status)));
        assert_eq!(failure.request_id.as_deref(), Some("c"));
    }
}
