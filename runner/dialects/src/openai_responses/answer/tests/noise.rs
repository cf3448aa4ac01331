//! Whatever comes, a stream adds up to the whole answer.

use super::client::{added_up, sent_back};
use super::{call, delta, finished, native, started, stream, whole};
use crate::openai_responses::DIALECT;
use hotcell::types::{
    Delta, Event, FinishReason, MediaEvent, MediaKind, MediaPart, MediaSource, NativeAt,
};
use proptest::prelude::*;
use serde_json::{Value, json};

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
