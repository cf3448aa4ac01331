//! Where a request wants to go, and what else HTTP has.

use super::{all, answers, chat, rest, status};
use crate::bed::Bed;
use crate::upstream::{PATIENCE, find};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn where_a_client_says_that_it_wants_to_go_changes_nothing() {
    let bed = Bed::new("").await;
    let close = "connection: close\r\n";
    let target = |target: &str| chat(close).replace("/v1/chat", target);
    let host = |host: &str| chat(close).replace("host: a", host);
    for (name, sent, expected) in [
        ("an absolute target", target("http://169.254.169.254/v1/chat"), 200),
        ("another scheme", target("gopher://a:1/v1/chat"), 200),
        ("another host", host("host: 169.254.169.254"), 200),
        // Nobody has said that this gateway is known by these names.
        ("a target that is not here", target("http://evil/v1/chat"), 403),
        ("somebody at a host", host("host: a@evil"), 403),
    ] {
        let answer = all(&bed, sent).await;
        assert_eq!(status(&answer), expected, "{name}: {answer}");
        let asked = bed.mock.take_requests();
        if expected != 200 {
            assert!(asked.is_empty(), "{name}");
            continue;
        }
        let host = bed.mock.addr().to_string();
        assert_eq!(asked.len(), 1, "{name}");
        assert_eq!(asked[0].header("host"), Some(host.as_str()), "{name}");
    }
    for target in ["CONNECT evil:443", "OPTIONS *", "GET http://evil/", "TRACE /v1/models"] {
        let answer = all(&bed, format!("{target} HTTP/1.1\r\nhost: evil\r\n{close}\r\n")).await;
        // The page is shown to nobody who comes by another name.
        assert!([403, 404, 405].contains(&status(&answer)), "{target}: {answer}");
    }
    assert!(bed.mock.take_requests().is_empty());
}

#[tokio::test]
async fn a_request_has_one_host() {
    let bed = Bed::new("").await;
    let close = "connection: close\r\n";
    for (sent, expected) in [
        (chat(close).replace("host: a\r\n", ""), 400),
        (chat(close).replace("host: a\r\n", "host: a\r\nhost: b\r\n"), 400),
        (chat(close).replace("host: a\r\n", "host: a\r\nHost: a\r\n"), 400),
        (chat(close), 200),
        ("GET /health/live HTTP/1.0\r\n\r\n".to_owned(), 200),
    ] {
        let answer = all(&bed, &sent).await;
        assert_eq!(status(&answer), expected, "{sent}\n{answer}");
    }
}

#[tokio::test]
async fn whoever_waits_to_be_asked_for_a_body_is_asked() {
    let bed = Bed::new("").await;
    let whole = chat("expect: 100-continue\r\nconnection: close\r\n");
    let (head, body) = whole.split_once("\r\n\r\n").expect("a body");
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    client.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("a socket");
    let mut read = Vec::new();
    while find(&read, b"\r\n\r\n").is_none() {
        let mut piece = [0; 256];
        let read_now = tokio::time::timeout(PATIENCE, client.read(&mut piece)).await;
        let count = read_now.expect("in time").expect("a socket");
        read.extend_from_slice(&piece[..count]);
    }
    assert!(read.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&read));
    client.write_all(body.as_bytes()).await.expect("a socket");
    assert_eq!(status(&rest(&mut client).await), 200);
}

#[tokio::test]
async fn methods_that_nobody_needs_have_their_answer() {
    let bed = Bed::new("").await;
    let close = "host: a\r\nconnection: close\r\n\r\n";
    let ask = async |start: &str| all(&bed, format!("{start} HTTP/1.1\r\n{close}")).await;
    let head = ask("HEAD /v1/models").await;
    assert_eq!(status(&head), 200, "{head}");
    assert!(head.ends_with("\r\n\r\n"), "a head has no body: {head}");
    for method in ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO", "HEAD"] {
        let answer = ask(&format!("{method} /v1/chat/completions")).await;
        assert_eq!(status(&answer), 405, "{method}: {answer}");
        assert!(answer.contains("allow: POST\r\n"), "{method}: {answer}");
    }
}

#[tokio::test]
async fn nobody_is_upgraded() {
    let bed = Bed::new("").await;
    for upgrade in [
        "upgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         sec-websocket-version: 13\r\nconnection: upgrade, close\r\n",
        "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\
         connection: upgrade, http2-settings, close\r\n",
    ] {
        let answer = all(&bed, chat(upgrade)).await;
        assert_eq!((answers(&answer), status(&answer)), (1, 200), "{answer}");
    }
}
