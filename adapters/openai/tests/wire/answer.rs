//! Whole answers, and what an answer holds besides text, calls and thoughts.

use crate::provider::{
    DIALECT, DONE, EMPTY, answer, choice, chunk, content, delta, end, events, malformed, own, play,
    run, run_whole, sse, text, told,
};
use hotcell_sdk::testing::Run;
use hotcell_sdk::{
    Event, FailureKind, FinishReason, MediaKind, MediaPart, MediaSource, Native, Started,
};
use serde_json::{Value, json};

fn whole(choices: Value) -> Value {
    json!({ "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000,
        "model": "gpt-test", "choices": choices, "usage": null })
}

fn one(message: Value) -> Value {
    whole(json!([{ "index": 0, "message": message, "finish_reason": "stop" }]))
}

/// What a whole answer tells after its beginning.
fn rest(run: &Run) -> Vec<String> {
    assert_eq!(run.failure, None);
    told(&run.events, |event| !matches!(event, Event::Started(_)))
}

fn media(events: &[Event]) -> Vec<(u32, MediaPart)> {
    let media = events.iter().filter_map(|event| match event {
        Event::Media(media) => Some((media.index, media.part.clone())),
        _ => None,
    });
    media.collect()
}

#[test]
fn a_whole_answer_gives_the_events_of_a_stream() {
    let call = json!({ "id": "a", "type": "function",
        "function": { "name": "look", "arguments": "{\"x\": 1.0}" } });
    let message = json!({ "role": "assistant", "content": "see", "refusal": null,
        "reasoning_content": "hm", "tool_calls": [call], "function_call": null, "audio": null,
        "annotations": [{ "type": "url_citation" }], "mood": "good" });
    let mut body = whole(json!([{ "index": 0, "message": message, "logprobs": { "content": [7] },
        "finish_reason": "tool_calls", "native_finish_reason": "done" }]));
    body["service_tier"] = json!("default");
    body["usage"] = json!({ "prompt_tokens": 3, "completion_tokens": 4 });
    let run = run_whole(&body);
    let expected = [
        "0.0 reasoning hm",
        "0.1 text see",
        "0.2 call a look",
        "0.2 arguments {\"x\": 1.0}",
        r#"0.1 citation {"type":"url_citation"}"#,
        concat!(
            r#"0.0 native {"object":"chat.completion.chunk","#,
            r#""choices":[{"index":0,"delta":{"mood":"good"}}]}"#,
        ),
        r#"0.1 logprobs {"content":[7]}"#,
        "usage Some(3) Some(4)",
        r#"0 finished ToolCalls Some("tool_calls")"#,
    ];
    assert_eq!(rest(&run), expected);
    let started = Started {
        id: Some("chatcmpl-1".to_owned()),
        model: Some("gpt-test".to_owned()),
        created: Some(1_700_000_000),
        extra: Some(Native {
            dialect: DIALECT.to_owned(),
            value: r#"{"service_tier":"default"}"#.to_owned(),
        }),
    };
    assert_eq!(run.events[0], Event::Started(started));
    let extra = run.finished().and_then(|finished| finished.extra.as_ref()).map(own);
    assert_eq!(extra, Some(r#"{"native_finish_reason":"done"}"#));
}

#[test]
fn a_whole_answer_to_a_request_for_a_stream_is_read() {
    let body = one(json!({ "content": "x" }));
    let whole = run_whole(&body);
    assert_eq!(whole.text(), "x");
    let padded = format!("\n {body}\n");
    assert_eq!(play("application/json", &padded, true).events, whole.events);
}

#[test]
fn a_stream_to_a_request_for_a_whole_answer_is_read() {
    let body = answer(&[text("x")], "stop");
    assert_eq!(play("text/event-stream", &body, false).events, events(&body));
}

#[test]
fn a_delta_in_the_place_of_the_message_is_read() {
    let body = whole(json!([{ "index": 0, "delta": { "content": "x" }, "finish_reason": "stop" }]));
    assert_eq!(rest(&run_whole(&body)), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
    // Beside the message it says nothing.
    let body = whole(json!([{ "index": 0, "message": { "content": "x" },
        "delta": { "content": "" }, "finish_reason": "stop" }]));
    assert_eq!(rest(&run_whole(&body)), ["0.0 text x", r#"0 finished Stop Some("stop")"#]);
}

#[test]
fn an_answer_that_is_cut_off_or_no_answer_is_malformed() {
    let body = one(json!({ "content": "x" })).to_string();
    for body in [
        &body[..body.len() - 1],
        "{}",
        "[]",
        "{\"choices\":[]}",
        "{\"choices\":null}",
        "{\"choices\":7}",
        "{\"choices\":{}}",
        "{\"id\":\"x\",\"model\":\"y\"}",
        "{} {}",
        "",
        " ",
    ] {
        let run = play("application/json", body, false);
        let kind = run.failure.map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::MalformedResponse), "{body}");
    }
}

#[test]
fn an_empty_text_is_told_where_no_other_comes() {
    let end = r#"0 finished Length Some("length")"#;
    let of = |message: Value| {
        whole(json!([{ "index": 0, "message": message, "finish_reason": "length" }]))
    };
    let run = run_whole(&of(json!({ "role": "assistant", "content": "" })));
    assert_eq!(rest(&run), [EMPTY, end]);
    for content in [json!({ "content": null }), json!({}), json!({ "content": [] })] {
        assert_eq!(rest(&run_whole(&of(content))), [end]);
    }
    let chunks = [text(""), text("")];
    assert_eq!(rest(&play("text/event-stream", &answer(&chunks, "length"), true)), [EMPTY, end]);
    let chunks = [text(""), text("x"), text("")];
    let run = play("text/event-stream", &answer(&chunks, "length"), true);
    assert_eq!(rest(&run), ["0.0 text x", end]);
}

#[test]
fn a_whole_answer_that_does_not_say_why_it_ended_has_ended() {
    for finish in [json!(null), json!("")] {
        let body = whole(json!([{ "message": { "content": "x" }, "finish_reason": finish }]));
        assert_eq!(rest(&run_whole(&body)), ["0.0 text x", "0 finished Other None"]);
    }
}

#[test]
fn every_finish_reason_has_its_meaning() {
    for (word, reason) in [
        ("stop", FinishReason::Stop),
        ("STOP", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("tool_calls", FinishReason::ToolCalls),
        ("function_call", FinishReason::ToolCalls),
        ("tool_use", FinishReason::ToolCalls),
        ("content_filter", FinishReason::ContentFilter),
        ("sensitive", FinishReason::ContentFilter),
        ("refusal", FinishReason::Refusal),
        ("news", FinishReason::Other),
    ] {
        let run = run(&answer(&[text("x")], word));
        let finished = run.finished().expect("an end");
        assert_eq!((finished.reason, finished.raw.as_deref()), (reason, Some(word)));
        assert_eq!(finished.extra, None);
    }
}

#[test]
fn several_choices_are_told_apart_in_a_stream() {
    let chunks = [
        choice(0, json!({ "role": "assistant", "content": "a" }), None),
        choice(1, json!({ "role": "assistant", "content": "b" }), None),
        chunk(json!([{ "index": 1, "delta": { "content": "d" }, "finish_reason": "length" },
            { "index": 0, "delta": { "content": "c" }, "finish_reason": null }])),
        end("stop"),
    ];
    let expected = [
        "0.0 text a",
        "1.0 text b",
        "1.0 text d",
        "0.0 text c",
        r#"0 finished Stop Some("stop")"#,
        r#"1 finished Length Some("length")"#,
    ];
    let events = events(&(sse(&chunks) + DONE));
    assert_eq!(told(&events, |event| !matches!(event, Event::Started(_))), expected);
    // As long as one of them has not ended, the answer has not.
    let kind = run(&sse(&chunks[..3])).failure.map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::MalformedResponse));
}

#[test]
fn several_choices_are_told_apart_in_a_whole_answer() {
    let of = |text: &str| json!({ "message": { "content": text }, "finish_reason": "stop" });
    let mut numbered = [of("b"), of("a")];
    numbered[0]["index"] = json!(1);
    numbered[1]["index"] = json!(0);
    let [stop0, stop1] = [0, 1].map(|choice| format!("{choice} finished Stop Some(\"stop\")"));
    let run = run_whole(&whole(json!(numbered)));
    assert_eq!(rest(&run), ["1.0 text b", "0.0 text a", &stop1, &stop0]);
    // Without numbers they stand in their order.
    let run = run_whole(&whole(json!([of("a"), of("b")])));
    assert_eq!(rest(&run), ["0.0 text a", "1.0 text b", &stop0, &stop1]);
}

#[test]
fn a_refusal_is_told_as_one_and_is_why_the_answer_ended() {
    let refusal = |text: &str| delta(json!({ "refusal": text }));
    let body = answer(&[delta(json!({ "content": "" })), refusal("I ca"), refusal("n't")], "stop");
    let run = run(&body);
    let expected =
        ["0.0 refusal I ca", "0.0 refusal n't", EMPTY, r#"0 finished Refusal Some("stop")"#];
    assert_eq!(rest(&run), expected);

    let message = json!({ "role": "assistant", "content": null, "refusal": "no" });
    let expected = ["0.0 refusal no", r#"0 finished Refusal Some("stop")"#];
    assert_eq!(rest(&run_whole(&one(message))), expected);
}

#[test]
fn words_beside_a_refusal_make_it_an_ordinary_end() {
    let both = delta(json!({ "content": "x", "refusal": "y" }));
    let expected = ["0.0 text x", "0.1 refusal y", r#"0 finished Stop Some("stop")"#];
    assert_eq!(rest(&run(&answer(&[both], "stop"))), expected);
}

#[test]
fn log_probabilities_are_told_with_their_text_and_byte_for_byte() {
    let probable = r#"{"content": [{"token": "x", "logprob": -0.10, "bytes": null}]}"#;
    let of = |delta: &str, logprobs: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":{logprobs}}}]}}\n\n"
        )
    };
    let body = of(r#"{"reasoning_content":"hm"}"#, "null")
        + &of(r#"{"content":"x"}"#, probable)
        + &of("{}", "{}")
        + &answer(&[], "stop");
    let expected = [
        "0.0 reasoning hm",
        "0.1 text x",
        &format!("0.1 logprobs {probable}"),
        r#"0 finished Stop Some("stop")"#,
    ];
    assert_eq!(rest(&run(&body)), expected);
}

#[test]
fn citations_are_told_with_their_text() {
    let cited = |url: &str| json!({ "type": "url_citation", "url_citation": { "url": url } });
    let chunks = [
        delta(json!({ "reasoning_content": "hm" })),
        text("x"),
        delta(json!({ "annotations": [cited("https://a"), cited("https://b")] })),
    ];
    let expected = [
        "0.0 reasoning hm".to_owned(),
        "0.1 text x".to_owned(),
        format!("0.1 citation {}", cited("https://a")),
        format!("0.1 citation {}", cited("https://b")),
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn content_may_be_a_list_of_parts() {
    let reference = json!({ "type": "reference", "reference_ids": [0, 2] });
    let chunks = [
        delta(json!({ "content": [{ "type": "text", "text": "x" }, reference] })),
        delta(json!({ "content": [{ "type": "output_text", "text": "y" },
            { "type": "text", "text": "" }] })),
        delta(json!({ "content": [{ "type": "tool_file", "file_id": "f" }] })),
        text("z"),
    ];
    let expected = [
        "0.0 text x",
        r#"0.0 citation {"type":"reference","reference_ids":[0,2]}"#,
        "0.0 text y",
        r#"0.1 native {"type":"tool_file","file_id":"f"}"#,
        "0.0 text z",
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn sources_of_the_whole_answer_pass() {
    let with = |mut chunk: Value, sources: Value| {
        chunk["citations"] = sources;
        chunk
    };
    let chunks = [
        with(text("x"), json!(["https://a"])),
        with(text("y"), json!(["https://a"])),
        with(text("z"), json!(["https://a", "https://b"])),
    ];
    let events = events(&answer(&chunks, "stop"));
    let Some(Event::Started(started)) = events.first() else { panic!("{events:?}") };
    let extra = started.extra.as_ref().map(own);
    assert_eq!(extra, Some(r#"{"citations":["https://a"]}"#));
    let native =
        r#"0.0 native {"object":"chat.completion.chunk","citations":["https://a","https://b"]}"#;
    let expected = ["0.0 text x", "0.0 text y", native, "0.0 text z"];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn sound_is_told_in_the_pieces_that_it_comes_in_and_as_a_whole() {
    let audio = |piece: Value| delta(json!({ "audio": piece }));
    let chunks = [
        audio(json!({ "id": "audio_1", "transcript": "h\u{e9}" })),
        // Each is base64 of its own.
        audio(json!({ "id": "audio_1", "data": "AAE=" })),
        audio(json!({ "data": "AgME", "transcript": "y" })),
        audio(json!({ "expires_at": 1_700_000_000, "data": null })),
    ];
    let run = run(&answer(&chunks, "stop"));
    let said = r#"{"id":"audio_1","expires_at":1700000000,"transcript":"héy"}"#;
    let part = MediaPart {
        kind: MediaKind::Audio,
        mime: None,
        source: MediaSource::Bytes(vec![0, 1, 2, 3, 4]),
        name: None,
        cache: None,
        extra: Some(Native { dialect: DIALECT.to_owned(), value: said.to_owned() }),
    };
    assert_eq!(media(&run.events), [(0, part.clone())]);
    let piece = |audio: &str| {
        format!(
            "0.0 native {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\
             \"delta\":{{\"audio\":{audio}}}}}]}}"
        )
    };
    let expected = [
        piece(r#"{"id":"audio_1","transcript":"hé"}"#),
        piece(r#"{"id":"audio_1","data":"AAE="}"#),
        piece(r#"{"data":"AgME","transcript":"y"}"#),
        piece(r#"{"expires_at":1700000000,"data":null}"#),
        "0.0 media Audio".to_owned(),
        r#"0 finished Stop Some("stop")"#.to_owned(),
    ];
    assert_eq!(rest(&run), expected);

    let audio = json!({ "id": "audio_1", "expires_at": 1_700_000_000, "data": "AAECAwQ=",
        "transcript": "h\u{e9}y" });
    // What came at once is told once.
    let run = run_whole(&one(json!({ "role": "assistant", "content": null, "audio": audio })));
    assert_eq!(media(&run.events), [(0, part)]);
    assert_eq!(rest(&run), ["0.0 media Audio", r#"0 finished Stop Some("stop")"#]);
}

#[test]
fn pictures_are_told_as_bytes_or_by_their_address() {
    let images = json!([
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AQID" } },
        { "image_url": "https://x/a.png" },
        { "b64": "AQID" },
    ]);
    let chunks = [text("here:"), delta(json!({ "images": images }))];
    let expected = [
        "0.0 text here:",
        "0.1 media Image",
        "0.2 media Image",
        r#"0.3 native {"images":[{"b64":"AQID"}]}"#,
    ];
    assert_eq!(content(&chunks), expected);
    let painted = |mime: Option<&str>, source| {
        let mime = mime.map(str::to_owned);
        MediaPart { kind: MediaKind::Image, mime, source, name: None, cache: None, extra: None }
    };
    let expected = [
        (1, painted(Some("image/png"), MediaSource::Bytes(vec![1, 2, 3]))),
        (2, painted(None, MediaSource::Url("https://x/a.png".to_owned()))),
    ];
    assert_eq!(media(&events(&answer(&chunks, "stop"))), expected);
}

#[test]
fn a_picture_that_is_no_base64_keeps_its_address() {
    let url = "data:image/png;base64,?";
    let images = json!({ "images": [{ "image_url": { "url": url } }] });
    let media = media(&events(&answer(&[delta(images)], "stop")));
    assert_eq!(media[0].1.source, MediaSource::Url(url.to_owned()));
}

#[test]
fn an_answer_that_is_a_web_page_is_malformed() {
    let run = malformed("<!DOCTYPE html><p>Log in");
    let failure = run.failure.expect("a failure");
    assert_eq!(failure.message, "the answer is a web page; the endpoint's address may be wrong");
    assert_eq!(failure.request_id.as_deref(), Some("req_1"));
}
