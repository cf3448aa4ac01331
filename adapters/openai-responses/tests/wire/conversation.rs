//! The conversation, as items.

use crate::provider::{foreign, input, native, refused, said, sent, unsupported};
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, ReasoningPart,
    Role, TextPart, ToolCall, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn media(kind: MediaKind, mime: Option<&str>, source: MediaSource) -> Part {
    let mime = mime.map(str::to_owned);
    Part::Media(MediaPart { kind, mime, source, name: None, cache: None, extra: None })
}

fn url(url: &str) -> MediaSource {
    MediaSource::Url(url.to_owned())
}

fn thought(text: &str, signature: Option<&str>) -> ReasoningPart {
    let signature = signature.map(str::to_owned);
    ReasoningPart { id: None, text: text.to_owned(), signature, redacted: None, extra: None }
}

#[test]
fn every_role_stays_where_it_is() {
    let messages = vec![
        said(Role::System, "a"),
        said(Role::User, "b"),
        said(Role::User, "c"),
        said(Role::Developer, "d"),
        said(Role::Assistant, "e"),
        said(Role::Assistant, "f"),
        said(Role::User, ""),
    ];
    let expected = json!([
        { "role": "system", "content": "a" },
        { "role": "user", "content": "b" },
        { "role": "user", "content": "c" },
        { "role": "developer", "content": "d" },
        { "role": "assistant", "content": "e" },
        { "role": "assistant", "content": "f" },
        { "role": "user", "content": "" },
    ]);
    assert_eq!(input(messages), expected);
}

#[test]
fn an_assistant_that_said_nothing_is_no_message() {
    let call = ToolCall {
        id: "call_1".to_owned(),
        name: "look".to_owned(),
        arguments: String::new(),
        signature: None,
        extra: None,
    };
    let message = Message::new(Role::Assistant, vec![Part::plain(""), Part::ToolCall(call)]);
    let none = Message::new(Role::Assistant, vec![]);
    let expected = json!([{ "type": "function_call", "call_id": "call_1", "name": "look",
        "arguments": "{}" }]);
    let after = said(Role::User, "x");
    assert_eq!(input(vec![message, none, after])[0], expected[0]);
}

#[test]
fn a_message_of_several_things_becomes_items_in_their_order() {
    let call = |id: &str| {
        Part::ToolCall(ToolCall {
            id: id.to_owned(),
            name: "look".to_owned(),
            arguments: "{\"a\":1}".to_owned(),
            signature: None,
            extra: None,
        })
    };
    let parts = vec![
        Part::Reasoning(thought("Hm.", Some("c1ph"))),
        Part::plain("a"),
        Part::Refusal("no".to_owned()),
        call("1"),
        call("2"),
        Part::plain("b"),
    ];
    let result = ToolResult {
        call_id: "1".to_owned(),
        name: None,
        content: vec![ToolResultPart::Text("r".to_owned())],
        is_error: false,
        cache: None,
        extra: None,
    };
    // As clients of other protocols have it: a result in a message of the user's.
    let answer = Message::new(Role::User, vec![Part::ToolResult(result), Part::plain("c")]);
    let expected = json!([
        { "type": "reasoning", "encrypted_content": "c1ph",
            "summary": [{ "type": "summary_text", "text": "Hm." }] },
        { "role": "assistant", "content": [{ "type": "output_text", "text": "a" },
            { "type": "refusal", "refusal": "no" }] },
        { "type": "function_call", "call_id": "1", "name": "look", "arguments": "{\"a\":1}" },
        { "type": "function_call", "call_id": "2", "name": "look", "arguments": "{\"a\":1}" },
        { "role": "assistant", "content": "b" },
        { "type": "function_call_output", "call_id": "1", "output": "r" },
        { "role": "user", "content": "c" },
    ]);
    assert_eq!(input(vec![Message::new(Role::Assistant, parts), answer]), expected);
}

#[test]
fn media_of_every_kind() {
    let bytes = |bytes: &[u8]| MediaSource::Bytes(bytes.to_vec());
    let file = || MediaSource::FileId("file_1".to_owned());
    let address = "https://example.com/x";
    for (part, expected) in [
        (
            media(MediaKind::Image, None, url(address)),
            json!({ "type": "input_image", "image_url": address, "detail": "auto" }),
        ),
        (
            media(MediaKind::Image, Some("image/gif"), bytes(&[0])),
            json!({ "type": "input_image", "image_url": "data:image/gif;base64,AA==", "detail": "auto" }),
        ),
        (
            media(MediaKind::Image, None, bytes(b"\xff\xd8\xff")),
            json!({ "type": "input_image", "image_url": "data:image/jpeg;base64,/9j/", "detail": "auto" }),
        ),
        (
            media(MediaKind::Image, None, file()),
            json!({ "type": "input_image", "file_id": "file_1", "detail": "auto" }),
        ),
        (
            media(MediaKind::Document, None, url(address)),
            json!({ "type": "input_file", "file_url": address }),
        ),
        (
            media(MediaKind::Document, None, file()),
            json!({ "type": "input_file", "file_id": "file_1" }),
        ),
        (
            media(MediaKind::Document, Some("text/plain"), bytes(&[0])),
            json!({ "type": "input_file", "filename": "document.txt",
                "file_data": "data:text/plain;base64,AA==" }),
        ),
        (
            media(MediaKind::Document, None, url("data:application/pdf;base64,AA==")),
            json!({ "type": "input_file", "filename": "document.pdf",
                "file_data": "data:application/pdf;base64,AA==" }),
        ),
    ] {
        let message = Message::new(Role::User, vec![part]);
        assert_eq!(input(vec![message])[0]["content"], json!([expected]));
    }
    for part in [
        media(MediaKind::Video, None, url(address)),
        media(MediaKind::Audio, Some("audio/mpeg"), bytes(&[0])),
        media(MediaKind::Audio, None, url(address)),
        media(MediaKind::Audio, None, file()),
    ] {
        unsupported(ChatRequest::new(vec![Message::new(Role::User, vec![part])]));
    }
    let painted = media(MediaKind::Image, None, bytes(&[0]));
    unsupported(ChatRequest::new(vec![Message::new(Role::Assistant, vec![painted])]));
}

#[test]
fn how_closely_to_look_is_carried_over() {
    let address = "https://example.com/x";
    for extra in [
        json!({ "detail": "high" }),
        json!({ "type": "image_url", "image_url": { "url": address, "detail": "high" } }),
    ] {
        let mut part = media(MediaKind::Image, None, url(address));
        if let Part::Media(media) = &mut part {
            media.extra = Some(foreign("openai-chat", extra));
        }
        let expected = json!({ "type": "input_image", "image_url": address, "detail": "high" });
        let message = Message::new(Role::User, vec![part]);
        assert_eq!(input(vec![message])[0]["content"], json!([expected]));
    }
}

#[test]
fn reasoning_goes_back_where_the_provider_can_read_it() {
    let own = |value: Value| Some(native(value));
    let told = |part: ReasoningPart| {
        let message = Message::new(Role::Assistant, vec![Part::Reasoning(part)]);
        let user = said(Role::User, "x");
        let (body, warnings) = sent(ChatRequest::new(vec![message, user]));
        (body["input"][0]["type"] == "reasoning", warnings.len())
    };
    assert_eq!(told(thought("a", Some("c1ph"))), (true, 0));
    assert_eq!(told(thought("", Some("c1ph"))), (true, 0));
    // Nothing that the provider could read, or another one's words.
    assert_eq!(told(thought("a", None)), (false, 1));
    let id = Some("rs_1".to_owned());
    assert_eq!(told(ReasoningPart { id, extra: own(json!({})), ..thought("a", None) }), (false, 1));
    let extra = Some(foreign("gemini", json!({})));
    assert_eq!(told(ReasoningPart { extra, ..thought("a", Some("s")) }), (false, 1));
    let redacted = Some("r".to_owned());
    assert_eq!(told(ReasoningPart { redacted, ..thought("", None) }), (false, 1));
}

#[test]
fn without_its_reasoning_an_item_goes_without_its_id() {
    let call = |extra: Value| {
        Part::ToolCall(ToolCall {
            id: "call_1".to_owned(),
            name: "look".to_owned(),
            arguments: "{}".to_owned(),
            signature: None,
            extra: Some(native(extra)),
        })
    };
    let extra = json!({ "id": "fc_1", "status": "completed", "namespace": "n" });
    let turn = |signature: Option<&str>| {
        let parts = vec![Part::Reasoning(thought("a", signature)), call(extra.clone())];
        let (body, _) = sent(ChatRequest::new(vec![Message::new(Role::Assistant, parts)]));
        let items = body["input"].as_array().expect("a list").clone();
        items.last().expect("an item").clone()
    };
    assert_eq!(turn(Some("c1ph"))["id"], "fc_1");
    let without = turn(None);
    assert_eq!((without.get("id"), without.get("status")), (None, None));
    assert_eq!(without["namespace"], "n");
}

#[test]
fn what_has_no_word_is_said() {
    let mut named = said(Role::User, "x");
    named.name = Some("ann".to_owned());
    named.extra = Some(foreign("gemini", json!({ "a": 1, "b": null, "content": [] })));
    let native = Part::Native(foreign("openai-chat", json!({ "type": "x" })));
    let (_, warnings) = sent(ChatRequest::new(vec![
        Message::new(Role::Assistant, vec![native.clone(), Part::plain("y")]),
        named,
    ]));
    assert_eq!(
        warnings,
        [
            "a part of an earlier answer in openai-chat was left out: openai-responses has no word \
         for it",
            "the name of a participant was left out: openai-responses has no word for it",
            "`a` of gemini was left out: openai-responses has no word for it",
        ]
    );
    unsupported(ChatRequest::new(vec![Message::new(Role::User, vec![native])]));
    let failure = refused(ChatRequest::new(vec![said(Role::Tool, "x")]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
}

#[test]
fn a_begun_answer_is_an_earlier_one() {
    let (body, warnings) =
        sent(ChatRequest::new(vec![said(Role::User, "x"), said(Role::Assistant, "{")]));
    assert_eq!(body["input"][1], json!({ "role": "assistant", "content": "{" }));
    assert!(warnings[0].starts_with("the beginning of an answer"), "{warnings:?}");
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    let text = |text: &str, extra: Option<Value>| {
        let extra = extra.map(native);
        Part::Text(TextPart { text: text.to_owned(), cache: None, extra })
    };
    let message = |role: Role, part: Part, extra: Option<Value>| {
        let extra = extra.map(native);
        Message { extra, ..Message::new(role, vec![part]) }
    };
    let mut request = ChatRequest::new(vec![
        message(Role::System, text("be", None), Some(json!({ "instructions": null }))),
        message(Role::User, text("a", None), None),
        message(Role::User, text("b", Some(json!({}))), Some(json!({}))),
        message(Role::Assistant, text("c", None), Some(json!({ "type": null, "phase": "p" }))),
        message(
            Role::Assistant,
            text("", Some(json!({ "annotations": [] }))),
            Some(json!({ "id": "msg_1", "status": "completed" })),
        ),
        Message::new(
            Role::Assistant,
            vec![Part::Reasoning(ReasoningPart {
                id: Some("rs_1".to_owned()),
                extra: Some(native(json!({}))),
                ..thought("a", None)
            })],
        ),
        Message::new(
            Role::User,
            vec![Part::Native(native(json!({ "type": "item_reference",
            "id": "x" })))],
        ),
        Message {
            extra: Some(native(json!({ "content": [] }))),
            ..Message::new(Role::User, vec![])
        },
    ]);
    request.extra = Some(native(json!({ "store": false })));
    request.stream = false;
    let (body, warnings) = sent(request);
    assert_eq!(warnings, Vec::<String>::new());
    let expected = json!({ "model": "test-model", "store": false, "instructions": "be", "input": [
        { "role": "user", "content": "a" },
        { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "b" }] },
        { "role": "assistant", "content": "c", "phase": "p" },
        { "type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
            "content": [{ "type": "output_text", "text": "", "annotations": [] }] },
        { "type": "reasoning", "id": "rs_1",
            "summary": [{ "type": "summary_text", "text": "a" }] },
        { "type": "item_reference", "id": "x" },
        { "type": "message", "role": "user", "content": [] },
    ] });
    assert_eq!(body, expected);
}

#[test]
fn a_wish_to_cache_is_the_providers_own() {
    let control = json!({ "cache_control": { "type": "ephemeral", "ttl": "5m" } });
    let extra = Some(foreign("anthropic-messages", control));
    let part = Part::Text(TextPart { text: "x".to_owned(), cache: None, extra });
    let one = Message::new(Role::User, vec![part.clone()]);
    let two = Message::new(Role::User, vec![part, Part::plain("y")]);
    let expected = json!([
        { "role": "user", "content": "x" },
        { "role": "user", "content": [{ "type": "input_text", "text": "x" },
            { "type": "input_text", "text": "y" }] },
    ]);
    assert_eq!(input(vec![one, two]), expected);
}

#[test]
fn reasoning_of_another_provider_stays_away_from_this_one_whoever_sends_it() {
    let theirs = ReasoningPart {
        extra: Some(foreign("anthropic-messages", json!({}))),
        ..thought("Let me think.", Some("theirs"))
    };
    let turn = Message {
        role: Role::Assistant,
        parts: vec![Part::Reasoning(theirs)],
        name: None,
        extra: None,
    };
    let mut request = ChatRequest::user("x");
    request.messages.push(turn);
    request.extra = Some(native(json!({})));
    let (body, warnings) = sent(request);
    assert!(!body.to_string().contains("theirs"), "{body}");
    assert!(warnings.iter().any(|warning| warning.contains("reasoning")), "{warnings:?}");
}
