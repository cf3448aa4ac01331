//! What the providers say when they do not answer.

use crate::provider::{documents, jina, rank, texts};
use hotcell_adapter_jina::Jina;
use hotcell_sdk::{Failure, FailureKind};
use serde_json::json;

fn failed(status: u16, body: &str) -> Failure {
    let mut provider = jina();
    provider.answer(status, "application/json", body).header("x-request-id", "r-1");
    provider.embed::<Jina>(texts(&["a"])).expect_err("a failure")
}

#[test]
fn an_error_is_read_in_every_form() {
    for (body, message) in [
        (json!({ "detail": "no" }), "no"),
        (json!({ "error": { "code": 501, "message": "no", "type": "t" } }), "no"),
        (json!({ "error": "no" }), "no"),
        (json!({ "object": "error", "message": "no", "code": 400 }), "no"),
        (
            json!({ "detail": [{ "loc": ["body", "input", 0], "msg": "missing" }, "and more"] }),
            "body.input.0: missing; and more",
        ),
    ] {
        let failure = failed(400, &body.to_string());
        assert_eq!((failure.message.as_str(), failure.status), (message, Some(400)));
        assert_eq!(failure.kind, FailureKind::InvalidRequest);
        assert_eq!(failure.request_id.as_deref(), Some("r-1"));
        assert_eq!(failure.raw.expect("raw").value, body.to_string());
    }
    assert_eq!(failed(400, r#"{"error":{"message":"no","type":"t"}}"#).code.as_deref(), Some("t"));
    assert_eq!(failed(502, "<html>").message, "the provider answered with status 502");
    assert_eq!(failed(503, "busy").kind, FailureKind::Overloaded);
}

#[test]
fn the_sentence_tells_what_the_status_does_not() {
    for (status, message, kind) in [
        (401, "Provided API key is invalid.", FailureKind::Authentication),
        (403, "Insufficient balance", FailureKind::QuotaExhausted),
        (429, "You have not yet added your payment method", FailureKind::QuotaExhausted),
        (429, "Rate limit exceeded", FailureKind::RateLimited),
        (400, "the batch has too many tokens", FailureKind::TooLarge),
        (400, "Insufficient balance of text", FailureKind::InvalidRequest),
        (501, "This server does not rank", FailureKind::ProviderError),
    ] {
        let failure = failed(status, &json!({ "detail": message }).to_string());
        assert_eq!((failure.kind, failure.message.as_str()), (kind, message), "{status}");
    }
}

#[test]
fn an_error_in_the_place_of_an_answer_is_told() {
    let answer = json!({ "error": { "message": "it broke" } });
    let (response, _) = rank(jina(), &answer, documents(&["a"]));
    assert_eq!(response.expect_err("a failure").message, "it broke");
}
