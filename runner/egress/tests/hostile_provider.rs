//! What a hostile provider, resolver or guest tries at the door. Every server here
//! is on loopback and plays fixed bytes.

mod door;

use door::{Door, KEY, get, hit, post};
use hotcell_egress::{Decision, ErrorKind, Limits, Rule};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn the_credential_is_added_and_never_seen() {
    let door = Door::plays("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let cell = door.cell();
    let endpoint = cell.endpoint("api").unwrap();
    let mut response = cell.send(endpoint, post("/chat", "{}")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.read(100).await.unwrap().unwrap(), "ok");
    assert!(response.read(100).await.unwrap().is_none());
    drop(response);
    let request = &door.requests()[0];
    assert!(request.contains(&format!("authorization: Bearer {KEY}")), "{request}");
    let everything = format!("{:?} {:?} {:?}", door.provider, cell, door.audit.records());
    assert!(!everything.contains(KEY), "{everything}");
    let decisions: Vec<Decision> =
        door.audit.records().into_iter().map(|record| record.decision).collect();
    assert!(matches!(decisions[0], Decision::Granted));
    let Decision::Finished { status, bytes_sent, bytes_received, .. } = &decisions[1] else {
        panic!("{decisions:?}")
    };
    assert_eq!((*status, *bytes_sent, *bytes_received), (Some(200), 2, 2));
}

#[tokio::test]
async fn an_echoed_key_is_scrubbed_wherever_it_stands() {
    let body = format!("{{\"you sent\":\"Bearer {KEY}\"}}");
    let head = format!(
        "HTTP/1.1 401 Unauthorized\r\nx-request-id: {KEY}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Byte by byte, so that no chunk holds the whole key.
    let door = Door::plays_in_pieces(&head, body.as_bytes(), 1).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(response.headers(), [("x-request-id".to_owned(), "[secret]".to_owned())]);
    let text = door::text(&mut response).await.unwrap();
    assert_eq!(text, "{\"you sent\":\"Bearer [secret]\"}");
}

#[tokio::test]
async fn a_key_inside_compression_is_scrubbed() {
    let body = door::gzip(format!("key {KEY} end").as_bytes());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let door = Door::plays_in_pieces(&head, &body, 3).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(door::text(&mut response).await.unwrap(), "key [secret] end");
}

#[tokio::test]
async fn a_redirect_is_handed_over_and_not_followed() {
    let door = Door::plays(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/steal\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let (response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(response.status(), 302);
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    assert_eq!(door.requests().len(), 1);
}

#[tokio::test]
async fn what_the_grant_does_not_name_is_denied_and_recorded() {
    let door = Door::plays("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let table = [
        (post("/files", ""), Rule::MethodAndPath),
        (get("/chat"), Rule::MethodAndPath),
        (post("/chat/../files", ""), Rule::PathForm),
        (post("/chat?key=x", ""), Rule::Query),
        (hit("/chat", &[("authorization", "Bearer mine")]), Rule::HeaderFloor),
        (hit("/chat", &[("x-other", "1")]), Rule::Header),
        (hit("/chat", &[("accept", "a\r\nhost: evil")]), Rule::HeaderForm),
    ];
    for (request, rule) in table {
        let shown = format!("{request:?}");
        let error = door.send(request).await.unwrap_err();
        assert_eq!((error.kind, error.rule), (ErrorKind::Denied, Some(rule)), "{shown}");
        let record = door.audit.take().pop().unwrap();
        let Decision::Denied { rule: recorded, .. } = record.decision else { panic!("{record:?}") };
        assert_eq!(recorded, rule, "{shown}");
    }
    let cell = door.cell();
    let error = cell.endpoint("other").unwrap_err();
    assert_eq!(error.rule, Some(Rule::Endpoint));
    assert!(!cell.has_been_denied_enough());
    assert!(door.requests().is_empty(), "a denied request reached the provider");
}

#[tokio::test]
async fn a_name_that_resolves_to_where_it_must_not_is_denied() {
    for address in [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "169.254.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fd00:ec2::254",
        "fe80::1",
    ] {
        let (cell, audit) = door::at_address("api.example.com", &[address], false);
        let error = door::send_with(cell, post("/chat", "{}")).await.unwrap_err();
        assert_eq!((error.kind, error.rule), (ErrorKind::Denied, Some(Rule::Address)), "{address}");
        let last = audit.records().pop().unwrap();
        assert!(matches!(last.decision, Decision::Denied { rule: Rule::Address, .. }), "{last:?}");
    }
}

#[tokio::test]
async fn one_bad_answer_among_good_ones_denies_all() {
    let (cell, _) = door::at_address("api.example.com", &["1.1.1.1", "127.0.0.1"], false);
    let error = door::send_with(cell, post("/chat", "{}")).await.unwrap_err();
    assert_eq!(error.rule, Some(Rule::Address));
}

#[tokio::test]
async fn metadata_stays_refused_where_private_addresses_are_allowed() {
    for address in ["169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200"] {
        let (cell, _) = door::at_address("api.example.com", &[address], true);
        let error = door::send_with(cell, post("/chat", "{}")).await.unwrap_err();
        assert_eq!(error.rule, Some(Rule::Address), "{address}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_judged_at_every_connection() {
    // The first connection goes to the server, as allowed; then the name turns.
    let door =
        Door::plays("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let resolver = Arc::new(door::Turning::new(door.port()));
    let (provider, _) =
        door::provider_with("turning.example.com", door.port(), resolver.clone(), true);
    let first = door::send_with(provider.cell("1"), post("/chat", "{}")).await;
    assert_eq!(first.unwrap().status(), 200);
    let second = door::send_with(provider.cell("2"), post("/chat", "{}")).await.unwrap_err();
    assert_eq!(second.rule, Some(Rule::Address));
    assert_eq!(resolver.asked(), 2);
}

#[tokio::test]
async fn a_bomb_is_stopped() {
    let body = door::gzip(&vec![b'a'; 20_000_000]);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let door = Door::plays_in_pieces(&head, &body, 4096).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    let error = door::text(&mut response).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_without_end_is_stopped() {
    let limits = Limits { response_bytes: 100_000, ..Limits::default() };
    let door = Door::endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 1000], limits).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(door::text(&mut response).await.unwrap_err().kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_without_end_that_decodes_to_nothing_is_stopped() {
    let limits = Limits { response_bytes: 100_000, ..Limits::default() };
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
    let door = Door::endless(head, &door::gzip(b"").repeat(50), limits).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(door::text(&mut response).await.unwrap_err().kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_provider_that_always_sends_something_is_not_listened_to_for_ever() {
    let limits = Limits { total_ms: 50, response_bytes: u64::MAX, ..Limits::default() };
    let door = Door::endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 1000], limits).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    let error = door::text(&mut response).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("whole exchange"), "{error}");
}

#[tokio::test]
async fn a_silent_provider_is_not_waited_for() {
    let limits = Limits { first_byte_ms: 50, idle_ms: 50, ..Limits::default() };
    let door = Door::with_limits("", limits.clone()).await;
    let error = door.send(post("/chat", "{}")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
    let door = Door::with_limits(head, limits).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(door::text(&mut response).await.unwrap_err().kind, ErrorKind::TimedOut);
}

#[tokio::test]
async fn limits_that_say_never_are_taken_at_their_word() {
    let never = u64::MAX;
    let limits =
        Limits { first_byte_ms: never, idle_ms: never, total_ms: never, ..Limits::default() };
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
    let door = Door::with_limits(head, limits).await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    assert_eq!(door::text(&mut response).await.unwrap(), "abc");
}

#[tokio::test]
async fn ten_thousand_headers_are_refused() {
    let headers: String = (0..10_000).map(|n| format!("x-h{n}: 1\r\n")).collect();
    let door = Door::plays(&format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n")).await;
    let error = door.send(post("/chat", "{}")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge, "{error:?}");
}

#[tokio::test]
async fn lengths_that_lie_or_contradict_are_malformed() {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let twice = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde";
    for contradiction in [chunked, twice] {
        let door = Door::plays(contradiction).await;
        let error = door.send(post("/chat", "{}")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::MalformedResponse, "{contradiction:?}: {error:?}");
    }
    let door = Door::plays_and_closes("HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nabc").await;
    let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
    let error = door::text(&mut response).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::MalformedResponse, "{error:?}");
}

#[tokio::test]
async fn a_coding_that_was_not_asked_for_is_malformed() {
    let door =
        Door::plays("HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx").await;
    let error = door.send(post("/chat", "{}")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::MalformedResponse);
}

#[tokio::test]
async fn calls_and_bytes_of_a_cell_are_counted() {
    let limits = Limits { calls: 2, request_bytes: 10, ..Limits::default() };
    let door = Door::with_limits("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", limits).await;
    let cell = door.cell();
    let endpoint = cell.endpoint("api").unwrap();
    assert_eq!(
        cell.send(endpoint, post("/chat", "12345678901")).await.unwrap_err().kind,
        ErrorKind::TooLarge
    );
    assert!(cell.send(endpoint, post("/chat", "1")).await.is_ok());
    let error = cell.send(endpoint, post("/chat", "1")).await.unwrap_err();
    assert_eq!(error.rule, Some(Rule::Limit));
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let door = Door::with_broken_audit("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let error = door.send(post("/chat", "{}")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal);
    assert!(door.requests().is_empty(), "an unrecorded request went out");
}

#[tokio::test]
async fn chunks_that_have_arrived_come_in_one_read_and_before_what_went_wrong_behind_them() {
    // Wherever a read ends before it.
    for count in (1..12).chain([100]) {
        let chunks = format!("64\r\n{}\r\n", "abcde".repeat(20)).repeat(count);
        let door = Door::plays(&format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}no chunk\r\n"
        ))
        .await;
        let (mut response, _) = door.send(post("/chat", "{}")).await.unwrap();
        let (mut reads, mut bytes) = (0, 0);
        let error = loop {
            match response.read(65_536).await {
                Ok(read) => bytes += read.expect("it never ends well").len(),
                Err(error) => break error,
            }
            reads += 1;
        };
        assert_eq!(error.kind, ErrorKind::MalformedResponse);
        assert_eq!(bytes, 100 * count, "{count}");
        assert!(reads <= 2 + count / 4, "{count}: {reads}");
        // It stays over.
        assert!(response.read(1).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn who_is_dropped_while_the_provider_is_silent_asks_it_no_more() {
    let door = Door::plays("").await;
    let cell = door.cell();
    let endpoint = cell.endpoint("api").unwrap();
    {
        let mut sending = std::pin::pin!(cell.send(endpoint, post("/chat", "{}")));
        let asked = async {
            while door.requests().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut sending => panic!("the provider never answers"),
            () = asked => {}
        }
    }
    // Long before the provider's time would be up.
    let ended = async {
        while door.audit.records().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("the exchange has ended");
    let last = door.audit.records().pop().unwrap().decision;
    assert!(matches!(last, Decision::Finished { status: None, .. }), "{last:?}");
}
