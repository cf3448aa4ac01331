//! Answers, line by line, each at every kind of cut.

use crate::provider::{DIALECT, answer, end, fails, line, lines, own, provider, run, text};
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::testing::Cut;
use hotcell_sdk::{
    ChatRequest, Delta, Event, FailureKind, FinishReason, Finished, MediaSource, NativeAt, Started,
    ToolCallStarted, Usage, reasoning,
};
use serde_json::{Value, json};

fn usage() -> Event {
    let raw = json!({ "total_duration": 9, "prompt_eval_count": 5, "eval_count": 3 });
    Event::Usage(Usage {
        input: Some(5),
        output: Some(3),
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: Some(own(&raw)),
    })
}

fn finish(reason: FinishReason, word: &str) -> Event {
    let raw = Some(word.to_owned());
    Event::Finished(Finished { choice: 0, reason, raw, extra: None })
}

fn started() -> Event {
    Event::Started(Started {
        id: None,
        model: Some("m".to_owned()),
        created: Some(1_772_323_200),
        extra: None,
    })
}

fn call(calls: Value) -> Value {
    line(json!({ "role": "assistant", "content": "", "tool_calls": calls }))
}

#[test]
fn thoughts_and_text_come_as_they_are_written() {
    let think = |text: &str| line(json!({ "role": "assistant", "content": "", "thinking": text }));
    let body = answer(&[think("h\u{e9}"), think("!"), text("\u{1f600}"), text(" ok")], "stop");
    let expected = [
        started(),
        reasoning(0, 0, "h\u{e9}"),
        reasoning(0, 0, "!"),
        hotcell_sdk::text(0, 1, "\u{1f600}"),
        hotcell_sdk::text(0, 1, " ok"),
        usage(),
        finish(FinishReason::Stop, "stop"),
    ];
    let run = run(&body);
    assert_eq!((run.failure, run.events), (None, expected.to_vec()));
}

#[test]
fn an_answer_in_one_piece_is_one_line() {
    let mut whole = end("length");
    whole["message"] = json!({ "role": "assistant", "content": "hi", "thinking": "hm" });
    for body in [whole.to_string(), format!("{whole}\n"), format!("\u{feff} {whole}\r\n\r\n")] {
        let run = run(&body);
        assert_eq!((run.text(), run.reasoning()), ("hi".to_owned(), "hm".to_owned()), "{body:?}");
        assert_eq!(run.finished().unwrap().reason, FinishReason::Length);
        assert_eq!(run.failure, None);
    }
}

#[test]
fn the_last_line_may_lack_its_break_and_lines_may_end_in_crlf() {
    let body = answer(&[text("a"), text("b")], "stop");
    let expected = run(&body);
    for odd in [body.trim_end().to_owned(), body.replace('\n', "\r\n"), body.replace('\n', "\n\n")]
    {
        let run = run(&odd);
        assert_eq!((run.events, run.failure), (expected.events.clone(), None), "{odd:?}");
    }
}

#[test]
fn an_event_goes_out_when_its_bytes_are_in() {
    let begin = lines(&[text("one")]);
    let mut script = provider();
    script.answer(200, "application/x-ndjson", answer(&[text("one")], "stop"));
    script.cut(Cut::At(vec![begin.len()])).broken_after(begin.len());
    let run = script.chat::<Ollama>(ChatRequest::user("hi"));
    assert_eq!(run.text(), "one");
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unreachable));
}

#[test]
fn what_follows_the_last_line_does_not_matter() {
    let run = run(&(answer(&[text("a")], "stop") + "<html>"));
    assert_eq!((run.text().as_str(), run.failure), ("a", None));
}

#[test]
fn a_stream_that_just_ends_is_an_error() {
    for body in [
        lines(&[text("a")]),
        lines(&[text("a"), call(json!([{ "function": { "name": "f", "arguments": {} } }]))]),
        lines(&[json!({ "done": "true" })]),
        lines(&[text("a")]) + "{\"done\":true",
        "null\n".to_owned(),
        "[]".to_owned(),
        String::new(),
        "<html>".to_owned(),
    ] {
        let (run, failure) = fails(&body);
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
        assert_eq!(run.finished(), None, "{body}");
    }
}

#[test]
fn why_it_ended() {
    for (word, reason) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("load", FinishReason::Other),
        ("unload", FinishReason::Other),
    ] {
        let run = run(&answer(&[text("a")], word));
        assert_eq!(run.events.last(), Some(&finish(reason, word)));
    }
    let silent = lines(&[json!({ "done": true, "message": { "content": "a" } })]);
    let run = run(&silent);
    let finished = run.finished().unwrap();
    assert_eq!((finished.reason, finished.raw.as_ref()), (FinishReason::Stop, None));
    assert_eq!(run.usage(), None);
}

#[test]
fn calls_come_whole_and_get_an_id_by_their_place() {
    let body = answer(
        &[
            text("a"),
            call(json!([
                { "function": { "index": 0, "name": "f", "arguments": { "x": 1.5, "y": "\u{e9}" } } },
                { "id": "call_x", "function": { "index": 1, "name": "g", "arguments": {} } },
            ])),
            call(json!([{ "function": { "name": "h" } }])),
        ],
        "stop",
    );
    let begin = |index: u32, id: &str, name: &str| {
        let (id, name) = (id.to_owned(), name.to_owned());
        let (signature, extra) = (None, None);
        Event::ToolCallStarted(ToolCallStarted { choice: 0, index, id, name, signature, extra })
    };
    let arguments = |index: u32, text: &str| {
        Event::ToolCallArguments(Delta { choice: 0, index, text: text.to_owned() })
    };
    let expected = [
        begin(1, "call_1", "f"),
        arguments(1, "{\"x\":1.5,\"y\":\"\u{e9}\"}"),
        begin(2, "call_x", "g"),
        arguments(2, "{}"),
        begin(3, "call_3", "h"),
        usage(),
        finish(FinishReason::ToolCalls, "stop"),
    ];
    assert_eq!(run(&body).events[2..], expected);
}

#[test]
fn a_call_that_was_cut_off_is_no_finished_call() {
    let calls = call(json!([{ "function": { "name": "f", "arguments": {} } }]));
    let run = run(&answer(&[calls], "length"));
    assert_eq!(run.events.last(), Some(&finish(FinishReason::Length, "length")));
}

#[test]
fn what_only_ollama_knows_of_a_call_goes_back_with_it() {
    let function = json!({ "name": "f", "arguments": {}, "signature": "s" });
    let calls = call(json!([{ "type": "function", "function": function, "x": 1 }]));
    let run = run(&answer(&[calls], "stop"));
    let Event::ToolCallStarted(call) = &run.events[1] else { panic!("{:?}", run.events) };
    assert_eq!(call.extra, Some(own(&json!({ "x": 1, "function": function }))));
}

#[test]
fn arguments_as_text_are_taken_as_they_are() {
    let calls = call(json!([{ "function": { "name": "f", "arguments": "{\"x\": 1}" } }]));
    let run = run(&answer(&[calls], "stop"));
    let Event::ToolCallArguments(delta) = &run.events[2] else { panic!("{:?}", run.events) };
    assert_eq!(delta.text, "{\"x\": 1}");
}

#[test]
fn log_probabilities_are_told_in_ollamas_words() {
    let told = json!([{ "token": "a", "logprob": -0.5, "top_logprobs": [] }]);
    let mut with = text("a");
    with["logprobs"] = told.clone();
    let run = run(&answer(&[with], "stop"));
    let value = own(&told);
    assert_eq!(run.events[2], Event::Logprobs(NativeAt { choice: 0, index: 0, value }));
}

#[test]
fn unknown_members_are_told_once() {
    let mut first = text("a");
    first["remote_model"] = json!("big");
    let mut second = first.clone();
    second["progress"] = json!(1);
    let mut last = end("stop");
    last["remote_model"] = json!("big");
    last["truncated"] = json!(true);
    let run = run(&lines(&[first, second, last]));
    let Event::Started(started) = &run.events[0] else { panic!("{:?}", run.events) };
    assert_eq!(started.extra, Some(own(&json!({ "remote_model": "big" }))));
    let value = own(&json!({ "progress": 1, "done": false }));
    assert_eq!(run.events[2], Event::Native(NativeAt { choice: 0, index: 0, value }));
    let extra = run.finished().unwrap().extra.clone();
    assert_eq!(extra, Some(own(&json!({ "truncated": true }))));
}

#[test]
fn unknown_members_of_a_message_go_back_with_it() {
    let odd = line(json!({ "role": "assistant", "content": "", "sources": ["s"], "x": null }));
    let run = run(&answer(&[odd], "stop"));
    let value = own(&json!({ "sources": ["s"] }));
    assert_eq!(run.events[1], Event::Native(NativeAt { choice: 0, index: 0, value }));
}

#[test]
fn a_picture_is_a_medium() {
    let png = [0x89, b'P', b'N', b'G', 1];
    let picture = line(json!({ "role": "assistant", "content": "", "images": ["iVBORwE=", "?"] }));
    let run = run(&answer(&[picture], "stop"));
    let Event::Media(event) = &run.events[1] else { panic!("{:?}", run.events) };
    assert_eq!(event.part.source, MediaSource::Bytes(png.to_vec()));
    assert_eq!(event.part.mime.as_deref(), Some("image/png"));
    assert!(matches!(&run.events[2], Event::Native(native) if native.value.dialect == DIALECT));
}
