//! What clients of other gateways could make them do: go where a client says, run what a
//! client says, be whom a client says, and tell the provider who the client is.

use crate::bed::Bed;
use crate::upstream::{Upstream, say};
use serde_json::{Value, json};

/// Headers by which some gateway or other lets itself be led.
const LEADING: [&str; 16] = [
    "x-forwarded-host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-real-ip",
    "forwarded",
    "via",
    "x-original-url",
    "x-rewrite-url",
    "x-portkey-custom-host",
    "x-portkey-provider",
    "x-api-base",
    "x-base-url",
    "x-litellm-api-base",
    "x-hotcell-host",
    "x-provider",
    "proxy",
];

/// Headers by which a client says who it is, to the gateway and to nobody else.
const CREDENTIALS: [(&str, &str); 8] = [
    ("authorization", "Bearer client-secret-1"),
    ("proxy-authorization", "Basic client-secret-2"),
    ("x-api-key", "client-secret-3"),
    ("api-key", "client-secret-4"),
    ("x-goog-api-key", "client-secret-5"),
    ("cookie", "session=client-secret-6"),
    ("openai-organization", "client-secret-7"),
    ("openai-project", "client-secret-8"),
];

/// Somebody who must not be asked, a provider, and a gateway.
async fn bed() -> (Upstream, Upstream, Bed) {
    let (evil, upstream) = (Upstream::new().await, Upstream::new().await);
    evil.script("*", [say("evil")]);
    upstream.script("*", [say("good")]);
    let bed = Bed::new(&upstream.provider("up")).await;
    (evil, upstream, bed)
}

fn question(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] })
}

#[tokio::test]
async fn no_member_of_a_request_says_where_to_go() {
    let (evil, upstream, bed) = bed().await;
    let url = format!("http://{}/v1", evil.addr);
    let host = evil.addr.to_string();
    for member in [
        "api_base",
        "base_url",
        "baseURL",
        "api_url",
        "endpoint",
        "endpoints",
        "host",
        "url",
        "proxy",
        "custom_host",
        "custom_llm_provider",
        "api_key",
        "organization",
        "aws_bedrock_runtime_endpoint",
        "vertex_location",
        "azure_endpoint",
        "client",
        "extra_headers",
        "extra_body",
        "extra_query",
        "litellm_params",
        "litellm_metadata",
        "metadata",
        "router",
        "callbacks",
        "headers",
        "fallbacks",
        "model_list",
        "provider",
        "settings",
        "secrets",
        "adapter",
        "component",
    ] {
        for value in [
            json!(url),
            json!(host),
            json!({ "api_base": url, "base_url": url, "host": host, "url": url, "authorization": "x" }),
            json!([{ "model": "x", "api_base": url, "url": url }]),
        ] {
            let mut body = question("up/m");
            body[member] = value;
            bed.post("/v1/chat/completions", body).await;
        }
    }
    for model in [
        format!("up/m@{host}"),
        format!("up/{url}"),
        format!("{url}/m"),
        format!("//{host}/m"),
        format!("up/../{url}"),
        format!("openai/m?base={url}"),
        format!("up/m\r\nhost: {host}"),
        "http://169.254.169.254/latest/m".to_owned(),
        "../../etc/passwd".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        for path in ["/v1/chat/completions", "/v1/messages", "/v1/embeddings"] {
            let mut body = question(&model);
            body["input"] = json!("hi");
            let answer = bed.post(path, body).await;
            assert!(!answer.text().contains("root:"), "{model}");
        }
    }
    assert!(evil.asked().is_empty(), "{:?}", evil.asked());
    for asked in upstream.asked() {
        let host = format!("host: {}", upstream.addr);
        assert!(asked.head.to_ascii_lowercase().contains(&host), "{}", asked.head);
        assert!(asked.head.starts_with("POST /v1/"), "{}", asked.head);
    }
}

#[tokio::test]
async fn no_header_of_a_request_says_where_to_go_or_reaches_the_provider() {
    let (evil, upstream, bed) = bed().await;
    let url = format!("http://{}/v1", evil.addr);
    for name in LEADING {
        for value in [url.as_str(), "evil.example", "127.0.0.1"] {
            let answer =
                bed.post_with("/v1/chat/completions", &[(name, value)], question("up/m")).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            let said = format!("{:?}", answer.headers);
            assert!(!said.contains(value), "{name} comes back: {said}");
        }
    }
    assert!(evil.asked().is_empty());
    for asked in upstream.asked() {
        let head = asked.head.to_ascii_lowercase();
        assert!(
            !head.contains("evil") && !LEADING.iter().any(|name| head.contains(name)),
            "{head}"
        );
    }
}

#[tokio::test]
async fn who_the_client_is_reaches_no_provider() {
    let (_, upstream, bed) = bed().await;
    for model in ["up/m", "openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]
    {
        for path in ["/v1/chat/completions", "/v1/messages"] {
            let mut body = question(model);
            body["max_tokens"] = json!(9);
            let answer = bed.post_with(path, &CREDENTIALS, body).await;
            assert_eq!(answer.status, 200, "{model}, {path}: {}", answer.text());
            assert!(!answer.text().contains("client-secret"), "{}", answer.text());
        }
    }
    let path = "/v1beta/models/up%2Fm:generateContent?key=client-secret-9";
    let gemini = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
    assert_eq!(bed.post(path, gemini).await.status, 200);
    assert_eq!(upstream.asked().len(), 3);
    for asked in upstream.asked() {
        assert!(!(asked.head + &String::from_utf8_lossy(&asked.body)).contains("client-secret"));
    }
    for asked in bed.mock.take_requests() {
        let said = format!("{:?} {} {:?}", asked.headers, asked.path, asked.body);
        assert!(!said.contains("client-secret"), "{said}");
    }
}

/// A provider of whom the client's words are the words of the dialect: none of them is a
/// command, a file or a tool server of this machine.
#[tokio::test]
async fn nothing_of_a_request_is_run_or_read_here() {
    let (_, upstream, bed) = bed().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("mark");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "the words of a file").expect("a file");
    let command = format!("touch {}", mark.display());
    let file = format!("file://{}", secret.display());
    let server = json!({
        "type": "mcp", "server_label": "a", "name": "a", "server_url": file, "url": file,
        "transport": "stdio", "command": "sh", "args": ["-c", command],
        "env": { "LD_PRELOAD": secret.display().to_string() },
    });
    let run =
        json!({ "command": "sh", "args": ["-c", command], "api_key": format!("cmd:{command}") });
    for (path, body) in [
        ("/v1/chat/completions", json!({ "tools": [server], "mcp_servers": [server] })),
        ("/v1/responses", json!({ "input": "hi", "tools": [server] })),
        ("/v1/messages", json!({ "max_tokens": 9, "mcp_servers": [server], "tools": [server] })),
        (
            "/v1/chat/completions",
            json!({ "plugins": [run], "guardrails": [run], "hooks": run, "callbacks": [run] }),
        ),
        (
            "/v1/chat/completions",
            json!({ "secrets": { "api-key": format!("cmd:{command}") }, "api_key": format!("file:{}", secret.display()) }),
        ),
        (
            "/v1/chat/completions",
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": file } }] }] }),
        ),
        (
            "/v1/messages",
            json!({ "max_tokens": 9, "messages": [{ "role": "user", "content": [{ "type": "image", "source": { "type": "url", "url": file } }] }] }),
        ),
    ] {
        let mut whole = question("up/m");
        for (name, value) in body.as_object().expect("an object") {
            whole[name] = value.clone();
        }
        bed.post(path, whole).await;
    }
    for path in ["/v1/mcp", "/mcp", "/v1/tools", "/sse", "/mcp/tools/call", "/v1/files"] {
        assert_eq!(bed.post(path, server.clone()).await.status, 404, "{path}");
    }
    assert_eq!(bed.post("/admin/../etc/passwd", server.clone()).await.status, 403);
    assert!(!mark.exists(), "a command was run");
    for asked in upstream.asked() {
        assert!(!asked.text().contains("the words of a file"), "{}", asked.text());
    }
}
