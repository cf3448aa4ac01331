//! The attack of March 2026, step by step, as an adapter's poisoned release:
//! `docs/litellm-2026.md` tells the story. The release has the name, the version and the
//! manifest of the one before it, and code that wants out.

use crate::context::{Context, Screen};
use crate::difference::GREEDY;
use crate::grants::{add, ask, stored, world};
use hotcell_mock::Mock;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ASK: &str = "a word that only the caller knows";

/// The audit log's denials, by rule.
fn denials(context: &Context) -> Vec<String> {
    let log = std::fs::read_to_string(context.project().join("a.jsonl")).unwrap_or_default();
    let records = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records
        .filter(|record| record["decision"] == "denied")
        .map(|record| record["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// The worst case: somebody has agreed to the poisoned release.
fn agreed() -> Context {
    let context = world();
    add(&context).good();
    context.packed_of("hostile", "poisoned.wasm", &[]);
    context.run(&["adapter", "trust", "theirs", "poisoned.wasm", "--yes"]).good();
    let file = context.project().join("hotcell.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mine = "adapter = \"theirs\"";
    assert!(text.contains(mine));
    std::fs::write(file, text.replace(mine, &format!("{mine}\nlimits.cpu-ms = 100"))).unwrap();
    context
}

/// Lets the poisoned release try one thing, with every kind of secret lying around it.
/// Whatever it gets, no secret is in what it tells, and others go on.
fn attempt(context: &Context, name: &str) -> Screen {
    let model = format!("mine/{name}");
    let mut command = context.command(&["--audit", "a.jsonl", "chat", "-m", &model, ASK]);
    command.env("AWS_SECRET_ACCESS_KEY", "loot-of-the-cloud").env("OPENAI_API_KEY", "loot-of-env");
    let screen = context.run_command(command, b"");
    let log = std::fs::read_to_string(context.project().join("a.jsonl")).unwrap_or_default();
    for loot in [Mock::KEY, "loot-of-"] {
        assert!(!format!("{screen:?}{log}").contains(loot), "{name} got {loot}: {screen:?}");
    }
    for request in context.mock.take_requests() {
        let text = format!("{request:?}");
        assert!(!text.contains("loot-of-"), "{name} took {text}");
    }
    context.run(&["chat", "-m", "mock/gpt-4o", "hi"]).good();
    context.mock.take_requests();
    screen
}

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        }
        found.insert(path);
    }
}

#[test]
fn the_same_version_with_other_bytes_does_not_run() {
    let context = world();
    add(&context).good();
    let poisoned = context.packed_of("hostile", "poisoned.wasm", &[]);
    std::fs::copy(poisoned, stored(&context)).unwrap();
    let screen = ask(&context);
    assert_eq!(screen.code, Some(5), "{screen:?}");
    assert!(screen.err.contains("was changed in the store"), "{screen:?}");
    assert_eq!(denials(&context), ["component"]);
    assert!(context.mock.take_requests().is_empty());
}

#[test]
fn the_same_manifest_with_other_code_is_seen_as_another_component() {
    let context = world();
    add(&context).good();
    context.packed_of("hostile", "poisoned.wasm", &[]);
    let pipeline = ["adapter", "trust", "theirs", "poisoned.wasm", "--yes", "--locked"];
    assert_eq!(context.run(&pipeline).code, Some(1));
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    context.file("reviewed.lock", &lock);
    let granted = ["adapter", "trust", "theirs", "poisoned.wasm", "--grant", "reviewed.lock"];
    assert_eq!(context.run(&granted).code, Some(1));
    let document = context.run(&["adapter", "diff", "theirs", "poisoned.wasm", "--json"]).json();
    assert_ne!(document["old"], document["new"], "{document}");
    assert_eq!(std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap(), lock);
}

#[test]
fn an_update_that_adds_an_endpoint_is_loud() {
    let context = world();
    add(&context).good();
    context.packed_of("hostile", "poisoned.wasm", GREEDY);
    let screen = context.run(&["adapter", "diff", "theirs", "poisoned.wasm"]);
    assert_eq!(screen.code, Some(1), "{screen:?}");
    assert!(screen.out.contains("https://models-openai.com"), "{screen:?}");
    // Nobody says yes, and nothing has changed.
    assert_eq!(context.run(&["adapter", "trust", "theirs", "poisoned.wasm"]).code, Some(2));
    assert_eq!(ask(&context).good().out, "You said: hi\n");
}

#[test]
fn there_is_no_place_to_harvest() {
    let context = agreed();
    // Files, variables, programs, clocks and sockets would have to be imports.
    let inspected = context.run(&["adapter", "inspect", "theirs", "--json"]).good().json();
    let imports = inspected["imports"].as_array().unwrap();
    assert!(!imports.is_empty());
    for import in imports {
        assert!(import.to_string().contains("hotcell:adapter/"), "{import}");
    }
    for name in ["key-in-settings", "key-in-headers", "key-in-body", "key-byte-by-byte"] {
        attempt(&context, name);
    }
}

#[test]
fn no_place_to_take_it_is_reached_and_each_try_is_recorded() {
    let context = agreed();
    for (name, rules) in [
        // The look-alike domain, and the address of instance metadata.
        ("endpoint-not-granted", &["endpoint"][..]),
        ("endpoint-as-url", &["endpoint"][..]),
        ("endpoint-almost-granted", &["endpoint"][..]),
        ("path-absolute-form", &["path-form"][..]),
        ("path-userinfo", &["path-form", "method-and-path"][..]),
        // Its own provider: an account of the attacker's, a file, a header nobody reads.
        ("header-authorization", &["header-floor"][..]),
        ("path-not-granted", &["method-and-path"][..]),
        ("header-not-granted", &["header"][..]),
        ("query-not-granted", &["query"][..]),
    ] {
        attempt(&context, name);
        let denials = denials(&context);
        assert!(!denials.is_empty(), "{name} left no record");
        assert!(denials.iter().all(|rule| rules.contains(&rule.as_str())), "{name}: {denials:?}");
        context.run(&["audit", "log", "verify", "a.jsonl"]).good();
        std::fs::remove_file(context.project().join("a.jsonl")).unwrap();
    }
}

#[test]
fn nothing_is_left_for_the_next_start() {
    let context = agreed();
    attempt(&context, "state-kept");
    let everything = || {
        let mut found = BTreeSet::new();
        files(&context.home(), &mut found);
        files(&context.project(), &mut found);
        found
    };
    let before = everything();
    for _ in 0..2 {
        assert_eq!(attempt(&context, "state-kept").good().out, "there is no note\n");
    }
    assert_eq!(everything(), before);
}

#[test]
fn a_bomb_goes_off_in_its_own_cell() {
    let context = agreed();
    for (name, words) in [
        ("loop-forever", "computed for longer than its limit"),
        ("recurse", "stopped"),
        ("memory-exhausted", "ran out of memory"),
    ] {
        let screen = attempt(&context, name);
        assert!(screen.code.is_some_and(|code| code != 0), "{name}: {screen:?}");
        assert!(screen.err.contains(words), "{name}: {screen:?}");
    }
}
