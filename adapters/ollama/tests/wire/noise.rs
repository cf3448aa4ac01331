//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{lines, provider, text};
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::{ChatRequest, Event, NativeAt};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

const WORDS: &[&str] = &[
    "model",
    "created_at",
    "message",
    "role",
    "content",
    "thinking",
    "images",
    "tool_calls",
    "function",
    "index",
    "name",
    "arguments",
    "id",
    "done",
    "done_reason",
    "response",
    "image",
    "logprobs",
    "error",
    "eval_count",
    "prompt_eval_count",
    "total_duration",
    "context",
    "stop",
    "2026-03-01T00:00:00Z",
    "{\"a\":1}",
    "",
];

/// JSON made of the words of the protocol, so that it gets far.
fn json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        2 => (-1i64..3).prop_map(Value::from),
        1 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
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

fn line() -> impl Strategy<Value = Value> {
    (json(), json(), json(), any::<bool>()).prop_map(|(message, calls, rest, done)| {
        let mut line = serde_json::json!({ "message": message, "done": done });
        if let (Some(message), Value::Array(_)) = (line["message"].as_object_mut(), &calls) {
            message.insert("tool_calls".to_owned(), calls);
        }
        if let (Some(line), Value::Object(rest)) = (line.as_object_mut(), rest) {
            line.extend(rest);
        }
        line
    })
}

fn check(body: String) {
    let mut script = provider();
    script.answer(200, "application/x-ndjson", body.clone());
    let run = script.chat::<Ollama>(ChatRequest::user("hi"));
    assert_eq!(run.finished().is_some(), run.failure.is_none(), "{body}: {:?}", run.failure);
    for event in &run.events {
        let (Event::Native(NativeAt { value, .. }) | Event::Logprobs(NativeAt { value, .. })) =
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
    fn lines_of_any_form_end_in_an_answer_or_a_failure(more in vec(line(), 0..8)) {
        check(lines(&[vec![text("a")], more].concat()));
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(body in json(), lead in "[a-z: \n{]{0,4}") {
        check(format!("{lead}{body}"));
    }
}

#[test]
fn depth_does_no_harm() {
    for (before, after) in [("[", "]"), ("{\"error\":", "}"), ("{\"message\":", "}")] {
        let body = format!("{}1{}", before.repeat(20_000), after.repeat(20_000));
        for status in [200, 400] {
            let mut script = provider();
            script.answer(status, "application/json", body.clone());
            assert!(script.chat::<Ollama>(ChatRequest::user("hi")).failure.is_some());
        }
    }
}
