//! What WIT promises to the caller, the runner holds the adapter to.

use crate::world::{Setup, World, assert_kind};
use hotcell::types::{EmbedRequest, Event, FailureKind, Part};
use std::collections::BTreeMap;

/// The cell is ended for what it did, before the caller sees it.
async fn breaks_a_promise(name: &str, words: &str, seen: usize) {
    let world = World::open().await;
    let (events, error) = world.events(name).await;
    let error = error.unwrap_or_else(|| panic!("{name} came to its end: {events:?}"));
    assert_kind(&error, FailureKind::Internal, words);
    assert_eq!(events.len(), seen, "{events:?}");
    assert!(world.audit.records().is_empty());
    world.goes_on().await;
}

const NOT_JSON: &str = "not JSON";

#[tokio::test]
pub(super) async fn events_empty() {
    breaks_a_promise("events-empty", "no event", 0).await;
}

#[tokio::test]
pub(super) async fn finished_twice() {
    breaks_a_promise("finished-twice", "finished", 2).await;
}

#[tokio::test]
pub(super) async fn text_after_finished() {
    breaks_a_promise("text-after-finished", "finished", 2).await;
}

#[tokio::test]
pub(super) async fn never_finished() {
    breaks_a_promise("never-finished", "finished", 1).await;
}

#[tokio::test]
pub(super) async fn started_twice() {
    breaks_a_promise("started-twice", "started", 1).await;
}

#[tokio::test]
pub(super) async fn next_after_end() {
    use hotcell::types::ChatRequest;
    let world = World::open().await;
    let answer = world.runner.chat("hostile/next-after-end", ChatRequest::user("x")).await;
    let mut answer = answer.expect("accepted");
    while answer.next().await.expect("it yields").is_some() {}
    for _ in 0..3 {
        assert_eq!(answer.next().await.expect("it is not asked again"), None);
    }
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn json_in_event() {
    breaks_a_promise("json-in-event", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_started() {
    breaks_a_promise("json-in-started", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_citation() {
    breaks_a_promise("json-in-citation", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_logprobs() {
    breaks_a_promise("json-in-logprobs", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_tool_call() {
    breaks_a_promise("json-in-tool-call", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_media() {
    breaks_a_promise("json-in-media", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_usage() {
    breaks_a_promise("json-in-usage", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_finished() {
    breaks_a_promise("json-in-finished", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_failure() {
    breaks_a_promise("json-in-failure", NOT_JSON, 0).await;
}

#[tokio::test]
pub(super) async fn json_in_embed() {
    let world = World::open().await;
    let error = world.runner.embed("hostile/json-in-embed", EmbedRequest::texts(["x"])).await;
    assert_kind(&error.expect_err("it is not JSON"), FailureKind::Internal, NOT_JSON);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn json_in_models() {
    let settings = BTreeMap::from([("attempt".to_owned(), "json-in-models".to_owned())]);
    let world = Setup { settings, ..Setup::default() }.open().await;
    let error = world.runner.models("hostile").await;
    assert_kind(&error.expect_err("it is not JSON"), FailureKind::Internal, NOT_JSON);
    world.goes_on().await;
}

/// Models write such things; they go through as they are.
#[tokio::test]
pub(super) async fn arguments_not_json() {
    let world = World::open().await;
    let collected = world.attempt("arguments-not-json").await.expect("it is allowed");
    let [Part::ToolCall(call)] = &collected.choices[0].parts[..] else { panic!("{collected:?}") };
    assert_eq!(call.arguments, r#"{"unfinished": ["#);
    world.goes_on().await;
}

/// An adapter can lie to its caller, not to the audit.
#[tokio::test]
pub(super) async fn denial_forged() {
    let world = World::open().await;
    let (events, error) = world.events("denial-forged").await;
    assert_eq!(events, Vec::<Event>::new());
    assert_kind(&error.expect("it fails"), FailureKind::Denied, "no endpoint");
    assert!(world.audit.records().is_empty(), "{:?}", world.audit.records());
    world.goes_on().await;
}
