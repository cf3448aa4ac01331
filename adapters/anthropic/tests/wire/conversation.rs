//! Instructions, turns and the parts of messages.

use crate::provider::{DIALECT, body, conversation, foreign, message, native, provider, sent};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{
    CacheHint, FailureKind, MediaKind, MediaPart, MediaSource, Message, Native, Part,
    ReasoningPart, Role, TextPart,
};
use serde_json::{Value, json};

#[test]
fn instructions_stand_at_the_top() {
    let request = conversation(vec![message(Role::System, "be brief"), message(Role::User, "hi")]);
    assert_eq!(body(request)["system"], "be brief");

    let cached = TextPart { text: "b".to_owned(), cache: Some(CacheHint::Short), extra: None };
    let request = conversation(vec![
        message(Role::System, "a"),
        message(Role::System, ""),
        Message::new(Role::Developer, vec![Part::Text(cached)]),
        message(Role::User, "hi"),
    ]);
    let expected = json!([{ "type": "text", "text": "a" },
        { "type": "text", "text": "b", "cache_control": { "type": "ephemeral" } }]);
    assert_eq!(body(request)["system"], expected);
}

#[test]
fn an_instruction_in_the_middle_moves_to_the_top_and_is_warned_of() {
    let request = conversation(vec![
        message(Role::User, "hi"),
        message(Role::System, "be brief"),
        message(Role::User, "there"),
    ]);
    let (body, warnings) = sent(request);
    assert_eq!(body["system"], "be brief");
    let both = json!([{ "type": "text", "text": "hi" }, { "type": "text", "text": "there" }]);
    assert_eq!(body["messages"], json!([{ "role": "user", "content": both }]));
    assert!(warnings[0].contains("moved to its beginning"), "{warnings:?}");
}

#[test]
fn an_instruction_that_a_client_of_this_dialect_put_in_the_middle_stays_there() {
    let mut middle = message(Role::System, "be brief");
    middle.extra = Some(native(&json!({ "role": "system" })));
    let mut request = conversation(vec![message(Role::User, "hi"), middle]);
    request.extra = Some(native(&json!({})));
    let expected = json!([{ "role": "user", "content": "hi" },
        { "role": "system", "content": "be brief" }]);
    assert_eq!(body(request)["messages"], expected);
}

#[test]
fn only_words_can_be_instructions() {
    let image = media(MediaKind::Image, None, MediaSource::Url("https://x/a.png".to_owned()));
    let request = conversation(vec![Message::new(Role::System, vec![image])]);
    let run = provider().chat::<Anthropic>(request);
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
}

#[test]
fn turns_of_one_role_are_one_turn() {
    let request = conversation(vec![
        message(Role::User, "a"),
        message(Role::Assistant, ""),
        message(Role::User, "b"),
        message(Role::Assistant, "c"),
        message(Role::Assistant, "d"),
    ]);
    let two = |a, b| json!([{ "type": "text", "text": a }, { "type": "text", "text": b }]);
    let expected = json!([{ "role": "user", "content": two("a", "b") },
        { "role": "assistant", "content": two("c", "d") }]);
    assert_eq!(body(request)["messages"], expected);
}

#[test]
fn a_client_of_this_dialect_says_where_its_turns_end() {
    let listed = TextPart { text: String::new(), cache: None, extra: Some(native(&json!({}))) };
    let mut request = conversation(vec![
        message(Role::User, "a"),
        Message::new(Role::User, vec![Part::Text(listed)]),
        Message::new(Role::User, vec![]),
    ]);
    request.extra = Some(native(&json!({})));
    let expected = json!([{ "role": "user", "content": "a" },
        { "role": "user", "content": [{ "type": "text", "text": "" }] },
        { "role": "user", "content": [] }]);
    assert_eq!(body(request)["messages"], expected);
}

#[test]
fn the_name_of_a_participant_is_warned_of() {
    let named = Message { name: Some("ann".to_owned()), ..message(Role::User, "hi") };
    let (_, warnings) = sent(conversation(vec![named]));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("name"), "{warnings:?}");
}

fn content(role: Role, parts: Vec<Part>) -> Value {
    let body = body(conversation(vec![Message::new(role, parts)]));
    body["messages"][0]["content"].clone()
}

#[test]
fn members_of_blocks_and_messages_pass() {
    let citations = json!([{ "type": "char_location", "cited_text": "x" }]);
    let text = TextPart {
        text: "x".to_owned(),
        cache: Some(CacheHint::Long),
        extra: Some(native(&json!({ "citations": citations }))),
    };
    let mut message = Message::new(Role::Assistant, vec![Part::Text(text)]);
    message.extra = Some(native(&json!({ "id": "msg_1" })));
    let expected = json!([{ "role": "assistant", "id": "msg_1", "content": [{ "type": "text",
        "text": "x", "cache_control": { "type": "ephemeral", "ttl": "1h" },
        "citations": citations }] }]);
    assert_eq!(body(conversation(vec![message]))["messages"], expected);
}

fn reasoning(text: &str, signature: Option<&str>, redacted: Option<&str>) -> ReasoningPart {
    ReasoningPart {
        id: None,
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
        redacted: redacted.map(str::to_owned),
        extra: None,
    }
}

#[test]
fn thoughts_go_back_byte_for_byte() {
    let signature = "Eq/+==\u{e9}\n\"";
    let parts = vec![
        Part::Reasoning(reasoning("hm \u{1f914}", Some(signature), None)),
        Part::Reasoning(reasoning("", None, Some("Em/+=="))),
        Part::plain("done"),
    ];
    let expected = json!([
        { "type": "thinking", "thinking": "hm \u{1f914}", "signature": signature },
        { "type": "redacted_thinking", "data": "Em/+==" },
        { "type": "text", "text": "done" },
    ]);
    assert_eq!(content(Role::Assistant, parts), expected);
}

#[test]
fn thoughts_that_this_provider_did_not_sign_are_left_out_and_warned_of() {
    let mut other = reasoning("hm", Some("sig"), None);
    other.extra = Some(foreign(&json!({ "format": "x" })));
    for part in [reasoning("hm", None, None), other] {
        let parts = vec![Part::Reasoning(part), Part::plain("done")];
        let (body, warnings) = sent(conversation(vec![Message::new(Role::Assistant, parts)]));
        assert_eq!(body["messages"][0]["content"], "done");
        assert!(warnings[0].contains("reasoning"), "{warnings:?}");
    }
}

#[test]
fn thoughts_of_claude_elsewhere_and_of_a_provider_that_signs_none_go_back() {
    let mut elsewhere = reasoning("hm", Some("sig"), None);
    elsewhere.extra =
        Some(Native { dialect: "bedrock-converse".to_owned(), value: "{}".to_owned() });
    let mut own = reasoning("so", None, None);
    own.extra = Some(native(&json!({})));
    let parts = vec![Part::Reasoning(elsewhere), Part::Reasoning(own), Part::plain("done")];
    let (body, warnings) = sent(conversation(vec![Message::new(Role::Assistant, parts)]));
    let expected = json!([
        { "type": "thinking", "thinking": "hm", "signature": "sig" },
        { "type": "thinking", "thinking": "so" },
        { "type": "text", "text": "done" },
    ]);
    assert_eq!((&body["messages"][0]["content"], warnings), (&expected, vec![]));
}

#[test]
fn what_another_provider_said_in_its_own_words_is_left_out_and_warned_of() {
    let part = Part::Native(foreign(&json!({ "type": "odd" })));
    let parts = vec![part, Part::plain("done")];
    let (body, warnings) = sent(conversation(vec![Message::new(Role::Assistant, parts)]));
    assert_eq!(body["messages"][0]["content"], "done");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("an earlier answer in openai-chat"), "{warnings:?}");
}

#[test]
fn a_refusal_is_shown_to_the_model_as_its_words() {
    let parts = vec![Part::Refusal("no".to_owned())];
    assert_eq!(content(Role::Assistant, parts), json!([{ "type": "text", "text": "no" }]));
}

#[test]
fn native_blocks_pass_and_those_of_others_are_refused() {
    let block = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    let parts = vec![Part::Native(native(&block))];
    assert_eq!(content(Role::Assistant, parts), json!([block]));

    let parts = vec![Part::Native(foreign(&block))];
    let run = provider().chat::<Anthropic>(conversation(vec![Message::new(Role::User, parts)]));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::Unsupported));
}

#[test]
fn a_piece_of_a_stream_does_not_go_back() {
    let event = native(&json!({ "event": { "type": "new_event" } }));
    let parts = vec![Part::Native(event), Part::plain("done")];
    assert_eq!(content(Role::Assistant, parts), "done");
}

#[test]
fn a_native_part_that_is_no_json_is_refused() {
    let part = Part::Native(Native { dialect: DIALECT.to_owned(), value: "{".to_owned() });
    let run =
        provider().chat::<Anthropic>(conversation(vec![Message::new(Role::User, vec![part])]));
    assert_eq!(run.failure.map(|failure| failure.kind), Some(FailureKind::InvalidRequest));
}

fn media(kind: MediaKind, mime: Option<&str>, source: MediaSource) -> Part {
    let mime = mime.map(str::to_owned);
    Part::Media(MediaPart { kind, mime, source, name: None, cache: None, extra: None })
}

#[test]
fn images_come_from_everywhere() {
    let source = |mime, source| {
        let block = content(Role::User, vec![media(MediaKind::Image, mime, source)]);
        assert_eq!(block[0]["type"], "image");
        block[0]["source"].clone()
    };
    let url = "https://x/a.png";
    let expected = json!({ "type": "url", "url": url });
    assert_eq!(source(None, MediaSource::Url(url.to_owned())), expected);
    let expected = json!({ "type": "file", "file_id": "f" });
    assert_eq!(source(None, MediaSource::FileId("f".to_owned())), expected);
    let jpeg = json!({ "type": "base64", "media_type": "image/jpeg", "data": "/9j/" });
    let bytes = MediaSource::Bytes(b"\xff\xd8\xff".to_vec());
    assert_eq!(source(Some("image/jpeg"), bytes.clone()), jpeg);
    assert_eq!(source(None, bytes), jpeg, "the bytes tell their type");
    let data = MediaSource::Url("data:image/jpeg;base64,/9j/".to_owned());
    assert_eq!(source(None, data), jpeg);
}

#[test]
fn documents_are_pdf_or_text() {
    let source = |mime, bytes: &[u8]| {
        let part = media(MediaKind::Document, mime, MediaSource::Bytes(bytes.to_vec()));
        content(Role::User, vec![part])[0]["source"].clone()
    };
    let pdf = json!({ "type": "base64", "media_type": "application/pdf", "data": "JVBERi0=" });
    assert_eq!(source(Some("application/pdf"), b"%PDF-"), pdf);
    assert_eq!(source(None, b"%PDF-"), pdf);
    let text = json!({ "type": "text", "media_type": "text/plain", "data": "{}" });
    for mime in [None, Some("text/plain"), Some("application/json"), Some("text/csv; a=b")] {
        assert_eq!(source(mime, b"{}"), text);
    }
}

#[test]
fn a_document_has_a_title_and_members_of_its_own() {
    let part = Part::Media(MediaPart {
        kind: MediaKind::Document,
        mime: None,
        source: MediaSource::Url("https://x/a.pdf".to_owned()),
        name: Some("a.pdf".to_owned()),
        cache: Some(CacheHint::Short),
        extra: Some(native(&json!({ "citations": { "enabled": true } }))),
    });
    let expected = json!([{ "type": "document", "title": "a.pdf",
        "source": { "type": "url", "url": "https://x/a.pdf" },
        "cache_control": { "type": "ephemeral" }, "citations": { "enabled": true } }]);
    assert_eq!(content(Role::User, vec![part]), expected);
}

#[test]
fn what_is_neither_image_nor_document_is_refused_with_a_reason() {
    let bytes = |bytes: &[u8]| MediaSource::Bytes(bytes.to_vec());
    let refused = [
        (
            media(MediaKind::Audio, Some("audio/wav"), bytes(b"x")),
            FailureKind::Unsupported,
            "audio",
        ),
        (media(MediaKind::Video, None, bytes(b"x")), FailureKind::Unsupported, "video"),
        (
            media(MediaKind::Document, Some("application/zip"), bytes(b"PK")),
            FailureKind::Unsupported,
            "application/zip",
        ),
        (
            media(MediaKind::Document, Some("text/plain"), bytes(b"\xff")),
            FailureKind::Unsupported,
            "text/plain",
        ),
        (media(MediaKind::Image, None, bytes(b"?")), FailureKind::InvalidRequest, "media type"),
    ];
    for (part, kind, word) in refused {
        let request = conversation(vec![Message::new(Role::User, vec![part])]);
        let failure = provider().chat::<Anthropic>(request).failure.expect("a failure");
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(word), "{}", failure.message);
    }
}
