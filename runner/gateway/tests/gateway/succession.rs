//! One gateway after another at the same address: what becomes of connections that the first
//! one has, whatever is under way on them.

use crate::bed::Bed;
use crate::upstream::{PATIENCE, Step, Upstream, begin_stream, end, role, word};
use bytes::Bytes;
use hotcell::{Allocation, Config, Runner};
use hotcell_gateway::{Gateway, Order, Passage, packet};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

/// One of them.
struct Serving {
    order: watch::Sender<Order>,
    retired: Option<oneshot::Receiver<()>>,
    serving: JoinHandle<()>,
}

/// Two gateways, of which the second has a model more.
struct Two {
    upstream: Upstream,
    addr: SocketAddr,
    listener: std::net::TcpListener,
    ends: (std::os::fd::OwnedFd, std::os::fd::OwnedFd),
    first: Serving,
    second: Option<Serving>,
    /// Has a mock, which has to live.
    _bed: Bed,
}

impl Two {
    async fn new() -> Self {
        let upstream = Upstream::new().await;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let addr = listener.local_addr().expect("an address");
        let ends = packet::pair().expect("a way");
        let first = serve(&upstream, "", &listener, &ends);
        let bed = Bed::new("").await;
        Self { upstream, addr, listener, ends, first, second: None, _bed: bed }
    }

    /// The second one serves from now on.
    async fn succeed(&mut self) {
        self.first.order.send_replace(Order::Retire);
        let retired = self.first.retired.take().expect("it serves");
        tokio::time::timeout(PATIENCE, retired).await.expect("in time").expect("it retires");
        let new = "[gateway.models.new]\ndeployments = [\"up/m\"]\n";
        self.second = Some(serve(&self.upstream, new, &self.listener, &self.ends));
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.expect("a connection")
    }

    /// The first one has ended, in its own time.
    async fn first_has_ended(self) {
        tokio::time::timeout(PATIENCE, self.first.serving)
            .await
            .expect("an end")
            .expect("no panic");
    }
}

fn serve(
    upstream: &Upstream,
    more: &str,
    listener: &std::net::TcpListener,
    ends: &(std::os::fd::OwnedFd, std::os::fd::OwnedFd),
) -> Serving {
    let text = upstream.provider("up") + more;
    let config = Config::parse(&text, Path::new("hotcell.toml")).expect("a configuration");
    let runner = Runner::builder().config(config).allocation(Allocation::Pooled(20));
    let gateway = Gateway::new(runner.build().expect("a runner")).expect("a gateway");
    let listener = listener.try_clone().expect("a socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
    let again = |end: &std::os::fd::OwnedFd| end.try_clone().expect("a way");
    let passage = Passage::new(again(&ends.0), again(&ends.1));
    let (order, orders) = watch::channel(Order::Serve);
    let (tell, retired) = oneshot::channel();
    let serving = tokio::spawn(async move {
        gateway.serve_in_turn(vec![listener], Vec::new(), passage, orders, tell).await;
    });
    Serving { order, retired: Some(retired), serving }
}

fn post(version: &str, more: &str) -> String {
    let body = r#"{"model":"up/m","stream":true,"messages":[{"role":"user","content":"a"}]}"#;
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/{version}\r\nhost: localhost\r\n{more}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn until(stream: &mut TcpStream, what: &str) -> String {
    let mut text = String::new();
    while !text.contains(what) {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await;
        let read = read.expect("in time").expect("a connection");
        assert!(read > 0, "it was closed: {text}");
        text += &String::from_utf8_lossy(&bytes[..read]);
    }
    text
}

fn waiting(go: &Arc<Notify>) -> Vec<Step> {
    let go = go.clone();
    vec![begin_stream(), role(), word("one "), Step::Until(go), word("two"), end(), Step::Close]
}

#[tokio::test]
async fn who_has_retired_answers_nobody_who_asks_later() {
    let mut two = Two::new().await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = two.connect().await;
        client.write_all(MODELS.as_bytes()).await.expect("a socket");
        assert!(!until(&mut client, "]}").await.contains("\"new\""));
        clients.push(client);
    }
    two.succeed().await;
    for client in &mut clients {
        client.write_all(MODELS.as_bytes()).await.expect("a socket");
        until(client, "\"new\"").await;
    }
    two.first_has_ended().await;
}

const MODELS: &str = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn whoever_wants_a_connection_closed_has_it_closed() {
    let mut two = Two::new().await;
    let go = Arc::new(Notify::new());
    for (version, more) in [("1.1", "connection: close\r\n"), ("1.0", "")] {
        two.upstream.script("m", [waiting(&go)]);
        let mut client = two.connect().await;
        client.write_all(post(version, more).as_bytes()).await.expect("a socket");
        until(&mut client, "one ").await;
        if two.second.is_none() {
            two.succeed().await;
        }
        go.notify_one();
        let mut rest = String::new();
        let read = tokio::time::timeout(PATIENCE, client.read_to_string(&mut rest)).await;
        read.expect("an end").expect("a whole answer");
        assert!(rest.contains("two") && rest.contains("[DONE]"), "{rest}");
    }
    two.first_has_ended().await;
}

#[tokio::test]
async fn a_request_whose_body_is_on_its_way_is_answered_and_the_next_one_by_the_next() {
    let mut two = Two::new().await;
    two.upstream.script("m", [vec![begin_stream(), role(), word("one "), end(), Step::Close]]);
    let mut client = two.connect().await;
    let request = post("1.1", "");
    let (first, rest) = request.split_at(request.len() - 5);
    client.write_all(first.as_bytes()).await.expect("a socket");
    // What comes at once on the same connection is answered in its order.
    let mut other = two.connect().await;
    other.write_all(MODELS.as_bytes()).await.expect("a socket");
    assert!(!until(&mut other, "]}").await.contains("\"new\""));
    two.succeed().await;
    let both = format!("{rest}{MODELS}");
    client.write_all(both.as_bytes()).await.expect("a socket");
    let answers = until(&mut client, "\"list\"").await;
    assert!(answers.contains("[DONE]"), "{answers}");
    client.write_all(MODELS.as_bytes()).await.expect("a socket");
    until(&mut client, "\"new\"").await;
    two.first_has_ended().await;
}

#[tokio::test]
async fn what_is_left_of_a_refused_request_is_no_request_of_the_next() {
    let mut two = Two::new().await;
    let hidden = "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut client = two.connect().await;
    // It is refused by its head, and nobody reads its body.
    let length = hidden.len() + 100_000;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n\
         content-length: {length}\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.expect("a socket");
    until(&mut client, "invalid_request_error").await;
    two.succeed().await;
    let _ = client.write_all(hidden.repeat(2).as_bytes()).await;
    let mut rest = Vec::new();
    let read = tokio::time::timeout(PATIENCE, client.read_to_end(&mut rest)).await;
    let _ = read.expect("it is closed");
    let rest = String::from_utf8_lossy(&rest);
    assert!(!rest.contains("\"ok\""), "{rest}");
    two.first_has_ended().await;
}

#[tokio::test]
async fn a_connection_of_http2_ends_its_streams_and_is_told_to_go() {
    let mut two = Two::new().await;
    let go = Arc::new(Notify::new());
    two.upstream.script("m", [waiting(&go)]);
    let connect = async |addr| {
        let stream = TcpStream::connect(addr).await.expect("a connection");
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.expect("HTTP/2");
        (sender, tokio::spawn(connection))
    };
    let request = |body: &str| {
        Request::post("http://localhost/v1/chat/completions")
            .header("content-type", "application/json")
            .body(Full::<Bytes>::from(body.to_owned()))
            .expect("a request")
    };
    let body = r#"{"model":"up/m","stream":true,"messages":[{"role":"user","content":"a"}]}"#;
    let (mut sender, connection) = connect(two.addr).await;
    let mut response = sender.send_request(request(body)).await.expect("an answer");
    let first = response.body_mut().frame().await.expect("a frame").expect("a stream");
    assert!(first.is_data());
    two.succeed().await;
    // It is told (`GOAWAY`); until it has heard of it, what it asks is answered here.
    while let Ok(()) = sender.ready().await {
        let live = Request::get("http://localhost/health/live").body(Full::default());
        match sender.send_request(live.expect("a request")).await {
            Ok(answer) => assert_eq!(answer.status(), 200),
            Err(_) => break,
        }
    }
    let (mut anew, _connection) = connect(two.addr).await;
    let models = Request::get("http://localhost/v1/models").body(Full::default());
    let models = anew.send_request(models.expect("a request")).await.expect("an answer");
    let models = models.into_body().collect().await.expect("a body").to_bytes();
    assert!(String::from_utf8_lossy(&models).contains("\"new\""));
    go.notify_one();
    let rest = response.into_body().collect().await.expect("a whole stream").to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("two") && rest.contains("[DONE]"), "{rest}");
    connection.await.expect("no panic").expect("an end in order");
    two.first_has_ended().await;
}
