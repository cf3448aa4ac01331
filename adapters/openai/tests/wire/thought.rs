//! What the model thought before, and how it goes back: as the setting `reasoning-input`
//! says, byte for byte.

use crate::provider::{conversation, foreign, native, sent_by, set};
use hotcell_sdk::{Message, Native, Part, ReasoningPart, Role};
use serde_json::{Value, json};

fn thought(text: &str, signature: Option<&str>, redacted: Option<&str>) -> Part {
    let [signature, redacted] = [signature, redacted].map(|text| text.map(str::to_owned));
    Part::Reasoning(ReasoningPart {
        id: None,
        text: text.to_owned(),
        signature,
        redacted,
        extra: None,
    })
}

/// What an answer told about the part that follows.
fn about(detail: &Value) -> Part {
    Part::Native(native(&json!({ "reasoning_details": [detail] })))
}

/// The message that an earlier answer becomes, and what is warned of.
fn answered(spelling: &str, mut parts: Vec<Part>) -> (Value, Vec<String>) {
    parts.push(Part::plain("done"));
    let request = conversation(vec![Message::new(Role::Assistant, parts)]);
    let (body, warnings) = sent_by(&mut set("reasoning-input", spelling), request);
    (body["messages"][0].clone(), warnings)
}

#[test]
fn thoughts_go_back_as_text_in_the_providers_spelling() {
    for name in ["reasoning", "reasoning_content"] {
        let parts = vec![thought("h\u{e9}", None, None), thought("m", None, None)];
        let mut expected = json!({ "role": "assistant", "content": "done" });
        expected[name] = json!("h\u{e9}m");
        assert_eq!(answered(name, parts), (expected, vec![]));
        let (message, warnings) = answered(name, vec![thought("", None, Some("Em"))]);
        assert_eq!(message, json!({ "role": "assistant", "content": "done" }));
        assert_eq!(warnings.len(), 1, "a cipher is no text");
    }
}

#[test]
fn thoughts_go_back_in_the_content() {
    let hm = json!([{ "type": "text", "text": "hm" }]);
    let content =
        json!([{ "type": "thinking", "thinking": hm }, { "type": "text", "text": "done" }]);
    let expected = json!({ "role": "assistant", "content": content });
    assert_eq!(answered("thinking", vec![thought("hm", None, None)]), (expected, vec![]));
}

#[test]
fn thoughts_go_back_in_detail_byte_for_byte() {
    let cipher = json!({ "type": "reasoning.encrypted", "id": "rs_1", "index": 1 });
    let summary = json!({ "type": "reasoning.summary", "format": "x", "index": 2 });
    let parts = vec![
        about(&json!({ "type": "reasoning.text", "format": "f", "index": 0 })),
        thought("hm \u{1f914}", Some("Eq/+==\n\""), None),
        about(&cipher),
        thought("", None, Some("Em/+==")),
        about(&summary),
        thought("in short", None, None),
    ];
    let details = json!([
        { "type": "reasoning.text", "format": "f", "index": 0, "text": "hm \u{1f914}",
            "signature": "Eq/+==\n\"" },
        { "type": "reasoning.encrypted", "id": "rs_1", "index": 1, "data": "Em/+==" },
        { "type": "reasoning.summary", "format": "x", "index": 2, "summary": "in short" },
    ]);
    let expected = json!({ "role": "assistant", "reasoning_details": details, "content": "done" });
    assert_eq!(answered("reasoning_details", parts), (expected, vec![]));
}

#[test]
fn details_of_thoughts_are_made_up_where_an_answer_told_none() {
    let parts = vec![thought("hm", Some("Eq"), None), thought("", None, Some("Em"))];
    let (message, warnings) = answered("reasoning_details", parts);
    let expected = json!([
        { "type": "reasoning.text", "text": "hm", "signature": "Eq" },
        { "type": "reasoning.encrypted", "data": "Em" },
    ]);
    assert_eq!((&message["reasoning_details"], warnings), (&expected, vec![]));
}

#[test]
fn what_came_late_about_a_thought_joins_it() {
    let parts = vec![
        about(&json!({ "type": "reasoning.text", "index": 0 })),
        thought("hm", None, None),
        about(&json!({ "type": "reasoning.text", "index": 0, "id": "rs_1" })),
    ];
    let expected = json!([{ "type": "reasoning.text", "index": 0, "text": "hm", "id": "rs_1" }]);
    assert_eq!(answered("reasoning_details", parts).0["reasoning_details"], expected);
}

#[test]
fn details_that_were_kept_whole_go_back_whole() {
    let whole = r#"{"reasoning_details":[{"type":"reasoning.text","text":"a","n":1.0},{"type":"reasoning.text","text":"b"}]}"#;
    let value = Native { value: whole.to_owned(), ..native(&json!({})) };
    let parts = vec![Part::Native(value), thought("a\n\nb", None, None)];
    let (message, warnings) = answered("reasoning_details", parts);
    let expected = json!([{ "type": "reasoning.text", "text": "a", "n": 1.0 },
        { "type": "reasoning.text", "text": "b" }]);
    assert_eq!((&message["reasoning_details"], warnings), (&expected, vec![]));
}

#[test]
fn thoughts_are_left_out_where_they_are_not_taken_back() {
    let details = json!({ "type": "reasoning.text", "text": "hm" });
    for part in [thought("hm", None, None), about(&details)] {
        let (message, warnings) = answered("none", vec![part]);
        assert_eq!(message, json!({ "role": "assistant", "content": "done" }));
        let lost = "what the model thought before was left out: openai-chat has no word for it";
        assert_eq!(warnings, [lost]);
    }
}

/// A thought of an answer in this dialect or in another.
fn thought_in(extra: Native, signature: Option<&str>, redacted: Option<&str>) -> Part {
    let Part::Reasoning(mut part) = thought("hm", signature, redacted) else { panic!() };
    part.extra = Some(extra);
    Part::Reasoning(part)
}

#[test]
fn nobody_misses_a_plain_thought_of_the_providers_own() {
    let message = json!({ "role": "assistant", "content": "done" });
    for spelling in ["none", "summary"] {
        let own = thought_in(native(&json!({})), None, None);
        assert_eq!(answered(spelling, vec![own]), (message.clone(), vec![]));
    }
    let other = thought_in(foreign(&json!({})), None, None);
    let sealed = thought_in(native(&json!({})), Some("sig"), None);
    for part in [other, sealed] {
        assert_eq!(answered("none", vec![part]).1.len(), 1);
    }
}

#[test]
fn a_signature_of_another_provider_stays_behind() {
    let signed = || vec![thought_in(foreign(&json!({ "x": 1, "y": 2 })), Some("s"), Some("c"))];
    let lost = [
        "`x` of anthropic-messages was left out: openai-chat has no word for it",
        "`y` of anthropic-messages was left out: openai-chat has no word for it",
        "another provider's signature of what a model thought before was left out: openai-chat \
         has no word for it",
    ];
    let expected = json!([{ "type": "reasoning.text", "text": "hm" }]);
    let (message, warnings) = answered("reasoning_details", signed());
    assert_eq!(message["reasoning_details"], expected);
    assert_eq!(warnings, lost);
    let (message, warnings) = answered("reasoning_content", signed());
    assert_eq!((&message["reasoning_content"], warnings.len()), (&json!("hm"), 3));
    // Claude's are the same wherever it runs, and other models' are not.
    let gemini = Native { dialect: "gemini".to_owned(), value: "{}".to_owned() };
    let (message, warnings) = answered("summary", vec![thought_in(gemini, Some("s"), None)]);
    assert_eq!((&message["content"], warnings.len()), (&json!("done"), 1));
    let claude = thought_in(foreign(&json!({})), Some("s"), None);
    let (message, warnings) = answered("summary", vec![claude]);
    assert_eq!(message["content"][0]["summary"][0]["signature"], "s");
    assert_eq!(warnings, [""; 0]);
}
