//! Predictions, which are done at once, later, or never.

use crate::provider;
use hotcell_adapter_replicate::Replicate;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{ChatRequest, Event, FailureKind, Method};
use serde_json::{Value, json};

fn prediction(status: &str, output: Value) -> String {
    json!({ "id": "p/1", "model": "o/n", "status": status, "output": output, "error": null,
        "urls": { "get": "https://evil.test/p", "stream": "https://evil.test/s" },
        "metrics": { "predict_time": 0.5, "input_token_count": 3, "output_token_count": 5 } })
    .to_string()
}

fn answering(bodies: &[String]) -> Script {
    let mut script = provider();
    for body in bodies {
        script.answer(201, "application/json", body.as_str());
    }
    script
}

fn failure(status: u16, body: &str) -> hotcell_sdk::Failure {
    let mut script = provider();
    script.answer(status, "application/json", body);
    script.chat::<Replicate>(ChatRequest::user("hi")).failure.expect("a failure")
}

#[test]
fn an_answer_in_pieces_or_as_a_text_is_the_same() {
    for output in [json!(["h\u{e9}", "llo"]), json!("h\u{e9}llo")] {
        let run = answering(&[prediction("succeeded", output)])
            .chat::<Replicate>(ChatRequest::user("hi"));
        assert_eq!((run.text().as_str(), run.failure.as_ref()), ("h\u{e9}llo", None));
        let usage = run.usage().expect("usage");
        assert_eq!((usage.input, usage.output), (Some(3), Some(5)));
        assert_eq!(run.finished().and_then(|end| end.raw.as_deref()), Some("succeeded"));
        assert_eq!(run.requests[0].header("prefer"), Some("wait"));
    }
}

#[test]
fn what_is_no_text_is_told_as_it_is() {
    let run = answering(&[prediction("succeeded", json!({ "x": 1 }))])
        .chat::<Replicate>(ChatRequest::user("hi"));
    let native = run.events.iter().find_map(|event| match event {
        Event::Native(at) => Some(at.value.value.as_str()),
        _ => None,
    });
    assert_eq!(native, Some("{\"x\":1}"));
}

#[test]
fn one_that_takes_longer_is_asked_for_by_its_id() {
    let bodies = [
        prediction("starting", Value::Null),
        prediction("processing", json!(["h"])),
        prediction("succeeded", json!(["h", "i"])),
    ];
    let run = answering(&bodies).chat::<Replicate>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "hi");
    let asked: Vec<(Method, &str)> =
        run.requests.iter().map(|sent| (sent.method, sent.path.as_str())).collect();
    assert_eq!(asked[1..], [(Method::Get, "/predictions/p%2F1"); 2], "and by no address");
}

#[test]
fn one_that_never_ends_is_cancelled() {
    let run = answering(&vec![prediction("processing", Value::Null); 32])
        .chat::<Replicate>(ChatRequest::user("hi"));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::TimedOut));
    assert_eq!(run.requests.len(), 32);
    let last = run.requests.last().expect("a request");
    assert_eq!((last.method, last.path.as_str()), (Method::Post, "/predictions/p%2F1/cancel"));
}

#[test]
fn one_that_failed_is_a_failure() {
    let of = |status: &str, error: Value| {
        failure(201, &json!({ "id": "p", "status": status, "error": error }).to_string())
    };
    let failed = of("failed", json!("it broke"));
    assert_eq!((failed.kind, failed.message.as_str()), (FailureKind::ProviderError, "it broke"));
    assert_eq!((failed.code.as_deref(), failed.request_id.as_deref()), (Some("failed"), Some("p")));
    assert_eq!(of("failed", json!("NSFW content detected")).kind, FailureKind::ContentFiltered);
    assert_eq!(of("canceled", Value::Null).message, "the prediction is canceled");
    assert_eq!(of("strange", Value::Null).kind, FailureKind::MalformedResponse);
    for body in ["{}", "[]", "x", r#"{"status":"starting"}"#] {
        assert_eq!(failure(201, body).kind, FailureKind::MalformedResponse, "{body}");
    }
}

#[test]
fn an_error_is_told_in_the_providers_words() {
    let body = r#"{"title":"Unauthenticated","detail":"no token","status":401}"#;
    let failed = failure(401, body);
    assert_eq!((failed.kind, failed.message.as_str()), (FailureKind::Authentication, "no token"));
    assert_eq!(failed.code.as_deref(), Some("Unauthenticated"));
    assert_eq!(
        failure(422, r#"{"detail":"prompt is required"}"#).kind,
        FailureKind::InvalidRequest
    );
    assert_eq!(failure(402, "{}").kind, FailureKind::QuotaExhausted);
    assert_eq!(failure(502, "<html>").message, "the provider answered with status 502");
}
