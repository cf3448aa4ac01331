//! What providers say when they do not answer.

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

/// An `error` member in the middle of an answer.
pub(crate) fn in_answer(text: &str, error: &str) -> Failure {
    of_body(text, None, &[])
        .unwrap_or_else(|| Failure::new(FailureKind::ProviderError, error.to_owned()))
}

/// Reads an error body, in any of the forms that providers of this dialect have:
/// `{"error": {…}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`, or a list of
/// these. None where it is no error.
pub(crate) fn of_body(text: &str, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let body: Value = serde_json::from_str(text.trim()).ok()?;
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(&body);
    let error = match body.get("error") {
        Some(Value::Null) | None => body,
        Some(error) => error,
    };
    let message = match error {
        Value::String(message) => message.clone(),
        error => sentence(error)?,
    };
    let word = |name: &str| {
        let of = |value: &Value| match value.get(name) {
            Some(Value::String(word)) => Some(word.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        of(error).or_else(|| of(body))
    };
    let code = word("code").or_else(|| word("type")).filter(|code| !code.is_empty());
    let kind = word("type").filter(|kind| !kind.is_empty());
    // In a stream the status is gone, and some providers put it into the error.
    let told = || word("status_code").or_else(|| word("code")).and_then(|code| code.parse().ok());
    let status = status.or_else(told).filter(|status| (300..600).contains(status));
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    if status.is_none() {
        failure.status = None;
    }
    let words = [code.as_deref(), kind.as_deref()];
    if let Some(kind) = words.into_iter().flatten().find_map(|word| meaning(word, &message)) {
        failure.kind = kind;
    } else if let Some(kind) = meaning_of_message(&message) {
        failure.kind = kind;
    }
    failure.code = code;
    failure.param = word("param");
    Some(failure.with_raw(DIALECT, body.to_string()))
}

/// The sentence for a person.
fn sentence(error: &Value) -> Option<String> {
    let text = ["message", "detail", "msg", "error_description", "details"]
        .iter()
        .find_map(|name| error.get(*name).filter(|value| !value.is_null()))?;
    Some(match text {
        Value::String(text) => text.clone(),
        // A list of what was wrong with each member.
        other => other.to_string(),
    })
}

/// Codes say more than the status that they come with.
fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "invalid_api_key" | "authentication_error" | "invalid_authentication" | "unauthorized" => {
            FailureKind::Authentication
        }
        "insufficient_quota"
        | "billing_hard_limit_reached"
        | "insufficient_balance"
        | "billing_not_active"
        | "credits_exhausted" => FailureKind::QuotaExhausted,
        "context_length_exceeded"
        | "string_above_max_length"
        | "request_too_large"
        | "exceed_context_size_error" => FailureKind::TooLarge,
        "content_filter"
        | "content_policy_violation"
        | "ResponsibleAIPolicyViolation"
        | "data_inspection_failed" => FailureKind::ContentFiltered,
        "model_not_found" | "model_not_available" | "deployment_not_found" | "unknown_model" => {
            FailureKind::NotFound
        }
        "rate_limit_exceeded" | "rate_limit_error" | "tokens" | "requests" => {
            if message.contains("check your plan") {
                FailureKind::QuotaExhausted
            } else {
                FailureKind::RateLimited
            }
        }
        "overloaded_error" | "overloaded" | "engine_overloaded" | "service_unavailable" => {
            FailureKind::Overloaded
        }
        "timeout" | "request_timeout" => FailureKind::TimedOut,
        _ => return None,
    })
}

/// Some providers say it in their sentence only.
fn meaning_of_message(message: &str) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if any(&["maximum context length", "context window", "too many tokens", "prompt is too long"]) {
        return Some(FailureKind::TooLarge);
    }
    if any(&["insufficient balance", "insufficient credits", "exceeded your current quota"]) {
        return Some(FailureKind::QuotaExhausted);
    }
    None
}
