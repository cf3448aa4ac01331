//! Accepting, reading, recording, and choosing who answers.

use crate::body::Pieces;
use crate::script::{LONG, Refusal, Script};
use crate::{Behaviour, Recorded, State, anthropic, openai};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Serves until the mock is dropped; then every connection closes.
pub(crate) async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    mut ended: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut ended => return,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                // Without it small chunks wait for the acknowledgement of the
                // ones before. A connection that is already gone says so later.
                let _ = stream.set_nodelay(true);
                let state = state.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| respond(request, state.clone()));
                    // A broken connection is the client's business.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            // Out of file descriptors, most likely: there will be some again.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A request that the provider's part has to answer.
pub(crate) struct Asked<'a> {
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Value,
    pub(crate) behaviour: Behaviour,
    /// Counts the requests of this mock.
    pub(crate) number: u64,
}

impl Asked<'_> {
    /// The credential that came, where it is the right one.
    pub(crate) fn credential(&self, name: &str, prefix: &str) -> Result<String, Refusal> {
        let given = self
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix(prefix))
            .filter(|value| !value.is_empty());
        let wanted = self.behaviour.key.as_deref();
        match given {
            Some(given) if wanted.is_none_or(|wanted| wanted == given) => Ok(given.to_owned()),
            Some(_) => Err(Refusal::of_status(401)),
            None => Err(Refusal {
                message: format!("No credential was sent: the header `{name}` is missing."),
                ..Refusal::of_status(401)
            }),
        }
    }
}

/// What a provider's part answers.
pub(crate) enum Reply {
    Json(u16, Value),
    /// The pieces of an event stream.
    Events(Vec<Bytes>, Script),
}

async fn respond(
    request: hyper::Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Pieces>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let recorded = Recorded {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.clone(),
    };
    let (number, behaviour) = state.record(recorded);
    let (delay, gap) = (behaviour.delay, behaviour.gap);
    let asked = Asked {
        path: parts.uri.path(),
        headers: &parts.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        behaviour,
        number,
    };

    // Both providers have a list of models at the same path.
    let plays_anthropic = asked.path == "/v1/messages"
        || asked.headers.contains_key("x-api-key")
        || asked.headers.contains_key("anthropic-version");
    let script = Script::of(asked.body["model"].as_str().unwrap_or_default());
    let reply = if plays_anthropic {
        anthropic::reply(&asked, &parts.method, script)
    } else {
        openai::reply(&asked, &parts.method, script)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let refused = matches!(&reply, Reply::Json(status, _) if *status >= 400);
    let mut response = match (script, refused) {
        (Script::Silent, false) => {
            tokio::time::sleep(LONG).await;
            write(reply, gap)
        }
        (Script::Garbage, false) => {
            let mut response = Response::new(Pieces::whole("<html>It works!</html>"));
            set(response.headers_mut(), "content-type", "text/html");
            response
        }
        (Script::Redirect, false) => {
            let mut response = Response::new(Pieces::whole(""));
            *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            set(response.headers_mut(), "location", "http://169.254.169.254/");
            response
        }
        _ => write(reply, gap),
    };
    let headers = response.headers_mut();
    let id = format!("req_mock_{number:06}");
    if plays_anthropic {
        set(headers, "request-id", &id);
        set(headers, "anthropic-ratelimit-requests-remaining", "999");
    } else {
        set(headers, "x-request-id", &id);
        set(headers, "x-ratelimit-remaining-requests", "9999");
    }
    if script == Script::Status(429) {
        set(headers, "retry-after", "7");
    }
    if script == Script::EchoKey {
        for name in ["authorization", "x-api-key"] {
            if let Some(value) = parts.headers.get(name) {
                headers.insert(HeaderName::from_static("x-ratelimit-echo"), value.clone());
            }
        }
    }
    Ok(response)
}

fn write(reply: Reply, gap: Duration) -> Response<Pieces> {
    match reply {
        Reply::Json(status, value) => {
            let mut response = Response::new(Pieces::whole(value.to_string()));
            *response.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            set(response.headers_mut(), "content-type", "application/json");
            response
        }
        Reply::Events(pieces, script) => {
            let body = Pieces::new(pieces, script.end(), script.gap(gap));
            let mut response = Response::new(body);
            set(response.headers_mut(), "content-type", "text/event-stream; charset=utf-8");
            set(response.headers_mut(), "cache-control", "no-cache");
            response
        }
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Refuses methods other than the one that a path is for.
pub(crate) fn only(method: &Method, wanted: &Method) -> Result<(), Refusal> {
    if method == wanted {
        return Ok(());
    }
    Err(Refusal {
        message: format!("Not allowed to {method} on this path."),
        ..Refusal::of_status(405)
    })
}
