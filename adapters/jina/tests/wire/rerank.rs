//! Rankings.

use crate::provider::{documents, extra, jina, rank, server, voyage};
use hotcell_adapter_jina::Jina;
use hotcell_sdk::{Document, FailureKind, Ranked};
use serde_json::{Value, json};

fn ranked(index: u32, score: f64) -> Ranked {
    Ranked { index, score }
}

fn results() -> Value {
    json!([{ "index": 1, "relevance_score": -4.5 }, { "index": 0, "relevance_score": 0.5 }])
}

#[test]
fn documents_come_in_the_order_of_their_scores() {
    for (provider, list, top) in
        [(jina(), "results", "top_n"), (voyage(), "data", "top_k"), (server(), "results", "top_n")]
    {
        let mut request = documents(&["a", "b", "c"]);
        request.top = Some(2);
        let mut answer = json!({ "object": "list", "id": "r", "model": "m-1",
            "usage": { "prompt_tokens": 5, "total_tokens": 7 } });
        answer[list] = results();
        let (response, sent) = rank(provider, &answer, request);
        let response = response.expect("a ranking");
        assert_eq!(response.ranking, [ranked(0, 0.5), ranked(1, -4.5)]);
        assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("r"), Some("m-1")));
        assert_eq!((response.usage.expect("usage").input, response.extra), (Some(7), None));
        assert_eq!(
            (&sent["query"], &sent["documents"]),
            (&json!("what?"), &json!(["a", "b", "c"]))
        );
        assert_eq!(sent[top], 2);
    }
}

#[test]
fn only_who_repeats_the_documents_is_told_not_to() {
    let answer = json!({ "results": [] });
    let told = |script| rank(script, &answer, documents(&["a"])).1["return_documents"].clone();
    assert_eq!(
        (told(jina()), told(voyage()), told(server())),
        (false.into(), Value::Null, Value::Null)
    );
}

#[test]
fn what_a_result_says_besides_is_kept_for_its_own_dialect() {
    let document = json!({ "text": "b" });
    let results = json!([{ "index": 0, "relevance_score": 1, "document": document }]);
    let answer = json!({ "results": results, "took": 3 });
    let (response, _) = rank(server(), &answer, documents(&["b"]));
    let kept = response.expect("a ranking").extra;
    assert_eq!(kept, extra("jina-rerank", &json!({ "took": 3 })));
    let mut request = documents(&["b"]);
    request.extra = extra("jina-rerank", &json!({ "return_documents": true }));
    let (response, sent) = rank(jina(), &answer, request);
    let kept = response.expect("a ranking").extra;
    assert_eq!(kept, extra("jina-rerank", &json!({ "took": 3, "results": results })));
    assert_eq!(sent["return_documents"], true);
}

#[test]
fn a_record_is_an_object_or_lines() {
    let fields = json!({ "text": "b", "year": 1999 });
    let request = || {
        let mut request = documents(&[]);
        request.documents.push(Document::Fields(fields.to_string()));
        request
    };
    let answer = json!({ "results": [] });
    assert_eq!(rank(jina(), &answer, request()).1["documents"], json!([fields]));
    let lines = json!(["text: b\nyear: 1999\n"]);
    assert_eq!(rank(voyage(), &answer, request()).1["documents"], lines);
    let mut own = request();
    own.extra = extra("jina-rerank", &json!({}));
    assert_eq!(rank(server(), &answer, own).1["documents"], json!([fields]));
}

#[test]
fn what_is_no_ranking_is_a_failure() {
    for results in [
        Value::Null,
        json!([{ "index": 1, "relevance_score": 1 }]),
        json!([{ "index": 4_294_967_296_u64, "relevance_score": 1 }]),
        json!([{ "index": 0, "relevance_score": 1 }, { "index": 0, "relevance_score": 1 }]),
        json!([{ "index": 0, "relevance_score": "1" }]),
        json!([0]),
    ] {
        let (response, _) = rank(jina(), &json!({ "results": results }), documents(&["a"]));
        let failure = response.expect_err("a failure");
        assert_eq!(failure.kind, FailureKind::MalformedResponse, "{results}");
    }
}

#[test]
fn members_of_another_dialect_are_refused() {
    let mut request = documents(&["a"]);
    request.extra = extra("jina-rerank", &json!({ "return_documents": true }));
    let failure = voyage().rerank::<Jina>(request).expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.message.contains("return_documents"), "{}", failure.message);
}
