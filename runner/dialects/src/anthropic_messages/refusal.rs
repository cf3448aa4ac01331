//! Why there is no answer (<https://docs.anthropic.com/en/api/errors>).

use super::word;
use crate::Refusal;
use crate::json;
use hotcell::consequence;
use hotcell::types::{Failure, FailureKind};

/// In the details of an error it tells SDKs to send a conversation as a whole.
const NO_THREADS: &str = "thread_unsupported_request";

/// Writes why there is no answer.
pub fn write_refusal(failure: &Failure) -> Refusal {
    let mut body = Vec::new();
    let own = write(failure, &mut body);
    let said = failure.status.filter(|status| own && (400..600).contains(status));
    let status = match failure.kind {
        FailureKind::Overloaded => 529,
        FailureKind::QuotaExhausted => 402,
        // What is too long for a model is the request's fault here.
        FailureKind::TooLarge if failure.status != Some(413) => 400,
        kind => consequence(kind).http_status,
    };
    Refusal { status: said.unwrap_or(status), body }
}

/// Writes an error body; true where it is the provider's own.
pub(super) fn write(failure: &Failure, out: &mut Vec<u8>) -> bool {
    let raw = word::own(failure.raw.as_ref());
    if let Some(members) = raw.filter(|members| members.inner("error").is_some()) {
        out.push(b'{');
        members.write(out);
        out.push(b'}');
        return true;
    }
    let too_long = failure.kind == FailureKind::TooLarge && failure.status != Some(413);
    let kind = match failure.kind {
        FailureKind::Authentication => "authentication_error",
        FailureKind::QuotaExhausted => "billing_error",
        FailureKind::Permission | FailureKind::Denied => "permission_error",
        FailureKind::NotFound => "not_found_error",
        FailureKind::TooLarge if !too_long => "request_too_large",
        FailureKind::RateLimited => "rate_limit_error",
        FailureKind::TimedOut => "timeout_error",
        FailureKind::Overloaded => "overloaded_error",
        FailureKind::InvalidRequest
        | FailureKind::Unsupported
        | FailureKind::TooLarge
        | FailureKind::ContentFiltered => "invalid_request_error",
        FailureKind::ProviderError
        | FailureKind::Unreachable
        | FailureKind::MalformedResponse
        | FailureKind::Cancelled
        | FailureKind::Internal => "api_error",
    };
    out.extend_from_slice(b"{\"type\":\"error\",\"error\":{");
    json::text("type", kind, out);
    // By these words clients know that they have to shorten the conversation.
    let words = if too_long { "prompt is too long: " } else { "" };
    json::text("message", &format!("{words}{}", failure.message), out);
    if failure.code.as_deref() == Some(NO_THREADS) {
        let details = format!("{{\"error_code\":\"{NO_THREADS}\",\"unsupported\":[]}}");
        json::name("details", out);
        out.extend_from_slice(details.as_bytes());
    }
    out.push(b'}');
    json::name("request_id", out);
    match &failure.request_id {
        Some(id) => json::string(id, out),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    false
}
