//! What providers tell in headers, and what of it reaches clients.

use crate::bed::Bed;
use crate::upstream::{Upstream, refuse, say};
use hotcell_mock::Mock;
use serde_json::json;

#[tokio::test]
async fn what_a_provider_tells_beside_an_answer_is_told_under_a_name_of_its_own() {
    let bed = Bed::new("").await;
    for stream in [false, true] {
        for (model, limit, id) in [
            ("openai/gpt-4o", "x-ratelimit-remaining-requests", "x-request-id"),
            ("anthropic/claude-test", "anthropic-ratelimit-requests-remaining", "request-id"),
        ] {
            let body = json!({ "model": model, "stream": stream,
                "messages": [{ "role": "user", "content": "hello" }] });
            let answer = bed.post("/v1/chat/completions", body).await;
            let told = |name: &str| answer.header(&format!("llm_provider-{name}"));
            assert_eq!(told(limit).map(|it| it.contains("999")), Some(true), "{model}");
            let its = told(id).unwrap_or_default();
            assert!(!its.is_empty() && answer.header("x-request-id") != Some(its), "{model}");
            // The allowance is the operator's at the provider, and not the client's here.
            assert_eq!(answer.header(limit), None, "{model}");
        }
    }
}

#[tokio::test]
async fn every_endpoint_tells_what_was_heard() {
    let bed = Bed::new("").await;
    for (path, body) in [
        ("/v1/embeddings", json!({ "model": "openai/text-embedding-3-small", "input": "a" })),
        ("/v1/moderations", json!({ "model": "openai/omni-moderation-latest", "input": "a" })),
        ("/v1/images/generations", json!({ "model": "openai/gpt-image-1", "prompt": "a" })),
        (
            "/v1/images/generations",
            json!({ "model": "openai/gpt-image-1", "prompt": "a", "stream": true }),
        ),
        ("/v1/audio/speech", json!({ "model": "openai/tts-1", "input": "a", "voice": "alloy" })),
    ] {
        let answer = bed.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let told = answer.header("llm_provider-x-ratelimit-remaining-requests");
        assert_eq!(told, Some("9999"), "{path}");
    }
}

#[tokio::test]
async fn a_failure_tells_what_was_heard_with_it() {
    let upstream = Upstream::new().await;
    let bed = Bed::new(&upstream.provider("up")).await;
    let headers = "retry-after: 120\r\nx-request-id: req_7\r\nx-ratelimit-remaining-requests: 0\r\n\
                   set-cookie: a=1\r\nlocation: http://127.0.0.1/\r\nx-should-retry: true\r\n\
                   x-hotcell-cost: 0\r\naccess-control-allow-origin: *\r\n";
    for (path, model) in [("/v1/chat/completions", "m"), ("/v1/embeddings", "n")] {
        upstream.script(model, [refuse(429, headers, "rate_limit_exceeded", "slower")]);
        let body = json!({ "model": format!("up/{model}"), "input": "hello",
            "messages": [{ "role": "user", "content": "hello" }] });
        let answer = bed.post(path, body).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("120")), "{path}");
        let told = |name: &str| answer.header(&format!("llm_provider-{name}"));
        assert_eq!(told("x-request-id"), Some("req_7"), "{path}");
        assert_eq!(told("x-ratelimit-remaining-requests"), Some("0"), "{path}");
        assert_eq!(told("retry-after"), Some("120"), "{path}");
        // It does not speak for the gateway, and leads nobody anywhere.
        let others = ["set-cookie", "location", "x-should-retry", "x-hotcell-cost"];
        for name in others.into_iter().chain(["access-control-allow-origin"]) {
            assert_eq!((answer.header(name), told(name)), (None, None), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_told_is_of_whoever_answered() {
    let more = "[gateway.models.m]\ndeployments = [\"up/a\", \"up/b\"]\n";
    let upstream = Upstream::new().await;
    let bed = Bed::new(&(upstream.provider("up") + more)).await;
    let headers = "x-request-id: of-a\r\nx-ratelimit-remaining-requests: 0\r\n";
    upstream.script("a", [refuse(401, headers, "invalid_api_key", "who are you?")]);
    upstream.script("b", [say("b")]);
    let ask = async || {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
        bed.post("/v1/chat/completions", body).await
    };
    let answer = ask().await;
    assert_eq!((answer.status, answer.header("x-hotcell-attempts")), (200, Some("2")));
    let told = |name: &str| answer.header(&format!("llm_provider-{name}"));
    assert_eq!((told("x-request-id"), told("x-ratelimit-remaining-requests")), (None, None));
}

#[tokio::test]
async fn no_key_is_told_that_a_provider_repeats() {
    let bed = Bed::new("").await;
    for path in ["/v1/chat/completions", "/v1/embeddings"] {
        let body = json!({ "model": "openai/echo-key", "input": "hello",
            "messages": [{ "role": "user", "content": "hello" }] });
        let answer = bed.post(path, body).await;
        let told = answer.header("llm_provider-x-ratelimit-echo").expect("what it repeats");
        assert!(!told.contains(Mock::KEY) && told.contains("Bearer"), "{path}: {told}");
    }
}
