//! What Ollama says when it does not answer: `{"error": "…"}`, with a status or in the
//! middle of an answer (<https://docs.ollama.com/api/errors>).

use crate::DIALECT;
use hotcell_sdk::{Failure, FailureKind, Header, Response};
use serde_json::Value;

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let parsed = serde_json::from_str(&body).ok();
    let failure = parsed.and_then(|body: Value| of_body(&body, Some(status), &headers));
    failure.unwrap_or_else(|| {
        // A page is no sentence.
        let said = if body.starts_with('<') { "" } else { body.as_str() };
        Failure::from_status(status, said, &headers)
    })
}

/// An error in the middle of an answer, or in the place of one.
pub(crate) fn in_answer(body: &Value) -> Failure {
    of_body(body, None, &[]).unwrap_or_else(|| {
        Failure::new(FailureKind::ProviderError, "Ollama broke the answer off with an error")
            .with_raw(DIALECT, body.to_string())
    })
}

/// Reads an error body; none where it is no error. What stands before Ollama has errors
/// that are objects.
fn of_body(body: &Value, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let error = body.get("error")?;
    let word = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = error.as_str().map(str::to_owned).or_else(|| word("message"))?;
    let told = ["status", "status_code", "StatusCode"].iter().find_map(|name| body.get(name));
    let told = told.and_then(Value::as_u64).and_then(|status| status.try_into().ok());
    let status = status.or(told).filter(|status| (300..600).contains(status));
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    if let Some(kind) = meaning(&message, failure.kind) {
        failure.kind = kind;
    }
    failure.code = word("code").or_else(|| word("type"));
    Some(failure.with_raw(DIALECT, body.to_string()))
}

/// Ollama has no codes, and a server's own fault is often one of the request.
fn meaning(message: &str, kind: FailureKind) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let open = matches!(kind, FailureKind::InvalidRequest | FailureKind::ProviderError);
    let long = ["context length", "context window", "prompt is too long", "prompt too long"];
    if open && any(&long) {
        Some(FailureKind::TooLarge)
    } else if open && any(&["server busy", "maximum pending requests"]) {
        Some(FailureKind::Overloaded)
    } else if open && message.starts_with("model ") && message.contains("not found") {
        Some(FailureKind::NotFound)
    } else if open && any(&["does not support"]) {
        Some(FailureKind::InvalidRequest)
    } else if open && any(&["unauthorized"]) {
        Some(FailureKind::Authentication)
    } else {
        None
    }
}
