//! Chat answers in the dialects of their clients.

use crate::bed::Bed;
use serde_json::{Value, json};

#[tokio::test]
async fn an_openai_client_gets_an_answer_of_anthropic() {
    let bed = Bed::new("").await;
    for model in ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"] {
        let answer = bed
            .post(
                "/v1/chat/completions",
                json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] }),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-hotcell-model"), Some(model));
        let answer = answer.json();
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
        assert!(text.contains("hello"), "{answer}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_done_and_a_broken_one_does_not() {
    let bed = Bed::new("").await;
    let ask = async |model: &str| {
        let messages = json!([{ "role": "user", "content": "hello" }]);
        let body = json!({ "model": model, "stream": true, "messages": messages });
        bed.post("/v1/chat/completions", body).await
    };
    let whole = ask("openai/gpt-4o").await;
    assert_eq!(whole.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert!(whole.text().ends_with("data: [DONE]\n\n"), "{}", whole.text());
    for broken in ["openai/cut", "openai/unterminated", "openai/error-midstream"] {
        let answer = ask(broken).await;
        assert!(answer.text().contains("\"error\""), "{broken}: {}", answer.text());
        assert!(!answer.text().contains("[DONE]"), "{broken}: {}", answer.text());
        assert!(!answer.text().contains("\"stop\""), "{broken}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_provider_is_spoken_to_in_the_version_of_its_dialect_that_the_client_speaks() {
    let bed = Bed::new("").await;
    let body = json!({
        "model": "anthropic/claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let asked = async |path: &str, version: Option<&str>, body: &Value| {
        let headers: Vec<_> = version.map(|it| ("anthropic-version", it)).into_iter().collect();
        let answer = bed.post_with(path, &headers, body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let asked = bed.mock.take_requests().pop().expect("a request");
        asked.header("anthropic-version").map(str::to_owned)
    };
    for path in ["/v1/messages", "/v1/messages/count_tokens"] {
        assert_eq!(asked(path, Some("2026-10-21"), &body).await.as_deref(), Some("2026-10-21"));
        assert_eq!(asked(path, None, &body).await.as_deref(), Some("2023-06-01"));
    }
    // A client of another dialect that names one says nothing about this one.
    let path = "/v1/chat/completions";
    assert_eq!(asked(path, Some("2026-10-21"), &body).await.as_deref(), Some("2023-06-01"));
    // Nor is it anything to a provider of another dialect, where nothing may be lost.
    let mut other = body.clone();
    other["model"] = json!("openai/gpt-4o");
    assert_eq!(asked("/v1/messages", Some("2026-10-21"), &other).await, None);
}

#[tokio::test]
async fn a_stream_is_one_json_list_for_googles_clients_that_do_not_ask_for_events() {
    let bed = Bed::new("").await;
    let ask = async |model: &str, query: &str| {
        let model = model.replace('/', "%2F");
        let path = format!("/v1beta/models/{model}:streamGenerateContent{query}");
        let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] });
        bed.post(&path, body).await
    };
    for model in ["gemini/gemini-2.5-flash", "openai/gpt-4o"] {
        for query in ["", "?alt=json", "?key=alt=sse"] {
            let answer = ask(model, query).await;
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("application/json; charset=utf-8"), "{query}");
            let list = answer.json();
            let chunks = list.as_array().expect("a list");
            assert!(chunks.len() > 1, "{list}");
            assert_eq!(chunks[chunks.len() - 1]["candidates"][0]["finishReason"], "STOP", "{list}");
        }
        for query in ["?alt=sse", "?key=a&alt=sse", "?%24alt=sse"] {
            let answer = ask(model, query).await;
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("text/event-stream; charset=utf-8"), "{query}");
        }
    }
    // An error is an element as well, first or last.
    let list = ask("openai/error-midstream", "").await.json();
    let chunks = list.as_array().expect("a list");
    assert!(chunks.len() > 1 && chunks[chunks.len() - 1]["error"]["code"].is_u64(), "{list}");
    let refused = ask("nobody/knows", "").await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.json()[0]["error"]["code"], 404, "{}", refused.text());
    assert_eq!(ask("nobody/knows", "?alt=sse").await.json()["error"]["code"], 404);
}

#[tokio::test]
async fn betas_of_a_client_reach_its_provider() {
    let bed = Bed::new("").await;
    let body = json!({
        "model": "anthropic/claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let betas = [("anthropic-beta", "one-2025-01-01,two-2025-01-01")];
    // A body may name some as well, and nothing that is said in one place hides the other.
    for (own, expected) in [
        (None, "one-2025-01-01,two-2025-01-01"),
        (Some(json!(null)), "one-2025-01-01,two-2025-01-01"),
        (Some(json!([])), "one-2025-01-01,two-2025-01-01"),
        (
            Some(json!(["three-2025-01-01", "one-2025-01-01"])),
            "one-2025-01-01,two-2025-01-01,three-2025-01-01",
        ),
    ] {
        let mut body = body.clone();
        if let Some(own) = own {
            body["betas"] = own;
        }
        let answer = bed.post_with("/v1/messages", &betas, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let asked = bed.mock.take_requests().pop().expect("a request");
        assert_eq!(asked.header("anthropic-beta"), Some(expected));
        assert!(asked.json().get("betas").is_none(), "{}", asked.json());
    }
    let mut wrong = body;
    wrong["betas"] = json!("three-2025-01-01");
    let answer = bed.post_with("/v1/messages", &betas, wrong).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("betas"), "{}", answer.text());
    assert!(bed.mock.take_requests().is_empty());
}
