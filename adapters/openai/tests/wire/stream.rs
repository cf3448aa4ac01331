//! Streams, chunk by chunk, each at every kind of cut.

use crate::provider::{
    DONE, EMPTY, answer, choice, chunk, content, delta, end, events, malformed, own, piece,
    provider, run, sse, text, told,
};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::Cut;
use hotcell_sdk::{ChatRequest, Event, FailureKind, Started, finished};
use serde_json::{Value, json};

/// What went out after the first event.
fn rest(events: &[Event]) -> Vec<String> {
    told(events, |event| !matches!(event, Event::Started(_)))
}

fn started(events: &[Event]) -> &Started {
    let Some(Event::Started(started)) = events.first() else { panic!("{events:?}") };
    started
}

#[test]
fn text_comes_as_it_is_written() {
    let role = delta(json!({ "role": "assistant", "content": "", "refusal": null }));
    let body = answer(&[role, text("h\u{e9}"), text(" \u{1f600}")], "stop");
    let expected = [
        Event::Started(Started {
            id: Some("chatcmpl-1".to_owned()),
            model: Some("gpt-test".to_owned()),
            created: Some(1_700_000_000),
            extra: None,
        }),
        hotcell_sdk::text(0, 0, "h\u{e9}"),
        hotcell_sdk::text(0, 0, " \u{1f600}"),
        finished(0, "stop"),
    ];
    assert_eq!(events(&body), expected);
}

#[test]
fn an_event_goes_out_when_its_bytes_are_in() {
    let begin = sse(&[text("one")]);
    let mut script = provider();
    script.answer(200, "text/event-stream", answer(&[text("one")], "stop"));
    script.cut(Cut::At(vec![begin.len()])).broken_after(begin.len());
    let run = script.chat::<OpenAi>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "one");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn characters_may_be_cut_anywhere_and_escaped_in_every_way() {
    let escaped = r#"{"choices":[{"delta":{"content":"\u00e9\ud83d\ude00\n\t\"\\\/\b\f\r"}}]}"#;
    let plain = text("\u{df}\u{20ac}\u{1f680}\u{5d0}");
    let body = format!("data: {escaped}\n\n{}", answer(&[plain], "stop"));
    let expected = "\u{e9}\u{1f600}\n\t\"\\/\u{8}\u{c}\r\u{df}\u{20ac}\u{1f680}\u{5d0}";
    assert_eq!(run(&body).text(), expected);
}

#[test]
fn half_of_a_surrogate_pair_does_no_harm() {
    let half = |half: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{half}\"}}}}]}}\n\n")
    };
    let body = half("a\\ud83d") + &half("\\ude00b\\ud83dc\\ud83d\\n") + &answer(&[], "stop");
    assert_eq!(run(&body).text(), "a\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}\n");
}

#[test]
fn lines_may_end_in_crlf_or_cr() {
    let body = answer(&[text("h\u{e9}"), text("llo")], "stop");
    for odd in [body.replace('\n', "\r\n"), body.replace('\n', "\r")] {
        assert_eq!(events(&odd), events(&body), "{odd:?}");
    }
}

#[test]
fn data_may_lack_its_space() {
    let body = answer(&[text("h\u{e9}")], "stop");
    assert_eq!(events(&body.replace("data: ", "data:")), events(&body));
}

#[test]
fn comments_and_pings_say_nothing() {
    let body = answer(&[text("x"), text("y")], "stop");
    for between in [
        ": OPENROUTER PROCESSING\n\ndata: ",
        ":\n\ndata: ",
        "event: ping\ndata: {\"type\": \"ping\"}\n\ndata: ",
        "event: ping\ndata: hello\n\ndata: ",
        "data:\n\ndata: ",
        "id: 7\nretry: 1\ndata: ",
        "\n\n\ndata: ",
    ] {
        assert_eq!(events(&body.replace("data: ", between)), events(&body), "{between:?}");
    }
}

#[test]
fn a_byte_order_mark_and_names_of_events_say_nothing() {
    let body = answer(&[text("x")], "stop");
    let named = body.replace("data: ", "event: message\ndata: ");
    for odd in [format!("\u{feff}{body}"), format!("\n\n{body}"), named] {
        assert_eq!(events(&odd), events(&body), "{odd:?}");
    }
}

#[test]
fn a_chunk_may_stand_on_several_lines_of_data() {
    let pretty = serde_json::to_string_pretty(&text("x")).expect("JSON");
    let lines: String = pretty.lines().map(|line| format!("data: {line}\n")).collect();
    let body = format!("{lines}\n{}", answer(&[], "stop"));
    assert_eq!(events(&body), events(&answer(&[text("x")], "stop")));
}

#[test]
fn a_chunk_may_have_space_and_escapes_wherever_json_has_them() {
    let odd = r#"{ "choices" : [ { "d\u0065lta" : { "c\u006fntent" :  "x" , "role" : "" } } ] }"#;
    let run = run(&format!("data:  {odd} \n\n{}", answer(&[], "stop")));
    assert_eq!((run.text().as_str(), run.failure), ("x", None));
    let natives = run.events.iter().filter(|event| matches!(event, Event::Native(_)));
    assert_eq!(natives.count(), 0);
}

#[test]
fn an_empty_text_is_no_part() {
    let empty = json!({ "content": "", "reasoning_content": "", "reasoning": "", "refusal": "",
        "tool_calls": [], "annotations": [], "images": [] });
    let null = json!({ "content": null, "reasoning_content": null, "refusal": null,
        "tool_calls": null, "function_call": null, "annotations": null, "audio": null });
    let call = json!({ "index": 0, "id": "a", "function": { "name": "look", "arguments": "{}" } });
    let chunks = [delta(empty.clone()), delta(null), delta(empty), piece(call)];
    assert_eq!(content(&chunks), ["0.0 call a look", "0.0 arguments {}", EMPTY]);
}

#[test]
fn a_message_beside_the_deltas_is_not_told_twice() {
    let both = |delta: &str, message: &str| {
        chunk(json!([{ "index": 0, "delta": { "content": delta },
            "message": { "role": "assistant", "content": message } }]))
    };
    assert_eq!(content(&[both("a", "a"), both("b", "ab")]), ["0.0 text a", "0.0 text b"]);
}

#[test]
fn a_message_in_the_place_of_deltas_is_told_once() {
    let message = |text: &str| chunk(json!([{ "index": 0, "message": { "content": text } }]));
    assert_eq!(content(&[message("ab"), message("ab")]), ["0.0 text ab"]);
}

#[test]
fn members_of_the_answer_that_nobody_models_are_told_once() {
    let with = |tier: &str, padding: &str| {
        let mut chunk = text("x");
        chunk["system_fingerprint"] = json!("fp_1");
        chunk["service_tier"] = json!(tier);
        chunk["obfuscation"] = json!(padding);
        chunk["p"] = json!(padding);
        chunk["usage"] = Value::Null;
        chunk
    };
    let body = answer(&[with("default", "a"), with("default", "bc"), with("flex", "d")], "stop");
    let events = events(&body);
    let extra = started(&events).extra.as_ref().map(own);
    assert_eq!(extra, Some(r#"{"system_fingerprint":"fp_1","service_tier":"default"}"#));
    let expected = [
        "0.0 text x",
        "0.0 text x",
        r#"0.0 native {"object":"chat.completion.chunk","service_tier":"flex"}"#,
        "0.0 text x",
        r#"0 finished Stop Some("stop")"#,
    ];
    assert_eq!(rest(&events), expected);
}

#[test]
fn what_comes_before_the_model_is_known_belongs_to_the_beginning() {
    let filters = json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": [{ "prompt_index": 0 }] });
    let events = events(&answer(&[filters, text("x")], "stop"));
    let started = started(&events);
    assert_eq!(started.id.as_deref(), Some("chatcmpl-1"));
    let extra = started.extra.as_ref().map(own);
    assert_eq!(extra, Some(r#"{"prompt_filter_results":[{"prompt_index":0}]}"#));
    assert_eq!(rest(&events), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
}

#[test]
fn members_of_a_delta_that_nobody_models_pass_as_they_were_sent() {
    let body = concat!(
        r#"data: {"id":"c","choices":[{"index":1,"delta":{"content":"x","mood":{"a":1.50}}}]}"#,
        "\n\n",
        r#"data: {"id":"c","choices":[{"index":1,"delta":{"none":null},"finish_reason":"stop"}]}"#,
        "\n\n",
    );
    let native = concat!(
        r#"1.0 native {"object":"chat.completion.chunk","#,
        r#""choices":[{"index":1,"delta":{"mood":{"a":1.50}}}]}"#,
    );
    let expected = ["1.0 text x", native, r#"1 finished Stop Some("stop")"#];
    assert_eq!(rest(&events(body)), expected);
}

#[test]
fn members_of_a_choice_that_nobody_models_are_told_once_and_at_its_end() {
    let filtered = |level: &str, finish: Option<&str>| {
        chunk(json!([{ "index": 0, "delta": { "content": "x" }, "finish_reason": finish,
            "content_filter_results": { "hate": level } }]))
    };
    let body =
        sse(&[filtered("safe", None), filtered("safe", None), filtered("low", Some("stop"))]);
    let events = events(&(body + DONE));
    let native = concat!(
        r#"0.0 native {"object":"chat.completion.chunk","#,
        r#""choices":[{"index":0,"content_filter_results":{"hate":"safe"}}]}"#,
    );
    let end = r#"0 finished Stop Some("stop")"#;
    assert_eq!(rest(&events), ["0.0 text x", native, "0.0 text x", "0.0 text x", end]);
    let Some(Event::Finished(finished)) = events.last() else { panic!("{events:?}") };
    let extra = finished.extra.as_ref().map(own);
    assert_eq!(extra, Some(r#"{"content_filter_results":{"hate":"low"}}"#));
}

#[test]
fn a_stream_that_ends_without_its_terminator_is_malformed_and_never_a_stop() {
    let body = sse(&[text("h\u{e9}"), end("stop")]);
    // All but the blank line after the chunk that says why the answer ended.
    let last = body.trim_end().len();
    for end in (0..last).filter(|end| body.is_char_boundary(*end)) {
        malformed(&body[..end]);
    }
    let told = sse(&[text("x")]);
    for cut in ["data: [DONE", "data: [DON\n\n", "[DONE]\n\n", ": [DONE]\n\n", "event: done\n\n"] {
        malformed(&format!("{told}{cut}"));
    }
}

#[test]
fn a_finish_reason_is_an_end_also_without_done() {
    let body = sse(&[text("x"), end("stop")]);
    for body in [&body[..], body.trim_end()] {
        assert_eq!(rest(&events(body)), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
    }
}

const UNSAID: &str = "warning: the provider ended its answer without saying why";

#[test]
fn done_is_an_end_also_without_a_finish_reason() {
    for done in [DONE, "data:[DONE]\r\n\r\n", "data: [DONE]", "event: done\ndata: [DONE]\n\n"] {
        let events = events(&(sse(&[text("x")]) + done));
        assert_eq!(rest(&events), ["0.0 text x", UNSAID, "0 finished Other None"], "{done:?}");
    }
    // A choice that has begun and says nothing has an end all the same.
    let role = delta(json!({ "role": "assistant", "content": "" }));
    assert_eq!(rest(&events(&(sse(&[role]) + DONE))), [UNSAID, EMPTY, "0 finished Other None"]);
}

#[test]
fn what_waits_for_the_end_of_a_choice_is_told_at_done() {
    let nameless = json!({ "index": 0, "id": "a", "function": { "arguments": "{}" } });
    let sound = json!({ "audio": { "id": "audio_1", "data": "AQID" } });
    let events = events(&(sse(&[piece(nameless), delta(sound)]) + DONE));
    let expected =
        [UNSAID, "0.0 call a ", "0.0 arguments {}", "0.1 media Audio", "0 finished Other None"];
    // The piece of sound itself is told as it comes.
    assert_eq!(rest(&events)[1..], expected);
}

#[test]
fn done_ends_the_choices_that_have_not_said_why_they_end() {
    let chunks = [
        choice(0, json!({ "content": "a" }), None),
        choice(1, json!({ "content": "b" }), None),
        choice(2, json!({ "content": "c" }), None),
        choice(1, json!({}), Some("length")),
    ];
    let expected = [
        "0.0 text a",
        "1.0 text b",
        "2.0 text c",
        UNSAID,
        "0 finished Other None",
        r#"1 finished Length Some("length")"#,
        "2 finished Other None",
    ];
    assert_eq!(rest(&events(&(sse(&chunks) + DONE))), expected);
    let without: String = sse(&chunks);
    let failure = run(&without).failure.expect("two choices never ended");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
}

#[test]
fn done_after_no_choice_is_malformed() {
    let mut usage = chunk(json!([]));
    usage["usage"] = json!({ "prompt_tokens": 3, "completion_tokens": 0 });
    for before in [vec![], vec![chunk(json!([]))], vec![usage]] {
        let run = malformed(&(sse(&before) + DONE));
        assert_eq!(run.warnings(), [""; 0]);
    }
}

#[test]
fn what_comes_after_done_is_no_part_of_the_answer() {
    let body = answer(&[text("x")], "stop");
    let late = body.clone() + &sse(&[text("late"), json!(7), json!({ "error": "late" })]) + DONE;
    assert_eq!(events(&late), events(&body));
    assert_eq!(events(&(body.clone() + "<html>")), events(&body));
}

#[test]
fn a_choice_that_says_again_why_it_ended_has_ended_once() {
    let empty = json!({ "role": "assistant", "content": "" });
    let again = choice(0, empty, Some("length"));
    let body = sse(&[text("x"), end("stop"), again, end("stop")]) + DONE;
    assert_eq!(rest(&events(&body)), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
}

/// Some say it with every chunk, some with each of several calls.
#[test]
fn what_comes_after_a_finish_reason_belongs_to_the_answer() {
    let call = |index: u32, id: &str| json!({ "index": index, "id": id, "function": { "name": "look", "arguments": "{}" } });
    let mut chunks = [text("a"), text("b"), piece(call(0, "a")), piece(call(1, "b"))];
    for chunk in &mut chunks {
        chunk["choices"][0]["finish_reason"] = json!("stop");
    }
    let expected = [
        "0.0 text a",
        "0.0 text b",
        "0.1 call a look",
        "0.1 arguments {}",
        "0.2 call b look",
        "0.2 arguments {}",
        r#"0 finished ToolCalls Some("stop")"#,
    ];
    assert_eq!(rest(&events(&(sse(&chunks) + DONE))), expected);
    assert_eq!(rest(&events(&sse(&chunks))), expected);
}

#[test]
fn of_several_finish_reasons_the_last_counts() {
    let body = sse(&[text("x"), end("length"), end("stop")]) + DONE;
    assert_eq!(rest(&events(&body)), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
}

#[test]
fn chunks_of_a_wrong_form_are_malformed() {
    for data in ["[]", "7", "null", "{", "{\"choices\":[}", "{} {}", "hello"] {
        malformed(&format!("{}data: {data}\n\n{DONE}", sse(&[text("x")])));
    }
    for body in ["", " \n", "<html>Bad gateway</html>", "data: {\n\n", ": nothing\n\n"] {
        malformed(body);
    }
}
