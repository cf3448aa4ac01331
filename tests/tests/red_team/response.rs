//! No provider, and nobody between, breaks the host with what it sends: each
//! malformed response is a typed failure, and poisons nothing that comes after.

use crate::world::{Setup, assert_kind};
use hotcell::egress::{Decision, MemoryAudit};
use hotcell::types::FailureKind;
use hotcell_tests::loopback::{Step, chunked, head, response, whole};

fn raw(text: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Send(text.into())]
}

fn finished_with_an_error(audit: &MemoryAudit) {
    let records = audit.take();
    let last = records.last().map(|record| &record.decision);
    assert!(matches!(last, Some(Decision::Finished { error: Some(_), .. })), "{records:?}");
}

async fn fails_as(kind: FailureKind, steps: Vec<Step>) {
    let shown = format!("{steps:?}").chars().take(200).collect::<String>();
    let world = Setup::scripted(move |_| steps.clone()).open().await;
    let error = world.failed("gpt").await;
    assert_eq!(error.kind(), kind, "{error} after {shown}");
    finished_with_an_error(&world.audit);
    assert_eq!(world.server.received().len(), 1, "it was not sent again");
    world.goes_on().await;
}

#[tokio::test]
async fn ten_thousand_headers_are_too_many() {
    let mut flood = head("200 OK", &[("content-length", "0")]);
    for number in 0..10_000 {
        flood.extend_from_slice(format!("x-ratelimit-{number}: 1\r\n").as_bytes());
    }
    flood.extend_from_slice(b"\r\n");
    fails_as(FailureKind::TooLarge, raw(flood)).await;
}

#[tokio::test]
async fn a_few_headers_too_many_are_too_many() {
    let mut flood = head("200 OK", &[("content-length", "0")]);
    for number in 0..200 {
        flood.extend_from_slice(format!("x-{number}: 1\r\n").as_bytes());
    }
    flood.extend_from_slice(b"\r\n");
    fails_as(FailureKind::TooLarge, raw(flood)).await;
}

#[tokio::test]
async fn a_gigantic_header_is_too_large() {
    let value = "x".repeat(1 << 20);
    fails_as(FailureKind::TooLarge, whole("200 OK", &[("x-request-id", &value)], "")).await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_too_large() {
    let line = b"x-more: and more\r\n".repeat(1000);
    let steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::SendForEver(line)];
    fails_as(FailureKind::TooLarge, steps).await;
    let steps = vec![Step::Send(b"HTTP/1.1 200 ".to_vec()), Step::SendForEver(vec![b'O'; 9999])];
    fails_as(FailureKind::TooLarge, steps).await;
}

#[tokio::test]
async fn a_length_that_contradicts_the_transfer_coding_is_refused() {
    for (length, coding) in [
        ("5", "chunked"),
        ("0", "chunked"),
        ("5", "identity, chunked"),
        ("5", "Chunked"),
        ("5", "gzip, chunked"),
    ] {
        let mut bytes =
            head("200 OK", &[("content-length", length), ("transfer-encoding", coding)]);
        bytes.extend_from_slice(b"\r\n5\r\nhello\r\n0\r\n\r\n");
        fails_as(FailureKind::MalformedResponse, raw(bytes)).await;
        let mut bytes =
            head("200 OK", &[("transfer-encoding", coding), ("content-length", length)]);
        bytes.extend_from_slice(b"\r\n5\r\nhello\r\n0\r\n\r\n");
        fails_as(FailureKind::MalformedResponse, raw(bytes)).await;
    }
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    for lengths in [["5", "6"], ["0", "5"], ["5, 6", "5"]] {
        let headers = lengths.map(|length| ("content-length", length));
        let mut bytes = head("200 OK", &headers);
        bytes.extend_from_slice(b"\r\nhello!");
        fails_as(FailureKind::MalformedResponse, raw(bytes)).await;
    }
}

#[tokio::test]
async fn a_length_that_is_no_number_is_refused() {
    for length in ["-1", "+5", "0x5", "5 5", "five", "", "99999999999999999999999"] {
        let mut bytes = head("200 OK", &[("content-length", length)]);
        bytes.extend_from_slice(b"\r\nhello");
        fails_as(FailureKind::MalformedResponse, raw(bytes)).await;
    }
}

#[tokio::test]
async fn a_body_that_is_shorter_than_it_says_has_ended_early() {
    let mut bytes = head("200 OK", &[("content-length", "500")]);
    bytes.extend_from_slice(b"\r\nhello");
    fails_as(FailureKind::MalformedResponse, vec![Step::Send(bytes), Step::Close]).await;
    let mut bytes = head("200 OK", &[("transfer-encoding", "chunked")]);
    bytes.extend_from_slice(b"\r\n5\r\nhello\r\n");
    fails_as(FailureKind::MalformedResponse, vec![Step::Send(bytes), Step::Close]).await;
}

/// What comes behind a body is not the answer to somebody else's request.
#[tokio::test]
async fn a_body_that_is_longer_than_it_says_poisons_nothing() {
    let script = |_: &_| {
        let mut steps = response("hello");
        steps.extend(response("POISON"));
        let joined = steps.into_iter().flat_map(|step| match step {
            Step::Send(bytes) => bytes,
            _ => Vec::new(),
        });
        raw(joined.collect::<Vec<_>>())
    };
    let world = Setup::scripted(script).open().await;
    for _ in 0..5 {
        assert_eq!(world.told("gpt").await, "hello");
    }
    world.goes_on().await;
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    for chunks in [
        "zz\r\nhello\r\n",
        "-5\r\nhello\r\n",
        "fffffffffffffffff\r\nhello\r\n",
        "5\r\nhelloo\r\n",
        " \r\n",
        "5;",
    ] {
        let mut bytes = head("200 OK", &[("transfer-encoding", "chunked")]);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(chunks.as_bytes());
        let steps = vec![Step::Send(bytes), Step::Close];
        fails_as(FailureKind::MalformedResponse, steps).await;
    }
}

#[tokio::test]
async fn a_chunk_with_an_endless_extension_is_given_up() {
    let mut bytes = head("200 OK", &[("transfer-encoding", "chunked")]);
    bytes.extend_from_slice(b"\r\n5;");
    let steps = vec![Step::Send(bytes), Step::SendForEver(vec![b'x'; 4096])];
    fails_as(FailureKind::MalformedResponse, steps).await;
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    for bytes in [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n".as_slice(),
        b"\x16\x03\x01\x00\x05hello",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 99 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n",
    ] {
        let steps = vec![Step::Send(bytes.to_vec()), Step::Close];
        fails_as(FailureKind::MalformedResponse, steps).await;
    }
}

#[tokio::test]
async fn a_connection_that_closes_at_once_is_a_failure() {
    let world = Setup::scripted(|_| vec![Step::Close]).open().await;
    let error = world.failed("gpt").await;
    let kinds = [FailureKind::Unreachable, FailureKind::MalformedResponse];
    assert!(kinds.contains(&error.kind()), "{error}");
    finished_with_an_error(&world.audit);
    world.goes_on().await;
}

#[tokio::test]
async fn interim_responses_for_ever_are_given_up() {
    let mut setup = Setup::scripted(|_| {
        vec![Step::SendForEver(b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100))]
    });
    setup.egress.first_byte_ms = 50;
    let world = setup.open().await;
    assert_kind(&world.failed("gpt").await, FailureKind::TimedOut, "did not begin to answer");
    finished_with_an_error(&world.audit);
    world.goes_on().await;
}

#[tokio::test]
async fn an_upgrade_that_nobody_asked_for_is_refused() {
    let switching = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    fails_as(FailureKind::MalformedResponse, raw(switching)).await;
}

#[tokio::test]
async fn trailers_are_not_seen() {
    let script = |_: &_| {
        let mut steps = chunked(&[("trailer", "x-request-id")], [b"hello".as_slice()]);
        steps.pop();
        steps.push(Step::Send(b"0\r\nx-request-id: TRAILER\r\n\r\n".to_vec()));
        steps
    };
    let world = Setup::scripted(script).open().await;
    let told = world.told("endpoint-dropped").await;
    assert!(told.contains("GOT body hello") && !told.contains("TRAILER"), "{told}");
    world.goes_on().await;
}

#[tokio::test]
async fn only_the_headers_that_were_granted_are_seen() {
    let headers = [
        ("X-Request-Id", "id"),
        ("x-ratelimit-limit", "7"),
        ("x-internal-host", "db-7"),
        ("server", "nginx"),
        ("location", "http://10.0.0.1/"),
        ("set-cookie", "session=1"),
    ];
    let world = Setup::scripted(move |_| whole("200 OK", &headers, "")).open().await;
    let told = world.told("key-in-headers").await;
    let mut lines = told.lines().filter(|line| line.starts_with("GOT header"));
    assert_eq!(lines.next(), Some("GOT header x-request-id: id"));
    assert_eq!(lines.next(), Some("GOT header x-ratelimit-limit: 7"));
    assert_eq!(lines.next(), None);
    world.goes_on().await;
}

#[tokio::test]
async fn broken_compression_is_refused() {
    let gzip = |bytes: &[u8]| whole("200 OK", &[("content-encoding", "gzip")], bytes);
    for bytes in [b"not gzip at all".as_slice(), b"\x1f\x8b", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff"] {
        fails_as(FailureKind::MalformedResponse, gzip(bytes)).await;
    }
    for coding in ["br", "zstd", "gzip, gzip", "compress", "x"] {
        let steps = whole("200 OK", &[("content-encoding", coding)], "hello");
        fails_as(FailureKind::MalformedResponse, steps).await;
    }
    let twice = [("content-encoding", "gzip"), ("content-encoding", "gzip")];
    fails_as(FailureKind::MalformedResponse, whole("200 OK", &twice, "hello")).await;
}
