//! What the provider says when it does not answer
//! (<https://docs.cohere.com/reference/errors>).

use hotcell_sdk::{Failure, FailureKind, Header, Response};
use serde_json::{Map, Value};

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response, dialect: &str) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let mut failure = of_body(&body, Some(status), &headers, dialect).unwrap_or_else(|| {
        let page = body.starts_with('<');
        Failure::from_status(status, if page { "" } else { &body }, &headers)
    });
    complete(&mut failure, &headers);
    failure
}

/// Something that the provider sent as an error in the middle of an answer, or in the
/// place of one.
pub(crate) fn in_answer(sent: &str, dialect: &str) -> Failure {
    of_body(sent, None, &[], dialect).unwrap_or_else(|| {
        let why = "the provider broke off with an error";
        Failure::new(FailureKind::ProviderError, why).with_raw(dialect, sent)
    })
}

/// An answer that ended in an error: the provider's word for its end, and its sentence
/// where there is one.
pub(crate) fn of_end(word: &str, sentence: Option<&str>, sent: String, dialect: &str) -> Failure {
    let kind = match word {
        "TIMEOUT" => FailureKind::TimedOut,
        _ => FailureKind::ProviderError,
    };
    let message = match sentence.filter(|sentence| !sentence.is_empty()) {
        Some(sentence) => sentence.to_owned(),
        None => format!("the provider ended its answer with {word}"),
    };
    Failure::new(kind, message).with_code(word).with_raw(dialect, sent)
}

/// Whether this word for the end of an answer is one for an error.
pub(crate) fn is_error(word: &str) -> bool {
    matches!(word, "ERROR" | "TIMEOUT")
}

/// Adds what only the headers of the response tell.
pub(crate) fn complete(failure: &mut Failure, headers: &[Header]) {
    let trace = headers.iter().find(|header| header.name == "x-debug-trace-id");
    if let Some(trace) = trace.filter(|_| failure.request_id.is_none()) {
        failure.request_id = Some(trace.value.clone());
    }
}

/// Reads an error body: `{"id": …, "message": …}`, sometimes with an `error_type`. None
/// where it is no error of this provider.
pub(crate) fn of_body(
    body: &str,
    status: Option<u16>,
    headers: &[Header],
    dialect: &str,
) -> Option<Failure> {
    let members: Map<String, Value> = serde_json::from_str(body).ok()?;
    // What stands before the provider wraps its own errors.
    let inner = members.get("error").and_then(Value::as_object).unwrap_or(&members);
    let text = |name: &str| {
        let text = inner.get(name).or_else(|| members.get(name))?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let said = || members.get("error").and_then(Value::as_str).map(str::to_owned);
    let message = text("message").or_else(said).or_else(|| text("detail"))?;
    let code = text("error_type").or_else(|| text("code"));
    let mut failure = Failure::from_status(status.unwrap_or(500), &message, headers);
    failure.status = status;
    failure.kind = kind(status, code.as_deref().unwrap_or_default(), &message, failure.kind);
    failure.code = code;
    failure.request_id = failure.request_id.or_else(|| text("id"));
    Some(failure.with_raw(dialect, body.trim()))
}

/// What the sentence tells better than the status.
fn kind(status: Option<u16>, code: &str, message: &str, usual: FailureKind) -> FailureKind {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match status {
        // Something in the prompt or the answer is on a list of what is denied.
        Some(498) => FailureKind::ContentFiltered,
        // The provider gave the request up by itself: whoever asked is still there.
        Some(499) => FailureKind::ProviderError,
        // A key for trying things out has so many calls a month.
        Some(429) if any(&["/ month", "per month"]) => FailureKind::QuotaExhausted,
        None | Some(400 | 422) if code == "TOO_MANY_TOKENS" || any(&["too many tokens"]) => {
            FailureKind::TooLarge
        }
        Some(400) if any(&["invalid api token", "no api key supplied"]) => {
            FailureKind::Authentication
        }
        _ => usual,
    }
}
