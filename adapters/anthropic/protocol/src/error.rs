//! What the provider says when it does not answer
//! (<https://docs.anthropic.com/en/api/errors>).

use crate::DIALECT;
use crate::wire::{Members, Text};
use hotcell_sdk::{Failure, FailureKind, Header, Response};

/// A response with a status of 300 and above.
pub fn of_response(response: &Response) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    of_body(&body, Some(status), &headers)
        .unwrap_or_else(|| Failure::from_status(status, &body, &headers))
}

/// An error in the middle of an answer, or in the place of one: an object with a
/// member `error`.
pub fn in_answer(body: &str) -> Failure {
    of_body(body, None, &[]).unwrap_or_else(|| {
        Failure::new(FailureKind::ProviderError, "the provider broke off with an error")
            .with_raw(DIALECT, body)
    })
}

/// Reads an error body; none where it is no error of this dialect.
fn of_body(body: &str, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let outer: Members<'_> = serde_json::from_str(body).ok()?;
    let error = outer.get("error")?;
    let (code, message) = match serde_json::from_str::<Members<'_>>(error) {
        Ok(inner) => (text(inner.get("type")), text(inner.get("message"))),
        Err(_) => (None, text(Some(error))),
    };
    let message = message.or_else(|| code.clone())?;
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    if let Some(kind) = meaning(code.as_deref().unwrap_or_default(), &message) {
        failure.kind = kind;
    }
    failure.code = code;
    failure.param = parameter(&message).map(str::to_owned);
    failure.request_id = failure.request_id.or_else(|| text(outer.get("request_id")));
    Some(failure.with_raw(DIALECT, body.trim()))
}

fn text(json: Option<&str>) -> Option<String> {
    let text: Text<'_> = serde_json::from_str(json?).ok()?;
    Some(text.into_owned()).filter(|text| !text.is_empty())
}

/// The type says more than the status that it comes with, and the sentence
/// sometimes more than the type.
fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "invalid_request_error" => return meaning_of_message(message),
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

/// Several things that are no fault of the request's form share its error type.
fn meaning_of_message(message: &str) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if any(&["prompt is too long", "exceed context limit", "exceeds the maximum"]) {
        Some(FailureKind::TooLarge)
    } else if any(&["credit balance is too low", "api usage limits"]) {
        Some(FailureKind::QuotaExhausted)
    } else if any(&["content filtering policy"]) {
        Some(FailureKind::ContentFiltered)
    } else {
        Some(FailureKind::InvalidRequest)
    }
}

/// Validation errors begin with the member that they are about, as in
/// `messages.0.content: …`.
fn parameter(message: &str) -> Option<&str> {
    let (path, _) = message.split_once(": ")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
    let starts = path.starts_with(|c: char| c.is_ascii_lowercase());
    (starts && path.chars().all(plain)).then_some(path)
}
