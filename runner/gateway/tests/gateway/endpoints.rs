//! What is not a chat.

use crate::bed::Bed;
use serde_json::json;

#[tokio::test]
async fn vectors_come_in_the_form_that_the_client_asks_for() {
    let bed = Bed::new("").await;
    // Whether or not the provider has such a member.
    for model in ["openai/text-embedding-3-small", "gemini/gemini-embedding-001"] {
        let ask = async |format: &str| {
            let body = json!({ "model": model, "input": ["a", "b"], "encoding_format": format });
            bed.post("/v1/embeddings", body).await.json()
        };
        let numbers = ask("float").await;
        assert_eq!(numbers["data"].as_array().map(Vec::len), Some(2), "{numbers}");
        assert!(numbers["data"][0]["embedding"].is_array());
        let base64 = ask("base64").await;
        assert!(base64["data"][1]["embedding"].is_string(), "{base64}");
    }
}

#[tokio::test]
async fn a_client_of_googles_gets_vectors_of_whoever_has_the_model() {
    let bed = Bed::new("").await;
    for model in ["gemini/gemini-embedding-001", "openai/text-embedding-3-small"] {
        // As Google's SDKs write it.
        let content = json!({ "role": "user", "parts": [{ "text": "a" }] });
        let one = json!({ "model": format!("models/{model}"), "content": content });
        let body = json!({ "requests": [one] });
        let path = format!("/v1beta/models/{model}:batchEmbedContents");
        let answer = bed.post(&path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.json()["embeddings"][0]["values"].is_array(), "{}", answer.text());
    }
}

#[tokio::test]
async fn googles_clients_find_models_below_v1_too() {
    let bed = Bed::new("").await;
    let request = http::Request::get("/v1/models").header("x-goog-api-key", "k");
    let answer = bed.send(request.body(Default::default()).expect("a request")).await;
    let name = &answer.json()["models"][0]["name"];
    assert!(name.as_str().is_some_and(|name| name.starts_with("models/")), "{}", answer.text());
}

#[tokio::test]
async fn documents_are_ranked() {
    let bed = Bed::new("").await;
    let body = json!({
        "model": "cohere/rerank-v3.5", "query": "apple", "documents": ["a pear", "an apple"],
        "top_n": 1,
    });
    let answer = bed.post("/v1/rerank", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1), "{answer}");
    assert!(answer["results"][0]["relevance_score"].is_number());
}

#[tokio::test]
async fn a_request_has_its_id_where_the_clients_sdk_looks_for_it() {
    let bed = Bed::new("").await;
    for status in ["200", "error-400"] {
        let body = json!({
            "model": format!("anthropic/{status}"), "max_tokens": 9,
            "messages": [{ "role": "user", "content": "hello" }],
        });
        let answer = bed.post("/v1/messages", body).await;
        assert!(answer.header("request-id").is_some(), "{answer:?}");
        assert_eq!(answer.header("request-id"), answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn a_client_of_anthropics_reads_of_a_model_that_is_not_there() {
    let bed = Bed::new("").await;
    let request =
        http::Request::get("/v1/models/nothing").header("anthropic-version", "2023-06-01");
    let answer = bed.send(request.body(Default::default()).expect("a request")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"]["type"], "not_found_error", "{}", answer.text());
    assert!(answer.header("request-id").is_some());
}

#[tokio::test]
async fn a_conversation_that_another_provider_keeps_is_asked_for_as_a_whole() {
    let bed = Bed::new("").await;
    let body = json!({
        "model": "gemini/gemini-2.5-flash", "input": "go on", "previous_response_id": "resp_1",
    });
    let answer = bed.post("/v1/responses", body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"]["param"], "previous_response_id", "{}", answer.text());
    let body = json!({
        "model": "openai/gpt-4o", "max_tokens": 9,
        "thread": { "type": "continue", "previous_message_id": "msg_1" },
        "messages": [{ "role": "user", "content": "go on" }],
    });
    let answer = bed.post("/v1/messages", body).await;
    assert_eq!(answer.status, 400);
    let details = &answer.json()["error"]["details"];
    assert_eq!(details["error_code"], "thread_unsupported_request", "{}", answer.text());
    assert!(bed.mock.requests().is_empty());
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let bed = Bed::new("").await;
    let answer = bed.get("/v1/nothing").await;
    assert_eq!(answer.status, 404);
    assert!(answer.json()["error"]["message"].as_str().is_some(), "{}", answer.text());
    let answer = bed.get("/v1/chat/completions").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    assert_eq!(bed.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn what_is_under_way_ends_when_the_gateway_is_stopped() {
    let mut bed = Bed::new("").await;
    let request = http::Request::post("/v1/chat/completions").body(http_body_util::Full::from(
        json!({
            "model": "openai/gpt-4o", "stream": true,
            "messages": [{ "role": "user", "content": "one two three" }],
        })
        .to_string(),
    ));
    bed.mock.change(|mock| mock.gap = std::time::Duration::from_millis(20));
    let response = bed.open(request.expect("a request")).await;
    bed.begin_stop();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("a whole body");
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
    bed.stop().await;
}

/// Azure's clients name the model in the path, and many of them nowhere else.
#[tokio::test]
async fn a_model_in_azures_path_is_the_one_whatever_the_body_says() {
    let bed = Bed::new("[gateway.models.fast]\ndeployments = [\"openai/gpt-4o-mini\"]\n").await;
    for (path, body) in [
        ("chat/completions", json!({ "messages": [{ "role": "user", "content": "hi" }] })),
        ("completions", json!({ "prompt": "hi" })),
        ("embeddings", json!({ "input": "hi" })),
        ("images/generations", json!({ "prompt": "hi" })),
        ("audio/speech", json!({ "input": "hi", "voice": "alloy" })),
    ] {
        for name in ["fast", "openai/gpt-4o-mini", "openai%2Fgpt-4o-mini"] {
            for own in [None, Some("nobody/has-it")] {
                let mut body = body.clone();
                if let Some(own) = own {
                    body["model"] = own.into();
                }
                let path = format!("/openai/deployments/{name}/{path}?api-version=2024-10-21");
                let answer = bed.post(&path, body).await;
                assert_eq!(answer.status, 200, "{path} {own:?}: {}", answer.text());
            }
        }
    }
    let body = json!({ "messages": [{ "role": "user", "content": "hi" }] });
    let answer = bed.post("/openai/deployments/other/chat/completions", body).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[tokio::test]
async fn a_form_has_the_model_of_azures_path() {
    let bed = Bed::new("[gateway.models.fast]\ndeployments = [\"openai/whisper-1\"]\n").await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n\
                --b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nnobody/has-it\r\n--b--\r\n";
    let request = http::Request::post("/openai/deployments/fast/audio/transcriptions")
        .header("content-type", "multipart/form-data; boundary=b");
    let answer = bed.send(request.body(form.into()).expect("a request")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
