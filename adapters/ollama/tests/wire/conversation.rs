//! Messages and what they are made of.

use crate::provider::{body, foreign, message, own, refused, sent};
use hotcell_sdk::{
    CacheHint, ChatRequest, MediaKind, MediaPart, MediaSource, Message, Part, ReasoningPart, Role,
    TextPart,
};
use serde_json::{Value, json};

fn messages(messages: Vec<Message>) -> Value {
    body(ChatRequest::new(messages))["messages"].clone()
}

fn user(parts: Vec<Part>) -> ChatRequest {
    ChatRequest::new(vec![Message::new(Role::User, parts)])
}

fn medium(kind: MediaKind, source: MediaSource) -> Part {
    let (mime, name, cache, extra) = (None, None, None, None);
    Part::Media(MediaPart { kind, mime, source, name, cache, extra })
}

fn image(bytes: &[u8]) -> Part {
    medium(MediaKind::Image, MediaSource::Bytes(bytes.to_vec()))
}

fn thought(text: &str, signature: Option<&str>) -> Part {
    let (id, redacted, extra) = (None, None, None);
    let signature = signature.map(str::to_owned);
    Part::Reasoning(ReasoningPart { id, text: text.to_owned(), signature, redacted, extra })
}

#[test]
fn roles_may_repeat_and_stand_anywhere() {
    let conversation = vec![
        message(Role::User, "a"),
        message(Role::User, "b"),
        message(Role::Developer, "c"),
        message(Role::Assistant, "d "),
        message(Role::Assistant, "e"),
        message(Role::System, "f"),
        Message::new(Role::User, vec![]),
    ];
    let expected = [
        ("user", "a"),
        ("user", "b"),
        ("system", "c"),
        ("assistant", "d "),
        ("assistant", "e"),
        ("system", "f"),
        ("user", ""),
    ];
    let expected: Vec<Value> =
        expected.map(|(role, content)| json!({ "role": role, "content": content })).to_vec();
    assert_eq!(messages(conversation), Value::from(expected));
}

#[test]
fn texts_of_one_message_are_put_together() {
    let cached = TextPart { text: "b".into(), cache: Some(CacheHint::Long), extra: None };
    let parts = vec![Part::plain("a"), Part::plain(""), Part::Text(cached)];
    let conversation = vec![
        Message::new(Role::User, parts),
        Message::new(Role::Assistant, vec![Part::plain("c"), Part::Refusal("d".into())]),
    ];
    let expected = json!([{ "role": "user", "content": "a\n\nb" },
        { "role": "assistant", "content": "cd" }]);
    assert_eq!(messages(conversation), expected);
}

#[test]
fn images_before_the_text_stay_in_one_message() {
    let url = medium(MediaKind::Image, MediaSource::Url("data:image/png;base64,AwQ=".into()));
    let body = body(user(vec![image(&[0, 1, 2]), url, Part::plain("what?")]));
    let expected = json!([{ "role": "user", "content": "what?", "images": ["AAEC", "AwQ="] }]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn an_image_after_text_begins_a_message() {
    let parts = vec![Part::plain("this"), image(&[0]), Part::plain("or"), image(&[1])];
    let (body, warnings) = sent(user(parts));
    let expected = json!([{ "role": "user", "content": "this" },
        { "role": "user", "content": "or", "images": ["AA=="] },
        { "role": "user", "content": "", "images": ["AQ=="] }]);
    assert_eq!((&body["messages"], warnings.len()), (&expected, 1), "{warnings:?}");
}

#[test]
fn media_that_ollama_does_not_see_are_refused() {
    let bytes = || MediaSource::Bytes(vec![0]);
    for (medium, why) in [
        (
            medium(MediaKind::Image, MediaSource::Url("https://example.com/a.png".into())),
            "an image cannot be given by its address",
        ),
        (
            medium(MediaKind::Image, MediaSource::Url("data:image/svg+xml,<svg/>".into())),
            "an image cannot be given by its address",
        ),
        (
            medium(MediaKind::Image, MediaSource::FileId("f".into())),
            "an image cannot be given by the id of a file",
        ),
        (medium(MediaKind::Audio, bytes()), "audio"),
        (medium(MediaKind::Video, bytes()), "video"),
        (medium(MediaKind::Document, bytes()), "documents"),
    ] {
        let message = refused(user(vec![medium]));
        assert!(message.starts_with(why), "{message}");
    }
}

#[test]
fn thoughts_go_back_without_their_signature() {
    let told = vec![thought("a", None), thought("b", None), Part::plain("c")];
    let assistant = |parts: Vec<Part>| ChatRequest::new(vec![Message::new(Role::Assistant, parts)]);
    let body = body(assistant(told));
    let expected = json!([{ "role": "assistant", "content": "c", "thinking": "ab" }]);
    assert_eq!(body["messages"], expected);
    let (_, warnings) = sent(assistant(vec![thought("a", Some("s"))]));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn the_name_of_a_participant_is_warned_of() {
    let mut named = message(Role::User, "a");
    named.name = Some("ann".to_owned());
    let (body, warnings) = sent(ChatRequest::new(vec![named]));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "a" }]));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn native_parts_are_members_of_their_message() {
    let native = |value: Value| Part::Native(own(&value));
    let parts = vec![
        Part::plain("a"),
        native(json!({ "sources": ["s"] })),
        native(json!({ "done": false, "progress": 1 })),
    ];
    let expected = json!([{ "role": "assistant", "content": "a", "sources": ["s"] }]);
    assert_eq!(messages(vec![Message::new(Role::Assistant, parts)]), expected);
}

#[test]
fn native_parts_of_another_dialect_are_left_out_of_answers_and_refused_elsewhere() {
    let part = || Part::Native(foreign(&json!({ "type": "x" })));
    let answer = Message::new(Role::Assistant, vec![Part::plain("a"), part()]);
    let (body, warnings) = sent(ChatRequest::new(vec![answer]));
    assert_eq!(body["messages"], json!([{ "role": "assistant", "content": "a" }]));
    assert_eq!(warnings.len(), 1);
    refused(user(vec![part()]));
}

#[test]
fn a_client_of_this_dialect_has_its_messages_as_it_wrote_them() {
    let mut control = message(Role::System, "thinking");
    control.extra = Some(own(&json!({ "role": "control" })));
    let mut empty = Message::new(Role::Assistant, vec![]);
    empty.extra = Some(own(&json!({ "content": null, "x": 1 })));
    let silent = Message::new(Role::User, vec![image(&[0])]);
    let mut request = ChatRequest::new(vec![control, empty, silent]);
    request.extra = Some(own(&json!({})));
    let expected = json!([{ "role": "control", "content": "thinking" },
        { "role": "assistant", "content": null, "x": 1 },
        { "role": "user", "images": ["AA=="] }]);
    assert_eq!(body(request)["messages"], expected);
}
