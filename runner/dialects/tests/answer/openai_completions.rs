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
