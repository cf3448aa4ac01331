//! What the provider says against a request, before an answer and in the middle of one.

use crate::provider::{exception, frame, provider, run, start, text};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};

fn failure(status: u16, error_type: Option<&str>, body: &str) -> Failure {
    let mut script = provider();
    script.answer(status, "application/json", body).header("x-amzn-requestid", "req-1");
    if let Some(error_type) = error_type {
        script.header("x-amzn-errortype", error_type);
    }
    script.chat::<Bedrock>(ChatRequest::user("hi")).failure.expect("a failure")
}

#[test]
fn an_exception_decides_what_went_wrong() {
    use FailureKind::{
        Authentication, InvalidRequest, NotFound, Overloaded, Permission, ProviderError,
        QuotaExhausted, RateLimited, TimedOut, TooLarge,
    };
    for (status, name, message, kind) in [
        (400, "ValidationException", "Malformed input request", InvalidRequest),
        (400, "ValidationException", "Input is too long for requested model.", TooLarge),
        (400, "ValidationException", "The provided model identifier is invalid.", NotFound),
        (403, "AccessDeniedException", "You don't have access to the model", Permission),
        (
            403,
            "AccessDeniedException",
            "Authentication failed: Please make sure your API Key is valid.",
            Authentication,
        ),
        (403, "UnrecognizedClientException", "The security token is invalid", Authentication),
        (403, "ExpiredTokenException", "The security token has expired", Authentication),
        (403, "InvalidSignatureException", "Signature expired", Authentication),
        (404, "ResourceNotFoundException", "Could not resolve the model", NotFound),
        (408, "ModelTimeoutException", "The model took too long", TimedOut),
        (424, "ModelErrorException", "The model failed", ProviderError),
        (429, "ThrottlingException", "Too many requests", RateLimited),
        (429, "ModelNotReadyException", "The model is not ready", Overloaded),
        (400, "ServiceQuotaExceededException", "The quota is used up", QuotaExhausted),
        (500, "InternalServerException", "Something went wrong", ProviderError),
        (503, "ServiceUnavailableException", "Try again", Overloaded),
        (418, "TeapotException", "short and stout", InvalidRequest),
    ] {
        let body = serde_json::json!({ "message": message }).to_string();
        let long = format!("{name}:http://internal.amazon.com/coral/com.amazon.bedrock/");
        let found = failure(status, Some(&long), &body);
        assert_eq!(found.kind, kind, "{name}: {message}");
        assert_eq!(found.code.as_deref(), Some(name));
        assert_eq!((found.status, found.message.as_str()), (Some(status), message));
        assert_eq!(found.request_id.as_deref(), Some("req-1"));
        assert_eq!(found.raw.map(|raw| raw.value), Some(body));
    }
}

#[test]
fn an_error_that_is_told_in_another_way_is_understood() {
    let body =
        r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","Message":"no"}"#;
    let found = failure(400, None, body);
    assert_eq!((found.kind, found.message.as_str()), (FailureKind::Authentication, "no"));
    let found = failure(502, None, "<html>bad gateway</html>");
    assert_eq!(found.kind, FailureKind::ProviderError);
    assert_eq!((found.message.as_str(), found.raw), ("<html>bad gateway</html>", None));
    let found = failure(500, None, "");
    assert_eq!(found.message, "the provider answered with status 500");
    assert_eq!(failure(307, None, "").kind, FailureKind::MalformedResponse);
}

#[test]
fn an_exception_in_the_middle_of_a_stream_comes_after_what_was_told() {
    for (name, kind) in [
        ("internalServerException", FailureKind::ProviderError),
        ("modelStreamErrorException", FailureKind::ProviderError),
        ("throttlingException", FailureKind::RateLimited),
        ("validationException", FailureKind::InvalidRequest),
        ("serviceUnavailableException", FailureKind::Overloaded),
        ("somethingNewException", FailureKind::ProviderError),
    ] {
        let run = run([start(), text(0, "so far"), exception(name, "no more")].concat());
        assert_eq!(run.text(), "so far");
        assert!(run.finished().is_none());
        let found = run.failure.expect(name);
        assert_eq!((found.kind, found.status), (kind, None), "{name}");
        assert_eq!((found.code.as_deref(), found.message.as_str()), (Some(name), "no more"));
        assert_eq!(found.request_id.as_deref(), Some("req-1"));
        assert_eq!(found.raw.unwrap().value, r#"{"message":"no more"}"#);
    }
}

#[test]
fn an_exception_instead_of_an_answer_fails_the_call() {
    let run = run(exception("throttlingException", "later"));
    assert!(run.events.is_empty());
    assert_eq!(run.failure.unwrap().kind, FailureKind::RateLimited);
}

#[test]
fn an_error_without_a_model_is_told_by_its_headers() {
    let headers = [
        (":message-type", "error"),
        (":error-code", "InternalFailure"),
        (":error-message", "it broke"),
    ];
    let found = run([start(), frame(&headers, b"")].concat()).failure.unwrap();
    assert_eq!(found.kind, FailureKind::ProviderError);
    assert_eq!((found.code.as_deref(), &*found.message), (Some("InternalFailure"), "it broke"));
    assert_eq!(found.raw, None);
    // And one that says nothing at all.
    let found = run([start(), frame(&[(":message-type", "exception")], b"\xff")].concat());
    assert_eq!(found.failure.unwrap().kind, FailureKind::ProviderError);
}

#[test]
fn how_long_to_wait_is_told() {
    let mut script = provider();
    script.answer(429, "application/json", r#"{"message":"slow"}"#).header("retry-after", "3");
    let failure = script.chat::<Bedrock>(ChatRequest::user("hi")).failure.unwrap();
    assert_eq!(failure.retry_after_ms, Some(3000));
}
