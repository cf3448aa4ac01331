use crate::context::Context;
use std::time::{Duration, Instant};

#[test]
fn the_demo_runs_green_and_ends_by_itself() {
    let context = Context::empty();
    let started = Instant::now();
    let screen = context.run(&["demo"]).good();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(screen.out.lines().all(|line| line.chars().count() <= 78), "{}", screen.out);
    let mut settings = context.settings();
    settings.add_filter("sk-demo-[0-9a-f]{4}", "sk-demo-[KEY]");
    settings.add_filter(r"\d+ bytes of JSON", "[N] bytes of JSON");
    settings.add_filter(r"\d+ B out, (\d+ B|\[SIZE\]) in", "[N] out, [N] in");
    for (pattern, replacement) in [
        (r"\d+ events", "[N] events"),
        (r"denied \d+ times", "denied [N] times"),
        (r"\d+ records: (\d+) requests granted", "[N] records: $1 requests granted"),
        (r"; \d+ denied", "; [N] denied"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!("demo", screen.page()));
}

#[test]
fn the_demo_is_a_document_too() {
    let context = Context::empty();
    let report = context.run(&["demo", "--json"]).good().json();
    let attempts = report["attempts"].as_array().unwrap();
    assert!(attempts.len() >= 12);
    assert!(attempts.iter().all(|attempt| attempt["stopped"] == true), "{attempts:?}");
    assert_eq!(report["arrived"]["as-granted"], true);
    assert_eq!(report["wall"]["key-in-cell"], false);
    assert_eq!(report["wall"]["key-arrived"], true);
    assert!(!report["audit"].as_array().unwrap().is_empty());
    // The key that the provider got stands nowhere in what the demo tells.
    assert!(!report.to_string().contains("sk-demo-"), "{report}");
}

#[test]
fn the_demo_needs_no_configuration_and_heeds_none() {
    let context = Context::empty();
    context.file("hotcell.toml", "this is not a configuration");
    context.run(&["demo", "--fast"]).good();
    assert!(context.mock.requests().is_empty());
}

#[test]
fn the_demo_of_a_provider_says_what_was_checked() {
    let context = Context::empty();
    let screen = context.run(&["demo", "--provider", "bedrock"]).good();
    assert!(screen.out.lines().all(|line| line.chars().count() <= 78), "{}", screen.out);
    let mut settings = context.settings();
    settings.add_filter(r"\d+ events", "[N] events");
    settings.bind(|| insta::assert_snapshot!("demo_provider", screen.page()));
}

#[test]
fn every_adapter_passes_the_demo_of_its_provider() {
    let context = Context::empty();
    let report = context.run(&["demo", "--provider", "all", "--json"]).good().json();
    let providers = report["providers"].as_array().unwrap();
    assert_eq!(providers.len(), hotcell::bundle::ADAPTERS.len());
    let said = |provider: &str, words: &str| {
        let provider = providers.iter().find(|it| it["provider"] == provider).unwrap();
        let checks = provider["checks"].as_array().unwrap();
        checks.iter().any(|check| check["credentials"].to_string().contains(words))
    };
    assert!(said("bedrock", "signature recomputed: good"));
    assert!(said("sagemaker-chat", "signature recomputed: good"));
    assert!(said("vertex", "RS256 signature, audience and times verified: good"));
    assert!(said("azure", "token of the entra endpoint, not expired: good"));
    for provider in providers {
        for check in provider["checks"].as_array().unwrap() {
            assert_eq!(check["good"], true, "{}: {check}", provider["provider"]);
        }
    }
    assert!(!report.to_string().contains("sk-demo-"), "{report}");
}

#[test]
fn a_provider_that_nobody_plays_is_answered_with_the_list() {
    let context = Context::empty();
    let screen = context.run(&["demo", "--provider", "bedrok"]);
    for words in ["possible values: anthropic, azure, bedrock", "watsonx, all", "'bedrock'"] {
        assert!(screen.page().contains(words), "{}", screen.page());
    }
}
