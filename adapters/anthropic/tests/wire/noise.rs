//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{provider, sse, start};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{ChatRequest, Event, NativeAt};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

const WORDS: &[&str] = &[
    "type",
    "index",
    "delta",
    "content_block",
    "message",
    "usage",
    "error",
    "text",
    "thinking",
    "signature",
    "partial_json",
    "citation",
    "citations",
    "data",
    "id",
    "name",
    "input",
    "content",
    "stop_reason",
    "stop_sequence",
    "model",
    "role",
    "input_tokens",
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "ping",
    "tool_use",
    "server_tool_use",
    "redacted_thinking",
    "text_delta",
    "thinking_delta",
    "signature_delta",
    "input_json_delta",
    "citations_delta",
    "compaction_delta",
    "{\"a\":1}",
    "{",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        2 => (-1i64..3).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            1 => vec(inner, 0..4).prop_map(Value::from),
            4 => members.prop_map(|members| {
                Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())
            }),
        ]
    })
}

fn event() -> impl Strategy<Value = Value> {
    let kinds = &WORDS[23..30];
    (proptest::sample::select(kinds), 0u32..2, json(), json(), json()).prop_map(
        |(kind, index, delta, block, message)| {
            serde_json::json!({ "type": kind, "index": index, "delta": delta,
                "content_block": block, "message": message })
        },
    )
}

fn check(body: String) {
    let mut script = provider();
    script.answer(200, "text/event-stream", body.clone());
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    let ended = run.finished().is_some();
    assert_eq!(ended, run.failure.is_none(), "{body}: {:?}", run.failure);
    for event in &run.events {
        let (Event::Native(NativeAt { value, .. }) | Event::Citation(NativeAt { value, .. })) =
            event
        else {
            continue;
        };
        let parsed = serde_json::from_str::<Value>(&value.value);
        assert!(parsed.is_ok(), "{body}: {}", value.value);
    }
}

proptest! {
    #[test]
    fn events_of_any_form_end_in_an_answer_or_a_failure(events in vec(event(), 0..12)) {
        check(sse(&[vec![start()], events].concat()));
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(body in json(), lead in "[a-z: \n{]{0,4}") {
        check(format!("{lead}{body}"));
    }
}

/// `before` twenty thousand times, then `after` as often.
fn deep(before: &str, after: &str) -> String {
    format!("{}1{}", before.repeat(20_000), after.repeat(20_000))
}

#[test]
fn depth_does_no_harm() {
    for body in [deep("[", "]"), deep("{\"error\":", "}"), deep("{\"content\":[", "]}")] {
        let delta = format!("{{\"type\":\"message_delta\",\"delta\":{body}}}");
        for (status, body) in [
            (200, body.clone()),
            (400, body.clone()),
            (200, format!("event: error\ndata: {body}\n\n")),
            (200, format!("{}event: message_delta\ndata: {delta}\n\n", sse(&[start()]))),
        ] {
            let mut script = provider();
            script.answer(status, "application/json", body);
            assert!(script.chat::<Anthropic>(ChatRequest::user("hi")).failure.is_some());
        }
    }
}
