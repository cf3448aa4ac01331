//! What clients sent is in memory no longer than somebody needs it: every share of it comes
//! back, however a request ends.

use crate::bed::{Answer, Bed};
use crate::upstream::{PATIENCE, Step, Upstream, begin_stream, end, find, role, say, word};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Room for one body of [`LARGE`] bytes, and not for two.
const ROOM: &str = "[gateway.limits]\nbodies-bytes = 65536\nbody-ms = 2000\n";
const LARGE: usize = 40 * 1024;

async fn bed() -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    let bed = Bed::new(&format!("{}{ROOM}", upstream.provider("up"))).await;
    upstream.script("small", [say("small")]);
    (upstream, bed)
}

fn chat(model: &str, stream: bool) -> Value {
    json!({
        "model": format!("up/{model}"), "stream": stream,
        "messages": [{ "role": "user", "content": "x".repeat(LARGE) }],
    })
}

async fn ask(bed: &Bed, model: &str) -> Answer {
    bed.post("/v1/chat/completions", chat(model, false)).await
}

/// Sends a large request on a plain socket, or the first of it.
async fn begin(bed: &Bed, model: &str, stream: bool, part: usize) -> TcpStream {
    let body = chat(model, stream).to_string();
    let length = body.len();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    let sent = head + &body[..length / part];
    client.write_all(sent.as_bytes()).await.expect("a socket");
    client
}

async fn read_until(client: &mut TcpStream, what: &str) {
    let mut read = Vec::new();
    let reading = async {
        while find(&read, what.as_bytes()).is_none() {
            assert!(client.read_buf(&mut read).await.expect("a socket") > 0, "it ended");
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time");
}

/// A body may be larger than what a cell can make of it. That is the request's fault, which no
/// repetition mends, and no fault of the gateway's.
#[tokio::test]
async fn a_request_that_no_cell_has_room_for_is_told_so() {
    let upstream = Upstream::new().await;
    let bed = Bed::new(&upstream.provider("up")).await;
    let content = "x".repeat(30 << 20);
    let chat = json!({ "model": "up/m", "messages": [{ "role": "user", "content": content }] });
    let answer = bed.post("/v1/chat/completions", chat.clone()).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "context_length_exceeded", "{}", answer.text());
    let mut messages = chat;
    messages["max_tokens"] = json!(9);
    let answer = bed.post("/v1/messages", messages).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let message = answer.json()["error"]["message"].clone();
    assert!(message.as_str().is_some_and(|it| it.starts_with("prompt is too long")), "{message}");
    assert!(upstream.asked().is_empty());
}

/// A list of nothing is short, and large once it is read.
#[tokio::test]
async fn what_is_large_once_it_is_read_is_counted_as_that() {
    let (upstream, bed) = bed().await;
    let asked = async |bed: &Bed, path: &str, values: usize| {
        let mut body = json!({
            "model": "up/small", "max_tokens": 9, "input": "hi", "query": "hi", "documents": ["hi"],
            "messages": [{ "role": "user", "content": "hi" }],
        });
        body["x"] = json!(vec![0; values]);
        bed.post(path, body).await
    };
    let chats = "/v1/chat/completions";
    assert_eq!(asked(&bed, chats, 400).await.status, 200);
    let answer = asked(&bed, chats, 600).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(asked(&bed, chats, 400).await.status, 200);
    // However much there is room for.
    let bed = Bed::new(&upstream.provider("up")).await;
    for path in [chats, "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/rerank"] {
        let answer = asked(&bed, path, 1_000_000).await;
        assert_eq!(answer.status, 413, "{path}: {}", answer.text());
    }
    // What is text is one value, whatever stands in it.
    let text = "[0,".repeat(500_000);
    let chat = json!({ "model": "up/small", "messages": [{ "role": "user", "content": text }] });
    assert_eq!(bed.post(chats, chat).await.status, 200);
}

/// Whoever leaves is not noticed at once.
async fn until_there_is_room(bed: &Bed) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask(bed, "small").await;
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(Instant::now() < deadline, "nothing is free again");
        tokio::task::yield_now().await;
    }
}

async fn is_full(bed: &Bed) {
    let answer = ask(bed, "small").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
}

#[tokio::test]
async fn a_stream_that_has_begun_holds_nothing_of_its_request() {
    let (upstream, bed) = bed().await;
    let (begun, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let script = vec![
        Step::Until(begun.clone()),
        begin_stream(),
        role(),
        word("begun"),
        Step::Until(done.clone()),
        end(),
        Step::Close,
    ];
    upstream.script("m", [script]);
    let mut client = begin(&bed, "m", true, 1).await;
    upstream.was_asked(1).await;
    // It may have to be asked again until then, and so it is kept.
    is_full(&bed).await;
    begun.notify_one();
    read_until(&mut client, "begun").await;
    assert_eq!(ask(&bed, "small").await.status, 200);
    done.notify_one();
    read_until(&mut client, "[DONE]").await;
    assert_eq!(ask(&bed, "small").await.status, 200);
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_nothing_behind() {
    let (upstream, bed) = bed().await;
    upstream.script("m", [vec![Step::Hold], vec![begin_stream(), word("begun"), Step::Hold]]);
    // Before its answer has begun, and in the middle of it.
    for (number, stream) in [(1, false), (2, true)] {
        let mut client = begin(&bed, "m", stream, 1).await;
        match stream {
            true => read_until(&mut client, "begun").await,
            false => {
                upstream.was_asked(1).await;
                is_full(&bed).await;
            }
        }
        drop(client);
        upstream.was_left(number).await;
        until_there_is_room(&bed).await;
    }
}

#[tokio::test]
async fn a_provider_that_breaks_leaves_nothing_behind() {
    let (upstream, bed) = bed().await;
    upstream.script("before", [vec![Step::Reset]]);
    upstream.script("within", [vec![begin_stream(), role(), word("begun"), Step::Reset]]);
    for stream in [false, true] {
        let answer = bed.post("/v1/chat/completions", chat("before", stream)).await;
        assert!(answer.status >= 500, "{}", answer.text());
        assert_eq!(ask(&bed, "small").await.status, 200);
    }
    let answer = bed.post("/v1/chat/completions", chat("within", true)).await;
    assert!(answer.text().contains("\"error\""), "{}", answer.text());
    assert_eq!(ask(&bed, "small").await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_come_whole_hold_what_came_and_not_for_long() {
    let (_upstream, bed) = bed().await;
    // Each has a third of all that there is: of four, one is told to come again at once, and the
    // others when they have had their time.
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(begin(&bed, "small", false, 2).await);
    }
    let mut refused = 0;
    for mut client in clients {
        let mut text = String::new();
        let reading = client.read_to_string(&mut text);
        _ = tokio::time::timeout(PATIENCE, reading).await.expect("an end in time");
        match text.split(' ').nth(1) {
            // What it still sent may have overtaken what it is told.
            Some("503") | None => refused += 1,
            Some("408") => {}
            _ => panic!("{text}"),
        }
    }
    assert_eq!(refused, 1);
    until_there_is_room(&bed).await;
    // And of those who leave instead.
    let clients = [begin(&bed, "small", false, 2).await, begin(&bed, "small", false, 2).await];
    drop(clients);
    until_there_is_room(&bed).await;
}
