//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{broken_promise, provider, sse};
use hotcell_adapter_openai_responses::OpenAiResponses;
use hotcell_sdk::{ChatRequest, Event};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const KINDS: &[&str] = &[
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_text.annotation.added",
    "response.refusal.delta",
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.web_search_call.searching",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "error",
];

const WORDS: &[&str] = &[
    "type",
    "id",
    "item",
    "response",
    "output",
    "content",
    "summary",
    "text",
    "refusal",
    "arguments",
    "call_id",
    "name",
    "status",
    "completed",
    "incomplete",
    "error",
    "message",
    "reasoning",
    "function_call",
    "image_generation_call",
    "result",
    "encrypted_content",
    "output_text",
    "annotations",
    "logprobs",
    "usage",
    "input_tokens",
    "incomplete_details",
    "reason",
    "output_index",
    "content_index",
    "delta",
    "annotation",
    "role",
    "AAEC",
    "{",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn anything() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        2 => (-1i64..3).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            1 => vec(inner, 0..4).prop_map(Value::from),
            4 => members.prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn event() -> impl Strategy<Value = Value> {
    let kinds = proptest::sample::select(KINDS);
    let types = proptest::sample::select(&WORDS[16..20]);
    (kinds, 0u32..3, anything(), anything(), types).prop_map(|(kind, at, some, other, item)| {
        let mut thing = some.clone();
        if let Some(members) = thing.as_object_mut() {
            members.insert("type".to_owned(), json!(item));
        }
        json!({ "type": kind, "output_index": at, "content_index": 0, "delta": "d",
            "item": thing, "response": some, "arguments": other, "annotation": other })
    })
}

fn check(body: &str) {
    let mut script = provider();
    script.answer(200, "text/event-stream", body);
    let run = script.chat::<OpenAiResponses>(ChatRequest::user("hi"));
    assert_eq!(run.finished().is_some(), run.failure.is_none(), "{body}: {:?}", run.failure);
    assert_eq!(broken_promise(&run.events), None, "{body}");
    for event in &run.events {
        let json = match event {
            Event::Native(at) | Event::Citation(at) | Event::Logprobs(at) => Some(&at.value),
            Event::Started(started) => started.extra.as_ref(),
            Event::Finished(finished) => finished.extra.as_ref(),
            Event::ToolCallStarted(call) => call.extra.as_ref(),
            Event::Media(media) => media.part.extra.as_ref(),
            Event::Usage(usage) => usage.raw.as_ref(),
            _ => None,
        };
        if let Some(json) = json {
            assert!(serde_json::from_str::<Value>(&json.value).is_ok(), "{body}: {}", json.value);
        }
    }
    // What was told of an answer can always be sent back, or is refused.
    let mut script = provider();
    script.answer(200, "text/event-stream", crate::provider::answer(&[]));
    let turn = crate::provider::turn(&run.events);
    let back = script.chat::<OpenAiResponses>(ChatRequest::new(vec![turn]));
    assert_eq!(back.failure, None, "{body}");
    back.requests[0].json();
}

proptest! {
    #[test]
    fn events_of_any_form_end_in_an_answer_or_a_failure(events in vec(event(), 0..12)) {
        check(&sse(&events));
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(
        body in anything(),
        lead in "[a-z: \n{]{0,4}",
    ) {
        check(&format!("{lead}{body}"));
    }
}

#[test]
fn depth_does_no_harm() {
    let deep =
        |before: &str, after: &str| format!("{}1{}", before.repeat(20_000), after.repeat(20_000));
    for body in [deep("[", "]"), deep("{\"error\":", "}"), deep("{\"output\":[", "]}")] {
        for (status, body) in [
            (200, body.clone()),
            (400, body.clone()),
            (200, format!("event: error\ndata: {body}\n\n")),
            (200, format!("data: {{\"type\":\"response.output_item.done\",\"item\":{body}}}\n\n")),
        ] {
            let mut script = provider();
            script.answer(status, "application/json", body);
            let run = script.chat::<OpenAiResponses>(ChatRequest::user("hi"));
            assert!(run.failure.is_some());
        }
    }
}
