//! What images cost that are told as a stream, and what counts cost.

use crate::upstream::{PATIENCE, Step, Upstream, find, respond};
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

const PATH: &str = "/v1/images/generations";

/// A gateway in front of a provider whose tokens cost a thousandth of a dollar, and a hundredth.
async fn world(script: &[Vec<Step>], more: &str) -> (Upstream, World) {
    let upstream = Upstream::new().await;
    upstream.script("m", script);
    let prices = "[gateway.prices.\"up/m\"]\ninput = 1000\noutput = 10000\n";
    let world = World::with(&(upstream.provider_of("up", "openai-media") + prices + more)).await;
    (upstream, world)
}

fn drawn() -> Step {
    let usage = json!({ "input_tokens": 5, "output_tokens": 10, "total_tokens": 15 });
    let answer = json!({ "data": [{ "b64_json": "AAAA" }], "usage": usage });
    respond(200, "content-type: application/json\r\n", answer.to_string().as_bytes())
}

fn image(stream: bool) -> String {
    json!({ "model": "up/m", "prompt": "a cat that sits", "stream": stream }).to_string()
}

async fn begin(world: &World, key: &str) -> TcpStream {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    world.begin("POST", PATH, &headers, &image(true)).await
}

/// Reads until this has come, or to the end where that is nothing.
async fn read(client: &mut TcpStream, what: &str) -> String {
    let mut all = Vec::new();
    let reading = async {
        while what.is_empty() || find(&all, what.as_bytes()).is_none() {
            let mut piece = [0; 4096];
            match client.read(&mut piece).await.unwrap() {
                0 => break,
                count => all.extend_from_slice(&piece[..count]),
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_stream_costs_what_the_whole_does_and_has_its_limits() {
    let (upstream, world) = world(&[vec![drawn()]], "").await;
    for stream in [false, true] {
        let (key, id) = world.key(json!({ "limits": { "budget": { "total": 0.1 } } })).await;
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = world.send("POST", PATH, &headers, &image(stream)).await.is(200);
        assert_eq!(answer.header("x-hotcell-cost"), Some("0.105"), "{stream}");
        let used = world.used(&format!("key={id}")).await;
        let sums = ["requests", "failures", "estimated", "input", "output"];
        assert_eq!(sums.map(|name| used[name].as_u64().unwrap()), [1, 0, 0, 5, 10], "{used}");
        assert_eq!(used["cost"], 0.105, "{used}");
        // No head of a stream says yes to who has nothing left.
        world.send("POST", PATH, &headers, &image(stream)).await.is(429);
    }
    world.send("POST", PATH, &[("content-type", "application/json")], &image(true)).await.is(401);
    assert_eq!(upstream.asked().len(), 2);
}

#[tokio::test]
async fn what_is_told_late_is_in_the_account_before_it_is_told() {
    let go = Arc::new(Notify::new());
    let script = [vec![Step::Until(go.clone()), drawn()]];
    let (_upstream, world) = world(&script, "[gateway.limits]\nsilence-ms = 20\n").await;
    let (key, id) = world.key(json!({})).await;
    let mut client = begin(&world, &key).await;
    read(&mut client, ": the answer goes on\n\n").await;
    go.notify_one();
    read(&mut client, "image_generation.completed").await;
    let used = world.used(&format!("key={id}")).await;
    assert_eq!((&used["requests"], &used["cost"]), (&json!(1), &json!(0.105)), "{used}");
    read(&mut client, "").await;
}

#[tokio::test]
async fn who_leaves_before_the_end_pays_for_what_was_asked() {
    let script = [vec![Step::Hold]];
    let (upstream, world) = world(&script, "[gateway.limits]\nsilence-ms = 20\n").await;
    let (key, id) = world.key(json!({})).await;
    let mut client = begin(&world, &key).await;
    read(&mut client, ": the answer goes on\n\n").await;
    upstream.was_asked(1).await;
    drop(client);
    upstream.was_left(1).await;
    let asking = async {
        loop {
            let used = world.used(&format!("key={id}")).await;
            if used["requests"] == 1 {
                return used;
            }
        }
    };
    let used: Value = tokio::time::timeout(PATIENCE, asking).await.unwrap();
    let sums = ["failures", "estimated", "input", "output"];
    assert_eq!(sums.map(|name| used[name].as_u64().unwrap()), [1, 1, 4, 0], "{used}");
}

#[tokio::test]
async fn a_count_of_the_gateway_s_own_costs_nothing_and_is_for_who_may_ask() {
    let world = World::new().await;
    let body = json!({ "model": "mock/gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    let (path, body) = ("/v1/messages/count_tokens", body.to_string());
    for (members, status) in [
        (json!({ "limits": { "budget": { "total": 1 } } }), 200),
        (json!({ "limits": { "models": ["other/*"] } }), 403),
        (json!({ "limits": { "endpoints": ["embeddings"] } }), 403),
    ] {
        let (key, id) = world.key(members).await;
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = world.send("POST", path, &headers, &body).await.is(status);
        let is_estimated = answer.header("x-hotcell-count") == Some("estimated");
        assert_eq!(is_estimated, status == 200, "{answer:?}");
        if status == 200 {
            let used = world.used(&format!("key={id}")).await;
            let sums = ["requests", "failures", "input", "output"];
            assert_eq!(sums.map(|name| used[name].as_u64().unwrap()), [1, 0, 0, 0], "{used}");
            assert_eq!(used["cost"], 0.0, "{used}");
        }
    }
    world.send("POST", path, &[("content-type", "application/json")], &body).await.is(401);
    assert!(world.mock.requests().is_empty());
}
