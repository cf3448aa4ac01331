use super::{CLIENT_KEY, MODELS, ask, holds_no_secret};
use crate::bed::{Answer, Bed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::json;

async fn get(bed: &Bed, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(Request::get(path), |it, (name, value)| it.header(*name, *value));
    bed.send(request.body(Full::default()).expect("a request")).await
}

#[tokio::test]
async fn the_page_needs_nothing_but_itself() {
    let bed = Bed::new(MODELS).await;
    ask(&bed, "fast", false).await;
    ask(&bed, "<script>alert(1)</script>", false).await;
    let page = bed.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = page.text();
    for none in ["<script", "src=", "href=\"http", "href=\"//", "style=", "onload", "alert(1)"] {
        assert!(!text.contains(none), "{none}");
    }
    assert!(text.contains("http-equiv=\"refresh\""));
    assert!(!bed.get("/?still").await.text().contains("http-equiv=\"refresh\""));
    let style = bed.get("/status.css").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(!style.text().contains("url(") && !style.text().contains("@import"));
    for path in ["/", "/status.json", "/audit.json"] {
        holds_no_secret(&bed.get(path).await.text());
    }
}

#[tokio::test]
async fn the_page_says_what_is_going_on() {
    let bed = Bed::new(MODELS).await;
    ask(&bed, "fast", false).await;
    ask(&bed, "broken", false).await;
    let body = json!({
        "model": "openai/endless", "stream": true,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let request = Request::post("/v1/chat/completions").body(Full::from(body.to_string()));
    let mut stream = bed.open(request.expect("a request")).await;
    stream.body_mut().frame().await.expect("a frame").expect("a frame");
    let status = bed.get("/status.json").await.json();
    assert_eq!(status["now"]["requests"], 1, "{status:#}");
    assert_eq!(status["live"][0]["phase"], "streaming");
    assert_eq!(status["live"][0]["deployment"], "openai/*", "nobody configured that model");
    assert_eq!(
        (&status["total"]["requests"], &status["total"]["failures"]),
        (&json!(2), &json!(1))
    );
    let models = status["models"].as_array().expect("models");
    let broken = models.iter().find(|it| it["model"] == "broken").expect("it");
    assert_eq!((&broken["state"], &broken["cool-downs"]), (&json!("cooling"), &json!(1)));
    let providers = status["providers"].as_array().expect("providers");
    let openai = providers.iter().find(|it| it["name"] == "openai").expect("it");
    assert_eq!((&openai["ready"], &openai["requests"]), (&json!(true), &json!(2)));
    assert!(openai["bytes-received"].as_u64() > Some(0), "{openai}");
    let adapters = status["adapters"].as_array().expect("adapters");
    let openai = adapters.iter().find(|it| it["name"] == "openai").expect("it");
    let may = openai["capabilities"].as_array().expect("capabilities");
    assert!(may.iter().any(|it| it["words"].as_str().is_some_and(|it| it.contains("POST"))));
    let page = bed.get("/").await.text();
    for said in
        ["chat-completions", "streaming", "cooling", "openai/gpt-4o", "granted by the bundle"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[tokio::test]
async fn it_is_shown_to_this_machine_alone() {
    let bed = Bed::new(MODELS).await;
    for path in ["/", "/status.json", "/audit.json", "/metrics"] {
        for headers in [
            // A name of somebody else's that leads here.
            &[("host", "evil.example:4000")][..],
            &[("host", "127.0.0.1.evil.example")],
            // A proxy that passes on what others ask.
            &[("x-forwarded-for", "203.0.113.7")],
            &[("forwarded", "for=203.0.113.7")],
        ] {
            let answer = get(&bed, path, headers).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            assert!(!answer.text().contains("openai/gpt-4o"), "{}", answer.text());
        }
        assert_eq!(get(&bed, path, &[("host", "localhost")]).await.status, 200, "{path}");
        let posted = bed.post(path, json!({})).await;
        assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    bed.stop().await;
    let bed = Bed::new("[gateway.status]\nloopback = false\n").await;
    for path in ["/", "/status.json", "/audit.json", "/metrics"] {
        let key = format!("Bearer {CLIENT_KEY}");
        assert_eq!(get(&bed, path, &[("authorization", &key)]).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn the_operators_key_opens_it_and_no_other_does() {
    const KEY: &str = "operator-key-0123456789";
    let folder = tempfile::tempdir().expect("a folder");
    let bed = Bed::new(&format!(
        "[gateway]\nadmin-key = \"cmd:printf %s {KEY}\"\naccess = \"keys\"\n\
         [gateway.state]\nfolder = {:?}\n[gateway.status]\nloopback = false\n",
        folder.path()
    ))
    .await;
    let basic = |key: &str| format!("Basic {}", STANDARD.encode(format!("me:{key}")));
    let bearer = |key: &str| format!("Bearer {key}");
    let made = Request::post("/admin/keys").header("authorization", bearer(KEY));
    let made = bed.send(made.body(Full::from("{}")).expect("a request")).await.json();
    let client = made["secret"].as_str().or(made["key"].as_str()).unwrap_or_default().to_owned();
    assert!(client.starts_with("hck-"), "{made}");
    for path in ["/", "/status.json", "/audit.json", "/metrics"] {
        for said in [basic(KEY), bearer(KEY)] {
            let answer = get(&bed, path, &[("authorization", &said)]).await;
            assert_eq!(answer.status, 200, "{path}");
            for secret in [KEY, &client] {
                assert!(!answer.text().contains(secret), "{path}");
            }
        }
        let none = get(&bed, path, &[]).await;
        assert_eq!(none.status, 401, "{path}");
        assert!(none.header("www-authenticate").is_some_and(|it| it.starts_with("Basic")));
        let prefix = &KEY[..KEY.len() - 1];
        for said in [basic(&client), bearer(&client), basic(""), basic(prefix), bearer(prefix)] {
            let answer = get(&bed, path, &[("authorization", &said)]).await;
            assert_eq!(answer.status, 401, "{path} {said}");
        }
        let twice = [("authorization", &*basic(KEY)), ("authorization", "Basic x")];
        assert_eq!(get(&bed, path, &twice).await.status, 401, "{path}");
    }
    // Browsers send it along by themselves, so that it changes nothing.
    let asked = Request::get("/admin/keys").header("authorization", basic(KEY));
    let asked = bed.send(asked.body(Full::default()).expect("a request")).await;
    assert_eq!(asked.status, 401, "{}", asked.text());
    let at = Request::get("/metrics").header("authorization", bearer(KEY));
    let at = bed.open_at(bed.metrics, at.body(Full::default()).expect("a request")).await;
    assert_eq!(at.status(), 200);
    let at = Request::get("/admin/keys").header("authorization", bearer(KEY));
    let at = bed.open_at(bed.metrics, at.body(Full::default()).expect("a request")).await;
    assert_eq!(at.status(), 404, "metrics are all that is there");
}
