//! Whatever events come in the order that the wall promises: every frame is whole, blocks
//! open and close, and an answer finishes once.

use super::*;
use hotcell::types::{MediaEvent, MediaKind, MediaPart, MediaSource};
use proptest::prelude::*;
use std::collections::BTreeMap;

const DIALECTS: [&str; 4] = ["openai-chat", "anthropic-messages", "gemini", "cohere-chat"];

fn json_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}"),
        Just("null"),
        Just("[1,{\"a\":2}]"),
        Just("\"text\""),
        Just(r#"{"type":"text","text":"x"}"#),
        Just(r#"{"type":"url_citation","url":"https://a"}"#),
        Just(r#"{"type":"server_tool_use","input":{}}"#),
        Just(r#"{"event":{"type":"content_block_start","content_block":{"type":"text","a":1}}}"#),
        Just(r#"{"event":{"type":"content_block_start","content_block":{"type":"redacted_thinking","a":1}}}"#),
        Just(r#"{"event":{"type":"content_block_delta","index":7,"delta":{}}}"#),
        Just(r#"{"event":{"type":"content_block_stop","index":7,"a":1}}"#),
        Just(r#"{"event":{"type":"message_start","a":1}}"#),
        Just(r#"{"event":{"type":"message_stop","a":1}}"#),
        Just(r#"{"event":{"type":"odd\nname"}}"#),
        Just(r#"{"object":"chat.completion.chunk","a":1}"#),
        Just(r#"{"object":"chat.completion.chunk","a":1,"service_tier":"\u0022,{"}"#),
        Just(r#"{"system_fingerprint":"fp","service_tier":[{"a":"}\n"}],"b":1}"#),
        Just(r#"{"type":"new","new":{}}"#),
        Just(r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""}}]}"#),
        Just(r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning":""}}]}"#),
        Just(r#"{"object":"chat.completion.chunk","choices":[{"index":0,"b":1}]}"#),
        Just(r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":9,"c":1}]}}]}"#),
        Just(r#"{"reasoning_details":[{"type":"reasoning.text","index":0}]}"#),
        Just(r#"{"reasoning_details":[{"type":"reasoning.text","text":"t"}]}"#),
        Just(r#"{"images":[1]}"#),
        Just(r#"{"a":1,"a":2}"#),
    ]
    .prop_map(str::to_owned)
}

fn any_native() -> impl Strategy<Value = Native> {
    (prop::sample::select(&DIALECTS), json_text())
        .prop_map(|(dialect, value)| native(dialect, &value))
}

fn step() -> impl Strategy<Value = Event> {
    let place = (0..2_u32, 0..4_u32);
    let text = prop_oneof![Just(String::new()), "[a-z{}\"\\\\\n]{1,4}"];
    (place, text, any_native(), 0..13_usize).prop_map(|((choice, index), text, value, kind)| {
        let delta = Delta { choice, index, text: text.clone() };
        let at = NativeAt { choice, index, value: value.clone() };
        let extra = Some(value);
        match kind {
            0..=2 => Event::Text(delta),
            3 => Event::Reasoning(delta),
            4 => Event::Refusal(delta),
            5 => Event::Signature(delta),
            6 => Event::RedactedReasoning(delta),
            7 => Event::ToolCallArguments(delta),
            8 => {
                let (id, name, signature) = (text.clone(), text, None);
                Event::ToolCallStarted(ToolCallStarted {
                    choice,
                    index,
                    id,
                    name,
                    signature,
                    extra,
                })
            }
            9 => {
                let kind = if index % 2 == 0 { MediaKind::Image } else { MediaKind::Audio };
                let source = MediaSource::Bytes(text.into_bytes());
                let (mime, name, cache) = (None, None, None);
                let part = MediaPart { kind, mime, source, name, cache, extra };
                Event::Media(MediaEvent { choice, index, part })
            }
            10 => Event::Citation(at),
            11 => Event::Logprobs(at),
            _ => Event::Native(at),
        }
    })
}

/// An answer in the order that the wall promises.
fn answer() -> impl Strategy<Value = Vec<Event>> {
    let start = (any::<bool>(), any_native());
    let usage = prop::option::of((any::<prop::sample::Index>(), any_native()));
    (start, prop::collection::vec(step(), 0..24), usage).prop_map(|(start, steps, usage)| {
        let mut events = Vec::new();
        if let (true, extra) = start {
            let started = Started { id: None, model: None, created: None, extra: Some(extra) };
            events.push(Event::Started(started));
        }
        let first = events.len();
        events.extend(steps);
        if let Some((place, raw)) = usage {
            let counts = Some(u64::MAX);
            let usage = Usage {
                input: counts,
                output: counts,
                cache_read: counts,
                cache_write: Some(1),
                reasoning: None,
                raw: Some(raw),
            };
            let place = first + place.index(events.len() - first + 1);
            events.insert(place, Event::Usage(usage));
        }
        for choice in 0..2 {
            let (reason, raw, extra) = (FinishReason::Other, None, None);
            events.push(Event::Finished(Finished { choice, reason, raw, extra }));
        }
        events
    })
}

proptest! {
    #[test]
    fn a_chat_finishes_each_choice_once(events in answer()) {
        let frames = stream(Dialect::OpenAiChat, "{}", &events);
        let (done, chunks) = frames.split_last().expect("a frame");
        prop_assert_eq!(&done.1, &Value::from("[DONE]"));
        let mut finished = BTreeMap::<u64, usize>::new();
        let mut begun = BTreeMap::<u64, usize>::new();
        for (_, chunk) in chunks {
            prop_assert_eq!(&chunk["object"], "chat.completion.chunk");
            for choice in chunk["choices"].as_array().expect("choices") {
                let number = choice["index"].as_u64().expect("a number");
                prop_assert!(choice["delta"].is_object());
                prop_assert!(!finished.contains_key(&number), "goes on after its end");
                let role = choice["delta"]["role"] == "assistant";
                prop_assert_eq!(role, !begun.contains_key(&number), "one role, at first");
                *begun.entry(number).or_default() += 1;
                if choice["finish_reason"].is_string() {
                    *finished.entry(number).or_default() += 1;
                }
            }
        }
        prop_assert_eq!(finished, BTreeMap::from([(0, 1), (1, 1)]));
        let whole = whole(Dialect::OpenAiChat, &events);
        prop_assert_eq!(whole["choices"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn blocks_of_a_message_open_and_close(events in answer()) {
        let frames = stream(Dialect::AnthropicMessages, "{}", &events);
        let count = |name: &str| frames.iter().filter(|(kind, _)| kind == name).count();
        for name in ["message_start", "message_delta", "message_stop"] {
            prop_assert_eq!(count(name), 1, "{}", name);
        }
        prop_assert_eq!(frames[0].0.as_str(), "message_start");
        prop_assert_eq!(frames[frames.len() - 1].0.as_str(), "message_stop");
        let (mut open, mut next) = (Vec::new(), 0);
        for (name, data) in &frames {
            let index = data["index"].as_u64();
            match name.as_str() {
                "content_block_start" => {
                    prop_assert_eq!(index, Some(next));
                    prop_assert!(data["content_block"]["type"].is_string());
                    open.push(next);
                    next += 1;
                }
                "content_block_delta" => prop_assert!(open.contains(&index.expect("a number"))),
                "content_block_stop" => {
                    let place = open.iter().position(|open| Some(*open) == index);
                    open.remove(place.expect("an open block"));
                }
                "message_delta" => prop_assert!(open.is_empty()),
                _ => {}
            }
        }
        let whole = whole(Dialect::AnthropicMessages, &events);
        prop_assert!(whole["content"].is_array());
    }

    #[test]
    fn a_text_finishes_each_choice_once(events in answer()) {
        let frames = stream(Dialect::OpenAiCompletions, "{}", &events);
        let ends = frames.iter().filter(|(_, chunk)| chunk["choices"][0]["finish_reason"].is_string());
        prop_assert_eq!(ends.count(), 2);
        whole(Dialect::OpenAiCompletions, &events);
    }
}
