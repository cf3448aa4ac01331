//! What goes to a client: statuses, headers, errors in its dialect.

use crate::body::Body;
use crate::frames::Frames;
use hotcell::types::{Failure, FailureKind};
use hotcell_dialects::{Dialect, Refusal};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use std::borrow::Cow;

/// A response.
pub(crate) type Reply = Response<Body>;

/// What the SDKs of OpenAI and Anthropic heed before anything else.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A whole JSON body.
pub(crate) fn json(status: u16, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Body::whole(body));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}

/// A whole text of another kind.
pub(crate) fn text(mime: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Body::whole(body));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    reply
}

/// Bytes that are still coming.
pub(crate) fn bytes(mime: &str, frames: Frames) -> Reply {
    let mut reply = Response::new(Body::Stream(frames));
    set(reply.headers_mut(), "content-type", mime);
    reply
}

/// A stream of a dialect.
pub(crate) fn stream(kind: &'static str, frames: Frames) -> Reply {
    let mut reply = bytes(kind, frames);
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Some proxies collect what they are not told to pass on at once.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    reply
}

/// Why there is no answer, as the client's SDK expects it.
pub(crate) fn failure(dialect: Dialect, failure: &Failure) -> Reply {
    let Refusal { status, body } = dialect.refusal(failure);
    let mut reply = json(status, body);
    if let Some(ms) = failure.retry_after_ms {
        let headers = reply.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
        headers.insert(HeaderName::from_static("retry-after-ms"), HeaderValue::from(ms));
    }
    // Some SDKs ask again after every 429.
    if failure.kind == FailureKind::QuotaExhausted {
        reply.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    reply
}

/// A failure as a client is told of it. An answer that is larger than the runner takes is too
/// large as well, but no client can do anything about that: to be told that its request is
/// would make it forget what was said before. Who says that of a request has a code or a
/// status of his own for it.
pub(crate) fn told(failure: &Failure) -> Cow<'_, Failure> {
    let is_ours = matches!((failure.status, failure.code.as_deref()), (None, None | Some("limit")));
    match failure.kind {
        FailureKind::TooLarge if is_ours => {
            let kind = FailureKind::MalformedResponse;
            Cow::Owned(Failure { kind, code: None, ..failure.clone() })
        }
        _ => Cow::Borrowed(failure),
    }
}

/// The same, which nobody on the way keeps.
pub(crate) fn uncached(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// Adds what a provider told in headers, under names of their own: those of the same name without
/// the prefix are the gateway's. LiteLLM's proxy calls them so as well.
pub(crate) fn hear(headers: &mut HeaderMap, told: &[(String, String)]) {
    for (name, value) in told {
        let name = HeaderName::try_from(["llm_provider-", name].concat());
        if let (Ok(name), Ok(value)) = (name, value.parse()) {
            headers.insert(name, value);
        }
    }
}

/// Sets a header, unless its value cannot be one.
pub(crate) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
