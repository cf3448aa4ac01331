//! The host stays up, whatever ends a cell.

use crate::world::{Setup, World, assert_kind};
use hotcell::Allocation;
use hotcell::types::{ChatRequest, EmbedRequest, FailureKind};
use std::collections::BTreeMap;
use std::time::Duration;

const GAVE_UP: &str = "gave up";

#[tokio::test]
pub(super) async fn trap_in_complete() {
    let world = World::open().await;
    assert_kind(&world.failed("trap-in-complete").await, FailureKind::Internal, GAVE_UP);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn trap_in_next() {
    let world = World::open().await;
    let (events, error) = world.events("trap-in-next").await;
    assert_eq!(events.len(), 1);
    assert_kind(&error.expect("it traps"), FailureKind::Internal, GAVE_UP);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn trap_in_drop() {
    let world = World::open().await;
    assert_eq!(world.told("trap-in-drop").await, "words");
    let answer = world.runner.chat("hostile/trap-in-drop", ChatRequest::user("hello")).await;
    drop(answer.expect("accepted"));
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn trap_in_embed() {
    let world = World::open().await;
    let error = world.runner.embed("hostile/trap-in-embed", EmbedRequest::texts(["hello"])).await;
    assert_kind(&error.expect_err("it traps"), FailureKind::Internal, GAVE_UP);
    let answer = world.runner.embed("hostile/polite", EmbedRequest::texts(["hello"])).await;
    assert_eq!(answer.expect("the next one works").vectors, [[0.0, 1.0]]);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn trap_in_list_models() {
    let settings = BTreeMap::from([("attempt".to_owned(), "trap-in-list-models".to_owned())]);
    let world = Setup { settings, ..Setup::default() }.open().await;
    let error = world.runner.models("hostile").await;
    assert_kind(&error.expect_err("it traps"), FailureKind::Internal, GAVE_UP);
    assert_eq!(world.runner.models("polite").await.expect("the next one works").len(), 1);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn out_of_bounds() {
    let world = World::open().await;
    assert_kind(&world.failed("out-of-bounds").await, FailureKind::Internal, "stopped");
    world.goes_on().await;
}

#[tokio::test]
async fn an_answer_that_is_dropped_frees_its_cell() {
    let world = Setup { allocation: Allocation::Pooled(2), ..Setup::default() }.open().await;
    for _ in 0..50 {
        let answer = world.runner.chat("hostile/events-without-end", ChatRequest::user("x")).await;
        let mut answer = answer.expect("there is a cell for it");
        assert!(answer.next().await.expect("it yields").is_some());
    }
    world.goes_on().await;
}

#[tokio::test]
async fn an_answer_that_is_dropped_while_it_computes_frees_its_cell() {
    let world = Setup { allocation: Allocation::Pooled(2), ..Setup::default() }.open().await;
    for _ in 0..20 {
        let answer = world.runner.chat("hostile/loop-in-next", ChatRequest::user("x")).await;
        let mut answer = answer.expect("there is a cell for it");
        assert!(answer.next().await.expect("it yields").is_some());
        let computing = tokio::time::timeout(Duration::from_millis(1), answer.next()).await;
        assert!(computing.is_err(), "it computes for ever");
    }
    world.goes_on().await;
}

#[tokio::test]
async fn an_answer_that_is_dropped_while_it_waits_frees_its_cell() {
    use hotcell_tests::loopback::Step;
    let script = |_: &_| vec![Step::Wait];
    let setup = Setup { allocation: Allocation::Pooled(2), ..Setup::scripted(script) };
    let world = setup.open().await;
    for _ in 0..20 {
        let answer = world.runner.chat("hostile/gpt", ChatRequest::user("x"));
        let waiting = tokio::time::timeout(Duration::from_millis(5), answer).await;
        assert!(waiting.is_err(), "the provider never answers");
    }
    // What was dropped ends, and is written down, when the runtime has its turn.
    tokio::task::yield_now().await;
    world.goes_on().await;
}

#[tokio::test]
async fn a_cell_that_cannot_be_had_is_a_failure_and_not_a_crash() {
    let world = Setup { allocation: Allocation::Pooled(2), ..Setup::default() }.open().await;
    let model = "hostile/events-without-end";
    let first = world.runner.chat(model, ChatRequest::user("x")).await.expect("the first cell");
    let second = world.runner.chat(model, ChatRequest::user("x")).await.expect("the second cell");
    let third = world.runner.chat(model, ChatRequest::user("x")).await;
    assert_eq!(third.expect_err("there is no third").kind(), FailureKind::Overloaded);
    drop((first, second));
    world.goes_on().await;
}

#[tokio::test]
async fn the_same_request_gives_the_same_events() {
    for name in ["polite", "path-dot-segments", "memory-grown", "state-kept", "key-in-settings"] {
        let world = World::open().await;
        let first = world.events(name).await;
        assert_eq!(first.1, None);
        for _ in 0..3 {
            assert_eq!(world.events(name).await, first, "{name}");
        }
        let elsewhere =
            Setup { allocation: Allocation::Pooled(1), ..Setup::default() }.open().await;
        assert_eq!(elsewhere.events(name).await, first, "{name}, from a pool");
    }
}
