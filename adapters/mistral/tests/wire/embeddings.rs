//! Texts into vectors, and the list of models.

use crate::provider::provider;
use hotcell_adapter_mistral::Mistral;
use hotcell_sdk::{EmbedRequest, FailureKind, Input, Native};
use serde_json::{Value, json};

fn sent(dimensions: Option<u32>, extra: Option<&Value>) -> (Value, Vec<Vec<f32>>) {
    let extra = extra
        .map(|value| Native { dialect: "openai-embeddings".to_owned(), value: value.to_string() });
    let inputs = vec![Input::Text("a".to_owned())];
    let request = EmbedRequest { model: "m".to_owned(), inputs, dimensions, task: None, extra };
    let answer = json!({ "object": "list", "model": "m", "usage": { "prompt_tokens": 1 },
        "data": [{ "object": "embedding", "index": 0, "embedding": [1, -2] }] });
    let mut script = provider();
    script.answer(200, "application/json", answer.to_string());
    let (answer, sent) = script.call(|| <Mistral as hotcell_sdk::Embeddings>::embed(request));
    assert_eq!(sent[0].path, "/embeddings");
    (sent[0].json(), answer.unwrap().vectors)
}

#[test]
fn dimensions_have_mistrals_name() {
    let (body, vectors) = sent(Some(2), None);
    assert_eq!(body, json!({ "model": "m", "input": ["a"], "output_dimension": 2 }));
    assert_eq!(vectors, [[1.0, -2.0]]);
    let wrote = json!({ "output_dtype": "int8", "output_dimension": 3, "user": "u" });
    let (body, _) = sent(None, Some(&wrote));
    let expected =
        json!({ "model": "m", "input": ["a"], "output_dtype": "int8", "output_dimension": 3 });
    assert_eq!(body, expected);
    let (body, _) = sent(Some(2), Some(&json!({ "encoding_format": "float" })));
    let expected =
        json!({ "model": "m", "input": ["a"], "encoding_format": "float", "output_dimension": 2 });
    assert_eq!(body, expected);
}

#[test]
fn tokens_are_refused() {
    let inputs = vec![Input::Tokens(vec![1])];
    let (model, dimensions, task, extra) = ("m".to_owned(), None, None, None);
    let request = EmbedRequest { model, inputs, dimensions, task, extra };
    let failure = provider().embed::<Mistral>(request).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn models_are_listed() {
    let mut script = provider();
    let entry = json!({ "id": "codestral-latest", "object": "model", "created": 1,
        "owned_by": "mistralai", "capabilities": { "completion_fim": true } });
    script.answer(
        200,
        "application/json",
        json!({ "object": "list", "data": [entry] }).to_string(),
    );
    let models = script.models::<Mistral>().unwrap();
    assert_eq!(models[0].id, "codestral-latest");
    assert_eq!(models[0].raw.as_deref(), Some(entry.to_string().as_str()));
}
