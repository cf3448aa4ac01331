//! What Hugging Face says when it does not answer.

use hotcell_sdk::{Failure, FailureKind, Header, Response};
use serde_json::{Map, Value};

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response, dialect: &str) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    of_body(&body, Some(status), &headers, dialect).unwrap_or_else(|| {
        let page = body.trim_start().starts_with('<');
        Failure::from_status(status, if page { "" } else { &body }, &headers)
    })
}

/// Reads `{"error": …, "error_type": …}`, where the error is a sentence, a list of them or an
/// object with a message. None where it is none.
pub(crate) fn of_body(
    body: &str,
    status: Option<u16>,
    headers: &[Header],
    dialect: &str,
) -> Option<Failure> {
    let body = body.trim();
    // An answer may be long, and is a list.
    if !body.starts_with('{') {
        return None;
    }
    let members: Map<String, Value> = serde_json::from_str(body).ok()?;
    let error = members.get("error").or_else(|| members.get("message"))?;
    let message = sentence(error)?;
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    let word = |name: &str| {
        let word = members.get(name).or_else(|| error.get(name));
        word.and_then(Value::as_str).map(str::to_owned)
    };
    failure.code = word("error_type").or_else(|| word("code")).or_else(|| word("type"));
    let code = failure.code.as_deref().unwrap_or_default().to_ascii_lowercase();
    match code.as_str() {
        // It has more to do than it can, whoever asks.
        "overloaded" => failure.kind = FailureKind::Overloaded,
        // It failed for a reason of its own, with a status (424) that says otherwise.
        "backend" => failure.kind = FailureKind::ProviderError,
        _ => {}
    }
    // How long a model takes that has to be loaded first.
    if let Some(seconds) = members.get("estimated_time").and_then(Value::as_f64) {
        let wait = (seconds.clamp(0.0, 3600.0) * 1000.0) as u64;
        failure.retry_after_ms = failure.retry_after_ms.or(Some(wait));
    }
    Some(failure.with_raw(dialect, body))
}

fn sentence(error: &Value) -> Option<String> {
    let text = match error {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(sentence).collect::<Vec<_>>().join("; "),
        Value::Object(members) => members.get("message")?.as_str()?.to_owned(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}
