//! Media, and where they are.

use crate::provider::{body, conversation, native, refused, sent, sent_by, vertex};
use hotcell_sdk::{
    ChatRequest, FailureKind, MediaKind, MediaPart, MediaSource, Message, Part, Role,
};
use serde_json::{Value, json};

fn medium(mime: Option<&str>, source: MediaSource) -> MediaPart {
    let (kind, mime) = (MediaKind::Image, mime.map(str::to_owned));
    MediaPart { kind, mime, source, name: None, cache: None, extra: None }
}

fn url(url: &str) -> MediaPart {
    medium(None, MediaSource::Url(url.to_owned()))
}

fn request(part: MediaPart) -> ChatRequest {
    conversation(vec![Message::new(Role::User, vec![Part::Media(part)])])
}

fn written(part: MediaPart) -> Value {
    body(request(part))["contents"][0]["parts"][0].clone()
}

#[test]
fn bytes_are_inline() {
    let expected = json!({ "inlineData": { "mimeType": "audio/wav", "data": "AQID" } });
    assert_eq!(written(medium(Some("audio/wav"), MediaSource::Bytes(vec![1, 2, 3]))), expected);
    assert_eq!(written(url("data:audio/wav;base64,AQID")), expected);
    let told = written(medium(None, MediaSource::Bytes(b"%PDF-1.7".to_vec())));
    assert_eq!(told["inlineData"]["mimeType"], "application/pdf");
    let (kind, _) = refused(request(medium(None, MediaSource::Bytes(vec![1, 2, 3]))));
    assert_eq!(kind, FailureKind::Unsupported);
}

#[test]
fn what_the_provider_fetches_is_named() {
    assert_eq!(
        written(url("https://a.example/b.PNG?c")),
        json!({ "fileData": { "mimeType": "image/png", "fileUri": "https://a.example/b.PNG?c" } })
    );
    assert_eq!(
        written(url("https://a.example/b")),
        json!({ "fileData": { "fileUri": "https://a.example/b" } })
    );
    assert_eq!(
        written(medium(Some("video/mp4"), MediaSource::FileId("files/x".to_owned()))),
        json!({ "fileData": { "mimeType": "video/mp4",
            "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x" } })
    );
    for address in ["gs://bucket/a.png", "ftp://a.example/b.png", "file:///etc/passwd", "a.png"] {
        let (kind, message) = refused(request(url(address)));
        assert_eq!(kind, FailureKind::Unsupported, "{address}");
        assert!(message.contains(address), "{message}");
    }
}

#[test]
fn vertex_reads_buckets_and_wants_types() {
    let (sent, _) = sent_by(&mut vertex(), request(url("gs://bucket/a.png")));
    assert_eq!(
        sent.json()["contents"][0]["parts"][0],
        json!({ "fileData": { "mimeType": "image/png", "fileUri": "gs://bucket/a.png" } })
    );
    for part in [url("https://a.example/b"), medium(None, MediaSource::FileId("x".to_owned()))] {
        let run = vertex().chat::<hotcell_adapter_gemini::Gemini>(request(part));
        assert!(run.requests.is_empty() && run.failure.is_some());
    }
}

#[test]
fn a_medium_whose_members_have_their_second_spelling_has_each_of_them_once() {
    let address = MediaSource::Url("https://a.example/b.png".to_owned());
    for (source, own, expected) in [
        (
            MediaSource::Bytes(vec![1, 2, 3]),
            json!({ "inlineData": { "mime_type": "image/png" } }),
            json!({ "inlineData": { "mime_type": "image/png", "data": "AQID" } }),
        ),
        (
            MediaSource::Bytes(vec![1, 2, 3]),
            json!({ "inline_data": { "mimeType": "image/png" } }),
            json!({ "inline_data": { "mimeType": "image/png", "data": "AQID" } }),
        ),
        // Nothing for data says that the client wrote them in the alphabet of URLs.
        (
            MediaSource::Bytes(vec![255, 254, 1, 255]),
            json!({ "inlineData": { "data": null, "mime_type": "image/png" } }),
            json!({ "inlineData": { "data": "__4B_w==", "mime_type": "image/png" } }),
        ),
        (
            MediaSource::Bytes(vec![255, 254, 1, 255]),
            json!({ "inlineData": null }),
            json!({ "inlineData": { "mimeType": "image/png", "data": "__4B_w==" } }),
        ),
        (
            MediaSource::Bytes(vec![255, 254, 1, 255]),
            json!({ "inline_data": { "data": null, "mime_type": "image/png" } }),
            json!({ "inline_data": { "data": "__4B_w==", "mime_type": "image/png" } }),
        ),
        (
            address,
            json!({ "fileData": { "file_uri": "https://a.example/b.png", "mime_type": "image/png" } }),
            json!({ "fileData": { "file_uri": "https://a.example/b.png", "mime_type": "image/png" } }),
        ),
    ] {
        let part = MediaPart { extra: Some(native(&own)), ..medium(Some("image/png"), source) };
        assert_eq!(written(part), expected);
    }
}

#[test]
fn a_clients_own_spelling_gets_its_data() {
    let own = json!({ "inline_data": { "mime_type": "image/png" }, "thought": false });
    let part = MediaPart {
        extra: Some(native(&own)),
        ..medium(Some("image/png"), MediaSource::Bytes(vec![1, 2, 3]))
    };
    let expected =
        json!({ "inline_data": { "mime_type": "image/png", "data": "AQID" }, "thought": false });
    assert_eq!(written(part), expected);
}

#[test]
fn the_name_of_a_file_is_warned_of() {
    let part = MediaPart {
        name: Some("a.pdf".to_owned()),
        ..medium(Some("application/pdf"), MediaSource::Bytes(vec![1]))
    };
    assert_eq!(sent(request(part)).1.len(), 1);
}
