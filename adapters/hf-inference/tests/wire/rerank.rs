//! Rankings.

use crate::provider::{documents, extra, rank, router, tei};
use hotcell_sdk::{Document, FailureKind, Ranked};
use serde_json::json;

fn ranked(index: u32, score: f64) -> Ranked {
    Ranked { index, score }
}

#[test]
fn the_server_ranks() {
    let answer = r#"[{"index":2,"score":-4.5},{"index":0,"score":0.75},{"index":1,"score":0.75}]"#;
    let mut request = documents(&["a", "b", "c"]);
    request.top = Some(2);
    request.extra = extra("tei-rerank", &json!({ "truncate": true }));
    let (response, sent) = rank(tei(), answer, request);
    let response = response.expect("a ranking");
    assert_eq!(response.ranking, [ranked(0, 0.75), ranked(1, 0.75)]);
    assert_eq!((response.usage.expect("usage").input, response.extra), (Some(9), None));
    let expected = json!({ "query": "what?", "texts": ["a", "b", "c"], "truncate": true });
    assert_eq!((sent[0].path.as_str(), sent[0].json()), ("/rerank", expected));
}

#[test]
fn the_router_tells_what_is_similar() {
    let (response, sent) = rank(router(), "[0.25, 0.5, -1]", documents(&["a", "b", "c"]));
    let ranking = response.expect("a ranking").ranking;
    assert_eq!(ranking, [ranked(1, 0.5), ranked(0, 0.25), ranked(2, -1.0)]);
    let inputs = json!({ "source_sentence": "what?", "sentences": ["a", "b", "c"] });
    assert_eq!(sent[0].json(), json!({ "inputs": inputs }));
    assert_eq!(sent[0].path, "/models/BAAI/bge-m3/pipeline/sentence-similarity");
}

#[test]
fn a_record_becomes_lines() {
    let mut request = documents(&[]);
    let fields = json!({ "text": "b", "year": 1999 }).to_string();
    request.documents.push(Document::Fields(fields));
    let (_, sent) = rank(tei(), "[]", request);
    assert_eq!(sent[0].json()["texts"], json!(["text: b\nyear: 1999\n"]));
}

#[test]
fn what_a_result_says_besides_is_kept() {
    let answer = json!([{ "index": 0, "score": 1.0, "text": "a" }]);
    let mut request = documents(&["a"]);
    request.extra = extra("tei-rerank", &json!({ "return_text": true }));
    let (response, sent) = rank(tei(), &answer.to_string(), request);
    assert_eq!(sent[0].json()["return_text"], true);
    let kept = extra("tei-rerank", &json!({ "results": answer }));
    assert_eq!(response.expect("a ranking").extra, kept);
}

#[test]
fn what_is_no_ranking_is_a_failure() {
    for (provider, answer) in [
        (tei(), r#"[{"index":2,"score":1}]"#),
        (tei(), r#"[{"index":-1,"score":1}]"#),
        (tei(), r#"[{"index":0,"score":1},{"index":0,"score":1}]"#),
        (tei(), r#"[{"index":0}]"#),
        (tei(), r#"[{"score":1}]"#),
        (tei(), "[0.5, 0.5]"),
        (tei(), r#"{"results":[]}"#),
        (tei(), "[[0.5]]"),
        (router(), "[0.5]"),
        (router(), "[0.5, null]"),
        (router(), "[0.5, \"1\"]"),
        (router(), "[0.5, 0.5, 0.5]"),
        (router(), "7"),
        (router(), ""),
    ] {
        let (result, _) = rank(provider, answer, documents(&["a", "b"]));
        let failure = result.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{answer}");
    }
    let mut foreign = documents(&["a"]);
    foreign.extra = extra("cohere-rerank", &json!({ "max_tokens_per_doc": 1 }));
    let (result, _) = rank(tei(), "[]", foreign);
    assert_eq!(result.expect_err("a failure").kind, FailureKind::Unsupported);
}
