//! Texts into vectors.

use crate::provider::openai;
use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input};
use serde_json::{Value, json};

fn request() -> EmbedRequest {
    let inputs = ["a", "b"].map(|text| Input::Text(text.to_owned())).to_vec();
    EmbedRequest { model: "embedder".to_owned(), inputs, dimensions: None, task: None, extra: None }
}

fn embed(mut script: Script, body: &Value) -> (Result<EmbedResponse, Failure>, Value) {
    script.answer(200, "application/json", body.to_string());
    let (result, requests) = script.call(|| SageMaker::embed(request()));
    assert_eq!(requests[0].path, "/endpoints/embedder/invocations");
    (result, requests[0].json())
}

#[test]
fn vectors_come_in_the_words_of_openai() {
    let body = json!({ "object": "list", "data": [{ "index": 1, "embedding": [2] },
        { "index": 0, "embedding": [1] }], "usage": { "prompt_tokens": 2, "total_tokens": 2 } });
    let (response, sent) = embed(openai(), &body);
    assert_eq!(sent, json!({ "input": ["a", "b"] }));
    let response = response.unwrap();
    assert_eq!(response.vectors, [[1.0], [2.0]]);
    assert_eq!(response.usage.unwrap().input, Some(2));
}

#[test]
fn an_error_of_the_container_is_read() {
    let mut script = openai();
    let body = json!({ "OriginalStatusCode": 400, "ErrorCode": "CLIENT_ERROR_FROM_MODEL",
        "Message": "…", "OriginalMessage": "{\"message\":\"input is too long\"}" });
    script.answer(424, "application/json", body.to_string());
    assert_eq!(script.embed::<SageMaker>(request()).unwrap_err().kind, FailureKind::TooLarge);
}
