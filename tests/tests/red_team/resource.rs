//! Whatever the host pays for is bounded, and each bound is a typed failure.

use crate::world::{Setup, World, assert_kind};
use flate2::Compression;
use flate2::write::GzEncoder;
use hotcell::egress::{Decision, Rule};
use hotcell::types::{EmbedRequest, Event, FailureKind};
use hotcell::{Allocation, bundle};
use hotcell_tests::lines::Lines;
use hotcell_tests::loopback::{Step, chunk, head, response, whole};
use std::io::Write;
use std::time::Duration;

const MEBIBYTE: usize = 1 << 20;

#[tokio::test]
pub(super) async fn state_kept() {
    for allocation in [Allocation::OnDemand, Allocation::Pooled(1)] {
        let world = Setup { allocation, ..Setup::default() }.open().await;
        for _ in 0..3 {
            assert_eq!(world.told("state-kept").await, "there is no note");
        }
        world.goes_on().await;
    }
}

#[tokio::test]
pub(super) async fn memory_left_behind() {
    // With a pool of one cell, each request gets the memory of the one before.
    for allocation in [Allocation::Pooled(1), Allocation::OnDemand] {
        let world = Setup { allocation, ..Setup::default() }.open().await;
        for _ in 0..3 {
            assert_eq!(world.told("memory-left-behind").await, "fresh memory is empty");
        }
        world.goes_on().await;
    }
}

async fn computes_too_long(name: &str, events: usize) {
    let mut setup = Setup::default();
    setup.limits.cpu_ms = 50;
    let world = setup.open().await;
    let (seen, error) = world.events(name).await;
    assert_eq!(seen.len(), events, "{name}");
    let error = error.expect("its time is up");
    assert_kind(&error, FailureKind::TimedOut, "computed for longer than its limit");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn loop_forever() {
    computes_too_long("loop-forever", 0).await;
}

#[tokio::test]
pub(super) async fn loop_in_next() {
    computes_too_long("loop-in-next", 1).await;
}

#[tokio::test]
pub(super) async fn loop_through_host() {
    computes_too_long("loop-through-host", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_that_computes_for_ever_does_not_stop_the_others() {
    let mut setup = Setup::default();
    setup.limits.cpu_ms = 2_000;
    let world = setup.open().await;
    // More of them than there are threads; the polite request gets its turn.
    let model = "hostile/loop-forever";
    let request = || hotcell::types::ChatRequest::user("x");
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let runner = world.runner.clone();
            tokio::spawn(async move { runner.chat(model, request()).await.map(|_| ()) })
        })
        .collect();
    world.goes_on().await;
    assert!(loops.iter().all(|cell| !cell.is_finished()), "the polite one had to wait for them");
    loops.iter().for_each(|cell| cell.abort());
}

/// A quick model's stream leaves an honest cell to wait in steps shorter than a tick of
/// the clock that bounds its computing.
#[tokio::test]
async fn waiting_in_short_steps_is_not_computing() {
    const PIECES: usize = 200;
    let mut setup = Setup::scripted(|_| {
        let length = PIECES.to_string();
        let head = head("200 OK", &[("content-length", &length)]);
        let piece = || [Step::Pause(Duration::from_millis(2)), Step::Send(b"x".to_vec())];
        let begin = [Step::Send([head, b"\r\n".to_vec()].concat())];
        begin.into_iter().chain((0..PIECES).flat_map(|_| piece())).collect()
    });
    setup.limits.cpu_ms = 100;
    let world = setup.open().await;
    assert_eq!(world.told("body-read").await, format!("GOT all {PIECES} bytes"));
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn recurse() {
    let world = World::open().await;
    let error = world.failed("recurse").await;
    assert_eq!(error.kind(), FailureKind::Internal, "{error}");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn memory_grown() {
    // As much as it may have, be that more or less than usual, and no more.
    for (allocation, least, most) in [
        (Allocation::OnDemand, 1, 8),
        (Allocation::Pooled(1), 1, 8),
        (Allocation::OnDemand, 65, 100),
        (Allocation::Pooled(1), 65, 100),
    ] {
        let mut setup = Setup { allocation, ..Setup::default() };
        setup.limits.memory_bytes = most * MEBIBYTE;
        let world = setup.open().await;
        let told = world.told("memory-grown").await;
        let taken = told.strip_prefix("took ").and_then(|rest| rest.strip_suffix(" MiB"));
        let taken: usize = taken.and_then(|number| number.parse().ok()).expect("a number");
        assert!((least..most).contains(&taken), "{allocation:?} {told}");
        world.goes_on().await;
    }
}

#[tokio::test]
pub(super) async fn memory_exhausted() {
    let mut setup = Setup::default();
    setup.limits.memory_bytes = 8 * MEBIBYTE;
    let world = setup.open().await;
    // It has asked nobody, and so it is as if the request had needed it.
    assert_kind(&world.failed("memory-exhausted").await, FailureKind::TooLarge, "out of memory");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn endpoints_held() {
    let world = World::open().await;
    let error = world.failed("endpoints-held").await;
    assert_kind(&error, FailureKind::Internal, "more endpoints and responses than its limit");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn responses_held() {
    let mut setup = Setup::default();
    setup.limits.handles = 8;
    let world = setup.open().await;
    let error = world.failed("responses-held").await;
    assert_kind(&error, FailureKind::Internal, "more endpoints and responses than its limit");
    assert!(world.server.received().len() <= 8);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn calls_made() {
    let mut setup = Setup::default();
    setup.egress.calls = 3;
    let world = setup.open().await;
    let told = world.told("calls-made").await;
    assert!(told.starts_with("made 3, then denied by limit: "), "{told}");
    assert_eq!(world.denials(), [Rule::Limit]);
    assert_eq!(world.server.received().len(), 3);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn request_gigantic() {
    let mut setup = Setup::default();
    setup.egress.request_bytes = MEBIBYTE;
    let world = setup.open().await;
    let told = world.told("request-gigantic").await;
    assert!(told.starts_with("a gigantic request: too-large by limit: "), "{told}");
    assert_eq!(world.denials(), [Rule::Limit]);
    assert_eq!(world.server.connections(), 0);
    world.goes_on().await;
}

/// The adapter reads for as long as it is let; the audit tells how that ended.
async fn reads(setup: Setup, expected: &str) {
    let world = setup.open().await;
    let told = world.told("body-read").await;
    assert!(told.contains(expected), "{told}");
    let read = told.strip_prefix("read ").and_then(|rest| rest.split(' ').next());
    let read: usize = read.and_then(|number| number.parse().ok()).expect("a number");
    assert!(read <= MEBIBYTE, "{told}");
    let records = world.audit.take();
    let last = records.last().map(|record| &record.decision);
    let Some(Decision::Finished { error: Some(_), bytes_received, .. }) = last else {
        panic!("{last:?}")
    };
    assert_eq!(*bytes_received, read as u64);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn body_read() {
    let mut setup = Setup::scripted(|_| {
        let head = head("200 OK", &[("transfer-encoding", "chunked")]);
        let chunk = chunk(&[b'x'; 60_000]);
        vec![Step::Send(head), Step::Send(b"\r\n".to_vec()), Step::SendForEver(chunk)]
    });
    setup.egress.response_bytes = MEBIBYTE as u64;
    reads(setup, "then too-large by limit: ").await;
}

#[tokio::test]
async fn a_body_that_says_it_is_gigantic_is_read_to_the_limit_only() {
    let mut setup = Setup::scripted(|_| {
        let head = head("200 OK", &[("content-length", "18446744073709551615")]);
        vec![Step::Send([head, b"\r\n".to_vec()].concat()), Step::SendForEver(vec![b'x'; 65536])]
    });
    setup.egress.response_bytes = MEBIBYTE as u64;
    let world = setup.open().await;
    let error = world.failed("gpt").await;
    let kinds = [FailureKind::TooLarge, FailureKind::MalformedResponse];
    assert!(kinds.contains(&error.kind()), "{error}");
    world.goes_on().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let mut setup = Setup::scripted(|_| {
        let head = head("200 OK", &[("content-length", "100")]);
        vec![Step::Send([head, b"\r\nbegun".to_vec()].concat()), Step::Wait]
    });
    setup.egress.idle_ms = 20;
    reads(setup, "read 5 bytes, then timed-out: ").await;
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    let mut setup = Setup::scripted(|_| vec![Step::Wait]);
    setup.egress.first_byte_ms = 20;
    let world = setup.open().await;
    assert_kind(&world.failed("gpt").await, FailureKind::TimedOut, "did not begin to answer");
    world.goes_on().await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_in_all_is_given_up() {
    let mut setup = Setup::scripted(|_| {
        let head = head("200 OK", &[("content-length", "100")]);
        vec![Step::Send([head, b"\r\nbegun".to_vec()].concat()), Step::Wait]
    });
    setup.limits.total_ms = 50;
    let world = setup.open().await;
    assert_kind(&world.failed("body-read").await, FailureKind::TimedOut, "time is up");
    // What was on its way is in the audit, and closed.
    let records = world.audit.take();
    assert!(
        matches!(records.last().map(|r| &r.decision), Some(Decision::Finished { .. })),
        "{records:?}"
    );
    world.goes_on_elsewhere().await;
}

fn bomb(bytes: usize) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; MEBIBYTE];
    for _ in 0..bytes / MEBIBYTE {
        gzip.write_all(&zeros).expect("memory");
    }
    gzip.finish().expect("memory")
}

#[tokio::test]
async fn a_compressed_bomb_is_given_up() {
    // By what it grows to, where it grows much; by its size, where it is large.
    let bomb = bomb(64 * MEBIBYTE);
    let mut setup =
        Setup::scripted(move |_| whole("200 OK", &[("content-encoding", "gzip")], &bomb));
    setup.egress.response_bytes = u64::MAX;
    reads(setup, "then too-large by limit: ").await;
}

#[tokio::test]
async fn a_bomb_of_many_members_is_given_up() {
    let member = bomb(MEBIBYTE);
    let mut setup = Setup::scripted(move |_| {
        let mut bytes = head("200 OK", &[("content-encoding", "gzip")]);
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        vec![Step::Send(bytes), Step::SendForEver(member.clone())]
    });
    setup.egress.response_bytes = MEBIBYTE as u64;
    reads(setup, "then too-large by limit: ").await;
}

/// The limit on growth is each response's own: a large one before does not make a
/// small one look like a bomb.
#[tokio::test]
pub(super) async fn read_twice() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&[b"[".as_slice(), &b"12, ".repeat(1000), b"3]"].concat()).expect("memory");
    let small = gzip.finish().expect("memory");
    let mut setup = Setup::scripted(move |received| {
        match String::from_utf8_lossy(&received.body).contains("echo-key") {
            true => whole("200 OK", &[("content-encoding", "gzip")], &small),
            false => response(vec![b' '; 4 * MEBIBYTE]),
        }
    });
    setup.egress.response_bytes = 16 * MEBIBYTE as u64;
    let world = setup.open().await;
    let told = world.told("read-twice").await;
    assert_eq!(told, "GOT 4194304 bytes, then the end\nGOT 4003 bytes, then the end");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn read_of_nothing() {
    let world = World::open().await;
    assert_eq!(world.told("read-of-nothing").await, "read 1 bytes");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn read_of_everything() {
    let setup = Setup::scripted(|_| response(vec![b'x'; 3 * MEBIBYTE]));
    let world = setup.open().await;
    let told = world.told("read-of-everything").await;
    let read = told.strip_prefix("read ").and_then(|rest| rest.strip_suffix(" bytes"));
    let read: usize = read.and_then(|number| number.parse().ok()).expect("a number");
    assert!((1..=MEBIBYTE).contains(&read), "{told}");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn log_flood() {
    let lines = Lines::of("hotcell::adapter");
    let mut setup = Setup::default();
    setup.limits.log_lines = 20;
    let world = setup.open().await;
    assert_eq!(world.told("log-flood").await, "wrote a million lines");
    let lines = lines.take();
    assert_eq!(lines.len(), 21, "{lines:?}");
    assert!(lines[20].contains("dropped"), "{:?}", lines[20]);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn log_gigantic() {
    let lines = Lines::of("hotcell::adapter");
    let mut setup = Setup::default();
    setup.limits.log_line_bytes = 100;
    let world = setup.open().await;
    assert_eq!(world.told("log-gigantic").await, "wrote a gigantic line");
    let lines = lines.take();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() <= 200, "{} bytes", lines[0].len());
    assert!(!lines[0].contains(char::is_control), "{:?}", lines[0]);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn events_without_end() {
    let mut setup = Setup::default();
    setup.limits.events = 100;
    let world = setup.open().await;
    let (events, error) = world.events("events-without-end").await;
    assert_eq!(events.len(), 100);
    assert_kind(&error.expect("it ends"), FailureKind::TooLarge, "100 events");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn event_gigantic() {
    let mut setup = Setup::default();
    setup.limits.event_bytes = 40 * MEBIBYTE as u64;
    let world = setup.open().await;
    let (events, error) = world.events("event-gigantic").await;
    assert_eq!(events.len(), 1);
    assert_kind(&error.expect("it ends"), FailureKind::TooLarge, "bytes");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn events_with_luggage() {
    let mut setup = Setup::default();
    setup.limits.event_bytes = 8 * MEBIBYTE as u64;
    let world = setup.open().await;
    let (events, error) = world.events("events-with-luggage").await;
    assert!(events.len() < 8, "{} events of a megabyte each", events.len());
    let kinds = [FailureKind::TooLarge, FailureKind::Internal];
    assert!(error.is_some_and(|error| kinds.contains(&error.kind())));
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn events_at_once() {
    let mut setup = Setup::default();
    setup.limits.events = 1_000;
    let world = setup.open().await;
    let (events, error) = world.events("events-at-once").await;
    assert_eq!(events, Vec::<Event>::new());
    assert_kind(&error.expect("it ends"), FailureKind::TooLarge, "1000 events");
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn embed_gigantic() {
    let mut setup = Setup::default();
    setup.limits.event_bytes = 8 * MEBIBYTE as u64;
    let world = setup.open().await;
    let answer = world.runner.embed("hostile/embed-gigantic", EmbedRequest::texts(["x"])).await;
    assert_kind(&answer.expect_err("it is too large"), FailureKind::TooLarge, "bytes");
    world.goes_on().await;
}

#[test]
fn the_limits_have_defaults_that_a_server_can_live_with() {
    let cell = hotcell::Limits::default();
    let door = hotcell::egress::Limits::default();
    assert!(cell.memory_bytes <= 64 * MEBIBYTE && cell.cpu_ms <= 10_000);
    assert!(cell.handles <= 64 && cell.log_lines <= 1_000);
    assert!(door.calls <= 64);
    assert!(bundle::HOSTILE.component().len() <= 300_000);
}
