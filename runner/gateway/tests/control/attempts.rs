//! What attempts cost whose answers nobody got.

use crate::upstream::{
    PATIENCE, Step, Upstream, begin_stream, chunk, end, refuse, role, say, word,
};
use crate::world::{ADMIN, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;

/// A gateway in front of a provider with these scripts, whose model `m` is `up/a` and then
/// `up/b`.
async fn world(more: &str) -> (Upstream, World) {
    let upstream = Upstream::new().await;
    let price = |model: &str, input: u32, output: u32| {
        format!("[gateway.prices.\"up/{model}\"]\ninput = {input}\noutput = {output}\n\n")
    };
    let more = format!(
        "{}{}{}[gateway.models.m]\nstrategy = \"least-busy\"\n\
         deployments = [\"up/a\", \"up/b\"]\n{more}",
        upstream.provider("up"),
        price("a", 1000, 10_000),
        price("b", 3000, 20_000),
    );
    let world = World::with(&more).await;
    (upstream, world)
}

fn chat(stream: bool) -> String {
    json!({
        "model": "m", "max_tokens": 10, "stream": stream,
        "messages": [{ "role": "user", "content": "one two three four five" }],
    })
    .to_string()
}

/// What the provider says that it used so far.
fn usage(input: u64, output: u64) -> Step {
    let mut chunk: Value =
        serde_json::from_slice(&chunk(&json!({}), Value::Null)[b"data: ".len()..]).unwrap();
    chunk["choices"] = json!([]);
    chunk["usage"] = json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input.saturating_add(output),
    });
    Step::Send(format!("data: {chunk}\n\n").into_bytes())
}

/// A whole stream that says this, and then what it used.
fn stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    let Step::Send(end) = end() else { unreachable!() };
    let end = String::from_utf8(end).unwrap();
    let (finish, done) = end.split_at(end.find("data: [DONE]").unwrap());
    let send = |text: &str| Step::Send(text.as_bytes().to_vec());
    vec![
        begin_stream(),
        role(),
        word(text),
        send(finish),
        usage(input, output),
        send(done),
        Step::Close,
    ]
}

/// The accounts of a key, by the model: requests, failures, estimated, tokens of the prompt and
/// of the answer, and thousandths of a dollar.
type Accounts = BTreeMap<String, [u64; 6]>;

async fn accounts(world: &World, key: &str) -> Accounts {
    let path = format!("/admin/usage?by=model&key={key}");
    let page = world.admin("GET", &path, Value::Null).await.is(200).json();
    let sums = |row: &Value| {
        let count = |name: &str| row[name].as_u64().unwrap();
        let cost = (row["cost"].as_f64().unwrap() * 1e9).round() as u64;
        assert_eq!(cost % 1_000_000, 0, "{row}");
        let [requests, failures] = ["requests", "failures"].map(count);
        let [estimated, input, output] = ["estimated", "input", "output"].map(count);
        [requests, failures, estimated, input, output, cost / 1_000_000]
    };
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| (row["model"].as_str().unwrap().to_owned(), sums(row))).collect()
}

fn expected(rows: &[(&str, [u64; 6])]) -> Accounts {
    rows.iter().map(|(model, sums)| ((*model).to_owned(), *sums)).collect()
}

/// What is spent of a key's budget is what its accounts say, and nothing is held.
async fn is_spent(world: &World, key: &str, accounts: &Accounts) {
    let left = world.admin("GET", &format!("/admin/budgets/keys/{key}"), Value::Null).await.json();
    let cost = accounts.values().map(|sums| sums[5]).sum::<u64>() as f64 / 1000.0;
    let spent = left["budgets"][0]["spent"].as_f64().unwrap();
    assert!((spent - cost).abs() < 1e-9, "{left} {accounts:?}");
    assert_eq!(left["budgets"][0]["held"], 0.0, "{left}");
}

async fn key(world: &World) -> (String, String) {
    world.key(json!({ "limits": { "budget": { "total": 1000 } } })).await
}

/// The tokens that the prompt is taken for: four, and 23 bytes.
const PROMPT: u64 = 10;

#[tokio::test]
async fn one_that_told_its_usage_and_broke_is_paid_beside_the_one_that_answered() {
    let (upstream, world) = world("").await;
    let broken = vec![begin_stream(), role(), usage(100, 3), Step::Reset];
    upstream.script("a", [broken]);
    upstream.script("b", [stream("b", 50, 2)]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let answer = world.send("POST", "/v1/chat/completions", &headers, &chat(true)).await.is(200);
    assert!(answer.body.contains("[DONE]"), "{answer:?}");
    assert_eq!(upstream.models(), ["a", "b"]);
    let accounts = accounts(&world, &id).await;
    let rows = [("up/a", [0, 0, 1, 100, 3, 100 + 30]), ("up/b", [1, 0, 0, 50, 2, 150 + 40])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn what_failed_before_anything_came_costs_nothing() {
    let (upstream, world) = world("").await;
    upstream.script("a", [refuse(500, "", "server_error", "sorry")]);
    upstream.script("b", [say("b")]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    world.send("POST", "/v1/chat/completions", &headers, &chat(false)).await.is(200);
    assert_eq!(upstream.models(), ["a", "b"]);
    let accounts = accounts(&world, &id).await;
    assert_eq!(accounts, expected(&[("up/b", [1, 0, 0, 3, 2, 9 + 40])]));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn where_all_of_them_fail_each_is_paid_that_told_its_usage() {
    let (upstream, world) = world("retries = 1\n").await;
    upstream.script("a", [vec![begin_stream(), role(), usage(100, 3), Step::Reset]]);
    upstream.script("b", [vec![begin_stream(), role(), usage(20, 1), Step::Reset]]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let answer = world.send("POST", "/v1/chat/completions", &headers, &chat(true)).await;
    assert!(answer.status >= 500, "{answer:?}");
    let accounts = accounts(&world, &id).await;
    let rows = [("up/a", [0, 0, 1, 100, 3, 100 + 30]), ("up/b", [1, 1, 1, 20, 1, 60 + 20])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn the_loser_of_a_hedge_has_had_the_prompt() {
    let (upstream, world) = world("hedge-ms = 20\n").await;
    upstream.script("a", [vec![Step::Hold]]);
    upstream.script("b", [stream("b", 50, 2)]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    world.send("POST", "/v1/chat/completions", &headers, &chat(true)).await.is(200);
    upstream.was_left(1).await;
    let accounts = accounts(&world, &id).await;
    let rows = [("up/a", [0, 0, 1, PROMPT, 0, PROMPT]), ("up/b", [1, 0, 0, 50, 2, 150 + 40])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn a_hedge_that_is_refused_costs_nothing() {
    let (upstream, world) = world("hedge-ms = 20\n").await;
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let mut late = vec![Step::Until(go.clone())];
    late.extend(say("a"));
    upstream.script("a", [late]);
    upstream.script("b", [refuse(500, "", "server_error", "sorry")]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let body = chat(false);
    let asked = world.send("POST", "/v1/chat/completions", &headers, &body);
    let (answer, ()) = tokio::join!(asked, async {
        upstream.was_asked(2).await;
        go.notify_one();
    });
    answer.is(200);
    let accounts = accounts(&world, &id).await;
    assert_eq!(accounts, expected(&[("up/a", [1, 0, 0, 3, 2, 3 + 20])]));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn one_that_does_not_begin_in_time_has_had_the_prompt() {
    let (upstream, world) = world("start-ms = 500\n").await;
    upstream.script("a", [vec![begin_stream(), role(), Step::Hold]]);
    upstream.script("b", [stream("b", 50, 2)]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    world.send("POST", "/v1/chat/completions", &headers, &chat(true)).await.is(200);
    let accounts = accounts(&world, &id).await;
    let rows = [("up/a", [0, 0, 1, PROMPT, 0, PROMPT]), ("up/b", [1, 0, 0, 50, 2, 150 + 40])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn who_leaves_pays_for_everybody_who_was_asked() {
    let (upstream, world) = world("hedge-ms = 20\n").await;
    upstream.script("a", [vec![Step::Hold]]);
    upstream.script("b", [vec![Step::Hold]]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let client = world.begin("POST", "/v1/chat/completions", &headers, &chat(false)).await;
    upstream.was_asked(2).await;
    drop(client);
    upstream.was_left(2).await;
    let accounts = until(&world, &id, 2).await;
    let rows = [("up/a", [1, 1, 1, PROMPT, 0, PROMPT]), ("up/b", [0, 0, 1, PROMPT, 0, 3 * PROMPT])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn who_leaves_between_two_attempts_pays_for_what_was_told() {
    let (upstream, world) = world("").await;
    // Nobody is asked for as long as this one says.
    let later = refuse(429, "retry-after: 9\r\n", "rate_limit_exceeded", "later");
    upstream.script("a", [later.clone()]);
    upstream.script("b", [later]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let client = world.begin("POST", "/v1/chat/completions", &headers, &chat(false)).await;
    // Both have refused, and nobody is asked at the moment.
    let refused = "hotcell_deployment_failures_total{model=\"m\",deployment=\"up/b\"} 1";
    let bearer = format!("Bearer {ADMIN}");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = world.send("GET", "/metrics", &[("authorization", &bearer)], "").await.body;
        if seen.contains(refused) {
            break;
        }
        assert!(Instant::now() < deadline, "{seen}");
        tokio::task::yield_now().await;
    }
    drop(client);
    let accounts = until(&world, &id, 1).await;
    assert_eq!(accounts, expected(&[("up/b", [1, 1, 0, 0, 0, 0])]));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn a_stream_that_breaks_is_paid_by_what_was_told_or_by_what_came() {
    let (upstream, world) = world("").await;
    // Twelve bytes came, three tokens; and it told one.
    let told = vec![begin_stream(), role(), word("one two thre"), usage(100, 1), Step::Reset];
    // And of this one it told nothing.
    let untold = vec![begin_stream(), role(), word("one two thre"), Step::Reset];
    upstream.script("a", [told]);
    upstream.script("b", [untold]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    for model in ["up/a", "up/b"] {
        let body = chat(true).replace("\"m\"", &format!("\"{model}\""));
        let answer = world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
        assert!(answer.body.contains("\"error\""), "{answer:?}");
        assert!(!answer.body.contains("[DONE]"), "{answer:?}");
    }
    let accounts = until(&world, &id, 2).await;
    let rows =
        [("up/a", [1, 1, 1, 100, 3, 100 + 30]), ("up/b", [1, 1, 1, PROMPT, 3, 3 * PROMPT + 60])];
    assert_eq!(accounts, expected(&rows));
    is_spent(&world, &id, &accounts).await;
}

#[tokio::test]
async fn who_leaves_in_the_middle_pays_by_what_was_told() {
    let (upstream, world) = world("").await;
    upstream.script("a", [vec![begin_stream(), role(), usage(100, 7), word("one"), Step::Hold]]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let body = chat(true).replace("\"m\"", "\"up/a\"");
    let mut client = world.begin("POST", "/v1/chat/completions", &headers, &body).await;
    let mut read = Vec::new();
    while !read.windows(5).any(|it| it == b"\"one\"") {
        assert!(client.read_buf(&mut read).await.unwrap() > 0);
    }
    drop(client);
    upstream.was_left(1).await;
    let accounts = until(&world, &id, 1).await;
    assert_eq!(accounts, expected(&[("up/a", [1, 1, 1, 100, 7, 100 + 70])]));
    is_spent(&world, &id, &accounts).await;
}

/// Nobody waits for the account of somebody who left: until there are so many.
async fn until(world: &World, key: &str, rows: usize) -> Accounts {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let accounts = accounts(world, key).await;
        if accounts.len() >= rows {
            return accounts;
        }
        assert!(Instant::now() < deadline, "{accounts:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tokens_of_a_minute_are_those_of_all_attempts() {
    let (upstream, world) = world("").await;
    upstream.script("a", [vec![begin_stream(), role(), usage(100, 3), Step::Reset]]);
    upstream.script("b", [stream("b", 50, 2)]);
    let minute = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60;
    loop {
        let (secret, _) = world.key(json!({ "limits": { "tokens-per-minute": 1000 } })).await;
        let headers = [("x-api-key", secret.as_str())];
        let began = minute();
        let body = chat(true);
        world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
        let body = body.replace("\"m\"", "\"up/b\"");
        let answer = world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
        // Another minute may have begun in between.
        if minute() == began {
            // This one is taken for its prompt and ten tokens.
            let left = 1000 - (100 + 3) - (50 + 2) - (PROMPT + 10);
            let told = answer.header("x-ratelimit-remaining-tokens");
            assert_eq!(told, Some(left.to_string().as_str()), "{answer:?}");
            return;
        }
    }
}

#[tokio::test]
async fn a_provider_that_tells_more_than_there_is_breaks_nothing() {
    let least_used = "[gateway.models.n]\nstrategy = \"least-used\"\n\
                      deployments = [\"up/a\", \"up/b\"]\n";
    let (upstream, world) = world(least_used).await;
    let (much, most) = (usage(u64::MAX, u64::MAX), u64::MAX);
    upstream.script("a", [vec![begin_stream(), role(), much.clone(), Step::Reset]]);
    upstream.script("b", [stream("b", most, most)]);
    let (secret, id) = key(&world).await;
    let headers = [("x-api-key", secret.as_str())];
    let body = chat(true).replace("\"m\"", "\"n\"");
    for _ in 0..4 {
        let answer = world.send("POST", "/v1/chat/completions", &headers, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("[DONE]"), "{answer:?}");
    }
    let path = format!("/admin/usage?key={id}");
    let used = world.admin("GET", &path, Value::Null).await.is(200).json();
    assert_eq!(used["data"][0]["requests"], 4, "{used}");
    assert_eq!(used["data"][0]["failures"], 0, "{used}");
}

#[tokio::test]
async fn what_no_answer_can_have_used_is_not_believed() {
    let (upstream, world) = world("").await;
    let body = chat(true).replace("\"m\"", "\"up/b\"");
    for (input, output) in [(u64::MAX, 2), (50, u64::MAX), (1_000_000_001, 0)] {
        upstream.script("b", [stream("four", input, output)]);
        let (secret, id) = key(&world).await;
        let headers = [("x-api-key", secret.as_str())];
        for _ in 0..2 {
            world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
        }
        // It is neither free, nor does it take all that there is.
        let accounts = accounts(&world, &id).await;
        let cost = PROMPT * 3 + 20;
        let all = [2, 0, 2, 2 * PROMPT, 2, 2 * cost];
        assert_eq!(accounts, expected(&[("up/b", all)]), "{input} {output}");
    }
}

#[tokio::test]
async fn a_price_is_known_however_long_an_answer_may_be() {
    let (upstream, world) = world("").await;
    upstream.script("b", [stream("b", 50, 2)]);
    let (secret, _) = key(&world).await;
    let longest = u32::MAX.to_string();
    let body = chat(true).replace("\"m\"", "\"up/b\"");
    let body = body.replace(":10,", &format!(":{longest},\"n\":{longest},"));
    let headers = [("x-api-key", secret.as_str())];
    world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
}

#[tokio::test]
async fn however_many_models_a_client_makes_up_there_are_few_rows() {
    let (upstream, world) = world("").await;
    upstream.script("*", [refuse(404, "", "model_not_found", "no such model")]);
    let (secret, id) = world.key(json!({})).await;
    let headers = [("x-api-key", secret.as_str())];
    for number in 0..20 {
        for provider in ["nobody", "up"] {
            let body = chat(false).replace("\"m\"", &format!("\"{provider}/{number}\""));
            world.send("POST", "/v1/chat/completions", &headers, &body).await.is(404);
        }
    }
    let accounts = accounts(&world, &id).await;
    assert_eq!(accounts, expected(&[("*", [20, 20, 0, 0, 0, 0]), ("up/*", [20, 20, 0, 0, 0, 0])]));
    // One that somebody was paid for has its name.
    upstream.script("made-up", [stream("b", 50, 2)]);
    let body = chat(true).replace("\"m\"", "\"up/made-up\"");
    world.send("POST", "/v1/chat/completions", &headers, &body).await.is(200);
    let accounts = self::accounts(&world, &id).await;
    assert_eq!(accounts.get("up/made-up"), Some(&[1, 0, 0, 50, 2, 0]), "{accounts:?}");
}
