//! What the provider says when it does not answer, or no longer.

use crate::provider::{created, delta, own, provider, response, run, sse};
use hotcell_adapter_openai_responses::OpenAiResponses;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};
use serde_json::{Value, json};

fn failure(status: u16, body: &str) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body).header("x-request-id", "req_1");
    let run = script.chat::<OpenAiResponses>(ChatRequest::user("hi"));
    assert!(run.events.is_empty(), "{:?}", run.events);
    run.failure.expect("a failure")
}

#[test]
fn an_error_body_is_read_in_every_form() {
    let openai = json!({ "error": { "message": "no such model", "type": "invalid_request_error",
        "param": "model", "code": "model_not_found" } });
    let known = failure(400, &openai.to_string());
    assert_eq!((known.kind, known.message.as_str()), (FailureKind::NotFound, "no such model"));
    assert_eq!(
        (known.code.as_deref(), known.param.as_deref()),
        (Some("model_not_found"), Some("model"))
    );
    assert_eq!((known.status, known.request_id.as_deref()), (Some(400), Some("req_1")));
    assert_eq!(own(known.raw.as_ref().unwrap()), openai.to_string());

    let xai = json!({ "code": "invalid-argument", "error": "Incorrect API key provided." });
    let known = failure(400, &xai.to_string());
    assert_eq!(known.kind, FailureKind::Authentication);
    assert_eq!(known.message, "Incorrect API key provided.");

    let known = failure(429, "<html>busy</html>");
    assert_eq!((known.kind, known.raw), (FailureKind::RateLimited, None));
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_a_failure_with_its_code() {
    let flat = json!({ "type": "error", "code": "rate_limit_exceeded",
        "message": "Please try again in 2s.", "param": null, "sequence_number": 3 });
    let nested = json!({ "type": "error", "sequence_number": 3,
        "error": { "type": "tokens", "code": "rate_limit_exceeded",
            "message": "Please try again in 2s.", "param": null } });
    let bare =
        json!({ "error": { "code": "rate_limit_exceeded", "message": "Please try again in 2s." } });
    for event in [flat, nested, bare] {
        let run = run(&sse(&[created(), delta(0, "x"), event.clone()]));
        assert_eq!(run.text(), "x");
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::RateLimited, "{event}");
        assert_eq!(failure.code.as_deref(), Some("rate_limit_exceeded"));
        assert_eq!(failure.retry_after_ms, Some(2000));
        assert_eq!((failure.status, failure.request_id.as_deref()), (None, Some("req_1")));
        assert_eq!(own(failure.raw.as_ref().unwrap()), event.to_string());
    }
}

#[test]
fn an_error_without_a_code_has_none() {
    let event = json!({ "type": "error", "code": null, "message": "oh", "param": null });
    let failure = run(&sse(&[created(), event])).failure.expect("a failure");
    assert_eq!((failure.kind, failure.code), (FailureKind::ProviderError, None));
}

#[test]
fn a_response_that_failed_is_a_failure_by_its_code() {
    for (code, message, kind) in [
        ("server_error", "sorry", FailureKind::ProviderError),
        ("rate_limit_exceeded", "slow", FailureKind::RateLimited),
        ("invalid_prompt", "odd", FailureKind::InvalidRequest),
        ("invalid_prompt", "flagged as violating our policy", FailureKind::ContentFiltered),
        ("image_content_policy_violation", "no", FailureKind::ContentFiltered),
        ("vector_store_timeout", "late", FailureKind::TimedOut),
        ("invalid_image_url", "odd", FailureKind::InvalidRequest),
        ("image_file_not_found", "gone", FailureKind::NotFound),
        ("image_too_large", "big", FailureKind::TooLarge),
        ("new_code", "sorry", FailureKind::ProviderError),
    ] {
        let mut response = response("failed", json!([]));
        response["error"] = json!({ "code": code, "message": message });
        let event = json!({ "type": "response.failed", "response": response });
        let run = run(&sse(&[created(), delta(0, "x"), event]));
        let failure = run.failure.expect("a failure");
        assert_eq!((failure.kind, failure.message.as_str()), (kind, message), "{code}");
        assert_eq!(failure.code.as_deref(), Some(code));
        assert_eq!(own(failure.raw.as_ref().unwrap()), response.to_string());
    }
}

#[test]
fn an_error_before_the_first_event_fails_the_call() {
    let event = json!({ "type": "error", "message": "sorry" });
    let run = run(&sse(&[event]));
    assert!(run.events.is_empty());
    assert_eq!(run.failure.map(|failure| failure.message), Some("sorry".to_owned()));
}

#[test]
fn what_is_no_json_is_malformed() {
    for data in ["hello", "{", "{\"type\":\"response.created\"", "{\"a\":1}{"] {
        let body = sse(&[created()]) + &format!("event: response.created\ndata: {data}\n\n");
        let failure = run(&body).failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{data}");
    }
}

#[test]
fn an_answer_of_more_items_than_there_can_be_is_malformed() {
    let events: Vec<Value> = (0..5000).map(|at| delta(at, "x")).collect();
    let mut script = provider();
    script.answer(200, "text/event-stream", sse(&events));
    let failure = script.chat::<OpenAiResponses>(ChatRequest::user("hi")).failure;
    assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::MalformedResponse));
}
