//! What Claude thinks, which stands in the content of its answers.

use crate::provider::{chunk, message, sent, stream, whole, workspace};
use hotcell_sdk::testing::Run;
use hotcell_sdk::{ChatRequest, Delta, Event, FinishReason, Part, ReasoningPart, Role, TextPart};
use hotcell_sdk::{ToolCall, ToolResult, ToolResultPart};
use serde_json::{Value, json};

/// Kind, index and text of what was told, in order, pieces of one part joined.
fn told(run: &Run) -> Vec<(&'static str, u32, String)> {
    let events = run.joined().into_iter().filter_map(|event| {
        let (kind, Delta { index, text, .. }) = match event {
            Event::Text(delta) => ("text", delta),
            Event::Reasoning(delta) => ("reasoning", delta),
            Event::Signature(delta) => ("signature", delta),
            Event::RedactedReasoning(delta) => ("redacted", delta),
            Event::Citation(citation) => {
                ("citation", Delta { choice: 0, index: citation.index, text: citation.value.value })
            }
            Event::Native(native) => panic!("nobody understood {}", native.value.value),
            _ => return None,
        };
        Some((kind, index, text))
    });
    events.collect()
}

fn thought(text: &str, signature: &str) -> Value {
    json!({ "type": "reasoning",
        "summary": [{ "type": "summary_text", "text": text, "signature": signature }] })
}

#[test]
fn thoughts_in_a_whole_answer_are_signed_parts_of_their_own() {
    let run = whole(&json!([
        thought("First.", "s1"),
        { "type": "reasoning", "summary": [{ "type": "summary_encrypted_text", "data": "c1" }] },
        { "type": "text", "text": "Now: " },
        thought("Then.", "s2"),
        { "type": "text", "text": "42" },
    ]));
    assert_eq!(run.failure, None);
    let expected = [
        ("reasoning", 0, "First."),
        ("signature", 0, "s1"),
        ("redacted", 1, "c1"),
        ("text", 2, "Now: "),
        ("reasoning", 3, "Then."),
        ("signature", 3, "s2"),
        ("text", 2, "42"),
    ];
    assert_eq!(told(&run), expected.map(|(kind, index, text)| (kind, index, text.to_owned())));
    assert_eq!(run.finished().unwrap().reason, FinishReason::Stop);
}

#[test]
fn thoughts_in_a_stream_are_closed_by_their_signature() {
    let run = stream(&[
        chunk(json!({ "role": "assistant", "content": "" }), None),
        chunk(json!({ "content": [thought("Let me ", "")] }), None),
        chunk(json!({ "content": [thought("see.", "")] }), None),
        chunk(json!({ "content": [thought("", "sig=")] }), None),
        chunk(json!({ "content": "H\u{e9}" }), None),
        chunk(json!({ "content": [{ "type": "text", "text": "llo" }] }), None),
        chunk(
            json!({ "tool_calls": [{ "index": 0, "id": "t1", "type": "function",
            "function": { "name": "f", "arguments": "" } }] }),
            None,
        ),
        chunk(
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"a\":1}" } }] }),
            None,
        ),
        chunk(json!({ "content": "" }), Some("tool_calls")),
    ]);
    assert_eq!(run.failure, None);
    let expected =
        [("reasoning", 0, "Let me see."), ("signature", 0, "sig="), ("text", 1, "H\u{e9}llo")];
    assert_eq!(told(&run), expected.map(|(kind, index, text)| (kind, index, text.to_owned())));
    assert_eq!(run.finished().unwrap().reason, FinishReason::ToolCalls);
    let usage = run.usage().unwrap();
    assert_eq!((usage.input, usage.output), (Some(5), Some(1)));
}

#[test]
fn a_citation_is_told_beside_its_text() {
    let run = whole(&json!([
        { "type": "text", "text": "Blue.", "citations": [{ "type": "char_location", "start": 3 }] },
    ]));
    let expected = [
        ("text", 0, "Blue.".to_owned()),
        ("citation", 0, json!({ "type": "char_location", "start": 3 }).to_string()),
    ];
    assert_eq!(told(&run), expected);
}

fn reasoning(text: &str, signature: Option<&str>, redacted: Option<&str>) -> Part {
    Part::Reasoning(ReasoningPart {
        id: None,
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
        redacted: redacted.map(str::to_owned),
        extra: None,
    })
}

#[test]
fn thoughts_go_back_as_they_came() {
    let call = ToolCall {
        id: "t1".to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
        signature: None,
        extra: None,
    };
    let result = ToolResult {
        call_id: "t1".to_owned(),
        name: None,
        content: vec![ToolResultPart::Text("7".to_owned())],
        is_error: false,
        cache: None,
        extra: None,
    };
    let text =
        |text: &str| Part::Text(TextPart { text: text.to_owned(), cache: None, extra: None });
    let mut request = ChatRequest::user("hi");
    request.messages.push(message(
        Role::Assistant,
        vec![
            reasoning("Hm.", Some("sig="), None),
            reasoning("", None, Some("cipher")),
            text(""),
            Part::ToolCall(call),
        ],
    ));
    request.messages.push(message(Role::Tool, vec![Part::ToolResult(result)]));
    request
        .messages
        .push(message(Role::Assistant, vec![reasoning("Unsigned.", None, None), text("So 7.")]));
    let (sent, warnings) = sent(workspace(), request);
    let messages = &sent.json()["messages"];
    assert_eq!(
        messages[1]["content"],
        json!([
            thought("Hm.", "sig="),
            { "type": "reasoning", "summary": [{ "type": "summary_encrypted_text", "data": "cipher" }] },
        ])
    );
    assert_eq!(messages[1]["tool_calls"][0]["id"], "t1");
    // Claude refuses a thought that it did not sign.
    assert_eq!(messages[3]["content"], "So 7.");
    assert!(warnings[0].contains("without signing"), "{warnings:?}");
}
