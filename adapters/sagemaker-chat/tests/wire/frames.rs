//! Streams in frames, cut anywhere.

use crate::provider::{EVENT_STREAM, chunk, exception, frame, openai, part, request, streamed};
use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_sdk::{FailureKind, FinishReason};
use serde_json::json;

/// A short answer as server-sent events, or as lines of JSON.
fn answer(line: impl Fn(&str) -> String) -> String {
    let usage = json!({ "id": "c", "model": "lmi", "choices": [], "usage":
        { "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7 } });
    let chunks = [
        chunk(json!({ "role": "assistant", "content": "" }), None),
        chunk(json!({ "content": "H\u{e9}" }), None),
        chunk(json!({ "content": "llo \u{1f600}" }), None),
        chunk(
            json!({ "tool_calls": [{ "index": 0, "id": "t", "type": "function",
            "function": { "name": "f", "arguments": "{\"a\":" } }] }),
            None,
        ),
        chunk(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "1}" } }] }), None),
        chunk(json!({}), Some("tool_calls")),
        usage,
    ];
    chunks.iter().map(|chunk| line(&chunk.to_string())).collect()
}

fn sse() -> String {
    answer(|chunk| format!("data: {chunk}\n\n")) + "data: [DONE]\n\n"
}

fn lines() -> String {
    answer(|chunk| format!("{chunk}\n"))
}

#[test]
fn frames_may_cut_the_containers_stream_anywhere() {
    for (text, crlf) in [(sse(), false), (sse(), true), (lines(), false)] {
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let one = streamed(openai(), part(&text));
        assert_eq!(one.failure, None);
        assert_eq!(one.text(), "H\u{e9}llo \u{1f600}");
        assert_eq!(one.finished().unwrap().reason, FinishReason::ToolCalls);
        assert_eq!(one.usage().unwrap().input, Some(3));
        for size in [1, 2, 3, 7, 19, 64, 200] {
            let frames: Vec<u8> = text.as_bytes().chunks(size).flat_map(part).collect();
            let run = streamed(openai(), frames);
            assert_eq!(run.failure, None, "frames of {size}");
            assert_eq!(run.joined(), one.joined(), "frames of {size}");
        }
    }
}

#[test]
fn an_event_goes_out_when_its_frame_is_in() {
    // Without the frames after it: what is told is told before the stream breaks.
    let first = format!("data: {}\n\n", chunk(json!({ "content": "early" }), None));
    let mut body = part(&first);
    body.extend(&part("data: {")[..9]);
    let run = streamed(openai(), body);
    assert_eq!(run.text(), "early");
    let failure = run.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
    assert_eq!(failure.request_id.as_deref(), Some("r-1"));
}

#[test]
fn a_stream_that_stops_early_has_failed() {
    let text = sse();
    let whole = text.len();
    for end in [0, 10, whole / 2, whole - "data: [DONE]\n\n".len() - 250] {
        let run = streamed(openai(), part(&text.as_bytes()[..end]));
        assert!(run.finished().is_none());
        let failure = run.failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{end} of {whole}");
    }
    assert_eq!(streamed(openai(), "").failure.unwrap().kind, FailureKind::MalformedResponse);
}

#[test]
fn a_frame_with_a_wrong_checksum_is_no_frame() {
    let good = part(sse());
    for at in [0, 5, 9, 20, good.len() / 2, good.len() - 1] {
        let mut body = good.clone();
        body[at] ^= 1;
        let failure = streamed(openai(), body).failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "byte {at}");
    }
    // Nor is the container's stream without its frames.
    let failure = streamed(openai(), sse()).failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}

#[test]
fn what_follows_the_end_and_what_is_of_an_unknown_kind_is_passed_over() {
    let mut body = frame(&[(":message-type", "event"), (":event-type", "initial-response")], b"{}");
    body.extend(part(""));
    body.extend(part("\n \n"));
    body.extend(part(sse() + "data: {\"error\":{\"message\":\"late\"}}\n\n"));
    body.extend(exception("InternalStreamFailure", &json!({ "Message": "late" })));
    let run = streamed(openai(), body);
    assert_eq!(run.failure, None);
    assert_eq!(run.finished().unwrap().reason, FinishReason::ToolCalls);
}

#[test]
fn an_exception_ends_the_stream_after_what_was_told() {
    let told = format!("data: {}\n\n", chunk(json!({ "content": "a" }), None));
    let table = [
        (
            "ModelStreamError",
            json!({ "Message": "too slow", "ErrorCode": "ModelInvocationTimeExceeded" }),
            FailureKind::TimedOut,
            "ModelInvocationTimeExceeded",
        ),
        (
            "ModelStreamError",
            json!({ "Message": "gone", "ErrorCode": "StreamBroken" }),
            FailureKind::ProviderError,
            "StreamBroken",
        ),
        (
            "InternalStreamFailure",
            json!({ "Message": "oh" }),
            FailureKind::ProviderError,
            "InternalStreamFailure",
        ),
    ];
    for (kind, payload, expected, code) in table {
        let run = streamed(openai(), [part(&told), exception(kind, &payload)].concat());
        assert_eq!(run.text(), "a");
        let failure = run.failure.unwrap();
        assert_eq!((failure.kind, failure.code.as_deref()), (expected, Some(code)));
        assert_eq!(failure.message, payload["Message"].as_str().unwrap());
        assert_eq!(failure.request_id.as_deref(), Some("r-1"));
        // Before the first event it is a failure of the call.
        let run = streamed(openai(), exception(kind, &payload));
        assert_eq!((run.events.len(), run.failure.unwrap().kind), (0, expected));
    }
    let headers =
        [(":message-type", "error"), (":error-code", "500"), (":error-message", "no more")];
    let failure = streamed(openai(), frame(&headers, b"")).failure.unwrap();
    assert_eq!((failure.message.as_str(), failure.code.as_deref()), ("no more", Some("500")));
    // A frame that says nothing is not the protocol.
    let failure = streamed(openai(), frame(&[], b"data: {}\n\n")).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}

#[test]
fn an_error_of_the_container_within_the_stream_is_its_own() {
    let error = json!({ "error": { "message": "The context window is full", "code": 400 } });
    let failure = streamed(openai(), part(format!("data: {error}\n\n"))).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

#[test]
fn hostile_frames_are_bounded_and_never_panic() {
    // An event without end, in frames that are each small.
    let mut body = part("data: ");
    let piece = part(vec![b'x'; 1024 * 1024]);
    for _ in 0..20 {
        body.extend(&piece);
    }
    let mut script = openai();
    script.answer(200, EVENT_STREAM, body);
    let failure = script.chat::<SageMaker>(request(true)).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
    for payload in [&b"\xff\xfe"[..], b"[", b"{", b"[[[", b"{}\n{}\n", b"null", b"data\n\n", b"<x>"]
    {
        let run = streamed(openai(), part(payload));
        assert!(run.failure.is_some() && run.finished().is_none(), "{payload:?}");
    }
}
