//! Where a request ends and another one begins.

use super::{all, answers, chat, status};
use crate::bed::Bed;

const SMUGGLED: &str = "GET /v1/smuggled HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Each of these is read in two ways by some server or other. None may lead to a second
/// request on the connection that was no request before.
#[tokio::test]
async fn what_can_be_framed_in_two_ways_smuggles_nothing() {
    let bed = Bed::new("").await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n";
    let hidden = SMUGGLED.len() + 5;
    let cases = [
        (
            "length and chunks",
            format!(
                "content-length: {hidden}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}"
            ),
        ),
        (
            "chunks and length",
            format!(
                "transfer-encoding: chunked\r\ncontent-length: {hidden}\r\n\r\n0\r\n\r\n{SMUGGLED}"
            ),
        ),
        (
            "two lengths",
            format!("content-length: 0\r\ncontent-length: {}\r\n\r\n{SMUGGLED}", SMUGGLED.len()),
        ),
        ("a list of lengths", format!("content-length: 0, {}\r\n\r\n{SMUGGLED}", SMUGGLED.len())),
        ("a length with a sign", format!("content-length: +0\r\n\r\n{SMUGGLED}")),
        ("a negative length", format!("content-length: -1\r\n\r\n{SMUGGLED}")),
        ("a hexadecimal length", format!("content-length: 0x0\r\n\r\n{SMUGGLED}")),
        (
            "a length past counting",
            format!("content-length: 99999999999999999999\r\n\r\n{SMUGGLED}"),
        ),
        ("a space before the colon", format!("content-length : 0\r\n\r\n{SMUGGLED}")),
        ("a folded line", format!("x-a: b\r\n content-length: 0\r\n\r\n{SMUGGLED}")),
        ("a folded coding", format!("transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n{SMUGGLED}")),
        ("another coding", format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{SMUGGLED}")),
        ("two codings", format!("transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{SMUGGLED}")),
        (
            "two codings in two lines",
            format!(
                "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n{SMUGGLED}"
            ),
        ),
        (
            "a tab before the coding's end",
            format!("transfer-encoding: chunked\x0b\r\n\r\n0\r\n\r\n{SMUGGLED}"),
        ),
        ("a quoted coding", format!("transfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n{SMUGGLED}")),
        ("a line end within a value", format!("x-a: b\rcontent-length: 0\r\n\r\n{SMUGGLED}")),
        ("a zero byte in a value", format!("x-a: b\0\r\ncontent-length: 0\r\n\r\n{SMUGGLED}")),
        ("a space in a name", format!("x a: b\r\n\r\n{SMUGGLED}")),
        ("no colon", format!("content-length\r\n\r\n{SMUGGLED}")),
        ("a chunk with a sign", format!("transfer-encoding: chunked\r\n\r\n-1\r\n\r\n{SMUGGLED}")),
        (
            "a chunk past counting",
            format!("transfer-encoding: chunked\r\n\r\n10000000000000000\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a chunk that is longer than it says",
            format!("transfer-encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a chunk that ends with a bare line end",
            format!("transfer-encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n{SMUGGLED}"),
        ),
    ];
    for (name, case) in cases {
        let answer = all(&bed, format!("{head}{case}")).await;
        assert!(answers(&answer) <= 1, "{name}: {answer}");
        assert!(!answer.contains("smuggled"), "{name}: {answer}");
        assert!(answer.is_empty() || status(&answer) == 400, "{name}: {answer}");
    }
    assert!(bed.mock.take_requests().is_empty(), "and nothing of it reached a provider");
}

/// What is only odd is read in one way, and what follows is a request of its own.
#[tokio::test]
async fn what_is_only_odd_is_read_in_one_way() {
    let bed = Bed::new("").await;
    for (name, sent) in [
        (
            "the same length twice",
            chat("content-length: 98\r\n").replace("content-length: 98\r\n\r\n", "\r\n"),
        ),
        ("bare line ends", "GET /health/live HTTP/1.1\nhost: a\n\n".to_owned()),
        ("lines before the first", format!("\r\n\r\n{}", chat(""))),
        ("extensions of chunks", {
            let whole = chat("");
            let body = whole.split_once("\r\n\r\n").expect("a body").1;
            format!(
                "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\
                 \r\n{:x};a=b\r\n{body}\r\n0\r\nx-trailer: 1\r\n\r\n",
                body.len()
            )
        }),
    ] {
        let answer = all(&bed, format!("{sent}{SMUGGLED}")).await;
        assert_eq!((answers(&answer), status(&answer)), (2, 200), "{name}: {answer}");
        assert!(answer.contains("no `/v1/smuggled` here"), "{name}: {answer}");
    }
}

#[tokio::test]
async fn requests_that_are_sent_at_once_are_answered_in_their_order() {
    let bed = Bed::new("").await;
    let sent: String = ["one", "two", "three"]
        .map(|word| {
            chat("").replace("\"hi\"", &format!("\"{word}\"")).replace("content-length: 76", "")
        })
        .join("");
    // Their lengths differ by the word.
    let sent = relength(&sent);
    let answer = all(&bed, sent + SMUGGLED).await;
    assert_eq!(answers(&answer), 4, "{answer}");
    let at = |word: &str| answer.find(word).unwrap_or_else(|| panic!("{word}: {answer}"));
    assert!(at("one") < at("two") && at("two") < at("three"), "{answer}");
}

/// Writes the lengths of bodies anew.
fn relength(sent: &str) -> String {
    let mut all = String::new();
    for request in sent.split("POST ").skip(1) {
        let (head, body) = request.split_once("\r\n\r\n").expect("a body");
        let head = head.lines().filter(|line| !line.starts_with("content-length"));
        let head: Vec<_> = head.filter(|line| !line.is_empty()).collect();
        let length = body.len();
        all += &format!("POST {}\r\ncontent-length: {length}\r\n\r\n{body}", head.join("\r\n"));
    }
    all
}
