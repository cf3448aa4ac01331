//! Texts into vectors.

use crate::provider::provider;
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Embeddings as _, Failure, FailureKind, Input, Native,
};
use serde_json::{Value, json};

fn request(texts: &[&str]) -> EmbedRequest {
    let inputs = texts.iter().map(|text| Input::Text((*text).to_owned())).collect();
    EmbedRequest { model: "embed".to_owned(), inputs, dimensions: None, task: None, extra: None }
}

fn own(value: &Value) -> Option<Native> {
    Some(Native { dialect: "cohere-embed".to_owned(), value: value.to_string() })
}

fn embed(answer: &Value, request: EmbedRequest) -> (Result<EmbedResponse, Failure>, Value) {
    let mut script = provider();
    script.answer(200, "application/json", answer.to_string());
    let (result, sent) = script.call(|| Cohere::embed(request));
    (result, sent.first().map(hotcell_sdk::testing::Sent::json).unwrap_or_default())
}

fn floats(count: usize) -> Value {
    let vectors: Vec<Value> = (0..count).map(|number| json!([number, 0.5])).collect();
    json!({ "id": "e", "embeddings": { "float": vectors }, "texts": [],
        "meta": { "billed_units": { "input_tokens": 7, "image_tokens": 1 } } })
}

#[test]
fn a_vector_for_each_text() {
    let mut request = request(&["a", "b"]);
    request.task = Some("query".to_owned());
    request.dimensions = Some(2);
    let (answer, sent) = embed(&floats(2), request);
    let answer = answer.expect("vectors");
    assert_eq!(answer.vectors, [[0.0, 0.5], [1.0, 0.5]]);
    assert_eq!(answer.usage.expect("usage").input, Some(8));
    assert!(answer.extra.expect("the rest").value.contains("\"id\":\"e\""));
    let expected = json!({ "model": "embed", "texts": ["a", "b"], "input_type": "search_query",
        "output_dimension": 2, "embedding_types": ["float"] });
    assert_eq!(sent, expected);
}

#[test]
fn a_client_of_this_dialect_gets_what_it_wrote() {
    let mut request = request(&[]);
    request.extra = own(&json!({ "images": ["data:image/png;base64,AA=="],
        "embedding_types": ["int8", "float"] }));
    request.task = Some("image".to_owned());
    let answer = json!({ "embeddings": { "float": [[1.5]], "int8": [[3]] } });
    let (answer, sent) = embed(&answer, request);
    let answer = answer.expect("vectors");
    assert_eq!(answer.vectors, [[1.5]]);
    let extra: Value = serde_json::from_str(&answer.extra.expect("the rest").value).expect("JSON");
    assert_eq!(extra, json!({ "embeddings": { "int8": [[3]] } }));
    let expected = json!({ "model": "embed", "input_type": "image",
        "images": ["data:image/png;base64,AA=="], "embedding_types": ["int8", "float"] });
    assert_eq!(sent, expected);
}

#[test]
fn every_form_of_numbers_is_read() {
    for (embeddings, vector) in [
        (json!([[0.25, -1]]), [0.25, -1.0]),
        (json!({ "int8": [[-128, 127]] }), [-128.0, 127.0]),
        (json!({ "uint8": [[0, 255]], "float": null }), [0.0, 255.0]),
        (json!({ "base64": ["AACAPwAAAMA="], "float": [] }), [1.0, -2.0]),
    ] {
        let (answer, _) = embed(&json!({ "embeddings": embeddings }), request(&["a"]));
        assert_eq!(answer.expect("vectors").vectors, [vector], "{embeddings}");
    }
}

#[test]
fn what_is_no_vector_is_a_failure() {
    for embeddings in [
        json!([]),
        json!([[1], [2]]),
        json!([["a"]]),
        json!([[1e39]]),
        json!({ "float": [[null]] }),
        json!({ "base64": ["AACAPwAAAM"] }),
        json!({ "base64": ["AAA="] }),
        json!({ "ubinary": [[1]] }),
        json!(1),
        Value::Null,
    ] {
        let (answer, _) = embed(&json!({ "embeddings": embeddings }), request(&["a"]));
        let failure = answer.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{embeddings}");
    }
}

/// A provider that answers calls of these sizes.
fn batches(sizes: &[usize]) -> Script {
    let mut script = provider();
    for size in sizes {
        script.answer(200, "application/json", floats(*size).to_string());
    }
    script
}

#[test]
fn many_texts_go_in_several_calls_in_order() {
    let texts: Vec<String> = (0..193).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (answer, sent) = batches(&[96, 96, 1]).call(|| Cohere::embed(request(&texts)));
    let answer = answer.expect("vectors");
    assert_eq!(answer.vectors.len(), 193);
    assert_eq!((answer.vectors[96][0], answer.vectors[191][0]), (0.0, 95.0));
    assert_eq!(answer.usage.expect("usage").input, Some(24));
    let asked: Vec<Value> = sent
        .iter()
        .flat_map(|sent| sent.json()["texts"].as_array().cloned().unwrap_or_default())
        .collect();
    assert_eq!(json!(asked), json!(texts));

    let mut exact = request(&texts);
    exact.extra = own(&json!({}));
    let (answer, sent) = batches(&[193]).call(|| Cohere::embed(exact));
    assert_eq!((answer.expect("vectors").vectors.len(), sent.len()), (193, 1), "as it was asked");

    let far_too_many = request(&vec!["a"; 96 * 64 + 1]);
    let (answer, sent) = provider().call(|| Cohere::embed(far_too_many));
    assert_eq!((answer.expect_err("a failure").kind, sent.len()), (FailureKind::TooLarge, 0));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let refused = |request: EmbedRequest| {
        let (answer, sent) = provider().call(|| Cohere::embed(request));
        assert!(sent.is_empty(), "it was sent");
        answer.expect_err("a failure").kind
    };
    let mut tokens = request(&[]);
    tokens.inputs.push(Input::Tokens(vec![1]));
    assert_eq!(refused(tokens), FailureKind::Unsupported);
    let mut bits = request(&["a"]);
    bits.extra = own(&json!({ "embedding_types": ["binary"] }));
    assert_eq!(refused(bits), FailureKind::Unsupported);
    let mut foreign = request(&["a"]);
    let extra = json!({ "encoding_format": "float", "late_chunking": true }).to_string();
    foreign.extra = Some(Native { dialect: "openai-embeddings".to_owned(), value: extra });
    assert_eq!(refused(foreign), FailureKind::Unsupported);
}

#[test]
fn an_error_is_told_in_the_providers_words() {
    let mut script = provider();
    script.answer(404, "application/json", r#"{"id":"e","message":"no such model"}"#);
    let failure = script.embed::<Cohere>(request(&["a"])).expect_err("a failure");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::NotFound, "no such model"));
    let (answer, _) = embed(&json!({ "message": "it broke" }), request(&["a"]));
    assert_eq!(answer.expect_err("a failure").message, "it broke");
}
