//! What the provider says when it does not answer
//! (<https://docs.anthropic.com/en/api/errors>).

use crate::DIALECT;
use hotcell_sdk::{Failure, FailureKind, Header, Response};
use serde_json::Value;

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response) -> Failure {
    let body = response.text().unwrap_or_default();
    let headers = response.headers();
    let status = response.status();
    of_body(&body, Some(status), &headers)
        .unwrap_or_else(|| Failure::from_status(status, body.trim(), &headers))
}

/// Reads an error body or event; none where it is no error.
pub(crate) fn of_body(text: &str, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let body: Value = serde_json::from_str(text.trim()).ok()?;
    let error = body.get("error").filter(|error| !error.is_null())?;
    let message = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    let message = message.unwrap_or("the provider reports an error without a message");
    let code = error.get("type").and_then(Value::as_str);
    let mut failure = Failure::from_status(status.unwrap_or(500), message, headers);
    if status.is_none() {
        failure.status = None;
    }
    if let Some(kind) = code.and_then(|code| meaning(code, message)) {
        failure.kind = kind;
    }
    failure.code = code.map(str::to_owned);
    let request_id = body.get("request_id").and_then(Value::as_str);
    failure.request_id = request_id.map(str::to_owned).or(failure.request_id);
    Some(failure.with_raw(DIALECT, body.to_string()))
}

fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "invalid_request_error" if message.contains("prompt is too long") => FailureKind::TooLarge,
        "invalid_request_error" if message.contains("credit balance is too low") => {
            FailureKind::QuotaExhausted
        }
        "invalid_request_error" if message.contains("content filtering policy") => {
            FailureKind::ContentFiltered
        }
        "invalid_request_error" => FailureKind::InvalidRequest,
        "authentication_error" => FailureKind::Authentication,
        "billing_error" => FailureKind::QuotaExhausted,
        "permission_error" => FailureKind::Permission,
        "not_found_error" => FailureKind::NotFound,
        "request_too_large" => FailureKind::TooLarge,
        "rate_limit_error" => FailureKind::RateLimited,
        "timeout_error" => FailureKind::TimedOut,
        "overloaded_error" => FailureKind::Overloaded,
        "api_error" => FailureKind::ProviderError,
        _ => return None,
    })
}
