//! What Ollama says when it does not answer.

use crate::provider::{fails, lines, own, provider, text};
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};
use serde_json::json;

fn of(status: u16, body: &str) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body).header("retry-after", "2");
    script.header("x-request-id", "req_1");
    script.chat::<Ollama>(ChatRequest::user("hi")).failure.unwrap()
}

#[test]
fn an_error_has_its_sentence_and_the_kind_that_it_means() {
    use FailureKind as Kind;
    for (status, sentence, kind) in [
        (400, "invalid options: top_k", Kind::InvalidRequest),
        (400, "\"m\" does not support thinking", Kind::InvalidRequest),
        (400, "the input length exceeds the context length", Kind::TooLarge),
        (401, "unauthorized", Kind::Authentication),
        (402, "this model needs a subscription", Kind::QuotaExhausted),
        (403, "forbidden", Kind::Permission),
        (404, "model 'm' not found", Kind::NotFound),
        (429, "too many concurrent requests", Kind::RateLimited),
        (500, "model \"m\" not found, try pulling it first", Kind::NotFound),
        (500, "model requires more system memory (9 GiB) than is available", Kind::ProviderError),
        (502, "upstream error", Kind::ProviderError),
        (503, "server busy, please try again. maximum pending requests exceeded", Kind::Overloaded),
    ] {
        let body = json!({ "error": sentence });
        let failure = of(status, &body.to_string());
        assert_eq!((failure.kind, failure.message.as_str()), (kind, sentence));
        assert_eq!((failure.status, failure.raw), (Some(status), Some(own(&body))));
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(failure.retry_after_ms, Some(2000));
    }
}

#[test]
fn an_error_of_what_stands_before_ollama_is_understood() {
    let failure = of(400, r#"{"error":{"message":"no","type":"bad_request","code":null}}"#);
    assert_eq!((failure.message.as_str(), failure.code.as_deref()), ("no", Some("bad_request")));
    assert_eq!(of(502, "<html>").message, "the provider answered with status 502");
    assert_eq!(of(404, "404 page not found").message, "404 page not found");
}

#[test]
fn a_redirect_is_no_answer() {
    assert_eq!(of(301, "").kind, FailureKind::MalformedResponse);
}

#[test]
fn an_error_in_the_middle_comes_after_what_was_said() {
    let error = json!({ "error": "llama runner process has terminated" });
    let (run, failure) = fails(&lines(&[text("a"), error.clone()]));
    assert_eq!((run.text().as_str(), failure.kind), ("a", FailureKind::ProviderError));
    assert_eq!(failure.message, "llama runner process has terminated");
    assert_eq!((failure.status, failure.raw), (None, Some(own(&error))));
}

#[test]
fn an_error_in_the_place_of_an_answer_fails_the_call() {
    let (run, failure) = fails(&lines(&[json!({ "error": "server busy", "status_code": 503 })]));
    assert_eq!(run.events, []);
    assert_eq!((failure.kind, failure.status), (FailureKind::Overloaded, Some(503)));
    let (_, failure) = fails("{\"error\":{}}");
    assert_eq!(failure.kind, FailureKind::ProviderError);
}
