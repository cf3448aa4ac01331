//! What comes back: events in frames, and whole answers.

use crate::provider::{
    FRAMES, answer, block, chunk, delta, end, frame, payload, provider, run, start, stop, text,
};
use hotcell_adapter_bedrock_anthropic::BedrockAnthropic;
use hotcell_sdk::{ChatRequest, Event, FinishReason, Finished, Usage};
use serde_json::{Value, json};

fn finished(events: &[Event]) -> &Finished {
    let found = events.iter().find_map(|event| match event {
        Event::Finished(finished) => Some(finished),
        _ => None,
    });
    found.expect("an end")
}

fn usage(events: &[Event]) -> &Usage {
    let found = events.iter().rev().find_map(|event| match event {
        Event::Usage(usage) => Some(usage),
        _ => None,
    });
    found.expect("counts")
}

#[test]
fn a_stream_of_frames_is_one_of_events() {
    let metrics = json!({ "amazon-bedrock-invocationMetrics": { "inputTokenCount": 10 } });
    let call = json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} });
    let thought = json!({ "type": "thinking", "thinking": "", "signature": "" });
    let input = |json: &str| delta(1, json!({ "type": "input_json_delta", "partial_json": json }));
    let body = [
        start(),
        chunk(&json!({ "type": "ping" })),
        block(0, thought),
        delta(0, json!({ "type": "thinking_delta", "thinking": "hm" })),
        delta(0, json!({ "type": "signature_delta", "signature": "c2ln" })),
        stop(0),
        block(1, call),
        input("{\"city\":"),
        input("\"Bærum\"}"),
        stop(1),
        end("tool_use", metrics),
    ]
    .concat();
    let run = run(&body);
    assert_eq!(run.failure, None);
    assert_eq!(finished(&run.events).reason, FinishReason::ToolCalls);
    let counts = usage(&run.events);
    assert_eq!((counts.input, counts.output), (Some(10), Some(7)));
    let arguments: String = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::ToolCallArguments(delta) => Some(delta.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, "{\"city\":\"Bærum\"}");
    let signed = |event: &Event| matches!(event, Event::Signature(delta) if delta.text == "c2ln");
    assert!(run.events.iter().any(signed));
    // What Bedrock measured is not lost.
    let measured = run.events.iter().any(|event| match event {
        Event::Native(native) => native.value.value.contains("invocationMetrics"),
        _ => false,
    });
    assert!(measured);
}

#[test]
fn an_answer_in_one_piece_is_read_whichever_was_asked_for() {
    let body = json!({ "id": "msg_bdrk_1", "type": "message", "role": "assistant",
        "model": "claude-test", "content": [{ "type": "text", "text": "hello" }],
        "stop_reason": "max_tokens", "stop_sequence": null,
        "usage": { "input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 5 } });
    for stream in [true, false] {
        let mut script = provider();
        script.answer(200, "application/json", body.to_string());
        let request = ChatRequest { stream, ..ChatRequest::user("hi") };
        let run = script.chat_at_every_cut::<BedrockAnthropic>(&request);
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "hello"));
        assert_eq!(finished(&run.events).reason, FinishReason::Length);
        let counts = usage(&run.events);
        assert_eq!((counts.input, counts.output, counts.cache_read), (Some(8), Some(4), Some(5)));
    }
}

#[test]
fn a_guardrail_that_steps_in_is_why_the_answer_ended() {
    let action = |action: &str| json!({ "amazon-bedrock-guardrailAction": action });
    for (said, reason) in
        [("INTERVENED", FinishReason::ContentFilter), ("NONE", FinishReason::Stop)]
    {
        let body = [start(), text("blocked"), end("end_turn", action(said))].concat();
        let run = run(&body);
        assert_eq!(run.failure, None);
        let found = finished(&run.events);
        assert_eq!((found.reason, found.raw.as_deref()), (reason, Some("end_turn")));
        let mut whole = action(said);
        let words = json!([{ "type": "text",
            "text": "\"amazon-bedrock-guardrailAction\":\"INTERVENED\"" }]);
        whole["content"] = words;
        whole["stop_reason"] = Value::from("end_turn");
        let mut script = provider();
        script.answer(200, "application/json", whole.to_string());
        let run = script.chat::<BedrockAnthropic>(ChatRequest::user("hi"));
        assert_eq!(finished(&run.events).reason, reason, "{said}");
    }
}

#[test]
fn frames_that_carry_nothing_are_passed_over() {
    let silent = [
        payload("initial-response", &json!({})),
        start(),
        payload("chunk", &json!({ "p": "abc" })),
        payload("a-newer-kind", &json!({ "bytes": "AA==" })),
        text("hello"),
        end("end_turn", json!({})),
    ]
    .concat();
    let run = run(&silent);
    assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "hello"));
}

#[test]
fn what_follows_the_end_does_not_matter() {
    for after in [&b"\0\0\0\x10 and no frame at all"[..], &frame(&[], b"")] {
        let run = run(&[answer("hello"), after.to_vec()].concat());
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "hello"));
    }
}

#[test]
fn events_go_out_as_soon_as_their_frame_is_in() {
    let mut script = provider();
    let before = [start(), block(0, json!({ "type": "text", "text": "" }))].concat();
    let first = delta(0, json!({ "type": "text_delta", "text": "hel" }));
    let body = [before.as_slice(), &first, &answer("never read")].concat();
    script.answer(200, FRAMES, body).broken_after(before.len() + first.len());
    let run = script.chat::<BedrockAnthropic>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "hel");
    assert!(run.failure.is_some());
}
