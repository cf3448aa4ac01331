//! The same under the manifest of Vertex AI.

use crate::provider::{conversation, message, sent_by, vertex};
use hotcell_sdk::{ChatRequest, Role};

#[test]
fn models_are_below_the_project_that_the_manifest_names() {
    let request = conversation(vec![message(Role::User, "hi")]);
    for model in ["gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"] {
        let request = ChatRequest { model: model.to_owned(), ..request.clone() };
        let (sent, warnings) = sent_by(&mut vertex(), request);
        assert_eq!(sent.path, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
        assert_eq!(warnings, [""; 0]);
        assert_eq!(sent.json()["contents"][0]["role"], "user", "which Vertex AI demands");
    }
}

#[test]
fn another_project_cannot_be_named() {
    let model = "../../../../projects/other/locations/us/publishers/google/models/x".to_owned();
    let request = conversation(vec![message(Role::User, "hi")]);
    let (sent, _) = sent_by(&mut vertex(), ChatRequest { model, ..request });
    assert_eq!(sent.path.matches('/').count(), 2, "{}", sent.path);
}
