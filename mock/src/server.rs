//! Accepting, reading, recording, and choosing who answers.

use crate::answer::{Answer, Question, answer};
use crate::body::Pieces;
use crate::credential::{admit, issuer};
use crate::provider::{self, Provider};
use crate::script::{LONG, Refusal, Script};
use crate::{Behaviour, Recorded, State, bedrock};
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
#[derive(Clone)]
pub(crate) struct Asked<'a> {
    /// Who is asked.
    pub(crate) provider: &'static Provider,
    pub(crate) method: &'a Method,
    /// Without the provider's own prefix.
    pub(crate) path: &'a str,
    /// Without its question mark.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The body as it came, and as JSON where it is.
    pub(crate) bytes: Bytes,
    pub(crate) body: Value,
    /// By its body or path.
    pub(crate) model: String,
    /// The credential that was let in.
    pub(crate) credential: String,
    pub(crate) behaviour: Behaviour,
    /// Counts the requests of this mock.
    pub(crate) number: u64,
    /// What the mock remembers.
    pub(crate) state: &'a State,
}

impl<'a> Asked<'a> {
    /// The same with another body.
    pub(crate) fn with(&self, body: Value) -> Asked<'a> {
        Asked { body, ..self.clone() }
    }
}

/// What a provider's part answers.
pub(crate) enum Reply {
    Json(u16, Value),
    /// Anything else that comes whole, with its media type.
    Whole(&'static str, Bytes),
    /// The pieces of an event stream.
    Events(Vec<Bytes>, Script),
    /// The pieces of a stream of another media type.
    Stream(&'static str, Vec<Bytes>, Script),
}

async fn respond(
    request: hyper::Request<Incoming>,
    state: Arc<State>,
) -> Result<Response<Pieces>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut recorded = Recorded {
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
        checked: String::new(),
    };
    let (number, behaviour) = state.begin();
    let (delay, gap) = (behaviour.delay, behaviour.gap);
    if let Some((status, answer, checked)) = issuer::answer(&recorded, &behaviour, number, &state) {
        recorded.checked = checked;
        state.record(recorded);
        return Ok(write(Reply::Json(status, answer), gap));
    }

    let (provider, path) = provider(parts.uri.path(), &parts.headers);
    let admitted = admit(provider, &recorded, behaviour.key.as_deref(), &state);
    recorded.checked = match &admitted {
        Ok(admitted) => admitted.by.clone(),
        Err(refusal) => format!("refused with status {}", refusal.status),
    };
    state.record(recorded);
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let model = provider::model(path, &json);
    let script = Script::of(&model);
    let id = format!("req_mock_{number:06}");
    let reply = admitted.and_then(|admitted| {
        let asked = Asked {
            provider,
            method: &parts.method,
            path,
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            bytes: body,
            body: json,
            model,
            credential: admitted.credential,
            behaviour,
            number,
            state: &state,
        };
        (provider.reply)(&asked, script)
    });
    let mut failed = None;
    let reply = reply.unwrap_or_else(|refusal| {
        let answer = (provider.error)(&refusal, &id);
        let status = refusal.status;
        failed = Some(refusal);
        Reply::Json(status, answer)
    });
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut response = match (script, failed.is_some()) {
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
    set(headers, provider.id, &id);
    match provider.name {
        "anthropic" => set(headers, "anthropic-ratelimit-requests-remaining", "999"),
        "openai" => set(headers, "x-ratelimit-remaining-requests", "9999"),
        name if name.starts_with("bedrock") || name.starts_with("sagemaker") => {
            if let Some(refusal) = &failed {
                set(headers, "x-amzn-errortype", bedrock::exception(refusal));
            }
        }
        _ => {}
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

/// Who is asked, and the path without the prefix. Without a prefix it is OpenAI or Anthropic,
/// which both have a list of models at the same path.
fn provider<'a>(path: &'a str, headers: &HeaderMap) -> (&'static Provider, &'a str) {
    let plays_anthropic = path == "/v1/messages"
        || headers.contains_key("x-api-key")
        || headers.contains_key("anthropic-version");
    let usual = if plays_anthropic { &provider::ANTHROPIC } else { &provider::OPENAI };
    Provider::of(path).unwrap_or((usual, path))
}

fn write(reply: Reply, gap: Duration) -> Response<Pieces> {
    let (kind, pieces, script) = match reply {
        Reply::Json(status, value) => {
            let mut response = Response::new(Pieces::whole(value.to_string()));
            *response.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            set(response.headers_mut(), "content-type", "application/json");
            return response;
        }
        Reply::Whole(kind, bytes) => {
            let mut response = Response::new(Pieces::whole(bytes));
            set(response.headers_mut(), "content-type", kind);
            return response;
        }
        Reply::Events(pieces, script) => ("text/event-stream; charset=utf-8", pieces, script),
        Reply::Stream(kind, pieces, script) => (kind, pieces, script),
    };
    let mut response = Response::new(Pieces::new(pieces, script.end(), script.gap(gap)));
    set(response.headers_mut(), "content-type", kind);
    set(response.headers_mut(), "cache-control", "no-cache");
    response
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

impl Asked<'_> {
    /// Refuses methods other than the one that a path is for.
    pub(crate) fn only(&self, wanted: &Method) -> Result<(), Refusal> {
        if self.method == wanted {
            return Ok(());
        }
        Err(Refusal {
            message: format!("Not allowed to {} on this path.", self.method),
            ..Refusal::of_status(405)
        })
    }

    /// There is no such path.
    pub(crate) fn nowhere<T>(&self) -> Result<T, Refusal> {
        Err(Refusal {
            message: format!("Invalid URL ({} {})", self.method, self.path),
            ..Refusal::of_status(404)
        })
    }

    /// What the script of the model's name refuses, and a body that is none.
    pub(crate) fn refuse(&self, script: Script) -> Result<(), Refusal> {
        match script {
            Script::Status(status) => Err(Refusal::of_status(status)),
            Script::Quota => Err(Refusal::quota()),
            Script::UnknownModel => Err(Refusal::unknown_model(&self.model)),
            _ if !self.body.is_object() => Err(Refusal {
                message: "We could not parse the JSON body of your request.".to_owned(),
                ..Refusal::of_status(400)
            }),
            _ if self.model.is_empty() => {
                Err(Refusal::invalid("model", "you must provide a model parameter"))
            }
            _ => Ok(()),
        }
    }

    /// Answers a question.
    pub(crate) fn answer(&self, question: &Question, script: Script) -> Answer {
        answer(question, script, &self.behaviour, &self.credential)
    }
}
