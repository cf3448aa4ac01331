//! The list of models.

use crate::provider::provider;
use hotcell_adapter_anthropic::Anthropic;
use hotcell_sdk::{FailureKind, Models};
use serde_json::{Value, json};

fn model(id: &str) -> Value {
    json!({ "type": "model", "id": id, "display_name": "Claude", "created_at": "2025-02-19T00:00:00Z" })
}

#[test]
fn all_pages_are_read() {
    let mut script = provider();
    let page = json!({ "data": [model("a"), model("b/ 1")], "has_more": true, "last_id": "b/ 1" });
    script.answer(200, "application/json", page.to_string());
    let page = json!({ "data": [{ "id": "c" }], "has_more": false, "last_id": "c" });
    script.answer(200, "application/json", page.to_string());
    let (models, sent) = script.call(<Anthropic as Models>::list_models);
    let models = models.expect("a list");
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["a", "b/ 1", "c"]);
    assert_eq!(models[0].name.as_deref(), Some("Claude"));
    assert_eq!(models[0].created, Some(1_739_923_200));
    assert_eq!(models[0].raw.as_deref(), Some(model("a").to_string().as_str()));
    assert_eq!((models[2].name.as_deref(), models[2].created), (None, None));
    let paths: Vec<&str> = sent.iter().map(|sent| sent.path.as_str()).collect();
    assert_eq!(paths, ["/models?limit=1000", "/models?limit=1000&after_id=b%2F%201"]);
    assert_eq!(sent[0].header("anthropic-version"), Some("2023-06-01"));
}

#[test]
fn pages_without_end_are_malformed() {
    for last in [json!(null), json!("a")] {
        let mut script = provider();
        let page = json!({ "data": [model("a")], "has_more": true, "last_id": last });
        for _ in 0..3 {
            script.answer(200, "application/json", page.to_string());
        }
        let failure = script.models::<Anthropic>().expect_err("no end");
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
    }
}

#[test]
fn what_is_no_list_is_malformed_and_an_error_is_an_error() {
    for body in ["{}", "[]", "x", r#"{"data":[{}]}"#] {
        let failure = provider().answer(200, "application/json", body).models::<Anthropic>();
        assert_eq!(failure.expect_err(body).kind, FailureKind::MalformedResponse);
    }
    let body = r#"{"type":"error","error":{"type":"authentication_error","message":"no"}}"#;
    let failure = provider().answer(401, "application/json", body).models::<Anthropic>();
    assert_eq!(failure.expect_err("an error").kind, FailureKind::Authentication);
}
