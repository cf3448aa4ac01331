//! Answers that are kept for whoever asks the same.

use crate::bed::{Answer, Bed};
use crate::upstream::{Step, Upstream};
use serde_json::{Value, json};

const HOUR: &str = "[gateway.cache]\nseconds = 3600\n";

fn chat(model: &str, more: Value) -> Value {
    let mut body = json!({
        "model": model, "messages": [{ "role": "user", "content": "one two three" }],
    });
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

/// The request and the path of each endpoint whose answers are kept.
fn all() -> Vec<(&'static str, Value)> {
    let user = json!([{ "role": "user", "content": "hello" }]);
    vec![
        ("/v1/chat/completions", chat("openai/gpt-4o", json!({}))),
        ("/v1/chat/completions", chat("openai/gpt-4o", json!({ "stream": true }))),
        ("/v1/chat/completions", chat("anthropic/claude-sonnet-4-5", json!({ "stream": true }))),
        ("/v1/completions", json!({ "model": "openai/gpt-4o", "prompt": "hello" })),
        ("/v1/responses", json!({ "model": "openai/gpt-4o", "input": "hello", "store": false })),
        (
            "/v1/messages",
            json!({ "model": "anthropic/claude-sonnet-4-5", "max_tokens": 9, "messages": user }),
        ),
        (
            "/v1/messages",
            json!({ "model": "openai/gpt-4o", "max_tokens": 9, "messages": user, "stream": true }),
        ),
        (
            "/v1beta/models/gemini%2Fgemini-2.5-pro:streamGenerateContent?alt=sse",
            json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] }),
        ),
        ("/v1/embeddings", json!({ "model": "openai/text-embedding-3-small", "input": "a" })),
        ("/v1/rerank", json!({ "model": "cohere/rerank-v4", "query": "q", "documents": ["a"] })),
        ("/v1/moderations", json!({ "model": "openai-media/omni-moderation", "input": "a" })),
    ]
}

fn found(answer: &Answer) -> Option<&str> {
    answer.header("x-hotcell-cache")
}

/// An answer without what is another one with each request.
fn content(answer: &Answer) -> String {
    let text = answer.text();
    let ids = text.split('"').filter(|it| !it.starts_with("hc-") && !it.contains("created"));
    ids.collect::<Vec<_>>().join("\"")
}

#[tokio::test]
async fn what_was_asked_before_is_answered_without_asking_anybody() {
    let bed = Bed::new(HOUR).await;
    for (path, body) in all() {
        let first = bed.post(path, body.clone()).await;
        assert_eq!((first.status, found(&first)), (200, Some("miss")), "{path} {first:?}");
        assert_eq!(first.header("age"), None);
        assert!(!bed.mock.take_requests().is_empty(), "{path}");
        let again = bed.post(path, body.clone()).await;
        assert_eq!((again.status, found(&again)), (200, Some("hit")), "{path}");
        assert!(bed.mock.take_requests().is_empty(), "{path}");
        let age: u64 = again.header("age").expect("an age").parse().expect("a number");
        assert!(age < 60);
        assert_eq!(again.header("x-hotcell-model"), first.header("x-hotcell-model"));
        assert_eq!(again.header("x-hotcell-attempts"), None);
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
        let kind = |answer: &Answer| answer.header("content-type").map(str::to_owned);
        assert_eq!(kind(&again), kind(&first));
        if first.header("x-hotcell-cost").is_some() {
            assert_eq!(again.header("x-hotcell-cost"), Some("0"));
        }
        if path == "/v1/chat/completions" && kind(&first).as_deref() == Some("application/json") {
            assert_eq!(again.json()["choices"], first.json()["choices"]);
            assert_eq!(again.json()["usage"], first.json()["usage"]);
        }
        assert_eq!(content(&again).len(), content(&first).len(), "{path}\n{}", again.text());
    }
}

#[tokio::test]
async fn nothing_is_kept_where_nobody_said_so() {
    let bed = Bed::new("[gateway.models.m]\ndeployments = [\"openai/gpt-4o\"]\n").await;
    for _ in 0..2 {
        let answer = bed.post("/v1/chat/completions", chat("m", json!({}))).await;
        assert_eq!((answer.status, found(&answer)), (200, None));
        assert_eq!(bed.mock.take_requests().len(), 1);
    }
}

#[tokio::test]
async fn a_model_has_a_word_of_its_own() {
    let models = "[gateway.models.never]\ndeployments = [\"openai/gpt-4o\"]\ncache-seconds = 0\n\
                  [gateway.models.some]\ndeployments = [\"openai/gpt-4o\"]\ncache-seconds = 60\n\
                  [gateway.models.plain]\ndeployments = [\"openai/gpt-4o\"]\n";
    let asked = async |bed: &Bed, model: &str| {
        let mut all = Vec::new();
        for _ in 0..2 {
            let answer = bed.post("/v1/chat/completions", chat(model, json!({}))).await;
            all.push(found(&answer).map(str::to_owned));
        }
        all.pop().expect("the second")
    };
    let hit = Some("hit".to_owned());
    let bed = Bed::new(models).await;
    assert_eq!(asked(&bed, "never").await, None);
    assert_eq!(asked(&bed, "some").await, hit);
    assert_eq!(asked(&bed, "plain").await, None);
    assert_eq!(asked(&bed, "openai/gpt-4o").await, None);
    let bed = Bed::new(&format!("{models}{HOUR}")).await;
    assert_eq!(asked(&bed, "never").await, None);
    assert_eq!(asked(&bed, "plain").await, hit);
    assert_eq!(asked(&bed, "openai/gpt-4o").await, hit);
}

#[tokio::test]
async fn whatever_is_asked_otherwise_is_another_question() {
    let bed = Bed::new(HOUR).await;
    let mut asked = Vec::new();
    for more in [
        json!({}),
        json!({ "temperature": 0 }),
        json!({ "temperature": 0.1 }),
        json!({ "stream": true }),
        json!({ "stream": true, "stream_options": { "include_usage": true } }),
        json!({ "user": "somebody" }),
        json!({ "a_member_that_nobody_knows": 1 }),
        json!({ "a_member_that_nobody_knows": 2 }),
        json!({ "model": "openai/gpt-4o-mini" }),
        json!({ "messages": [{ "role": "user", "content": "one two three " }] }),
        json!({ "messages": [{ "role": "system", "content": "one two three" }] }),
    ] {
        let body = chat("openai/gpt-4o", more);
        let answer = bed.post("/v1/chat/completions", body.clone()).await;
        assert_eq!((answer.status, found(&answer)), (200, Some("miss")), "{body}");
        asked.push(body);
    }
    for body in asked {
        let answer = bed.post("/v1/chat/completions", body.clone()).await;
        assert_eq!((answer.status, found(&answer)), (200, Some("hit")), "{body}");
    }
    // The order of members is no part of what is asked, where they are known.
    let turned =
        r#"{"messages":[{"content":"one two three","role":"user"}],"model":"openai/gpt-4o"}"#;
    let turned: Value = serde_json::from_str(turned).expect("JSON");
    assert_eq!(found(&bed.post("/v1/chat/completions", turned).await), Some("hit"));
}

#[tokio::test]
async fn a_client_says_what_it_wants() {
    let bed = Bed::new(HOUR).await;
    let body = chat("openai/gpt-4o", json!({}));
    let ask = async |words: &str| {
        let headers = [("cache-control", words)];
        let answer = bed.post_with("/v1/chat/completions", &headers, body.clone()).await;
        assert_eq!(answer.status, 200);
        (found(&answer).expect("a word").to_owned(), bed.mock.take_requests().len())
    };
    let told = |word: &str, asked| (word.to_owned(), asked);
    // It is not looked for, and not kept.
    assert_eq!(ask("no-store").await, told("bypass", 1));
    assert_eq!(ask("max-age=3600").await, told("miss", 1));
    assert_eq!(ask("max-age=3600").await, told("hit", 0));
    assert_eq!(ask("no-store").await, told("bypass", 1));
    // It is asked for anew, and takes the place of the one before.
    bed.mock.change(|it| it.answer = Some("another answer".to_owned()));
    assert_eq!(ask("no-cache").await, told("miss", 1));
    let answer = bed.post("/v1/chat/completions", body.clone()).await;
    assert_eq!(found(&answer), Some("hit"));
    assert!(answer.text().contains("another answer"), "{}", answer.text());
}

#[tokio::test]
async fn what_failed_or_broke_off_is_not_kept() {
    let bed = Bed::new(HOUR).await;
    let broken = ["error-500", "garbage", "error-midstream", "cut", "unterminated"];
    for (number, model) in broken.into_iter().enumerate() {
        // Those that come after a beginning have none where they come whole.
        for stream in [true, false].into_iter().take(if number < 2 { 2 } else { 1 }) {
            let body = chat(&format!("openai/{model}"), json!({ "stream": stream }));
            for _ in 0..2 {
                let answer = bed.post("/v1/chat/completions", body.clone()).await;
                assert_eq!(found(&answer), Some("miss"), "{model} {stream} {answer:?}");
                assert!(!bed.mock.take_requests().is_empty(), "{model}");
            }
        }
    }
    let metrics = bed.get("/metrics").await.text();
    assert!(metrics.contains("hotcell_cache_entries 0\n"), "{metrics}");
}

#[tokio::test]
async fn what_is_more_than_an_answer_is_asked_each_time() {
    let bed = Bed::new(HOUR).await;
    let tool = json!({ "type": "web_search" });
    for (path, body) in [
        ("/v1/responses", json!({ "model": "openai/gpt-4o", "input": "a" })),
        ("/v1/responses", json!({ "model": "openai/gpt-4o", "input": "a", "store": true })),
        (
            "/v1/responses",
            json!({ "model": "openai/gpt-4o", "input": "a", "store": false, "tools": [tool] }),
        ),
        ("/v1/chat/completions", chat("openai/gpt-4o", json!({ "store": true }))),
    ] {
        for _ in 0..2 {
            let answer = bed.post(path, body.clone()).await;
            assert_eq!(found(&answer), Some("bypass"), "{body} {answer:?}");
        }
    }
    // A policy that is stricter.
    let bed = Bed::new(&format!(
        "{HOUR}temperature-zero = true\nendpoints = [\"chat-*\", \"embeddings\"]\n"
    ))
    .await;
    for (path, body, expected) in [
        ("/v1/chat/completions", chat("openai/gpt-4o", json!({})), "bypass"),
        ("/v1/chat/completions", chat("openai/gpt-4o", json!({ "temperature": 0 })), "hit"),
        ("/v1/embeddings", json!({ "model": "openai/embed", "input": "a" }), "hit"),
        (
            "/v1/completions",
            json!({ "model": "openai/a", "prompt": "a", "temperature": 0 }),
            "bypass",
        ),
    ] {
        bed.post(path, body.clone()).await;
        let answer = bed.post(path, body.clone()).await;
        assert_eq!(found(&answer), Some(expected), "{body} {answer:?}");
    }
}

#[tokio::test]
async fn what_a_model_said_in_the_place_of_another_is_not_kept() {
    let bed = Bed::new(&format!(
        "[gateway.models.m]\ndeployments = [\"openai/error-500\"]\nretries = 0\n\
         fallbacks = [\"anthropic/claude-sonnet-4-5\"]\n{HOUR}"
    ))
    .await;
    for _ in 0..2 {
        let answer = bed.post("/v1/chat/completions", chat("m", json!({}))).await;
        assert_eq!((answer.status, found(&answer)), (200, Some("miss")));
        assert_eq!(answer.header("x-hotcell-model"), Some("anthropic/claude-sonnet-4-5"));
    }
}

#[tokio::test]
async fn a_stream_that_a_client_left_is_not_kept() {
    let upstream = Upstream::new().await;
    let chunk = |text: &str| {
        let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1,
            "model": "m", "choices": [{ "index": 0, "delta": { "content": text } }] });
        format!("data: {chunk}\n\n").into_bytes()
    };
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    upstream.script(
        "left",
        vec![vec![Step::Send(head.to_vec()), Step::Send(chunk("a beginning")), Step::Hold]],
    );
    let bed = Bed::new(&format!("{}{HOUR}", upstream.provider("up"))).await;
    let body = chat("up/left", json!({ "stream": true }));
    for expected in 1..=2 {
        let request = http::Request::post("/v1/chat/completions")
            .header("content-type", "application/json")
            .body(http_body_util::Full::from(body.to_string()))
            .expect("a request");
        let response = bed.open(request).await;
        let word = response.headers().get("x-hotcell-cache").expect("a word");
        assert_eq!(word, "miss");
        drop(response);
        upstream.was_left(expected).await;
    }
}

#[tokio::test]
async fn it_is_seen_and_has_an_end() {
    let bed = Bed::new(&format!("{HOUR}entries = 10\n")).await;
    for number in 0..30 {
        let body = json!({ "model": "openai/embed", "input": format!("text {number}") });
        for expected in ["miss", "hit"] {
            let answer = bed.post("/v1/embeddings", body.clone()).await;
            assert_eq!(found(&answer), Some(expected), "{number}");
        }
    }
    let metrics = bed.get("/metrics").await.text();
    let value = |name: &str| -> f64 {
        let lines = metrics.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    };
    assert_eq!(value("hotcell_cache_entries "), 10.0, "{metrics}");
    assert_eq!(value("hotcell_cache_evicted_total "), 20.0);
    assert!(value("hotcell_cache_bytes ") > 0.0);
    let hits: Vec<&str> = metrics
        .lines()
        .filter(|it| it.starts_with("hotcell_cache_requests_total") && it.contains("\"hit\""))
        .collect();
    assert!(hits.len() == 1 && hits[0].ends_with(" 30"), "{hits:?}");
    // Tokens and dollars are of those who were asked.
    let asked = value("gen_ai_client_token_usage_count{");
    assert!(asked <= 60.0, "{asked}");
}

#[tokio::test]
async fn the_log_says_what_was_kept_and_that_it_cost_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.jsonl");
    let log = format!("[gateway.log]\nfile = \"{}\"\n", file.display());
    let bed = Bed::new(&format!("{HOUR}{log}")).await;
    for stream in [false, true] {
        let body = chat("openai/gpt-4o", json!({ "stream": stream }));
        for word in ["any", "any", "no-store"] {
            let headers = [("cache-control", word)];
            bed.post_with("/v1/chat/completions", &headers, body.clone()).await;
        }
    }
    bed.stop().await;
    let lines = std::fs::read_to_string(file).expect("a log");
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let words: Vec<_> = lines.iter().map(|line| line["cache"].as_str()).collect();
    let each = [Some("miss"), Some("hit"), Some("bypass")];
    assert_eq!(words, [each, each].concat());
    for line in lines {
        let is_hit = line["cache"] == "hit";
        assert_eq!(line.get("tokens").is_none(), is_hit, "{line}");
        assert_eq!(line.get("deployment").is_none(), is_hit, "{line}");
        assert_eq!(line["attempts"], u32::from(!is_hit), "{line}");
        if is_hit {
            assert_eq!(line["cost-usd"], 0.0, "{line}");
        }
    }
}
