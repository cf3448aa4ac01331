//! What the provider says when it does not answer
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>).

use crate::json::{Members, is_json};
use crate::parted;
use hotcell_sdk::event_stream::Frame;
use hotcell_sdk::{Failure, FailureKind, Header, Response};

/// A response with a status of 300 and above. Its header tells the exception, its body
/// the sentence. `dialect` is that of the answer that there should have been.
#[inline(never)]
pub fn of_response(response: &Response, dialect: &str) -> Failure {
    let (status, headers, body) = (response.status(), response.headers(), response.error_text());
    let members = Members::any(&body).unwrap_or_default();
    let by_header = header(&headers, "x-amzn-errortype");
    let code = by_header.or_else(|| members.word("__type")).map(|word| exception(&word).to_owned());
    let message = sentence(&members).unwrap_or_else(|| match is_json(&body) {
        true => String::new(),
        false => body.clone(),
    });
    let mut failure = Failure::from_status(status, &message, &headers);
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        failure.kind = meaning(&code, &message).unwrap_or(failure.kind);
        failure = failure.with_code(code);
    }
    match is_json(&body) {
        true => failure.with_raw(dialect, body),
        false => failure,
    }
}

/// A frame that is no event: an exception of the service's model, or an error that it
/// has no model of.
#[inline(never)]
pub fn of_frame(frame: &Frame, dialect: &str) -> Failure {
    let body = String::from_utf8_lossy(&frame.payload);
    let body = body.trim();
    let members = Members::any(body).unwrap_or_default();
    let code = frame.header(":exception-type").or_else(|| frame.header(":error-code"));
    let code = code.unwrap_or_default().to_owned();
    let message = sentence(&members)
        .or_else(|| frame.header(":error-message").map(str::to_owned))
        .unwrap_or_else(|| match code.is_empty() {
            true => "the provider broke off with an error".to_owned(),
            false => format!("the provider broke off with `{code}`"),
        });
    let kind = meaning(&code, &message).unwrap_or(FailureKind::ProviderError);
    let mut failure = Failure::new(kind, message);
    if !code.is_empty() {
        failure = failure.with_code(code);
    }
    match is_json(body) {
        true => failure.with_raw(dialect, body),
        false => failure,
    }
}

fn header(headers: &[Header], name: &str) -> Option<String> {
    headers.iter().find(|header| header.name == name).map(|header| header.value.clone())
}

/// The sentence of an error body. Services write its name in either case.
fn sentence(members: &Members<'_>) -> Option<String> {
    ["message", "Message", "originalMessage"].into_iter().find_map(|name| members.word(name))
}

/// The name of an exception, out of `NAME:http://…` and `namespace#NAME`.
fn exception(word: &str) -> &str {
    let word = word.split(':').next().unwrap_or_default();
    word.rsplit('#').next().unwrap_or_default().trim()
}

/// The exception says more than the status that it comes with, and the sentence
/// sometimes more than the exception. In a stream its name begins with a small letter.
fn meaning(code: &str, message: &str) -> Option<FailureKind> {
    let name = code.strip_suffix("Exception").unwrap_or(code);
    let mut letters = name.chars();
    let first = letters.next().unwrap_or_default().to_ascii_uppercase();
    let name: String = std::iter::once(first).chain(letters).collect();
    Some(match name.as_str() {
        "Validation" => return meaning_of_message(message),
        "UnrecognizedClient"
        | "InvalidSignature"
        | "IncompleteSignature"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "RequestExpired" => FailureKind::Authentication,
        // A key that is none comes as one that may not.
        "AccessDenied" if parted(message, "API Key is valid").is_some() => {
            FailureKind::Authentication
        }
        "AccessDenied" | "OptInRequired" => FailureKind::Permission,
        "ResourceNotFound" | "UnknownOperation" => FailureKind::NotFound,
        "Throttling" | "TooManyRequests" | "LimitExceeded" => FailureKind::RateLimited,
        "ServiceQuotaExceeded" => FailureKind::QuotaExhausted,
        "ModelTimeout" | "RequestTimeout" => FailureKind::TimedOut,
        // A model that is being loaded is there soon.
        "ServiceUnavailable" | "ModelNotReady" => FailureKind::Overloaded,
        "InternalServer" | "InternalFailure" | "ModelError" | "ModelStreamError" => {
            FailureKind::ProviderError
        }
        "RequestEntityTooLarge" => FailureKind::TooLarge,
        _ => return None,
    })
}

/// Several things that are no fault of the request's form share its exception.
fn meaning_of_message(message: &str) -> Option<FailureKind> {
    let message = message.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| parted(&message, word).is_some());
    Some(
        if any(&[
            "input is too long",
            "prompt is too long",
            "too many input tokens",
            "exceed context limit",
            "exceeds the maximum",
            "maximum context length",
            "too large",
        ]) {
            FailureKind::TooLarge
        } else if any(&["model identifier is invalid", "model identifier provided is invalid"]) {
            FailureKind::NotFound
        } else if any(&["content filtering policy"]) {
            FailureKind::ContentFiltered
        } else {
            FailureKind::InvalidRequest
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{exception, meaning};
    use hotcell_sdk::FailureKind;

    #[test]
    fn an_exception_has_its_name_in_several_forms() {
        for word in [
            "ValidationException",
            "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/",
            "com.amazon.coral.service#ValidationException",
        ] {
            assert_eq!(exception(word), "ValidationException");
        }
    }

    #[test]
    fn what_an_exception_means_is_the_same_in_a_stream() {
        for (name, kind) in [
            ("hrottlingException", FailureKind::RateLimited),
            ("nternalServerException", FailureKind::ProviderError),
            ("odelStreamErrorException", FailureKind::ProviderError),
            ("erviceUnavailableException", FailureKind::Overloaded),
            ("odelTimeoutException", FailureKind::TimedOut),
            ("alidationException", FailureKind::InvalidRequest),
            ("ccessDeniedException", FailureKind::Permission),
        ] {
            let first = match name.as_bytes()[0] {
                b'h' => "t",
                b'n' => "i",
                b'o' => "m",
                b'e' => "s",
                b'a' => "v",
                _ => "a",
            };
            let small = format!("{first}{name}");
            let large = format!("{}{name}", first.to_ascii_uppercase());
            assert_eq!(meaning(&small, ""), Some(kind), "{small}");
            assert_eq!(meaning(&large, ""), Some(kind), "{large}");
        }
        assert_eq!(meaning("SomethingElse", ""), None);
        assert_eq!(meaning("", ""), None);
    }
}
