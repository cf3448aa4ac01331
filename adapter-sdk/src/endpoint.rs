//! Building a request, and reading a response.

use crate::wall::{self, Header, Method};
use crate::{Failure, FailureKind, failure};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An endpoint that was granted to this adapter, by its name in the manifest.
#[derive(Debug)]
pub struct Endpoint {
    inner: wall::Endpoint,
}

impl Endpoint {
    /// Takes hold of an endpoint.
    ///
    /// # Errors
    /// `denied`, where the grant has no endpoint of this name.
    pub fn named(name: &str) -> Result<Self, Failure> {
        Ok(Self { inner: wall::Endpoint::named(name)? })
    }

    /// Starts a GET request for a path below the endpoint's base.
    pub fn get(&self, path: impl Into<String>) -> RequestBuilder<'_> {
        self.request(Method::Get, path)
    }

    /// Starts a POST request for a path below the endpoint's base.
    pub fn post(&self, path: impl Into<String>) -> RequestBuilder<'_> {
        self.request(Method::Post, path)
    }

    /// Starts a request for a path below the endpoint's base.
    pub fn request(&self, method: Method, path: impl Into<String>) -> RequestBuilder<'_> {
        let request =
            wall::Request { method, path: path.into(), headers: Vec::new(), body: Vec::new() };
        RequestBuilder { endpoint: &self.inner, request }
    }
}

/// A request that is being written.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'a> {
    endpoint: &'a wall::Endpoint,
    request: wall::Request,
}

impl RequestBuilder<'_> {
    /// Adds a header. The manifest must list its name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.request.headers.push(Header { name: name.to_owned(), value: value.into() });
        self
    }

    /// Adds a query parameter, percent-encoded. The manifest must list its name.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let path = &mut self.request.path;
        path.push(if path.contains('?') { '&' } else { '?' });
        percent_encode(path, name);
        path.push('=');
        percent_encode(path, value);
        self
    }

    /// Sets a JSON body and its content type.
    ///
    /// # Errors
    /// `internal`, where the value cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| {
            failure::new(FailureKind::Internal, format!("request body: {error}"))
        })?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// Sets the body.
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.request.body = body;
        self
    }

    /// Sends the request and waits for the response's head.
    ///
    /// # Errors
    /// What egress refuses, and what keeps the request from being answered. A
    /// status of 400 and above is no failure: see [`Response::checked`].
    pub fn send(self) -> Result<Response, Failure> {
        Ok(Response { inner: wall::send(self.endpoint, self.request)? })
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, for a path
/// segment or a query value.
pub fn percent_encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            into.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
}

/// How much one call reads at the most. All that has arrived comes at once, so
/// that a burst of small chunks costs one crossing of the wall.
const READ_BYTES: u32 = 64 * 1024;

/// What a body may hold that is read as a whole. A cell has 64 MiB in all, and what is
/// made of a body needs the other half of them.
pub const BODY_BYTES: usize = 32 * 1024 * 1024;

/// What is read of a body that says why there is no answer. The longest repeat the
/// request's own text; a failure has room for half a megabyte of it.
pub const ERROR_BYTES: usize = 512 * 1024;

/// Adds to a body that is read as a whole.
pub(crate) fn extend_body(body: &mut Vec<u8>, more: &[u8]) -> Result<(), Failure> {
    if more.len() > BODY_BYTES.saturating_sub(body.len()) {
        let why = format!("the answer has more than {BODY_BYTES} bytes");
        return Err(failure::new(FailureKind::TooLarge, why));
    }
    body.extend_from_slice(more);
    Ok(())
}

/// A response whose body is still coming.
#[derive(Debug)]
pub struct Response {
    inner: wall::Response,
}

impl Response {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.inner.status()
    }

    /// Every header that the manifest asks to see.
    pub fn headers(&self) -> Vec<Header> {
        self.inner.headers()
    }

    /// The first value of a header. `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        self.inner.headers().into_iter().find(|header| header.name == name).map(|h| h.value)
    }

    /// The next bytes, as soon as there are any; none at the end.
    ///
    /// # Errors
    /// A connection that breaks, or a limit that is reached.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.inner.read(READ_BYTES)
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Self::read`], and `too-large` for more than [`BODY_BYTES`].
    pub fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let mut body = self.read()?.unwrap_or_default();
        while let Some(more) = self.read()? {
            extend_body(&mut body, &more)?;
        }
        Ok(body)
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// As [`Self::bytes`], and `malformed-response` for bytes that are not UTF-8.
    pub fn text(&self) -> Result<String, Failure> {
        String::from_utf8(self.bytes()?)
            .map_err(|_| failure::malformed("the response is not UTF-8", None))
    }

    /// The whole body as JSON.
    ///
    /// # Errors
    /// As [`Self::bytes`], and `malformed-response` for bytes that are not the
    /// JSON expected.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let body = self.bytes()?;
        serde_json::from_slice(&body).map_err(|error| {
            failure::malformed("the response is not the JSON expected", Some(&error))
        })
    }

    /// The body of a response that says why there is no answer: what comes of it, up
    /// to [`ERROR_BYTES`], without the white space around it. The status is the
    /// failure already, so nothing that goes wrong here hides it.
    pub fn error_text(&self) -> String {
        let mut body = Vec::new();
        while let Ok(Some(more)) = self.read() {
            let room = ERROR_BYTES.saturating_sub(body.len());
            body.extend_from_slice(more.get(..room).unwrap_or(&more));
            if more.len() >= room {
                break;
            }
        }
        String::from_utf8_lossy(&body).trim().to_owned()
    }

    /// Passes a status below 300 on, and turns every other into a failure with
    /// the usual meaning of its status and the beginning of the body as its message.
    /// An adapter that can read its provider's error body does better: see
    /// [`Self::error_text`] and [`Failure::from_status`].
    ///
    /// # Errors
    /// As said.
    pub fn checked(self) -> Result<Self, Failure> {
        if self.status() < 300 {
            return Ok(self);
        }
        Err(Failure::from_status(self.status(), &self.error_text(), &self.headers()))
    }
}
