//! JSON, and forms, as nobody should send them.

mod form;
mod syntax;
mod twice;

use crate::bed::{Answer, Bed};
use crate::upstream::{PATIENCE, Upstream, respond};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;

/// Every endpoint that takes JSON, a small request there, and where its errors have their
/// sentence.
const REQUESTS: [(&str, &str, &str); 13] = [
    (
        "/v1/chat/completions",
        r#"{"model":"up/m","messages":[{"role":"user","content":"hi"}]}"#,
        "/error/message",
    ),
    ("/v1/completions", r#"{"model":"up/m","prompt":"hi"}"#, "/error/message"),
    (
        "/v1/responses",
        r#"{"model":"up/m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1/messages",
        r#"{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1/messages/count_tokens",
        r#"{"model":"up/m","messages":[{"role":"user","content":"hi"}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:generateContent",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:countTokens",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        "/error/message",
    ),
    (
        "/v1beta/models/up%2Fm:embedContent",
        r#"{"content":{"parts":[{"text":"hi"}]}}"#,
        "/error/message",
    ),
    ("/v1/embeddings", r#"{"model":"up/m","input":["hi"]}"#, "/error/message"),
    ("/v1/rerank", r#"{"model":"up/m","query":"hi","documents":["a","b"]}"#, "/error/message"),
    ("/v1/moderations", r#"{"model":"up/m","input":["hi"]}"#, "/error/message"),
    ("/v1/images/generations", r#"{"model":"up/m","prompt":"hi"}"#, "/error/message"),
    ("/v1/audio/speech", r#"{"model":"up/m","input":"hi","voice":"alloy"}"#, "/error/message"),
];

async fn bed() -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    // Whatever comes through is answered in a way that no adapter takes for an answer.
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + "[gateway.models.\"up/m\"]\ndeployments = [\"up/m\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    (upstream, bed)
}

async fn post(bed: &Bed, path: &str, body: impl Into<Bytes>) -> Answer {
    post_as(bed, path, Some("application/json"), body).await
}

async fn post_as(bed: &Bed, path: &str, kind: Option<&str>, body: impl Into<Bytes>) -> Answer {
    let mut request = Request::post(path);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    tokio::time::timeout(PATIENCE, bed.send(request)).await.expect("an answer in time")
}

/// A refusal in the words of the client's dialect, that nobody can take for something else.
fn refused(name: &str, path: &str, answer: &Answer) {
    assert_eq!(answer.status, 400, "{path}, {name}: {}", answer.text());
    let pointer =
        REQUESTS.iter().find(|request| request.0 == path).map_or("/error/message", |it| it.2);
    let body = answer.json();
    let message = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    assert!(!message.is_empty() && message.len() < 1000, "{path}, {name}: {body}");
}
