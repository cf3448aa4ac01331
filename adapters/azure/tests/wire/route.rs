//! Azure's interfaces: their paths, versions and bodies.

use crate::provider::{answer, azure, on};
use hotcell_adapter_azure::Azure;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{
    ChatRequest, EmbedRequest, Embeddings, FailureKind, Input, Message, Models, Part,
    ReasoningOptions, Role, TextPart,
};
use serde_json::json;

fn request(model: &str) -> ChatRequest {
    let mut request = ChatRequest::user("hi");
    request.model = model.to_owned();
    request
}

fn sent(mut script: Script, request: ChatRequest) -> Sent {
    script.answer(200, "application/json", answer());
    let run = script.chat::<Azure>(request);
    assert_eq!(run.failure, None);
    run.requests[0].clone()
}

#[test]
fn every_route_has_its_paths_and_its_version() {
    let table = [
        ("v1", None, "/openai/v1/chat/completions"),
        ("v1", Some("preview"), "/openai/v1/chat/completions?api-version=preview"),
        (
            "deployments",
            None,
            "/openai/deployments/my-gpt/chat/completions?api-version=2025-04-01-preview",
        ),
        (
            "deployments",
            Some("2024-10-21"),
            "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
        ),
        ("models", None, "/models/chat/completions?api-version=2024-05-01-preview"),
    ];
    for (route, version, path) in table {
        let mut script = on(route);
        if let Some(version) = version {
            script.setting("api-version", version);
        }
        let sent = sent(script, request("my-gpt"));
        assert_eq!(sent.path, path);
        assert_eq!(sent.json()["model"], "my-gpt");
    }
    assert_eq!(sent(azure(), request("m")).path, "/openai/v1/chat/completions");
}

#[test]
fn a_deployment_is_one_segment_of_the_path_whatever_it_is_called() {
    let path = |name: &str| {
        let mut script = on("deployments");
        script.answer(200, "application/json", answer());
        let run = script.chat::<Azure>(request(name));
        (run.requests.first().map(|sent| sent.path.clone()), run.failure)
    };
    let (sent, failure) = path("a b?c#d%e");
    assert_eq!(failure, None);
    let sent = sent.unwrap();
    assert!(sent.starts_with("/openai/deployments/a%20b%3Fc%23d%25e/chat/"), "{sent}");
    // A name with a slash cannot leave its segment; egress refuses the escape.
    assert!(path("../../secrets").0.unwrap().contains("..%2F..%2Fsecrets/chat"));
    // An empty name is no segment: the manifest does not cover it.
    assert_eq!(path("").1.unwrap().kind, FailureKind::Denied);
}

#[test]
fn members_beyond_the_schema_of_foundry_are_handed_on_to_the_model() {
    let mut thoughtful = request("m");
    thoughtful.reasoning = Some(ReasoningOptions {
        effort: Some("low".to_owned()),
        budget_tokens: None,
        include_text: None,
    });
    for (route, header) in [("v1", None), ("deployments", None), ("models", Some("pass-through"))] {
        let sent = sent(on(route), thoughtful.clone());
        assert_eq!(sent.header("extra-parameters"), header, "{route}");
        assert_eq!(sent.json()["reasoning_effort"], "low");
    }
}

#[test]
fn the_spellings_are_those_of_openai_and_can_be_set() {
    let text = TextPart { text: "be brief".to_owned(), cache: None, extra: None };
    let mut request = request("m");
    request.sampling.max_output_tokens = Some(7);
    request.messages.insert(
        0,
        Message { role: Role::Developer, parts: vec![Part::Text(text)], name: None, extra: None },
    );
    let body = sent(azure(), request.clone()).json();
    assert_eq!(body["max_completion_tokens"], 7);
    assert_eq!(body["messages"][0]["role"], "developer");
    let mut script = on("models");
    script.setting("max-tokens", "max_tokens").setting("developer-role", "no");
    let body = sent(script, request).json();
    assert_eq!(body["max_tokens"], 7);
    assert_eq!(body["messages"][0]["role"], "system");
}

#[test]
fn vectors_and_models_are_where_the_route_has_them() {
    let table = [
        ("v1", "/openai/v1/embeddings", "/openai/v1/models"),
        (
            "deployments",
            "/openai/deployments/e/embeddings?api-version=2025-04-01-preview",
            "/openai/models?api-version=2025-04-01-preview",
        ),
        (
            "models",
            "/models/embeddings?api-version=2024-05-01-preview",
            "/openai/models?api-version=2024-05-01-preview",
        ),
    ];
    for (route, embeddings, models) in table {
        let mut script = on(route);
        let vectors = json!({ "data": [{ "index": 0, "embedding": [0.5, -1] }], "model": "e",
            "usage": { "prompt_tokens": 1, "total_tokens": 1 } });
        script.answer(200, "application/json", vectors.to_string());
        let list = json!({ "data": [{ "id": "gpt-test", "created_at": 1,
            "capabilities": { "chat_completion": true }, "lifecycle_status": "generally-available" }],
            "object": "list" });
        script.answer(200, "application/json", list.to_string());
        let (result, requests) = script.call(|| {
            let inputs = vec![Input::Text("x".to_owned())];
            let request = EmbedRequest {
                model: "e".to_owned(),
                inputs,
                dimensions: None,
                task: None,
                extra: None,
            };
            Ok((Azure::embed(request)?, Azure::list_models()?))
        });
        let (vectors, list) = result.unwrap();
        assert_eq!(vectors.vectors, [[0.5, -1.0]]);
        assert_eq!(list[0].id, "gpt-test");
        assert_eq!([requests[0].path.as_str(), &requests[1].path], [embeddings, models]);
    }
}
