//! Requests that are there while something is loaded anew.

use super::client::{Client, chat};
use super::upstream::{Upstream, world};
use super::{eventually, reload, serve};
use crate::context::Context;
use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[test]
fn nobody_who_asks_meanwhile_notices_anything() {
    const RELOADS: usize = 4;
    let context = Context::new();
    let mut served = serve(&context, &[]);
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let address = served.address;
    // Some keep their connection, some come anew each time, and some say nothing for a while.
    let clients = (0..8).map(|number| {
        let (stop, answered) = (stop.clone(), answered.clone());
        std::thread::spawn(move || {
            let mut client = Client::new(address);
            while !stop.load(Ordering::SeqCst) {
                if number % 4 == 3 {
                    client = Client::new(address);
                }
                let answer = client.chat("mock/gpt-4o-mini", number % 2 == 0);
                assert_eq!(answer.status, 200, "{}", answer.body);
                assert!(number % 2 == 1 || answer.body.ends_with("[DONE]\n\n"), "{}", answer.body);
                assert!(answer.goes_on, "nobody was asked to go");
                answered.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut idle: Vec<Client> = (0..20).map(|_| Client::new(address)).collect();
    for number in 1..=RELOADS {
        let before = answered.load(Ordering::SeqCst);
        eventually("too few were answered", || answered.load(Ordering::SeqCst) >= before + 20);
        reload(&mut served, number);
        // Among them are those that have said nothing yet at all.
        for client in &mut idle {
            assert_eq!(client.ask("GET", "/health/ready", "none", "").status, 200);
        }
    }
    let before = answered.load(Ordering::SeqCst);
    eventually("too few were answered", || answered.load(Ordering::SeqCst) >= before + 20);
    stop.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());
    eventually("those that retired are still there", || served.workers().len() == 1);
    assert!(!served.said().contains("is gone"), "{}", served.said());
    let metrics = idle[0].ask("GET", "/metrics", "none", "").body;
    assert!(metrics.contains("hotcell_reloads_total{result=\"done\"} 4"), "{metrics}");
}

#[test]
fn a_stream_goes_on_and_a_request_that_has_begun_to_come_is_answered_by_the_next() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let go = upstream.begun();
    assert_eq!(client.head().0, 200);
    let begun = client.chunk().unwrap();
    assert!(begun.contains("begun, "), "{begun}");
    // Half of a head is no request yet.
    let mut halved = Client::new(served.address);
    assert_eq!(halved.ask("GET", "/health/live", "none", "").status, 200);
    halved.stream.get_mut().write_all(b"GET /v1/models HTTP/1.1\r\nho").unwrap();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let model = "[gateway.models.new]\ndeployments = [\"mock/gpt-4o-mini\"]\n";
    context.file("hotcell.toml", text + model);
    reload(&mut served, 1);
    reload(&mut served, 2);
    // One serves, and one ends a stream.
    eventually("one too many is there", || served.workers().len() == 2);
    halved.stream.get_mut().write_all(b"st: localhost\r\n\r\n").unwrap();
    let models = halved.answer();
    assert!(models.goes_on && models.body.contains("\"new\""), "{}", models.body);
    go.send(()).unwrap();
    let rest: String = std::iter::from_fn(|| client.chunk()).collect();
    assert!(rest.contains("and ended") && rest.ends_with("data: [DONE]\n\n"), "{rest}");
    // And on the same connection the new one answers.
    assert!(client.ask("GET", "/v1/models", "none", "").body.contains("\"new\""));
    eventually("it has ended its stream", || served.workers().len() == 1);
}

#[test]
fn who_is_not_done_in_time_after_a_reload_is_cut_off() {
    let upstream = Upstream::new();
    let context = world(&upstream, "[gateway.limits]\nretire-ms = 50\n");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let _go = upstream.begun();
    assert_eq!(client.head().0, 200);
    client.chunk().unwrap();
    reload(&mut served, 1);
    let mut rest = String::new();
    let _ = client.stream.read_to_string(&mut rest);
    assert!(!rest.contains("[DONE]"), "{rest}");
    eventually("it is still there", || served.workers().len() == 1);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
}
