//! What is said against a request, before an answer and in the middle of one.

use crate::provider::{
    FRAMES, answer, block, chunk, delta, end, exception, frame, payload, provider, run, start, text,
};
use hotcell_adapter_bedrock_anthropic::BedrockAnthropic;
use hotcell_sdk::{ChatRequest, FailureKind};
use serde_json::json;

#[test]
fn an_exception_decides_what_went_wrong() {
    for (status, name, message, kind) in [
        (400, "ValidationException", "messages: Field required", FailureKind::InvalidRequest),
        (
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
            FailureKind::NotFound,
        ),
        (400, "ValidationException", "prompt is too long: 1 > 0", FailureKind::TooLarge),
        (
            403,
            "AccessDeniedException",
            "You don't have access to the model",
            FailureKind::Permission,
        ),
        (403, "ExpiredTokenException", "expired", FailureKind::Authentication),
        (424, "ModelErrorException", "The model failed", FailureKind::ProviderError),
        (429, "ThrottlingException", "Too many tokens", FailureKind::RateLimited),
        (503, "ServiceUnavailableException", "Try again", FailureKind::Overloaded),
    ] {
        let mut script = provider();
        let body = json!({ "message": message }).to_string();
        script.answer(status, "application/json", &*body).header("x-amzn-requestid", "req-1");
        script.header("x-amzn-errortype", &format!("{name}:http://internal/"));
        let failure = script.chat::<BedrockAnthropic>(ChatRequest::user("hi")).failure;
        let failure = failure.expect("a failure");
        assert_eq!(failure.kind, kind, "{name}");
        assert_eq!((failure.status, failure.code.as_deref()), (Some(status), Some(name)));
        assert_eq!(failure.message, message);
        assert_eq!(failure.request_id.as_deref(), Some("req-1"));
        assert_eq!(failure.raw.map(|raw| raw.value), Some(body));
    }
}

#[test]
fn an_exception_in_a_stream_is_a_failure_after_what_came_before() {
    for (name, kind) in [
        ("throttlingException", FailureKind::RateLimited),
        ("modelTimeoutException", FailureKind::TimedOut),
        ("modelStreamErrorException", FailureKind::ProviderError),
        ("serviceUnavailableException", FailureKind::Overloaded),
        ("validationException", FailureKind::InvalidRequest),
    ] {
        let run = run(&[start(), text("hel"), exception(name, "broken off")].concat());
        let failure = run.failure.as_ref().expect("a failure");
        assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(name)));
        assert_eq!(failure.message, "broken off");
        assert_eq!(failure.request_id.as_deref(), Some("req-1"));
        assert_eq!(run.text(), "hel");
    }
    // Before the first event it fails the call itself.
    let early = run(&exception("throttlingException", "too many"));
    assert_eq!(early.failure.map(|failure| failure.kind), Some(FailureKind::RateLimited));
    assert!(early.events.is_empty());
}

#[test]
fn the_makers_own_error_in_a_chunk_is_one() {
    let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
    let event = chunk(&json!({ "type": "error", "error": error }));
    let run = run(&[start(), text("hel"), event].concat());
    let failure = run.failure.as_ref().expect("a failure");
    assert_eq!(failure.kind, FailureKind::Overloaded);
    assert_eq!((run.text().as_str(), failure.message.as_str()), ("hel", "Overloaded"));
}

#[test]
fn a_stream_that_stops_early_is_no_answer() {
    let whole = answer("hello");
    let last = end("end_turn", json!({})).len();
    let all = [
        Vec::new(),
        whole[..10].to_vec(),
        start(),
        whole[..whole.len() - last].to_vec(),
        whole[..whole.len() - 1].to_vec(),
    ];
    for body in all {
        let run = run(&body);
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{}", failure.message);
    }
}

#[test]
fn what_is_no_chunk_is_malformed() {
    let open = block(0, json!({ "type": "text", "text": "" }));
    let mut wrong_sum = [start(), open.clone()].concat();
    let last = wrong_sum.len() - 1;
    wrong_sum[last] ^= 1;
    for body in [
        wrong_sum,
        [start(), payload("chunk", &json!({ "bytes": "!" }))].concat(),
        [start(), payload("chunk", &json!({ "bytes": "/w==" }))].concat(),
        [start(), payload("chunk", &json!({ "bytes": 7 }))].concat(),
        [start(), frame(&[(":event-type", "chunk")], b"no JSON")].concat(),
        [start(), frame(&[(":event-type", "chunk")], b"\xff")].concat(),
        delta(0, json!({ "type": "text_delta", "text": "early" })),
        b"event: message_start\n\n".to_vec(),
    ] {
        let failure = run(&body).failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{}", failure.message);
    }
    let mut script = provider();
    script.answer(200, FRAMES, "<html>");
    let failure = script.chat::<BedrockAnthropic>(ChatRequest::user("hi")).failure;
    assert!(failure.expect("a failure").message.contains("web page"));
}
