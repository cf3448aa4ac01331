//! Answers that come in one piece.

use crate::provider::{native, provider};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{
    ChatRequest, Delta, Event, FailureKind, FinishReason, NativeAt, ToolCallStarted,
};
use serde_json::{Value, json};

fn whole(body: &Value) -> Run {
    let mut script = provider();
    script.answer(200, "application/json", body.to_string()).header("x-amzn-requestid", "req-1");
    let request = ChatRequest { stream: false, ..ChatRequest::user("hi") };
    script.chat_at_every_cut::<Bedrock>(&request)
}

fn answer(content: Value, reason: &str) -> Value {
    json!({ "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": reason, "usage": { "inputTokens": 1, "outputTokens": 2, "totalTokens": 3 },
        "metrics": { "latencyMs": 9 }, "trace": { "guardrail": {} } })
}

fn piece(index: u32, text: &str) -> Delta {
    Delta { choice: 0, index, text: text.to_owned() }
}

#[test]
fn every_block_becomes_what_it_is_in_a_stream() {
    let citation = json!({ "title": "t" });
    let own = json!({ "toolUse": { "toolUseId": "s", "name": "search", "input": {},
        "type": "server_tool_use" } });
    let content = json!([
        { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "sig" } } },
        { "reasoningContent": { "redactedContent": "AQID" } },
        { "text": "so" },
        { "toolUse": { "toolUseId": "a", "name": "f", "input": { "n": 1 }, "type": "tool_use" } },
        { "toolUse": { "toolUseId": "b", "name": "g", "input": {}, "note": 1 } },
        { "citationsContent": { "content": [{ "text": "cited" }], "citations": [citation] } },
        own,
        { "something": { "new": true } },
    ]);
    let run = whole(&answer(content, "tool_use"));
    assert_eq!(run.failure, None);
    let call = |index, id: &str, name: &str, extra: Option<Value>| {
        Event::ToolCallStarted(ToolCallStarted {
            choice: 0,
            index,
            id: id.to_owned(),
            name: name.to_owned(),
            signature: None,
            extra: extra.map(|extra| native(&extra)),
        })
    };
    let at = |index, value: &Value| NativeAt { choice: 0, index, value: native(value) };
    let expected = [
        Event::Reasoning(piece(0, "hm")),
        Event::Signature(piece(0, "sig")),
        Event::RedactedReasoning(piece(1, "AQID")),
        Event::Text(piece(2, "so")),
        call(3, "a", "f", None),
        Event::ToolCallArguments(piece(3, "{\"n\":1}")),
        call(4, "b", "g", Some(json!({ "note": 1 }))),
        Event::Text(piece(5, "cited")),
        Event::Citation(at(5, &citation)),
        Event::Native(at(6, &own)),
        Event::Native(at(7, &json!({ "something": { "new": true } }))),
    ];
    assert_eq!(run.events[1..=expected.len()], expected);
    let Event::Started(started) = &run.events[0] else { panic!("{:?}", run.events) };
    assert_eq!(started.id.as_deref(), Some("req-1"));
    let finished = run.finished().expect("an end");
    assert_eq!(finished.reason, FinishReason::ToolCalls);
    let extra: Value = serde_json::from_str(&finished.extra.as_ref().unwrap().value).unwrap();
    assert_eq!(extra, json!({ "metrics": { "latencyMs": 9 }, "trace": { "guardrail": {} } }));
    assert_eq!(run.usage().unwrap().input, Some(1));
}

#[test]
fn a_stream_is_read_although_none_was_asked_for_and_the_other_way_round() {
    let mut script = provider();
    let body = crate::provider::answer(&[crate::provider::text(0, "x")], "end_turn");
    script.answer(200, crate::provider::FRAMES, body);
    let run = script.chat::<Bedrock>(ChatRequest { stream: false, ..ChatRequest::user("hi") });
    assert_eq!(run.text(), "x");
    assert_eq!(run.requests[0].path, "/model/test-model/converse");

    let mut script = provider();
    let body = answer(json!([{ "text": "y" }]), "end_turn").to_string();
    script.answer(200, "application/json", body);
    let run = script.chat::<Bedrock>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "y");
    assert_eq!(run.requests[0].path, "/model/test-model/converse-stream");
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in [
        "",
        "{}",
        "[]",
        "{\"output\":{}}",
        "{\"output\":{\"message\":{}}}",
        "{\"output\":{\"message\":{\"content\":null}}}",
        "{\"output\":{\"message\":{\"content\":[1]}}}",
        "{\"output\":{\"message\":{\"content\":[{\"text\":1}]}}}",
        "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{}}]}}}",
        "{\"output\":{\"message\":{\"content\":[",
        "<html>",
        "data: {}",
    ] {
        let mut script = provider();
        script.answer(200, "application/json", body).header("x-amzn-requestid", "req-1");
        let run = script.chat_at_every_cut::<Bedrock>(&ChatRequest::user("hi"));
        assert!(run.finished().is_none());
        let failure = run.failure.expect(body);
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
        assert_eq!(failure.request_id.as_deref(), Some("req-1"), "{body}");
    }
}
