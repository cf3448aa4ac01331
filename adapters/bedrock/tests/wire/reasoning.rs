//! Wishes to reason, and thoughts that go back.

use crate::provider::{CLAUDE, NOVA, body, conversation, foreign, message, native, sent, to};
use hotcell_sdk::{ChatRequest, Message, Part, ReasoningOptions, ReasoningPart, Role};
use serde_json::{Value, json};

fn asked(model: &str, effort: Option<&str>, budget_tokens: Option<u32>) -> (Value, usize) {
    let effort = effort.map(str::to_owned);
    let reasoning = Some(ReasoningOptions { effort, budget_tokens, include_text: None });
    let (body, warnings) = sent(ChatRequest { reasoning, ..to(model) });
    let mut said = json!({});
    for name in ["additionalModelRequestFields", "outputConfig"] {
        if let Some(value) = body.get(name) {
            said[name] = value.clone();
        }
    }
    (said, warnings.len())
}

#[test]
fn every_maker_has_its_own_words() {
    let fields = |value: Value| json!({ "additionalModelRequestFields": value });
    let budget =
        |tokens: u32| fields(json!({ "thinking": { "type": "enabled", "budget_tokens": tokens } }));
    let adaptive = |effort: &str| {
        json!({ "additionalModelRequestFields": { "thinking": { "type": "adaptive" } },
            "outputConfig": { "effort": effort } })
    };
    let nova = |effort: &str| {
        let config = json!({ "type": "enabled", "maxReasoningEffort": effort });
        fields(json!({ "reasoningConfig": config }))
    };
    let newer = "us.anthropic.claude-opus-4-7-v1";
    let nova_2 = "us.amazon.nova-2-lite-v1:0";
    let open = "openai.gpt-oss-120b-1:0";
    for (model, effort, tokens, expected, warnings) in [
        (CLAUDE, None, Some(4096), budget(4096), 0),
        (CLAUDE, Some("low"), None, budget(2048), 0),
        (CLAUDE, Some("odd"), None, budget(8192), 1),
        (CLAUDE, Some("none"), None, fields(json!({ "thinking": { "type": "disabled" } })), 0),
        (newer, Some("high"), None, adaptive("high"), 0),
        (newer, Some("minimal"), None, adaptive("low"), 1),
        (newer, Some("high"), Some(2000), adaptive("high"), 1),
        (nova_2, Some("medium"), None, nova("medium"), 0),
        (nova_2, Some("max"), None, nova("high"), 1),
        (nova_2, None, Some(1024), nova("low"), 1),
        (nova_2, None, Some(0), fields(json!({ "reasoningConfig": { "type": "disabled" } })), 0),
        (open, Some("high"), None, fields(json!({ "reasoning_effort": "high" })), 0),
        (open, None, Some(5), json!({}), 1),
        (NOVA, Some("high"), None, json!({}), 1),
        ("qwen.qwen3-32b-v1:0", Some("high"), None, json!({}), 1),
    ] {
        assert_eq!(
            asked(model, effort, tokens),
            (expected, warnings),
            "{model} {effort:?} {tokens:?}"
        );
    }
}

#[test]
fn a_budget_leaves_room_for_the_answer() {
    let reasoning = ReasoningOptions {
        effort: Some("high".to_owned()),
        budget_tokens: None,
        include_text: Some(true),
    };
    let mut request = ChatRequest { reasoning: Some(reasoning), ..to(CLAUDE) };
    request.sampling.max_output_tokens = Some(4000);
    let thinking = &body(request.clone())["additionalModelRequestFields"]["thinking"];
    let expected = json!({ "type": "enabled", "budget_tokens": 3999, "display": "summarized" });
    assert_eq!(*thinking, expected);
    request.sampling.max_output_tokens = Some(500);
    let (body, warnings) = sent(request);
    assert_eq!(body.get("additionalModelRequestFields"), None);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn thoughts_go_back_byte_for_byte() {
    let thought = |text: &str, signature: Option<&str>, redacted: Option<&str>| ReasoningPart {
        id: None,
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
        redacted: redacted.map(str::to_owned),
        extra: None,
    };
    let request = |parts: Vec<ReasoningPart>| {
        let mut parts: Vec<Part> = parts.into_iter().map(Part::Reasoning).collect();
        parts.push(Part::plain("so"));
        conversation(vec![
            message(Role::User, "go"),
            Message::new(Role::Assistant, parts),
            message(Role::User, "on"),
        ])
    };
    let found = body(request(vec![
        thought(" hm \u{1f600}\n", Some("c2ln"), None),
        thought("", None, Some("AQID")),
    ]));
    assert_eq!(
        found["messages"][1]["content"],
        json!([
            { "reasoningContent":
                { "reasoningText": { "text": " hm \u{1f600}\n", "signature": "c2ln" } } },
            { "reasoningContent": { "redactedContent": "AQID" } },
            { "text": "so" },
        ])
    );
    let theirs = ReasoningPart {
        extra: Some(foreign(&json!({ "x": 1 }))),
        ..thought("a", Some("their own"), None)
    };
    let (found, warnings) = sent(request(vec![thought("unsigned", None, None), theirs]));
    assert_eq!(found["messages"][1]["content"], json!([{ "text": "so" }]));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    // Nobody misses the thoughts of a model that signs none and takes none back.
    let plain =
        ReasoningPart { extra: Some(native(&json!({}))), ..thought("unsigned", None, None) };
    let (found, warnings) = sent(request(vec![plain]));
    assert_eq!(found["messages"][1]["content"], json!([{ "text": "so" }]));
    assert_eq!(warnings, [""; 0]);
    // A client of this dialect knows what it does.
    let mut own = request(vec![thought("unsigned", None, None)]);
    own.extra = Some(native(&json!({})));
    assert_eq!(
        body(own)["messages"][1]["content"][0],
        json!({ "reasoningContent": { "reasoningText": { "text": "unsigned" } } })
    );
}
