//! The models that are there.

use crate::provider::provider;
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::{Failure, FailureKind, Method, Model};
use serde_json::json;

fn list(status: u16, body: &str) -> Result<Vec<Model>, Failure> {
    let mut script = provider();
    script.answer(status, "application/json", body);
    let (models, sent) = script.call(<Ollama as hotcell_sdk::Models>::list_models);
    assert_eq!((sent[0].method, sent[0].path.as_str()), (Method::Get, "/tags"));
    models
}

#[test]
fn models_are_listed_in_their_order() {
    let first = json!({ "name": "b:latest", "model": "b:latest", "size": 9,
        "modified_at": "2026-03-01T01:00:00.5+01:00", "digest": "d", "details": {} });
    let second = json!({ "name": "a" });
    let body = json!({ "models": [first, second, { "size": 1 }, "x"] });
    let models = list(200, &body.to_string()).unwrap();
    let expected = [
        Model {
            id: "b:latest".to_owned(),
            name: Some("b:latest".to_owned()),
            created: Some(1_772_323_200),
            owned_by: None,
            raw: Some(first.to_string()),
        },
        Model {
            id: "a".to_owned(),
            name: Some("a".to_owned()),
            created: None,
            owned_by: None,
            raw: Some(second.to_string()),
        },
    ];
    assert_eq!(models, expected);
    assert_eq!(list(200, "{\"models\":null}").unwrap(), []);
}

#[test]
fn what_is_no_list_is_an_error() {
    for (status, body, kind) in [
        (200, "{}", FailureKind::MalformedResponse),
        (200, "[]", FailureKind::MalformedResponse),
        (200, "Ollama is running", FailureKind::MalformedResponse),
        (200, "{\"error\":\"no\"}", FailureKind::ProviderError),
        (401, "{\"error\":\"unauthorized\"}", FailureKind::Authentication),
    ] {
        assert_eq!(list(status, body).unwrap_err().kind, kind, "{body}");
    }
}

#[test]
fn nothing_can_be_pulled() {
    let manifest = include_str!("../../adapter.toml");
    for word in ["/pull", "/push", "/create", "/delete", "/copy", "/blobs"] {
        assert!(!manifest.contains(word), "{word}");
    }
}
