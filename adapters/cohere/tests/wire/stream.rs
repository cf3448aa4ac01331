//! Streams, event by event, each at every kind of cut.

use crate::provider::{
    answer, begin, call, content, end, malformed, piece, provider, run, sse, told,
};
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::testing::Cut;
use hotcell_sdk::{ChatRequest, Event, FailureKind};
use serde_json::json;

#[test]
fn text_comes_as_it_is_written() {
    let run = run(&answer(content(0, "text", &["h\u{e9}", " \u{1f600}"]), "COMPLETE"));
    assert_eq!(run.text(), "h\u{e9} \u{1f600}");
    let Some(Event::Started(started)) = run.events.first() else { panic!("{:?}", run.events) };
    assert_eq!((started.id.as_deref(), &started.extra), (Some("m-1"), &None));
    let usage = run.usage().expect("usage");
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(12), Some(5), Some(8)));
    assert_eq!(run.finished().and_then(|end| end.raw.as_deref()), Some("COMPLETE"));
}

#[test]
fn an_event_goes_out_when_its_bytes_are_in() {
    let first = sse(&[begin(), piece("content-delta", 0, json!({ "content": { "text": "one" } }))]);
    let mut script = provider();
    script.answer(200, "text/event-stream", first.clone());
    script.cut(Cut::EveryByte).broken_after(first.len());
    let run = script.chat::<Cohere>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "one");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn content_and_calls_are_counted_apart_and_become_parts_of_their_own() {
    let thought = content(0, "thinking", &["Let me ", "see."]);
    let calls = [call(0, "c-1", "f", &["{\"x\":", "1}"]), call(1, "c-2", "g", &[])].concat();
    let expected = [
        "0 reasoning Let me ",
        "0 reasoning see.",
        "1 call c-1 f",
        "1 arguments {\"x\":",
        "1 arguments 1}",
        "2 call c-2 g",
        "finished ToolCalls TOOL_CALL",
    ];
    assert_eq!(told(thought.into_iter().chain(calls), "TOOL_CALL"), expected);
}

#[test]
fn a_plan_is_told_whole_before_the_first_call() {
    let plan = |text: &str| json!({ "type": "tool-plan-delta", "delta": { "message": { "tool_plan": text } } });
    let events = [vec![plan("I will"), plan(" ask.")], call(0, "c-1", "f", &["{}"])].concat();
    let expected = [
        "0 native {\"tool_plan\":\"I will ask.\"}",
        "1 call c-1 f",
        "1 arguments {}",
        "finished ToolCalls TOOL_CALL",
    ];
    assert_eq!(told(events, "TOOL_CALL"), expected);
    let expected = ["0 native {\"tool_plan\":\"I will\"}", "finished Length MAX_TOKENS"];
    assert_eq!(told([plan("I will")], "MAX_TOKENS"), expected, "cut off before its call");
}

#[test]
fn a_citation_is_told_at_the_text_that_it_is_about() {
    let citation = |index: Option<u32>| {
        let mut citation = json!({ "start": 0, "end": 2, "text": "it", "sources": [] });
        if let Some(index) = index {
            citation["content_index"] = index.into();
        }
        let start = json!({ "citations": citation });
        vec![piece("citation-start", 0, start), json!({ "type": "citation-end", "index": 0 })]
    };
    let thought = content(0, "thinking", &["so"]);
    let text = content(1, "text", &["it is"]);
    let events = [thought, text, citation(Some(1)), citation(Some(0)), citation(None)].concat();
    let told = told(events, "COMPLETE");
    let places: Vec<&str> =
        told.iter().filter(|event| event.contains("citation")).map(|event| &event[..1]).collect();
    assert_eq!(places, ["1", "0", "1"]);
    assert!(told[2].contains("\"sources\":[]"), "{told:?}");
}

#[test]
fn content_that_says_nothing_is_there_all_the_same() {
    let events = [content(0, "thinking", &[]), content(1, "text", &[])].concat();
    assert_eq!(told(events, "COMPLETE"), ["0 reasoning ", "1 text ", "finished Stop COMPLETE"]);
}

#[test]
fn log_probabilities_are_told_at_their_text() {
    let mut delta =
        piece("content-delta", 0, json!({ "content": { "type": "text", "text": "a" } }));
    delta["logprobs"] = json!({ "text": "a", "token_ids": [7], "logprobs": [-0.5] });
    let logprobs = "0 logprobs {\"text\":\"a\",\"token_ids\":[7],\"logprobs\":[-0.5]}";
    assert_eq!(told([delta], "COMPLETE"), ["0 text a", logprobs, "finished Stop COMPLETE"]);
}

#[test]
fn every_word_for_the_end_has_its_meaning() {
    for (word, reason) in [
        ("COMPLETE", "Stop"),
        ("STOP_SEQUENCE", "Stop"),
        ("MAX_TOKENS", "Length"),
        ("ERROR_TOXIC", "ContentFilter"),
        ("TOOL_CALL", "ToolCalls"),
        ("USER_CANCEL", "Other"),
    ] {
        assert_eq!(told([], word), [format!("finished {reason} {word}")]);
    }
    let told = told(call(0, "c", "f", &[]), "COMPLETE");
    assert_eq!(told.last().map(String::as_str), Some("finished ToolCalls COMPLETE"));
}

#[test]
fn an_error_at_the_end_is_a_failure() {
    let text = content(0, "text", &["so far"]);
    for (word, kind) in [("ERROR", FailureKind::ProviderError), ("TIMEOUT", FailureKind::TimedOut)]
    {
        let run = run(&answer(text.clone(), word));
        let failure = run.failure.clone().expect("a failure");
        assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(word)));
        assert_eq!(failure.request_id.as_deref(), Some("trace-1"));
        assert_eq!((run.text().as_str(), run.finished()), ("so far", None));
    }
    let told = json!({ "type": "message-end", "delta": { "error": "it broke" } });
    let failure = run(&sse(&[begin(), told])).failure.expect("a failure");
    assert_eq!((failure.message.as_str(), failure.code.as_deref()), ("it broke", Some("ERROR")));
}

#[test]
fn an_error_in_the_middle_is_a_failure() {
    let text = content(0, "text", &["so far"]);
    let body = sse(&[begin()]) + &sse(&text) + "event: error\ndata: {\"message\":\"no more\"}\n\n";
    let run = run(&body);
    assert_eq!(run.text(), "so far");
    let failure = run.failure.expect("a failure");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::ProviderError, "no more"));
}

#[test]
fn a_stream_that_stops_early_is_never_a_stop() {
    let text = content(0, "text", &["a"]);
    malformed(&sse(&[begin()]));
    malformed(&(sse(&[begin()]) + &sse(&text)));
    malformed(&(sse(&[begin()]) + &sse(&text) + "data: [DONE]\n\n"));
    malformed("data: [DONE]\n\n");
    malformed(&(sse(&[begin()]) + "event: content-delta\ndata: {\"type\":\n\n"));
    malformed("data: []\n\n");
}

#[test]
fn what_follows_the_end_does_not_matter() {
    let body = answer(content(0, "text", &["a"]), "COMPLETE");
    assert_eq!(run(&(body.clone() + "nonsense\n\ndata: {\n\n")).failure, None);
    assert_eq!(run(body.trim_end_matches("data: [DONE]\n\n")).events.len(), 4);
}

#[test]
fn events_and_members_to_come_are_passed_on() {
    let debug = json!({ "type": "debug", "prompt": "<p>" });
    let mut delta = piece("content-delta", 0, json!({ "content": { "text": "a", "new": 1 } }));
    delta["more"] = true.into();
    let other = json!({ "content": { "type": "song", "notes": "c" } });
    let expected = [
        "0 native {\"event\":{\"type\":\"debug\",\"prompt\":\"<p>\"}}",
        "1 text a",
        "2 native {\"event\":{\"more\":true,\"delta\":{\"message\":{\"content\":{\"new\":1}}},\"type\":\"content-delta\"}}",
        "4 native {\"event\":{\"delta\":{\"message\":{\"content\":{\"type\":\"song\",\"notes\":\"c\"}}},\"type\":\"content-start\"}}",
        "finished Stop COMPLETE",
    ];
    assert_eq!(told([debug, delta, piece("content-start", 1, other)], "COMPLETE"), expected);
}

#[test]
fn a_call_must_have_a_name_and_gets_an_id() {
    let nameless = json!({ "tool_calls": { "id": "c", "function": { "arguments": "" } } });
    malformed(&answer([piece("tool-call-start", 0, nameless)], "TOOL_CALL"));
    let told = told(call(0, "", "f", &["{}"]), "TOOL_CALL");
    assert_eq!(told[0], "0 call call_0 f");
    malformed(&answer(
        call(3, "c", "f", &[]).into_iter().skip(1).chain([piece(
            "tool-call-delta",
            3,
            json!({ "tool_calls": { "function": { "arguments": "{}" } } }),
        )]),
        "TOOL_CALL",
    ));
}

#[test]
fn images_count_as_input() {
    let mut end = end("COMPLETE");
    end["delta"]["usage"]["tokens"]["image_tokens"] = 100.into();
    end["delta"]["usage"]["tokens"]["reasoning_tokens"] = json!(4.0);
    let usage = run(&sse(&[begin(), end])).usage().cloned().expect("usage");
    assert_eq!((usage.input, usage.output, usage.reasoning), (Some(112), Some(5), Some(4)));
}
