//! Whatever a provider sends, the adapter stands.

use crate::provider::{FRAMES, chunk, frame, provider, start};
use hotcell_adapter_bedrock_anthropic::BedrockAnthropic;
use hotcell_sdk::{ChatRequest, Event};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Values of the shapes that the provider has, and others.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\u{e9}=/+]{0,6}".prop_map(Value::from),
        Just(json!("text_delta")),
        Just(json!("tool_use")),
        Just(json!("INTERVENED")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop::sample::select(vec![
            "type",
            "index",
            "message",
            "content_block",
            "delta",
            "usage",
            "error",
            "text",
            "content",
            "stop_reason",
            "amazon-bedrock-guardrailAction",
        ]);
        prop::collection::vec((name, inner), 0..4).prop_map(|members| {
            let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
            Value::Object(members.collect())
        })
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "other",
    ])
}

proptest! {
    #[test]
    fn any_chunks_give_an_end_or_a_failure(
        events in prop::collection::vec((kind(), value()), 0..12),
    ) {
        let mut body = start();
        for (kind, mut event) in events {
            if event.is_object() {
                event["type"] = kind.into();
            }
            body.extend(chunk(&event));
        }
        let mut script = provider();
        script.answer(200, FRAMES, body);
        let run = script.chat::<BedrockAnthropic>(ChatRequest::user("hi"));
        let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
        prop_assert!(ended != run.failure.is_some(), "{:?}", run.failure);
    }

    #[test]
    fn any_bytes_are_no_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for body in [bytes.clone(), frame(&[(":event-type", "chunk")], &bytes)] {
            let mut script = provider();
            script.answer(200, FRAMES, body);
            let run = script.chat::<BedrockAnthropic>(ChatRequest::user("hi"));
            prop_assert!(run.failure.is_some());
        }
    }
}
