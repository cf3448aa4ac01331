//! Limits hold among gateways, and no gateway that is gone keeps what it held.

use crate::bed::{Bed, Node, chat};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The statuses of so many requests at once, to one gateway and the other in turn.
fn at_once(nodes: &[Node], key: &str, count: usize) -> Vec<u16> {
    let asking: Vec<_> = (0..count)
        .map(|number| {
            let (address, key) = (nodes[number % nodes.len()].address, key.to_owned());
            thread::spawn(move || chat(address, &key, &format!("mark {number:04}")).status)
        })
        .collect();
    asking.into_iter().map(|asked| asked.join().unwrap()).collect()
}

fn minute() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60
}

#[test]
fn two_gateways_do_not_overrun_one_budget() {
    let Some(bed) = Bed::new() else { return };
    let nodes = [bed.node(), bed.node()];
    let budget = 0.6;
    let (key, id) = nodes[0].key(json!({ "budget": { "day": budget } }));
    let statuses = at_once(&nodes, &key, 60);
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!((1..60).contains(&answered), "{answered}");
    assert_eq!(bed.mock.requests().len(), answered);
    let left = nodes[1].admin("GET", &format!("/admin/budgets/keys/{id}"), &json!({})).json();
    let (spent, held) = (&left["budgets"][0]["spent"], &left["budgets"][0]["held"]);
    assert_eq!(held, 0.0, "{left}");
    assert!(spent.as_f64().unwrap() <= budget + 1e-9, "{left}");
    // The rest is used by one at a time, whichever gateway it comes through, and then it is over.
    let mut last = 200;
    let mut turn = nodes.iter().cycle();
    while last == 200 {
        last = chat(turn.next().unwrap().address, &key, "mark rest").status;
    }
    assert_eq!(last, 429);
    assert_eq!(chat(turn.next().unwrap().address, &key, "mark more").status, 429);
    let spent = bed.sum("cost") as f64 / 1e9;
    let one = spent / bed.sum("requests") as f64;
    assert!(spent >= budget - 1e-9 && spent <= budget + one + 1e-9, "{spent}");
}

#[test]
fn two_gateways_share_one_rate_wherever_it_is_counted() {
    for bed in [Bed::new(), Bed::with_valkey()].into_iter().flatten() {
        let nodes = [bed.node(), bed.node()];
        let (key, _) = nodes[0].key(json!({ "requests-per-minute": 10 }));
        let began = minute();
        let statuses = at_once(&nodes, &key, 50);
        let answered = statuses.iter().filter(|status| **status == 200).count() as u64;
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        // A minute may begin in between.
        let minutes = minute() - began + 1;
        assert!(answered >= 10 && answered <= 10 * minutes, "{answered} in {minutes}");
        assert_eq!(bed.mock.requests().len() as u64, answered);
        // Where it is counted: not in both places.
        let counts: u64 = bed.server.sql("SELECT COUNT(*) FROM hotcell.counts").parse().unwrap();
        assert_eq!(counts == 0, bed.valkey.is_some());
    }
}

#[test]
fn rates_hold_while_valkey_is_dead_and_when_it_is_back() {
    let Some(mut bed) = Bed::with_valkey() else { return };
    let nodes = [bed.node(), bed.node()];
    let (key, _) = nodes[0].key(json!({ "requests-per-minute": 5, "budget": { "total": 1000 } }));
    // As many as one place lets in; then it is counted elsewhere, and begins at nothing there.
    for round in 0..3 {
        let began = minute();
        let before = bed.mock.requests().len();
        let mut answered = 0;
        // That a server is back is not found out at once.
        while answered == 0 {
            let statuses = at_once(&nodes, &key, 30);
            assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
            answered = (bed.mock.requests().len() - before) as u64;
        }
        let minutes = minute() - began + 1;
        assert!(answered <= 5 * minutes, "{round}: {answered} in {minutes}");
        let valkey = bed.valkey.as_mut().unwrap();
        match round {
            0 => valkey.kill(),
            1 => valkey.restart(),
            _ => {}
        }
    }
    nodes.into_iter().for_each(Node::end);
    assert_eq!(bed.sum("requests"), bed.mock.requests().len() as u64);
    assert_eq!(bed.sum("failures"), 0);
    assert_eq!(bed.server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
}

/// Clients that ask until they are told to stop, and what they are told.
struct Burst {
    statuses: Arc<Mutex<Vec<u16>>>,
    stop: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<()>>,
}

impl Burst {
    fn begin(nodes: &[Node], key: &str) -> Self {
        let (statuses, stop) = (Arc::<Mutex<Vec<u16>>>::default(), Arc::<AtomicBool>::default());
        let client = |client: usize| {
            let (statuses, stop) = (statuses.clone(), stop.clone());
            let (address, key) = (nodes[client % nodes.len()].address, key.to_owned());
            thread::spawn(move || {
                for number in 0..10_000 {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let mark = format!("mark {client:02}{number:04}");
                    let status = chat(address, &key, &mark).status;
                    statuses.lock().unwrap().push(status);
                }
            })
        };
        let clients = (0..12).map(client).collect();
        Self { statuses, stop, clients }
    }

    fn count(&self, status: u16) -> usize {
        self.statuses.lock().unwrap().iter().filter(|it| **it == status).count()
    }

    /// Waits until so many more have this status.
    #[track_caller]
    fn until(&self, status: u16, more: usize) {
        let (before, deadline) = (self.count(status), Instant::now() + Duration::from_secs(120));
        while self.count(status) < before + more {
            assert!(Instant::now() < deadline, "{status}: {} and {before}", self.count(status));
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn end(self) -> Vec<u16> {
        self.stop.store(true, Ordering::SeqCst);
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        std::mem::take(&mut *self.statuses.lock().unwrap())
    }
}

#[test]
fn valkey_may_die_or_be_stuck_within_a_burst_and_nobody_hangs() {
    const RATE: u64 = 40;
    for is_stuck in [false, true] {
        let Some(mut bed) = Bed::with_valkey() else { return };
        let nodes = [bed.node(), bed.node()];
        let (key, _) = nodes[0].key(json!({ "budget": { "total": 1000 } }));
        assert_eq!(chat(nodes[0].address, &key, "mark 999999").status, 200);
        let one = bed.sum("cost");
        let limits = json!({ "requests-per-minute": RATE, "budget": { "total": 1000 } });
        let (key, _) = nodes[0].key(limits.clone());
        // Requests are under way when it goes, and when it comes back.
        bed.mock.change(|it| it.delay = Duration::from_millis(30));
        let began = minute();
        let burst = Burst::begin(&nodes, &key);
        burst.until(200, 8);
        match is_stuck {
            true => bed.valkey.as_ref().unwrap().stop(),
            false => bed.valkey.as_mut().unwrap().kill(),
        }
        // What is counted elsewhere has an end as well.
        burst.until(429, 20);
        match is_stuck {
            true => bed.valkey.as_ref().unwrap().go_on(),
            false => bed.valkey.as_mut().unwrap().restart(),
        }
        burst.until(200, 1);
        burst.until(429, 20);
        let statuses = burst.end();
        let minutes = minute() - began + 1;
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        let asked = bed.mock.requests().len() as u64 - 1;
        assert!(asked <= 3 * RATE * minutes, "{asked} in {minutes}");
        // Whoever is new is counted where everybody is, and no more are let in than may be.
        let deadline = Instant::now() + Duration::from_secs(60);
        while !counts_at_valkey(&bed, &nodes) {
            assert!(Instant::now() < deadline, "it was not found again");
        }
        let (key, id) = nodes[0].key(limits);
        let (began, before) = (minute(), bed.mock.requests().len() as u64);
        let statuses = at_once(&nodes, &key, 90);
        let minutes = minute() - began + 1;
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        let answered = bed.mock.requests().len() as u64 - before;
        assert!(answered >= RATE && answered <= RATE * minutes, "{answered} in {minutes}");
        assert_eq!(counted(&bed, &id), "0");
        nodes.into_iter().for_each(Node::end);
        // And each that reached the provider is in the account, once, at its cost.
        let asked = bed.mock.requests().len() as u64;
        assert_eq!((bed.sum("requests"), bed.sum("failures")), (asked, 0));
        assert_eq!(bed.server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
        let spent = "SELECT SUM(cost) FROM hotcell.spent WHERE kind = 'key'";
        assert_eq!(bed.server.sql(spent), bed.sum("cost").to_string());
        assert_eq!(bed.sum("cost"), one * asked);
    }
}

/// How many meters of a key are at PostgreSQL.
fn counted(bed: &Bed, id: &str) -> String {
    bed.server.sql(&format!("SELECT COUNT(*) FROM hotcell.counts WHERE meter LIKE '%{id}'"))
}

/// Whether each of these gateways counts rates at Valkey at this moment.
fn counts_at_valkey(bed: &Bed, nodes: &[Node]) -> bool {
    let (key, id) = nodes[0].key(json!({ "requests-per-minute": 100 }));
    let asked = nodes.iter().map(|node| chat(node.address, &key, "mark probe").status);
    assert!(asked.collect::<Vec<_>>().iter().all(|status| *status == 200));
    counted(bed, &id) == "0"
}

#[test]
fn what_a_dead_gateway_held_is_free_again() {
    let Some(bed) = Bed::new() else { return };
    let (dying, other) = (bed.node(), bed.node());
    // One request holds all of it.
    let (key, _) = other.key(json!({ "budget": { "total": 0.05 } }));
    bed.mock.change(|it| it.delay = std::time::Duration::from_secs(600));
    let asking = ask(dying.address, &key);
    while bed.mock.requests().is_empty() {
        thread::yield_now();
    }
    bed.mock.change(|it| it.delay = std::time::Duration::ZERO);
    dying.kill();
    assert_ne!(asking.join().unwrap(), 200);
    // Nobody knows yet that it is gone.
    assert_eq!(chat(other.address, &key, "mark 1").status, 429);
    let lapse = "UPDATE hotcell.gateways SET until = now() - interval '1 second' \
                 WHERE id IN (SELECT owner FROM hotcell.holds) RETURNING 1";
    assert_eq!(bed.server.sql(lapse), "1");
    assert_eq!(chat(other.address, &key, "mark 2").status, 200);
}

fn ask(address: SocketAddr, key: &str) -> thread::JoinHandle<u16> {
    let key = key.to_owned();
    thread::spawn(move || chat(address, &key, "mark 0").status)
}
