//! A gateway that asks nobody for a key, and pages in a browser on its machine.

use crate::bed::{Answer, Bed};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

async fn ask(bed: &Bed, path: &str, headers: &[(&str, &str)]) -> Answer {
    let body = match path {
        "/v1/responses" => json!({ "model": "openai/gpt-4o", "input": "hi" }),
        _ => json!({ "model": "openai/gpt-4o", "max_tokens": 9,
            "messages": [{ "role": "user", "content": "hi" }] }),
    };
    bed.post_with(path, headers, body).await
}

#[tokio::test]
async fn a_page_whose_name_leads_here_is_not_let_in() {
    let bed = Bed::new("").await;
    let port = bed.addr.port();
    let elsewhere = [
        vec![("host", "evil.example")],
        vec![("host", "evil.example:4000")],
        vec![("host", "127.0.0.1.evil.example")],
        vec![("host", "localhost.evil.example:80")],
        // With a name of this machine, but of another page.
        vec![("host", "localhost"), ("origin", "https://evil.example")],
        vec![("host", "localhost"), ("origin", "null")],
        vec![("origin", "http://localhost"), ("origin", "https://evil.example")],
        // Nor does it help to say that one is somebody else.
        vec![("host", "evil.example"), ("x-forwarded-host", "localhost")],
        vec![("host", "evil.example"), ("authorization", "Bearer anything")],
    ];
    for headers in &elsewhere {
        for path in ["/v1/chat/completions", "/v1/responses", "/v1/messages"] {
            let answer = ask(&bed, path, headers).await;
            assert_eq!(answer.status, 403, "{headers:?} {}", answer.text());
            // In the words of whoever asks.
            let error = answer.json()["error"].clone();
            assert!(error["message"].as_str().unwrap().contains("`hosts` of [gateway]"), "{error}");
            let kind =
                if path == "/v1/messages" { "permission_error" } else { "invalid_request_error" };
            assert_eq!(error["type"], kind, "{error}");
        }
        let mut request = Request::get("/v1/models");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(bed.send(request.body(Full::<Bytes>::default()).unwrap()).await.status, 403);
    }
    assert!(bed.mock.requests().is_empty());
    let own = [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
    for host in &own {
        for headers in [vec![], vec![("origin", "http://localhost:3000")]] {
            let headers = [vec![("host", host.as_str())], headers].concat();
            assert_eq!(ask(&bed, "/v1/responses", &headers).await.status, 200, "{headers:?}");
        }
    }
    bed.stop().await;
}

#[tokio::test]
async fn an_operator_names_this_machine_as_he_likes() {
    let bed = Bed::new("[gateway]\nhosts = [\"llm.home\"]\n").await;
    for headers in [vec![("host", "llm.home:8080")], vec![("origin", "https://llm.home")]] {
        assert_eq!(ask(&bed, "/v1/responses", &headers).await.status, 200, "{headers:?}");
    }
    assert_eq!(ask(&bed, "/v1/responses", &[("host", "my.llm.home")]).await.status, 403);
    bed.stop().await;
}
