//! Images from a prompt, and from other images.

use crate::provider::{answering, fields, native, one, texts, value};
use hotcell_adapter_openai_media::OpenAiMedia;
use hotcell_sdk::testing::Sent;
use hotcell_sdk::{
    Failure, FailureKind, ImageRequest, ImageResponse, Images, MediaKind, MediaPart, MediaSource,
};
use serde_json::{Value, json};

fn request() -> ImageRequest {
    ImageRequest {
        model: "gpt-image-1".to_owned(),
        prompt: "a cat".to_owned(),
        sources: vec![],
        mask: None,
        count: None,
        size: None,
        quality: None,
        format: None,
        extra: None,
    }
}

fn image(bytes: &[u8]) -> MediaPart {
    let source = MediaSource::Bytes(bytes.to_vec());
    MediaPart { kind: MediaKind::Image, mime: None, source, name: None, cache: None, extra: None }
}

fn run(request: ImageRequest) -> (ImageResponse, Sent) {
    let body = json!({ "created": 7, "data": [{ "b64_json": "AAEC" }] });
    let script = answering(200, "application/json", body.to_string());
    let (result, sent) = one(script.call(|| OpenAiMedia::generate(request)));
    (result.expect("images"), sent)
}

fn refused(request: ImageRequest) -> FailureKind {
    let script = answering(200, "application/json", "{}");
    let (result, sent) = script.call(|| OpenAiMedia::generate(request));
    assert!(sent.is_empty());
    result.expect_err("a failure").kind
}

fn read(body: Value) -> Result<ImageResponse, Failure> {
    let script = answering(200, "application/json", body.to_string());
    script.call(|| OpenAiMedia::generate(request())).0
}

#[test]
fn a_prompt_becomes_json() {
    let (response, sent) = run(ImageRequest {
        count: Some(2),
        size: Some("1024x1024".to_owned()),
        quality: Some("low".to_owned()),
        format: Some("webp".to_owned()),
        extra: Some(native(json!({ "background": "transparent", "quality": "high" }))),
        ..request()
    });
    assert_eq!(sent.path, "/images/generations");
    let expected = json!({ "model": "gpt-image-1", "prompt": "a cat", "size": "1024x1024",
        "output_format": "webp", "n": 2, "background": "transparent", "quality": "high" });
    assert_eq!(sent.json(), expected);
    assert_eq!(response.created, Some(7));
    let part = &response.images[0].part;
    assert_eq!(part.source, MediaSource::Bytes(vec![0, 1, 2]));
    assert_eq!(part.mime.as_deref(), Some("image/webp"));
}

#[test]
fn an_older_model_is_asked_for_bytes() {
    let old = ImageRequest { model: "dall-e-3".to_owned(), ..request() };
    let (_, sent) = run(old.clone());
    assert_eq!(sent.json()["response_format"], "b64_json");
    let (_, sent) = run(request());
    assert_eq!(sent.json().get("response_format"), None);
    let webp = ImageRequest { format: Some("webp".to_owned()), ..old };
    assert_eq!(refused(webp), FailureKind::Unsupported);
}

#[test]
fn images_to_start_from_become_a_form() {
    let png = image(b"\x89PNG");
    let named = MediaPart { name: Some("a\"\r\nb.jpg".to_owned()), ..image(b"\xff\xd8\xff") };
    let (_, sent) = run(ImageRequest {
        sources: vec![png.clone(), named],
        mask: Some(png.clone()),
        count: Some(1),
        extra: Some(native(json!({ "input_fidelity": "high", "tags": ["a", 1], "user": null }))),
        ..request()
    });
    assert_eq!(sent.path, "/images/edits");
    let expected = [
        ("model", "gpt-image-1"),
        ("prompt", "a cat"),
        ("n", "1"),
        ("input_fidelity", "high"),
        ("tags[]", "a"),
        ("tags[]", "1"),
    ];
    let found = texts(&sent);
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found, expected);
    let files = fields(&sent).into_iter().filter(|field| field.1.is_some());
    let files: Vec<(String, String, String)> =
        files.map(|(name, file, mime, _)| (name, file.unwrap(), mime.unwrap())).collect();
    let file =
        |name: &str, file: &str, mime: &str| (name.to_owned(), file.to_owned(), mime.to_owned());
    assert_eq!(
        files,
        [
            file("image[]", "image.png", "image/png"),
            file("image[]", "a%22%0D%0Ab.jpg", "image/jpeg"),
            file("mask", "image.png", "image/png")
        ]
    );
    let (_, sent) = run(ImageRequest { sources: vec![png], ..request() });
    assert_eq!(fields(&sent)[2].0, "image");
}

#[test]
fn content_that_looks_like_a_boundary_is_content() {
    let (_, sent) = run(ImageRequest { sources: vec![image(b"x")], ..request() });
    let boundary = sent.header("content-type").and_then(|kind| kind.split_once("boundary="));
    let boundary = boundary.expect("a boundary").1.to_owned();
    let hostile = format!(
        "\r\n--{boundary}\r\ncontent-disposition: form-data; name=\"model\"\r\n\
        \r\nother\r\n--{boundary}--\r\n"
    );
    let (_, sent) = run(ImageRequest { sources: vec![image(hostile.as_bytes())], ..request() });
    let files: Vec<_> = fields(&sent).into_iter().filter(|field| field.1.is_some()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].3, hostile.as_bytes());
    // Also where the name of a file is made of it; and the same request is the same bytes.
    let name = Some(format!("{boundary}.png"));
    let request = ImageRequest { sources: vec![MediaPart { name, ..image(b"x") }], ..request() };
    let (first, second) = (run(request.clone()).1, run(request).1);
    assert_eq!(fields(&first).len(), 3);
    assert_eq!(first.body, second.body);
}

#[test]
fn a_type_ends_no_line() {
    let mime = Some("image/png\r\nx-injected: 1".to_owned());
    let (_, sent) =
        run(ImageRequest { sources: vec![MediaPart { mime, ..image(b"x") }], ..request() });
    let text = String::from_utf8(sent.body.clone()).expect("text");
    assert!(!text.contains("\r\nx-injected"), "{text}");
}

#[test]
fn what_cannot_be_in_a_form_is_refused() {
    let at = |source: MediaSource| MediaPart { source, ..image(b"") };
    let url = at(MediaSource::Url("https://example.com/x".to_owned()));
    let file = at(MediaSource::FileId("file_1".to_owned()));
    let sound = MediaPart { kind: MediaKind::Audio, ..image(b"x") };
    for source in [url, file, sound] {
        let kind = refused(ImageRequest { sources: vec![source], ..request() });
        assert_eq!(kind, FailureKind::Unsupported);
    }
    let mask = ImageRequest { mask: Some(image(b"x")), ..request() };
    assert_eq!(refused(mask), FailureKind::InvalidRequest);
}

#[test]
fn answers_have_bytes_or_addresses() {
    let response = read(json!({ "data": [
        { "url": "https://example.com/x", "revised_prompt": "a black cat" },
        { "b64_json": "AAEC", "seed": 7 }],
        "output_format": "jpeg", "size": "1x1",
        "usage": { "input_tokens": 3, "output_tokens": 4 } }))
    .expect("images");
    let [first, second] = &response.images[..] else { panic!("{response:?}") };
    assert_eq!(first.part.source, MediaSource::Url("https://example.com/x".to_owned()));
    assert_eq!(first.prompt.as_deref(), Some("a black cat"));
    assert_eq!(second.part.mime.as_deref(), Some("image/jpeg"));
    assert_eq!(value(second.part.extra.as_ref()), json!({ "seed": 7 }));
    assert_eq!(value(response.extra.as_ref()), json!({ "output_format": "jpeg", "size": "1x1" }));
    let usage = response.usage.expect("usage");
    assert_eq!((usage.input, usage.output), (Some(3), Some(4)));
}

#[test]
fn an_answer_that_is_none_is_malformed() {
    for body in
        [json!({}), json!([]), json!({ "data": [{}] }), json!({ "data": [{ "b64_json": "?" }] })]
    {
        let failure = read(body).expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
    }
}

#[test]
fn the_policy_is_told_from_other_errors() {
    let body = json!({ "error": { "code": "moderation_blocked", "message": "no",
        "type": "image_generation_user_error" } });
    let script = answering(400, "application/json", body.to_string());
    let failure = script.call(|| OpenAiMedia::generate(request())).0.expect_err("a failure");
    assert_eq!((failure.kind, failure.status), (FailureKind::ContentFiltered, Some(400)));
    assert_eq!(failure.request_id.as_deref(), Some("req_1"));
    assert_eq!(value(failure.raw.as_ref()), body);
}

#[test]
fn an_image_in_pieces_is_refused() {
    let streamed = |stream: Value| ImageRequest {
        extra: Some(native(json!({ "stream": stream, "partial_images": 2 }))),
        ..request()
    };
    let from_image = ImageRequest { sources: vec![image(b"x")], ..streamed(json!(true)) };
    for request in [streamed(json!(true)), from_image] {
        assert_eq!(refused(request), FailureKind::Unsupported);
    }
    let (_, sent) = run(streamed(json!(false)));
    assert_eq!(sent.json()["stream"], false);
}
