//! The list of models.

use crate::provider::provider;
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::{FailureKind, Method, Model, Models};
use serde_json::json;

#[test]
fn every_model_is_listed_with_what_the_provider_says_of_it() {
    let entry = r#"{"id": "gpt-test", "object": "model", "created": 1700000000, "owned_by": "x", "cost": 1.0}"#;
    let mut script = provider();
    let body = format!("{{\"object\":\"list\",\"data\":[{entry},{{\"id\":\"b/ 1\"}}]}}");
    script.answer(200, "application/json", body);
    let (models, sent) = script.call(<OpenAi as Models>::list_models);
    let expected = [
        Model {
            id: "gpt-test".to_owned(),
            name: None,
            created: Some(1_700_000_000),
            owned_by: Some("x".to_owned()),
            raw: Some(entry.to_owned()),
        },
        Model {
            id: "b/ 1".to_owned(),
            name: None,
            created: None,
            owned_by: None,
            raw: Some("{\"id\":\"b/ 1\"}".to_owned()),
        },
    ];
    assert_eq!(models, Ok(expected.to_vec()));
    assert_eq!((sent[0].method, sent[0].path.as_str()), (Method::Get, "/models"));
    assert_eq!(sent[0].header("accept"), Some("application/json"));
    assert!(sent[0].body.is_empty());
}

#[test]
fn a_list_is_read_in_all_its_forms() {
    let model = json!({ "id": "a", "name": "A", "created": "1700000000" });
    let hidden = json!([model, { "object": "model" }, 7]);
    for body in [
        json!({ "data": [model] }),
        json!({ "models": [model] }),
        json!([model]),
        json!({ "data": hidden }),
    ] {
        let mut script = provider();
        script.answer(200, "application/json", body.to_string());
        let models = script.models::<OpenAi>().expect("a list");
        assert_eq!(models.len(), 1, "{body}");
        assert_eq!((models[0].id.as_str(), models[0].name.as_deref()), ("a", Some("A")));
        assert_eq!(models[0].created, Some(1_700_000_000));
    }
}

#[test]
fn a_model_may_have_a_name_for_people_or_only_a_name() {
    let body = json!([{ "id": "a", "display_name": "A", "name": "models/a" }, { "name": "b" }]);
    let mut script = provider();
    script.answer(200, "application/json", body.to_string());
    let models = script.models::<OpenAi>().expect("a list");
    let names = models.iter().map(|model| (model.id.as_str(), model.name.as_deref()));
    assert_eq!(names.collect::<Vec<_>>(), [("a", Some("A")), ("b", Some("b"))]);
}

#[test]
fn a_list_may_be_empty() {
    let mut script = provider();
    script.answer(200, "application/json", "{\"data\":[]}");
    assert_eq!(script.models::<OpenAi>(), Ok(vec![]));
}

#[test]
fn what_is_no_list_is_malformed_and_an_error_is_an_error() {
    for body in ["{}", "x", "", "{\"data\":{}}", "<html>"] {
        let failure = provider().answer(200, "application/json", body).models::<OpenAi>();
        assert_eq!(failure.expect_err(body).kind, FailureKind::MalformedResponse, "{body}");
    }
    let body = r#"{"error":{"message":"no","code":"invalid_api_key"}}"#;
    for status in [200, 401] {
        let failure = provider().answer(status, "application/json", body).models::<OpenAi>();
        assert_eq!(failure.expect_err("an error").kind, FailureKind::Authentication);
    }
}
