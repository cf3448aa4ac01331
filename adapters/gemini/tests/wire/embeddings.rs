//! Texts into vectors.

use crate::provider::{foreign, native, provider, value, vertex};
use hotcell_adapter_gemini::Gemini;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input};
use serde_json::{Value, json};

fn request(model: &str, texts: &[&str]) -> EmbedRequest {
    EmbedRequest {
        model: model.to_owned(),
        inputs: texts.iter().map(|text| Input::Text((*text).to_owned())).collect(),
        dimensions: None,
        task: None,
        extra: None,
    }
}

fn embed(script: &Script, request: EmbedRequest) -> (Result<EmbedResponse, Failure>, Vec<Sent>) {
    script.call(|| Gemini::embed(request))
}

#[test]
fn texts_go_in_one_batch() {
    let mut script = provider();
    let answer = json!({ "embeddings": [{ "values": [0.5, 1] }, { "values": [0.25, -1] }],
        "usageMetadata": { "promptTokenCount": 7 }, "more": 1 });
    script.answer(200, "application/json", answer.to_string());
    let (dimensions, task) = (Some(2), Some("search_query".to_owned()));
    let request =
        EmbedRequest { dimensions, task, ..request("models/gemini-embedding-001", &["a", "b"]) };
    let (answer, sent) = embed(&script, request);
    let answer = answer.expect("vectors");
    assert_eq!(answer.vectors, [vec![0.5, 1.0], vec![0.25, -1.0]]);
    assert_eq!(answer.usage.and_then(|usage| usage.input), Some(7));
    assert_eq!(answer.extra.as_ref().map(value), Some(json!({ "more": 1 })));
    let one = |text: &str| {
        json!({ "model": "models/gemini-embedding-001", "content": { "parts": [{ "text": text }] },
            "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 2 })
    };
    assert_eq!(sent[0].path, "/models/gemini-embedding-001:batchEmbedContents");
    assert_eq!(sent[0].json(), json!({ "requests": [one("a"), one("b")] }));
}

#[test]
fn vertex_predicts() {
    let prediction = |value: f64| {
        json!({ "embeddings": { "values": [value],
            "statistics": { "token_count": 3.0, "truncated": false } } })
    };
    let mut script = vertex();
    let answer = json!({ "predictions": [prediction(0.5), prediction(0.25)] });
    script.answer(200, "application/json", answer.to_string());
    let task = Some("SEMANTIC_SIMILARITY".to_owned());
    let request =
        EmbedRequest { dimensions: Some(1), task, ..request("text-embedding-005", &["a", "b"]) };
    let (answer, sent) = embed(&script, request);
    let answer = answer.expect("vectors");
    assert_eq!(answer.vectors, [[0.5], [0.25]]);
    assert_eq!(answer.usage.and_then(|usage| usage.input), Some(6));
    assert_eq!(sent[0].path, "/models/text-embedding-005:predict");
    let one = |text: &str| json!({ "content": text, "task_type": "SEMANTIC_SIMILARITY" });
    let expected = json!({ "instances": [one("a"), one("b")],
        "parameters": { "outputDimensionality": 1 } });
    assert_eq!(sent[0].json(), expected);
}

#[test]
fn models_of_one_text_a_request_get_several_requests() {
    let mut script = vertex();
    for value in [0.5, 0.25] {
        let values = json!({ "values": [value], "statistics": { "token_count": 2 } });
        let answer = json!({ "predictions": [{ "embeddings": values }] });
        script.answer(200, "application/json", answer.to_string());
    }
    let (answer, sent) = embed(&script, request("gemini-embedding-001", &["a", "b"]));
    let answer = answer.expect("vectors");
    assert_eq!((answer.vectors, sent.len()), (vec![vec![0.5], vec![0.25]], 2));
    assert_eq!(answer.usage.and_then(|usage| usage.input), Some(4));
}

#[test]
fn a_clients_own_spelling_wins() {
    let own = json!({ "requests": [{ "content": { "parts": [{ "inline_data": {} }] } }] });
    let mut script = provider();
    script.answer(200, "application/json", json!({ "embeddings": [{ "values": [] }] }).to_string());
    let (_, sent) =
        embed(&script, EmbedRequest { extra: Some(native(&own)), ..request("m", &[""]) });
    assert_eq!(sent[0].json(), own);
}

#[test]
fn a_model_goes_by_the_providers_name_in_what_is_the_clients_own() {
    let content = json!({ "parts": [{ "text": "a" }], "role": "user" });
    let own = json!({ "requests": [{ "content": content, "model": "models/mine" }] });
    let mut script = provider();
    script.answer(200, "application/json", json!({ "embeddings": [{ "values": [] }] }).to_string());
    let (_, sent) =
        embed(&script, EmbedRequest { extra: Some(native(&own)), ..request("m", &["a"]) });
    let expected = json!({ "requests": [{ "content": content, "model": "models/m" }] });
    assert_eq!(sent[0].json(), expected);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let tokens = EmbedRequest { inputs: vec![Input::Tokens(vec![1])], ..request("m", &[]) };
    let other =
        EmbedRequest { extra: Some(foreign(&json!({ "user": "u" }))), ..request("m", &["a"]) };
    for request in [tokens, other] {
        let (answer, sent) = embed(&provider(), request);
        assert_eq!(answer.unwrap_err().kind, FailureKind::Unsupported);
        assert!(sent.is_empty());
    }
    assert!(embed(&vertex(), request("gemini-embedding-001", &[])).0.is_err());
}

#[test]
fn an_answer_that_is_none_is_malformed() {
    for answer in [
        json!({}),
        json!([]),
        json!({ "embeddings": [] }),
        json!({ "embeddings": [{}] }),
        json!({ "embeddings": [{ "values": ["x"] }] }),
        json!({ "embeddings": [{ "values": [1] }, { "values": [1] }] }),
    ] {
        let mut script = provider();
        script.answer(200, "application/json", answer.to_string());
        let failure = embed(&script, request("m", &["a"])).0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{answer}");
    }
    let refused: Value =
        json!({ "error": { "code": 404, "status": "NOT_FOUND", "message": "no" } });
    let mut script = provider();
    script.answer(404, "application/json", refused.to_string());
    let failure = embed(&script, request("m", &["a"])).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound);
}
