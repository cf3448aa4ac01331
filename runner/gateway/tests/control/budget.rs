//! What may be spent, and what was.

use crate::world::{World, chat};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// What one request of `chat` costs, to the client of this world.
async fn one(world: &World) -> f64 {
    let (key, id) = world.key(json!({})).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    let used = world.used(&format!("key={id}")).await;
    assert_eq!((&used["requests"], &used["estimated"]), (&json!(1), &json!(0)), "{used}");
    used["cost"].as_f64().unwrap()
}

#[tokio::test]
async fn what_was_spent_is_the_price_of_what_the_provider_told() {
    let world = World::new().await;
    let cost = one(&world).await;
    let used = world.used("").await;
    let tokens = |name: &str| used[name].as_f64().unwrap();
    // A thousand and ten thousand dollars a million.
    assert!((cost - (tokens("input") * 0.001 + tokens("output") * 0.01)).abs() < 1e-9, "{used}");
    assert!(tokens("output") > 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_at_once_do_not_overrun_a_small_budget() {
    let world = Arc::new(World::new().await);
    let cost = one(&world).await;
    world.mock.take_requests();
    // What is held for each is more than it will cost: ten tokens of an answer, at 0.01.
    let budget = 0.5;
    let (key, id) = world.key(json!({ "limits": { "budget": { "day": budget } } })).await;
    world.mock.change(|it| it.delay = Duration::from_millis(50));
    let asking = (0..100).map(|_| {
        let (world, key) = (world.clone(), key.clone());
        tokio::spawn(async move { world.chat(&key, "mock/gpt-4o").await })
    });
    let mut answered = 0;
    for asked in asking.collect::<Vec<_>>() {
        let answer = asked.await.unwrap();
        match answer.status {
            200 => answered += 1,
            429 => assert!(answer.header("retry-after").is_some(), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
    assert!((1..100).contains(&answered), "{answered}");
    let used = world.used(&format!("key={id}")).await;
    let spent = used["cost"].as_f64().unwrap();
    assert_eq!(used["requests"], answered);
    assert!(spent <= budget + 1e-9, "{spent}");
    assert!((spent - f64::from(answered) * cost).abs() < 1e-9, "{spent} {answered} {cost}");
    assert_eq!(world.mock.requests().len(), answered as usize);
    // The rest is used by one at a time, and no more than one request beyond.
    world.mock.change(|it| it.delay = Duration::ZERO);
    let mut last = world.chat(&key, "mock/gpt-4o").await;
    while last.status == 200 {
        last = world.chat(&key, "mock/gpt-4o").await;
    }
    assert_eq!((last.status, last.header("x-should-retry")), (429, Some("false")), "{last:?}");
    let wait: u64 = last.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=24 * 60 * 60).contains(&wait));
    let spent = world.used(&format!("key={id}")).await["cost"].as_f64().unwrap();
    assert!(spent >= budget && spent <= budget + cost + 1e-9, "{spent}");
}

#[tokio::test]
async fn a_budget_is_for_all_keys_of_a_team_and_outlives_the_gateway() {
    let world = World::new().await;
    let cost = one(&world).await;
    let team = json!({ "id": "red", "limits": { "budget": { "total": 2.5 * cost } } });
    world.admin("POST", "/admin/teams", team).await.is(201);
    let (first, _) = world.key(json!({ "team": "red" })).await;
    let (second, _) = world.key(json!({ "team": "red" })).await;
    world.chat(&first, "mock/gpt-4o").await.is(200);
    world.chat(&second, "mock/gpt-4o").await.is(200);
    let world = world.again().await;
    world.chat(&first, "mock/gpt-4o").await.is(200);
    let world = world.again().await;
    world.chat(&second, "mock/gpt-4o").await.is(429);
    world.chat(&first, "mock/gpt-4o").await.is(429);
}

#[tokio::test]
async fn somebody_with_a_budget_uses_nothing_whose_price_nobody_knows() {
    let world = World::new().await;
    let (key, _) = world.key(json!({ "limits": { "budget": { "total": 5 } } })).await;
    world.chat(&key, "mock/gpt-4o-mini").await.is(403);
    assert!(world.mock.requests().is_empty());
    let (key, id) = world.key(json!({})).await;
    world.chat(&key, "mock/gpt-4o-mini").await.is(200);
    let used = world.used(&format!("key={id}")).await;
    assert_eq!((&used["unpriced"], &used["cost"]), (&json!(1), &json!(0.0)));
}

#[tokio::test]
async fn an_error_of_the_provider_costs_nothing_and_holds_nothing() {
    let world = World::with("[gateway.prices.\"mock/error-400\"]\ninput = 1\noutput = 1\n").await;
    let (key, id) = world.key(json!({ "limits": { "budget": { "total": 5 } } })).await;
    world.chat(&key, "mock/error-400").await.is(400);
    let used = world.used(&format!("key={id}")).await;
    assert_eq!((&used["requests"], &used["failures"]), (&json!(1), &json!(1)));
    assert_eq!(used["cost"], 0.0);
    let left = world.admin("GET", &format!("/admin/budgets/keys/{id}"), Value::Null).await.json();
    assert_eq!(
        (&left["budgets"][0]["held"], &left["budgets"][0]["spent"]),
        (&json!(0.0), &json!(0.0))
    );
}

#[tokio::test]
async fn rates_are_told_and_kept() {
    let world = World::new().await;
    let limits = json!({ "requests-per-minute": 3, "tokens-per-minute": 1_000_000 });
    let (key, id) = world.key(json!({ "limits": limits })).await;
    let mut statuses = Vec::new();
    // A minute may begin in between.
    while statuses.iter().filter(|status| **status == 429).count() == 0 && statuses.len() < 7 {
        let answer = world.chat(&key, "mock/gpt-4o").await;
        assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("3"), "{answer:?}");
        assert_eq!(answer.header("x-ratelimit-limit-tokens"), Some("1000000"));
        let left: u64 = answer.header("x-ratelimit-remaining-requests").unwrap().parse().unwrap();
        assert!(left < 3 && (answer.status == 200 || left == 0), "{answer:?}");
        assert!(answer.header("x-ratelimit-reset-requests").unwrap().ends_with('s'));
        if answer.status == 429 {
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{answer:?}");
            assert_eq!(answer.header("x-should-retry"), None);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(world.mock.requests().len(), statuses.len() - 1);
    // What was refused is in no account.
    assert_eq!(world.used(&format!("key={id}")).await["requests"], statuses.len() - 1);
    let (key, _) = world.key(json!({ "limits": { "requests-per-minute": 3 } })).await;
    let body = json!({
        "model": "mock/gpt-4o", "max_tokens": 10,
        "messages": [{ "role": "user", "content": "hi" }],
    });
    let answer =
        world.send("POST", "/v1/messages", &[("x-api-key", &key)], &body.to_string()).await;
    assert_eq!(answer.header("anthropic-ratelimit-requests-limit"), Some("3"), "{answer:?}");
    assert!(answer.header("anthropic-ratelimit-requests-reset").unwrap().ends_with('Z'));
    assert_eq!(answer.header("x-ratelimit-limit-requests"), None);
}

#[tokio::test]
async fn tokens_are_limited_by_what_a_request_may_use() {
    let world = World::new().await;
    let limits = json!({ "tokens-per-minute": 12 });
    let (key, _) = world.key(json!({ "limits": limits })).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    let mut last = world.chat(&key, "mock/gpt-4o").await;
    if last.status == 200 {
        // A minute began in between.
        last = world.chat(&key, "mock/gpt-4o").await;
    }
    assert_eq!(last.status, 429, "{last:?}");
}

#[tokio::test]
async fn who_leaves_pays_for_what_came() {
    let world = World::with("[gateway.prices.\"mock/silent\"]\ninput = 1\noutput = 1\n").await;
    let (key, id) = world.key(json!({ "limits": { "budget": { "total": 1000 } } })).await;
    let mut body: Value = serde_json::from_str(&chat("mock/endless")).unwrap();
    body["stream"] = json!(true);
    let mut leaving = Vec::new();
    for stream in [true, false] {
        body["stream"] = json!(stream);
        body["model"] = json!(if stream { "mock/endless" } else { "mock/silent" });
        let headers = [("x-api-key", key.as_str())];
        let mut client =
            world.begin("POST", "/v1/chat/completions", &headers, &body.to_string()).await;
        while world.mock.requests().len() < leaving.len() + 1 {
            tokio::task::yield_now().await;
        }
        if stream {
            let mut some = [0; 12];
            client.read_exact(&mut some).await.unwrap();
        }
        leaving.push(client);
    }
    drop(leaving);
    let mut used = Value::Null;
    while used["requests"] != 2 {
        used = world.used(&format!("key={id}")).await;
        tokio::task::yield_now().await;
    }
    assert_eq!((&used["failures"], &used["estimated"]), (&json!(2), &json!(2)), "{used}");
    // The prompts at least, as they were taken for.
    assert!(used["input"].as_u64().unwrap() >= 2, "{used}");
    assert!(used["cost"].as_f64().unwrap() > 0.0, "{used}");
    let left = world.admin("GET", &format!("/admin/budgets/keys/{id}"), Value::Null).await.json();
    assert_eq!(left["budgets"][0]["held"], 0.0);
    assert_eq!(left["budgets"][0]["spent"], used["cost"]);
}

#[tokio::test]
async fn no_client_has_the_whole_of_an_answer_before_its_account_is_kept() {
    let world = World::new().await;
    let (key, id) = world.key(json!({})).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    // Somebody else writes, and takes their time: nothing can be committed until they are done.
    let file = world.folder.path().join("state/gateway.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut clients = Vec::new();
    for stream in [false, true] {
        let mut body: Value = serde_json::from_str(&chat("mock/gpt-4o")).unwrap();
        body["stream"] = json!(stream);
        let headers = [("x-api-key", key.as_str())];
        let path = "/v1/chat/completions";
        clients.push(world.begin("POST", path, &headers, &body.to_string()).await);
    }
    let mut answers = [Vec::new(), Vec::new()];
    for (client, answer) in clients.iter_mut().zip(&mut answers) {
        let ended = client.read_to_end(answer);
        let ended = tokio::time::timeout(Duration::from_millis(700), ended).await;
        assert!(ended.is_err(), "{}", String::from_utf8_lossy(answer));
    }
    other.execute_batch("ROLLBACK").unwrap();
    for (client, answer) in clients.iter_mut().zip(&mut answers) {
        client.read_to_end(answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(answer));
    }
    let count = "SELECT SUM(requests) FROM usage WHERE key = ?1";
    let count: i64 = other.query_row(count, [&id], |row| row.get(0)).unwrap();
    assert_eq!(count, 3);
}
