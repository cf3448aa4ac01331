//! Where requests go, and in which words.

use crate::provider::{invocations, sent, workspace};
use hotcell_adapter_databricks::Databricks;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{
    CacheHint, ChatRequest, EmbedRequest, Embeddings, Input, Models, Native, Part, ReasoningOptions,
};
use serde_json::{Value, json};

fn request(model: &str) -> ChatRequest {
    let mut request = ChatRequest::user("hi");
    request.model = model.to_owned();
    request
}

#[test]
fn an_endpoint_is_named_in_the_body_or_in_the_path() {
    let (one, _) = sent(workspace(), request("databricks-claude-sonnet-4-5"));
    assert_eq!(one.path, "/serving-endpoints/chat/completions");
    assert_eq!(one.json()["model"], "databricks-claude-sonnet-4-5");
    let (one, _) = sent(invocations(), request("my agent"));
    assert_eq!(one.path, "/serving-endpoints/my%20agent/invocations");
    assert_eq!(one.json().get("model"), None);
    // A client that spells a model in its own words wants it there.
    let mut spelled = request("m");
    spelled.extra =
        Some(Native { dialect: "openai-chat".to_owned(), value: r#"{"model":"x"}"#.to_owned() });
    assert_eq!(sent(invocations(), spelled).0.json()["model"], "x");
}

#[test]
fn how_much_to_think_is_an_effort_or_a_budget() {
    let asked = |effort: Option<&str>, budget_tokens: Option<u32>| {
        let mut request = request("m");
        let effort = effort.map(str::to_owned);
        request.reasoning = Some(ReasoningOptions { effort, budget_tokens, include_text: None });
        let (sent, warnings) = sent(workspace(), request);
        let body = sent.json();
        let get = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
        (get("reasoning_effort"), get("thinking"), warnings.len())
    };
    let thinking = json!({ "type": "enabled", "budget_tokens": 2048 });
    assert_eq!(asked(Some("low"), None), (json!("low"), Value::Null, 0));
    assert_eq!(asked(None, Some(2048)), (Value::Null, thinking.clone(), 0));
    assert_eq!(asked(Some("low"), Some(2048)), (Value::Null, thinking, 1));
    assert_eq!(asked(None, Some(0)), (Value::Null, json!({ "type": "disabled" }), 0));
    assert_eq!(asked(None, None), (Value::Null, Value::Null, 0));
}

#[test]
fn hints_on_what_to_cache_are_handed_on() {
    let mut request = request("m");
    if let Some(Part::Text(text)) = request.messages[0].parts.first_mut() {
        text.cache = Some(CacheHint::Short);
    }
    let (sent, _) = sent(workspace(), request);
    let part = &sent.json()["messages"][0]["content"][0];
    assert_eq!(part["cache_control"], json!({ "type": "ephemeral" }));
}

fn embed(mut script: Script) -> (String, Value) {
    let body = json!({ "object": "list", "model": "e", "data": [
        { "index": 0, "object": "embedding", "embedding": [0.25] } ],
        "usage": { "prompt_tokens": 2, "total_tokens": 2 } });
    script.answer(200, "application/json", body.to_string());
    let extra = Some(Native {
        dialect: "openai-embeddings".to_owned(),
        value: r#"{"instruction":"Represent this"}"#.to_owned(),
    });
    let inputs = vec![Input::Text("x".to_owned())];
    let request =
        EmbedRequest { model: "e".to_owned(), inputs, dimensions: None, task: None, extra };
    let (result, requests) = script.call(|| Databricks::embed(request));
    assert_eq!(result.unwrap().vectors, [[0.25]]);
    (requests[0].path.clone(), requests[0].json())
}

#[test]
fn vectors_are_asked_for_on_both_routes() {
    let (path, body) = embed(workspace());
    assert_eq!(path, "/serving-endpoints/embeddings");
    assert_eq!(body, json!({ "model": "e", "input": ["x"], "instruction": "Represent this" }));
    let (path, body) = embed(invocations());
    assert_eq!(path, "/serving-endpoints/e/invocations");
    assert_eq!(body, json!({ "input": ["x"], "instruction": "Represent this" }));
}

#[test]
fn the_models_are_the_serving_endpoints() {
    let mut script = workspace();
    let list = json!({ "endpoints": [
        { "name": "databricks-claude-sonnet-4-5", "creator": "Databricks", "task": "llm/v1/chat",
            "creation_timestamp": 1_700_000_000_123_u64, "state": { "ready": "READY" } },
        { "creator": "nobody" },
        { "name": "mine", "id": "1f" } ] });
    script.answer(200, "application/json", list.to_string());
    let (models, requests) = script.call(Databricks::list_models);
    let models = models.unwrap();
    assert_eq!(requests[0].path, "/api/2.0/serving-endpoints");
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["databricks-claude-sonnet-4-5", "mine"]);
    assert_eq!(models[0].created, Some(1_700_000_000));
    assert_eq!(models[0].owned_by.as_deref(), Some("Databricks"));
    assert!(models[0].raw.as_ref().unwrap().contains("llm/v1/chat"));
}
