//! Answers in one piece.

use crate::provider::{message, own, response, run_whole, told};
use hotcell_sdk::{Event, FailureKind, FinishReason};
use serde_json::json;

#[test]
fn a_whole_answer_tells_what_a_stream_would() {
    let body = response(
        "completed",
        json!([
            { "id": "rs_1", "type": "reasoning", "encrypted_content": "c1ph", "format": "f-v1",
                "status": "completed", "summary": [{ "type": "summary_text", "text": "So." }],
                "content": [{ "type": "reasoning_text", "text": "Hm." }] },
            { "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
                "phase": "commentary", "content": [{ "type": "output_text", "text": "x" }] },
            { "id": "ws_1", "type": "web_search_call", "status": "completed" },
            message(json!([{ "type": "output_text", "text": "y" },
                { "type": "refusal", "refusal": "no" }])),
            { "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "look",
                "arguments": "", "status": "incomplete" },
        ]),
    );
    let run = run_whole(&body);
    let expected = [
        r#"0 native {"item":{"type":"reasoning","id":"rs_1","format":"f-v1","status":"completed"}}"#,
        "0 reasoning So.",
        r#"1 native {"part":{"type":"reasoning_text"}}"#,
        "1 reasoning Hm.",
        "1 signature c1ph",
        r#"2 native {"item":{"type":"message","id":"msg_1","phase":"commentary"}}"#,
        "2 text x",
        r#"3 native {"id":"ws_1","type":"web_search_call","status":"completed"}"#,
        r#"4 native {"item":{"type":"message","id":"msg_1"}}"#,
        "4 text y",
        "5 refusal no",
        r#"6 call call_1 look {"id":"fc_1","status":"incomplete"}"#,
    ];
    assert_eq!(told(&run.events), expected);
    assert_eq!(run.finished().map(|end| end.reason), Some(FinishReason::ToolCalls));
}

#[test]
fn an_answer_that_is_not_complete_is_none() {
    for status in ["queued", "in_progress", ""] {
        let failure = run_whole(&response(status, json!([]))).failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{status}");
    }
    for body in [json!({}), json!([]), json!({ "status": "completed" })] {
        let failure = run_whole(&body).failure.expect("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
}

#[test]
fn a_failed_answer_is_a_failure() {
    let mut body = response("failed", json!([]));
    body["error"] = json!({ "code": "server_error", "message": "sorry" });
    let failure = run_whole(&body).failure.expect("a failure");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ProviderError, "sorry"));
    assert_eq!(failure.code.as_deref(), Some("server_error"));
    assert_eq!(own(failure.raw.as_ref().unwrap()), body.to_string());

    let failure = run_whole(&response("failed", json!([]))).failure.expect("a failure");
    assert_eq!(failure.kind, FailureKind::ProviderError);
    let failure = run_whole(&response("cancelled", json!([]))).failure.expect("a failure");
    assert_eq!(failure.code.as_deref(), Some("cancelled"));
}

#[test]
fn a_stream_that_was_not_asked_for_is_read_all_the_same() {
    let body = crate::provider::answer(&[crate::provider::delta(0, "x")]);
    let run = crate::provider::play("text/event-stream", &body, false);
    assert_eq!(run.text(), "x");
    let whole = response(
        "completed",
        json!([message(json!([
        { "type": "output_text", "text": "x" }]))]),
    );
    let run = crate::provider::play("application/json", &whole.to_string(), true);
    assert_eq!(run.text(), "x");
    assert!(matches!(run.events[0], Event::Started(_)));
}
