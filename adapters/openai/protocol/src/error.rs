//! What providers say when they do not answer.

use crate::DIALECT;
use crate::json::{self, Members, Raw};
use hotcell_sdk::{Failure, FailureKind, Header, Response, thousandths};
use std::borrow::Cow;

/// A response with a status of 300 and above.
pub fn of_response(response: &Response) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let mut failure = of_body(&body, Some(status), &headers).unwrap_or_else(|| {
        let page = body.starts_with('<');
        Failure::from_status(status, if page { "" } else { &body }, &headers)
    });
    complete(&mut failure, &headers);
    failure
}

/// Something that the provider sent as an error in the middle of an answer, or instead
/// of it.
pub fn in_answer(sent: &str) -> Failure {
    of_body(sent, None, &[]).unwrap_or_else(|| {
        let said = json::value(sent, "").ok().and_then(|sent| json::text(Some(sent)));
        let said = said.as_deref().unwrap_or(sent);
        Failure::new(FailureKind::ProviderError, said).with_raw(DIALECT, json::string(said))
    })
}

/// Adds what only the headers of the response tell.
pub fn complete(failure: &mut Failure, headers: &[Header]) {
    // As the providers of this dialect call it.
    let names = [
        "x-request-id",
        "request-id",
        "apim-request-id",
        "mistral-correlation-id",
        "x-generation-id",
        "x-ds-trace-id",
        "x-amzn-requestid",
        "x-global-transaction-id",
        "cf-ray",
    ];
    let find = |name: &&str| headers.iter().find(|header| header.name == **name);
    // By the order of the names: a network in between has an id of its own.
    if let Some(header) = names.iter().find_map(find) {
        failure.request_id = Some(header.value.clone());
    }
    if failure.retry_after_ms.is_none() && failure.kind == FailureKind::RateLimited {
        failure.retry_after_ms = waiting_time(&failure.message);
    }
}

/// Reads an error body, in any of the forms that providers of this dialect have:
/// `{"error": {…}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`,
/// `{"errors": […]}`, or a list of these. None where it is no error.
pub fn of_body(text: &str, status: Option<u16>, headers: &[Header]) -> Option<Failure> {
    let whole = json::value(text, "").ok()?;
    let body = first(whole).unwrap_or(whole);
    let members = Members::of(body).unwrap_or_default();
    let error = inner(&members).or_else(|| {
        let choices = json::list(members.get("choices")?)?;
        choices.iter().find_map(|choice| inner(&Members::of(choice)?))
    });
    let error = error.map_or(body, |error| first(error).unwrap_or(error));
    let inner = Members::of(error).unwrap_or_default();
    let message = match json::text(Some(error)) {
        Some(message) => message.into_owned(),
        None => sentence(&inner, WRAPPINGS).or_else(|| sentence(&members, WRAPPINGS))?,
    };
    let word = |name: &str| word(&inner, name).or_else(|| word(&members, name));
    let first = |names: [&str; 2]| names.into_iter().find_map(word);
    let (code, kind) = (first(["code", "error_code"]), first(["type", "error_type"]));
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
        // One request that is more than the limit of a minute will never be less.
        if (failure.kind, kind) != (FailureKind::TooLarge, FailureKind::RateLimited) {
            failure.kind = kind;
        }
    }
    if is_filtered(&inner) {
        failure.kind = FailureKind::ContentFiltered;
    }
    failure.code = code.or(kind);
    failure.param = word("param");
    failure.request_id = failure.request_id.or_else(|| first(["request_id", "trace"]));
    Some(failure.with_raw(DIALECT, whole))
}

/// The first element of a list.
fn first(raw: &str) -> Raw<'_> {
    json::list(raw)?.into_iter().next()
}

/// The error in a body.
fn inner<'a>(body: &Members<'a>) -> Raw<'a> {
    ["error", "errors"].iter().find_map(|name| json::present(body.get(name)))
}

/// OpenRouter and Azure say what their filters found.
fn is_filtered(error: &Members<'_>) -> bool {
    let has = |outer: &str, name: &str| error.inner(outer).is_some_and(|inner| inner.has(name));
    has("metadata", "reasons") || has("innererror", "content_filter_result")
}

/// A word or number that is not empty.
fn word(members: &Members<'_>, name: &str) -> Option<String> {
    let raw = members.get(name)?;
    let number = || raw.starts_with(|c: char| c.is_ascii_digit()).then(|| raw.to_owned());
    json::text(Some(raw)).map(Cow::into_owned).or_else(number)
}

/// In how many objects and lists the sentence of an error may be wrapped. Gateways that
/// hand on what another gateway said need two or three; each takes room on the stack.
const WRAPPINGS: u32 = 8;

/// The sentence for a person. What is wrapped deeper than `depth` is told as it is.
fn sentence(error: &Members<'_>, depth: u32) -> Option<String> {
    let members = ["message", "detail", "msg", "error_description", "title", "error"];
    let raw = members.iter().find_map(|name| json::present(error.get(name)))?;
    if let Some(text) = json::text(Some(raw)) {
        return Some(text.into_owned());
    }
    let Some(depth) = depth.checked_sub(1) else { return Some(raw.to_owned()) };
    if let Some(list) = json::list(raw) {
        return Some(joined(list.into_iter().map(|item| sentence_about(item, depth)), "; "));
    }
    let nested = Members::of(raw)?;
    Some(sentence(&nested, depth).unwrap_or_else(|| raw.to_owned()))
}

/// What is wrong with a member: `{"loc": ["body", "model"], "msg": …}`.
fn sentence_about(item: &str, depth: u32) -> String {
    let plain = |raw: &str| json::text(Some(raw)).map_or_else(|| raw.to_owned(), Cow::into_owned);
    let members = Members::of(item).unwrap_or_default();
    let Some(text) = sentence(&members, depth) else { return plain(item) };
    match members.get("loc").and_then(json::list) {
        Some(path) => {
            let path = joined(path.into_iter().map(plain), ".");
            format!("{path}: {text}")
        }
        None => text,
    }
}

fn joined(pieces: impl Iterator<Item = String>, between: &str) -> String {
    let mut joined = String::new();
    for piece in pieces {
        if !joined.is_empty() {
            joined.push_str(between);
        }
        joined.push_str(&piece);
    }
    joined
}

/// Codes and types, which say more than the status that they come with: in lower case,
/// with `_` between words.
const MEANINGS: &[(FailureKind, &[&str])] = &[
    (
        FailureKind::Authentication,
        &[
            "invalid_api_key",
            "incorrect_api_key",
            "authentication_error",
            "invalid_authentication",
            "invalid_authentication_error",
            "unauthorized",
            "unauthenticated",
            "invalidapikey",
        ],
    ),
    (
        FailureKind::Permission,
        &[
            "permission_denied",
            "permissiondenied",
            "permission_error",
            "permission_denied_error",
            "access_denied",
            "accessdenied",
            "forbidden",
            "unsupported_country_region_territory",
        ],
    ),
    (
        FailureKind::QuotaExhausted,
        &[
            "insufficient_quota",
            "insufficient_balance",
            "insufficient_credits",
            "insufficient_funds",
            "billing_hard_limit_reached",
            "billing_not_active",
            "credits_exhausted",
            "credit_limit_reached",
            "exceeded_current_quota_error",
            "quota_exceeded",
            "token_quota_reached",
            "arrearage",
            "payment_required",
        ],
    ),
    (
        FailureKind::TooLarge,
        &[
            "context_length_exceeded",
            "context_window_exceeded",
            "string_above_max_length",
            "array_above_max_length",
            "request_too_large",
            "payload_too_large",
            "tokens_limit_reached",
            "exceed_context_size_error",
        ],
    ),
    (
        FailureKind::ContentFiltered,
        &[
            "content_filter",
            "content_filtered",
            "content_policy_violation",
            "moderation_blocked",
            "moderation_error",
            "responsibleaipolicyviolation",
            "data_inspection_failed",
            "datainspectionfailed",
        ],
    ),
    (
        FailureKind::NotFound,
        &[
            "model_not_found",
            "model_not_available",
            "model_not_supported",
            "unknown_model",
            "endpoint_not_found",
            "resource_does_not_exist",
            "deploymentnotfound",
            "deployment_not_found",
            "not_found",
            "not_found_error",
            "notfounderror",
            "resource_not_found_error",
        ],
    ),
    (
        FailureKind::RateLimited,
        &[
            "rate_limit_exceeded",
            "rate_limit_error",
            "rate_limit_reached_error",
            "rate_limited",
            "ratelimitreached",
            "ratelimiterror",
            "too_many_requests",
            "request_limit_exceeded",
            "toomanyrequests",
            "throttling",
            "resource_exhausted",
            "tokens",
            "requests",
        ],
    ),
    (
        FailureKind::Overloaded,
        &[
            "overloaded",
            "overloaded_error",
            "engine_overloaded",
            "engine_overloaded_error",
            "service_unavailable",
            "service_unavailable_error",
            "serviceunavailable",
            "unavailable",
            "temporarily_unavailable",
            "capacity_exceeded",
            "service_tier_capacity_exceeded",
        ],
    ),
    (FailureKind::TimedOut, &["timeout", "timeout_error", "request_timeout", "deadline_exceeded"]),
];

fn meaning(word: &str) -> Option<FailureKind> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let word: String = word.chars().map(plain).collect();
    let row = MEANINGS.iter().find(|(_, words)| words.contains(&word.as_str()));
    row.map(|(kind, _)| *kind)
}

/// Some providers say it in their sentence only. Only where the status left it open:
/// a sentence may speak of much that did not go wrong.
fn meaning_of_message(message: &str, kind: FailureKind) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| after(&message, word).is_some());
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
    // Databricks answers with 403 to a token that it does not know.
    if kind == FailureKind::Permission && any(&["invalid access token"]) {
        return Some(FailureKind::Authentication);
    }
    None
}

/// The time in "Please try again in 1m2.5s." or "Please retry after 26 seconds."
fn waiting_time(message: &str) -> Option<u64> {
    let rest = after(message, "try again in ").or_else(|| after(message, "retry after "))?;
    let mut rest = rest.trim_start();
    let mut ms = None;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(digits)?;
        let Some(number) = thousandths(number) else { return ms };
        rest = behind.trim_start();
        let units = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        let mut units = units.into_iter();
        let unit = units.find_map(|(unit, factor)| Some((rest.strip_prefix(unit)?, factor)));
        let Some((behind, factor)) = unit else { return ms };
        let more = number.saturating_mul(factor) / 1000;
        ms = Some(ms.unwrap_or(0_u64).saturating_add(more));
        rest = behind.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_start();
    }
}

/// What follows the first occurrence of `words`. Sentences are short: the search of Rust's own
/// library would cost more in the component than it saves.
fn after<'a>(sentence: &'a str, words: &str) -> Option<&'a str> {
    let mut windows = sentence.as_bytes().windows(words.len().max(1));
    let at = windows.position(|window| window == words.as_bytes())?;
    sentence.get(at + words.len()..)
}
