//! Bodies that are read as a whole have an end.

use hotcell_sdk::testing::{Cut, Script};
use hotcell_sdk::{BODY_BYTES, ERROR_BYTES, Endpoint, Failure, FailureKind, Response};

/// Calls with a response whose body is so long, in pieces as the wall gives them.
fn with_body<T>(
    status: u16,
    bytes: usize,
    read: impl FnOnce(Response) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut script = Script::new();
    script.answer(status, "text/plain", vec![b'x'; bytes]);
    script.cut(Cut::At((0..bytes).step_by(64 * 1024).collect())).header("x-request-id", "r1");
    script.call(|| read(Endpoint::named("api")?.get("/").send()?)).0
}

#[test]
fn a_body_without_end_is_too_large() {
    let length = |bytes| with_body(200, bytes, |response| Ok(response.bytes()?.len()));
    assert_eq!(length(BODY_BYTES), Ok(BODY_BYTES));
    let kind = length(BODY_BYTES + 1).map_err(|failure| failure.kind);
    assert_eq!(kind, Err(FailureKind::TooLarge));
}

#[test]
fn of_an_error_without_end_the_beginning_is_kept() {
    let length = |bytes| with_body(500, bytes, |response| Ok(response.error_text().len()));
    for (bytes, expected) in [
        (0, 0),
        (ERROR_BYTES - 1, ERROR_BYTES - 1),
        (ERROR_BYTES, ERROR_BYTES),
        (ERROR_BYTES + 1, ERROR_BYTES),
        (2 * ERROR_BYTES + 7, ERROR_BYTES),
    ] {
        assert_eq!(length(bytes), Ok(expected));
    }
    let failure = with_body(503, 2 * ERROR_BYTES, Response::checked).unwrap_err();
    assert_eq!((failure.kind, failure.status), (FailureKind::Overloaded, Some(503)));
    assert!(failure.message.starts_with("xxx") && failure.message.len() < 3000);
    assert_eq!(failure.request_id.as_deref(), Some("r1"));
}

#[test]
fn an_error_that_breaks_off_is_still_told_by_its_status() {
    let mut script = Script::new();
    script.answer(429, "text/plain", " slow d\u{e9}\u{e9}").broken_after(9);
    let (result, _) = script.call(|| Endpoint::named("api")?.get("/").send()?.checked());
    let failure = result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited);
    assert_eq!(failure.message, "slow d\u{e9}");
}
