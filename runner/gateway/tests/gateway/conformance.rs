//! HTTP as nobody should send it, on plain sockets.

use crate::bed::Bed;
use crate::upstream::{PATIENCE, Step, Upstream, begin_stream, find, say, word};
use serde_json::json;
use std::time::Duration;
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

const SMUGGLED: &str = "GET /v1/smuggled HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

// ---- framing ---------------------------------------------------------------

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

// ---- targets and hosts -----------------------------------------------------

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

// ---- heads and bodies that are too large or too slow -------------------------

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

// ---- what else HTTP has ------------------------------------------------------

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

// ---- HTTP/2 ------------------------------------------------------------------

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const AWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// The head of a chat whose body is still to come: `POST`, `http`, path and authority.
fn head() -> Vec<u8> {
    let mut head = vec![0x83, 0x86, 0x04, 20];
    head.extend_from_slice(b"/v1/chat/completions");
    head.extend_from_slice(&[0x01, 1, b'a']);
    head
}

/// The frames that come back until the connection ends: their kinds and payloads.
async fn frames(client: &mut TcpStream) -> Vec<(u8, u32, Vec<u8>)> {
    let mut frames = Vec::new();
    let reading = async {
        loop {
            let mut start = [0; 9];
            if client.read_exact(&mut start).await.is_err() {
                return;
            }
            let length = u32::from_be_bytes([0, start[0], start[1], start[2]]);
            let stream = u32::from_be_bytes([start[5], start[6], start[7], start[8]]);
            let mut payload = vec![0; length as usize];
            if client.read_exact(&mut payload).await.is_err() {
                return;
            }
            frames.push((start[3], stream, payload));
        }
    };
    let ended = tokio::time::timeout(PATIENCE, reading).await;
    assert!(ended.is_ok(), "the connection stays open: {:?}", kinds(&frames));
    frames
}

fn kinds(frames: &[(u8, u32, Vec<u8>)]) -> Vec<u8> {
    frames.iter().map(|(kind, ..)| *kind).collect()
}

/// Sends these frames behind the preface, and gives what comes back.
async fn flood(bed: &Bed, sent: impl IntoIterator<Item = Vec<u8>>) -> Vec<(u8, u32, Vec<u8>)> {
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    client.write_all(PREFACE).await.expect("a socket");
    client.write_all(&frame(SETTINGS, 0, 0, &[])).await.expect("a socket");
    for frame in sent {
        if client.write_all(&frame).await.is_err() {
            break;
        }
    }
    frames(&mut client).await
}

/// Why the connection ended.
fn reason(frames: &[(u8, u32, Vec<u8>)]) -> Option<u32> {
    let (.., payload) = frames.iter().rev().find(|(kind, ..)| *kind == AWAY)?;
    Some(u32::from_be_bytes(payload.get(4..8)?.try_into().ok()?))
}

const CALM: u32 = 11;

#[tokio::test]
async fn streams_that_are_begun_and_broken_without_end_end_the_connection() {
    let bed = Bed::new("").await;
    let streams = (0..100_000_u32).map(|number| number * 2 + 1);
    let broken = streams.map(|stream| {
        let mut both = frame(HEADERS, END_HEADERS, stream, &head());
        both.extend(frame(RESET, 0, stream, &8_u32.to_be_bytes()));
        both
    });
    let came = flood(&bed, broken).await;
    // It may be told why, or find its connection broken.
    assert!(reason(&came).is_none_or(|why| why == CALM), "{:?}", kinds(&came));
    assert_eq!(bed.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn more_streams_than_a_connection_may_have_are_refused() {
    let bed = Bed::new("[gateway.limits]\nstall-ms = 300\nbody-ms = 300\n").await;
    let streams = (0..150_u32).map(|number| number * 2 + 1);
    let came =
        flood(&bed, streams.map(|stream| frame(HEADERS, END_HEADERS, stream, &head()))).await;
    let settings = &came.iter().find(|(kind, _, all)| *kind == SETTINGS && !all.is_empty());
    let settings = &settings.expect("settings").2;
    let most = settings.chunks(6).find(|setting| setting[..2] == [0, 3]).expect("a limit");
    assert_eq!(most[2..], 100_u32.to_be_bytes());
    let refused = came.iter().filter(|(kind, ..)| *kind == RESET);
    let refused = refused.filter(|(.., why)| why[..] == 7_u32.to_be_bytes()).count();
    let answered = came.iter().filter(|(kind, ..)| *kind == HEADERS).count();
    assert!(refused >= 20 || reason(&came) == Some(CALM), "{refused}: {:?}", kinds(&came));
    assert!(answered <= 100, "{answered}");
}

#[tokio::test]
async fn heads_of_http2_have_an_end_as_well() {
    let bed = Bed::new("[gateway.limits]\nstall-ms = 300\nhead-ms = 300\nbody-ms = 300\n").await;
    // One large header, in pieces that follow each other without end.
    let piece = vec![b'a'; 16_000];
    let mut first = head();
    first.extend_from_slice(&[0x00, 1, b'x', 0x7f, 0x81, 0xff, 0xff, 0x07]);
    let begin = std::iter::once(frame(HEADERS, 0, 1, &first));
    let endless = (0..2_000).map(|_| frame(CONTINUATION, 0, 1, &piece));
    let came = flood(&bed, begin.chain(endless)).await;
    assert!(
        !kinds(&came).contains(&DATA)
            || came.iter().any(|(kind, ..)| *kind == RESET || *kind == AWAY)
    );
    // A thousand small ones.
    let mut many = head();
    (0..10_000).for_each(|_| many.extend_from_slice(&[0x00, 1, b'x', 1, b'a']));
    let pieces: Vec<_> = many.chunks(16_000).collect();
    let last = pieces.len() - 1;
    let sent = pieces.iter().enumerate().map(|(index, piece)| {
        let kind = if index == 0 { HEADERS } else { CONTINUATION };
        frame(kind, if index == last { END_HEADERS } else { 0 }, 1, piece)
    });
    let came = flood(&bed, sent.collect::<Vec<_>>()).await;
    let answers = came.iter().filter(|(kind, ..)| *kind == HEADERS);
    // Status 431 is a literal in the answer's head; whatever it is, it is no 200.
    assert!(answers.into_iter().all(|(.., head)| head.first() != Some(&0x88)), "{came:?}");
}

#[tokio::test]
async fn pings_and_settings_without_end_cost_nothing() {
    let bed = Bed::new("[gateway.limits]\nhead-ms = 300\nstall-ms = 300\n").await;
    let pings = (0..10_000).map(|_| frame(PING, 0, 0, &[0; 8]));
    let settings = (0..10_000).map(|_| frame(SETTINGS, 0, 0, &[]));
    for sent in [pings.collect::<Vec<_>>(), settings.collect()] {
        // No request comes, and so the connection ends.
        flood(&bed, sent).await;
        assert_eq!(bed.get("/health/live").await.status, 200);
    }
}

#[tokio::test]
async fn a_client_of_http2_gets_its_answer() {
    let upstream = Upstream::new().await;
    upstream.script("m", [say("over two")]);
    let more = upstream.provider("up") + "[gateway.limits]\nhead-ms = 300\nstall-ms = 300\n";
    let bed = Bed::new(&more).await;
    let body = json!({ "model": "up/m", "messages": [{ "role": "user", "content": "hi" }] });
    let sent =
        [frame(HEADERS, END_HEADERS, 1, &head()), frame(DATA, 1, 1, body.to_string().as_bytes())];
    // The connection ends by itself, once nothing goes on there.
    let came = flood(&bed, sent).await;
    let data: Vec<u8> =
        came.into_iter().filter(|(kind, ..)| *kind == DATA).flat_map(|(.., data)| data).collect();
    assert!(find(&data, b"over two").is_some(), "{}", String::from_utf8_lossy(&data));
}

#[tokio::test]
async fn a_client_of_http2_that_leaves_takes_its_provider_along() {
    let upstream = Upstream::new().await;
    upstream.script("before", [vec![Step::Hold]]);
    upstream.script("within", [vec![begin_stream(), word("a"), Step::Hold]]);
    let bed = Bed::new(&upstream.provider("up")).await;
    let mut client = TcpStream::connect(bed.addr).await.expect("a connection");
    let mut sent = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    for (stream, model) in [(1, "up/before"), (3, "up/within")] {
        let body = json!({
            "model": model, "stream": true, "messages": [{ "role": "user", "content": "hi" }],
        });
        sent.extend(frame(HEADERS, END_HEADERS, stream, &head()));
        sent.extend(frame(DATA, 1, stream, body.to_string().as_bytes()));
    }
    client.write_all(&sent).await.expect("a socket");
    upstream.was_asked(2).await;
    // Each stream by itself: the connection stays.
    for (stream, left) in [(1, 1), (3, 2)] {
        let reset = frame(RESET, 0, stream, &8_u32.to_be_bytes());
        client.write_all(&reset).await.expect("a socket");
        upstream.was_left(left).await;
    }
}
