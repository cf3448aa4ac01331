//! What Hugging Face says when it does not answer.

use crate::provider::{documents, embed, rank, router, tei, texts};
use hotcell_adapter_hf_inference::HfInference;
use hotcell_sdk::{Failure, FailureKind};
use serde_json::json;

fn failed(status: u16, body: &str) -> Failure {
    let mut provider = router();
    provider.answer(status, "application/json", body).header("x-request-id", "r-1");
    provider.embed::<HfInference>(texts(&["a"])).expect_err("a failure")
}

#[test]
fn an_error_is_read_in_every_form() {
    for body in [
        json!({ "error": "no" }),
        json!({ "error": ["no"] }),
        json!({ "error": { "message": "no", "type": "t" } }),
        json!({ "message": "no" }),
    ] {
        let failure = failed(400, &body.to_string());
        assert_eq!((failure.message.as_str(), failure.status), ("no", Some(400)), "{body}");
        assert_eq!(failure.kind, FailureKind::InvalidRequest);
        assert_eq!(failure.request_id.as_deref(), Some("r-1"));
        assert_eq!(failure.raw.expect("raw").value, body.to_string());
    }
    assert_eq!(failed(404, "Not Found").message, "Not Found");
    assert_eq!(failed(502, "<html>").message, "the provider answered with status 502");
    assert_eq!(failed(500, "{\"error\":null}").kind, FailureKind::ProviderError);
}

#[test]
fn the_type_tells_what_the_status_does_not() {
    for (status, code, kind) in [
        (401, "", FailureKind::Authentication),
        (402, "", FailureKind::QuotaExhausted),
        (413, "Validation", FailureKind::TooLarge),
        (422, "Tokenizer", FailureKind::InvalidRequest),
        (424, "Backend", FailureKind::ProviderError),
        (424, "backend", FailureKind::ProviderError),
        (429, "Overloaded", FailureKind::Overloaded),
        (429, "", FailureKind::RateLimited),
        (503, "Unhealthy", FailureKind::Overloaded),
    ] {
        let mut body = json!({ "error": "no" });
        if !code.is_empty() {
            body["error_type"] = code.into();
        }
        let failure = failed(status, &body.to_string());
        assert_eq!((failure.kind, failure.status), (kind, Some(status)), "{body}");
        assert_eq!(failure.code.unwrap_or_default(), code);
    }
}

#[test]
fn a_model_that_is_loaded_says_how_long() {
    let loading = |seconds: serde_json::Value| {
        failed(503, &json!({ "error": "loading", "estimated_time": seconds }).to_string())
    };
    let failure = loading(json!(20.5));
    assert_eq!((failure.kind, failure.retry_after_ms), (FailureKind::Overloaded, Some(20_500)));
    assert_eq!(loading(json!(-1)).retry_after_ms, Some(0));
    assert_eq!(loading(json!(1e300)).retry_after_ms, Some(3_600_000));
    assert_eq!(loading(json!("soon")).retry_after_ms, None);
}

#[test]
fn an_error_in_the_place_of_an_answer_is_told() {
    let answer = r#"{"error":"it broke","error_type":"Backend"}"#;
    let (response, _) = embed(tei(), answer, texts(&["a"]));
    assert_eq!(response.expect_err("a failure").message, "it broke");
    let (response, _) = rank(router(), answer, documents(&["a"]));
    assert_eq!(response.expect_err("a failure").message, "it broke");
}
