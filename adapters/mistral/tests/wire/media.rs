//! Images, audio and documents.

use crate::provider::{body, foreign, message, own, provider, refused, sent};
use hotcell_sdk::{
    ChatRequest, MediaKind, MediaPart, MediaSource, Message, Part, Role, ToolResult, ToolResultPart,
};
use serde_json::{Value, json};

fn medium(kind: MediaKind, source: MediaSource) -> MediaPart {
    let (mime, name, cache, extra) = (None, None, None, None);
    MediaPart { kind, mime, source, name, cache, extra }
}

fn bytes() -> MediaSource {
    MediaSource::Bytes(vec![0, 1, 2])
}

fn url() -> MediaSource {
    MediaSource::Url("https://example.com/a".to_owned())
}

fn id() -> MediaSource {
    MediaSource::FileId("f".to_owned())
}

fn ask(media: MediaPart) -> ChatRequest {
    ChatRequest::new(vec![Message::new(Role::User, vec![Part::Media(media)])])
}

#[test]
fn each_medium_has_mistrals_form() {
    use MediaKind::{Audio, Document, Image};
    let mut named = medium(Document, bytes());
    named.name = Some("a \"b\".pdf".to_owned());
    let mut text = medium(Document, bytes());
    text.mime = Some("text/plain".to_owned());
    let data = |mime: &str| format!("data:{mime};base64,AAEC");
    let address = "https://example.com/a";
    for (media, expected) in [
        (
            medium(Image, bytes()),
            json!({ "type": "image_url", "image_url": { "url": data("image/png") } }),
        ),
        (medium(Image, url()), json!({ "type": "image_url", "image_url": { "url": address } })),
        (medium(Audio, bytes()), json!({ "type": "input_audio", "input_audio": "AAEC" })),
        (medium(Audio, url()), json!({ "type": "input_audio", "input_audio": address })),
        (medium(Document, url()), json!({ "type": "document_url", "document_url": address })),
        (medium(Document, id()), json!({ "type": "file", "file_id": "f" })),
        (
            named,
            json!({ "type": "document_url", "document_url": data("application/pdf"),
                "document_name": "a \"b\".pdf" }),
        ),
        (text, json!({ "type": "document_url", "document_url": data("text/plain") })),
    ] {
        for extra in [None, Some(own(&json!({})))] {
            let request = ChatRequest { extra, ..ask(media.clone()) };
            assert_eq!(body(request)["messages"][0]["content"], json!([expected]));
        }
    }
}

#[test]
fn what_the_client_wrote_in_mistrals_form_stays() {
    let part = json!({ "type": "document_url", "document_url": "https://x", "document_name": "n" });
    let extra = Some(own(&part));
    let media = MediaPart { extra, ..medium(MediaKind::Document, url()) };
    assert_eq!(body(ask(media))["messages"][0]["content"], json!([part]));
}

#[test]
fn what_another_dialect_said_of_a_medium_is_warned_of() {
    let extra = Some(foreign(&json!({ "title": "t", "context": null })));
    let media = MediaPart { extra, ..medium(MediaKind::Document, url()) };
    let (_, warnings) = sent(ask(media));
    assert_eq!(
        warnings,
        ["`title` of anthropic-messages was left out: Mistral has no word for it"]
    );
}

#[test]
fn what_no_model_sees_is_refused() {
    for media in [
        medium(MediaKind::Video, bytes()),
        medium(MediaKind::Audio, id()),
        medium(MediaKind::Image, id()),
    ] {
        refused(&provider(), ask(media));
    }
}

#[test]
fn media_stand_in_the_results_of_tools() {
    let content = vec![
        ToolResultPart::Text("a".to_owned()),
        ToolResultPart::Media(medium(MediaKind::Image, bytes())),
    ];
    let (name, cache, extra) = (None, None, None);
    let call_id = "abcdefghi".to_owned();
    let result = ToolResult { call_id, name, content, is_error: false, cache, extra };
    let conversation =
        vec![message(Role::User, "q"), Message::new(Role::Tool, vec![Part::ToolResult(result)])];
    let expected: Value = json!({ "role": "tool", "tool_call_id": "abcdefghi", "content": [
        { "type": "text", "text": "a" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAEC" } },
    ] });
    assert_eq!(body(ChatRequest::new(conversation))["messages"][1], expected);
}
