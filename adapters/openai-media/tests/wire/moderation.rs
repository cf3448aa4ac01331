//! What the provider's policy says about content.

use crate::provider::{answering, one, value};
use hotcell_adapter_openai_media::OpenAiMedia;
use hotcell_sdk::testing::Sent;
use hotcell_sdk::{
    Category, Content, Failure, FailureKind, MediaKind, MediaPart, MediaSource, Moderation,
    ModerationRequest, ModerationResponse,
};
use serde_json::{Value, json};

fn text(text: &str) -> Content {
    Content::Text(text.to_owned())
}

fn image(source: MediaSource) -> Content {
    let (mime, name, cache, extra) = (None, None, None, None);
    Content::Media(MediaPart { kind: MediaKind::Image, mime, source, name, cache, extra })
}

fn run(inputs: Vec<Content>, body: &Value) -> (Result<ModerationResponse, Failure>, Sent) {
    let request = ModerationRequest { model: "omni".to_owned(), inputs, extra: None };
    let script = answering(200, "application/json", body.to_string());
    one(script.call(|| OpenAiMedia::moderate(request)))
}

fn sent(inputs: Vec<Content>) -> Value {
    let (_, sent) = run(inputs, &json!({ "results": [] }));
    assert_eq!(sent.path, "/moderations");
    sent.json()["input"].clone()
}

#[test]
fn texts_are_judged_one_by_one_and_images_with_them() {
    assert_eq!(sent(vec![text("a")]), "a");
    assert_eq!(sent(vec![text("a"), text("b")]), json!(["a", "b"]));
    let url = image(MediaSource::Url("https://example.com/x".to_owned()));
    let bytes = image(MediaSource::Bytes(vec![0]));
    let expected = json!([{ "type": "text", "text": "a" },
        { "type": "image_url", "image_url": { "url": "https://example.com/x" } },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } }]);
    assert_eq!(sent(vec![text("a"), url, bytes]), expected);
    let inputs = vec![image(MediaSource::FileId("file_1".to_owned()))];
    let request = ModerationRequest { model: "omni".to_owned(), inputs, extra: None };
    let script = answering(200, "application/json", "{}");
    let failure = script.call(|| OpenAiMedia::moderate(request)).0.expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn verdicts_have_categories_and_scores() {
    let body = json!({ "id": "modr_1", "model": "omni-2", "results": [
        { "flagged": true, "categories": { "hate": true, "self-harm": false, "illicit": null },
            "category_scores": { "hate": 0.75, "self-harm": 1e-7, "new": 0.5 },
            "category_applied_input_types": { "hate": ["text"] } },
        { "flagged": false, "categories": {}, "category_scores": {} }] });
    let response = run(vec![text("a")], &body).0.expect("verdicts");
    assert_eq!(
        (response.id.as_deref(), response.model.as_deref()),
        (Some("modr_1"), Some("omni-2"))
    );
    let [first, second] = &response.verdicts[..] else { panic!("{response:?}") };
    assert!(first.flagged && !second.flagged);
    let category = |name: &str, flagged, score| Category { name: name.to_owned(), flagged, score };
    let expected = [
        category("hate", true, Some(0.75)),
        category("self-harm", false, Some(1e-7)),
        category("illicit", false, None),
        category("new", false, Some(0.5)),
    ];
    assert_eq!(first.categories, expected);
    let rest = json!({ "category_applied_input_types": { "hate": ["text"] } });
    assert_eq!(value(first.extra.as_ref()), rest);
}

#[test]
fn what_is_not_clear_is_not_harmless() {
    for body in [
        json!({}),
        json!({ "results": [{}] }),
        json!({ "results": [{ "flagged": 0 }] }),
        json!({ "results": [null] }),
    ] {
        let failure = run(vec![text("a")], &body).0.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
}
