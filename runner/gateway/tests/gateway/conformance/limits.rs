//! Heads and bodies that are too large, too many or too slow.

use super::{all, answers, chat, status};
use crate::bed::Bed;
use crate::upstream::PATIENCE;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn heads_have_an_end() {
    let bed = Bed::new("").await;
    let close = "connection: close\r\n";
    for (name, sent, expected) in [
        ("many headers", chat(&("x-a: b\r\n".repeat(200) + close)), 431),
        ("a large header", chat(&format!("x-a: {}\r\n{close}", "b".repeat(100_000))), 431),
        ("a head without end", format!("GET / HTTP/1.1\r\nx-a: {}", "b".repeat(1_000_000)), 431),
        ("a long target", format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100_000)), 431),
        ("a long method", "A".repeat(100_000), 431),
        (
            "what is large, and not too large",
            chat(&format!("x-a: {}\r\n{close}", "b".repeat(30_000))),
            200,
        ),
    ] {
        let answer = all(&bed, sent).await;
        // A client that goes on sending may find its connection broken instead.
        assert!(
            answer.is_empty() && expected != 200 || [expected, 400].contains(&status(&answer)),
            "{name}: {answer}"
        );
    }
}

#[tokio::test]
async fn whoever_sends_too_slowly_is_let_go() {
    let bed = Bed::new("[gateway.limits]\nhead-ms = 200\nbody-ms = 200\n").await;
    for (name, sent, expected) in [
        ("nothing at all", "", None),
        ("the beginning of HTTP/2", "PRI * HTTP/2", None),
        ("the beginning of HTTP/2, whole", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        ("half a head", "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n", None),
        (
            "half a body",
            "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{",
            Some(408),
        ),
        (
            "half a body in chunks",
            "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
            Some(408),
        ),
    ] {
        // It ends by itself, or this takes longer than anybody is patient.
        let answer = all(&bed, sent).await;
        match expected {
            None => assert!(!answer.contains(" 200 "), "{name}: {answer}"),
            Some(expected) => assert_eq!(status(&answer), expected, "{name}: {answer}"),
        }
    }
    assert_eq!(bed.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn bodies_have_an_end() {
    let bed = Bed::new("[gateway.limits]\nbody-bytes = 1000\n").await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n";
    // One that says it is too large is not read, not even asked for.
    let declared = format!("{head}content-length: 1001\r\nexpect: 100-continue\r\n\r\n");
    let answer = all(&bed, declared).await;
    assert_eq!((answers(&answer), status(&answer)), (1, 413), "{answer}");
    // One that does not say so is read as far as it may.
    let chunks =
        format!("{head}transfer-encoding: chunked\r\n\r\n{}", "a\r\n0123456789\r\n".repeat(101));
    let answer = all(&bed, chunks).await;
    assert_eq!(status(&answer), 413, "{answer}");
    assert!(answer.contains("1000 bytes"), "{answer}");
}

#[tokio::test]
async fn all_bodies_together_have_an_end() {
    let bed = Bed::new("[gateway.limits]\nbodies-bytes = 4096\n").await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n";
    let mut holding = TcpStream::connect(bed.addr).await.expect("a connection");
    let part = format!("{head}content-length: 4097\r\n\r\n{}", " ".repeat(4096));
    holding.write_all(part.as_bytes()).await.expect("a socket");
    // It holds all that there is, once it has arrived.
    let asking = async {
        loop {
            let answer = all(&bed, chat("connection: close\r\n")).await;
            if status(&answer) != 200 {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE, asking).await.expect("a refusal");
    assert_eq!(status(&answer), 503, "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    drop(holding);
    let asking = async {
        while status(&all(&bed, chat("connection: close\r\n")).await) != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("what was held is free again");
}
