//! The list of models, page by page.

use crate::provider::provider;
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::{FailureKind, Models as _};
use serde_json::{Value, json};

#[test]
fn all_pages_are_read() {
    let mut script = provider();
    let first = json!({ "models": [{ "name": "a", "endpoints": ["chat"] }, { "endpoints": [] }],
        "next_page_token": "t/2" });
    script.answer(200, "application/json", first.to_string());
    script.answer(200, "application/json", r#"{"models":[{"name":"b"}]}"#);
    let (models, sent) = script.call(Cohere::list_models);
    let models = models.expect("models");
    let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let raw: Value = serde_json::from_str(models[0].raw.as_deref().expect("raw")).expect("JSON");
    assert_eq!(raw["endpoints"], json!(["chat"]));
    let paths: Vec<&str> = sent.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/v1/models?page_size=1000", "/v1/models?page_size=1000&page_token=t%2F2"]);
}

#[test]
fn a_list_that_never_ends_is_a_failure() {
    let mut script = provider();
    for _ in 0..2 {
        script.answer(200, "application/json", r#"{"models":[],"next_page_token":"t"}"#);
    }
    let failure = script.models::<Cohere>().expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
    let mut script = provider();
    script.answer(200, "application/json", r#"{"models":{}}"#);
    let failure = script.models::<Cohere>().expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::MalformedResponse);
    let mut script = provider();
    script.answer(401, "application/json", r#"{"message":"invalid api token"}"#);
    let failure = script.models::<Cohere>().expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Authentication);
}
