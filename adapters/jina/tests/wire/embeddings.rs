//! Texts into vectors.

use crate::provider::{embed, extra, jina, server, texts, voyage};
use hotcell_adapter_jina::Jina;
use hotcell_sdk::{FailureKind, Input};
use serde_json::{Value, json};

fn answer(data: Value) -> Value {
    json!({ "object": "list", "model": "m-1", "usage": { "total_tokens": 7 }, "data": data })
}

#[test]
fn a_vector_for_each_text_in_order() {
    let data = json!([{ "index": 1, "embedding": [0.5, -1] }, { "index": 0, "embedding": [2, 0] }]);
    let (response, sent) = embed(jina(), &answer(data), texts(&["a", "b"]));
    let response = response.expect("vectors");
    assert_eq!(response.vectors, [[2.0, 0.0], [0.5, -1.0]]);
    assert_eq!(response.model.as_deref(), Some("m-1"));
    assert_eq!((response.usage.expect("usage").input, response.extra), (Some(7), None));
    assert_eq!(sent, json!({ "model": "m", "input": ["a", "b"] }));
}

#[test]
fn each_provider_has_its_words() {
    let request = |task: &str| {
        let mut request = texts(&["a"]);
        (request.task, request.dimensions) = (Some(task.to_owned()), Some(2));
        request
    };
    let one = answer(json!([{ "embedding": [1] }]));
    for (task, theirs, others) in [
        ("search_query", json!("retrieval.query"), json!("query")),
        ("document", json!("retrieval.passage"), json!("document")),
        ("clustering", json!("separation"), Value::Null),
        ("text-matching", json!("text-matching"), json!("text-matching")),
    ] {
        let (_, sent) = embed(jina(), &one, request(task));
        assert_eq!((&sent["task"], &sent["dimensions"]), (&theirs, &json!(2)), "{task}");
        let (_, sent) = embed(voyage(), &one, request(task));
        assert_eq!(
            (&sent["input_type"], &sent["output_dimension"]),
            (&others, &json!(2)),
            "{task}"
        );
    }
}

#[test]
fn where_nothing_may_be_lost_a_task_without_a_word_is_refused() {
    let mut provider = voyage();
    provider.setting("hotcell.strict", "yes");
    let mut request = texts(&["a"]);
    request.task = Some("clustering".to_owned());
    let failure = provider.embed::<Jina>(request).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn a_clients_own_members_are_sent_and_come_back() {
    let mut request = texts(&["a"]);
    request.task = Some("search_query".to_owned());
    request.extra = extra("jina-embeddings", &json!({ "late_chunking": true }));
    let mut body = answer(json!([{ "index": 0, "embedding": "AACAPwAAAMA=" }]));
    body["note"] = "n".into();
    let (response, sent) = embed(jina(), &body, request);
    let response = response.expect("vectors");
    assert_eq!(response.vectors, [[1.0, -2.0]], "little-endian floats in base64");
    assert_eq!(response.extra, extra("jina-embeddings", &json!({ "note": "n" })));
    let expected = json!({ "model": "m", "input": ["a"], "task": "search_query",
        "late_chunking": true });
    assert_eq!(sent, expected, "in the client's own words");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let refused = |script: hotcell_sdk::testing::Script, request| {
        let (result, sent) = script.call(|| <Jina as hotcell_sdk::Embeddings>::embed(request));
        assert!(sent.is_empty(), "it was sent");
        assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported);
    };
    refused(server(), texts(&["a"]));
    let mut tokens = texts(&[]);
    tokens.inputs.push(Input::Tokens(vec![1]));
    refused(jina(), tokens);
    for own in [
        json!({ "output_dtype": "ubinary" }),
        json!({ "output_dtype": "int8", "encoding_format": "base64" }),
    ] {
        let mut request = texts(&["a"]);
        request.extra = extra("voyage-embeddings", &own);
        refused(voyage(), request);
    }
    for own in [json!({ "embedding_type": "binary" }), json!({ "embedding_type": ["float"] })] {
        let mut request = texts(&["a"]);
        request.extra = extra("jina-embeddings", &own);
        refused(jina(), request);
    }
    let mut foreign = texts(&["a"]);
    foreign.extra = extra("jina-embeddings", &json!({ "late_chunking": true }));
    refused(voyage(), foreign);
}

#[test]
fn what_is_no_vector_is_a_failure() {
    for data in [
        Value::Null,
        json!([]),
        json!([{ "index": 1, "embedding": [1] }]),
        json!([{ "index": -1, "embedding": [1] }]),
        json!([{ "index": 0 }]),
        json!([{ "embedding": [1e39] }]),
        json!([{ "embedding": ["a"] }]),
        json!([{ "embedding": "AAA=" }]),
        json!([{ "embedding": "?" }]),
        json!([1]),
    ] {
        let (response, _) = embed(jina(), &answer(data.clone()), texts(&["a"]));
        let failure = response.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{data}");
    }
    let twice = json!([{ "index": 0, "embedding": [1] }, { "index": 0, "embedding": [1] }]);
    let (response, _) = embed(jina(), &answer(twice), texts(&["a", "b"]));
    assert_eq!(response.expect_err("a failure").kind, FailureKind::MalformedResponse);
}
