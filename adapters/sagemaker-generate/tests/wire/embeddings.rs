//! Texts into vectors.

use crate::provider::endpoint;
use hotcell_adapter_sagemaker_generate::Generate;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input, Native};
use serde_json::{Value, json};

fn request() -> EmbedRequest {
    let inputs = ["a", "b"].map(|text| Input::Text(text.to_owned())).to_vec();
    EmbedRequest { model: "embedder".to_owned(), inputs, dimensions: None, task: None, extra: None }
}

fn embed(body: &Value) -> (Result<EmbedResponse, Failure>, Value) {
    let mut script = endpoint();
    script.answer(200, "application/json", body.to_string());
    let (result, requests) = script.call(|| Generate::embed(request()));
    assert_eq!(requests[0].path, "/endpoints/embedder/invocations");
    (result, requests[0].json())
}

#[test]
fn vectors_come_in_the_forms_of_containers_old_and_new() {
    for body in [
        json!([[0.5, 1], [-1, 1e-3]]),
        json!({ "embedding": [[0.5, 1], [-1, 1e-3]] }),
        json!({ "embeddings": [[0.5, 1], [-1, 1e-3]] }),
    ] {
        let (response, sent) = embed(&body);
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
        assert_eq!(embed(&body).0.unwrap_err().kind, kind, "{body}");
    }
}

#[test]
fn what_the_container_has_no_word_for_is_refused() {
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
        let (result, requests) = endpoint().call(|| Generate::embed(request));
        assert_eq!(result.unwrap_err().kind, FailureKind::Unsupported);
        assert!(requests.is_empty());
    }
}
