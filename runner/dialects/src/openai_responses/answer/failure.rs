//! An answer that failed in the middle.

use super::frames::Frames;
use super::output::Output;
use super::response::Response;
use crate::json::{self, Kept};
use crate::openai_responses::DIALECT;
use hotcell::types::{Failure, FailureKind};

/// Writes what the provider said of this dialect as it said it, and `response.failed` for
/// everything else.
pub(super) fn write(
    failure: &Failure,
    response: &Response,
    output: &Output,
    frames: &mut Frames,
    out: &mut Vec<u8>,
) {
    let own = failure.raw.as_ref().filter(|own| own.dialect == DIALECT);
    let own = own.and_then(|own| Some((&own.value, Kept::of(&own.value)?)));
    match own {
        Some((_, members)) if members.text("type").as_deref() == Some("error") => {
            frames.frame(out, "error", |out| {
                let known = |name: &str| matches!(name, "type" | "sequence_number");
                for (name, value) in members.iter().filter(|(name, _)| !known(name)) {
                    json::string(name, out);
                    out.push(b':');
                    json::splice(value, out);
                    out.push(b',');
                }
            });
        }
        Some((value, members)) if members.text("status").as_deref() == Some("failed") => {
            frames.frame(out, "response.failed", |out| {
                out.extend_from_slice(b"\"response\":");
                json::splice(value, out);
                out.push(b',');
            });
        }
        _ => {
            let told = failure.code.as_deref().filter(|code| !code.is_empty());
            let code = match failure.raw.as_ref().map(|raw| raw.dialect.as_str()) {
                Some(DIALECT | crate::openai_chat::DIALECT) => told.unwrap_or(code(failure.kind)),
                _ => code(failure.kind),
            };
            let standing = response.failing(code, &failure.message);
            frames.frame(out, "response.failed", |out| {
                response.write_member(out, &standing, output);
            });
        }
    }
}

/// The provider's word for a kind of failure, as clients know it from responses that failed
/// and from requests that were refused.
fn code(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidRequest | FailureKind::Unsupported => "invalid_prompt",
        FailureKind::Authentication => "invalid_api_key",
        FailureKind::NotFound => "model_not_found",
        FailureKind::TooLarge => "context_length_exceeded",
        FailureKind::RateLimited => "rate_limit_exceeded",
        FailureKind::QuotaExhausted => "insufficient_quota",
        FailureKind::ContentFiltered => "content_filter",
        FailureKind::Overloaded => "server_is_overloaded",
        _ => "server_error",
    }
}
