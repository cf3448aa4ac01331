//! Asking egress for something, and telling what came of it.

use crate::cell::Answer;
use hotcell_sdk::bindings::imports::hotcell::adapter::egress;
use hotcell_sdk::{Failure, FailureKind};

pub(crate) use egress::{Endpoint, Header, Method, Request, Response};

/// The one path that was granted.
pub(crate) const GRANTED: &str = "/chat/completions";

/// A request like an ordinary adapter's. The model is for a mock that plays a part
/// for it.
pub(crate) fn request(model: &str) -> Request {
    let body = format!(
        r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}],"stream":false}}"#
    );
    Request {
        method: Method::Post,
        path: GRANTED.to_owned(),
        headers: vec![header("content-type", "application/json")],
        body: body.into_bytes(),
    }
}

pub(crate) fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.to_owned() }
}

/// Sends to the one endpoint that was granted.
pub(crate) fn send(request: &Request) -> Result<Response, Failure> {
    Endpoint::named("api")?.send(request)
}

/// Tries one thing after the other, and tells of each in a line.
pub(crate) fn each<T: Copy>(
    tries: &[T],
    name: impl Fn(T) -> String,
    attempt: impl Fn(T) -> Result<Response, Failure>,
) -> Answer {
    let lines = tries.iter().map(|one| line(&name(*one), attempt(*one)));
    Answer::telling(lines.collect::<Vec<_>>().join("\n"))
}

/// What came of one try: a refusal with its rule, another failure, or `GOT`.
pub(crate) fn line(what: &str, result: Result<Response, Failure>) -> String {
    let mut shown: String = what.escape_debug().take(60).collect();
    if shown.len() < what.len() {
        shown.push('…');
    }
    match result {
        Ok(response) => format!("GOT {}: status {}", shown, response.status()),
        Err(failure) => format!("{}: {}", shown, refusal(&failure)),
    }
}

/// A failure in a few words: `denied by path-form: …`, `timed-out: …`.
pub(crate) fn refusal(failure: &Failure) -> String {
    let kind = word(failure.kind);
    let message = failure.message.escape_debug();
    match &failure.code {
        Some(rule) => format!("{kind} by {rule}: {message}"),
        None => format!("{kind}: {message}"),
    }
}

/// Everything that can be seen of a response, read in pieces of this size.
pub(crate) fn told(response: &Response, limit: u32) -> String {
    let mut lines = vec![format!("GOT status {}", response.status())];
    for header in response.headers() {
        lines.push(format!("GOT header {}: {}", header.name, header.value));
    }
    let mut body = Vec::new();
    let end = loop {
        match response.read(limit) {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => break "the end".to_owned(),
            Err(failure) => break refusal(&failure),
        }
    };
    lines.push(format!("GOT {} bytes, then {end}", body.len()));
    lines.push(format!("GOT body {}", String::from_utf8_lossy(&body)));
    lines.join("\n")
}

fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Authentication => "authentication",
        FailureKind::TooLarge => "too-large",
        FailureKind::Unreachable => "unreachable",
        FailureKind::TimedOut => "timed-out",
        FailureKind::Denied => "denied",
        FailureKind::MalformedResponse => "malformed-response",
        FailureKind::Internal => "internal",
        // Egress has no others.
        _ => "failed",
    }
}
