//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{broken_promise, provider};
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::{ChatRequest, Event, NativeAt};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const WORDS: &[&str] = &[
    "type",
    "index",
    "delta",
    "message",
    "content",
    "text",
    "thinking",
    "tool_plan",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "citations",
    "content_index",
    "finish_reason",
    "usage",
    "tokens",
    "input_tokens",
    "logprobs",
    "error",
    "COMPLETE",
    "ERROR",
    "{\"a\":1}",
    "\u{e9}\"",
    "",
];

const KINDS: &[&str] = &[
    "message-start",
    "content-start",
    "content-delta",
    "content-end",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "tool-call-end",
    "citation-start",
    "citation-end",
    "message-end",
    "debug",
    "error",
];

/// JSON made of the words of the protocol, so that it gets far.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        2 => (-1i64..3).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 4 => members.prop_map(object)]
    })
}

fn event() -> impl Strategy<Value = Value> {
    let kind = proptest::sample::select(KINDS);
    let word = proptest::sample::select(&["content", "tool_calls", "citations", "tool_plan"][..]);
    (kind, 0u32..2, word, any_json(), any_json()).prop_map(|(kind, index, word, piece, usage)| {
        let mut message = Map::new();
        message.insert(word.to_owned(), piece);
        let delta = json!({ "message": message, "usage": usage, "finish_reason": "COMPLETE" });
        json!({ "type": kind, "index": index, "delta": delta })
    })
}

fn check(status: u16, body: &str) {
    let mut script = provider();
    script.answer(status, "text/plain", body);
    let run = script.chat::<Cohere>(ChatRequest::user("hi"));
    let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
    assert!(ended || run.failure.is_some(), "{body}: neither an end nor a failure");
    assert_eq!(broken_promise(&run.events), None, "{body}");
    let natives = run.events.iter().filter_map(|event| match event {
        Event::Native(NativeAt { value, .. })
        | Event::Citation(NativeAt { value, .. })
        | Event::Logprobs(NativeAt { value, .. }) => Some(value),
        _ => None,
    });
    for native in natives.chain(run.failure.iter().filter_map(|failure| failure.raw.as_ref())) {
        let parsed = serde_json::from_str::<Value>(&native.value);
        assert!(parsed.is_ok(), "{body}: {}", native.value);
    }
}

#[test]
fn depth_does_no_harm() {
    let deep =
        |before: &str, after: &str| format!("{}1{}", before.repeat(20_000), after.repeat(20_000));
    for body in [deep("[", "]"), deep("{\"message\":", "}"), deep("{\"error\":", "}")] {
        check(200, &body);
        check(400, &body);
        check(200, &format!("data: {{\"type\":\"content-delta\",\"delta\":{body}}}\n\n"));
    }
}

proptest! {
    #[test]
    fn events_of_any_form_end_in_an_answer_or_a_failure(events in vec(event(), 0..8)) {
        let events = events.iter().map(|event| format!("data: {event}\n\n"));
        check(200, &events.collect::<String>());
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(
        body in any_json(),
        lead in "[a-z: \n{]{0,4}",
        status in prop_oneof![Just(200), Just(400)],
    ) {
        check(status, &format!("{lead}{body}"));
    }
}
