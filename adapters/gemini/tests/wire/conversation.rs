//! Turns, and what is in them.

use crate::provider::{
    body, call, conversation, foreign, message, native, provider, refused, result, said, sent,
};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, ReasoningPart,
    Role, TextPart, ToolCall, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn text(role: &str, text: &str) -> Value {
    json!({ "role": role, "parts": [{ "text": text }] })
}

fn thought(text: &str, signature: Option<&str>) -> Part {
    let (text, signature) = (text.to_owned(), signature.map(str::to_owned));
    Part::Reasoning(ReasoningPart { id: None, text, signature, redacted: None, extra: None })
}

#[test]
fn instructions_stand_apart() {
    let body = body(conversation(vec![
        message(Role::System, "a"),
        message(Role::Developer, "b"),
        message(Role::User, "hi"),
    ]));
    assert_eq!(body["systemInstruction"], json!({ "parts": [{ "text": "a" }, { "text": "b" }] }));
    assert_eq!(body["contents"], json!([text("user", "hi")]));
}

#[test]
fn an_instruction_in_the_middle_moves_to_the_beginning() {
    let (body, warnings) = sent(conversation(vec![
        message(Role::User, "hi"),
        message(Role::System, "a"),
        message(Role::User, "there"),
    ]));
    assert_eq!(body["systemInstruction"]["parts"], json!([{ "text": "a" }]));
    let parts = json!([{ "text": "hi" }, { "text": "there" }]);
    assert_eq!(body["contents"], json!([{ "role": "user", "parts": parts }]));
    assert!(warnings[0].contains("middle of the conversation"), "{warnings:?}");
}

#[test]
fn turns_of_one_role_are_one_and_those_of_nothing_none() {
    let body = body(conversation(vec![
        message(Role::User, "a"),
        message(Role::Assistant, ""),
        message(Role::User, "b"),
        message(Role::Assistant, "c"),
        message(Role::Assistant, "d"),
    ]));
    let parts = |one: &str, other: &str| json!([{ "text": one }, { "text": other }]);
    let expected = json!([{ "role": "user", "parts": parts("a", "b") },
        { "role": "model", "parts": parts("c", "d") }]);
    assert_eq!(body["contents"], expected);
}

#[test]
fn the_user_begins() {
    let (body, warnings) =
        sent(conversation(vec![message(Role::Assistant, "a"), message(Role::User, "b")]));
    let expected = json!([text("user", "."), text("model", "a"), text("user", "b")]);
    assert_eq!(body["contents"], expected);
    assert_eq!(warnings.len(), 1);

    let (body, warnings) = sent(conversation(vec![message(Role::System, "a")]));
    assert_eq!(body["contents"], json!([text("user", "a")]));
    assert_eq!(body.get("systemInstruction"), None);
    assert_eq!(warnings.len(), 1);

    let (kind, _) = refused(conversation(vec![message(Role::User, "")]));
    assert_eq!(kind, FailureKind::Unsupported);
}

#[test]
fn results_come_first_and_in_the_order_of_their_calls() {
    let body = body(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![call("1", "look", "{\"a\":1}"), call("2", "hear", "")]),
        message(Role::User, "meanwhile"),
        Message::new(Role::Tool, vec![result("2", said("loud"))]),
        Message::new(Role::Tool, vec![result("1", said("{\"seen\":true}"))]),
    ]));
    assert_eq!(
        body["contents"][1]["parts"],
        json!([{ "functionCall": { "name": "look", "args": { "a": 1 } } },
            { "functionCall": { "name": "hear", "args": {} } }])
    );
    assert_eq!(
        body["contents"][2]["parts"],
        json!([
            { "functionResponse": { "name": "look", "response": { "seen": true } } },
            { "functionResponse": { "name": "hear", "response": { "output": "loud" } } },
            { "text": "meanwhile" }
        ])
    );
}

#[test]
fn a_result_is_an_object_whatever_it_was() {
    let answer = |content: Vec<ToolResultPart>, is_error: bool| {
        let result = ToolResult {
            call_id: "1".to_owned(),
            name: None,
            content,
            is_error,
            cache: None,
            extra: None,
        };
        let body = body(conversation(vec![
            message(Role::User, "go"),
            Message::new(Role::Assistant, vec![call("1", "look", "{}")]),
            Message::new(Role::Tool, vec![Part::ToolResult(result)]),
        ]));
        body["contents"][2]["parts"][0]["functionResponse"]["response"].clone()
    };
    assert_eq!(answer(vec![], false), json!({ "output": "" }));
    assert_eq!(answer(said("[1]"), false), json!({ "output": "[1]" }));
    assert_eq!(answer([said("a"), said("b")].concat(), false), json!({ "output": ["a", "b"] }));
    assert_eq!(answer(said("gone"), true), json!({ "error": "gone" }));
    assert_eq!(answer(said("{\"a\":1}"), true), json!({ "error": "{\"a\":1}" }));
}

#[test]
fn a_result_of_no_call_needs_a_name() {
    let (kind, message) = refused(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Tool, vec![result("1", said("a"))]),
    ]));
    assert_eq!(kind, FailureKind::Unsupported);
    assert!(message.contains("`1`"), "{message}");
}

#[test]
fn media_in_a_result_stand_in_it_or_behind_it() {
    let image = || {
        ToolResultPart::Media(MediaPart {
            kind: MediaKind::Image,
            mime: Some("image/png".to_owned()),
            source: MediaSource::Bytes(vec![1, 2, 3]),
            name: None,
            cache: None,
            extra: None,
        })
    };
    let request = |model: &str| ChatRequest {
        model: model.to_owned(),
        ..conversation(vec![
            message(Role::User, "go"),
            Message::new(
                Role::Assistant,
                vec![Part::ToolCall(ToolCall {
                    id: "1".to_owned(),
                    name: "look".to_owned(),
                    arguments: "{}".to_owned(),
                    signature: Some("s".to_owned()),
                    extra: None,
                })],
            ),
            Message::new(Role::Tool, vec![result("1", vec![said("x").remove(0), image()])]),
        ])
    };
    let data = json!({ "inlineData": { "mimeType": "image/png", "data": "AQID" } });
    let later = body(request("gemini-3-flash-preview"));
    let expected = json!({ "functionResponse": { "name": "look", "response": { "output": "x" },
        "parts": [data] } });
    assert_eq!(later["contents"][2]["parts"], json!([expected]));
    let (earlier, warnings) = sent(request("gemini-2.5-pro"));
    let expected =
        json!([{ "functionResponse": { "name": "look", "response": { "output": "x" } } }, data]);
    assert_eq!(earlier["contents"][2]["parts"], expected);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn signatures_go_back_byte_for_byte() {
    let signed = ToolCall {
        id: "own".to_owned(),
        name: "look".to_owned(),
        arguments: "{}".to_owned(),
        signature: Some("s3+/=".to_owned()),
        extra: Some(native(&json!({ "functionCall": { "id": "own" } }))),
    };
    let body = body(conversation(vec![
        message(Role::User, "go"),
        Message::new(
            Role::Assistant,
            vec![
                thought("hm", Some("s1")),
                Part::plain("well"),
                thought("", Some("s2")),
                Part::ToolCall(signed),
            ],
        ),
        Message::new(Role::Tool, vec![result("own", said("x"))]),
    ]));
    assert_eq!(
        body["contents"][1]["parts"],
        json!([
            { "text": "hm", "thought": true, "thoughtSignature": "s1" },
            { "text": "well", "thoughtSignature": "s2" },
            { "functionCall": { "name": "look", "args": {}, "id": "own" },
                "thoughtSignature": "s3+/=" }
        ])
    );
    let response = &body["contents"][2]["parts"][0]["functionResponse"];
    assert_eq!(response["id"], "own", "the provider's id goes with the result");
}

#[test]
fn a_signature_after_no_words_stands_alone() {
    let body = body(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![thought("", Some("s1"))]),
    ]));
    let expected = json!([{ "text": "", "thoughtSignature": "s1" }]);
    assert_eq!(body["contents"][1]["parts"], expected);
}

#[test]
fn thoughts_without_a_signature_are_left_out() {
    let foreign_one = Part::Reasoning(ReasoningPart {
        id: None,
        text: "x".to_owned(),
        signature: Some("theirs".to_owned()),
        redacted: None,
        extra: Some(foreign(&json!({}))),
    });
    for part in [thought("hm", None), foreign_one] {
        let (body, warnings) = sent(conversation(vec![
            message(Role::User, "go"),
            Message::new(Role::Assistant, vec![part, Part::plain("a")]),
        ]));
        assert_eq!(body["contents"][1]["parts"], json!([{ "text": "a" }]));
        assert_eq!(warnings.len(), 1);
    }
}

#[test]
fn the_providers_own_thoughts_go_back_as_they_came() {
    let Part::Reasoning(mut told) = thought("hm", None) else { panic!() };
    told.extra = Some(native(&json!({})));
    let (body, warnings) = sent(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![Part::Reasoning(told), Part::plain("a")]),
    ]));
    let expected = json!([{ "text": "hm", "thought": true }, { "text": "a" }]);
    assert_eq!((&body["contents"][1]["parts"], warnings), (&expected, vec![]));
}

#[test]
fn what_another_provider_said_in_its_own_words_is_left_out_and_warned_of() {
    let part = Part::Native(foreign(&json!({ "type": "odd" })));
    let (body, warnings) = sent(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![part, Part::plain("a")]),
    ]));
    assert_eq!(body["contents"][1], text("model", "a"));
    assert_eq!(
        warnings,
        ["a part of an earlier answer in openai-chat was left out: gemini has no word for it"]
    );
}

#[test]
fn a_call_of_another_model_is_let_through() {
    let request = |model: &str| ChatRequest {
        model: model.to_owned(),
        ..conversation(vec![
            message(Role::User, "go"),
            Message::new(Role::Assistant, vec![call("1", "a", "{}"), call("2", "b", "{}")]),
            Message::new(Role::Tool, vec![result("1", said("x")), result("2", said("y"))]),
        ])
    };
    let (body, warnings) = sent(request("gemini-3-pro-preview"));
    let parts = &body["contents"][1]["parts"];
    assert_eq!(parts[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(parts[1].get("thoughtSignature"), None, "only the first of a turn needs one");
    assert_eq!(warnings.len(), 1);
    let (body, warnings) = sent(request("gemini-2.5-flash"));
    assert_eq!(body["contents"][1]["parts"][0].get("thoughtSignature"), None);
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn arguments_that_are_no_object_are_wrapped() {
    let (body, warnings) = sent(conversation(vec![
        message(Role::User, "go"),
        Message::new(Role::Assistant, vec![call("1", "look", "{\"a\":")]),
    ]));
    let arguments = &body["contents"][1]["parts"][0]["functionCall"]["args"];
    assert_eq!(*arguments, json!({ "INVALID_JSON": "{\"a\":" }));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_clients_own_dialect_is_written_as_it_was() {
    let spoken = |text: &str, extra: Value| {
        let extra = Some(native(&extra));
        Part::Text(TextPart { text: text.to_owned(), cache: None, extra })
    };
    let code = json!({ "executableCode": { "language": "PYTHON", "code": "1" } });
    let request = ChatRequest {
        extra: Some(native(&json!({ "safetySettings": [], "cachedContent": "cachedContents/1" }))),
        ..conversation(vec![
            Message {
                role: Role::System,
                parts: vec![spoken("a", json!({ "thought": false }))],
                name: None,
                extra: Some(native(&json!({ "role": "model" }))),
            },
            message(Role::User, ""),
            Message::new(
                Role::Assistant,
                vec![thought("hm", None), Part::Native(native(&code)), call("1", "f", "")],
            ),
            message(Role::Assistant, "b"),
        ])
    };
    assert_eq!(
        body(request),
        json!({
            "systemInstruction": { "parts": [{ "text": "a", "thought": false }], "role": "model" },
            "contents": [
                { "role": "user", "parts": [{ "text": "" }] },
                { "role": "model", "parts": [{ "text": "hm", "thought": true }, code,
                    { "functionCall": { "name": "f" } }] },
                { "role": "model", "parts": [{ "text": "b" }] }
            ],
            "safetySettings": [], "cachedContent": "cachedContents/1"
        })
    );
}

#[test]
fn a_part_of_another_dialect_is_refused() {
    let part = Part::Native(foreign(&json!({ "type": "odd" })));
    let (kind, message) = refused(conversation(vec![Message::new(Role::User, vec![part])]));
    assert_eq!(kind, FailureKind::Unsupported);
    assert!(message.contains("openai-chat"), "{message}");
    // A piece of an answer that is no content is passed over.
    let mut script = provider();
    script.answer(200, "application/json", "{}");
    let piece = Part::Native(native(&json!({ "event": { "partMetadata": {} } })));
    let run = script.chat::<Gemini>(conversation(vec![Message::new(
        Role::User,
        vec![piece, Part::plain("hi")],
    )]));
    assert_eq!(run.requests[0].json()["contents"], json!([text("user", "hi")]));
}
