//! What is held and spent is so for all processes together.

use super::client::{Client, chat};
use super::upstream::{Upstream, world};
use super::{eventually, reload, serve};
use crate::servers::{Postgres, file};

#[test]
fn what_is_held_and_spent_is_so_for_both_of_two_that_serve() {
    holds_and_spends("folder = \"state\"");
}

#[test]
fn what_is_held_and_spent_is_so_at_a_server_as_well() {
    let Some(server) = Postgres::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = file(folder.path(), "address", &server.url());
    holds_and_spends(&format!("database = \"file:{}\"", address.display()));
    assert_eq!(server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
}

fn holds_and_spends(state: &str) {
    let upstream = Upstream::new();
    let more = format!(
        "[gateway]\nadmin-key = \"env:ADMIN_KEY\"\n\n[gateway.state]\n{state}\n\n\
         [gateway.prices.\"slow/m\"]\ninput = 1000.0\noutput = 10000.0\n",
    );
    let context = world(&upstream, &more);
    let made = ["keys", "create", "--json", "--budget-month", "3", "--requests-per-minute", "1000"];
    let made = context.run(&made).good().json();
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    let mut served = serve(&context, &[]);
    let mut body: serde_json::Value = serde_json::from_str(&chat("slow/m", true)).unwrap();
    // It is taken to cost two dollars at the most, and will have cost two.
    body["max_tokens"] = 200.into();
    let body = body.to_string();
    let mut first = Client::new(served.address);
    let mut second = Client::new(served.address);
    first.send("POST", "/v1/chat/completions", key, &body);
    let go = upstream.begun();
    assert_eq!(first.head().0, 200);
    let refused = second.ask("POST", "/v1/chat/completions", key, &body);
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.body.contains("rate_limit_exceeded"), "{}", refused.body);
    for number in 1..=2 {
        reload(&mut served, number);
        let refused = second.ask("POST", "/v1/chat/completions", key, &body);
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert!(refused.body.contains("rate_limit_exceeded"), "{}", refused.body);
    }
    go.send(()).unwrap();
    while first.chunk().is_some() {}
    // Two dollars are spent, one is left, and nothing is held: one more is let in.
    second.send("POST", "/v1/chat/completions", key, &body);
    let go = upstream.begun();
    assert_eq!(second.head().0, 200);
    eventually("it has ended", || served.workers().len() == 1);
    go.send(()).unwrap();
    while second.chunk().is_some() {}
    let refused = first.ask("POST", "/v1/chat/completions", key, &body);
    assert!(refused.body.contains("insufficient_quota"), "{}", refused.body);
    let used = context.run(&["usage", "--key", id, "--json"]).good().json()["usage"][0].clone();
    assert_eq!((&used["requests"], &used["cost"]), (&2.into(), &4.0.into()), "{used}");
}
