//! HTTP as nobody should send it, on plain sockets.

mod framing;
mod http2;
mod limits;
mod target;

use crate::bed::Bed;
use crate::upstream::PATIENCE;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A whole request for a chat, with more lines in its head.
fn chat(more: &str) -> String {
    let body =
        json!({ "model": "openai/gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    let body = body.to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{more}\r\n{body}",
        body.len()
    )
}

/// What comes back until the gateway closes the connection.
async fn all(bed: &Bed, sent: impl AsRef<[u8]>) -> String {
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    // It may have been closed before all was sent.
    let _ = client.write_all(sent.as_ref()).await;
    rest(&mut client).await
}

async fn rest(client: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, client.read_to_end(&mut answer)).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    assert!(read.is_ok(), "the connection stays open: {text}");
    text
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default()
}

fn answers(all: &str) -> usize {
    all.matches("HTTP/1.1 ").count()
}
