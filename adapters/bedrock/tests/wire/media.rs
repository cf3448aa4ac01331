//! Images, documents, films and sounds.

use crate::provider::{body, conversation, native, refused, sent};
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, Role,
};
use serde_json::{Value, json};

fn medium(kind: MediaKind, mime: Option<&str>, source: MediaSource) -> MediaPart {
    let mime = mime.map(str::to_owned);
    MediaPart { kind, mime, source, name: None, cache: None, extra: None }
}

fn bytes() -> MediaSource {
    MediaSource::Bytes(vec![1, 2, 3])
}

fn url(url: &str) -> MediaSource {
    MediaSource::Url(url.to_owned())
}

fn with(part: MediaPart) -> ChatRequest {
    conversation(vec![Message::new(Role::User, vec![Part::plain("look"), Part::Media(part)])])
}

fn block(part: MediaPart) -> Value {
    body(with(part))["messages"][0]["content"][1].clone()
}

#[test]
fn every_kind_has_the_providers_word_for_its_format() {
    use MediaKind::{Audio, Document, Image, Video};
    for (kind, mime, word, format) in [
        (Image, "image/png", "image", "png"),
        (Image, "image/jpg", "image", "jpeg"),
        (Image, "IMAGE/JPEG", "image", "jpeg"),
        (Image, "image/webp", "image", "webp"),
        (Document, "application/pdf", "document", "pdf"),
        (Document, "text/plain; charset=utf-8", "document", "txt"),
        (Document, "text/markdown", "document", "md"),
        (Document, "application/json", "document", "txt"),
        (
            Document,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "document",
            "xlsx",
        ),
        (Video, "video/mp4", "video", "mp4"),
        (Video, "video/3gpp", "video", "three_gp"),
        (Audio, "audio/mpeg", "audio", "mp3"),
        (Audio, "audio/wav", "audio", "wav"),
    ] {
        let block = block(medium(kind, Some(mime), bytes()));
        assert_eq!(block[word]["format"], format, "{mime}");
        assert_eq!(block[word]["source"], json!({ "bytes": "AQID" }), "{mime}");
    }
}

#[test]
fn where_nobody_tells_the_format_the_bytes_or_the_name_do() {
    let png = MediaSource::Bytes(b"\x89PNG\r\n\x1a\nrest".to_vec());
    assert_eq!(block(medium(MediaKind::Image, None, png))["image"]["format"], "png");
    let data = medium(MediaKind::Image, None, url("data:image/gif;base64,R0lG"));
    let source = json!({ "bytes": "R0lG" });
    assert_eq!(block(data), json!({ "image": { "format": "gif", "source": source } }));
    let s3 = medium(MediaKind::Video, None, url("s3://bucket/film.mov"));
    let source = json!({ "s3Location": { "uri": "s3://bucket/film.mov" } });
    assert_eq!(block(s3), json!({ "video": { "format": "mov", "source": source } }));
    let named = MediaPart {
        name: Some("notes.md".to_owned()),
        ..medium(MediaKind::Document, None, bytes())
    };
    let document = json!({ "format": "md", "name": "notes", "source": { "bytes": "AQID" } });
    assert_eq!(block(named), json!({ "document": document }));
}

#[test]
fn what_the_provider_cannot_see_is_refused() {
    for (part, kind, word) in [
        (
            medium(MediaKind::Image, None, url("https://a.example/x.png")),
            FailureKind::Unsupported,
            "the URL of a medium (image)",
        ),
        (
            medium(MediaKind::Document, None, MediaSource::FileId("f".to_owned())),
            FailureKind::Unsupported,
            "the id of a file (document)",
        ),
        (
            medium(MediaKind::Image, Some("image/tiff"), bytes()),
            FailureKind::Unsupported,
            "a medium (image) of image/tiff",
        ),
        (
            medium(MediaKind::Image, None, bytes()),
            FailureKind::InvalidRequest,
            "a medium (image) needs its media type",
        ),
        (
            medium(MediaKind::Image, None, url("data:image/png,raw")),
            FailureKind::InvalidRequest,
            "a `data:` URL",
        ),
    ] {
        let failure = refused(with(part));
        assert_eq!(failure.kind, kind, "{}", failure.message);
        assert!(failure.message.starts_with(word), "{}", failure.message);
    }
}

#[test]
fn documents_have_names_of_their_own_and_words_beside_them() {
    let document = |name: Option<&str>| {
        Part::Media(MediaPart {
            name: name.map(str::to_owned),
            ..medium(MediaKind::Document, Some("application/pdf"), bytes())
        })
    };
    let parts = vec![document(Some("a_b.pdf")), document(Some("a b.pdf")), document(None)];
    let (body, warnings) = sent(conversation(vec![Message::new(Role::User, parts)]));
    let content = body["messages"][0]["content"].as_array().unwrap();
    assert_eq!(content[0], json!({ "text": "." }));
    let names: Vec<&Value> = content[1..].iter().map(|block| &block["document"]["name"]).collect();
    assert_eq!(names, ["a b", "a b 2", "document"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("beside a document"), "{warnings:?}");
}

#[test]
fn a_client_of_this_dialect_names_its_documents_itself() {
    let part = MediaPart {
        name: Some("as_it.is".to_owned()),
        extra: Some(native(&json!({ "citations": { "enabled": true }, "context": "c" }))),
        ..medium(MediaKind::Document, Some("application/pdf"), bytes())
    };
    let mut request = conversation(vec![Message::new(Role::User, vec![Part::Media(part)])]);
    request.extra = Some(native(&json!({})));
    assert_eq!(
        body(request)["messages"][0]["content"],
        json!([{ "document": { "format": "pdf", "name": "as_it.is", "source": { "bytes": "AQID" },
            "citations": { "enabled": true }, "context": "c" } }])
    );
}
