//! Why there is no answer (<https://cloud.google.com/apis/design/errors>).

use super::DIALECT;
use crate::Refusal;
use crate::json;
use hotcell::consequence;
use hotcell::types::{Failure, FailureKind};

/// Writes why there is no answer. What a provider of this dialect said comes out as it came.
pub fn write_refusal(failure: &Failure) -> Refusal {
    let mut body = Vec::new();
    let own = write(failure, &mut body);
    let said = failure.status.filter(|status| own && (400..600).contains(status));
    Refusal { status: said.unwrap_or(status(failure.kind)), body }
}

/// Writes the body; true where it is the provider's own.
pub(super) fn write(failure: &Failure, out: &mut Vec<u8>) -> bool {
    let own = failure.raw.as_ref().filter(|own| own.dialect == DIALECT);
    let own = own.map(|own| own.value.trim()).filter(|own| own.starts_with(['{', '[']));
    if let Some(own) = own {
        json::splice(own, out);
        return true;
    }
    out.extend_from_slice(b"{\"error\":{\"code\":");
    json::number(status(failure.kind), out);
    out.extend_from_slice(b",\"message\":");
    json::string(&failure.message, out);
    out.extend_from_slice(b",\"status\":");
    json::string(word(failure.kind), out);
    let violation = failure.param.as_ref().map(|field| {
        format!(
            "{{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":\
             [{{\"field\":{},\"description\":{}}}]}}",
            json::quoted(field),
            json::quoted(&failure.message)
        )
    });
    let retry = failure.retry_after_ms.map(|delay| {
        format!(
            "{{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\
             \"retryDelay\":\"{}.{:03}s\"}}",
            delay / 1000,
            delay % 1000
        )
    });
    let details: Vec<String> = violation.into_iter().chain(retry).collect();
    if !details.is_empty() {
        out.extend_from_slice(b",\"details\":[");
        out.extend_from_slice(details.join(",").as_bytes());
        out.push(b']');
    }
    out.extend_from_slice(b"}}");
    false
}

/// The status: what is too long for a model is the request's fault here.
fn status(kind: FailureKind) -> u16 {
    match kind {
        FailureKind::TooLarge => 400,
        kind => consequence(kind).http_status,
    }
}

/// The word of <https://grpc.io/docs/guides/status-codes/>.
fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidRequest
        | FailureKind::TooLarge
        | FailureKind::ContentFiltered
        | FailureKind::Unsupported => "INVALID_ARGUMENT",
        FailureKind::Authentication => "UNAUTHENTICATED",
        FailureKind::Permission | FailureKind::Denied => "PERMISSION_DENIED",
        FailureKind::NotFound => "NOT_FOUND",
        FailureKind::RateLimited | FailureKind::QuotaExhausted => "RESOURCE_EXHAUSTED",
        FailureKind::Overloaded | FailureKind::Unreachable => "UNAVAILABLE",
        FailureKind::TimedOut => "DEADLINE_EXCEEDED",
        FailureKind::Cancelled => "CANCELLED",
        FailureKind::ProviderError | FailureKind::MalformedResponse | FailureKind::Internal => {
            "INTERNAL"
        }
    }
}
