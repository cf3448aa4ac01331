//! Texts into vectors.

use crate::provider::{native, provider, set};
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Embeddings, Failure, FailureKind, Input, Method, Native,
};
use serde_json::{Value, json};

pub(crate) fn request(inputs: usize) -> EmbedRequest {
    EmbedRequest {
        model: "test-model".to_owned(),
        inputs: (0..inputs).map(|input| Input::Text(format!("text {input}"))).collect(),
        dimensions: None,
        task: None,
        extra: None,
    }
}

fn own(extra: &Value) -> Option<Native> {
    Some(Native { dialect: "openai-embeddings".to_owned(), value: extra.to_string() })
}

fn embed(
    script: &mut Script,
    request: EmbedRequest,
    answer: &str,
) -> (Result<EmbedResponse, Failure>, Vec<Sent>) {
    script.answer(200, "application/json", answer).header("x-request-id", "req_1");
    script.call(|| OpenAi::embed(request))
}

fn answer(vectors: Value) -> String {
    json!({ "object": "list", "data": vectors, "model": "test-model-1",
        "usage": { "prompt_tokens": 8, "total_tokens": 8 } })
    .to_string()
}

fn vector(index: u32, embedding: Value) -> Value {
    json!({ "object": "embedding", "index": index, "embedding": embedding })
}

/// The vectors of an answer to so many inputs.
fn vectors(inputs: usize, vectors: Value) -> Result<Vec<Vec<f32>>, Failure> {
    let (response, _) = embed(&mut provider(), request(inputs), &answer(vectors));
    response.map(|response| response.vectors)
}

/// What a request becomes.
pub(crate) fn sent_by(script: &mut Script, request: EmbedRequest) -> Value {
    let all: Vec<Value> = (0..request.inputs.len()).map(|_| json!({ "embedding": [1] })).collect();
    let (response, sent) = embed(script, request, &answer(all.into()));
    assert_eq!(response.err(), None);
    sent[0].json()
}

#[test]
fn texts_become_vectors() {
    let body = json!({ "object": "list", "model": "test-model-1", "id": "emb_1", "none": null,
        "data": [vector(0, json!([0.5, -1, 2e-3])), vector(1, json!([]))],
        "usage": { "prompt_tokens": 8, "total_tokens": 8 } });
    let (response, sent) = embed(&mut provider(), request(2), &body.to_string());
    let response = response.expect("vectors");
    assert_eq!(response.vectors, [vec![0.5, -1.0, 0.002], vec![]]);
    assert_eq!(response.model.as_deref(), Some("test-model-1"));
    let usage = response.usage.expect("usage");
    assert_eq!((usage.input, usage.output), (Some(8), None));
    assert_eq!(response.extra, own(&json!({ "id": "emb_1" })));

    assert_eq!((sent[0].method, sent[0].path.as_str()), (Method::Post, "/embeddings"));
    assert_eq!(sent[0].header("accept"), Some("application/json"));
    assert_eq!(sent[0].header("content-type"), Some("application/json"));
    let expected = json!({ "model": "test-model", "input": ["text 0", "text 1"] });
    assert_eq!(sent[0].json(), expected);
}

#[test]
fn tokens_and_dimensions_go_out() {
    let inputs =
        vec![Input::Tokens(vec![1, 22, 333]), Input::Text("x".to_owned()), Input::Tokens(vec![])];
    let request = EmbedRequest { inputs, dimensions: Some(256), ..request(0) };
    let expected =
        json!({ "model": "test-model", "input": [[1, 22, 333], "x", []], "dimensions": 256 });
    assert_eq!(sent_by(&mut provider(), request), expected);
}

#[test]
fn vectors_come_in_the_order_of_their_texts() {
    let mixed = json!([vector(2, json!([3])), vector(0, json!([1])), vector(1, json!([2]))]);
    assert_eq!(vectors(3, mixed), Ok(vec![vec![1.0], vec![2.0], vec![3.0]]));
    let unnumbered = json!([{ "embedding": [1] }, { "embedding": [2] }]);
    assert_eq!(vectors(2, unnumbered), Ok(vec![vec![1.0], vec![2.0]]));
}

#[test]
fn vectors_may_come_as_base64() {
    // 1.0 and -2.0, the lowest byte first.
    assert_eq!(vectors(1, json!([vector(0, json!("AACAPwAAAMA="))])), Ok(vec![vec![1.0, -2.0]]));
    assert_eq!(vectors(1, json!([vector(0, json!(""))])), Ok(vec![vec![]]));
}

#[test]
fn a_client_may_ask_for_whole_numbers_in_base64() {
    let extra = own(&json!({ "encoding_format": "base64_int8" }));
    let request = EmbedRequest { extra, ..request(1) };
    let body = answer(json!([vector(0, json!("AX+A/w=="))]));
    let (response, sent) = embed(&mut provider(), request, &body);
    assert_eq!(response.map(|response| response.vectors), Ok(vec![vec![1.0, 127.0, -128.0, -1.0]]));
    assert_eq!(sent[0].json()["encoding_format"], "base64_int8");
    // What it asked for counts, whatever the provider sends unasked.
    let extra = own(&json!({ "encoding_format": "base64" }));
    let request = EmbedRequest { extra, ..self::request(1) };
    let body = answer(json!([vector(0, json!("AACAPw=="))]));
    let (response, _) = embed(&mut set("embedding-bytes", "int8"), request, &body);
    assert_eq!(response.map(|response| response.vectors), Ok(vec![vec![1.0]]));
}

#[test]
fn vectors_of_single_bits_are_refused() {
    let extra = own(&json!({ "encoding_format": "base64_binary" }));
    let (response, sent) = embed(&mut provider(), EmbedRequest { extra, ..request(1) }, "{}");
    assert_eq!(response.expect_err("bits").kind, FailureKind::Unsupported);
    assert!(sent.is_empty());
}

#[test]
fn members_that_nobody_models_pass_and_win() {
    let extra = json!({ "user": "u", "dimensions": 8, "input": "x", "input_type": "query",
        "model": "m", "truncate": 1.5 });
    let request = EmbedRequest {
        dimensions: Some(256),
        task: Some("document".to_owned()),
        extra: own(&extra),
        ..request(1)
    };
    assert_eq!(sent_by(&mut provider(), request), extra);
    // A client of this dialect knows of a task where its provider has one.
    let task = Some("query".to_owned());
    let request = EmbedRequest { task, extra: own(&json!({})), ..self::request(1) };
    let expected = json!({ "model": "test-model", "input": ["text 0"], "input_type": "query" });
    assert_eq!(sent_by(&mut provider(), request), expected);
}

#[test]
fn what_another_dialect_says_is_refused() {
    for extra in
        [native(&json!({ "user": "u" })), Native { value: "[]".to_owned(), ..native(&json!(0)) }]
    {
        let kind = match extra.value.starts_with('{') {
            true => FailureKind::Unsupported,
            false => FailureKind::InvalidRequest,
        };
        let request = EmbedRequest { extra: Some(extra), ..request(1) };
        let (response, sent) = embed(&mut provider(), request, "{}");
        assert_eq!(response.expect_err("refused").kind, kind);
        assert!(sent.is_empty());
    }
    // What says nothing is no loss.
    let silent = EmbedRequest { extra: Some(native(&json!({ "user": null }))), ..request(1) };
    let expected = json!({ "model": "test-model", "input": ["text 0"] });
    assert_eq!(sent_by(&mut provider(), silent), expected);
}

#[test]
fn an_answer_that_is_not_one_vector_for_each_text_is_malformed() {
    for (data, why) in [
        (json!([vector(0, json!([1]))]), "1 vectors came for 2 inputs"),
        (json!([]), "0 vectors came for 2 inputs"),
        (json!([vector(0, json!([1])), vector(0, json!([2]))]), "two vectors have one index"),
        (json!([vector(0, json!([1])), vector(2, json!([2]))]), "a vector has an impossible index"),
        (json!([vector(0, json!([1])), vector(1, json!("?"))]), "a vector is not base64"),
        (json!([vector(0, json!([1])), vector(1, json!("AAA="))]), "a vector is not whole"),
        (json!([vector(0, json!([1])), vector(1, json!(["x"]))]), "a vector"),
        (json!([vector(0, json!([1])), vector(1, json!([[1]]))]), "a vector"),
        (json!([vector(0, json!([1])), vector(1, json!([null]))]), "a vector"),
        (json!([vector(0, json!([1])), vector(1, json!([1e300]))]), "a vector"),
        (json!([vector(0, json!([1])), vector(1, json!(null))]), "a vector is none"),
        (json!([vector(0, json!([1])), 7]), "a vector is none"),
        (json!({}), "the answer has no vectors"),
    ] {
        let failure = vectors(2, data).expect_err(why);
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
        assert!(failure.message.starts_with(why), "{}", failure.message);
    }
    for body in ["", "[]", "{", "<html>", "{\"object\":\"list\"}"] {
        let (response, _) = embed(&mut provider(), request(1), body);
        let failure = response.expect_err(body);
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{body}");
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
    }
}

#[test]
fn an_error_is_read_with_any_status() {
    let body =
        r#"{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    for (status, told) in [(401, Some(401)), (200, None)] {
        let mut script = provider();
        script.answer(status, "application/json", body).header("x-request-id", "req_1");
        let failure = script.embed::<OpenAi>(request(1)).expect_err("an error");
        assert_eq!((failure.kind, failure.status), (FailureKind::Authentication, told));
        assert_eq!(failure.message, "no");
        assert_eq!(failure.request_id.as_deref(), Some("req_1"));
    }
}
