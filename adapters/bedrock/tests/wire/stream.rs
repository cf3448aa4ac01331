//! Streams of events, however they are cut.

use crate::provider::{
    answer, block, delta, end, event, events, metadata, native, provider, run, start, stop, text,
};
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{
    ChatRequest, Delta, Event, FailureKind, FinishReason, MediaSource, NativeAt, Part,
};
use serde_json::{Value, json};

fn piece(index: u32, text: &str) -> Delta {
    Delta { choice: 0, index, text: text.to_owned() }
}

#[test]
fn text_comes_as_it_is_and_the_figures_at_the_end() {
    let run = run(answer(
        &[text(0, "h\u{e9}"), text(0, ""), text(0, "llo \u{1f600}"), stop(0)],
        "end_turn",
    ));
    assert_eq!(run.text(), "h\u{e9}llo \u{1f600}");
    let finished = run.finished().expect("an end");
    assert_eq!((finished.reason, finished.raw.as_deref()), (FinishReason::Stop, Some("end_turn")));
    let extra: Value = serde_json::from_str(&finished.extra.as_ref().unwrap().value).unwrap();
    assert_eq!(extra, json!({ "metrics": { "latencyMs": 12 } }));
    let usage = run.usage().expect("usage");
    assert_eq!((usage.input, usage.output), (Some(10), Some(7)));
    assert!(matches!(run.events.first(), Some(Event::Started(_))));
    assert!(matches!(run.events.last(), Some(Event::Finished(_))));
}

#[test]
fn an_event_is_told_as_soon_as_its_frame_is_in() {
    let mut script = provider();
    script.answer(200, crate::provider::FRAMES, [start(), text(0, "early")].concat()).broken();
    let run = script.chat::<Bedrock>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "early");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn calls_come_in_pieces_of_their_arguments() {
    let call = |index, id: &str| {
        block(index, json!({ "toolUse": { "toolUseId": id, "name": "weather" } }))
    };
    let input = |index, text: &str| delta(index, json!({ "toolUse": { "input": text } }));
    let told = events(answer(
        &[
            text(0, "so"),
            stop(0),
            call(1, "a"),
            input(1, ""),
            input(1, "{\"city\": "),
            input(1, "\"Z\u{fc}rich\"}"),
            stop(1),
            call(2, "b"),
            stop(2),
        ],
        "tool_use",
    ));
    let calls: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::ToolCallStarted(call) => Some((call.index, call.id.as_str(), &*call.name)),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [(1, "a", "weather"), (2, "b", "weather")]);
    let arguments: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::ToolCallArguments(delta) => Some(delta.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, [piece(1, "{\"city\": \"Z\u{fc}rich\"}")]);
}

#[test]
fn a_stop_with_calls_is_for_the_calls() {
    let call = block(0, json!({ "toolUse": { "toolUseId": "a", "name": "f" } }));
    let run = run(answer(&[call, stop(0)], "end_turn"));
    assert_eq!(run.finished().map(|it| it.reason), Some(FinishReason::ToolCalls));
}

#[test]
fn thoughts_have_their_signature_and_may_be_in_cipher() {
    let thought = |index, value: Value| delta(index, json!({ "reasoningContent": value }));
    let told = events(answer(
        &[
            thought(0, json!({ "text": "hm" })),
            thought(0, json!({ "text": "m" })),
            thought(0, json!({ "signature": "s1" })),
            thought(0, json!({ "signature": "s2" })),
            stop(0),
            // Each piece is base64 of its own; one after the other they are none.
            thought(1, json!({ "redactedContent": "AQ==" })),
            thought(1, json!({ "redactedContent": "AgM=" })),
            stop(1),
            thought(2, json!({ "text": "" })),
            stop(2),
            text(3, "yes"),
            stop(3),
        ],
        "end_turn",
    ));
    assert_eq!(
        told[1..6],
        [
            Event::Reasoning(piece(0, "hmm")),
            Event::Signature(piece(0, "s1s2")),
            Event::RedactedReasoning(piece(1, "AQID")),
            Event::Reasoning(piece(2, "")),
            Event::Text(piece(3, "yes")),
        ]
    );
}

#[test]
fn citations_stand_beside_the_text() {
    let citation = json!({ "location": { "web": { "url": "https://a.example" } } });
    let told = events(answer(
        &[
            text(0, "cited"),
            delta(0, json!({ "citation": citation })),
            stop(0),
            delta(1, json!({ "citation": citation })),
            stop(1),
        ],
        "end_turn",
    ));
    let at = |index| Event::Citation(NativeAt { choice: 0, index, value: native(&citation) });
    assert_eq!(told[1..4], [Event::Text(piece(0, "cited")), at(0), at(1)]);
}

#[test]
fn the_providers_own_tools_are_no_calls_of_the_caller() {
    let call = json!({ "toolUseId": "a", "name": "search", "type": "server_tool_use" });
    let result = json!({ "toolUseId": "a", "type": "search_result", "status": "success" });
    let told = events(answer(
        &[
            block(0, json!({ "toolUse": call })),
            delta(0, json!({ "toolUse": { "input": "{\"q\":" } })),
            delta(0, json!({ "toolUse": { "input": "\"x\"}" } })),
            stop(0),
            block(1, json!({ "toolResult": result })),
            delta(1, json!({ "toolResult": [{ "text": "one" }] })),
            delta(1, json!({ "toolResult": [{ "text": "two" }] })),
            stop(1),
        ],
        "end_turn",
    ));
    let natives: Vec<Value> = told
        .iter()
        .filter_map(|event| match event {
            Event::Native(at) => serde_json::from_str(&at.value.value).ok(),
            _ => None,
        })
        .collect();
    assert_eq!(
        natives,
        [
            json!({ "toolUse": { "toolUseId": "a", "name": "search", "type": "server_tool_use",
                "input": { "q": "x" } } }),
            json!({ "toolResult": { "toolUseId": "a", "type": "search_result",
                "status": "success", "content": [{ "text": "one" }, { "text": "two" }] } }),
        ]
    );
    let finished = told.iter().find_map(|event| match event {
        Event::Finished(finished) => Some(finished.reason),
        _ => None,
    });
    assert_eq!(finished, Some(FinishReason::Stop));
    // And they go back as they came.
    let parts = natives.iter().map(|value| Part::Native(native(value))).collect();
    let request = crate::provider::conversation(vec![
        crate::provider::message(hotcell_sdk::Role::User, "hi"),
        hotcell_sdk::Message::new(hotcell_sdk::Role::Assistant, parts),
    ]);
    let body = crate::provider::body(request);
    assert_eq!(body["messages"][1]["content"], json!(natives));
}

#[test]
fn an_image_is_put_together() {
    let told = events(answer(
        &[
            block(0, json!({ "image": { "format": "png" } })),
            delta(0, json!({ "image": { "source": { "bytes": "AQ==" } } })),
            delta(0, json!({ "image": { "source": { "bytes": "AgM=" } } })),
            stop(0),
        ],
        "end_turn",
    ));
    let Event::Media(media) = &told[1] else { panic!("{told:?}") };
    assert_eq!(media.part.mime.as_deref(), Some("image/png"));
    assert_eq!(media.part.source, MediaSource::Bytes(vec![1, 2, 3]));
}

#[test]
fn what_is_unknown_is_kept() {
    let told = events(answer(
        &[
            event("weatherReport", json!({ "sun": true })),
            delta(0, json!({ "smell": "of roses" })),
            text(0, "x"),
            stop(0),
        ],
        "something_new",
    ));
    let natives: Vec<Value> = told
        .iter()
        .filter_map(|event| match event {
            Event::Native(at) => serde_json::from_str(&at.value.value).ok(),
            _ => None,
        })
        .collect();
    assert_eq!(natives[0]["event"]["weatherReport"]["sun"], true);
    assert_eq!(natives[1]["event"]["contentBlockDelta"]["delta"], json!({ "smell": "of roses" }));
    let Some(Event::Finished(finished)) = told.last() else { panic!("{told:?}") };
    assert_eq!(finished.reason, FinishReason::Other);
    assert_eq!(finished.raw.as_deref(), Some("something_new"));
}

#[test]
fn a_stream_that_ends_early_is_no_stop() {
    let frames = [start(), text(0, "a"), stop(0), end("end_turn"), metadata()];
    for count in 0..frames.len() - 1 {
        let run = run(frames[..count].concat());
        match count {
            // The answer is whole; only its figures are missing.
            4 => assert!(run.failure.is_none() && run.finished().is_some()),
            _ => {
                let failure = run.failure.expect("a failure");
                assert_eq!(failure.kind, FailureKind::MalformedResponse, "{count}");
                assert_eq!(failure.request_id.as_deref(), Some("req-1"));
                assert!(run.events.iter().all(|event| !matches!(event, Event::Finished(_))));
            }
        }
    }
    // Within a frame it is cut off, wherever that is.
    let all = frames.concat();
    let ends: Vec<usize> = (1..=frames.len()).map(|count| frames[..count].concat().len()).collect();
    for length in (1..all.len()).filter(|length| !ends.contains(length)) {
        let mut script = provider();
        script.answer(200, crate::provider::FRAMES, &all[..length]);
        let failure = script.chat::<Bedrock>(ChatRequest::user("hi")).failure;
        assert_eq!(
            failure.map(|failure| failure.kind),
            Some(FailureKind::MalformedResponse),
            "{length}"
        );
    }
}

#[test]
fn a_bit_that_is_flipped_anywhere_is_noticed() {
    let body = answer(&[text(0, "hello"), stop(0)], "end_turn");
    for bit in 0..body.len() * 8 {
        let mut changed = body.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut script = provider();
        script.answer(200, crate::provider::FRAMES, changed);
        let run = script.chat::<Bedrock>(ChatRequest::user("hi"));
        let failure = run.failure.unwrap_or_else(|| panic!("bit {bit} was not noticed"));
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "bit {bit}");
        assert!(run.events.iter().all(|event| !matches!(event, Event::Finished(_))));
    }
}

#[test]
fn nothing_after_the_end_matters() {
    let body = [answer(&[text(0, "a"), stop(0)], "end_turn"), text(0, "late")].concat();
    assert_eq!(run(body).text(), "a");
}

#[test]
fn order_is_kept() {
    for (body, why) in [
        (text(0, "a"), "`contentBlockDelta` came before `messageStart`"),
        (end("end_turn"), "`messageStop` came before `messageStart`"),
        (
            [start(), end("end_turn"), text(0, "a")].concat(),
            "`contentBlockDelta` came after `messageStop`",
        ),
        (
            [start(), delta(3, json!({ "toolUse": { "input": "{}" } }))].concat(),
            "a piece of block 3 (`toolUse`), which has not begun",
        ),
        (
            [start(), block(0, json!({ "toolUse": { "name": "f" } }))].concat(),
            "a tool call without an id or a name",
        ),
    ] {
        let failure = run(body).failure.expect(why);
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
        assert_eq!(failure.message, why);
    }
}

#[test]
fn every_word_for_the_end_has_its_meaning() {
    for (word, reason) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("tool_use", FinishReason::ToolCalls),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("guardrail_intervened", FinishReason::ContentFilter),
        ("content_filtered", FinishReason::ContentFilter),
        ("malformed_model_output", FinishReason::Other),
        ("malformed_tool_use", FinishReason::Other),
    ] {
        let run = run(answer(&[text(0, "x"), stop(0)], word));
        let finished = run.finished().expect("an end");
        assert_eq!((finished.reason, finished.raw.as_deref()), (reason, Some(word)));
    }
}

#[test]
fn tokens_of_the_cache_count_as_input() {
    let usage = json!({ "inputTokens": 3, "outputTokens": 5, "totalTokens": 38,
        "cacheReadInputTokens": 10, "cacheWriteInputTokens": 20 });
    let body = [start(), end("end_turn"), event("metadata", json!({ "usage": usage }))].concat();
    let run = run(body);
    let found = run.usage().expect("usage");
    assert_eq!((found.input, found.cache_read, found.cache_write), (Some(33), Some(10), Some(20)));
    assert_eq!(found.output, Some(5));
    let raw: Value = serde_json::from_str(&found.raw.as_ref().unwrap().value).unwrap();
    assert_eq!(raw, usage);
}
