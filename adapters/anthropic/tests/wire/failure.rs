//! What the provider says when it does not answer.

use crate::provider::{block, end, provider, run, sse, start, text};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{Chat, ChatRequest, Failure, FailureKind};
use serde_json::{Value, json};

fn failure(status: u16, body: &str) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body).header("request-id", "req_1");
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    assert!(run.events.is_empty());
    run.failure.expect("a failure")
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_0" })
}

#[test]
fn every_error_type_has_its_kind() {
    for (status, kind, message, expected) in [
        (400, "invalid_request_error", "tools.0.name: bad", FailureKind::InvalidRequest),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 200001 tokens > 200000 maximum",
            FailureKind::TooLarge,
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 199999 + 20000 > 200000",
            FailureKind::TooLarge,
        ),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
            FailureKind::QuotaExhausted,
        ),
        (
            400,
            "invalid_request_error",
            "You have reached your specified API usage limits.",
            FailureKind::QuotaExhausted,
        ),
        (
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
            FailureKind::ContentFiltered,
        ),
        (401, "authentication_error", "invalid x-api-key", FailureKind::Authentication),
        (402, "billing_error", "pay", FailureKind::QuotaExhausted),
        (403, "permission_error", "no", FailureKind::Permission),
        (404, "not_found_error", "model: x", FailureKind::NotFound),
        (413, "request_too_large", "32 MB", FailureKind::TooLarge),
        (429, "rate_limit_error", "slow down", FailureKind::RateLimited),
        (500, "api_error", "oops", FailureKind::ProviderError),
        (504, "timeout_error", "late", FailureKind::TimedOut),
        (529, "overloaded_error", "Overloaded", FailureKind::Overloaded),
        (418, "new_error", "tea", FailureKind::InvalidRequest),
        (529, "new_error", "busy", FailureKind::Overloaded),
    ] {
        let body = error(kind, message).to_string();
        let failure = failure(status, &body);
        assert_eq!(failure.kind, expected, "{kind}: {message}");
        assert_eq!(failure.message, message);
        assert_eq!(failure.status, Some(status));
        assert_eq!(failure.code.as_deref(), Some(kind));
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(failure.raw.map(|raw| raw.value), Some(body));
    }
}

#[test]
fn the_member_that_an_error_is_about_is_named() {
    let param =
        |message: &str| failure(400, &error("invalid_request_error", message).to_string()).param;
    assert_eq!(param("messages.0.content.1: bad").as_deref(), Some("messages.0.content.1"));
    assert_eq!(param("max_tokens: 9 > 8, which is too many").as_deref(), Some("max_tokens"));
    assert_eq!(param("prompt is too long: 9 > 8"), None);
    assert_eq!(param("nothing to see"), None);
}

#[test]
fn how_long_to_wait_is_told() {
    let mut script = provider();
    script.answer(429, "application/json", error("rate_limit_error", "slow").to_string());
    script.header("retry-after", "7");
    let failure = script.chat::<Anthropic>(ChatRequest::user("hi")).failure.expect("a failure");
    assert_eq!(failure.retry_after_ms, Some(7000));
    assert_eq!(failure.request_id.as_deref(), Some("req_0"), "the body has it too");
}

#[test]
fn an_error_that_is_not_of_this_dialect_is_known_by_its_status() {
    for (status, body, kind) in [
        (502, "<html>Bad gateway</html>", FailureKind::ProviderError),
        (503, "", FailureKind::Overloaded),
        (401, "{}", FailureKind::Authentication),
        (307, "", FailureKind::MalformedResponse),
    ] {
        let failure = failure(status, body);
        assert_eq!((failure.kind, failure.status), (kind, Some(status)));
        assert!(!failure.message.is_empty());
    }
    let long = "x".repeat(100_000);
    assert!(failure(500, &long).message.len() < 3000, "a page is no message");
    assert_eq!(failure(400, r#"{"error":"no such route"}"#).message, "no such route");
}

#[test]
fn an_error_in_the_middle_of_a_stream_ends_it_after_what_came_before() {
    for (kind, expected) in [
        ("overloaded_error", FailureKind::Overloaded),
        ("api_error", FailureKind::ProviderError),
        ("rate_limit_error", FailureKind::RateLimited),
        ("new_error", FailureKind::ProviderError),
    ] {
        let body = json!({ "type": "error", "error": { "type": kind, "message": "sorry" } });
        let stream = sse(&[
            start(),
            block(0, json!({ "type": "text", "text": "" })),
            text(0, "x"),
            body.clone(),
            end("end_turn")[1].clone(),
        ]);
        let run = run(&stream);
        assert_eq!(run.text(), "x");
        assert_eq!(run.finished(), None);
        let failure = run.failure.expect("a failure");
        assert_eq!((failure.kind, failure.status), (expected, None));
        assert_eq!(failure.message, "sorry");
        assert_eq!(failure.code.as_deref(), Some(kind));
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        assert_eq!(failure.raw.map(|raw| raw.value), Some(body.to_string()));
    }
}

#[test]
fn an_error_event_in_another_form_is_still_a_failure() {
    for data in [r#"{"error":{"message":"x"}}"#, r#"{"error":"x"}"#, r#"{"type":"error"}"#, "{}"] {
        let run = run(&format!("event: error\ndata: {data}\n\n"));
        assert_eq!(
            run.failure.map(|failure| failure.kind),
            Some(FailureKind::ProviderError),
            "{data}"
        );
    }
}

#[test]
fn an_error_before_the_first_event_is_a_failure_of_the_call() {
    let mut script = provider();
    let body = sse(&[json!({ "type": "ping" }), error("overloaded_error", "Overloaded")]);
    script.answer(200, "text/event-stream", body);
    let (result, _) = script.call(|| Anthropic::complete(ChatRequest::user("hi")));
    assert_eq!(result.err().map(|failure| failure.kind), Some(FailureKind::Overloaded));
}

#[test]
fn a_connection_that_breaks_is_told_after_what_came_before() {
    let mut script = provider();
    let body = sse(&[start(), block(0, json!({ "type": "text", "text": "x" }))]);
    script.answer(200, "text/event-stream", body).broken();
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "x");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn nobody_there_is_a_failure_of_the_call() {
    let mut script = provider();
    script.failing(FailureKind::TimedOut);
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::TimedOut));
}
