//! Answers in the background: what is held for them among gateways, and paid.

use crate::bed::{Answer, Bed, Node, send};
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// Enough for what one answer is taken for, and not for two of them.
const BUDGET: f64 = 0.25;

fn ask(node: &Node, key: &str, background: bool) -> Answer {
    let body = json!({
        "model": "responses/gpt-4o", "input": "one two three", "max_output_tokens": 16,
        "background": background,
    });
    let bearer = format!("Bearer {key}");
    send(node.address, "POST", "/v1/responses", &bearer, &body.to_string())
}

/// The id of an answer that is made in the background.
fn begun(node: &Node, key: &str) -> String {
    let answer = ask(node, key, true);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn get(node: &Node, key: &str, id: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let answer = send(node.address, "GET", &format!("/v1/responses/{id}"), &bearer, "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// What is spent and what is held of a key's budget.
fn budget(node: &Node, id: &str) -> (f64, f64) {
    let left = node.admin("GET", &format!("/admin/budgets/keys/{id}"), &json!({})).json();
    let amount = |name: &str| left["budgets"][0][name].as_f64().unwrap();
    (amount("spent"), amount("held"))
}

/// What one answer costs.
fn one(node: &Node) -> f64 {
    let (key, id) = node.key(json!({ "budget": { "total": 100 } }));
    assert_eq!(ask(node, &key, false).status, 200);
    budget(node, &id).0
}

fn limits() -> Value {
    json!({
        "budget": { "total": BUDGET }, "requests-per-minute": 1000,
        "tokens-per-minute": 1_000_000,
    })
}

/// Gateways look after answers in their own time.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn holds(bed: &Bed) -> String {
    bed.server.sql("SELECT COUNT(*) FROM hotcell.holds")
}

#[test]
fn it_is_held_until_it_is_over_and_paid_once() {
    for bed in [Bed::new(), Bed::with_valkey()].into_iter().flatten() {
        let nodes = [bed.node(), bed.node()];
        let one = one(&nodes[0]);
        let (key, id) = nodes[0].key(limits());
        let response = begun(&nodes[0], &key);
        // The request is over. What its answer is taken to use is held, for everybody.
        let (spent, held) = budget(&nodes[1], &id);
        assert!(spent == 0.0 && held > BUDGET / 2.0, "{spent} {held}");
        assert_eq!(ask(&nodes[1], &key, true).status, 429);
        assert_eq!(ask(&nodes[0], &key, true).status, 429);
        // Nobody else fetches it.
        get(&nodes[1], &key, &response);
        until("it is paid for", || budget(&nodes[1], &id).0 > 0.0);
        let (spent, held) = budget(&nodes[0], &id);
        assert!(near(spent, one) && held == 0.0, "{spent} {held} {one}");
        for node in nodes.iter().cycle().take(6) {
            get(node, &key, &response);
        }
        let (spent, held) = budget(&nodes[0], &id);
        assert!(near(spent, one) && held == 0.0, "{spent} {held} {one}");
        // What it held is free, once: there is room for one more, and not for two.
        begun(&nodes[1], &key);
        assert_eq!(ask(&nodes[0], &key, true).status, 429);
        nodes.into_iter().for_each(Node::end);
        assert_eq!(holds(&bed), "0");
    }
}

#[test]
fn whoever_sees_its_end_first_it_is_paid_once() {
    let Some(bed) = Bed::new() else { return };
    let nodes = [bed.node(), bed.node()];
    let one = one(&nodes[0]);
    let (key, id) = nodes[0].key(limits());
    let response = begun(&nodes[0], &key);
    // The gateway that was not asked for it finds out first.
    while get(&nodes[1], &key, &response).json()["status"] != "completed" {}
    assert!(near(budget(&nodes[0], &id).0, one));
    until("nothing is held", || holds(&bed) == "0");
    // Many at once, of the gateway that holds it and of the other one.
    let response = begun(&nodes[0], &key);
    thread::scope(|scope| {
        for number in 0..12 {
            let (node, key, response) = (&nodes[number % 2], &key, &response);
            scope.spawn(move || get(node, key, response));
        }
    });
    until("nothing is held", || holds(&bed) == "0");
    let (spent, held) = budget(&nodes[1], &id);
    assert!(near(spent, 2.0 * one) && held == 0.0, "{spent} {held} {one}");
    let due = bed.server.sql("SELECT COUNT(*) FROM hotcell.responses WHERE due");
    assert_eq!(due, "0");
}

#[test]
fn a_gateway_that_ends_holds_nothing_and_the_next_one_is_paid() {
    let Some(bed) = Bed::new() else { return };
    let nodes = [bed.node(), bed.node()];
    let one = one(&nodes[0]);
    let (key, id) = nodes[0].key(limits());
    let response = begun(&nodes[0], &key);
    let [first, second] = nodes;
    assert!(budget(&second, &id).1 > 0.0);
    first.end();
    assert_eq!((budget(&second, &id), holds(&bed)), ((0.0, 0.0), "0".to_owned()));
    while get(&second, &key, &response).json()["status"] != "completed" {}
    assert!(near(budget(&second, &id).0, one));
    // It is nobody else's, through whichever gateway.
    let (other, _) = second.key(json!({}));
    let bearer = format!("Bearer {other}");
    let path = format!("/v1/responses/{response}");
    assert_eq!(send(second.address, "GET", &path, &bearer, "").status, 404);
}
