//! Rankings.

use crate::provider::provider;
use hotcell_adapter_cohere::Cohere;
use hotcell_sdk::{Document, FailureKind, Native, Ranked, Rerank as _, RerankRequest};
use serde_json::{Value, json};

fn request(documents: &[&str]) -> RerankRequest {
    RerankRequest {
        model: "rerank".to_owned(),
        query: "what?".to_owned(),
        documents: documents.iter().map(|text| Document::Text((*text).to_owned())).collect(),
        top: None,
        extra: None,
    }
}

fn ranked(index: u32, score: f64) -> Ranked {
    Ranked { index, score }
}

#[test]
fn documents_come_in_the_order_of_their_scores() {
    let mut script = provider();
    let answer = json!({ "id": "r", "meta": { "billed_units": { "search_units": 1 } },
        "results": [{ "index": 2, "relevance_score": 0.25 }, { "index": 0, "relevance_score": 0.5 }] });
    script.answer(200, "application/json", answer.to_string());
    let mut request = request(&["a", "b", "c"]);
    request.top = Some(2);
    let (answer, sent) = script.call(|| Cohere::rerank(request));
    let answer = answer.expect("a ranking");
    assert_eq!(answer.ranking, [ranked(0, 0.5), ranked(2, 0.25)]);
    assert_eq!(answer.id.as_deref(), Some("r"));
    assert!(answer.usage.expect("usage").raw.expect("raw").value.contains("search_units"));
    let expected = json!({ "model": "rerank", "query": "what?", "documents": ["a", "b", "c"],
        "top_n": 2 });
    assert_eq!((sent[0].path.as_str(), sent[0].json()), ("/v2/rerank", expected));
}

#[test]
fn a_record_becomes_lines() {
    let mut script = provider();
    script.answer(200, "application/json", r#"{"results":[]}"#);
    let mut request = request(&[]);
    let fields = json!({ "title": "A story", "year": 1999, "note": "a: b", "yes": "no" });
    request.documents.push(Document::Fields(fields.to_string()));
    request.extra = Some(Native {
        dialect: "cohere-rerank".to_owned(),
        value: json!({ "max_tokens_per_doc": 100 }).to_string(),
    });
    let (_, sent) = script.call(|| Cohere::rerank(request));
    let body = sent[0].json();
    let record = "title: A story\nyear: 1999\nnote: \"a: b\"\nyes: \"no\"\n";
    assert_eq!(body["documents"], json!([record]));
    assert_eq!(body["max_tokens_per_doc"], 100);
}

#[test]
fn what_is_no_ranking_is_a_failure() {
    for results in [
        Value::Null,
        json!([{ "index": 1, "relevance_score": 1 }]),
        json!([{ "index": -1, "relevance_score": 1 }]),
        json!([{ "index": 0, "relevance_score": 1 }, { "index": 0, "relevance_score": 1 }]),
        json!([{ "index": 0 }]),
        json!(["x"]),
    ] {
        let mut script = provider();
        script.answer(200, "application/json", json!({ "results": results }).to_string());
        let failure = script.rerank::<Cohere>(request(&["a"])).expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{results}");
    }
}

#[test]
fn members_that_are_the_providers_own_are_carried_over() {
    let mut script = provider();
    script.answer(200, "application/json", r#"{"results":[]}"#);
    let mut request = request(&["a"]);
    let value = json!({ "max_tokens_per_doc": 100, "priority": 3 }).to_string();
    request.extra = Some(Native { dialect: "jina-rerank".to_owned(), value });
    let (answer, sent) = script.call(|| Cohere::rerank(request));
    answer.expect("a ranking");
    let expected = json!({ "model": "rerank", "query": "what?", "documents": ["a"],
        "max_tokens_per_doc": 100, "priority": 3 });
    assert_eq!(sent[0].json(), expected);
}

#[test]
fn members_of_another_dialect_are_refused() {
    let mut request = request(&["a"]);
    let value = json!({ "return_documents": true }).to_string();
    request.extra = Some(Native { dialect: "jina-rerank".to_owned(), value });
    let failure = provider().rerank::<Cohere>(request).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.message.contains("return_documents"), "{}", failure.message);
}
