//! Answers of generate: token by token, or in one piece.

use crate::provider::{EVENT_STREAM, endpoint, part, request, streamed, whole};
use hotcell_adapter_sagemaker_generate::Generate;
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Event, FailureKind, FinishReason};
use serde_json::{Value, json};

#[test]
fn a_whole_answer_is_read_in_all_its_forms() {
    let details = r#""details":{"finish_reason":"stop_sequence","generated_tokens":2,"seed":1,
        "prefill":[{"text":"hi"}],"tokens":[{"id":1,"text":"o"},{"id":2,"text":"k"}]}"#;
    for body in [
        format!(r#"[{{"generated_text":"ok",{details}}}]"#),
        format!(r#"{{"generated_text":"ok",{details}}}"#),
    ] {
        let run = whole(&body);
        assert_eq!((run.failure.as_ref(), run.text().as_str()), (None, "ok"));
        let finished = run.finished().unwrap();
        assert_eq!(finished.reason, FinishReason::Stop);
        assert_eq!(finished.raw.as_deref(), Some("stop_sequence"));
        let usage = run.usage().unwrap();
        assert_eq!((usage.input, usage.output), (None, Some(2)));
        let raw: Value = serde_json::from_str(&usage.raw.as_ref().unwrap().value).unwrap();
        assert_eq!(
            raw,
            json!({ "finish_reason": "stop_sequence", "generated_tokens": 2, "seed": 1 })
        );
    }
    let run = whole(r#"[{"generated_text":""}]"#);
    assert_eq!((run.failure.as_ref(), run.finished().unwrap().reason), (None, FinishReason::Other));
    for body in ["[]", "{}", "[{}]", r#"{"generated_text":null}"#, r#"{"text":"x"}"#, "[1]"] {
        let failure = whole(body).failure.expect(body);
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
    let failure = whole(r#"{"error":"Model is overloaded","error_type":"overloaded"}"#);
    assert_eq!(failure.failure.unwrap().kind, FailureKind::Overloaded);
}

fn token(id: u32, text: &str, special: bool) -> Value {
    json!({ "index": id, "token": { "id": id, "text": text, "logprob": -0.1, "special": special },
        "generated_text": null, "details": null })
}

fn tokens(line: impl Fn(&Value) -> String) -> String {
    let mut last = token(3, "</s>", true);
    last["generated_text"] = json!("h\u{e9} you");
    last["details"] = json!({ "finish_reason": "eos_token", "generated_tokens": 3, "input_length": 9,
        "seed": null });
    [token(1, "h\u{e9}", false), token(2, " you", false), last].iter().map(line).collect()
}

fn judged(run: &Run) {
    assert_eq!(run.failure, None);
    assert_eq!(run.text(), "h\u{e9} you", "special tokens are no words, and nothing comes twice");
    assert_eq!(run.finished().unwrap().reason, FinishReason::Stop);
    let usage = run.usage().unwrap();
    assert_eq!((usage.input, usage.output), (Some(9), Some(3)));
}

#[test]
fn tokens_come_as_events_or_as_lines_cut_anywhere() {
    for text in [tokens(|token| format!("data:{token}\n\n")), tokens(|token| format!("{token}\n"))]
    {
        judged(&streamed(part(&text)));
        for size in [1, 5, 33] {
            let frames: Vec<u8> = text.as_bytes().chunks(size).flat_map(part).collect();
            judged(&streamed(frames));
        }
    }
}

#[test]
fn a_stream_without_its_last_piece_has_failed() {
    let text = format!("data:{}\n\n", token(1, "a", false));
    let run = streamed(part(text));
    assert_eq!(run.text(), "a");
    assert_eq!(run.failure.unwrap().kind, FailureKind::MalformedResponse);
}

#[test]
fn an_error_in_the_stream_is_the_containers_own() {
    let error = json!({ "error": "Request failed during generation: out of memory",
        "error_type": "generation" });
    let text = format!("data:{}\n\ndata:{error}\n\n", token(1, "a", false));
    let run = streamed(part(text));
    assert_eq!(run.text(), "a");
    let failure = run.failure.unwrap();
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::ProviderError, Some("generation"))
    );
    assert!(failure.message.contains("out of memory"));
}

#[test]
fn probabilities_are_told_where_they_were_asked_for() {
    let mut script = endpoint();
    let text = tokens(|token| format!("data:{token}\n\n"));
    script.answer(200, EVENT_STREAM, part(text));
    let mut request = request(true);
    let count = |request: &ChatRequest| {
        let run = script.chat_at_every_cut::<Generate>(request);
        run.events.iter().filter(|event| matches!(event, Event::Logprobs(_))).count()
    };
    assert_eq!(count(&request), 0);
    request.sampling.logprobs = Some(0);
    assert_eq!(count(&request), 3);
}

#[test]
fn hostile_frames_never_panic() {
    for payload in [&b"\xff\xfe"[..], b"[", b"{", b"[[[", b"{}\n{}\n", b"null", b"data\n\n", b"<x>"]
    {
        let run = streamed(part(payload));
        assert!(run.failure.is_some() && run.finished().is_none(), "{payload:?}");
    }
}
