//! Streams, event by event, each at every kind of cut.

use crate::provider::{
    added, answer, completed, content, created, delta, done, message, native, own, piece, response,
    run, sse, told,
};
use hotcell_sdk::{Event, FailureKind, FinishReason, Finished, MediaSource, Started};
use serde_json::{Value, json};

fn finished(run: &hotcell_sdk::testing::Run) -> &Finished {
    run.finished().expect("an end")
}

#[test]
fn an_answer_begins_grows_and_ends() {
    let body = answer(&[
        added(
            0,
            json!({ "id": "msg_1", "type": "message", "status": "in_progress",
            "role": "assistant", "content": [] }),
        ),
        delta(0, "h\u{e9}"),
        delta(0, "llo"),
        json!({ "type": "response.output_text.done", "output_index": 0, "content_index": 0,
            "text": "h\u{e9}llo" }),
        done(
            0,
            message(json!([{ "type": "output_text", "text": "h\u{e9}llo",
            "annotations": [], "logprobs": [] }])),
        ),
    ]);
    let run = run(&body);
    let started = Started {
        id: Some("resp_1".to_owned()),
        model: Some("gpt-test".to_owned()),
        created: Some(1_700_000_000),
        extra: Some(native(json!({}))),
    };
    assert_eq!(run.events[0], Event::Started(started));
    let about = r#"0 native {"item":{"type":"message","id":"msg_1"}}"#;
    assert_eq!(told(&run.events), [about, "0 text h\u{e9}", "0 text llo"]);
    let end = finished(&run);
    assert_eq!((end.reason, end.raw.as_deref()), (FinishReason::Stop, Some("completed")));
}

#[test]
fn parts_are_numbered_in_the_order_in_which_they_begin() {
    let thought = json!({ "type": "reasoning", "id": "rs_1", "summary": [] });
    let events = [
        added(0, thought),
        json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0,
            "summary_index": 0, "delta": "a" }),
        json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0,
            "summary_index": 1, "delta": "b" }),
        done(
            0,
            json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "c1ph",
            "summary": [{ "type": "summary_text", "text": "a" },
                { "type": "summary_text", "text": "b" }] }),
        ),
        added(
            1,
            json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1",
            "name": "look", "arguments": "", "status": "in_progress" }),
        ),
        piece("function_call_arguments", 1, "{\"a\""),
        piece("function_call_arguments", 1, ":1}"),
        done(
            1,
            json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1",
            "name": "look", "arguments": "{\"a\":1}", "status": "completed" }),
        ),
        delta(2, "x"),
        piece("refusal", 2, "no"),
    ];
    let expected = [
        r#"0 native {"item":{"type":"reasoning","id":"rs_1"}}"#,
        "0 reasoning a",
        "1 reasoning b",
        "1 signature c1ph",
        r#"2 call call_1 look {"id":"fc_1"}"#,
        "2 arguments {\"a\"",
        "2 arguments :1}",
        "3 text x",
        "4 refusal no",
    ];
    assert_eq!(content(&events), expected);
}

#[test]
fn the_cipher_is_the_one_of_the_finished_item() {
    let item = |cipher: &str| json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": cipher });
    let told = content(&[added(0, item("early")), done(0, item("late"))]);
    assert_eq!(told[1..], ["0 signature late"]);
}

#[test]
fn reasoning_itself_is_told_from_its_summary() {
    let events = [piece("reasoning_text", 0, "We"), piece("reasoning_text", 0, " see.")];
    let mark = r#"0 native {"part":{"type":"reasoning_text"}}"#;
    assert_eq!(content(&events), [mark, "0 reasoning We", "0 reasoning  see."]);
}

#[test]
fn what_came_in_no_piece_comes_with_the_whole() {
    let text = json!([{ "type": "output_text", "text": "all", "annotations": [{ "type": "a" }],
        "logprobs": [{ "token": "all" }] }]);
    let call = json!({ "type": "function_call", "call_id": "call_1", "name": "look",
        "arguments": "{}" });
    let whole = [message(text), call];
    let expected = [
        r#"0 native {"item":{"type":"message","id":"msg_1"}}"#,
        r#"0 logprobs [{"token":"all"}]"#,
        "0 text all",
        r#"0 citation {"type":"a"}"#,
        "1 call call_1 look ",
        "1 arguments {}",
    ];
    // At the end of each item, or only at the end of all.
    assert_eq!(content(&[done(0, whole[0].clone()), done(1, whole[1].clone())]), expected);
    let run = run(&sse(&[created(), completed(json!(whole))]));
    assert_eq!(told(&run.events), expected);
    assert_eq!(run.finished().map(|end| end.reason), Some(FinishReason::ToolCalls));
}

#[test]
fn nothing_is_told_twice() {
    let annotation = json!({ "type": "url_citation", "url": "https://example.com" });
    let text = json!([{ "type": "output_text", "text": "x", "annotations": [annotation],
        "logprobs": [{ "token": "x" }] }]);
    let logprobs = json!({ "type": "response.output_text.delta", "output_index": 0,
        "content_index": 0, "delta": "x", "logprobs": [{ "token": "x" }] });
    let cited = json!({ "type": "response.output_text.annotation.added", "output_index": 0,
        "content_index": 0, "annotation_index": 0, "annotation": annotation });
    let events = [logprobs, cited, done(0, message(text.clone())), done(0, message(text.clone()))];
    let body = sse(&[created()]) + &sse(&events) + &sse(&[completed(json!([message(text)]))]);
    let expected = [
        r#"0 logprobs [{"token":"x"}]"#,
        "0 text x",
        r#"0 citation {"type":"url_citation","url":"https://example.com"}"#,
        r#"0 native {"item":{"type":"message","id":"msg_1"}}"#,
    ];
    assert_eq!(told(&run(&body).events), expected);
}

#[test]
fn an_item_without_its_end_is_closed_by_the_whole() {
    let item = json!({ "type": "reasoning", "id": "rs_1", "summary": [],
        "encrypted_content": "c1ph" });
    let body = sse(&[created(), added(0, item.clone()), completed(json!([item]))]);
    assert_eq!(told(&run(&body).events)[1..], ["0 signature c1ph"]);
}

#[test]
fn tools_of_the_providers_are_told_whole_when_they_are_done() {
    let search = json!({ "id": "ws_1", "type": "web_search_call", "status": "completed",
        "action": { "type": "search", "query": "q" } });
    let step = json!({ "type": "response.web_search_call.searching", "output_index": 0,
        "item_id": "ws_1" });
    let begin = json!({ "id": "ws_1", "type": "web_search_call", "status": "in_progress" });
    let begin = added(0, begin);
    let events = [begin.clone(), step.clone(), done(0, search.clone()), delta(1, "x")];
    let expected = [
        format!("0 native {{\"event\":{begin}}}"),
        format!("0 native {{\"event\":{step}}}"),
        format!("0 native {search}"),
        "1 text x".to_owned(),
    ];
    assert_eq!(content(&events), expected);
}

#[test]
fn an_image_is_a_medium_and_its_previews_are_not() {
    let painted = json!({ "id": "ig_1", "type": "image_generation_call", "status": "completed",
        "output_format": "webp", "revised_prompt": "a cat", "result": "AAEC" });
    let preview = json!({ "type": "response.image_generation_call.partial_image",
        "output_index": 0, "partial_image_index": 0, "partial_image_b64": "AAE=" });
    let run = run(&answer(&[preview.clone(), done(0, painted)]));
    let Some(Event::Native(at)) = run.events.get(1) else { panic!("{:?}", run.events) };
    assert_eq!(own(&at.value), format!("{{\"event\":{preview}}}"));
    let Some(Event::Media(media)) = run.events.get(2) else { panic!("{:?}", run.events) };
    assert_eq!(media.part.mime.as_deref(), Some("image/webp"));
    assert_eq!(media.part.source, MediaSource::Bytes(vec![0, 1, 2]));
    let extra: Value = serde_json::from_str(own(media.part.extra.as_ref().unwrap())).unwrap();
    assert_eq!(extra["revised_prompt"], "a cat");
    assert_eq!(extra.get("result"), None);
}

#[test]
fn unknown_events_and_items_break_nothing() {
    let event = json!({ "type": "response.hologram.delta", "output_index": 7, "delta": 1 });
    let item = json!({ "type": "hologram", "id": "h_1", "depth": 3 });
    let odd = json!({ "type": "future", "x": [1] });
    let events = [event.clone(), odd.clone(), done(3, item.clone()), delta(9, "x")];
    let expected = [
        format!("0 native {{\"event\":{event}}}"),
        format!("0 native {{\"event\":{odd}}}"),
        format!("0 native {item}"),
        "1 text x".to_owned(),
    ];
    assert_eq!(content(&events), expected);
    let content = json!([{ "type": "hologram", "x": 1 }]);
    let told = crate::provider::content(&[done(0, message(content.clone()))]);
    assert_eq!(told[1], format!("0 native {{\"content\":{content}}}"));
}

#[test]
fn what_says_nothing_is_passed_over() {
    let body = answer(&[delta(0, "x"), delta(0, ""), delta(0, "y")]);
    for between in [
        ": comment\n\nevent: response",
        "event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":4}\n\nevent: response",
        "data: {\"type\":\"ping\"}\n\nevent: response",
        "data: [DONE]\n\nevent: response",
        "event: ping\ndata: hello\n\nevent: response",
    ] {
        let odd = body.replace("event: response", between);
        assert_eq!(run(&odd).events, run(&body).events, "{between:?}");
    }
    // The type says it already; some leave the name away, some add a word at the end.
    let unnamed: String = body
        .lines()
        .filter(|line| !line.starts_with("event:"))
        .fold(String::new(), |all, line| all + line + "\n");
    assert_eq!(run(&format!("{unnamed}data: [DONE]\n\n")).events, run(&body).events);
}

#[test]
fn a_type_may_stand_in_the_name_of_the_event_alone() {
    let body = answer(&[delta(0, "x")]).replace("\"type\":\"response.", "\"kind\":\"response.");
    assert_eq!(run(&body).text(), "x");
}

#[test]
fn calls_may_lack_what_they_should_have() {
    // A name that comes late, no call id, arguments as an object, no name at all.
    let late = [
        piece("function_call_arguments", 0, "{\"a\":"),
        piece("function_call_arguments", 0, "1}"),
        done(
            0,
            json!({ "type": "function_call", "id": "fc_1", "name": "look",
            "arguments": "{\"a\":1}" }),
        ),
    ];
    let expected = [r#"0 call fc_1 look {"id":"fc_1"}"#, "0 arguments {\"a\":1}"];
    assert_eq!(content(&late), expected);
    let object = json!({ "type": "function_call", "name": "look", "arguments": { "a": 1 } });
    assert_eq!(content(&[done(0, object)]), ["0 call call_0 look ", "0 arguments {\"a\":1}"]);
    let nameless = json!({ "type": "function_call", "arguments": "{}" });
    assert_eq!(content(&[done(0, nameless)]), ["0 call call_0  ", "0 arguments {}"]);
}

#[test]
fn why_an_answer_ended_is_told_by_what_is_in_it() {
    let call = json!({ "type": "function_call", "call_id": "c", "name": "look" });
    let custom = json!({ "type": "custom_tool_call", "call_id": "c", "name": "x", "input": "y" });
    let shell = json!({ "type": "shell_call", "call_id": "c", "action": {} });
    let output = json!({ "type": "shell_call_output", "call_id": "c", "output": [] });
    let search = json!({ "type": "web_search_call", "id": "ws" });
    for (events, reason) in [
        (vec![delta(0, "x")], FinishReason::Stop),
        (vec![done(0, call.clone()), delta(1, "x")], FinishReason::ToolCalls),
        (vec![done(0, custom)], FinishReason::ToolCalls),
        (vec![done(0, shell.clone())], FinishReason::ToolCalls),
        (vec![done(0, shell), done(1, output)], FinishReason::Stop),
        (vec![done(0, search)], FinishReason::Stop),
        (vec![piece("refusal", 0, "no")], FinishReason::Refusal),
        (vec![piece("refusal", 0, "no"), delta(1, "x")], FinishReason::Stop),
    ] {
        assert_eq!(finished(&run(&answer(&events))).reason, reason, "{events:?}");
    }
}

#[test]
fn an_incomplete_answer_says_why() {
    for (word, reason) in [
        ("max_output_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("steered", FinishReason::Other),
    ] {
        let mut response = response("incomplete", json!([]));
        response["incomplete_details"] = json!({ "reason": word });
        response["service_tier"] = json!("flex");
        let end = json!({ "type": "response.incomplete", "response": response });
        let run = run(&sse(&[created(), delta(0, "x"), end]));
        let end = finished(&run);
        assert_eq!((end.reason, end.raw.as_deref()), (reason, Some("incomplete")));
        let extra: Value = serde_json::from_str(own(end.extra.as_ref().unwrap())).unwrap();
        let expected = json!({ "incomplete_details": { "reason": word }, "service_tier": "flex" });
        assert_eq!(extra, expected);
    }
}

#[test]
fn members_of_the_response_are_told_when_they_are_new() {
    let mut begin = created();
    begin["response"]["tools"] = json!([{ "type": "web_search" }]);
    begin["response"]["service_tier"] = json!("auto");
    let mut end = completed(json!([]));
    end["response"]["tools"] = json!([{ "type": "web_search" }]);
    end["response"]["service_tier"] = json!("default");
    end["response"]["usage"] = json!({ "input_tokens": 10,
        "input_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 2 },
        "output_tokens": 7, "output_tokens_details": { "reasoning_tokens": 5 } });
    let run = run(&sse(&[begin.clone(), begin, end]));
    let Some(Event::Started(started)) = run.events.first() else { panic!() };
    let extra: Value = serde_json::from_str(own(started.extra.as_ref().unwrap())).unwrap();
    assert_eq!(extra, json!({ "tools": [{ "type": "web_search" }], "service_tier": "auto" }));
    let end = finished(&run);
    assert_eq!(own(end.extra.as_ref().unwrap()), r#"{"service_tier":"default"}"#);
    let usage = run.usage().expect("usage");
    let counts = (usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning);
    assert_eq!(counts, (Some(10), Some(7), Some(4), Some(2), Some(5)));
}

#[test]
fn a_stream_that_just_ends_is_an_error() {
    let item = message(json!([{ "type": "output_text", "text": "x" }]));
    for events in [
        vec![created()],
        vec![created(), delta(0, "x")],
        vec![created(), delta(0, "x"), done(0, item)],
    ] {
        for end in ["", "data: [DONE]\n\n"] {
            let run = run(&(sse(&events) + end));
            let failure = run.failure.expect("a failure");
            assert_eq!(failure.kind, FailureKind::MalformedResponse);
            assert_eq!(failure.message, "the stream ended before `response.completed`");
        }
    }
}

#[test]
fn nothing_is_read_behind_the_end() {
    let body = answer(&[delta(0, "x")]) + "data: {]\n\n" + &sse(&[delta(0, "y")]);
    assert_eq!((run(&body).text().as_str(), run(&body).failure), ("x", None));
}
