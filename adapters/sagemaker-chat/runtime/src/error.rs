//! What SageMaker and the container behind it say when they do not answer.

use hotcell_openai_chat::error as container;
use hotcell_openai_chat::json::{Members, index, string, value};
use hotcell_sdk::event_stream::Frame;
use hotcell_sdk::{Failure, FailureKind, Response};

/// The dialect of SageMaker's own errors.
const DIALECT: &str = "sagemaker";

/// A response with a status of 300 and above.
pub(crate) fn of_response(response: &Response) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let members = Members::checked(&body).unwrap_or_default();
    let page = if body.starts_with('<') { "" } else { &body };
    let said = members.text("Message").or_else(|| members.text("message"));
    let message = said.unwrap_or(page.into());
    let mut failure = Failure::from_status(status, &message, &headers);
    // `ThrottlingException:http://…`, or `com.amazonaws.sagemaker#ThrottlingException`.
    let kind = response.header("x-amzn-errortype");
    let kind = kind.or_else(|| members.text("__type").map(|kind| kind.into_owned()));
    let kind = kind.as_deref().and_then(|kind| kind.split(':').next()?.rsplit('#').next());
    failure.code = kind.filter(|kind| !kind.is_empty()).map(str::to_owned);
    if let Some(meaning) = meaning(failure.code.as_deref().unwrap_or_default(), &message) {
        failure.kind = meaning;
    }
    if message.contains("Inference Component Name header is required") {
        failure.message.push_str(" Name it with the setting `inference-component`.");
    }
    of_container(&members, &mut failure);
    if value(&body, "").is_ok() {
        failure = failure.with_raw(DIALECT, body);
    }
    failure
}

/// A frame that ends the stream.
pub(crate) fn of_frame(frame: &Frame) -> Failure {
    let body = String::from_utf8_lossy(&frame.payload);
    let members = Members::checked(&body).unwrap_or_default();
    let kind = frame.header(":exception-type").or_else(|| frame.header(":error-code"));
    let Some(kind) = kind else {
        return Failure::malformed("a frame of the stream is neither an event nor an error");
    };
    let said = members.text("Message").or_else(|| members.text("message"));
    let said = said.as_deref().or_else(|| frame.header(":error-message"));
    let code = members.text("ErrorCode");
    let code = code.as_deref().unwrap_or(kind);
    let kind = meaning(code, "").unwrap_or(FailureKind::ProviderError);
    let raw = value(&body, "").map_or_else(|_| string(&body), str::to_owned);
    let message = said.map_or_else(|| format!("the stream ended with {code}"), str::to_owned);
    Failure::new(kind, message).with_code(code).with_raw(DIALECT, raw)
}

/// The container's own error is the one to tell, as far as it can be read.
fn of_container(members: &Members<'_>, failure: &mut Failure) {
    let status = index(members.get("OriginalStatusCode")).and_then(|status| status.try_into().ok());
    let Some(status) = status else { return };
    failure.kind = Failure::from_status(status, "", &[]).kind;
    failure.code = members.text("ErrorCode").map(|code| code.into_owned());
    let Some(said) = members.text("OriginalMessage") else { return };
    match container::of_body(&said, Some(status), &[]) {
        Some(inner) => {
            failure.kind = inner.kind;
            failure.message = inner.message;
            failure.code = inner.code.or(failure.code.take());
            failure.param = inner.param;
        }
        None => failure.message = said.into_owned(),
    }
}

/// What says more than the status that it comes with.
fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" => FailureKind::Permission,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => FailureKind::Authentication,
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            FailureKind::RateLimited
        }
        // It is loaded first.
        "ModelNotReadyException" | "ServiceUnavailable" => FailureKind::Overloaded,
        "ModelInvocationTimeExceeded" => FailureKind::TimedOut,
        "ValidationError" | "ValidationException" if message.contains("not found") => {
            FailureKind::NotFound
        }
        _ => return None,
    })
}
