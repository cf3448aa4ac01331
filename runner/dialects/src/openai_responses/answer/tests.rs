//! Events into a stream, and what a client makes of it.

mod client;
pub(crate) mod noise;

use super::{StreamWriter, write_answer};
use crate::openai_responses::{DIALECT, read_request};
use crate::{About, AnswerWriter};
use client::{added_up, frames, names, sent_back};
use hotcell::types::{
    ChatRequest, Delta, Event, Failure, FailureKind, FinishReason, Finished, Native, NativeAt,
    Part, Started, ToolCallStarted, Usage,
};
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

fn own(index: u32, value: &Value) -> Event {
    Event::Native(NativeAt { choice: 0, index, value: native(DIALECT, value) })
}

fn started(dialect: &str) -> Event {
    let extra = Some(native(dialect, &json!({ "service_tier": "flex" })));
    let (id, model) = (Some("id-1".to_owned()), Some("model-1".to_owned()));
    Event::Started(Started { id, model, created: Some(9), extra })
}

fn call(index: u32, id: &str, signature: Option<&str>) -> Event {
    let signature = signature.map(str::to_owned);
    let (id, name) = (id.to_owned(), "weather".to_owned());
    Event::ToolCallStarted(ToolCallStarted { choice: 0, index, id, name, signature, extra: None })
}

fn finished(reason: FinishReason) -> Event {
    Event::Finished(Finished { choice: 0, reason, raw: None, extra: None })
}

fn request() -> ChatRequest {
    read_request(
        json!({
            "model": "alias", "instructions": "Be brief.", "input": "Hi", "temperature": 0.5,
            "tools": [{ "type": "function", "name": "weather", "parameters": null }],
            "metadata": { "a": "b" }, "store": true, "stream": true,
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap()
}

fn stream(events: &[Event]) -> Vec<Value> {
    let mut writer = StreamWriter::new(&request(), about());
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.event(event.clone(), &mut out));
    writer.end(&mut out);
    frames(&out)
}

fn whole(events: &[Event]) -> Value {
    serde_json::from_slice(&write_answer(&request(), about(), events.to_vec())).unwrap()
}

#[test]
fn a_text_is_told_as_the_provider_tells_one() {
    let events = [
        Event::Warning("x".to_owned()),
        started("anthropic-messages"),
        Event::Text(delta(0, "Hel\"")),
        Event::Text(delta(0, "lo\n\u{2028}")),
        finished(FinishReason::Stop),
        Event::Usage(Usage {
            input: Some(5),
            output: Some(3),
            cache_read: Some(2),
            cache_write: None,
            reasoning: Some(1),
            raw: None,
        }),
    ];
    let told = stream(&events);
    assert_eq!(
        names(&told),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let response = added_up(&told);
    assert_eq!(response, whole(&events));
    assert_eq!(response["output"][0]["content"][0]["text"], "Hel\"lo\n\u{2028}");
    assert_eq!(response["output"][0]["id"], "msg_a1-0");
    for (name, value) in [
        ("id", json!("resp_a1")),
        ("model", json!("model-1")),
        ("created_at", json!(9)),
        ("status", json!("completed")),
        ("instructions", json!("Be brief.")),
        ("temperature", json!(0.5)),
        ("metadata", json!({ "a": "b" })),
        ("tool_choice", json!("auto")),
        ("parallel_tool_calls", json!(true)),
        ("store", json!(false)),
        ("error", json!(null)),
        (
            "usage",
            json!({
                "input_tokens": 5, "input_tokens_details": { "cached_tokens": 2 },
                "output_tokens": 3, "output_tokens_details": { "reasoning_tokens": 1 },
                "total_tokens": 8,
            }),
        ),
    ] {
        assert_eq!(response[name], value, "{name}");
    }
    assert_eq!(response["tools"][0]["name"], "weather");
    assert_eq!(told[0]["response"]["status"], "in_progress");
    assert_eq!(told[0]["response"]["usage"], json!(null));
}

#[test]
fn signatures_of_another_dialect_come_back_as_they_went() {
    let events = [
        started("anthropic-messages"),
        Event::Reasoning(delta(0, "Let me ")),
        Event::Reasoning(delta(0, "think.")),
        Event::Signature(delta(0, "Sig+/=")),
        Event::RedactedReasoning(delta(1, "cip")),
        Event::RedactedReasoning(delta(1, "her")),
        Event::Text(delta(2, "Yes.")),
        call(3, "call-1", Some("of:call")),
        Event::ToolCallArguments(delta(3, "{\"a\":1}")),
        finished(FinishReason::ToolCalls),
    ];
    let response = added_up(&stream(&events));
    assert_eq!(response, whole(&events));
    let request = sent_back(&response);
    let [message] = &request.messages[..] else { panic!("{:?}", request.messages) };
    let [Part::Reasoning(told), Part::Reasoning(hidden), Part::Text(text), Part::ToolCall(call)] =
        &message.parts[..]
    else {
        panic!("{:?}", message.parts)
    };
    assert_eq!((told.text.as_str(), told.signature.as_deref()), ("Let me think.", Some("Sig+/=")));
    assert_eq!(told.extra.as_ref().unwrap().dialect, "anthropic-messages");
    assert_eq!(hidden.redacted.as_deref(), Some("cipher"));
    assert_eq!(text.text, "Yes.");
    assert_eq!((call.id.as_str(), call.signature.as_deref()), ("call-1", Some("of:call")));
}

#[test]
fn what_the_provider_said_of_its_own_dialect_comes_out() {
    let search = json!({ "id": "ws_1", "type": "web_search_call", "status": "completed" });
    let begun = json!({ "id": "ws_1", "type": "web_search_call", "status": "in_progress" });
    let events = [
        started(DIALECT),
        own(0, &json!({ "item": { "type": "reasoning", "id": "rs_1" } })),
        own(0, &json!({ "part": { "type": "reasoning_text" } })),
        Event::Reasoning(delta(0, "hm")),
        Event::Signature(delta(0, "gAAA")),
        own(
            1,
            &json!({ "event": {
            "type": "response.output_item.added", "output_index": 5, "sequence_number": 77,
            "item": begun,
        } }),
        ),
        own(
            1,
            &json!({ "event": {
            "type": "response.web_search_call.searching", "output_index": 5, "item_id": "ws_1",
        } }),
        ),
        own(1, &search),
        own(2, &json!({ "item": { "type": "message", "id": "msg_1", "phase": "final" } })),
        Event::Logprobs(NativeAt {
            choice: 0,
            index: 2,
            value: native(DIALECT, &json!([{ "token": "o" }])),
        }),
        Event::Text(delta(2, "ok")),
        Event::Citation(NativeAt {
            choice: 0,
            index: 2,
            value: native(DIALECT, &json!({ "type": "file_citation", "file_id": "f" })),
        }),
        own(2, &json!({ "content": [{ "type": "new", "x": 1 }] })),
        Event::Finished(Finished {
            choice: 0,
            reason: FinishReason::Length,
            raw: Some("incomplete".to_owned()),
            extra: Some(native(
                DIALECT,
                &json!({ "incomplete_details": { "reason": "max_output_tokens" }, "b": null }),
            )),
        }),
    ];
    let told = stream(&events);
    let response = added_up(&told);
    assert_eq!(response, whole(&events));
    assert_eq!(told.last().unwrap()["type"], "response.incomplete");
    assert_eq!(response["id"], "id-1");
    assert_eq!(response["service_tier"], "flex");
    assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
    assert!(response.get("instructions").is_none() && response["b"].is_null());
    assert_eq!(
        response["output"],
        json!([
            {
                "id": "rs_1", "type": "reasoning", "summary": [],
                "content": [{ "type": "reasoning_text", "text": "hm" }],
                "encrypted_content": "gAAA",
            },
            search,
            {
                "id": "msg_1", "type": "message", "status": "completed", "role": "assistant",
                "phase": "final",
                "content": [
                    {
                        "type": "output_text", "text": "ok", "logprobs": [{ "token": "o" }],
                        "annotations": [{ "type": "file_citation", "file_id": "f" }],
                    },
                    { "type": "new", "x": 1 },
                ],
            },
        ])
    );
    let searching = told.iter().find(|frame| frame["item_id"] == "ws_1").unwrap();
    assert_eq!(searching["output_index"], 1);
}

#[test]
fn an_answer_that_fails_has_no_end() {
    let failed = |failure: &Failure| {
        let mut writer = StreamWriter::new(&request(), about());
        let mut out = Vec::new();
        writer.event(Event::Text(delta(0, "half")), &mut out);
        writer.fail(failure, &mut out);
        frames(&out).pop().unwrap()
    };
    let mut failure = Failure::new(FailureKind::Overloaded, "busy");
    let last = failed(&failure);
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["status"], "failed");
    assert_eq!(
        last["response"]["error"],
        json!({ "code": "server_is_overloaded", "message": "busy" })
    );
    assert_eq!(last["response"]["output"], json!([]));
    let event = json!({ "type": "error", "code": "x", "message": "no", "sequence_number": 99 });
    failure.raw = Some(native(DIALECT, &event));
    let last = failed(&failure);
    assert_eq!((&last["type"], &last["code"]), (&json!("error"), &json!("x")));
    let response = json!({ "id": "r", "status": "failed", "error": { "code": "y" } });
    failure.raw = Some(native(DIALECT, &response));
    let last = failed(&failure);
    assert_eq!((&last["type"], &last["response"]), (&json!("response.failed"), &response));
    // Nobody said that it is over.
    let last = stream(&[Event::Text(delta(0, "x"))]).pop().unwrap();
    assert_eq!(last["type"], "response.failed");
}

#[test]
fn a_line_of_the_provider_does_not_break_a_frame() {
    let value = Native {
        dialect: DIALECT.to_owned(),
        value: "{\"type\":\n\"x\",\r\n\"a\":[1\n]}".to_owned(),
    };
    let events = [
        started(DIALECT),
        Event::Native(NativeAt { choice: 0, index: 0, value }),
        finished(FinishReason::Stop),
    ];
    let mut writer = StreamWriter::new(&request(), about());
    let mut out = Vec::new();
    events.iter().for_each(|event| writer.event(event.clone(), &mut out));
    writer.end(&mut out);
    let told = frames(&out);
    assert_eq!(told.last().unwrap()["response"]["output"], json!([{ "type": "x", "a": [1] }]));
}
