//! Who is let in.

use crate::world::{ADMIN, Answer, World, chat, config, gateway};
use hotcell_gateway::GatewayError;
use hotcell_mock::Mock;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_key_opens_wherever_an_sdk_puts_it_and_nothing_else_does() {
    let world = World::new().await;
    let (key, _) = world.key(json!({})).await;
    let bearer = format!("Bearer {key}");
    for header in [
        ("authorization", bearer.as_str()),
        ("x-api-key", &key),
        ("api-key", &key),
        ("x-goog-api-key", &key),
    ] {
        world.send("POST", CHAT, &[header], &chat("mock/gpt-4o")).await.is(200);
    }
    assert_eq!(world.mock.take_requests().len(), 4);
    world.send("POST", CHAT, &[], &chat("mock/gpt-4o")).await.is(401);
    // In the address only where a dialect wants it there.
    let path = format!("{CHAT}?key={key}");
    world.send("POST", &path, &[], &chat("mock/gpt-4o")).await.is(401);
    assert!(world.mock.requests().is_empty());
}

#[tokio::test]
async fn no_part_of_a_key_opens_and_no_remembered_one_opens_for_another() {
    let world = World::new().await;
    let (key, _) = world.key(json!({})).await;
    // It is remembered from here on.
    world.chat(&key, "mock/gpt-4o").await.is(200);
    world.mock.take_requests();
    let mut other = key.clone();
    let last = if other.pop() == Some('A') { 'B' } else { 'A' };
    other.push(last);
    for wrong in [
        &key[..key.len() - 1],
        &key[..12],
        "hck-",
        &format!("{key}x"),
        &format!("{key} {key}"),
        &key.to_uppercase(),
        &other,
        &key[4..],
    ] {
        world.chat(wrong, "mock/gpt-4o").await.is(401);
    }
    assert!(world.mock.requests().is_empty());
    world.chat(&key, "mock/gpt-4o").await.is(200);
}

#[tokio::test]
async fn what_is_written_into_the_authorization_header_is_no_statement() {
    let world = World::new().await;
    let (key, _) = world.key(json!({})).await;
    for wrong in [
        "' OR '1'='1",
        "hck-' OR 1=1 --",
        "x'; DROP TABLE keys; --",
        "hck-%' UNION SELECT record FROM keys --",
        "\" OR \"\"=\"",
        "hck-*",
        "%",
        "_",
        "1 OR 1",
        "(SELECT hash FROM keys)",
    ] {
        world.chat(wrong, "mock/gpt-4o").await.is(401);
        for name in ["x-api-key", "api-key", "x-goog-api-key"] {
            world.send("POST", CHAT, &[(name, wrong)], &chat("mock/gpt-4o")).await.is(401);
        }
        // The admin API looks for ids and names in the same file.
        let encoded: String = wrong.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for path in ["keys?after=", "keys?team=", "teams?after=", "usage?key=", "usage?model="] {
            let listed = world.admin("GET", &format!("/admin/{path}{encoded}"), Value::Null).await;
            assert!([200, 400].contains(&listed.status), "{listed:?}");
        }
        world.admin("DELETE", &format!("/admin/keys/{encoded}"), Value::Null).await.is(404);
    }
    assert!(world.mock.requests().is_empty());
    // Nothing is gone.
    world.chat(&key, "mock/gpt-4o").await.is(200);
}

#[tokio::test]
async fn neither_host_nor_what_a_proxy_adds_lets_anybody_in() {
    let world = World::new().await;
    let (key, _) = world.key(json!({})).await;
    let bearer = format!("Bearer {key}");
    let claims = [
        ("host", "localhost"),
        ("host", "127.0.0.1"),
        ("host", "admin"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1;host=localhost"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-user", "admin"),
        ("x-original-url", "/health/live"),
        ("x-rewrite-url", "/health/live"),
        ("x-http-method-override", "GET"),
        ("x-litellm-key-type", "admin"),
        ("x-admin", "true"),
        ("origin", "http://localhost"),
        ("referer", "http://localhost/admin"),
        ("cookie", "token=admin"),
    ];
    for claim in claims {
        world.send("POST", CHAT, &[claim], &chat("mock/gpt-4o")).await.is(401);
        world.send("GET", "/admin/keys", &[claim], "").await.is(401);
        let both = [claim, ("authorization", bearer.as_str())];
        world.send("GET", "/admin/keys", &both, "").await.is(403);
        world.send("POST", "/admin/keys", &both, "{}").await.is(403);
    }
    assert!(world.mock.requests().is_empty());
}

#[tokio::test]
async fn no_key_of_a_client_gets_to_any_route_of_the_admin_api() {
    let world = World::new().await;
    world.admin("POST", "/admin/teams", json!({ "id": "admin" })).await.is(201);
    let members = json!({ "alias": "admin", "team": "admin", "metadata": { "role": "admin" } });
    let (key, id) = world.key(members).await;
    let bearer = format!("Bearer {key}");
    let routes = [
        ("GET", "keys".to_owned()),
        ("POST", "keys".to_owned()),
        ("GET", format!("keys/{id}")),
        ("PATCH", format!("keys/{id}")),
        ("DELETE", format!("keys/{id}")),
        ("POST", format!("keys/{id}/rotate")),
        ("GET", "teams".to_owned()),
        ("POST", "teams".to_owned()),
        ("GET", "teams/admin".to_owned()),
        ("PATCH", "teams/admin".to_owned()),
        ("DELETE", "teams/admin".to_owned()),
        ("GET", "budgets/keys".to_owned()),
        ("PATCH", format!("budgets/keys/{id}")),
        ("PATCH", "budgets/teams/admin".to_owned()),
        ("GET", "usage".to_owned()),
        ("GET", String::new()),
        ("GET", "whatever".to_owned()),
        ("BREW", "keys".to_owned()),
    ];
    for (method, path) in &routes {
        for path in [format!("/admin/{path}"), format!("/admin//{path}"), format!("/admin/{path}/")]
        {
            let refused = world.send(method, &path, &[("authorization", &bearer)], "{}").await;
            assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
            let refused = world.send(method, &path, &[("x-api-key", &key)], "{}").await;
            assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
            let refused = world.send(method, &path, &[], "{}").await;
            assert_eq!(refused.status, 401, "{method} {path}: {refused:?}");
            assert_eq!(refused.json()["error"]["code"], "missing_api_key", "{method} {path}");
        }
    }
    // It is there yet, and as it was.
    let shown = world.admin("GET", &format!("/admin/keys/{id}"), Value::Null).await.is(200).json();
    assert_eq!(shown["alias"], "admin");
    world.chat(&key, "mock/gpt-4o").await.is(200);
}

#[tokio::test]
async fn without_an_admin_key_nobody_is_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start().await.unwrap();
    let mut config = config(folder.path(), &mock, "");
    config.gateway.as_mut().unwrap().admin_key = None;
    config.gateway.as_mut().unwrap().access = Some(hotcell::AccessMode::Open);
    let world = World::serving(gateway(config).unwrap(), folder, mock).await;
    for key in [ADMIN, "", "null", "undefined"] {
        let bearer = format!("Bearer {key}");
        world.send("GET", "/admin/keys", &[("authorization", &bearer)], "").await.is(403);
    }
}

#[tokio::test]
async fn the_operators_key_chats_as_well() {
    let world = World::new().await;
    world.chat(ADMIN, "mock/gpt-4o").await.is(200);
    assert_eq!(world.used("by=key").await["key"], "operator");
}

#[tokio::test]
async fn a_key_may_what_it_was_made_for() {
    let world = World::new().await;
    let limits = json!({ "models": ["mock/gpt-*"], "endpoints": ["chat-*"] });
    let (key, _) = world.key(json!({ "limits": limits })).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    world.chat(&key, "mock/endless").await.is(403);
    world.chat(&key, "claude/gpt-4o").await.is(403);
    // Whether there is such a model is none of its business.
    world.chat(&key, "nobody").await.is(403);
    world.send("POST", "/v1/messages", &[("x-api-key", &key)], &chat("mock/gpt-4o")).await.is(403);
    assert_eq!(world.mock.requests().len(), 1);
    // Why is said by the word that is documented.
    let code = |answer: Answer| answer.json()["error"]["code"].clone();
    assert_eq!(code(world.chat(&key, "nobody").await), "model_not_allowed");
    let embed = r#"{"model":"mock/gpt-4o","input":"x"}"#;
    let answer = world.send("POST", "/v1/embeddings", &[("x-api-key", &key)], embed).await;
    assert_eq!(code(answer), "endpoint_not_allowed");
    assert_eq!(code(world.send("POST", "/v1/embeddings", &[], embed).await), "missing_api_key");
    let (poor, _) = world.key(json!({ "limits": { "budget": { "day": 1 } } })).await;
    assert_eq!(code(world.chat(&poor, "mock/gpt-4o-mini").await), "model_price_unknown");
}

#[tokio::test]
async fn a_key_that_is_blocked_rotated_or_removed_opens_nothing_at_once() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    let at = format!("/admin/keys/{id}");
    world.chat(&key, "mock/gpt-4o").await.is(200);
    world.admin("PATCH", &at, json!({ "blocked": true })).await.is(200);
    world.chat(&key, "mock/gpt-4o").await.is(401);
    world.admin("PATCH", &at, json!({ "blocked": false })).await.is(200);
    world.chat(&key, "mock/gpt-4o").await.is(200);
    let rotated = world.admin("POST", &format!("{at}/rotate"), Value::Null).await.is(200).json();
    let new = rotated["key"].as_str().unwrap().to_owned();
    assert_ne!(new, key);
    world.chat(&key, "mock/gpt-4o").await.is(401);
    world.chat(&new, "mock/gpt-4o").await.is(200);
    world.admin("PATCH", &at, json!({ "expires": "2020-01-01T00:00:00Z" })).await.is(200);
    world.chat(&new, "mock/gpt-4o").await.is(401);
    world.admin("PATCH", &at, json!({ "expires": null })).await.is(200);
    world.chat(&new, "mock/gpt-4o").await.is(200);
    world.admin("DELETE", &at, Value::Null).await.is(200);
    world.chat(&new, "mock/gpt-4o").await.is(401);
    // What it spent stays.
    assert_eq!(world.used(&format!("key={id}&by=key")).await["requests"], 4);
}

#[tokio::test]
async fn a_blocked_team_closes_its_keys() {
    let world = World::new().await;
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(201);
    let (key, _) = world.key(json!({ "team": "red" })).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    world.admin("PATCH", "/admin/teams/red", json!({ "blocked": true })).await.is(200);
    world.chat(&key, "mock/gpt-4o").await.is(401);
    // It does not get free of its team.
    world.admin("DELETE", "/admin/teams/red", Value::Null).await.is(409);
    assert_eq!(world.used("team=red&by=team").await["requests"], 1);
}

#[tokio::test]
async fn the_text_of_a_key_is_nowhere() {
    let world = World::new().await;
    let (key, id) = world.key(json!({ "alias": "mine" })).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    let mut said = String::new();
    for path in
        ["keys", &format!("keys/{id}"), &format!("keys/{key}"), "usage?by=key", "budgets/keys"]
    {
        let told = world.admin("GET", &format!("/admin/{path}"), Value::Null).await;
        said.push_str(&told.body);
    }
    said.push_str(&world.chat(&format!("{key}x"), "mock/gpt-4o").await.body);
    assert!(!said.contains(&key[4..20]), "{said}");
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(world.folder.path().join("state")).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    assert!(bytes.len() > 4096);
    for secret in [&key.as_bytes()[4..20], ADMIN.as_bytes(), Mock::KEY.as_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    // Nor with the provider, who has a key of its own.
    for request in world.mock.requests() {
        assert!(!format!("{request:?}").contains(&key), "{request:?}");
    }
}

#[tokio::test]
async fn others_reach_no_gateway_that_asks_nobody_for_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start().await.unwrap();
    let of = |change: &dyn Fn(&mut hotcell::GatewayConfig)| {
        let mut config = config(folder.path(), &mock, "");
        change(config.gateway.as_mut().unwrap());
        gateway(config).unwrap()
    };
    let others = "0.0.0.0:4000".parse().unwrap();
    let own = "[::1]:4000".parse().unwrap();
    let keys = of(&|_| ());
    assert_eq!((keys.may_listen(others), keys.may_listen(own)), (Ok(()), Ok(())));
    drop(keys);
    let aloud = of(&|it| it.access = Some(hotcell::AccessMode::Open));
    assert_eq!(aloud.may_listen(others), Ok(()));
    drop(aloud);
    // Nothing is said; the state of whoever runs this may have keys, and then it asks for one.
    let silent = of(&|it| *it = hotcell::GatewayConfig::default());
    assert_eq!(silent.may_listen(own), Ok(()));
    if let Err(error) = silent.may_listen(others) {
        assert_eq!(error, GatewayError::Open(others));
        assert!(error.to_string().contains("hotcell keys create"), "{error}");
    }
}

#[tokio::test]
async fn one_gateway_serves_from_a_folder() {
    let world = World::new().await;
    let second = gateway(config(world.folder.path(), &world.mock, ""));
    let error = second.map(drop).unwrap_err().to_string();
    assert!(error.contains("another gateway serves from this folder"), "{error}");
}
