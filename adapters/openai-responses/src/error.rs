//! What the provider says when it does not answer.

use crate::DIALECT;
use hotcell_openai_chat::error;
use hotcell_openai_chat::json::{Members, present};
use hotcell_sdk::{Failure, FailureKind, Header, Response};

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response) -> Failure {
    told(error::of_response(response))
}

/// The event `error`, or an error in the place of an answer.
pub(crate) fn in_answer(sent: &str) -> Failure {
    told(error::in_answer(sent))
}

/// Adds what only the headers of the response tell.
pub(crate) fn complete(failure: &mut Failure, headers: &[Header]) {
    error::complete(failure, headers);
}

/// A response that failed, with its `error`.
pub(crate) fn of_failed(response: &str, members: &Members<'_>) -> Failure {
    if present(members.get("error")).is_some() {
        return in_answer(response);
    }
    let why = "the provider failed at this answer and does not say why";
    Failure::new(FailureKind::ProviderError, why).with_raw(DIALECT, response)
}

/// Brings a failure from the words that all dialects of this provider share to those of
/// this one.
fn told(mut failure: Failure) -> Failure {
    if let Some(raw) = &mut failure.raw {
        DIALECT.clone_into(&mut raw.dialect);
    }
    // Of an event it is the type, not what went wrong.
    failure.code = failure.code.take().filter(|code| code != "error");
    let code = failure.code.as_deref().unwrap_or_default();
    if let Some(kind) = meaning(code, &failure.message) {
        failure.kind = kind;
    }
    failure
}

/// Codes of a response's `error`
/// (<https://platform.openai.com/docs/api-reference/responses/object>).
fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "server_error" => FailureKind::ProviderError,
        "invalid_prompt" if message.contains("policy") || message.contains("flagged") => {
            FailureKind::ContentFiltered
        }
        "bio_policy" | "image_content_policy_violation" | "misalignment_policy_violation" => {
            FailureKind::ContentFiltered
        }
        "vector_store_timeout" => FailureKind::TimedOut,
        "image_too_large" | "image_file_too_large" => FailureKind::TooLarge,
        "image_file_not_found" => FailureKind::NotFound,
        "data_residency_mismatch"
        | "empty_image_file"
        | "failed_to_download_image"
        | "image_parse_error"
        | "image_too_small"
        | "invalid_base64_image"
        | "invalid_image"
        | "invalid_image_format"
        | "invalid_image_mode"
        | "invalid_image_url"
        | "invalid_prompt"
        | "unsupported_image_media_type" => FailureKind::InvalidRequest,
        _ => return None,
    })
}
