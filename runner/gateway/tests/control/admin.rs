//! The admin API, as its operator sees it.

use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_key_is_shown_once_and_changed_member_by_member() {
    let world = World::new().await;
    let members = json!({
        "alias": "ci", "expires-in": "30d", "metadata": { "owner": "me" },
        "limits": { "models": ["mock/*"], "budget": { "month": 20, "day": 1.5 } },
    });
    let made = world.admin("POST", "/admin/keys", members).await.is(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let made = made.json();
    let id = made["id"].as_str().unwrap();
    let at = format!("/admin/keys/{id}");
    let shown = world.admin("GET", &at, Value::Null).await.is(200).json();
    assert!(shown.get("key").is_none() && shown.get("hash").is_none(), "{shown}");
    assert_eq!(
        shown["limits"]["budget"],
        json!({ "day": 1.5, "week": null, "month": 20.0, "total": null })
    );
    assert!(shown["expires"].as_str().unwrap() > shown["created"].as_str().unwrap());
    let patch = json!({ "limits": { "budget": { "day": null }, "requests-per-minute": 5 } });
    let changed = world.admin("PATCH", &at, patch).await.is(200).json();
    assert_eq!(changed["limits"]["budget"]["day"], Value::Null);
    assert_eq!(changed["limits"]["budget"]["month"], 20.0);
    assert_eq!(changed["limits"]["models"], json!(["mock/*"]));
    assert_eq!(changed["alias"], "ci");
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_by_name() {
    let world = World::new().await;
    let (_, id) = world.key(json!({})).await;
    let at = format!("/admin/keys/{id}");
    for (patch, name) in [
        (json!({ "id": "key-other" }), "id"),
        (json!({ "hash": "00" }), "hash"),
        (json!({ "created": "2020-01-01T00:00:00Z" }), "created"),
        (json!({ "budget": 5 }), "budget"),
        (json!({ "team": "nobody" }), "team"),
        (json!({ "expires-in": "soon" }), "expires-in"),
        (json!({ "alias": "" }), "alias"),
        (json!({ "alias": "a\nb" }), "alias"),
        (json!({ "metadata": { "a": "b".repeat(20_000) } }), "metadata"),
        (json!({ "limits": { "models": ["a".repeat(300)] } }), "limits.models"),
    ] {
        let refused = world.admin("PATCH", &at, patch.clone()).await.is(400).json();
        assert_eq!(refused["error"]["param"], name, "{patch}");
    }
    for patch in [
        json!({ "limits": { "budget": { "year": 5 } } }),
        json!({ "limits": { "budget": { "day": -5 } } }),
        json!({ "limits": { "budget": { "day": "5" } } }),
        json!({ "limits": { "budget": 5 } }),
        json!({ "limits": { "model": ["x"] } }),
        json!({ "limits": [] }),
        json!({ "limits": { "budget": [] } }),
        json!({ "blocked": "no" }),
        json!({ "metadata": [] }),
        json!({ "expires": "tomorrow" }),
    ] {
        world.admin("PATCH", &at, patch).await.is(400);
    }
    world.send("POST", "/admin/keys", &[("x-api-key", crate::world::ADMIN)], "[]").await.is(400);
    world.send("POST", "/admin/keys", &[("x-api-key", crate::world::ADMIN)], "{").await.is(400);
    world.admin("POST", "/admin/teams", json!({ "id": "a/b" })).await.is(400);
    world.admin("POST", "/admin/teams", json!({})).await.is(400);
    world.admin("PUT", &at, json!({})).await.is(405);
    world.admin("GET", "/admin/keys?limit=5000", Value::Null).await.is(400);
    world.admin("GET", "/admin/keys?offset=5", Value::Null).await.is(400);
    world.admin("GET", "/admin/usage?by=hour", Value::Null).await.is(400);
    world.admin("GET", "/admin/usage?since=2026-13-01", Value::Null).await.is(400);
    // Nothing of that left anything behind.
    let shown = world.admin("GET", &at, Value::Null).await.is(200).json();
    assert_eq!(shown["limits"]["models"], json!([]));
}

#[tokio::test]
async fn pages_hold_everything_once() {
    let world = World::new().await;
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(201);
    let mut made = BTreeSet::new();
    for number in 0..7 {
        let team = if number % 2 == 0 { json!("red") } else { Value::Null };
        made.insert(world.key(json!({ "team": team })).await.1);
    }
    for (filter, expected) in [("", 7_usize), ("&team=red", 4)] {
        let mut seen = BTreeSet::new();
        let mut after = String::new();
        let mut pages = 0;
        loop {
            let path = format!("/admin/keys?limit=3&after={after}{filter}");
            let page = world.admin("GET", &path, Value::Null).await.is(200).json();
            pages += 1;
            for key in page["data"].as_array().unwrap() {
                assert!(seen.insert(key["id"].as_str().unwrap().to_owned()), "{page}");
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (expected, expected.div_ceil(3)));
        assert!(seen.is_subset(&made));
    }
}

#[tokio::test]
async fn a_team_is_there_once_and_budgets_show_what_is_left() {
    let world = World::new().await;
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(201);
    world.admin("POST", "/admin/teams", json!({ "id": "red" })).await.is(409);
    world.admin("PATCH", "/admin/budgets/teams/red", json!({ "total": 5 })).await.is(200);
    let (key, id) = world.key(json!({ "team": "red" })).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
    let spent = world.used(&format!("key={id}")).await["cost"].as_f64().unwrap();
    assert!(spent > 0.0);
    let listed = world.admin("GET", "/admin/budgets/teams", Value::Null).await.is(200).json();
    let total = &listed["data"][0]["budgets"][0];
    assert_eq!((total["window"].as_str(), total["limit"].as_f64()), (Some("total"), Some(5.0)));
    assert_eq!(total["spent"].as_f64().unwrap(), spent);
    assert_eq!(total["held"], 0.0);
    assert!((total["left"].as_f64().unwrap() - (5.0 - spent)).abs() < 1e-9);
    // Keys without a budget are not listed.
    let listed = world.admin("GET", "/admin/budgets/keys", Value::Null).await.is(200).json();
    assert_eq!(listed["data"], json!([]));
}
