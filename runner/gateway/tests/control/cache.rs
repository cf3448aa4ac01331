//! Answers that are kept: whose they are, and what they cost.

use crate::world::{World, chat};
use serde_json::{Value, json};

const HOUR: &str = "[gateway.cache]\nseconds = 3600\n";

/// Asks with a key, and tells whether the answer was kept.
async fn asked(world: &World, key: &str) -> String {
    let answer = world.chat(key, "mock/gpt-4o").await.is(200);
    answer.header("x-hotcell-cache").unwrap_or_default().to_owned()
}

#[tokio::test]
async fn no_key_is_given_what_another_was_answered() {
    let world = World::with(HOUR).await;
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(201);
    let (first, _) = world.key(json!({ "team": "red" })).await;
    let (second, _) = world.key(json!({ "team": "red" })).await;
    let (third, _) = world.key(json!({})).await;
    for key in [&first, &second, &third] {
        assert_eq!(asked(&world, key).await, "miss");
    }
    assert_eq!(world.mock.take_requests().len(), 3);
    for key in [&first, &second, &third] {
        assert_eq!(asked(&world, key).await, "hit");
    }
    // A new secret is the same key.
    let rotated = world.admin("GET", "/admin/keys", Value::Null).await.is(200).json();
    let id = rotated["data"][0]["id"].as_str().unwrap();
    let new = world.admin("POST", &format!("/admin/keys/{id}/rotate"), Value::Null).await.is(200);
    assert_eq!(asked(&world, new.json()["key"].as_str().unwrap()).await, "hit");
}

#[tokio::test]
async fn a_team_or_everybody_shares_where_the_policy_says_so() {
    for (share, expected) in [("team", ["hit", "miss", "miss"]), ("all", ["hit", "hit", "hit"])] {
        let world = World::with(&format!("{HOUR}share = \"{share}\"\n")).await;
        for team in ["red", "blue"] {
            world.admin("POST", "/admin/teams", json!({ "id": team })).await.is(201);
        }
        let (first, _) = world.key(json!({ "team": "red" })).await;
        assert_eq!(asked(&world, &first).await, "miss");
        let teams = [json!({ "team": "red" }), json!({ "team": "blue" }), json!({})];
        for (members, expected) in teams.into_iter().zip(expected) {
            let (key, _) = world.key(members).await;
            assert_eq!(asked(&world, &key).await, expected, "{share}");
        }
    }
}

#[tokio::test]
async fn what_is_given_again_costs_nothing_and_counts_as_a_request() {
    let world = World::with(HOUR).await;
    let limits = json!({ "limits": { "requests-per-minute": 3, "budget": { "day": 100 } } });
    let (key, id) = world.key(limits).await;
    assert_eq!(asked(&world, &key).await, "miss");
    let query = format!("key={id}&by=model");
    let first = world.used(&query).await;
    assert_eq!((&first["requests"], &first["cached"]), (&json!(1), &json!(0)), "{first}");
    for _ in 0..2 {
        assert_eq!(asked(&world, &key).await, "hit");
    }
    // It stands beside the model whose answer it is, and adds nothing to what that cost.
    let used = world.used(&query).await;
    assert_eq!((&used["requests"], &used["cached"]), (&json!(3), &json!(2)), "{used}");
    for member in ["model", "cost", "input", "output", "failures", "estimated", "unpriced"] {
        assert_eq!(used[member], first[member], "{member}");
    }
    // The rate of a minute holds for it: unless the minute turned while this ran, it is used up.
    let over = world.chat(&key, "mock/gpt-4o").await;
    if over.status != 200 {
        assert_eq!((over.status, over.header("x-hotcell-cache")), (429, None), "{over:?}");
        assert!(over.header("retry-after").is_some());
    }
    assert_eq!(world.mock.requests().len(), 1);
}

#[tokio::test]
async fn what_a_key_may_not_ask_is_not_given_to_it_from_what_was_kept() {
    let world = World::with(&format!("{HOUR}share = \"all\"\n")).await;
    let (first, id) = world.key(json!({})).await;
    assert_eq!(asked(&world, &first).await, "miss");
    let (other, _) = world.key(json!({ "limits": { "models": ["claude/*"] } })).await;
    let refused = world.chat(&other, "mock/gpt-4o").await.is(403);
    assert_eq!(refused.header("x-hotcell-cache"), None);
    let (other, _) = world.key(json!({ "limits": { "endpoints": ["embeddings"] } })).await;
    world.chat(&other, "mock/gpt-4o").await.is(403);
    world.admin("PATCH", &format!("/admin/keys/{id}"), json!({ "blocked": true })).await.is(200);
    world.chat(&first, "mock/gpt-4o").await.is(401);
    world.send("POST", "/v1/chat/completions", &[], &chat("mock/gpt-4o")).await.is(401);
    // A budget that is used up is used up, also for what costs nothing.
    let (spent, id) = world.key(json!({ "limits": { "budget": { "total": 0.000001 } } })).await;
    let mut first = chat("mock/gpt-4o");
    first = first.replace("one two three", "something else");
    let bearer = format!("Bearer {spent}");
    world.send("POST", "/v1/chat/completions", &[("authorization", &bearer)], &first).await.is(200);
    let used = world.used(&format!("key={id}")).await;
    assert!(used["cost"].as_f64().unwrap() > 0.000001, "{used}");
    world.chat(&spent, "mock/gpt-4o").await.is(429);
}

#[tokio::test]
async fn what_a_provider_keeps_is_asked_of_it_each_time() {
    let world = World::with(HOUR).await;
    let (key, _) = world.key(json!({ "limits": { "budget": { "day": 100 } } })).await;
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    let ask = async |more: Value| {
        let mut body = json!({ "model": "responses/gpt-4o", "input": "one two three" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told = world.send("POST", "/v1/responses", &headers, &body.to_string()).await.is(200);
        let id = told.json()["id"].as_str().unwrap().to_owned();
        (told.header("x-hotcell-cache").unwrap_or_default().to_owned(), id)
    };
    let get =
        async |id: &str| world.send("GET", &format!("/v1/responses/{id}"), &headers, "").await;
    let bypass = |asked: (String, String)| {
        assert_eq!(asked.0, "bypass");
        asked.1
    };
    let first = bypass(ask(json!({})).await);
    assert_ne!(bypass(ask(json!({})).await), first);
    for _ in 0..2 {
        bypass(ask(json!({ "previous_response_id": first, "store": false })).await);
    }
    // One that is not over yet is another one when it is.
    let response = bypass(ask(json!({ "background": true })).await);
    for status in ["in_progress", "completed"] {
        let told = get(&response).await.is(200);
        assert_eq!(told.json()["status"], status);
        assert_eq!(told.header("x-hotcell-cache"), None);
    }
    // What no provider keeps is kept here, and is nothing to be asked for.
    for found in ["miss", "hit"] {
        let (asked, id) = ask(json!({ "store": false })).await;
        assert_eq!(asked, found);
        get(&id).await.is(404);
    }
}
