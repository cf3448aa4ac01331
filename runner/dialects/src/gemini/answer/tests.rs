//! Events into a stream, and what a client makes of it.

use super::{StreamWriter, write_answer};
use crate::gemini::{DIALECT, read_request, write_refusal};
use crate::openai_responses::answer::tests::noise::any_events;
use crate::{About, AnswerWriter};
use hotcell::types::{
    ChatRequest, Delta, Event, Failure, FailureKind, FinishReason, Finished, Native, NativeAt,
    Part, Started, ToolCallStarted, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn about() -> About {
    About { id: "a1".to_owned(), model: "alias".to_owned(), created: 7 }
}

fn delta(index: u32, text: &str) -> Delta {
    Delta { choice: 0, index, text: text.to_owned() }
}

fn native(dialect: &str, value: &Value) -> Native {
    Native { dialect: dialect.to_owned(), value: value.to_string() }
}

fn own(index: u32, value: &Value) -> NativeAt {
    NativeAt { choice: 0, index, value: native(DIALECT, value) }
}

fn started(dialect: &str) -> Event {
    let extra = Some(native(dialect, &json!({ "createTime": "t" })));
    let (id, model) = (Some("id-1".to_owned()), Some("model-1".to_owned()));
    Event::Started(Started { id, model, created: None, extra })
}

fn call(index: u32, id: &str, signature: Option<&str>, extra: Option<Native>) -> Event {
    let signature = signature.map(str::to_owned);
    let (id, name) = (id.to_owned(), "weather".to_owned());
    Event::ToolCallStarted(ToolCallStarted { choice: 0, index, id, name, signature, extra })
}

fn finished(reason: FinishReason, raw: Option<&str>, extra: Option<Native>) -> Event {
    Event::Finished(Finished { choice: 0, reason, raw: raw.map(str::to_owned), extra })
}

fn usage(raw: Option<Native>) -> Event {
    Event::Usage(Usage {
        input: Some(5),
        output: Some(9),
        cache_read: None,
        cache_write: None,
        reasoning: Some(4),
        raw,
    })
}

fn written(events: &[Event], listed: bool) -> Vec<u8> {
    let request = ChatRequest::user("x");
    let writer = StreamWriter::new(&request, about());
    let mut writer = if listed { writer.as_list() } else { writer };
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.event(event.clone(), &mut out));
    writer.end(&mut out);
    out
}

fn stream(events: &[Event]) -> Vec<Value> {
    let out = written(events, false);
    let text = std::str::from_utf8(&out).unwrap().strip_suffix("\r\n\r\n").unwrap();
    let chunks: Vec<Value> = text
        .split("\r\n\r\n")
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    let list: Vec<Value> = serde_json::from_slice(&written(events, true)).unwrap();
    assert_eq!(chunks, list);
    chunks
}

fn whole(events: &[Event]) -> Value {
    let request = ChatRequest::user("x");
    serde_json::from_slice(&write_answer(&request, about(), events.to_vec())).unwrap()
}

/// The parts of a stream, without those that say nothing.
fn parts(chunks: &[Value]) -> Vec<Value> {
    let parts = chunks.iter().flat_map(|chunk| {
        let content = &chunk["candidates"][0]["content"];
        assert_eq!(content["role"], "model");
        content["parts"].as_array().unwrap().clone()
    });
    parts.filter(|part| *part != json!({ "text": "" })).collect()
}

#[test]
fn pieces_are_whole_responses() {
    let events = [
        Event::Warning("x".to_owned()),
        started("openai-chat"),
        Event::Reasoning(delta(0, "hm")),
        Event::Text(delta(1, "Hel\"")),
        usage(None),
        Event::Text(delta(1, "lo")),
        finished(FinishReason::Length, Some("length"), None),
    ];
    let chunks = stream(&events);
    assert_eq!(
        parts(&chunks),
        [
            json!({ "text": "hm", "thought": true }),
            json!({ "text": "Hel\"" }),
            json!({ "text": "lo" }),
        ]
    );
    for chunk in &chunks {
        assert_eq!(
            (&chunk["modelVersion"], &chunk["responseId"]),
            (&json!("model-1"), &json!("a1"))
        );
    }
    let last = chunks.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    let counts = json!({
        "promptTokenCount": 5, "candidatesTokenCount": 5, "thoughtsTokenCount": 4,
        "totalTokenCount": 14,
    });
    assert_eq!(last["usageMetadata"], counts);
    assert!(chunks[0].get("usageMetadata").is_none());
    let whole = whole(&events);
    assert_eq!(whole["usageMetadata"], counts);
    assert_eq!(
        whole["candidates"],
        json!([{
            "content": {
                "parts": [{ "text": "hm", "thought": true }, { "text": "Hel\"lo" }],
                "role": "model",
            },
            "finishReason": "MAX_TOKENS",
            "index": 0,
        }])
    );
}

#[test]
fn what_the_provider_said_of_its_own_dialect_comes_out() {
    let code = json!({ "executableCode": { "code": "1" }, "thoughtSignature": "c" });
    let report = json!({ "promptTokenCount": 1, "trafficType": "ON_DEMAND" });
    let events = [
        started(DIALECT),
        Event::Reasoning(delta(0, "hm")),
        Event::Signature(delta(0, "AAA=")),
        Event::Text(delta(1, "ok")),
        Event::Signature(delta(2, "BBB=")),
        Event::Native(own(3, &code)),
        call(4, "id-1-1", Some("CCC="), None),
        call(
            5,
            "given",
            None,
            Some(native(DIALECT, &json!({ "functionCall": { "id": "given" } }))),
        ),
        Event::ToolCallArguments(delta(5, "{\"a\":")),
        Event::ToolCallArguments(delta(5, "1}")),
        Event::Citation(own(5, &json!({ "groundingMetadata": { "x": 1 } }))),
        usage(Some(native(DIALECT, &report))),
        finished(
            FinishReason::ToolCalls,
            Some("STOP"),
            Some(native(DIALECT, &json!({ "finishMessage": "m" }))),
        ),
    ];
    let calls = [
        json!({ "functionCall": { "name": "weather", "args": {} }, "thoughtSignature": "CCC=" }),
        json!({ "functionCall": { "name": "weather", "args": { "a": 1 }, "id": "given" } }),
    ];
    assert_eq!(
        whole(&events),
        json!({
            "candidates": [{
                "content": {
                    "parts": [
                        { "text": "hm", "thought": true, "thoughtSignature": "AAA=" },
                        { "text": "ok", "thoughtSignature": "BBB=" },
                        code, calls[0], calls[1],
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "finishMessage": "m",
                "groundingMetadata": { "x": 1 },
                "index": 0,
            }],
            "usageMetadata": report,
            "modelVersion": "model-1",
            "responseId": "id-1",
            "createTime": "t",
        })
    );
    let chunks = stream(&events);
    assert_eq!(
        parts(&chunks),
        [
            json!({ "text": "hm", "thought": true }),
            json!({ "text": "", "thought": true, "thoughtSignature": "AAA=" }),
            json!({ "text": "ok" }),
            json!({ "text": "", "thoughtSignature": "BBB=" }),
            code,
            calls[0].clone(),
            calls[1].clone(),
        ]
    );
    let last = chunks.last().unwrap();
    assert_eq!(last["candidates"][0]["finishMessage"], "m");
    assert_eq!(last["usageMetadata"], report);
}

#[test]
fn a_blocked_prompt_has_no_candidates() {
    let feedback = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
    let events = [
        started(DIALECT),
        finished(FinishReason::ContentFilter, None, Some(native(DIALECT, &feedback))),
    ];
    let whole = whole(&events);
    assert!(whole.get("candidates").is_none());
    assert_eq!(whole["promptFeedback"]["blockReason"], "SAFETY");
    assert_eq!(stream(&events), [whole]);
}

#[test]
fn signatures_of_another_dialect_come_back_however_a_client_keeps_the_pieces() {
    let events = [
        started("anthropic-messages"),
        Event::Reasoning(delta(0, "Let me ")),
        Event::Reasoning(delta(0, "think.")),
        Event::Signature(delta(0, "Sig")),
        Event::Signature(delta(0, "+/=")),
        Event::RedactedReasoning(delta(1, "cipher")),
        call(2, "call-1", None, None),
        Event::ToolCallArguments(delta(2, "[1")),
        finished(FinishReason::ToolCalls, None, None),
    ];
    let chunks = stream(&events);
    let as_one: Vec<Value> = vec![whole(&events)["candidates"][0]["content"].clone()];
    let in_pieces: Vec<Value> =
        chunks.iter().map(|chunk| chunk["candidates"][0]["content"].clone()).collect();
    for contents in [as_one, in_pieces] {
        let body = json!({ "contents": contents });
        let request = read_request(body.to_string().as_bytes(), "m", false).unwrap();
        let parts: Vec<&Part> = request.messages.iter().flat_map(|turn| &turn.parts).collect();
        let opaque: Vec<_> = parts
            .iter()
            .filter_map(|part| match part {
                // What was told in plain words is a thought of this dialect by now.
                Part::Reasoning(part) if part.extra.as_ref()?.dialect != DIALECT => Some((
                    part.text.as_str(),
                    part.signature.as_deref(),
                    part.redacted.as_deref(),
                    part.extra.as_ref().unwrap().dialect.as_str(),
                )),
                _ => None,
            })
            .collect();
        assert_eq!(
            opaque,
            [
                ("Let me think.", Some("Sig+/="), None, "anthropic-messages"),
                ("", None, Some("cipher"), "anthropic-messages"),
            ]
        );
        let call = parts.iter().find_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        });
        let call = call.unwrap();
        assert_eq!((call.id.as_str(), call.name.as_str()), ("call-1", "weather"));
        assert_eq!(call.arguments, "{\"INVALID_JSON\":\"[1\"}");
    }
}

#[test]
fn failures_are_googles() {
    let mut failure = Failure::new(FailureKind::RateLimited, "slow");
    failure.retry_after_ms = Some(1500);
    failure.param = Some("contents".to_owned());
    let refusal = write_refusal(&failure);
    assert_eq!(refusal.status, 429);
    let body: Value = serde_json::from_slice(&refusal.body).unwrap();
    assert_eq!(body["error"]["code"], 429);
    assert_eq!(body["error"]["status"], "RESOURCE_EXHAUSTED");
    assert_eq!(body["error"]["details"][0]["fieldViolations"][0]["field"], "contents");
    assert_eq!(body["error"]["details"][1]["retryDelay"], "1.500s");

    let told = json!({ "error": { "code": 400, "message": "m", "status": "FAILED_PRECONDITION" } });
    failure.raw = Some(native(DIALECT, &told));
    failure.status = Some(400);
    let refusal = write_refusal(&failure);
    assert_eq!(
        (refusal.status, serde_json::from_slice(&refusal.body).ok()),
        (400, Some(told.clone()))
    );

    let mut writer = StreamWriter::new(&ChatRequest::user("x"), about());
    let mut out = Vec::new();
    writer.event(call(0, "c", None, None), &mut out);
    writer.fail(&failure, &mut out);
    assert_eq!(out, format!("data: {told}\r\n\r\n").into_bytes());
}

proptest! {
    #[test]
    fn no_words_are_lost_and_every_piece_is_json(events in any_events()) {
        let native = |event: &Event| matches!(event, Event::Native(_));
        let events: Vec<Event> = events.into_iter().filter(|event| !native(event)).collect();
        let said: String = events.iter().filter_map(|event| match event {
            Event::Text(delta) | Event::Refusal(delta) => Some(delta.text.as_str()),
            _ => None,
        }).collect();
        let words = |parts: &[Value]| -> String {
            let words = parts.iter().filter(|part| part.get("thought").is_none());
            words.filter_map(|part| part["text"].as_str()).collect()
        };
        let chunks = stream(&events);
        prop_assert_eq!(words(&parts(&chunks)), said.clone());
        let calls = |parts: &[Value]| -> Vec<Value> {
            parts.iter().filter(|part| part.get("functionCall").is_some()).cloned().collect()
        };
        let whole = whole(&events);
        let all = whole["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default();
        prop_assert_eq!(words(&all), said);
        prop_assert_eq!(calls(&all), calls(&parts(&chunks)));
        let begun = events.iter().filter(|event| matches!(event, Event::ToolCallStarted(_)));
        prop_assert_eq!(begun.count(), calls(&all).len());
        let last = chunks.last().unwrap();
        prop_assert!(last["candidates"][0]["finishReason"].is_string());
    }
}
