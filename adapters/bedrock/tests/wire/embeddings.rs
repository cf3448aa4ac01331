//! Texts into vectors.

use crate::provider::provider;
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input, Native};
use serde_json::{Value, json};

const TITAN: &str = "amazon.titan-embed-text-v2:0";
const COHERE: &str = "us.cohere.embed-v4:0";

fn request(model: &str, texts: &[&str]) -> EmbedRequest {
    EmbedRequest {
        model: model.to_owned(),
        inputs: texts.iter().map(|text| Input::Text((*text).to_owned())).collect(),
        dimensions: None,
        task: None,
        extra: None,
    }
}

fn own(value: &Value) -> Option<Native> {
    Some(Native { dialect: "bedrock-invoke".to_owned(), value: value.to_string() })
}

fn embed(script: &Script, request: EmbedRequest) -> (Result<EmbedResponse, Failure>, Vec<Sent>) {
    script.call(|| Bedrock::embed(request))
}

#[test]
fn titan_takes_one_text_at_a_time() {
    let mut script = provider();
    for number in 1..3 {
        let body = json!({ "embedding": [number, 0.5], "inputTextTokenCount": number,
            "embeddingsByType": { "float": [number, 0.5] } });
        script.answer(200, "application/json", body.to_string());
    }
    let (response, sent) =
        embed(&script, EmbedRequest { dimensions: Some(2), ..request(TITAN, &["a", "b"]) });
    let response = response.unwrap();
    assert_eq!(response.vectors, [[1.0, 0.5], [2.0, 0.5]]);
    assert_eq!(response.usage.unwrap().input, Some(3));
    assert_eq!(response.extra, None);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].path, "/model/amazon.titan-embed-text-v2%3A0/invoke");
    assert_eq!(sent[1].json(), json!({ "inputText": "b", "dimensions": 2 }));
}

#[test]
fn each_titan_has_its_own_word_for_dimensions() {
    let answer = json!({ "embedding": [1], "inputTextTokenCount": 1 }).to_string();
    let mut script = provider();
    script.answer(200, "application/json", answer);
    let wanted = |model| EmbedRequest { dimensions: Some(256), ..request(model, &["a"]) };
    let (_, sent) = embed(&script, wanted("amazon.titan-embed-image-v1"));
    let config = json!({ "inputText": "a", "embeddingConfig": { "outputEmbeddingLength": 256 } });
    assert_eq!(sent[0].json(), config);
    let (response, sent) = embed(&script, wanted("amazon.titan-embed-text-v1"));
    assert_eq!(response.unwrap_err().kind, FailureKind::Unsupported);
    assert!(sent.is_empty());
}

#[test]
fn cohere_takes_many_and_wants_to_know_what_for() {
    let texts: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut script = provider();
    for texts in texts.chunks(96) {
        let vectors: Vec<[f32; 1]> = texts.iter().map(|text| [text.parse().unwrap()]).collect();
        let body = json!({ "id": "x", "texts": texts, "embeddings": { "float": vectors },
            "response_type": "embeddings_by_type" });
        script
            .answer(200, "application/json", body.to_string())
            .header("x-amzn-bedrock-input-token-count", "7");
    }
    let wanted = EmbedRequest {
        task: Some("search_query".to_owned()),
        dimensions: Some(512),
        ..request(COHERE, &texts)
    };
    let (response, sent) = embed(&script, wanted);
    let response = response.unwrap();
    let numbers: Vec<f32> = response.vectors.iter().map(|vector| vector[0]).collect();
    assert_eq!(numbers, (0..100).map(|number| number as f32).collect::<Vec<_>>());
    assert_eq!(response.usage.unwrap().input, Some(14));
    assert_eq!(sent[0].json()["texts"].as_array().unwrap().len(), 96);
    let rest = json!({ "texts": ["96", "97", "98", "99"], "input_type": "search_query",
        "output_dimension": 512 });
    assert_eq!(sent[1].json(), rest);

    let mut script = provider();
    let body = json!({ "embeddings": [[1.5]], "response_type": "embeddings_floats" });
    script.answer(200, "application/json", body.to_string());
    let (response, sent) = embed(&script, request("cohere.embed-english-v3", &["a"]));
    let response = response.unwrap();
    assert_eq!(response.vectors, [[1.5]]);
    assert_eq!(response.usage, None);
    assert_eq!(sent[0].json(), json!({ "texts": ["a"], "input_type": "search_document" }));
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    for (model, extra, expected) in [
        (TITAN, json!({ "normalize": false }), json!({ "inputText": "a", "normalize": false })),
        (COHERE, json!({ "truncate": "END" }), json!({ "texts": ["a"], "truncate": "END" })),
    ] {
        let mut script = provider();
        script.answer(500, "application/json", "{}");
        let (_, sent) =
            embed(&script, EmbedRequest { extra: own(&extra), ..request(model, &["a"]) });
        assert_eq!(sent[0].json(), expected);
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let foreign = |value: Value| {
        Some(Native { dialect: "openai-embeddings".to_owned(), value: value.to_string() })
    };
    let script = provider();
    for wanted in [
        request("anthropic.claude-v2", &["a"]),
        EmbedRequest { extra: foreign(json!({ "user": "u" })), ..request(TITAN, &["a"]) },
        EmbedRequest { inputs: vec![Input::Tokens(vec![1])], ..request(TITAN, &[]) },
        EmbedRequest { dimensions: Some(5), ..request("cohere.embed-english-v3", &["a"]) },
    ] {
        let (response, sent) = embed(&script, wanted);
        assert_eq!(response.unwrap_err().kind, FailureKind::Unsupported);
        assert!(sent.is_empty());
    }
    // Numbers are what comes anyway.
    let mut script = provider();
    script.answer(200, "application/json", r#"{"embedding":[1]}"#);
    let extra = foreign(json!({ "encoding_format": "float", "user": null }));
    assert!(embed(&script, EmbedRequest { extra, ..request(TITAN, &["a"]) }).0.is_ok());
}

#[test]
fn a_limit_that_is_reached_in_the_middle_is_told_as_what_it_is() {
    let mut script = provider();
    script.answer(200, "application/json", r#"{"embedding":[1]}"#).failing(FailureKind::Denied);
    let failure = embed(&script, request(TITAN, &["a", "b"])).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    assert!(failure.message.contains("`limits.calls`"), "{}", failure.message);
    let mut script = provider();
    script.failing(FailureKind::Denied);
    assert_eq!(embed(&script, request(TITAN, &["a"])).0.unwrap_err().kind, FailureKind::Denied);
}

#[test]
fn an_answer_that_is_no_vectors_is_malformed() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"embedding":null}"#,
        r#"{"embedding":[null]}"#,
        r#"{"embedding":["x"]}"#,
        r#"{"embedding":[1e300]}"#,
        r#"{"embedding":{}}"#,
    ] {
        let mut script = provider();
        script.answer(200, "application/json", body);
        let failure = embed(&script, request(TITAN, &["a"])).0.unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
    }
    let mut script = provider();
    script.answer(200, "application/json", r#"{"embeddings":[[1],[2]]}"#);
    let failure = embed(&script, request(COHERE, &["a"])).0.unwrap_err();
    assert_eq!(failure.message, "2 vectors came for 1 inputs");
    let mut script = provider();
    script
        .answer(429, "application/json", r#"{"message":"slow down"}"#)
        .header("x-amzn-errortype", "ThrottlingException");
    let failure = embed(&script, request(TITAN, &["a"])).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited);
}
