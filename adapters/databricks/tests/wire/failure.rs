//! What Databricks says when it does not answer.

use crate::provider::{chunk, stream, workspace};
use hotcell_adapter_databricks::Databricks;
use hotcell_sdk::{ChatRequest, Failure, FailureKind};
use serde_json::json;

fn refusal(status: u16, body: &str) -> Failure {
    let mut script = workspace();
    script.answer(status, "application/json", body).header("x-request-id", "r-1");
    script.chat_at_every_cut::<Databricks>(&ChatRequest::user("hi")).failure.unwrap()
}

#[test]
fn an_error_code_and_a_message_are_understood() {
    let table = [
        (403, "403", "Invalid access token.", FailureKind::Authentication),
        (401, "401", "Credential was not sent for this API.", FailureKind::Authentication),
        (403, "PERMISSION_DENIED", "User does not have permission.", FailureKind::Permission),
        (
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "The given endpoint does not exist, please retry after \
            checking the specified model.",
            FailureKind::NotFound,
        ),
        (400, "ENDPOINT_NOT_FOUND", "Path not found.", FailureKind::NotFound),
        (400, "BAD_REQUEST", "Unexpected field.", FailureKind::InvalidRequest),
        (400, "BAD_REQUEST", "prompt is too long: 300000 tokens > 200000", FailureKind::TooLarge),
        (429, "REQUEST_LIMIT_EXCEEDED", "Exceeded workspace rate limit.", FailureKind::RateLimited),
        (503, "TEMPORARILY_UNAVAILABLE", "Please try again later.", FailureKind::Overloaded),
        (500, "INTERNAL_ERROR", "Something went wrong.", FailureKind::ProviderError),
        (504, "DEADLINE_EXCEEDED", "The request took too long.", FailureKind::TimedOut),
    ];
    for (status, code, message, kind) in table {
        let failure =
            refusal(status, &json!({ "error_code": code, "message": message }).to_string());
        assert_eq!(failure.kind, kind, "{code}");
        assert_eq!((failure.status, failure.code.as_deref()), (Some(status), Some(code)));
        assert_eq!(failure.message, message);
        assert_eq!(failure.request_id.as_deref(), Some("r-1"));
    }
}

#[test]
fn an_error_that_is_only_text_is_told() {
    let failure = refusal(400, "INVALID_PARAMETER_VALUE: max_tokens is too large");
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert_eq!(failure.message, "INVALID_PARAMETER_VALUE: max_tokens is too large");
    // A numeric code, as old services give it.
    let failure = refusal(401, r#"{"error_code":401,"message":"no"}"#);
    assert_eq!(failure.code.as_deref(), Some("401"));
}

#[test]
fn an_error_in_a_stream_ends_it() {
    let run = stream(&[
        chunk(json!({ "content": "a" }), None),
        json!({ "error_code": "TEMPORARILY_UNAVAILABLE", "message": "The model is busy." }),
    ]);
    assert_eq!(run.text(), "a");
    let failure = run.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Overloaded);
    assert_eq!(failure.code.as_deref(), Some("TEMPORARILY_UNAVAILABLE"));
}

#[test]
fn a_stream_that_just_ends_has_failed() {
    let mut script = workspace();
    script.answer(200, "text/event-stream", format!("data: {}\n\n", chunk(json!({}), None)));
    let mut request = ChatRequest::user("hi");
    request.stream = true;
    let run = script.chat_at_every_cut::<Databricks>(&request);
    assert_eq!(run.failure.unwrap().kind, FailureKind::MalformedResponse);
}

#[test]
fn a_sign_in_page_is_no_answer() {
    let mut script = workspace();
    script.answer(200, "text/html", "<!doctype html><title>Databricks - Sign In</title>");
    let run = script.chat_at_every_cut::<Databricks>(&ChatRequest::user("hi"));
    assert_eq!(run.failure.unwrap().kind, FailureKind::MalformedResponse);
}
