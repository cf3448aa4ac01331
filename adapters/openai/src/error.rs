//! What providers say when they do not answer.

use crate::DIALECT;
use hotcell_sdk::{Failure, FailureKind, Header, Response};
use serde_json::Value;

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response) -> Failure {
    let body = String::from_utf8_lossy(&response.bytes().unwrap_or_default()).into_owned();
    let (status, headers) = (response.status(), response.headers());
    let mut failure = of_body(&body, Some(status), &headers).unwrap_or_else(|| {
        let body = body.trim();
        let page = body.starts_with('<');
        Failure::from_status(status, if page { "" } else { body }, &headers)
    });
    complete(&mut failure, &headers);
    failure
}

/// Something that the provider sent as an error in the middle of an answer, or instead
/// of it.
pub(crate) fn in_answer(text: &str) -> Failure {
    of_body(text, None, &[]).unwrap_or_else(|| {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let said = value.as_str().unwrap_or(text);
        Failure::new(FailureKind::ProviderError, said)
            .with_raw(DIALECT, Value::from(said).to_string())
    })
}

/// Adds what only the headers of the response tell.
pub(crate) fn complete(failure: &mut Failure, headers: &[Header]) {
    // As the providers of this dialect call it.
    let names = [
        "x-request-id",
        "request-id",
        "apim-request-id",
        "mistral-correlation-id",
        "x-generation-id",
        "x-ds-trace-id",
        "cf-ray",
    ];
    let find = |name: &&str| headers.iter().find(|header| header.name == **name);
    if failure.request_id.is_none() {
        failure.request_id = names.iter().find_map(find).map(|header| header.value.clone());
    }
    if failure.retry_after_ms.is_none() && failure.kind == FailureKind::RateLimited {
        failure.retry_after_ms = waiting_time(&failure.message);
    }
}

/// Reads an error body, in any of the forms that providers of this dialect have:
/// `{"error": {…}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`,
/// `{"errors": […]}`, or a list of these. None where it is no error.
pub(crate) fn of_body(text: &str, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let whole: Value = serde_json::from_str(text.trim()).ok()?;
    let first = |value: &Value| value.as_array().and_then(|list| list.first()).cloned();
    let body = first(&whole).unwrap_or_else(|| whole.clone());
    let inner = |value: &Value| {
        let member = |name: &&str| value.get(*name).filter(|value| is_something(value)).cloned();
        ["error", "errors"].iter().find_map(member)
    };
    let mut error = inner(&body)
        .or_else(|| body.get("choices")?.as_array()?.iter().find_map(inner))
        .unwrap_or_else(|| body.clone());
    if let Some(one) = first(&error) {
        error = one;
    }
    let message = match &error {
        Value::String(message) => message.clone(),
        error => sentence(error).or_else(|| sentence(&body))?,
    };
    let word = |name: &str| word(&error, name).or_else(|| word(&body, name));
    let (code, kind) = (word("code"), word("type"));
    // Without a status of its own, an error may tell the one that it would have had.
    let told =
        || ["status_code", "status", "code"].iter().find_map(|name| word(name)?.parse().ok());
    let status = status.or_else(told).filter(|status| (300..600).contains(status));
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    let words = [code.as_deref(), kind.as_deref(), word("status").as_deref()]
        .map(|word| word.and_then(meaning));
    let meaning = words.into_iter().flatten().next();
    if let Some(kind) = meaning.or_else(|| meaning_of_message(&message, failure.kind)) {
        failure.kind = kind;
    }
    if error
        .pointer("/metadata/reasons")
        .or(error.pointer("/innererror/content_filter_result"))
        .is_some()
    {
        failure.kind = FailureKind::ContentFiltered;
    }
    failure.code = code.or(kind);
    failure.param = word("param");
    failure.request_id = failure.request_id.or_else(|| word("request_id"));
    Some(failure.with_raw(DIALECT, whole.to_string()))
}

/// A word or number that is not empty.
fn word(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(word) if !word.is_empty() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

/// The sentence for a person.
fn sentence(error: &Value) -> Option<String> {
    let members = ["message", "detail", "msg", "error_description", "title", "error"];
    match members.iter().find_map(|name| error.get(*name).filter(|value| is_something(value)))? {
        Value::String(text) => Some(text.clone()),
        // What is wrong with each member: `[{"loc": ["body", "model"], "msg": …}]`.
        Value::Array(list) => {
            let sentences = list.iter().map(|item| match (item.get("loc"), sentence(item)) {
                (Some(Value::Array(path)), Some(text)) => {
                    let path = path
                        .iter()
                        .map(|step| step.as_str().map_or(step.to_string(), str::to_owned));
                    format!("{}: {text}", path.collect::<Vec<_>>().join("."))
                }
                (_, Some(text)) => text,
                (_, None) => item.as_str().map_or(item.to_string(), str::to_owned),
            });
            Some(sentences.collect::<Vec<_>>().join("; "))
        }
        nested @ Value::Object(_) => Some(sentence(nested).unwrap_or_else(|| nested.to_string())),
        Value::Bool(_) | Value::Number(_) | Value::Null => None,
    }
}

/// Codes and types say more than the status that they come with.
fn meaning(word: &str) -> Option<FailureKind> {
    Some(match word.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
        "invalid_api_key"
        | "incorrect_api_key"
        | "authentication_error"
        | "invalid_authentication"
        | "invalid_authentication_error"
        | "unauthorized"
        | "unauthenticated"
        | "invalidapikey" => FailureKind::Authentication,
        "permission_denied"
        | "permission_error"
        | "permission_denied_error"
        | "access_denied"
        | "accessdenied"
        | "forbidden"
        | "unsupported_country_region_territory" => FailureKind::Permission,
        "insufficient_quota"
        | "insufficient_balance"
        | "insufficient_credits"
        | "insufficient_funds"
        | "billing_hard_limit_reached"
        | "billing_not_active"
        | "credits_exhausted"
        | "credit_limit_reached"
        | "exceeded_current_quota_error"
        | "quota_exceeded"
        | "arrearage"
        | "payment_required" => FailureKind::QuotaExhausted,
        "context_length_exceeded"
        | "context_window_exceeded"
        | "string_above_max_length"
        | "array_above_max_length"
        | "request_too_large"
        | "payload_too_large"
        | "tokens_limit_reached"
        | "exceed_context_size_error" => FailureKind::TooLarge,
        "content_filter"
        | "content_filtered"
        | "content_policy_violation"
        | "moderation_blocked"
        | "moderation_error"
        | "responsibleaipolicyviolation"
        | "data_inspection_failed"
        | "datainspectionfailed" => FailureKind::ContentFiltered,
        "model_not_found"
        | "model_not_available"
        | "model_not_supported"
        | "unknown_model"
        | "deploymentnotfound"
        | "deployment_not_found"
        | "not_found"
        | "not_found_error"
        | "notfounderror"
        | "resource_not_found_error" => FailureKind::NotFound,
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "rate_limit_reached_error"
        | "rate_limited"
        | "ratelimitreached"
        | "ratelimiterror"
        | "too_many_requests"
        | "toomanyrequests"
        | "throttling"
        | "resource_exhausted"
        | "tokens"
        | "requests" => FailureKind::RateLimited,
        "overloaded"
        | "overloaded_error"
        | "engine_overloaded"
        | "engine_overloaded_error"
        | "service_unavailable"
        | "service_unavailable_error"
        | "serviceunavailable"
        | "unavailable"
        | "capacity_exceeded"
        | "service_tier_capacity_exceeded" => FailureKind::Overloaded,
        "timeout" | "timeout_error" | "request_timeout" | "deadline_exceeded" => {
            FailureKind::TimedOut
        }
        _ => return None,
    })
}

/// Some providers say it in their sentence only. Only where the status left it open:
/// a sentence may speak of much that did not go wrong.
fn meaning_of_message(message: &str, kind: FailureKind) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let open = matches!(kind, FailureKind::InvalidRequest | FailureKind::ProviderError);
    let long = [
        "maximum context length",
        "max context length",
        "context window",
        "context length",
        "context size",
        "too many tokens",
        "prompt is too long",
        "prompt too long",
        "input is too long",
    ];
    if open && any(&long) {
        return Some(FailureKind::TooLarge);
    }
    let quota = [
        "insufficient balance",
        "insufficient credit",
        "exceeded your current quota",
        "more credits",
        "out of credits",
    ];
    if (open || kind == FailureKind::RateLimited) && any(&quota) {
        return Some(FailureKind::QuotaExhausted);
    }
    if open && any(&["model not exist", "model not found", "no such model", "unknown model"]) {
        return Some(FailureKind::NotFound);
    }
    if open && any(&["invalid api key", "incorrect api key", "api key not valid"]) {
        return Some(FailureKind::Authentication);
    }
    None
}

/// The time in "Please try again in 1m2.5s."
fn waiting_time(message: &str) -> Option<u64> {
    let (_, rest) = message.split_once("try again in ")?;
    let mut rest = rest.trim_start();
    let mut ms = None;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<f64>() else { return ms };
        rest = rest[digits..].trim_start();
        let units = [("ms", 1.0), ("h", 3_600_000.0), ("m", 60_000.0), ("s", 1000.0)];
        let (unit, factor) = units.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        ms = Some(ms.unwrap_or(0).saturating_add((number * factor) as u64));
        rest = rest[unit.len()..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
    }
}
