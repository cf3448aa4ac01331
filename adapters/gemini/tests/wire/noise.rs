//! Whatever the provider sends, the adapter neither panics nor invents an end.

use crate::provider::{provider, sse};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::{ChatRequest, Event};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

const WORDS: &[&str] = &[
    "candidates",
    "content",
    "parts",
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "name",
    "args",
    "id",
    "inlineData",
    "mimeType",
    "data",
    "fileData",
    "fileUri",
    "executableCode",
    "finishReason",
    "STOP",
    "MAX_TOKENS",
    "index",
    "usageMetadata",
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "promptFeedback",
    "blockReason",
    "SAFETY",
    "groundingMetadata",
    "citationMetadata",
    "logprobsResult",
    "error",
    "code",
    "message",
    "status",
    "details",
    "@type",
    "responseId",
    "modelVersion",
    "AQID",
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
    leaf.prop_recursive(5, 32, 6, move |inner| {
        let members = vec((word.clone(), inner.clone()), 0..6);
        let object = |members: Vec<(&str, Value)>| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect::<Map<_, _>>())
        };
        prop_oneof![1 => vec(inner, 0..4).prop_map(Value::from), 4 => members.prop_map(object)]
    })
}

/// A chunk that gets farther.
fn chunk() -> impl Strategy<Value = Value> {
    (vec(json(), 0..4), json(), -1i64..3, json()).prop_map(|(parts, finish, index, other)| {
        serde_json::json!({ "candidates": [{ "content": { "parts": parts }, "index": index,
            "finishReason": finish, "groundingMetadata": other }], "usageMetadata": other })
    })
}

fn check(body: String) {
    let mut script = provider();
    script.answer(200, "text/event-stream", body.clone());
    let run = script.chat::<Gemini>(ChatRequest::user("hi"));
    let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
    assert_eq!(ended, run.failure.is_none(), "{body}: {:?}", run.failure);
    for event in &run.events {
        let (Event::Native(at) | Event::Citation(at) | Event::Logprobs(at)) = event else {
            continue;
        };
        let parsed = serde_json::from_str::<Value>(&at.value.value);
        assert!(parsed.is_ok(), "{body}: {}", at.value.value);
    }
}

proptest! {
    #[test]
    fn chunks_of_any_form_end_in_an_answer_or_a_failure(
        chunks in vec(prop_oneof![chunk(), json()], 0..8),
    ) {
        check(sse(&chunks));
    }

    #[test]
    fn bodies_of_any_form_end_in_an_answer_or_a_failure(body in json(), lead in "[a-z: \n{]{0,4}") {
        check(format!("{lead}{body}"));
    }

    #[test]
    fn errors_of_any_form_are_failures(body in json(), status in 300u16..600) {
        let mut script = provider();
        script.answer(status, "application/json", body.to_string());
        assert!(script.chat::<Gemini>(ChatRequest::user("hi")).failure.is_some());
    }
}

#[test]
fn depth_does_no_harm() {
    let deep =
        |before: &str, after: &str| format!("{}1{}", before.repeat(20_000), after.repeat(20_000));
    for body in [deep("[", "]"), deep("{\"error\":", "}"), deep("{\"candidates\":[", "]}")] {
        for (status, body) in
            [(200, body.clone()), (400, body.clone()), (200, format!("data: {body}\n\n"))]
        {
            let mut script = provider();
            script.answer(status, "application/json", body);
            assert!(script.chat::<Gemini>(ChatRequest::user("hi")).failure.is_some());
        }
    }
}
