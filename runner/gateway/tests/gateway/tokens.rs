//! How many tokens a request has, where its provider counts them and where it does not.

use crate::bed::{Answer, Bed};
use crate::upstream::{Upstream, refuse};
use serde_json::{Value, json};

fn asked(model: &str, text: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": text }] })
}

async fn count(bed: &Bed, body: Value) -> u64 {
    let answer = bed.post("/v1/messages/count_tokens", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["input_tokens"].as_u64().expect("a count")
}

fn is_estimated(answer: &Answer) -> bool {
    answer.header("x-hotcell-count") == Some("estimated")
}

#[tokio::test]
async fn a_provider_that_counts_is_asked() {
    let bed = Bed::new("").await;
    let answer = bed.post("/v1/messages/count_tokens", asked("anthropic/claude", "hi")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!is_estimated(&answer));
    assert_eq!(bed.mock.take_requests().len(), 1);
}

#[tokio::test]
async fn where_the_provider_counts_none_the_gateway_says_what_it_takes_it_for() {
    let bed = Bed::new("").await;
    let text = "word ".repeat(400);
    let answer = bed.post("/v1/messages/count_tokens", asked("openai/gpt-4o", &text)).await;
    assert_eq!((answer.status, is_estimated(&answer)), (200, true), "{}", answer.text());
    assert_eq!(answer.json(), json!({ "input_tokens": 504 }));
    assert_eq!(answer.header("x-hotcell-model"), Some("openai/gpt-4o"));
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": text }] }] });
    let answer = bed.post("/v1beta/models/openai%2Fgpt-4o:countTokens", body).await;
    assert_eq!((answer.status, is_estimated(&answer)), (200, true), "{}", answer.text());
    assert_eq!(answer.json(), json!({ "totalTokens": 504 }));
    assert!(bed.mock.take_requests().is_empty(), "nobody is asked");
}

#[tokio::test]
async fn all_that_a_model_reads_is_taken_for_something() {
    let bed = Bed::new("").await;
    let model = "openai/gpt-4o";
    let plain = count(&bed, asked(model, "hi")).await;
    let mut with = asked(model, "hi");
    with["system"] = "You are brief, and polite to everybody.".into();
    assert_eq!(count(&bed, with).await, plain + 14);
    let mut with = asked(model, "hi");
    with["tools"] = json!([{
        "name": "weather", "description": "The weather in a place",
        "input_schema": { "type": "object", "properties": { "place": { "type": "string" } } },
    }]);
    assert!(count(&bed, with).await > plain + 15);
    let part = |part: Value| {
        let mut with = asked(model, "hi");
        with["messages"][0]["content"] = json!([{ "type": "text", "text": "hi" }, part]);
        count(&bed, with)
    };
    let pixel = json!({ "type": "base64", "media_type": "image/png", "data": "AAAA" });
    assert_eq!(part(json!({ "type": "image", "source": pixel })).await, plain + 1500);
    // A document by how much of it there is.
    let text = json!({ "type": "text", "media_type": "text/plain", "data": "a".repeat(40_000) });
    assert_eq!(part(json!({ "type": "document", "source": text })).await, plain + 10_000);
    let data = "A".repeat(160_000);
    let pages = json!({ "type": "base64", "media_type": "application/pdf", "data": data });
    assert_eq!(part(json!({ "type": "document", "source": pages })).await, plain + 4500);
}

#[tokio::test]
async fn a_provider_that_counts_and_fails_has_failed() {
    let upstream = Upstream::new().await;
    upstream.script("*", [refuse(400, "", "invalid", "no")]);
    let more = upstream.provider_of("claude", "anthropic")
        + "[gateway.models.m]\ndeployments = [\"openai/gpt-4o\"]\nfallbacks = [\"claude/m\"]\n";
    let bed = Bed::new(&more).await;
    for model in ["claude/m", "m"] {
        let answer = bed.post("/v1/messages/count_tokens", asked(model, "hi")).await;
        assert_eq!((answer.status, is_estimated(&answer)), (400, false), "{}", answer.text());
    }
    // And a request that is none is not counted either.
    let answer = bed.post("/v1/messages/count_tokens", json!({ "model": "openai/gpt-4o" })).await;
    assert_eq!((answer.status, is_estimated(&answer)), (400, false), "{}", answer.text());
    let answer = bed.post("/v1/messages/count_tokens", asked("nobody/m", "hi")).await;
    assert_eq!((answer.status, is_estimated(&answer)), (404, false), "{}", answer.text());
}
