//! Responses that a provider keeps: whose they are, and what they cost.

use crate::world::{Answer, World};
use serde_json::{Value, json};
use std::sync::Arc;

const MODEL: &str = "responses/gpt-4o";

async fn send(world: &World, key: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    world.send(method, path, &[("authorization", &bearer)], body).await
}

async fn ask(world: &World, key: &str, more: Value) -> Answer {
    let mut body = json!({ "model": MODEL, "input": "one two three", "max_output_tokens": 16 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    send(world, key, "POST", "/v1/responses", &body.to_string()).await
}

/// The id of a new response.
async fn made(world: &World, key: &str, more: Value) -> String {
    ask(world, key, more).await.is(200).json()["id"].as_str().unwrap().to_owned()
}

async fn get(world: &World, key: &str, id: &str) -> Answer {
    send(world, key, "GET", &format!("/v1/responses/{id}"), "").await
}

async fn cost(world: &World, id: &str) -> f64 {
    let used = world.used(&format!("key={id}")).await;
    assert_eq!(used["estimated"], 0, "{used}");
    used["cost"].as_f64().unwrap()
}

#[tokio::test]
async fn a_response_is_its_key_s_and_nobody_else_has_it() {
    let world = World::new().await;
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(201);
    let (mine, me) = world.key(json!({ "team": "red" })).await;
    let (other, _) = world.key(json!({})).await;
    let (mate, _) = world.key(json!({ "team": "red" })).await;
    let id = made(&world, &mine, json!({})).await;
    world.mock.take_requests();
    for stranger in [&other, &mate, crate::world::ADMIN] {
        for (method, below) in [
            ("GET", ""),
            ("GET", "?stream=true"),
            ("GET", "/input_items"),
            ("POST", "/cancel"),
            ("DELETE", ""),
        ] {
            let path = format!("/v1/responses/{id}{below}");
            let answer = send(&world, stranger, method, &path, "").await.is(404);
            // As of one that nobody has.
            let message = format!("Response with id '{id}' not found.");
            assert_eq!(answer.json()["error"]["message"], message);
            assert_eq!(answer.header("x-hotcell-model"), None);
        }
        let answer = ask(&world, stranger, json!({ "previous_response_id": id })).await.is(400);
        assert_eq!(answer.json()["error"]["code"], "previous_response_not_found");
        let escaped = format!(
            "{{\"model\":\"{MODEL}\",\"input\":\"x\",\"previous_response_\\u0069d\":\"{id}\"}}"
        );
        send(&world, stranger, "POST", "/v1/responses", &escaped).await.is(400);
    }
    assert!(world.mock.requests().is_empty(), "{:?}", world.mock.requests());
    // Nobody without a key is told anything at all.
    get(&world, "hc-nobody", &id).await.is(401);
    // It stays theirs when the key gets another secret, and when the gateway starts anew.
    let again = world.admin("POST", &format!("/admin/keys/{me}/rotate"), Value::Null).await;
    let mine = again.is(200).json()["key"].as_str().unwrap().to_owned();
    let world = world.again().await;
    get(&world, &mine, &id).await.is(200);
    ask(&world, &mine, json!({ "previous_response_id": id })).await.is(200);
    get(&world, &other, &id).await.is(404);
    send(&world, &mine, "DELETE", &format!("/v1/responses/{id}"), "").await.is(200);
}

#[tokio::test]
async fn who_may_not_ask_for_responses_may_not_have_them_either() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    let response = made(&world, &key, json!({})).await;
    let path = format!("/admin/keys/{id}");
    let limits = |limits: Value| world.admin("PATCH", &path, json!({ "limits": limits }));
    limits(json!({ "endpoints": ["chat-completions"] })).await.is(200);
    get(&world, &key, &response).await.is(403);
    limits(json!({ "endpoints": ["responses"] })).await.is(200);
    get(&world, &key, &response).await.is(200);
    limits(json!({ "models": ["mock/*"] })).await.is(200);
    get(&world, &key, &response).await.is(403);
}

#[tokio::test]
async fn to_have_it_again_costs_nothing_but_a_request() {
    let world = World::new().await;
    let limits = json!({ "requests-per-minute": 4, "budget": { "total": 5 } });
    let (key, id) = world.key(json!({ "limits": limits })).await;
    let response = made(&world, &key, json!({})).await;
    let spent = cost(&world, &id).await;
    assert!(spent > 0.0);
    let mut statuses = Vec::new();
    for query in ["", "?stream=true", "", ""] {
        statuses.push(get(&world, &key, &format!("{response}{query}")).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    let used = world.used(&format!("key={id}")).await;
    assert_eq!((cost(&world, &id).await, &used["requests"]), (spent, &json!(4)));
    assert_eq!(used["unpriced"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_in_the_background_is_paid_for_once_by_whoever_sees_its_end() {
    let world = Arc::new(World::new().await);
    let (key, id) = world.key(json!({})).await;
    made(&world, &key, json!({})).await;
    let one = cost(&world, &id).await;
    let (key, id) = world.key(json!({ "limits": { "budget": { "total": 100.0 * one } } })).await;
    let response = made(&world, &key, json!({ "background": true })).await;
    assert_eq!(cost(&world, &id).await, 0.0);
    assert_eq!(get(&world, &key, &response).await.is(200).json()["status"], "in_progress");
    let asking = (0..20).map(|number| {
        let (world, key, response) = (world.clone(), key.clone(), response.clone());
        let query = if number % 2 == 0 { "" } else { "?stream=true" };
        tokio::spawn(async move {
            get(&world, &key, &format!("{response}{query}")).await.is(200);
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
    assert!((cost(&world, &id).await - one).abs() < 1e-9, "{one}");
    let left = world.admin("GET", &format!("/admin/budgets/keys/{id}"), Value::Null).await.json();
    let left = &left["budgets"][0];
    assert!((left["spent"].as_f64().unwrap() - one).abs() < 1e-9, "{left}");
    assert_eq!(left["held"], 0.0);
    // Nor does it cost anything once more after a restart.
    let world = Arc::into_inner(world).unwrap().again().await;
    get(&world, &key, &response).await.is(200);
    assert!((cost(&world, &id).await - one).abs() < 1e-9, "{one}");
}

/// Waits for what it costs. The gateway looks after it in its own time.
async fn paid(world: &World, id: &str) -> Value {
    let paid = async {
        loop {
            let used = world.used(&format!("key={id}")).await;
            if used["cost"].as_f64() > Some(0.0) {
                return used;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), paid).await.expect("it is paid for")
}

#[tokio::test]
async fn what_nobody_fetches_is_paid_for_and_held_until_then() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    made(&world, &key, json!({})).await;
    let one = cost(&world, &id).await;
    // Enough for what one is taken for, and not for two of them.
    let budget = 0.25;
    let (key, id) = world.key(json!({ "limits": { "budget": { "total": budget } } })).await;
    let response = made(&world, &key, json!({ "background": true })).await;
    assert_eq!(get(&world, &key, &response).await.is(200).json()["status"], "in_progress");
    let left = async || {
        let path = format!("/admin/budgets/keys/{id}");
        world.admin("GET", &path, Value::Null).await.json()["budgets"][0].clone()
    };
    assert!(left().await["held"].as_f64().unwrap() > budget / 2.0);
    ask(&world, &key, json!({ "background": true })).await.is(429);
    let used = paid(&world, &id).await;
    assert!((used["cost"].as_f64().unwrap() - one).abs() < 1e-9, "{used}");
    // The request itself, and that it was asked for once.
    assert_eq!((&used["requests"], &used["estimated"]), (&json!(2), &json!(0)));
    let left = left().await;
    assert_eq!(left["held"], 0.0, "{left}");
    assert!((left["spent"].as_f64().unwrap() - one).abs() < 1e-9, "{left}");
    get(&world, &key, &response).await.is(200);
    assert!((cost(&world, &id).await - one).abs() < 1e-9);
}

#[tokio::test]
async fn who_deletes_it_before_its_end_was_seen_pays_what_it_was_taken_for() {
    let world = World::new().await;
    let (key, id) = world.key(json!({ "limits": { "budget": { "total": 5 } } })).await;
    let response = made(&world, &key, json!({ "background": true })).await;
    send(&world, &key, "DELETE", &format!("/v1/responses/{response}"), "").await.is(200);
    let used = paid(&world, &id).await;
    assert_eq!((&used["estimated"], &used["output"]), (&json!(1), &json!(16)), "{used}");
}

#[tokio::test]
async fn who_leaves_before_it_is_taken_in_pays_what_it_was_taken_for() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    world.mock.change(|it| it.delay = std::time::Duration::from_secs(60));
    let body = json!({ "model": MODEL, "input": "one two three", "max_output_tokens": 16,
        "background": true });
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let client = world.begin("POST", "/v1/responses", &headers, &body.to_string()).await;
    while world.mock.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(client);
    let used = paid(&world, &id).await;
    assert_eq!((&used["estimated"], &used["output"]), (&json!(1), &json!(16)), "{used}");
}

#[tokio::test]
async fn what_is_due_is_known_after_a_restart_and_a_stream_to_its_end_pays_at_once() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    made(&world, &key, json!({})).await;
    let one = cost(&world, &id).await;
    let (key, id) = world.key(json!({})).await;
    let response = made(&world, &key, json!({ "background": true })).await;
    let world = world.again().await;
    get(&world, &key, &response).await.is(200);
    assert_eq!(cost(&world, &id).await, 0.0);
    get(&world, &key, &response).await.is(200);
    assert!((cost(&world, &id).await - one).abs() < 1e-9);
    ask(&world, &key, json!({ "background": true, "stream": true })).await.is(200);
    assert!((cost(&world, &id).await - 2.0 * one).abs() < 1e-9);
}
