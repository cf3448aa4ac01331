//! A collector of traces on loopback, which keeps what it was sent.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A collector, and what it says next.
#[derive(Clone)]
pub(crate) struct Collector {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Vec<Sent>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

/// What it was sent once.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Collector {
    /// One that says these statuses first, and 200 then.
    pub(crate) async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let statuses = Arc::new(Mutex::new(statuses.iter().copied().collect()));
        let collector = Self { addr, seen: Arc::default(), statuses };
        let serving = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let collector = serving.clone();
                let service = service_fn(move |request| {
                    let collector = collector.clone();
                    async move { Ok::<_, Infallible>(collector.take(request).await) }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                tokio::spawn(async move {
                    _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        collector
    }

    async fn take(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&body).expect("JSON");
        let path = head.uri.path().to_owned();
        self.seen.lock().unwrap().push(Sent { path, headers: head.headers, body });
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(200);
        Response::builder().status(status).body(Full::from("{}")).expect("a response")
    }

    pub(crate) fn seen(&self) -> Vec<Sent> {
        self.seen.lock().unwrap().clone()
    }

    /// All spans, in the order in which they came.
    pub(crate) fn spans(&self) -> Vec<Value> {
        let spans = |sent: &Sent| {
            let spans = &sent.body["resourceSpans"][0]["scopeSpans"][0]["spans"];
            spans.as_array().cloned().expect("spans")
        };
        self.seen().iter().flat_map(spans).collect()
    }
}

/// The value of a span's attribute, whatever its kind.
pub(crate) fn attribute(span: &Value, name: &str) -> Option<Value> {
    let all = span["attributes"].as_array()?;
    let value = &all.iter().find(|it| it["key"] == name)?["value"];
    value.as_object()?.values().next().cloned()
}
