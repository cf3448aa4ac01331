//! What the model thought, in every spelling, with signatures and ciphers byte for byte.

use crate::provider::{self, EMPTY, answer, choice, delta, events, own, run_whole, text};
use hotcell_sdk::Event;
use serde_json::{Value, json};

/// A chunk as OpenRouter sends it: the thought as text, and in detail.
fn routed(text: Value, details: Value) -> Value {
    delta(json!({ "role": "assistant", "content": "", "reasoning": text,
        "reasoning_details": details }))
}

/// A detail of what the model thought, in Anthropic's form.
fn detail(member: &str, value: &str) -> Value {
    let mut detail = json!({ "type": "reasoning.text" });
    detail[member] = json!(value);
    detail["format"] = json!("anthropic-claude-v1");
    detail["index"] = json!(0);
    detail
}

const ABOUT: &str = concat!(
    r#"0.0 native {"reasoning_details":[{"type":"reasoning.text","#,
    r#""format":"anthropic-claude-v1","index":0}]}"#,
);

/// What is told once of the member that the thoughts stand in.
const MARK: &str =
    r#"0.0 native {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning""#;

/// What a stream tells, but for the mark of a spelling.
fn content(chunks: &[Value]) -> Vec<String> {
    let mut content = provider::content(chunks);
    content.retain(|line| !line.starts_with(MARK));
    content
}

/// What the only message of a whole answer tells, but for the mark of a spelling.
fn told(message: Value) -> Vec<String> {
    let mut told = all_told(message);
    told.retain(|line| !line.starts_with(MARK));
    told
}

fn all_told(message: Value) -> Vec<String> {
    let run = run_whole(&json!({ "choices": [{ "index": 0, "message": message,
        "finish_reason": "stop" }] }));
    assert_eq!(run.failure, None);
    crate::provider::told(&run.events, |event| {
        !matches!(event, Event::Started(_) | Event::Finished(_))
    })
}

#[test]
fn thoughts_are_told_in_either_spelling_and_before_the_text() {
    for name in ["reasoning_content", "reasoning"] {
        let thought = |text: &str| {
            let mut thought = json!({});
            thought[name] = json!(text);
            delta(thought)
        };
        let chunks = [thought("h\u{e9}"), thought("m \u{1f914}"), text("done")];
        let expected = ["0.0 reasoning h\u{e9}", "0.0 reasoning m \u{1f914}", "0.1 text done"];
        assert_eq!(content(&chunks), expected);
    }
}

#[test]
fn the_spelling_is_told_once_where_it_is_not_the_usual_one() {
    let thought = |name: &str| {
        let mut thought = json!({ "content": "x" });
        thought[name] = json!("a");
        delta(thought)
    };
    let chunks = [thought("reasoning"), thought("reasoning")];
    let mark = format!("{MARK}:\"\"}}}}]}}");
    assert_eq!(provider::content(&chunks)[0], mark);
    assert_eq!(provider::content(&chunks).iter().filter(|line| line.starts_with(MARK)).count(), 1);
    let both = json!({ "content": "x", "reasoning": "a", "reasoning_content": "a" });
    let mark = format!("{MARK}:\"\",\"reasoning_content\":\"\"}}}}]}}");
    assert_eq!(all_told(both)[0], mark);
    let usual = provider::content(&[thought("reasoning_content")]);
    assert!(!usual.iter().any(|line| line.starts_with(MARK)), "{usual:?}");
}

#[test]
fn thoughts_that_stand_in_both_spellings_are_told_once() {
    let both = json!({ "reasoning_content": "hm", "reasoning": "hm", "content": "x" });
    assert_eq!(content(&[delta(both)]), ["0.0 reasoning hm", "0.1 text x"]);
}

#[test]
fn thoughts_may_go_on_after_words() {
    let thought = |text: &str| delta(json!({ "reasoning_content": text }));
    let chunks = [thought("a"), text("x"), thought("b")];
    assert_eq!(content(&chunks), ["0.0 reasoning a", "0.1 text x", "0.0 reasoning b"]);
}

#[test]
fn a_thought_with_details_is_told_once_and_signed_byte_for_byte() {
    let chunks = [
        routed(json!("h"), json!([detail("text", "h")])),
        routed(json!("m"), json!([detail("text", "m")])),
        routed(Value::Null, json!([detail("signature", "Eq/+==\n\u{e9}\"")])),
        text("done"),
    ];
    let expected = [
        ABOUT,
        "0.0 reasoning h",
        "0.0 reasoning m",
        "0.0 signature Eq/+==\n\u{e9}\"",
        "0.1 text done",
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn a_thought_without_details_goes_on_with_the_one_before_it() {
    let plain = delta(json!({ "reasoning": "m" }));
    let chunks = [routed(json!("h"), json!([detail("text", "h")])), plain, text("done")];
    assert_eq!(content(&chunks), [ABOUT, "0.0 reasoning h", "0.0 reasoning m", "0.1 text done"]);
}

#[test]
fn a_redacted_thought_is_told_byte_for_byte() {
    let cipher = json!({ "type": "reasoning.encrypted", "data": "Em/+==", "id": "rs_1",
        "format": "openai-responses-v1", "index": 0 });
    let about = concat!(
        r#"0.0 native {"reasoning_details":[{"type":"reasoning.encrypted","id":"rs_1","#,
        r#""format":"openai-responses-v1","index":0}]}"#,
    );
    let chunks = [routed(Value::Null, json!([cipher])), text("x")];
    assert_eq!(content(&chunks), [about, "0.0 redacted Em/+==", "0.1 text x"]);
}

#[test]
fn a_summary_and_its_cipher_are_two_parts() {
    let summary = json!({ "type": "reasoning.summary", "summary": "hm", "index": 0 });
    let cipher = json!({ "type": "reasoning.encrypted", "data": "Em", "index": 0 });
    let chunks =
        [routed(json!("hm"), json!([summary])), routed(Value::Null, json!([cipher])), text("x")];
    let expected = [
        r#"0.0 native {"reasoning_details":[{"type":"reasoning.summary","index":0}]}"#,
        "0.0 reasoning hm",
        r#"0.1 native {"reasoning_details":[{"type":"reasoning.encrypted","index":0}]}"#,
        "0.1 redacted Em",
        "0.2 text x",
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn the_id_of_a_detail_may_come_late() {
    let late = |data: &str| {
        let mut late = detail("data", data);
        late["id"] = json!("rs_1");
        late
    };
    let chunks = [
        routed(json!("hm"), json!([detail("text", "hm")])),
        routed(Value::Null, json!([late("Em")])),
        routed(Value::Null, json!([late("Fn")])),
    ];
    let again = concat!(
        r#"0.0 native {"reasoning_details":[{"type":"reasoning.text","#,
        r#""format":"anthropic-claude-v1","index":0,"id":"rs_1"}]}"#,
    );
    let expected = [ABOUT, "0.0 reasoning hm", again, "0.0 redacted Em", "0.0 redacted Fn", EMPTY];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn details_that_do_not_divide_the_text_go_back_whole() {
    let details = json!([{ "type": "reasoning.text", "text": "a" },
        { "type": "reasoning.text", "text": "b" }]);
    let native = format!("0.0 native {{\"reasoning_details\":{details}}}");
    let message = json!({ "content": "x", "reasoning": "a\n\nb", "reasoning_details": details });
    assert_eq!(told(message), [&native, "0.0 reasoning a\n\nb", "0.1 text x"]);
}

#[test]
fn a_text_that_differs_from_its_only_detail_is_the_one_that_is_told() {
    let message = json!({ "content": "x", "reasoning": "hm",
        "reasoning_details": [detail("text", "hm\n")] });
    assert_eq!(told(message), [ABOUT, "0.0 reasoning hm", "0.1 text x"]);
}

#[test]
fn details_whose_text_the_provider_does_not_tell_are_kept() {
    let details = json!([detail("text", "hm")]);
    let native = format!("0.0 native {{\"reasoning_details\":{details}}}");
    let message = json!({ "content": "x", "reasoning": null, "reasoning_details": details });
    assert_eq!(told(message), [&native, "0.1 text x"]);
}

#[test]
fn details_that_divide_the_text_are_parts_of_their_own() {
    let of = |index: u32, text: &str, signature: &str| json!({ "type": "reasoning.text", "text": text, "signature": signature, "index": index });
    let message = json!({ "content": "x", "reasoning": "ab",
        "reasoning_details": [of(0, "a", "Eq/1"), of(1, "b", "Eq/2")] });
    let expected = [
        r#"0.0 native {"reasoning_details":[{"type":"reasoning.text","index":0}]}"#,
        "0.0 reasoning a",
        "0.0 signature Eq/1",
        r#"0.1 native {"reasoning_details":[{"type":"reasoning.text","index":1}]}"#,
        "0.1 reasoning b",
        "0.1 signature Eq/2",
        "0.2 text x",
    ];
    assert_eq!(told(message), expected);
}

#[test]
fn details_without_a_number_are_told_apart_by_their_ids() {
    let of = |id: Value, text: &str| {
        let detail = json!({ "type": "reasoning.text", "text": text, "id": id });
        routed(json!(text), json!([detail]))
    };
    let chunks = [of(json!("a"), "1"), of(json!("b"), "2"), of(json!(null), "3")];
    let expected = [
        r#"0.0 native {"reasoning_details":[{"type":"reasoning.text","id":"a"}]}"#,
        "0.0 reasoning 1",
        r#"0.1 native {"reasoning_details":[{"type":"reasoning.text","id":"b"}]}"#,
        "0.1 reasoning 2",
        "0.1 reasoning 3",
        EMPTY,
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn thoughts_in_the_content_are_told_as_thoughts() {
    let thought = |thinking: Value| json!({ "type": "thinking", "thinking": thinking });
    let chunks = [
        delta(json!({ "content": [thought(json!([{ "type": "text", "text": "h" }]))] })),
        delta(json!({ "content": [thought(json!([{ "type": "text", "text": "m" }]))] })),
        delta(
            json!({ "content": [{ "type": "thinking", "thinking": "!", "signature": "Eq/+==" }] }),
        ),
        delta(json!({ "content": [{ "type": "text", "text": "do" }] })),
        text("ne"),
    ];
    let expected = [
        "0.0 reasoning h",
        "0.0 reasoning m",
        "0.0 reasoning !",
        "0.0 signature Eq/+==",
        "0.1 text do",
        "0.1 text ne",
    ];
    assert_eq!(content(&chunks), expected);
}

#[test]
fn what_a_detail_says_beside_its_text_keeps_its_spelling() {
    let body = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_details":"#,
        r#"[{"type":"reasoning.text","text":"hm","weight":1.50,"id":null}]}}]}"#,
        "\n\n",
    );
    let events = events(&(body.to_owned() + &answer(&[], "stop")));
    let mut natives = events.iter().filter_map(|event| match event {
        Event::Native(at) => Some(own(&at.value)),
        _ => None,
    });
    let expected = r#"{"reasoning_details":[{"type":"reasoning.text","weight":1.50}]}"#;
    assert_eq!(natives.next_back(), Some(expected));
}

#[test]
fn thoughts_of_several_choices_do_not_mix() {
    let of = |number, text: &str| choice(number, json!({ "reasoning_content": text }), None);
    let chunks = [of(0, "a"), of(1, "b"), of(0, "c"), choice(1, json!({}), Some("stop"))];
    assert_eq!(content(&chunks), ["0.0 reasoning a", "1.0 reasoning b", "0.0 reasoning c"]);
}
