//! Vectors of both kinds of containers.

use crate::provider::{huggingface, openai};
use hotcell_adapter_sagemaker::SageMaker;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input, Native};
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
fn a_container_that_speaks_as_openai_does() {
    let body = json!({ "object": "list", "data": [{ "index": 1, "embedding": [2] },
        { "index": 0, "embedding": [1] }], "usage": { "prompt_tokens": 2, "total_tokens": 2 } });
    let (response, sent) = embed(openai(), &body);
    assert_eq!(sent, json!({ "input": ["a", "b"] }));
    let response = response.unwrap();
    assert_eq!(response.vectors, [[1.0], [2.0]]);
    assert_eq!(response.usage.unwrap().input, Some(2));
}

#[test]
fn a_container_of_hugging_face() {
    for body in [
        json!([[0.5, 1], [-1, 1e-3]]),
        json!({ "embedding": [[0.5, 1], [-1, 1e-3]] }),
        json!({ "embeddings": [[0.5, 1], [-1, 1e-3]] }),
    ] {
        let (response, sent) = embed(huggingface(), &body);
        assert_eq!(sent, json!({ "inputs": ["a", "b"] }));
        assert_eq!(response.unwrap().vectors, [[0.5, 1.0], [-1.0, 0.001]]);
    }
    let table = [
        (json!([[1]]), FailureKind::MalformedResponse),
        (json!([[1], ["x"]]), FailureKind::MalformedResponse),
        (json!([1, 2]), FailureKind::MalformedResponse),
        (json!({}), FailureKind::MalformedResponse),
        // One vector for each token cannot become one for each text without guessing how.
        (json!([[[1], [2]], [[3], [4]]]), FailureKind::Unsupported),
        (
            json!({ "error": "Model is overloaded", "error_type": "overloaded" }),
            FailureKind::Overloaded,
        ),
    ];
    for (body, kind) in table {
        assert_eq!(embed(huggingface(), &body).0.unwrap_err().kind, kind, "{body}");
    }
}

#[test]
fn what_a_container_of_hugging_face_has_no_word_for_is_refused() {
    let table: [fn(&mut EmbedRequest); 3] = [
        |request| request.dimensions = Some(3),
        |request| request.inputs[0] = Input::Tokens(vec![1]),
        |request| {
            let value = r#"{"normalize":true}"#.to_owned();
            request.extra = Some(Native { dialect: "openai-embeddings".to_owned(), value });
        },
    ];
    for change in table {
        let mut request = request();
        change(&mut request);
        let (result, requests) = huggingface().call(|| SageMaker::embed(request));
        assert_eq!(result.unwrap_err().kind, FailureKind::Unsupported);
        assert!(requests.is_empty());
    }
}

#[test]
fn an_error_of_the_container_is_read() {
    let mut script = openai();
    let body = json!({ "OriginalStatusCode": 400, "ErrorCode": "CLIENT_ERROR_FROM_MODEL",
        "Message": "…", "OriginalMessage": "{\"message\":\"input is too long\"}" });
    script.answer(424, "application/json", body.to_string());
    assert_eq!(script.embed::<SageMaker>(request()).unwrap_err().kind, FailureKind::TooLarge);
}
