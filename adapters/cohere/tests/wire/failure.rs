//! What the provider says when it does not answer.

use crate::provider::provider;
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};
use serde_json::{Value, json};

fn failed(status: u16, body: &str) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body).header("x-debug-trace-id", "trace-1");
    script.chat::<Cohere>(ChatRequest::user("hi")).failure.expect("a failure")
}

#[test]
fn every_status_has_its_meaning() {
    for (status, message, kind) in [
        (400, "invalid request: message must not be empty", FailureKind::InvalidRequest),
        (400, "too many tokens: size limit exceeded by 3 tokens.", FailureKind::TooLarge),
        (401, "invalid api token", FailureKind::Authentication),
        (402, "Please add or update your payment method", FailureKind::QuotaExhausted),
        (403, "no", FailureKind::Permission),
        (404, "model 'x' not found", FailureKind::NotFound),
        (422, "unknown field", FailureKind::InvalidRequest),
        (429, "limited to 40 API calls / minute", FailureKind::RateLimited),
        (429, "limited to 1000 API calls / month", FailureKind::QuotaExhausted),
        (498, "blocked", FailureKind::ContentFiltered),
        (499, "request cancelled", FailureKind::ProviderError),
        (500, "internal server error", FailureKind::ProviderError),
        (503, "try again", FailureKind::Overloaded),
        (504, "timeout", FailureKind::TimedOut),
    ] {
        let failure = failed(status, &json!({ "message": message }).to_string());
        assert_eq!(failure.kind, kind, "{status} {message}");
        assert_eq!((failure.status, failure.message.as_str()), (Some(status), message));
        assert_eq!(failure.request_id.as_deref(), Some("trace-1"));
    }
}

#[test]
fn the_whole_error_is_kept() {
    let body = json!({ "id": "e-1", "message": "too long", "error_type": "TOO_MANY_TOKENS" });
    let failure = failed(400, &body.to_string());
    assert_eq!(failure.kind, FailureKind::TooLarge);
    assert_eq!(failure.code.as_deref(), Some("TOO_MANY_TOKENS"));
    assert_eq!(failure.request_id.as_deref(), Some("e-1"));
    let raw = failure.raw.expect("the body");
    assert_eq!(raw.dialect, "cohere-chat");
    assert_eq!(serde_json::from_str::<Value>(&raw.value).expect("JSON"), body);
}

#[test]
fn what_is_no_error_body_is_told_as_it_is() {
    assert_eq!(failed(502, "bad gateway").message, "bad gateway");
    assert_eq!(failed(502, "<html>").message, "the provider answered with status 502");
    assert_eq!(failed(400, r#"{"error":{"message":"wrapped"}}"#).message, "wrapped");
    assert_eq!(failed(302, "").kind, FailureKind::MalformedResponse);
}
