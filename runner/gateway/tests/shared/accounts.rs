//! Accounts are exact, whatever dies.

use crate::bed::{Bed, Node, chat};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

/// What the clients of a load were told.
#[derive(Default)]
struct Told {
    /// The marks of those who were answered, to the end of their answers.
    answered: BTreeSet<String>,
    others: Vec<u16>,
}

/// So many clients, of whom each asks so often.
fn load(addresses: &[SocketAddr], key: &str, clients: usize, each: usize) -> Vec<JoinHandle<Told>> {
    let client = |client: usize| {
        let (addresses, key) = (addresses.to_vec(), key.to_owned());
        thread::spawn(move || {
            let mut told = Told::default();
            for number in 0..each {
                let mark = format!("mark {client:02}{number:04}");
                let address = addresses[(client + number) % addresses.len()];
                let answer = chat(address, &key, &mark);
                match answer.is_whole() {
                    true => _ = told.answered.insert(mark),
                    false => told.others.push(answer.status),
                }
            }
            told
        })
    };
    (0..clients).map(client).collect()
}

fn ended(load: Vec<JoinHandle<Told>>) -> Told {
    let mut all = Told::default();
    for client in load {
        let told = client.join().unwrap();
        all.answered.extend(told.answered);
        all.others.extend(told.others);
    }
    all
}

/// What the upstream was asked, once for each time.
fn marks(bed: &Bed) -> Vec<String> {
    let mark = |body: Value| body["messages"][0]["content"].as_str().unwrap().to_owned();
    bed.mock.requests().iter().map(|request| mark(request.json())).collect()
}

/// Waits until the upstream was asked so often, while somebody still asks.
fn until(bed: &Bed, count: usize) {
    while bed.mock.requests().len() < count {
        thread::yield_now();
    }
}

#[test]
fn every_answer_is_accounted_for_once_when_postgresql_dies_under_load() {
    let Some(mut bed) = Bed::new() else { return };
    let nodes = [bed.node(), bed.node()];
    let (key, _) =
        nodes[0].key(json!({ "budget": { "total": 100_000 }, "requests-per-minute": 1_000_000 }));
    assert_eq!(chat(nodes[0].address, &key, "mark 999999").status, 200);
    let one = bed.sum("cost");
    let load = load(&nodes.each_ref().map(|node| node.address), &key, 8, 40);
    for count in [40, 120, 200] {
        until(&bed, count);
        bed.server.kill();
        bed.server.restart();
    }
    let told = ended(load);
    assert!(told.others.iter().all(|status| *status == 503), "{:?}", told.others);
    nodes.into_iter().for_each(Node::end);
    let asked = marks(&bed);
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(once.len(), asked.len());
    assert!(told.answered.iter().all(|mark| once.contains(mark)));
    // Whoever was told that there is no account has one too, if the upstream was asked.
    assert_eq!(bed.sum("requests"), asked.len() as u64, "{} answered", told.answered.len());
    assert_eq!((bed.sum("failures"), bed.sum("cost")), (0, one * asked.len() as u64));
    let spent = "SELECT SUM(cost) FROM hotcell.spent WHERE kind = 'key'";
    assert_eq!(bed.server.sql(spent), bed.sum("cost").to_string());
    assert_eq!(bed.server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
    assert!(told.answered.len() > 160, "{} {:?}", told.answered.len(), told.others);
}

#[test]
fn every_answer_is_accounted_for_when_a_gateway_dies_under_load() {
    let Some(bed) = Bed::new() else { return };
    let (dying, other) = (bed.node(), bed.node());
    let (key, _) = other.key(json!({ "budget": { "total": 100_000 } }));
    assert_eq!(chat(other.address, &key, "mark 999999").status, 200);
    let one = bed.sum("cost");
    let load = load(&[dying.address, other.address], &key, 6, 30);
    until(&bed, 40);
    dying.kill();
    let told = ended(load);
    other.end();
    let (asked, kept) = (marks(&bed).len() as u64, bed.sum("requests") - bed.sum("failures"));
    // What the dead one had asked for and not answered is known to nobody.
    assert!(kept > told.answered.len() as u64 && kept <= asked, "{kept} of {asked}");
    assert!(bed.sum("cost") >= one * kept, "{} {one} {kept}", bed.sum("cost"));
    assert!(told.answered.len() >= 90, "{}", told.answered.len());
}

#[test]
fn nobody_is_let_in_while_no_account_can_be_kept() {
    let Some(mut bed) = Bed::new() else { return };
    let node = bed.node();
    let (key, _) = node.key(json!({ "budget": { "total": 100 } }));
    bed.server.kill();
    let refused = chat(node.address, &key, "mark 1");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.text.contains("\r\nretry-after: "), "{refused:?}");
    assert!(bed.mock.requests().is_empty());
    bed.server.restart();
    assert_eq!(chat(node.address, &key, "mark 2").status, 200);
}
