//! HTTP/2.

use crate::bed::Bed;
use crate::upstream::{PATIENCE, Step, Upstream, begin_stream, find, say, word};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
