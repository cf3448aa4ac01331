use super::*;
use hotcell_dialects::Dialect::OpenAiCompletions as TEXTS;
use serde_json::json;

#[test]
fn a_text_is_told_whole_and_in_pieces() {
    let events = [
        started(),
        Event::Reasoning(delta(0, "unsaid")),
        Event::Text(delta(1, "a")),
        Event::Text(delta(1, "b")),
        usage(),
        finished(FinishReason::Length, "max_tokens"),
    ];
    let choice = |text: &str, finish: Value| json!([{ "index": 0, "text": text, "logprobs": null, "finish_reason": finish }]);
    let whole = whole(TEXTS, &events);
    assert_eq!((&whole["id"], &whole["object"]), (&json!("id-1"), &json!("text_completion")));
    assert_eq!(whole["choices"], choice("ab", json!("length")));
    assert_eq!(whole["usage"]["total_tokens"], 39);
    let frames = stream(TEXTS, r#"{"stream_options":{"include_usage":true}}"#, &events);
    let choices: Vec<_> = frames.iter().map(|(_, data)| data["choices"].clone()).collect();
    let expected = [
        choice("a", Value::Null),
        choice("b", Value::Null),
        choice("", json!("length")),
        json!([]),
        Value::Null,
    ];
    assert_eq!(choices, expected);
    assert_eq!(frames[3].1["usage"]["prompt_tokens"], 30);
    assert_eq!(frames[4].1, json!("[DONE]"));
}

#[test]
fn which_version_answered_is_said_in_every_chunk() {
    let late = r#"{"object":"chat.completion.chunk","system_fingerprint":"fp_2","mood":"bad"}"#;
    let events = [
        started_with("openai-chat", r#"{"system_fingerprint":"fp_1","mood":"good"}"#),
        Event::Text(delta(0, "a")),
        Event::Text(delta(0, "b")),
        Event::Native(at(0, "openai-chat", late)),
        finished(FinishReason::Stop, "stop"),
    ];
    let frames = raw_frames(TEXTS, "{}", &events);
    let count = |word: &str| -> Vec<usize> {
        frames.iter().map(|frame| frame.matches(word).count()).collect()
    };
    assert_eq!(count(r#""system_fingerprint":"fp_1""#), [1, 1, 0, 0]);
    assert_eq!(count(r#""system_fingerprint":"fp_2""#), [0, 0, 1, 0]);
    assert_eq!(count(r#""mood":"good""#), [1, 0, 0, 0]);
    assert_eq!(count(r#""mood":"bad""#), [0, 0, 1, 0]);
}
