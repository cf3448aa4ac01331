//! What a client sends, as far as it may be taken in.

use crate::weight::{VALUE_BYTES, VALUES, values};
use bytes::{Bytes, BytesMut};
use hotcell::GatewayLimits;
use hotcell::types::{Failure, FailureKind};
use http::header::{CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The memory for the bodies of all requests together.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// In pieces of [`PIECE`] bytes.
    free: Arc<Semaphore>,
    most: usize,
    within: Duration,
}

/// A request's share of that memory. It is free again when this is dropped.
pub(crate) type Share = OwnedSemaphorePermit;

/// Shares are counted in kibibytes.
const PIECE: usize = 1024;

impl Bodies {
    /// As the limits describe.
    pub(crate) fn of(limits: &GatewayLimits) -> Self {
        let pieces = (limits.bodies_bytes / PIECE).min(Semaphore::MAX_PERMITS);
        let within = Duration::from_millis(limits.body_ms);
        Self { free: Arc::new(Semaphore::new(pieces)), most: limits.body_bytes, within }
    }

    /// Reads a body of so many bytes at the most, in so long at the most.
    ///
    /// # Errors
    /// `too-large`, `timed-out`, `overloaded` where others hold too much at present, or
    /// `cancelled` where the client is gone.
    pub(crate) async fn read(&self, body: Incoming) -> Result<(Bytes, Option<Share>), Failure> {
        self.read_at_most(body, self.most).await
    }

    /// The same, for what has to be shorter.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn read_at_most(
        &self,
        body: Incoming,
        most: usize,
    ) -> Result<(Bytes, Option<Share>), Failure> {
        if body.size_hint().lower() > most as u64 {
            return Err(too_large(most));
        }
        let read = tokio::time::timeout(self.within, self.collect(body, most)).await;
        read.unwrap_or_else(|_| {
            let message = "the request's body did not arrive in time; send it at once";
            Err(Failure::new(FailureKind::TimedOut, message))
        })
    }

    async fn collect(
        &self,
        mut body: Incoming,
        most: usize,
    ) -> Result<(Bytes, Option<Share>), Failure> {
        let mut share = None;
        let mut first = Bytes::new();
        // Pieces are copied together: many small ones would take more than their bytes.
        let mut more = BytesMut::new();
        let mut size = 0;
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
            size += piece.len();
            if size > most {
                return Err(too_large(most));
            }
            self.widen(&mut share, size)?;
            match (first.is_empty(), more.is_empty()) {
                (true, true) => first = piece,
                (false, true) => {
                    more.reserve(first.len() + piece.len());
                    more.extend_from_slice(&std::mem::take(&mut first));
                    more.extend_from_slice(&piece);
                }
                _ => more.extend_from_slice(&piece),
            }
        }
        Ok((if more.is_empty() { first } else { more.freeze() }, share))
    }

    /// Makes a share large enough for what JSON takes once it is read.
    ///
    /// # Errors
    /// `too-large`, or `overloaded` as [`Self::read`].
    pub(crate) fn weigh(&self, json: &[u8], share: &mut Option<Share>) -> Result<(), Failure> {
        if json.is_empty() {
            return Ok(());
        }
        let values = values(json);
        if values > VALUES {
            let message = format!("the request has more than {VALUES} values, texts and numbers");
            return Err(Failure {
                status: Some(413),
                ..Failure::new(FailureKind::TooLarge, message)
            });
        }
        // Fewer bytes than the body has are held already.
        self.widen(share, values * VALUE_BYTES)
    }

    /// Makes a share large enough for so many bytes.
    fn widen(&self, share: &mut Option<Share>, bytes: usize) -> Result<(), Failure> {
        let held = share.as_ref().map_or(0, Share::num_permits);
        let missing = bytes.div_ceil(PIECE).saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = self.free.clone().try_acquire_many_owned(missing).map_err(|_| Failure {
            retry_after_ms: Some(1000),
            ..Failure::new(
                FailureKind::Overloaded,
                "the gateway holds as many bytes of requests as it may; try again",
            )
        })?;
        match share {
            None => *share = Some(more),
            Some(share) => share.merge(more),
        }
        Ok(())
    }
}

/// A body that is no body, or a client that is gone.
fn broken(error: &hyper::Error) -> Failure {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    match cause.map(std::io::Error::kind) {
        Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => Failure::new(
            FailureKind::InvalidRequest,
            "the request's body is not in the chunks that HTTP has",
        ),
        _ => Failure::new(FailureKind::Cancelled, "the request ended early"),
    }
}

fn too_large(most: usize) -> Failure {
    let message = format!("the request is larger than the {most} bytes that this gateway takes");
    Failure { status: Some(413), ..Failure::new(FailureKind::TooLarge, message) }
}

/// Looks for what servers before this one may have understood in another way: a request for
/// several hosts or none, and a body in a coding that nobody here takes apart.
///
/// # Errors
/// `invalid-request`.
pub(crate) fn unambiguous(head: &Parts) -> Result<(), Failure> {
    let invalid = |message: &str| Err(Failure::new(FailureKind::InvalidRequest, message));
    match head.headers.get_all(HOST).iter().count() {
        0 if head.version == Version::HTTP_11 => return invalid("the request names no host"),
        0 | 1 => {}
        _ => return invalid("the request names several hosts"),
    }
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked =
        |coding: &http::HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    if codings.next().is_some_and(|coding| !is_chunked(coding)) || codings.next().is_some() {
        return invalid("expected `transfer-encoding: chunked` or none");
    }
    Ok(())
}

/// Refuses a body that says itself that it is no JSON. It is what any page in a browser can
/// send anywhere without being asked: nobody's page is to use up a gateway on one's machine.
///
/// # Errors
/// `invalid-request`.
pub(crate) fn is_json(headers: &HeaderMap) -> Result<(), Failure> {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let kind = kind.trim_ascii().to_ascii_lowercase();
    let of_pages: [&[u8]; 3] =
        [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data"];
    match of_pages.contains(&&kind[..]) {
        true => {
            let message = "expected JSON and its `content-type: application/json`";
            Err(Failure::new(FailureKind::InvalidRequest, message))
        }
        false => Ok(()),
    }
}

/// A JSON object that has this model, whichever it had: of several members with one name the last
/// counts. What is no object stays as it is.
pub(crate) fn with_model(body: &Bytes, model: &str) -> Bytes {
    let Some(members) = body.trim_ascii_end().strip_suffix(b"}") else { return body.clone() };
    let comma = if members.trim_ascii() == b"{" { "" } else { "," };
    let model = serde_json::Value::from(model);
    [members, format!("{comma}\"model\":{model}}}").as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_added_to_an_object_and_to_nothing_else() {
        for (body, named) in [
            ("{}", r#"{"model":"a\"b"}"#),
            (" { } ", r#" { "model":"a\"b"}"#),
            (r#"{"x":{"y":1.0}}"#, r#"{"x":{"y":1.0},"model":"a\"b"}"#),
            ("{\"x\":1}\r\n", r#"{"x":1,"model":"a\"b"}"#),
            ("[]", "[]"),
            ("", ""),
            ("\"}", "\"}"),
        ] {
            let named = if body == "\"}" { "\",\"model\":\"a\\\"b\"}" } else { named };
            assert_eq!(with_model(&Bytes::from(body), "a\"b"), named, "{body}");
        }
        // What is broken is not mended.
        for body in ["{\"x\":{}", "{,}", "{\"x\":1,}", "x}", "}"] {
            let named = with_model(&Bytes::from(body), "m");
            assert!(serde_json::from_slice::<serde_json::Value>(&named).is_err(), "{body}");
        }
    }
}
