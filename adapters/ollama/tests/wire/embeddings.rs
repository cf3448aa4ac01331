//! Texts into vectors.

use crate::provider::provider;
use hotcell_adapter_ollama::Ollama;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{EmbedRequest, EmbedResponse, Failure, FailureKind, Input, Native};
use serde_json::{Value, json};

fn request(texts: &[&str]) -> EmbedRequest {
    EmbedRequest {
        model: "m".to_owned(),
        inputs: texts.iter().map(|text| Input::Text((*text).to_owned())).collect(),
        dimensions: None,
        task: None,
        extra: None,
    }
}

fn extra(dialect: &str, value: &Value) -> Option<Native> {
    Some(Native { dialect: dialect.to_owned(), value: value.to_string() })
}

fn good() -> Value {
    json!({ "model": "m", "embeddings": [[0.5, -1], [0, 2]], "total_duration": 9,
        "load_duration": 1, "prompt_eval_count": 4, "truncated": 1 })
}

fn ask(
    mut script: Script,
    request: EmbedRequest,
    status: u16,
    answer: &str,
) -> (Result<EmbedResponse, Failure>, Value) {
    script.answer(status, "application/json", answer);
    let (result, sent) = script.call(|| <Ollama as hotcell_sdk::Embeddings>::embed(request));
    let sent = sent.first();
    if let Some(sent) = sent {
        assert_eq!(sent.path, "/embed");
    }
    (result, sent.map_or(Value::Null, hotcell_sdk::testing::Sent::json))
}

#[test]
fn vectors_come_in_the_order_of_the_inputs() {
    let (answer, sent) = ask(provider(), request(&["a", "b"]), 200, &good().to_string());
    assert_eq!(sent, json!({ "model": "m", "input": ["a", "b"] }));
    let answer = answer.unwrap();
    assert_eq!(answer.vectors, [[0.5, -1.0], [0.0, 2.0]]);
    assert_eq!(answer.model.as_deref(), Some("m"));
    assert_eq!(answer.usage.unwrap().input, Some(4));
    assert_eq!(answer.extra.unwrap().value, "{\"truncated\":1}");
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    let wrote = json!({ "truncate": false, "keep_alive": 0, "options": { "num_ctx": 9 } });
    for dialect in ["ollama-embed", "ollama-chat"] {
        let request = EmbedRequest {
            dimensions: Some(2),
            extra: extra(dialect, &wrote),
            ..request(&["a", "b"])
        };
        let mut script = provider();
        script.setting("num-ctx", "1").setting("keep-alive", "1m");
        let (_, sent) = ask(script, request, 200, &good().to_string());
        let expected = json!({ "model": "m", "input": ["a", "b"], "dimensions": 2,
            "truncate": false, "keep_alive": 0, "options": { "num_ctx": 9 } });
        assert_eq!(sent, expected);
    }
}

#[test]
fn what_the_operator_wants_is_added() {
    let mut script = provider();
    script.setting("num-ctx", "8192").setting("keep-alive", "1m").setting("truncate", "never");
    let (_, sent) = ask(script, request(&["a", "b"]), 200, &good().to_string());
    let expected = json!({ "model": "m", "input": ["a", "b"], "options": { "num_ctx": 8192 },
        "keep_alive": "1m", "truncate": false });
    assert_eq!(sent, expected);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let tokens = EmbedRequest { inputs: vec![Input::Tokens(vec![1])], ..request(&[]) };
    let foreign = EmbedRequest {
        extra: extra("openai-embeddings", &json!({ "encoding_format": "base64" })),
        ..request(&["a"])
    };
    for request in [tokens, foreign] {
        let (answer, sent) = ask(provider(), request, 200, "{}");
        assert_eq!(answer.unwrap_err().kind, FailureKind::Unsupported);
        assert_eq!(sent, Value::Null);
    }
}

#[test]
fn what_is_no_answer_is_an_error() {
    for (status, body, kind) in [
        (200, json!({ "embeddings": [[1]] }), FailureKind::MalformedResponse),
        (200, json!({ "embeddings": [[1], ["x"]] }), FailureKind::MalformedResponse),
        (200, json!({ "embeddings": [[1], [1e300]] }), FailureKind::MalformedResponse),
        (200, json!({ "embedding": [1] }), FailureKind::MalformedResponse),
        (200, json!([]), FailureKind::MalformedResponse),
        (200, json!({ "error": "broken" }), FailureKind::ProviderError),
        (
            400,
            json!({ "error": "the input length exceeds the context length" }),
            FailureKind::TooLarge,
        ),
        (404, json!({ "error": "model \"m\" not found" }), FailureKind::NotFound),
    ] {
        let (answer, _) = ask(provider(), request(&["a", "b"]), status, &body.to_string());
        assert_eq!(answer.unwrap_err().kind, kind, "{body}");
    }
}
