//! Streams, event by event, each at every kind of cut.

use crate::provider::{
    DIALECT, answer, block, delta, end, events, input, run, sse, start, stop, text,
};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::testing::{Cut, Run};
use hotcell_sdk::{ChatRequest, Event, FailureKind, FinishReason, Native};
use serde_json::{Value, json};

fn native(native: &Native) -> Value {
    assert_eq!(native.dialect, DIALECT);
    serde_json::from_str(&native.value).expect("JSON")
}

fn natives(events: &[Event]) -> Vec<(u32, Value)> {
    let natives = events.iter().filter_map(|event| match event {
        Event::Native(at) => Some((at.index, native(&at.value))),
        _ => None,
    });
    natives.collect()
}

/// The calls of an answer: index, id, name, arguments, extra.
fn calls(events: &[Event]) -> Vec<(u32, String, String, String, Option<Value>)> {
    let mut calls: Vec<(u32, String, String, String, Option<Value>)> = Vec::new();
    for event in events {
        match event {
            Event::ToolCallStarted(call) => calls.push((
                call.index,
                call.id.clone(),
                call.name.clone(),
                String::new(),
                call.extra.as_ref().map(native),
            )),
            Event::ToolCallArguments(delta) => {
                let call = calls.iter_mut().find(|call| call.0 == delta.index);
                call.expect("a call of this index").3.push_str(&delta.text);
            }
            _ => {}
        }
    }
    calls
}

fn tool(id: &str) -> Value {
    json!({ "type": "tool_use", "id": id, "name": "look", "input": {} })
}

fn malformed(body: &str) -> Run {
    let run = run(body);
    let kind = run.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    assert_eq!(run.finished(), None, "a false stop");
    run
}

#[test]
fn text_comes_as_it_is_written() {
    let empty = json!({ "type": "text", "text": "" });
    let body = answer(
        &[
            block(0, empty),
            json!({ "type": "ping" }),
            text(0, "h\u{e9}"),
            text(0, " \u{1f600}"),
            stop(0),
        ],
        "end_turn",
    );
    let run = run(&body);
    assert_eq!(run.text(), "h\u{e9} \u{1f600}");
    let Some(Event::Started(started)) = run.events.first() else { panic!("{:?}", run.events) };
    assert_eq!(started.id.as_deref(), Some("msg_1"));
    assert_eq!(started.model.as_deref(), Some("claude-test"));
    assert_eq!(started.extra, None);
    let finished = run.finished().expect("an end");
    assert_eq!((finished.reason, finished.raw.as_deref()), (FinishReason::Stop, Some("end_turn")));
    assert_eq!(finished.extra, None);
}

#[test]
fn an_event_goes_out_when_its_bytes_are_in() {
    let begin = sse(&[start(), block(0, json!({ "type": "text", "text": "" })), text(0, "one")]);
    let body =
        answer(&[block(0, json!({ "type": "text", "text": "" })), text(0, "one")], "end_turn");
    let mut script = crate::provider::provider();
    script.answer(200, "text/event-stream", body).cut(Cut::At(vec![begin.len()]));
    script.broken_after(begin.len());
    let run = script.chat::<Anthropic>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "one");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn lines_may_end_in_crlf_data_may_lack_its_space_and_comments_may_stand_between() {
    let body = answer(
        &[block(0, json!({ "type": "text", "text": "" })), text(0, "h\u{e9}"), stop(0)],
        "end_turn",
    );
    for odd in [
        body.replace('\n', "\r\n"),
        body.replace('\n', "\r"),
        body.replace("data: ", "data:"),
        body.replace("event: ", ": comment\n\n:\nevent: "),
        body.replace("event: ", "id: 7\nretry: 1\nevent: "),
        format!("\u{feff}{body}"),
    ] {
        assert_eq!(run(&odd).joined(), run(&body).joined(), "{odd}");
    }
}

#[test]
fn a_stream_without_event_names_is_read_by_its_types() {
    let body = answer(&[block(0, json!({ "type": "text", "text": "x" })), stop(0)], "end_turn");
    let bare: String = body
        .lines()
        .filter(|line| !line.starts_with("event:"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(run(&bare).joined(), run(&body).joined());
}

#[test]
fn parallel_calls_keep_their_arguments_apart_and_byte_for_byte() {
    let odd = r#"{"b": 1.0, "a": 12345678901234567890123}"#;
    let (first, second) = odd.split_at(9);
    let body = answer(
        &[
            block(0, tool("a")),
            input(0, ""),
            block(1, tool("b")),
            input(1, "{\"x\":"),
            input(0, first),
            input(1, "\"\u{e9}\"}"),
            input(0, second),
            stop(1),
            stop(0),
        ],
        "tool_use",
    );
    let events = events(&body);
    let call = |index, id: &str, arguments: &str| {
        (index, id.to_owned(), "look".to_owned(), arguments.to_owned(), None)
    };
    assert_eq!(calls(&events), [call(0, "a", odd), call(1, "b", "{\"x\":\"\u{e9}\"}")]);
}

#[test]
fn a_call_without_arguments_tells_none() {
    for deltas in [vec![], vec![input(0, "")]] {
        let mut all = vec![block(0, tool("a"))];
        all.extend(deltas);
        all.push(stop(0));
        let events = events(&answer(&all, "tool_use"));
        let told = events.iter().any(|event| matches!(event, Event::ToolCallArguments(_)));
        assert!(!told, "{events:?}");
        assert_eq!(calls(&events).len(), 1);
    }
}

#[test]
fn an_input_that_is_there_from_the_start_is_told_once() {
    let whole = json!({ "type": "tool_use", "id": "a", "name": "look", "input": { "x": 1 },
        "caller": { "type": "direct" } });
    let body = answer(&[block(0, whole.clone()), stop(0)], "tool_use");
    let expected = Some(json!({ "caller": { "type": "direct" } }));
    assert_eq!(calls(&events(&body))[0].3, "{\"x\":1}");
    assert_eq!(calls(&events(&body))[0].4, expected);

    // Deltas say it anew.
    let body = answer(&[block(0, whole), input(0, "{\"y\":2}"), stop(0)], "tool_use");
    assert_eq!(calls(&events(&body))[0].3, "{\"y\":2}");
}

#[test]
fn thoughts_and_their_signature_are_told() {
    let thinking = json!({ "type": "thinking", "thinking": "", "signature": "" });
    let body = answer(
        &[
            block(0, thinking),
            delta(0, json!({ "type": "thinking_delta", "thinking": "h" })),
            delta(0, json!({ "type": "thinking_delta", "thinking": "m" })),
            delta(0, json!({ "type": "signature_delta", "signature": "Eq/+==" })),
            stop(0),
            block(1, json!({ "type": "redacted_thinking", "data": "Em/+==" })),
            stop(1),
        ],
        "end_turn",
    );
    let run = run(&body);
    assert_eq!(run.reasoning(), "hm");
    let opaque = run.events.iter().filter_map(|event| match event {
        Event::Signature(delta) => Some(("signature", delta.index, delta.text.as_str())),
        Event::RedactedReasoning(delta) => Some(("redacted", delta.index, delta.text.as_str())),
        _ => None,
    });
    let expected = [("signature", 0, "Eq/+=="), ("redacted", 1, "Em/+==")];
    assert_eq!(opaque.collect::<Vec<_>>(), expected);
}

#[test]
fn a_signature_that_is_there_from_the_start_is_told_once() {
    let thinking = json!({ "type": "thinking", "thinking": "hm", "signature": "old" });
    let signatures = |deltas: &[Value]| {
        let mut all = vec![block(0, thinking.clone())];
        all.extend_from_slice(deltas);
        all.push(stop(0));
        let signatures =
            events(&answer(&all, "end_turn")).into_iter().filter_map(|event| match event {
                Event::Signature(delta) => Some(delta.text),
                _ => None,
            });
        signatures.collect::<String>()
    };
    assert_eq!(signatures(&[]), "old");
    assert_eq!(
        signatures(&[delta(0, json!({ "type": "signature_delta", "signature": "new" }))]),
        "new"
    );
}

#[test]
fn a_block_that_says_nothing_is_still_there() {
    let body = answer(
        &[
            block(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
            stop(0),
            block(1, json!({ "type": "text", "text": "" })),
            stop(1),
        ],
        "end_turn",
    );
    let there: Vec<u32> = events(&body)
        .iter()
        .filter_map(|event| match event {
            Event::Text(delta) | Event::Reasoning(delta) => Some(delta.index),
            _ => None,
        })
        .collect();
    assert_eq!(there, [0, 1]);
}

#[test]
fn citations_are_told_with_their_block() {
    let cited = |text: &str| json!({ "type": "char_location", "cited_text": text });
    let body = answer(
        &[
            block(0, json!({ "type": "text", "text": "", "citations": [cited("a")] })),
            delta(0, json!({ "type": "citations_delta", "citation": cited("b") })),
            text(0, "x"),
            stop(0),
        ],
        "end_turn",
    );
    let citations: Vec<_> = events(&body)
        .iter()
        .filter_map(|event| match event {
            Event::Citation(at) => Some((at.index, native(&at.value))),
            _ => None,
        })
        .collect();
    assert_eq!(citations, [(0, cited("a")), (0, cited("b"))]);
}

#[test]
fn a_block_of_the_providers_own_comes_whole() {
    let search = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    let found = json!({ "type": "web_search_tool_result", "tool_use_id": "s",
        "content": [{ "type": "web_search_result", "encrypted_content": "Eq/+==" }] });
    let compacted = json!({ "type": "compaction", "content": null });
    let body = answer(
        &[
            block(0, search),
            input(0, "{\"query\":"),
            input(0, " \"x\"}"),
            stop(0),
            block(1, found.clone()),
            stop(1),
            block(2, compacted),
            delta(2, json!({ "type": "compaction_delta", "content": "so far" })),
            stop(2),
            block(3, json!({ "type": "text", "text": "done" })),
            stop(3),
        ],
        "end_turn",
    );
    let whole = json!({ "type": "server_tool_use", "id": "s", "name": "web_search",
        "input": { "query": "x" } });
    let compacted = json!({ "type": "compaction", "content": "so far" });
    assert_eq!(natives(&events(&body)), [(0, whole), (1, found), (2, compacted)]);
}

#[test]
fn the_input_of_a_native_block_that_was_cut_off_is_kept() {
    let search = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    let body = answer(&[block(0, search.clone()), input(0, "{\"que"), stop(0)], "max_tokens");
    let event = json!({ "event": delta(0, json!({ "type": "input_json_delta", "partial_json": "{\"que" })) });
    assert_eq!(natives(&events(&body)), [(0, event), (0, search)]);
}

#[test]
fn what_stands_beside_a_delta_is_told_before_it() {
    let counted = |thinking: &str| {
        delta(0, json!({ "type": "thinking_delta", "thinking": thinking, "estimated_tokens": 7 }))
    };
    let body = answer(
        &[
            block(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
            counted("a"),
            counted(""),
            stop(0),
        ],
        "end_turn",
    );
    let events = events(&body);
    let beside = delta(0, json!({ "type": "thinking_delta", "estimated_tokens": 7 }));
    let expected = [(0, json!({ "event": beside })), (0, json!({ "event": counted("") }))];
    assert_eq!(natives(&events), expected);
    let told = events.iter().position(|event| matches!(event, Event::Reasoning(_)));
    let first = events.iter().position(|event| matches!(event, Event::Native(_)));
    assert_eq!(told, first.map(|first| first + 1));
}

#[test]
fn what_is_not_known_passes_as_it_was_sent() {
    let new_delta = delta(0, json!({ "type": "new_delta", "text": { "a": 1 } }));
    let new_event = json!({ "type": "new_event", "index": 4, "x": 1.5 });
    let body = answer(
        &[
            block(0, json!({ "type": "text", "text": "", "mood": "good" })),
            new_delta.clone(),
            delta(0, json!({ "type": "text_delta", "text": "x", "weight": 2 })),
            json!({ "type": "content_block_stop", "index": 0, "took": 3 }),
            new_event.clone(),
        ],
        "end_turn",
    );
    let events = events(&body);
    let expected = [
        (0, json!({ "event": block(0, json!({ "type": "text", "mood": "good" })) })),
        (0, json!({ "event": new_delta })),
        (0, json!({ "event": delta(0, json!({ "type": "text_delta", "weight": 2 })) })),
        (0, json!({ "event": { "type": "content_block_stop", "index": 0, "took": 3 } })),
        (4, json!({ "event": new_event })),
    ];
    assert_eq!(natives(&events), expected);
}

#[test]
fn members_of_the_answer_that_nobody_models_pass() {
    let mut start = start();
    start["message"]["container"] = json!({ "id": "c" });
    start["message"]["empty"] = Value::Null;
    let delta = json!({ "stop_reason": "refusal", "stop_sequence": null,
        "stop_details": { "type": "refusal", "category": "cyber" } });
    let last = json!({ "type": "message_delta", "delta": delta, "usage": {},
        "context_management": { "applied_edits": [] }, "news": [1] });
    let body = sse(&[start, last, json!({ "type": "message_stop" })]);
    let run = run(&body);
    let Some(Event::Started(started)) = run.events.first() else { panic!("no start") };
    assert_eq!(started.extra.as_ref().map(native), Some(json!({ "container": { "id": "c" } })));
    let beside = json!({ "event": { "type": "message_delta", "news": [1] } });
    assert_eq!(natives(&run.events), [(0, beside)]);
    let finished = run.finished().expect("an end");
    assert_eq!(finished.reason, FinishReason::Refusal);
    let expected = json!({ "stop_details": { "type": "refusal", "category": "cyber" },
        "context_management": { "applied_edits": [] } });
    assert_eq!(finished.extra.as_ref().map(native), Some(expected));
}

#[test]
fn every_stop_reason_has_its_meaning() {
    for (word, reason) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("refusal", FinishReason::Refusal),
        ("pause_turn", FinishReason::Pause),
        ("compaction", FinishReason::Pause),
        ("news", FinishReason::Other),
    ] {
        let run = run(&answer(&[], word));
        let finished = run.finished().expect("an end");
        assert_eq!((finished.reason, finished.raw.as_deref()), (reason, Some(word)));
    }
}

#[test]
fn usage_is_cumulative_and_counts_every_token_of_the_prompt() {
    let mut start = start();
    start["message"]["usage"] = json!({ "input_tokens": 10, "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 5, "output_tokens": 1, "service_tier": "standard" });
    let report = |usage: Value| json!({ "type": "message_delta", "delta": {}, "usage": usage });
    let body = sse(&[
        start,
        report(json!({ "output_tokens": 7 })),
        report(json!({ "output_tokens": 9, "input_tokens": null, "cache_read_input_tokens": 200,
            "output_tokens_details": { "thinking_tokens": 4 } })),
        end("end_turn")[1].clone(),
    ]);
    let run = run(&body);
    let reports: Vec<_> = run
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Usage(usage) => Some((usage.input, usage.output)),
            _ => None,
        })
        .collect();
    assert_eq!(reports, [(Some(115), Some(1)), (Some(115), Some(7)), (Some(215), Some(9))]);
    let usage = run.usage().expect("usage");
    assert_eq!(
        (usage.cache_read, usage.cache_write, usage.reasoning),
        (Some(200), Some(5), Some(4))
    );
    let raw = native(usage.raw.as_ref().expect("the provider's own"));
    let expected = json!({ "input_tokens": 10, "cache_read_input_tokens": 200,
        "cache_creation_input_tokens": 5, "output_tokens": 9, "service_tier": "standard",
        "output_tokens_details": { "thinking_tokens": 4 } });
    assert_eq!(raw, expected);
}

#[test]
fn an_answer_whose_stop_reason_is_missing_still_ends_honestly() {
    let run = run(&sse(&[start(), json!({ "type": "message_stop" })]));
    let finished = run.finished().expect("an end");
    assert_eq!((finished.reason, finished.raw.as_deref()), (FinishReason::Other, None));
}

#[test]
fn a_stream_that_ends_too_early_is_malformed_and_never_a_stop() {
    let body = answer(
        &[block(0, json!({ "type": "text", "text": "" })), text(0, "x"), stop(0)],
        "end_turn",
    );
    let terminator = body.rfind("event: message_stop").unwrap_or_default();
    for end in (0..=terminator).filter(|end| body.is_char_boundary(*end)) {
        malformed(&body[..end]);
    }
    // The word of another protocol for the end is none here.
    malformed(&format!("{}data: [DONE]\n\n", &body[..terminator]));
}

#[test]
fn a_terminator_without_its_blank_line_is_one() {
    let body = answer(&[], "end_turn");
    assert!(run(body.trim_end()).finished().is_some());
}

#[test]
fn what_comes_after_the_end_is_no_part_of_the_answer() {
    let body = answer(&[], "end_turn") + "data: [DONE]\n\n" + &sse(&[text(0, "late"), json!(7)]);
    let run = run(&body);
    assert_eq!((run.text().as_str(), run.failure.as_ref()), ("", None));
    assert!(run.finished().is_some());
}

#[test]
fn events_out_of_order_are_malformed() {
    malformed(&sse(&[text(0, "x")]));
    malformed(&sse(&end("end_turn")));
    malformed(&sse(&[start(), text(0, "x")]));
    malformed(&sse(&[start(), block(0, tool("a")), stop(0), input(0, "{}")]));
}

#[test]
fn events_of_a_wrong_form_are_malformed() {
    for event in [
        json!([]),
        json!("x"),
        json!({ "type": "content_block_start", "index": 0 }),
        json!({ "type": "content_block_start", "index": -1, "content_block": {} }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "text": "" } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": 1 } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "tool_use" } }),
        json!({ "type": "content_block_delta", "index": 0 }),
        json!({ "type": "message_delta", "delta": 1 }),
    ] {
        malformed(&sse(&[start(), event]));
    }
    malformed("data: {\n\n");
    malformed("<html>Bad gateway</html>");
    malformed("");
}
