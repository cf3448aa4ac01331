//! Texts into vectors.

use crate::provider::{embed, extra, router, tei, texts};
use hotcell_adapter_hf_inference::HfInference;
use hotcell_sdk::{Embeddings as _, FailureKind, Input};
use serde_json::json;

const PATH: &str = "/models/BAAI/bge-m3/pipeline/feature-extraction";

#[test]
fn a_vector_for_each_text_in_order() {
    for (provider, path) in [(router(), PATH), (tei(), "/embed")] {
        let (response, sent) = embed(provider, " [ [0.5, -1],\n[2, 0.25e0]]", texts(&["a", "b"]));
        let response = response.expect("vectors");
        assert_eq!(response.vectors, [[0.5, -1.0], [2.0, 0.25]]);
        assert_eq!((response.usage.expect("usage").input, response.extra), (Some(7), None));
        assert_eq!(
            (sent[0].path.as_str(), sent[0].json()),
            (path, json!({ "inputs": ["a", "b"] }))
        );
    }
}

#[test]
fn a_single_text_may_have_its_vector_alone() {
    let (response, _) = embed(router(), "[0.5, -1]", texts(&["a"]));
    assert_eq!(response.expect("a vector").vectors, [[0.5, -1.0]]);
}

#[test]
fn a_model_is_its_path() {
    for (model, path) in [
        ("BAAI/bge-m3", PATH),
        ("hf-inference/BAAI/bge-m3", PATH),
        ("BAAI/bge-m3:hf-inference", PATH),
        ("bert-base-uncased", "/models/bert-base-uncased/pipeline/feature-extraction"),
        ("a b/c?d", "/models/a%20b/c%3Fd/pipeline/feature-extraction"),
    ] {
        let mut request = texts(&["a"]);
        request.model = model.to_owned();
        let (_, sent) = embed(router(), "[[1]]", request);
        assert_eq!(sent[0].path, path);
    }
    for model in ["", "/", "a/", "/b", "a/b/c", "../x", "a/..", ".", "a/b:nebius", "together/a/b"] {
        let mut request = texts(&["a"]);
        request.model = model.to_owned();
        let (result, sent) = embed(router(), "[[1]]", request);
        assert_eq!(result.expect_err("a failure").kind, FailureKind::InvalidRequest, "{model}");
        assert!(sent.is_empty(), "{model} was sent");
    }
}

#[test]
fn the_task_is_the_name_of_a_prompt() {
    let mut request = texts(&["a"]);
    (request.task, request.dimensions) = (Some("query".to_owned()), Some(2));
    request.extra = extra("hf-feature-extraction", &json!({ "normalize": true, "dimensions": 1 }));
    let (_, sent) = embed(router(), "[[1]]", request);
    let expected =
        json!({ "inputs": ["a"], "prompt_name": "query", "dimensions": 1, "normalize": true });
    assert_eq!(sent[0].json(), expected, "the client's own word wins");
}

#[test]
fn the_server_takes_numbers_of_tokens() {
    let mut request = texts(&["a"]);
    request.inputs.push(Input::Tokens(vec![101, 102]));
    let (_, sent) = embed(tei(), "[[1], [2]]", request.clone());
    assert_eq!(sent[0].json(), json!({ "inputs": ["a", [101, 102]] }));
    let (result, sent) = router().call(|| HfInference::embed(request));
    assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported);
    assert!(sent.is_empty());
}

#[test]
fn what_cannot_be_said_is_refused_by_its_name() {
    for (dialect, own, named) in [
        ("jina-embeddings", json!({ "late_chunking": true }), "late_chunking"),
        ("tei-embed", json!({ "normalize": false }), "normalize"),
        ("hf-feature-extraction", json!({ "encoding_format": "base64" }), "another form"),
    ] {
        let mut request = texts(&["a"]);
        request.extra = extra(dialect, &own);
        let (result, sent) = embed(router(), "[[1]]", request);
        let failure = result.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::Unsupported);
        assert!(failure.message.contains(named) && sent.is_empty(), "{}", failure.message);
    }
    // Whatever the form on the wire, the caller gets numbers.
    let mut request = texts(&["a"]);
    let client = json!({ "encoding_format": "base64", "user": "u" });
    request.extra = extra("openai-embeddings", &client);
    let (_, sent) = embed(router(), "[[1]]", request.clone());
    assert_eq!(sent[0].json(), json!({ "inputs": ["a"] }));
    let mut strict = router();
    strict.setting("hotcell.strict", "yes");
    let failure = strict.embed::<HfInference>(request).expect_err("a failure");
    assert!(failure.message.contains("user"), "{}", failure.message);
}

#[test]
fn vectors_of_tokens_are_none_of_the_text() {
    for answer in ["[[[1, 2], [3, 4]]]", " [ [ [ [1] ] ] ]"] {
        let (result, _) = embed(router(), answer, texts(&["a"]));
        assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported, "{answer}");
    }
}

#[test]
fn what_is_no_vector_is_a_failure() {
    let deep = "[".repeat(1 << 20);
    for answer in [
        "",
        "null",
        "[]",
        "{}",
        "7",
        "[[1], [2], [3]]",
        "[[1]]",
        "[[1], [\"a\"]]",
        "[[1], [null]]",
        "[[1], [1e39]]",
        "[[1], 2]",
        "[1, 2]",
        "[[1], [2]",
        "[[1], [2]] x",
        "<html>",
        "[[1], [[2]]]",
    ] {
        let (result, _) = embed(router(), answer, texts(&["a", "b"]));
        let failure = result.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{answer}");
    }
    let (result, _) = embed(router(), &deep, texts(&["a", "b"]));
    assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported);
}
