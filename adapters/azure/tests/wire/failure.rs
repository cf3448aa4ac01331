//! What Azure says when it does not answer.

use crate::provider::{refusal, stream};
use hotcell_sdk::FailureKind;
use serde_json::json;

#[test]
fn the_gateway_and_the_service_are_both_understood() {
    let error = |code: &str, message: &str| {
        json!({ "error": { "code": code, "message": message } }).to_string()
    };
    let table = [
        (
            401,
            error("401", "Access denied due to invalid subscription key."),
            FailureKind::Authentication,
        ),
        // The gateway before the service has a form of its own.
        (
            401,
            json!({ "statusCode": 401, "message": "Unauthorized. Access token is missing." })
                .to_string(),
            FailureKind::Authentication,
        ),
        (
            401,
            error("PermissionDenied", "Principal does not have access to API/Operation."),
            FailureKind::Permission,
        ),
        (
            403,
            error("AuthenticationTypeDisabled", "Key based authentication is disabled."),
            FailureKind::Permission,
        ),
        (
            404,
            error("DeploymentNotFound", "The API deployment does not exist."),
            FailureKind::NotFound,
        ),
        (404, error("404", "Resource not found"), FailureKind::NotFound),
        (400, error("unknown_model", "Unknown model: m"), FailureKind::NotFound),
        (
            400,
            error("OperationNotSupported", "The chatCompletion operation does not work."),
            FailureKind::InvalidRequest,
        ),
        (
            413,
            error("tokens_limit_reached", "Request body too large. Max size: 8000 tokens."),
            FailureKind::TooLarge,
        ),
        (
            429,
            error("RateLimitReached", "Your requests have exceeded rate limit."),
            FailureKind::RateLimited,
        ),
        (
            429,
            error("insufficient_quota", "You exceeded your current quota."),
            FailureKind::QuotaExhausted,
        ),
        (
            503,
            error("ServiceUnavailable", "The service is temporarily unavailable."),
            FailureKind::Overloaded,
        ),
        (408, error("Timeout", "The operation was timeout."), FailureKind::TimedOut),
        (
            500,
            error("InternalServerError", "Backend returned unexpected response."),
            FailureKind::ProviderError,
        ),
    ];
    for (status, body, kind) in table {
        let failure = refusal(status, &body, &[]);
        assert_eq!(failure.kind, kind, "{body}");
        assert_eq!(failure.status, Some(status), "{body}");
        assert!(!failure.message.is_empty() && failure.raw.is_some(), "{body}");
    }
}

#[test]
fn the_waiting_time_is_taken_from_the_header_or_the_sentence() {
    let body = json!({ "error": { "code": "429", "message":
        "Requests have exceeded the token rate limit. Please retry after 26 seconds." } });
    let body = body.to_string();
    let told = refusal(429, &body, &[("retry-after", "7")]);
    assert_eq!((told.kind, told.retry_after_ms), (FailureKind::RateLimited, Some(7000)));
    assert_eq!(refusal(429, &body, &[]).retry_after_ms, Some(26_000));
}

#[test]
fn an_error_in_the_middle_of_a_stream_comes_after_what_was_told() {
    let run = stream(&[
        json!({ "id": "c", "model": "m", "choices": [{ "index": 0, "delta": { "content": "a" } }] }),
        json!({ "error": { "code": "server_error", "message": "The server had an error." } }),
    ]);
    assert_eq!(run.text(), "a");
    let failure = run.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::ProviderError);
    assert_eq!(failure.code.as_deref(), Some("server_error"));
}
