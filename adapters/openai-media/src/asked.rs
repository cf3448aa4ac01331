//! Asking the provider, and reading what all of its answers have in common.

use crate::DIALECT;
use hotcell_openai_chat::error;
use hotcell_openai_chat::json::{Json, Members, count, object, present};
use hotcell_sdk::{
    Endpoint, Failure, FailureKind, LogLevel, MediaPart, MediaSource, Native, Response, Usage, log,
    setting,
};
use std::borrow::Cow;

/// Sends a body and waits for the provider's yes.
pub(crate) fn post(path: &str, kind: &str, body: Vec<u8>) -> Result<Response, Failure> {
    let endpoint = Endpoint::named("api")?;
    let mut builder = endpoint.post(path);
    if let Some(version) = setting("api-version") {
        builder = builder.query("api-version", &version);
    }
    let response = builder.header("content-type", kind).body(body).send()?;
    if response.status() >= 300 {
        return Err(own(error::of_response(&response)));
    }
    Ok(response)
}

/// Sends JSON.
pub(crate) fn post_json(path: &str, json: Json) -> Result<Response, Failure> {
    post(path, "application/json", json.0)
}

/// A failure in the words of this dialect.
pub(crate) fn own(mut failure: Failure) -> Failure {
    if let Some(raw) = &mut failure.raw {
        DIALECT.clone_into(&mut raw.dialect);
    }
    failure
}

/// The body of an answer that has to be an object.
pub(crate) fn answer(body: &str) -> Result<Members<'_>, Failure> {
    let members = Members::checked(body)
        .ok_or_else(|| Failure::malformed("the answer is not a JSON object"))?;
    match present(members.get("error")) {
        Some(_) => Err(own(error::in_answer(body))),
        None => Ok(members),
    }
}

/// The members of a request's `extra`. What another dialect says cannot be said.
pub(crate) fn extra(extra: Option<&Native>) -> Result<Members<'_>, Failure> {
    let Some(native) = extra else { return Ok(Members::default()) };
    let members = Members::checked(&native.value)
        .ok_or_else(|| invalid(format!("`extra` of {} is not a JSON object", native.dialect)))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    let lost = members.pairs().filter(|(_, value)| *value != "null").map(|(name, _)| {
        format!("`{name}` of {} was left out: {DIALECT} has no word for it", native.dialect)
    });
    let lost: Vec<String> = lost.collect();
    Failure::where_strict(&lost)?;
    lost.iter().for_each(|sentence| log(LogLevel::Warn, sentence));
    Ok(Members::default())
}

/// Refuses a wish for the answer in pieces, which the interface of whole answers has no place
/// for: as events it could not be read. A form has it as text.
pub(crate) fn refuse_stream(own: &Members<'_>, what: &str) -> Result<(), Failure> {
    match own.get("stream") {
        None | Some("false" | "null" | "\"false\"") => Ok(()),
        Some(_) => Err(Failure::unsupported(format!(
            "`stream`: {what} comes whole here, and not in pieces"
        ))),
    }
}

/// The members of an answer that are not in `modelled`; none of none.
pub(crate) fn rest(members: &Members<'_>, modelled: &[&str]) -> Option<Native> {
    let rest: Vec<(&str, &str)> = members
        .pairs()
        .filter(|(name, value)| *value != "null" && !modelled.contains(name))
        .collect();
    (!rest.is_empty()).then(|| native(object(rest)))
}

pub(crate) fn native(value: String) -> Native {
    Native { dialect: DIALECT.to_owned(), value }
}

/// Tokens, as far as the provider counts them.
pub(crate) fn usage(members: &Members<'_>) -> Option<Usage> {
    let raw = present(members.get("usage"))?;
    let counts = Members::of(raw)?;
    Some(Usage {
        input: count(counts.get("input_tokens")),
        output: count(counts.get("output_tokens")),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(native(raw.to_owned())),
    })
}

pub(crate) fn invalid(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidRequest, why)
}

/// The bytes of a medium, which a form needs.
pub(crate) fn bytes(media: &MediaPart) -> Result<&[u8], Failure> {
    match &media.source {
        MediaSource::Bytes(bytes) => Ok(bytes),
        MediaSource::Url(_) | MediaSource::FileId(_) => Err(Failure::unsupported(
            "an image to start from can only be given by its bytes in this protocol",
        )),
    }
}

/// A number as JSON and as text.
pub(crate) fn number(value: f64) -> Cow<'static, str> {
    // A number that is no JSON has no meaning either.
    if value.is_finite() { Cow::Owned(value.to_string()) } else { Cow::Borrowed("null") }
}

/// A number of an answer.
pub(crate) fn float(raw: Option<&str>) -> Option<f64> {
    raw?.parse().ok().filter(|value: &f64| value.is_finite())
}
