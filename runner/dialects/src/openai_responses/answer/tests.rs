//! Events into a stream, and what a client makes of it.

use super::{StreamWriter, write_answer};
use crate::openai_responses::{DIALECT, read_request};
use crate::{About, AnswerWriter};
use hotcell::types::{
    ChatRequest, Delta, Event, Failure, FailureKind, FinishReason, Finished, MediaEvent, MediaKind,
    MediaPart, MediaSource, Native, NativeAt, Part, Started, ToolCallStarted, Usage,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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

/// The events of a stream, each under its name, and numbered one by one.
fn frames(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    let frames = text.strip_suffix("\n\n").unwrap().split("\n\n");
    let read = |(number, frame): (usize, &str)| {
        let (name, data) = frame.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
        assert_eq!(data["sequence_number"], number);
        data
    };
    frames.enumerate().map(read).collect()
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

fn names(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

/// Adds a stream up as the provider's own clients do, and checks it on the way.
fn added_up(frames: &[Value]) -> Value {
    assert_eq!(names(frames)[..2], ["response.created", "response.in_progress"]);
    let mut items: BTreeMap<u64, Value> = BTreeMap::new();
    let mut done: BTreeMap<u64, Value> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for frame in &frames[2..frames.len() - 1] {
        let place = frame["output_index"].as_u64().unwrap();
        let kind = frame["type"].as_str().unwrap();
        if kind == "response.output_item.added" {
            assert_eq!(place, items.len() as u64);
            assert!(ids.insert(frame["item"]["id"].to_string()), "{frame}");
            items.insert(place, frame["item"].clone());
            continue;
        }
        assert!(!done.contains_key(&place), "a closed item goes on: {frame}");
        let item = items.get_mut(&place).expect("an item that began");
        if kind == "response.output_item.done" {
            assert_eq!(item["id"], frame["item"]["id"]);
            if frame["item"]["type"] != "image_generation_call" {
                for name in ["content", "summary", "arguments"] {
                    let raw = |item: &Value| item.get(name).cloned().unwrap_or(json!([]));
                    if raw(&frame["item"]) != json!("{}") {
                        assert_eq!(raw(item), raw(&frame["item"]), "{frame}");
                    }
                }
            }
            done.insert(place, frame["item"].clone());
            continue;
        }
        if kind != "response.output_item.done" {
            assert_eq!(frame["item_id"], item["id"]);
        }
        let (list, number) = match frame.get("summary_index") {
            Some(number) => ("summary", number),
            None => ("content", &frame["content_index"]),
        };
        match kind {
            "response.content_part.added" | "response.reasoning_summary_part.added" => {
                if item.get(list).is_none() {
                    item[list] = json!([]);
                }
                let list = item[list].as_array_mut().unwrap();
                assert_eq!(*number, list.len());
                list.push(frame["part"].clone());
            }
            "response.function_call_arguments.delta" => {
                let text = format!(
                    "{}{}",
                    item["arguments"].as_str().unwrap(),
                    frame["delta"].as_str().unwrap()
                );
                item["arguments"] = text.into();
            }
            "response.output_text.annotation.added" => {
                let part = &mut item["content"][number.as_u64().unwrap() as usize];
                part["annotations"].as_array_mut().unwrap().push(frame["annotation"].clone());
            }
            kind if kind.ends_with(".delta") => {
                let part = &mut item[list][number.as_u64().unwrap() as usize];
                let name = if kind == "response.refusal.delta" { "refusal" } else { "text" };
                let text = part[name].as_str().unwrap().to_owned();
                part[name] = format!("{text}{}", frame["delta"].as_str().unwrap()).into();
                if kind == "response.output_text.delta" {
                    let told = frame["logprobs"].as_array().unwrap().clone();
                    part["logprobs"].as_array_mut().unwrap().extend(told);
                }
            }
            "response.content_part.done" | "response.reasoning_summary_part.done" => {
                let part = &mut item[list][number.as_u64().unwrap() as usize];
                // Those of another dialect come behind their pieces.
                if let Some(logprobs) = frame["part"].get("logprobs") {
                    part["logprobs"] = logprobs.clone();
                }
                assert_eq!(part, &frame["part"]);
            }
            _ => {}
        }
    }
    assert_eq!(items.len(), done.len(), "every item is done");
    let last = frames.last().unwrap();
    let output: Vec<Value> = done.into_values().collect();
    assert_eq!(last["response"]["output"], json!(output));
    last["response"].clone()
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

/// What a client sends back, read again.
fn sent_back(response: &Value) -> ChatRequest {
    let body = json!({ "model": "m", "input": response["output"] });
    read_request(body.to_string().as_bytes()).unwrap()
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

/// Any events, in the order that the interface keeps: starts before what they begin.
pub(crate) fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let text = "[a-z\"\\\\\n\u{e9}\u{1f980}]{0,6}";
    let dialect = prop_oneof![
        Just(DIALECT),
        Just(crate::openai_chat::DIALECT),
        Just(crate::anthropic_messages::DIALECT),
        Just(crate::gemini::DIALECT),
    ];
    let value = prop_oneof![
        Just(json!({ "citationMetadata": { "a": 1 } })),
        Just(json!({ "url": "https://a.example", "title": "A" })),
        Just(json!({ "url_citation": { "url": "https://a.example" } })),
        Just(json!({ "type": "custom", "id": "c" })),
        Just(json!({ "content": [{ "type": "output_text", "text": "x" }] })),
        Just(json!({ "part": { "type": "reasoning_text" } })),
        Just(json!({ "text": "x", "executableCode": {} })),
        Just(json!({ "event": { "a": 1 } })),
        Just(json!([1])),
    ];
    let step = (0..12_u8, 0..4_u32, text, dialect, value, any::<bool>());
    let finish = prop_oneof![
        Just(FinishReason::Stop),
        Just(FinishReason::Length),
        Just(FinishReason::ContentFilter),
        Just(FinishReason::Pause),
        Just(FinishReason::Other),
    ];
    (proptest::collection::vec(step, 0..40), finish, any::<bool>()).prop_map(
        |(steps, reason, begins)| {
            let mut events = Vec::new();
            let origin = steps.first().map_or(DIALECT, |step| step.3);
            if begins {
                events.push(started(origin));
            }
            let mut calls = 0;
            for (kind, index, text, dialect, value, flag) in steps {
                let delta = delta(index, &text);
                let at = NativeAt { choice: 0, index, value: native(dialect, &value) };
                events.push(match kind {
                    0 | 1 => Event::Text(delta),
                    2 => Event::Reasoning(delta),
                    3 => Event::Refusal(delta),
                    4 => Event::Signature(delta),
                    5 => Event::RedactedReasoning(delta),
                    6 => {
                        calls += 1;
                        call(100 + calls, &format!("call-{calls}"), flag.then_some("s"))
                    }
                    7 => {
                        let text = if flag { "{}".to_owned() } else { text };
                        let index = 100 + (index % 3).min(calls);
                        Event::ToolCallArguments(Delta { choice: 0, index, text })
                    }
                    8 => Event::Citation(at),
                    9 => Event::Logprobs(at),
                    10 if flag => Event::Native(at),
                    10 => Event::Media(MediaEvent {
                        choice: 0,
                        index,
                        part: MediaPart {
                            kind: MediaKind::Image,
                            mime: Some("image/png".to_owned()),
                            source: MediaSource::Bytes(vec![1, 2, 3]),
                            name: None,
                            cache: None,
                            extra: None,
                        },
                    }),
                    _ => Event::Warning(text),
                });
            }
            events.push(finished(reason));
            events
        },
    )
}

fn text_of(events: &[Event]) -> String {
    let text = events.iter().filter_map(|event| match event {
        Event::Text(delta) => Some(delta.text.as_str()),
        _ => None,
    });
    text.collect()
}

proptest! {
    #[test]
    fn every_stream_adds_up_to_the_whole_answer(events in any_events()) {
        // Whole items that a provider repeats are no fault of ours.
        let custom = |event: &Event| matches!(
            event, Event::Native(at) if at.value.value.contains("\"custom\"")
        );
        let events: Vec<Event> = events.into_iter().filter(|event| !custom(event)).collect();
        // An event without its type is none.
        let told = stream(&events);
        let response = added_up(&told);
        prop_assert_eq!(&response, &whole(&events));
        let output = response["output"].as_array().unwrap();
        let contents = output.iter().filter_map(|item| match item["type"].as_str() {
            Some("message") => item["content"].as_array(),
            _ => None,
        });
        let raw = |part: &&Value| part.get("annotations").is_some();
        let text: String =
            contents.flatten().filter(raw).filter_map(|part| part["text"].as_str()).collect();
        prop_assert_eq!(text, text_of(&events));
        // And it can be sent back.
        sent_back(&response);
    }
}
