//! What was changed is what holds, unless it is wrong.

use super::client::Client;
use super::{reload, serve, until};
use crate::context::Context;
use std::fs;
use std::net::TcpListener;

#[test]
fn where_something_is_wrong_it_is_said_and_the_old_one_serves_on() {
    let context = Context::new();
    let mut served = serve(&context, &["--ready-within", "2"]);
    let mut client = Client::new(served.address);
    let good = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let worker = served.workers();
    context.file("hotcell.toml", format!("{good}\n[gateway]\nmodles = 1\n"));
    served.signal("HUP");
    until(&mut served, "reload failed", 1);
    let said = served.said();
    let lines = good.lines().count() + 3;
    for words in [&format!("hotcell.toml:{lines}:"), "modles", "served on", "code 2"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // One that would never be ready.
    let provider = "[providers.late]\nadapter = \"openai\"\nsecrets.api-key = \"cmd:sleep 6\"\n";
    context.file("hotcell.toml", format!("{good}\n{provider}"));
    served.signal("HUP");
    until(&mut served, "reload failed", 2);
    assert!(served.said().contains("not ready within 2 seconds"), "{}", served.said());
    // One that would serve at an address that somebody has.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let metrics = format!("[gateway.metrics]\nlisten = [\"{}\"]\n", taken.local_addr().unwrap());
    context.file("hotcell.toml", format!("{good}\n{metrics}"));
    served.signal("HUP");
    until(&mut served, "reload failed", 3);
    assert_eq!(served.workers(), worker);
    assert_eq!(client.chat("mock/gpt-4o-mini", false).status, 200);
    let shown = client.ask("GET", "/metrics", "none", "").body;
    assert!(shown.contains("hotcell_reloads_total{result=\"failed\"} 3"), "{shown}");
    drop(taken);
    reload(&mut served, 1);
    assert_ne!(served.workers(), worker);
    assert_eq!(client.chat("mock/gpt-4o-mini", false).status, 200);
    let shown = client.ask("GET", "/metrics", "none", "").body;
    assert!(shown.contains("hotcell_reloads_total{result=\"done\"} 1"), "{shown}");
    assert!(served.said().contains("metrics at http://"), "{}", served.said());
}

#[test]
fn models_adapters_and_grants_are_those_of_now_also_for_who_was_there_before() {
    let context = crate::grants::world();
    crate::grants::add(&context).good();
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    assert_eq!(client.chat("mine/gpt-4o", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 200);
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let models = "[gateway]\nonly-models = true\n\n\
                  [gateway.models.fast]\ndeployments = [\"mine/gpt-4o\"]\n";
    context.file("hotcell.toml", format!("{text}\n{models}"));
    reload(&mut served, 1);
    assert_eq!(client.chat("fast", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 404);
    // What was taken back is gone, and with it every place of the model.
    context.run(&["adapter", "remove", "theirs"]).good();
    served.signal("HUP");
    until(&mut served, "reload failed", 1);
    assert_eq!(client.chat("fast", false).status, 200, "what was served before is served on");
    context.file("hotcell.toml", text);
    reload(&mut served, 2);
    assert_ne!(client.chat("mine/gpt-4o", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 200);
    crate::grants::add(&context).good();
    reload(&mut served, 3);
    assert_eq!(client.chat("mine/gpt-4o", false).status, 200);
}

#[test]
fn what_is_watched_is_loaded_when_it_changes() {
    let context = Context::new();
    let mut served = serve(&context, &["--watch"]);
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let model = "[gateway.models.new]\ndeployments = [\"mock/gpt-4o-mini\"]\n";
    context.file("hotcell.toml", format!("{text}{model}"));
    until(&mut served, "reloaded in ", 1);
    assert_eq!(Client::new(served.address).chat("new", false).status, 200);
    // What was wrong is looked at again when it is right.
    context.file("hotcell.toml", "wrong");
    until(&mut served, "reload failed", 1);
    context.file("hotcell.toml", text);
    until(&mut served, "reloaded in ", 2);
    assert_eq!(Client::new(served.address).chat("new", false).status, 404);
}
