//! Streams, chunk by chunk, each at every kind of cut.

use crate::provider::{chunk, events, last, run, sse, value};
use hotcell_sdk::{Event, FailureKind, FinishReason, MediaSource, ToolCallStarted};
use serde_json::{Value, json};

/// Index and text of all events of a kind that has a delta.
fn deltas(events: &[Event], kind: &str) -> Vec<(u32, String)> {
    let deltas = events.iter().filter_map(|event| match (kind, event) {
        ("text", Event::Text(delta))
        | ("reasoning", Event::Reasoning(delta))
        | ("signature", Event::Signature(delta))
        | ("arguments", Event::ToolCallArguments(delta)) => Some((delta.index, delta.text.clone())),
        _ => None,
    });
    deltas.collect()
}

fn calls(events: &[Event]) -> Vec<&ToolCallStarted> {
    let calls = events.iter().filter_map(|event| match event {
        Event::ToolCallStarted(call) => Some(call),
        _ => None,
    });
    calls.collect()
}

fn natives(events: &[Event]) -> Vec<(u32, Value)> {
    let natives = events.iter().filter_map(|event| match event {
        Event::Native(at) => Some((at.index, value(&at.value))),
        _ => None,
    });
    natives.collect()
}

fn delta(index: u32, text: &str) -> (u32, String) {
    (index, text.to_owned())
}

#[test]
fn text_comes_as_it_is_written() {
    let run = run(&sse(&[
        chunk(json!([{ "text": "h\u{e9}" }])),
        chunk(json!([{ "text": " \u{1f600}" }])),
        last(json!([{ "text": "" }]), "STOP"),
    ]));
    assert_eq!(run.text(), "h\u{e9} \u{1f600}");
    let Some(Event::Started(started)) = run.events.first() else { panic!("{:?}", run.events) };
    assert_eq!(started.id.as_deref(), Some("r1"));
    assert_eq!(started.model.as_deref(), Some("gemini-test"));
    // It says whose answer it is.
    let extra = started.extra.as_ref().expect("always there");
    assert_eq!((extra.dialect.as_str(), extra.value.as_str()), ("gemini", "{}"));
    let finished = run.finished().expect("an end");
    assert_eq!((finished.reason, finished.raw.as_deref()), (FinishReason::Stop, Some("STOP")));
    assert_eq!(finished.extra, None);
    let usage = run.usage().expect("counts");
    assert_eq!((usage.input, usage.output), (Some(10), Some(5)));
}

#[test]
fn thoughts_and_words_are_parts_of_their_own_and_signatures_close_them() {
    let events = events(&[
        chunk(json!([{ "text": "hm", "thought": true }])),
        chunk(json!([{ "text": "m", "thought": true, "thoughtSignature": "s0" }])),
        chunk(json!([{ "text": "a" }, { "text": "b", "thoughtSignature": "s1" }])),
        last(json!([{ "text": "c" }, { "text": "", "thoughtSignature": "s2" }]), "STOP"),
    ]);
    assert_eq!(deltas(&events, "reasoning"), [delta(0, "hm"), delta(0, "m")]);
    assert_eq!(deltas(&events, "text"), [delta(1, "a"), delta(1, "b"), delta(3, "c")]);
    assert_eq!(
        deltas(&events, "signature"),
        [delta(0, "s0"), delta(2, "s1"), delta(4, "s2")],
        "that of words is a part of its own"
    );
}

#[test]
fn calls_with_the_reason_stop_are_calls() {
    let events = events(&[
        chunk(json!([{ "functionCall": { "name": "look", "args": { "at": [1, "x"] } },
            "thoughtSignature": "s" }])),
        last(
            json!([{ "functionCall": { "name": "look" } },
                { "functionCall": { "id": "own", "name": "hear", "args": {} } }]),
            "STOP",
        ),
    ]);
    let calls = calls(&events);
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["r1-1", "r1-2", "own"]);
    assert_eq!(calls[0].signature.as_deref(), Some("s"));
    assert_eq!(calls[1].extra, None);
    let extra = calls[2].extra.as_ref().map(value);
    assert_eq!(extra, Some(json!({ "functionCall": { "id": "own" } })));
    assert_eq!(deltas(&events, "arguments"), [delta(0, r#"{"at":[1,"x"]}"#)]);
    let Some(Event::Finished(finished)) =
        events.iter().rev().find(|event| matches!(event, Event::Finished(_)))
    else {
        panic!("no end")
    };
    assert_eq!(finished.reason, FinishReason::ToolCalls);
    assert_eq!(finished.raw.as_deref(), Some("STOP"));
}

#[test]
fn calls_of_an_answer_without_an_id_are_numbered() {
    let mut chunk = last(json!([{ "functionCall": { "name": "look" } }]), "STOP");
    for id in [None, Some("x".repeat(100))] {
        chunk["responseId"] = id.into();
        let events = events(&[chunk.clone()]);
        assert_eq!(calls(&events)[0].id, "call-1");
    }
}

#[test]
fn a_reason_before_the_end_is_not_the_end() {
    let code = json!({ "executableCode": { "language": "PYTHON", "code": "1" } });
    let result = json!({ "codeExecutionResult": { "outcome": "OUTCOME_OK", "output": "1" } });
    let ran = [
        last(json!([code]), "STOP"),
        chunk(json!([result])),
        last(json!([{ "text": "one" }]), "MAX_TOKENS"),
    ];
    let told = events(&ran);
    assert_eq!(natives(&told), [(0, code), (1, result)]);
    let ends: Vec<&Event> =
        told.iter().filter(|event| matches!(event, Event::Finished(_))).collect();
    let [Event::Finished(end)] = ends[..] else { panic!("{ends:?}") };
    assert_eq!(end.reason, FinishReason::Length);
    // What goes on after a reason has to give another one.
    let run = run(&sse(&ran[..2]));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::MalformedResponse));
}

#[test]
fn several_candidates_are_choices() {
    let both = |text: &str, reason: Value| {
        let one = |index: u32| {
            json!({ "index": index, "finishReason": reason,
            "content": { "parts": [{ "text": format!("{text}{index}") }] } })
        };
        json!({ "candidates": [one(0), one(1)] })
    };
    let events = events(&[both("a", Value::Null), both("b", "STOP".into())]);
    let texts = events.iter().filter_map(|event| match event {
        Event::Text(delta) => Some((delta.choice, delta.index, delta.text.as_str())),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), [(0, 0, "a0"), (1, 0, "a1"), (0, 0, "b0"), (1, 0, "b1")]);
    let ends = events.iter().filter(|event| matches!(event, Event::Finished(_))).count();
    assert_eq!(ends, 2);
}

#[test]
fn a_medium_is_told_with_its_bytes() {
    let image = json!({ "inlineData": { "mimeType": "image/png", "data": "AQID" },
        "thoughtSignature": "s" });
    let draft = json!({ "inlineData": { "mimeType": "image/png", "data": "AQID" },
        "thought": true });
    let events = events(&[chunk(json!([draft])), last(json!([image]), "STOP")]);
    assert_eq!(natives(&events), [(0, draft)], "what is drawn in thought is no answer");
    let Some(Event::Media(media)) = events.iter().find(|event| matches!(event, Event::Media(_)))
    else {
        panic!("no medium")
    };
    assert_eq!(media.index, 1);
    assert_eq!(media.part.mime.as_deref(), Some("image/png"));
    assert_eq!(media.part.source, MediaSource::Bytes(vec![1, 2, 3]));
    let extra = media.part.extra.as_ref().map(value);
    assert_eq!(extra, Some(json!({ "thoughtSignature": "s" })));
}

#[test]
fn sources_and_probabilities_are_told_in_the_providers_words() {
    let mut end = last(json!([{ "text": "x" }]), "STOP");
    let candidate = &mut end["candidates"][0];
    candidate["groundingMetadata"] = json!({ "webSearchQueries": ["q"] });
    candidate["citationMetadata"] = json!({ "citations": [{ "uri": "u" }] });
    candidate["logprobsResult"] = json!({ "chosenCandidates": [] });
    candidate["avgLogprobs"] = json!(-0.5);
    let events = events(&[end]);
    let mut told = Vec::new();
    for event in &events {
        match event {
            Event::Citation(at) | Event::Logprobs(at) => told.push((at.index, value(&at.value))),
            Event::Finished(end) => {
                let extra = end.extra.as_ref().map(value);
                assert_eq!(extra, Some(json!({ "avgLogprobs": -0.5 })));
            }
            _ => {}
        }
    }
    told.sort_by_key(|(_, value)| value.to_string());
    assert_eq!(
        told,
        [
            (0, json!({ "citationMetadata": { "citations": [{ "uri": "u" }] } })),
            (0, json!({ "groundingMetadata": { "webSearchQueries": ["q"] } })),
            (0, json!({ "logprobsResult": { "chosenCandidates": [] } })),
        ]
    );
}

#[test]
fn every_reason_has_its_meaning() {
    for (word, reason) in [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("LANGUAGE", FinishReason::ContentFilter),
        ("BLOCKLIST", FinishReason::ContentFilter),
        ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
        ("SPII", FinishReason::ContentFilter),
        ("IMAGE_SAFETY", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", FinishReason::Other),
        ("UNEXPECTED_TOOL_CALL", FinishReason::Other),
        ("OTHER", FinishReason::Other),
        ("NEW_WORD", FinishReason::Other),
    ] {
        let run = run(&sse(&[last(json!([]), word)]));
        let finished = run.finished().expect("an end");
        assert_eq!((finished.reason, finished.raw.as_deref()), (reason, Some(word)), "{word}");
    }
}

#[test]
fn why_a_call_was_malformed_is_told() {
    let mut end = last(json!([]), "MALFORMED_FUNCTION_CALL");
    end["candidates"][0]["finishMessage"] = "it is no call".into();
    let run = run(&sse(&[end]));
    assert_eq!(run.warnings(), ["the answer broke off: it is no call"]);
}

#[test]
fn a_stream_that_stops_early_is_no_answer() {
    let whole = sse(&[chunk(json!([{ "text": "a" }])), last(json!([{ "text": "b" }]), "STOP")]);
    // Without the last byte of its blank line, and without the line, it is all there.
    for end in 0..whole.len() - 4 {
        if !whole.is_char_boundary(end) {
            continue;
        }
        let run = run(&whole[..end]);
        let kind = run.failure.as_ref().map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::MalformedResponse), "{:?}", &whole[..end]);
        assert_eq!(run.finished(), None, "a false stop");
    }
}

#[test]
fn counts_have_what_was_thought_and_what_tools_gave() {
    let mut end = last(json!([{ "text": "x" }]), "STOP");
    end["usageMetadata"] = json!({ "promptTokenCount": 100, "cachedContentTokenCount": 60,
        "toolUsePromptTokenCount": 7, "candidatesTokenCount": 20, "thoughtsTokenCount": 30 });
    let run = run(&sse(&[end.clone()]));
    let usage = run.usage().expect("counts");
    assert_eq!((usage.input, usage.output), (Some(107), Some(50)));
    assert_eq!((usage.cache_read, usage.reasoning), (Some(60), Some(30)));
    assert_eq!(usage.raw.as_ref().map(value), Some(end["usageMetadata"].clone()));
}
