//! Whatever a provider or a client sends, the adapter stands.

use crate::provider::{FRAMES, conversation, event, provider};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{
    ChatRequest, Event, Message, Native, Part, ReasoningPart, Role, ToolCall, ToolResult,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Values of the shapes that the provider has, and others.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\u{e9}=/+]{0,6}".prop_map(Value::from),
        Just(json!("AQID")),
        Just(json!("tool_use")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(vec![
            "text",
            "toolUse",
            "toolResult",
            "reasoningContent",
            "reasoningText",
            "signature",
            "redactedContent",
            "citation",
            "citationsContent",
            "image",
            "source",
            "bytes",
            "format",
            "input",
            "name",
            "toolUseId",
            "type",
            "delta",
            "start",
            "contentBlockIndex",
            "usage",
            "stopReason",
            "output",
            "message",
            "content",
            "citations",
            "inputTokens",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "other",
        "",
    ])
}

proptest! {
    #[test]
    fn any_frames_give_events_or_a_failure(
        frames in prop::collection::vec((kind(), 0_u32..3, value()), 0..12),
    ) {
        let mut body = event("messageStart", json!({}));
        for (kind, index, value) in frames {
            let mut payload = json!({ "contentBlockIndex": index, "delta": value, "start": value });
            payload["usage"] = value;
            body.extend(event(kind, payload));
        }
        let mut script = provider();
        script.answer(200, FRAMES, body);
        let run = script.chat_at_every_cut::<Bedrock>(&ChatRequest::user("hi"));
        let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
        prop_assert_eq!(ended, run.failure.is_none());
        for event in &run.events {
            if let Event::Native(at) | Event::Citation(at) = event {
                prop_assert!(serde_json::from_str::<Value>(&at.value.value).is_ok());
            }
        }
    }

    #[test]
    fn any_whole_answer_gives_events_or_a_failure(
        content in prop::collection::vec(value(), 0..5),
        usage in value(),
    ) {
        let answer = json!({ "output": { "message": { "content": content } }, "usage": usage });
        let mut script = provider();
        script.answer(200, "application/json", answer.to_string());
        let run = script.chat::<Bedrock>(ChatRequest::user("hi"));
        let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
        prop_assert_eq!(ended, run.failure.is_none());
    }

    #[test]
    fn any_bytes_are_an_answer_or_a_failure(body: Vec<u8>, status in 200_u16..600) {
        let mut script = provider();
        script.answer(status, FRAMES, body);
        let run = script.chat::<Bedrock>(ChatRequest::user("hi"));
        let ended = run.events.iter().any(|event| matches!(event, Event::Finished(_)));
        prop_assert_eq!(ended, run.failure.is_none());
    }

    #[test]
    fn whatever_is_asked_is_sent_as_json_or_refused(
        texts in prop::collection::vec(("[ -~\u{e9}\n]{0,8}", 0_u8..6, 0_usize..5), 0..8),
        extra in value(),
        ours: bool,
    ) {
        let roles = [Role::System, Role::Developer, Role::User, Role::Assistant, Role::Tool];
        let native = |dialect: &str| Native { dialect: dialect.to_owned(), value: extra.to_string() };
        let dialect = if ours { "bedrock-converse" } else { "openai-chat" };
        let messages = texts.into_iter().map(|(text, kind, role)| {
            let part = match kind {
                0 => Part::plain(text),
                1 => Part::Refusal(text),
                2 => Part::ToolCall(ToolCall { id: text.clone(), name: text.clone(),
                    arguments: text, signature: None, extra: None }),
                3 => Part::ToolResult(ToolResult { call_id: text, name: None, content: vec![],
                    is_error: true, cache: None, extra: None }),
                4 => Part::Native(native(dialect)),
                _ => Part::Reasoning(ReasoningPart { id: None, text: text.clone(),
                    signature: Some(text), redacted: None, extra: None }),
            };
            Message::new(roles[role], vec![part])
        });
        let mut request = conversation(messages.collect());
        request.extra = Some(native(dialect));
        let mut script = provider();
        script.answer(500, "application/json", "{}");
        let run = script.chat::<Bedrock>(request);
        for sent in &run.requests {
            prop_assert!(serde_json::from_slice::<Value>(&sent.body).is_ok());
        }
        prop_assert!(run.failure.is_some());
    }
}
