//! The list of models, page by page.

use crate::provider::{provider, vertex};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::{FailureKind, Models};
use serde_json::{Value, json};

#[test]
fn all_pages_are_read() {
    let entry = |name: &str| json!({ "name": format!("models/{name}"), "displayName": "D" });
    let mut script = provider();
    let first = json!({ "models": [entry("a"), entry("b")], "nextPageToken": "t/1" });
    let last = json!({ "models": [{ "name": "tunedModels/c" }] });
    script.answer(200, "application/json", first.to_string());
    script.answer(200, "application/json", last.to_string());
    let (models, sent) = script.call(Gemini::list_models);
    let models = models.expect("models");
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "tunedModels/c"]);
    assert_eq!(models[0].name.as_deref(), Some("D"));
    let raw = models[0].raw.as_deref().map(serde_json::from_str::<Value>);
    assert_eq!(raw.and_then(Result::ok), Some(entry("a")));
    let paths: Vec<&str> = sent.iter().map(|sent| sent.path.as_str()).collect();
    assert_eq!(paths, ["/models?pageSize=1000", "/models?pageSize=1000&pageToken=t%2F1"]);
}

#[test]
fn a_list_that_is_none_is_malformed() {
    for page in [json!([]), json!({ "models": [{}] }), json!({ "models": [1] })] {
        let mut script = provider();
        script.answer(200, "application/json", page.to_string());
        let failure = script.models::<Gemini>().unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{page}");
    }
    let mut script = provider();
    for _ in 0..2 {
        script.answer(200, "application/json", r#"{"nextPageToken":"t"}"#);
    }
    let failure = script.models::<Gemini>().unwrap_err();
    assert_eq!(failure.kind, FailureKind::MalformedResponse, "a page that leads to itself");
}

#[test]
fn vertex_has_none() {
    let failure = vertex().models::<Gemini>().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}
