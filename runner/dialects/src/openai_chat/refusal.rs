//! Why there is no answer
//! (<https://platform.openai.com/docs/guides/error-codes/api-errors>).

use crate::Refusal;
use crate::json::{self, Members};
use hotcell::consequence;
use hotcell::types::{Failure, FailureKind};

/// The dialects whose providers have these errors.
const OWN: [&str; 4] =
    [super::DIALECT, "openai-completions", "openai-responses", "openai-embeddings"];

/// Writes why there is no answer.
pub fn write_refusal(failure: &Failure) -> Refusal {
    let mut body = Vec::new();
    let own = write(failure, &mut body);
    let said = failure.status.filter(|status| own && (400..600).contains(status));
    let status = match failure.kind {
        // What is too long for a model is the request's fault here.
        FailureKind::TooLarge if failure.status != Some(413) => 400,
        kind => consequence(kind).http_status,
    };
    Refusal { status: said.unwrap_or(status), body }
}

/// Writes an error body; true where a provider of this dialect said why. What it said is told as
/// it is, and in a member `error` as well where that is not there, as of vLLM and FastAPI: some
/// clients look nowhere else for the reason.
pub(crate) fn write(failure: &Failure, out: &mut Vec<u8>) -> bool {
    let own = failure.raw.as_ref().filter(|raw| OWN.contains(&raw.dialect.as_str()));
    let said = own.and_then(|raw| Members::of(&raw.value));
    let is_own = said.is_some();
    let mut said = said.unwrap_or_default();
    if said.get("error").is_some_and(|error| error != "null") {
        out.push(b'{');
        said.write(out);
        out.push(b'}');
        return true;
    }
    said.0.retain(|(name, _)| name != "error");
    out.push(b'{');
    said.write(out);
    json::name("error", out);
    out.push(b'{');
    let is_word = |value: &str| value.starts_with('"');
    said.0.retain(|(name, value)| name != "message" || is_word(value));
    let lacks = |name: &str| said.0.iter().all(|(known, _)| known != name);
    said.write(out);
    // A word that it did not say is not put into its mouth.
    let (kind, code) = match (is_own, words(failure.kind)) {
        (true, _) => (None, failure.code.as_deref()),
        (false, (kind, code)) => {
            (Some(kind), own_word(failure).or(code).or(failure.code.as_deref()))
        }
    };
    for (name, word) in [
        ("message", Some(failure.message.as_str())),
        ("type", kind),
        ("param", failure.param.as_deref()),
        ("code", code),
    ] {
        if lacks(name) {
            json::name(name, out);
            match word {
                Some(word) => json::string(word, out),
                None => out.extend_from_slice(b"null"),
            }
        }
    }
    out.extend_from_slice(b"}}");
    is_own
}

/// The word of a gateway that lets somebody not in: it says more than the usual one, and whoever
/// else has a word for it said it with a status.
fn own_word(failure: &Failure) -> Option<&str> {
    let is_about_a_key =
        matches!(failure.kind, FailureKind::Authentication | FailureKind::Permission);
    failure.code.as_deref().filter(|_| is_about_a_key && failure.status.is_none())
}

/// The type and, where there is a usual one, the code of a failure. A word of another
/// dialect would say nothing to a client of this one.
fn words(kind: FailureKind) -> (&'static str, Option<&'static str>) {
    let request = "invalid_request_error";
    match kind {
        FailureKind::InvalidRequest => (request, None),
        FailureKind::Unsupported => (request, Some("unsupported")),
        FailureKind::Authentication => (request, Some("invalid_api_key")),
        FailureKind::Permission => (request, Some("permission_denied")),
        FailureKind::NotFound => (request, Some("model_not_found")),
        FailureKind::TooLarge => (request, Some("context_length_exceeded")),
        FailureKind::RateLimited => ("requests", Some("rate_limit_exceeded")),
        FailureKind::QuotaExhausted => ("insufficient_quota", Some("insufficient_quota")),
        FailureKind::ContentFiltered => (request, Some("content_filter")),
        FailureKind::Overloaded => ("server_error", Some("overloaded")),
        FailureKind::ProviderError => ("server_error", None),
        FailureKind::Unreachable => ("server_error", Some("provider_unreachable")),
        FailureKind::TimedOut => ("server_error", Some("timeout")),
        FailureKind::Denied => (request, Some("denied")),
        FailureKind::MalformedResponse => ("server_error", Some("malformed_response")),
        FailureKind::Cancelled => ("server_error", Some("cancelled")),
        FailureKind::Internal => ("server_error", Some("internal_error")),
    }
}
