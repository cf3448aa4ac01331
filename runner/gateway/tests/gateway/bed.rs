//! A gateway in front of a mock provider, and a plain client.

use bytes::Bytes;
use hotcell::{Allocation, Config, Runner};
use hotcell_gateway::{Gateway, Watch};
use hotcell_mock::Mock;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A gateway that runs, and the mock behind it.
pub(crate) struct Bed {
    pub(crate) mock: Mock,
    pub(crate) addr: SocketAddr,
    /// Where its metrics are, and nothing else.
    pub(crate) metrics: SocketAddr,
    /// What it sees of the audit.
    pub(crate) watch: Arc<Watch>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Bed {
    /// `openai` and `anthropic` lead to the mock. `more` is TOML that is added.
    pub(crate) async fn new(more: &str) -> Self {
        let mock = Mock::start().await.expect("a mock");
        let config = Self::config(&mock, more);
        Self::with(mock, config).await
    }

    /// What [`Self::new`] has, in front of this mock.
    pub(crate) fn config(mock: &Mock, more: &str) -> Config {
        let mut text = String::new();
        for name in ["openai", "anthropic", "cohere", "gemini", "openai-media"] {
            let endpoint = mock.endpoint(name).expect("a provider of the mock's");
            let key = format!("cmd:printf %s {}", Mock::KEY);
            text += &format!(
                "[providers.{name}]\nendpoints.api = \"{endpoint}\"\nsecrets.api-key = \"{key}\"\n\
                 allow-private = true\nallow-plaintext = true\n"
            );
        }
        text += more;
        Config::parse(&text, Path::new("hotcell.toml")).expect("a configuration")
    }

    /// Another gateway with the same providers. Its own mock is asked nothing.
    pub(crate) async fn beside(other: &Self, more: &str) -> Self {
        let idle = Mock::start().await.expect("a mock");
        Self::with(idle, Self::config(&other.mock, more)).await
    }

    /// With a configuration of one's own.
    pub(crate) async fn with(mock: Mock, mut config: Config) -> Self {
        // What is written by hand asks for these.
        let names = ["a", "169.254.169.254"].map(str::to_owned);
        config.gateway.get_or_insert_default().hosts.extend(names);
        let watch = Arc::new(Watch::default());
        let runner = Runner::builder().config(config).allocation(Allocation::Pooled(200));
        let runner = runner.audit(watch.clone()).build().expect("a runner");
        let gateway = Gateway::new(runner).expect("a gateway").watching(watch.clone());
        let listen = async || TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (listener, beside) = (listen().await, listen().await);
        let addr = listener.local_addr().expect("an address");
        let metrics = beside.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stop = async { _ = stopped.await };
            gateway.serve_with_metrics(vec![listener], vec![beside], stop).await;
        });
        Self { mock, addr, metrics, watch, stop: Some(stop), serving }
    }

    /// Sends JSON, and reads the answer to its end.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    /// The same with headers.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_string())).expect("a request");
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Full::default()).expect("a request")).await
    }

    /// Sends a request, and reads the answer to its end.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.open(request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        Answer { status, headers, body }
    }

    /// Sends a request on a connection of its own, which lives as long as the response.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> http::Response<Incoming> {
        self.open_at(self.addr, request).await
    }

    /// The same at another address of the gateway's.
    pub(crate) async fn open_at(
        &self,
        addr: SocketAddr,
        mut request: Request<Full<Bytes>>,
    ) -> http::Response<Incoming> {
        let stream = TcpStream::connect(addr).await.expect("a connection");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        let host = addr.to_string().parse().expect("a header");
        request.headers_mut().entry("host").or_insert(host);
        sender.send_request(request).await.expect("a response")
    }

    /// Stops it, and waits until it has.
    pub(crate) async fn stop(mut self) -> Mock {
        drop(self.stop.take());
        self.serving.await.expect("no panic");
        self.mock
    }

    /// Tells it to stop.
    pub(crate) fn begin_stop(&mut self) {
        drop(self.stop.take());
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
