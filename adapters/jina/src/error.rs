//! What the providers say when they do not answer.

use hotcell_sdk::{Failure, FailureKind, Header, Response, Usage, json};
use serde_json::{Map, Value};

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response, dialect: &str) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    of_body(&body, Some(status), &headers, dialect).unwrap_or_else(|| {
        let page = body.starts_with('<');
        Failure::from_status(status, if page { "" } else { &body }, &headers)
    })
}

/// Reads an error body: `{"detail": …}` in a sentence or a list of what is wrong,
/// `{"error": {"message": …}}`, `{"error": "…"}` or `{"message": …}`. None where it is none.
pub(crate) fn of_body(
    body: &str,
    status: Option<u16>,
    headers: &[Header],
    dialect: &str,
) -> Option<Failure> {
    let members: Map<String, Value> = serde_json::from_str(body).ok()?;
    let inner = members.get("error").and_then(Value::as_object).unwrap_or(&members);
    let message = ["message", "detail", "error"].iter().find_map(|name| {
        let said = inner.get(*name).or_else(|| members.get(*name))?;
        sentence(said)
    })?;
    let word = |name: &str| inner.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    if let Some(kind) = meaning(&message, failure.kind) {
        failure.kind = kind;
    }
    failure.code = word("code").or_else(|| word("type"));
    failure.param = word("param");
    Some(failure.with_raw(dialect, body.trim()))
}

fn sentence(said: &Value) -> Option<String> {
    match said {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(list) => {
            let sentences: Vec<String> = list.iter().filter_map(about).collect();
            Some(sentences.join("; ")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

/// What is wrong with a member: `{"loc": ["body", "model"], "msg": …}`.
fn about(item: &Value) -> Option<String> {
    let text = item["msg"].as_str().or_else(|| item.as_str())?;
    let Some(path) = item["loc"].as_array() else { return Some(text.to_owned()) };
    let plain = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let path: Vec<String> = path.iter().map(plain).collect();
    Some(format!("{}: {text}", path.join(".")))
}

/// What the sentence tells better than the status.
fn meaning(message: &str, usual: FailureKind) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let asked = matches!(usual, FailureKind::InvalidRequest);
    if any(&["insufficient balance", "insufficient account balance", "payment method"]) && !asked {
        Some(FailureKind::QuotaExhausted)
    } else if asked && any(&["too many tokens", "maximum context length", "exceeds the maximum"]) {
        Some(FailureKind::TooLarge)
    } else {
        None
    }
}

/// What a request took: the providers count tokens of the prompt alone, under either name.
pub(crate) fn usage(usage: &Value, dialect: &str) -> Option<Usage> {
    let count = |name: &str| usage[name].as_u64();
    usage.is_object().then(|| Usage {
        input: count("total_tokens").or_else(|| count("prompt_tokens")),
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(json::native(usage, dialect)),
    })
}
