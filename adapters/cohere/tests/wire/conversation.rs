//! Messages on their way to the provider.

use crate::provider::{body, foreign, message, messages, native, refused, sent};
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, ReasoningPart,
    Role, TextPart, ToolCall, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn media(kind: MediaKind, mime: Option<&str>, source: MediaSource) -> MediaPart {
    let mime = mime.map(str::to_owned);
    MediaPart { kind, mime, source, name: None, cache: None, extra: None }
}

fn image(mime: Option<&str>, bytes: &[u8]) -> MediaPart {
    media(MediaKind::Image, mime, MediaSource::Bytes(bytes.to_vec()))
}

fn thought(text: &str) -> ReasoningPart {
    let (id, signature, redacted, extra) = (None, None, None, None);
    ReasoningPart { id, text: text.to_owned(), signature, redacted, extra }
}

fn call(id: &str, arguments: &str) -> ToolCall {
    let (name, arguments) = ("f".to_owned(), arguments.to_owned());
    ToolCall { id: id.to_owned(), name, arguments, signature: None, extra: None }
}

fn result(id: &str, content: Vec<ToolResultPart>) -> ToolResult {
    let (name, cache, extra) = (None, None, None);
    ToolResult { call_id: id.to_owned(), name, content, is_error: false, cache, extra }
}

fn of(role: Role, parts: Vec<Part>) -> ChatRequest {
    ChatRequest::new(vec![Message::new(role, parts)])
}

#[test]
fn plain_messages_are_strings() {
    let sent = messages(vec![
        message(Role::Developer, "be brief"),
        message(Role::User, "hi "),
        message(Role::User, "there"),
        message(Role::Assistant, "hello"),
    ]);
    let expected = json!([{ "role": "system", "content": "be brief" },
        { "role": "user", "content": "hi " }, { "role": "user", "content": "there" },
        { "role": "assistant", "content": "hello" }]);
    assert_eq!(sent, expected);
}

#[test]
fn instructions_come_first_as_one() {
    let (body, warnings) = sent(ChatRequest::new(vec![
        message(Role::System, "a"),
        message(Role::User, "hi"),
        message(Role::Developer, "b"),
    ]));
    let text = |text: &str| json!({ "type": "text", "text": text });
    let expected = json!([{ "role": "system", "content": [text("a"), text("b")] },
        { "role": "user", "content": "hi" }]);
    assert_eq!(body["messages"], expected);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("moved to its beginning"), "{warnings:?}");
}

#[test]
fn empty_text_is_dropped_where_it_stands_beside_something() {
    let parts = vec![Part::plain(""), Part::plain("a")];
    assert_eq!(body(of(Role::User, parts))["messages"][0]["content"], "a");
    let parts = vec![Part::plain(""), Part::ToolCall(call("c", ""))];
    let expected = json!([{ "role": "assistant", "tool_calls": [{ "id": "c", "type": "function",
        "function": { "name": "f", "arguments": "{}" } }] }]);
    assert_eq!(body(of(Role::Assistant, parts))["messages"], expected);
    assert_eq!(body(of(Role::User, vec![]))["messages"][0]["content"], "");
}

#[test]
fn images_go_as_addresses() {
    let png = b"\x89PNG\r\n\x1a\n";
    for (media, url) in [
        (image(None, png), "data:image/png;base64,iVBORw0KGgo="),
        (image(Some("image/jpg"), b"x"), "data:image/jpeg;base64,eA=="),
        (
            media(MediaKind::Image, None, MediaSource::Url("https://a.test/b".to_owned())),
            "https://a.test/b",
        ),
    ] {
        let sent = body(of(Role::User, vec![Part::Media(media)]));
        let expected = json!([{ "type": "image_url", "image_url": { "url": url } }]);
        assert_eq!(sent["messages"][0]["content"], expected);
    }
}

#[test]
fn documents_of_text_stand_beside_the_conversation() {
    let mut document =
        media(MediaKind::Document, Some("text/markdown"), MediaSource::Bytes(b"# A".to_vec()));
    document.name = Some("a.md".to_owned());
    let parts = vec![Part::Media(document), Part::plain("what?")];
    let (body, warnings) = sent(of(Role::User, parts));
    assert_eq!(body["documents"], json!([{ "data": { "text": "# A", "title": "a.md" } }]));
    assert_eq!(body["messages"], json!([{ "role": "user", "content": "what?" }]));
    assert!(warnings[0].contains("documents"), "{warnings:?}");
}

#[test]
fn what_the_provider_cannot_take_is_refused() {
    let file = || MediaSource::FileId("f".to_owned());
    let pdf = MediaSource::Bytes(b"%PDF-\xff".to_vec());
    let url = MediaSource::Url("https://a.test/b.txt".to_owned());
    for part in [
        media(MediaKind::Audio, None, file()),
        media(MediaKind::Video, None, file()),
        media(MediaKind::Image, None, file()),
        image(Some("image/tiff"), b"x"),
        media(MediaKind::Document, None, file()),
        media(MediaKind::Document, None, url),
        media(MediaKind::Document, Some("application/pdf"), pdf),
    ] {
        let failure = refused(of(Role::User, vec![Part::Media(part.clone())]));
        assert_eq!(failure.kind, FailureKind::Unsupported, "{part:?}");
    }
    let failure = refused(of(Role::User, vec![Part::Media(image(None, b"x"))]));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    let spoken = Part::Media(image(Some("image/png"), b"x"));
    assert_eq!(refused(of(Role::Assistant, vec![spoken])).kind, FailureKind::Unsupported);
    let value = foreign(&json!({ "type": "input_file" }));
    assert_eq!(refused(of(Role::User, vec![Part::Native(value)])).kind, FailureKind::Unsupported);
}

#[test]
fn a_round_of_tools_goes_back_with_its_plan_and_thoughts() {
    let plan = Part::Native(native(&json!({ "tool_plan": "I will ask." })));
    let event = Part::Native(native(&json!({ "event": { "type": "debug" } })));
    let parts = vec![
        Part::Reasoning(thought("so")),
        Part::plain("Well."),
        plan,
        event,
        Part::ToolCall(call("c", "{\"x\":1}")),
    ];
    let results = vec![Part::ToolResult(result("c", vec![ToolResultPart::Text("7".to_owned())]))];
    let sent = messages(vec![
        message(Role::User, "hi"),
        Message::new(Role::Assistant, parts),
        Message::new(Role::Tool, results),
    ]);
    let expected = json!([{ "role": "user", "content": "hi" },
        { "role": "assistant", "tool_plan": "I will ask.",
            "content": [{ "type": "thinking", "thinking": "so" },
                { "type": "text", "text": "Well." }],
            "tool_calls": [{ "id": "c", "type": "function",
                "function": { "name": "f", "arguments": "{\"x\":1}" } }] },
        { "role": "tool", "tool_call_id": "c", "content": "7" }]);
    assert_eq!(sent, expected);
}

#[test]
fn results_come_before_what_stands_beside_them() {
    let parts = vec![
        Part::plain("and?"),
        Part::ToolResult(result("c", vec![])),
        Part::ToolResult(result("d", vec![ToolResultPart::Text("1".to_owned()); 2])),
    ];
    let text = json!({ "type": "text", "text": "1" });
    let expected = json!([{ "role": "tool", "tool_call_id": "c", "content": "" },
        { "role": "tool", "tool_call_id": "d", "content": [text, text] },
        { "role": "user", "content": "and?" }]);
    assert_eq!(body(of(Role::User, parts))["messages"], expected);
}

#[test]
fn media_of_results_find_a_place() {
    let document = media(MediaKind::Document, None, MediaSource::Bytes(b"text".to_vec()));
    let content = vec![
        ToolResultPart::Media(image(Some("image/png"), b"x")),
        ToolResultPart::Media(document),
    ];
    let alone = vec![ToolResultPart::Media(image(Some("image/png"), b"x"))];
    let (body, warnings) = sent(ChatRequest::new(vec![
        Message::new(Role::Tool, vec![Part::ToolResult(result("c", content))]),
        Message::new(Role::Tool, vec![Part::ToolResult(result("d", alone))]),
        message(Role::User, "and?"),
    ]));
    let document = json!([{ "type": "document", "document": { "data": { "text": "text" } } }]);
    assert_eq!(body["messages"][0]["content"], document);
    assert_eq!(body["messages"][1]["content"], "The result follows.");
    let content = body["messages"][2]["content"].as_array().expect("parts");
    let kinds: Vec<&Value> = content.iter().map(|part| &part["type"]).collect();
    assert_eq!(kinds, ["text", "image_url", "text", "image_url", "text"]);
    assert_eq!(content[4]["text"], "and?");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn what_is_lost_is_told() {
    let mut failed = result("c", vec![]);
    failed.is_error = true;
    let mut signed = thought("so");
    signed.signature = Some("s".to_owned());
    let mut cipher = thought("");
    cipher.redacted = Some("r".to_owned());
    let mut named = message(Role::User, "hi");
    named.name = Some("ann".to_owned());
    let mut extra = message(Role::User, "hi");
    extra.extra = Some(foreign(&json!({ "weight": 1, "content": "hi", "refusal": null })));
    for (message, lost) in [
        (Message::new(Role::Tool, vec![Part::ToolResult(failed)]), "mark that a call failed"),
        (Message::new(Role::Assistant, vec![Part::Reasoning(signed)]), "signature"),
        (Message::new(Role::Assistant, vec![Part::Reasoning(cipher)]), "cipher"),
        (named, "name of a participant"),
        (extra, "`weight` of openai-chat"),
        (
            Message::new(Role::Assistant, vec![Part::Native(foreign(&json!({})))]),
            "an earlier answer in openai-chat",
        ),
    ] {
        let (_, warnings) = sent(ChatRequest::new(vec![message]));
        assert_eq!(warnings.len(), 1, "{lost}: {warnings:?}");
        assert!(warnings[0].contains(lost), "{lost}: {warnings:?}");
    }
}

#[test]
fn a_client_of_this_dialect_keeps_its_words() {
    let text =
        Part::Text(TextPart { text: String::new(), cache: None, extra: Some(native(&json!({}))) });
    let mut assistant = Message::new(Role::Assistant, vec![text, Part::ToolCall(call("c", ""))]);
    assistant.extra = Some(native(&json!({ "citations": [], "tool_plan": null })));
    let mut late = message(Role::System, "late");
    late.extra = Some(native(&json!({ "x": 1 })));
    let mut request = ChatRequest::new(vec![message(Role::User, "hi"), assistant, late]);
    request.extra = Some(native(&json!({ "documents": ["d"], "stream": true })));
    let expected = json!([{ "role": "user", "content": "hi" },
        { "role": "assistant", "content": [{ "type": "text", "text": "" }], "citations": [],
            "tool_plan": null, "tool_calls": [{ "id": "c", "type": "function",
                "function": { "name": "f", "arguments": "" } }] },
        { "role": "system", "content": "late", "x": 1 }]);
    let body = body(request);
    assert_eq!(body["messages"], expected);
    assert_eq!(body["documents"], json!(["d"]));
}
