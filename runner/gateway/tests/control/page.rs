//! Pages in browsers, and what their browsers are told.

use crate::world::{ADMIN, World, chat, config, gateway};
use hotcell_mock::Mock;
use serde_json::json;

const CHAT: &str = "/v1/chat/completions";
const APP: (&str, &str) = ("origin", "https://app.example.com");
const ELSEWHERE: (&str, &str) = ("origin", "https://evil.example");
const ASKS: [(&str, &str); 2] = [
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "authorization,content-type,x-stainless-os"),
];

async fn world(origins: &[&str]) -> World {
    let (folder, mock) = (tempfile::tempdir().unwrap(), Mock::start().await.unwrap());
    let mut config = config(folder.path(), &mock, "");
    config.gateway.as_mut().unwrap().origins = origins.iter().map(|it| it.to_string()).collect();
    World::serving(gateway(config).unwrap(), folder, mock).await
}

#[tokio::test]
async fn a_page_that_is_named_may_ask_and_read_what_it_has_a_key_for() {
    let world = world(&["https://app.example.com"]).await;
    let (key, _) = world.key(json!({})).await;
    let told = world.send("OPTIONS", CHAT, &[&[APP][..], &ASKS].concat(), "").await.is(204);
    assert_eq!(told.header("access-control-allow-origin"), Some(APP.1));
    assert_eq!(told.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(told.header("access-control-allow-headers"), Some(ASKS[1].1));
    // Nobody's cookies are wanted.
    assert_eq!(told.header("access-control-allow-credentials"), None);
    let bearer = format!("Bearer {key}");
    let headers = [APP, ("authorization", &bearer)];
    let answer = world.send("POST", CHAT, &headers, &chat("mock/gpt-4o")).await.is(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP.1));
    assert_eq!(answer.header("vary"), Some("origin"));
    // Why it is not let in, it may read; and it is not let in for being named.
    let refused = world.send("POST", CHAT, &[APP], &chat("mock/gpt-4o")).await.is(401);
    assert_eq!(refused.header("access-control-allow-origin"), Some(APP.1));
    assert_eq!(world.mock.requests().len(), 1);
}

#[tokio::test]
async fn no_other_page_is_told_that_it_may() {
    for origins in [&["https://app.example.com"][..], &[]] {
        let world = world(origins).await;
        let pages = [&[ELSEWHERE][..], &[APP, ELSEWHERE], &[("origin", "null")], &[]];
        for page in pages {
            let told = world.send("OPTIONS", CHAT, &[page, &ASKS].concat(), "").await.is(405);
            assert_eq!(told.header("access-control-allow-origin"), None, "{page:?}");
            let answer = world.send("POST", CHAT, page, &chat("mock/gpt-4o")).await.is(401);
            assert_eq!(answer.header("access-control-allow-origin"), None, "{page:?}");
        }
    }
}

/// What an operator sees and does is not for pages from elsewhere, whatever is named.
#[tokio::test]
async fn the_operators_own_pages_are_nobody_elses() {
    let world = world(&["*"]).await;
    let admin = format!("Bearer {ADMIN}");
    for path in ["/", "/status.json", "/audit.json", "/metrics", "/admin/keys"] {
        let headers = [APP, ("authorization", admin.as_str())];
        let answer = world.send("GET", path, &headers, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
        let told = world.send("OPTIONS", path, &[&[APP][..], &ASKS].concat(), "").await;
        assert_ne!(told.status, 204, "{path}");
        assert_eq!(told.header("access-control-allow-origin"), None, "{path}");
    }
    let told = world.send("OPTIONS", CHAT, &[&[ELSEWHERE][..], &ASKS].concat(), "").await.is(204);
    assert_eq!(told.header("access-control-allow-origin"), Some(ELSEWHERE.1));
    // What there is not, nobody may ask for.
    let lost = [APP, ("access-control-request-method", "PATCH")];
    world.send("OPTIONS", CHAT, &lost, "").await.is(405);
    world.send("OPTIONS", "/v1/elsewhere", &[&[APP][..], &ASKS].concat(), "").await.is(404);
}

#[tokio::test]
async fn a_page_of_somebody_elses_needs_a_key() {
    let (folder, mock) = (tempfile::tempdir().unwrap(), Mock::start().await.unwrap());
    let mut config = config(folder.path(), &mock, "");
    let table = config.gateway.as_mut().unwrap();
    table.access = Some(hotcell::AccessMode::Open);
    table.origins = vec!["https://app.example.com".to_owned()];
    let error = gateway(config).err().unwrap();
    assert_eq!(error.setting(), ["gateway", "origins"]);
    assert!(error.to_string().contains("hotcell keys create"), "{error}");
}
