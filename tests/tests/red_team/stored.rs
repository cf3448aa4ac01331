//! An adapter that speaks of stored answers is held to what every adapter is.

use crate::world::{Setup, World, assert_kind};
use hotcell::egress::Rule;
use hotcell::types::{Action, FailureKind, StoredRequest};

const ACTIONS: [Action; 4] = [Action::Retrieve, Action::Delete, Action::Cancel, Action::InputItems];

#[tokio::test]
async fn an_id_leads_to_no_path_that_was_not_granted() {
    let world = World::open().await;
    for action in ACTIONS {
        let request = StoredRequest::new(action, "paths");
        let answer = world.runner.stored("hostile", request).await.unwrap();
        assert_eq!(answer.value.value, "{\"got\":0}");
        let denials = world.denials();
        assert_eq!(denials.len(), 8, "{denials:?}");
        let known = |rule: &Rule| matches!(rule, Rule::PathForm | Rule::MethodAndPath);
        assert!(denials.iter().all(known), "{denials:?}");
    }
    assert_eq!(world.server.connections(), 0, "something has left");
    world.goes_on().await;
}

#[tokio::test]
async fn an_id_that_is_none_reaches_no_adapter() {
    let world = World::open().await;
    let long = "a".repeat(100_000);
    for id in ["", "..", "../files", "a/b", "a%2fb", "a?x", "a#b", "a\0", "a\r\nb", "ä", &long] {
        for action in ACTIONS {
            let refused = world.runner.stored("hostile", StoredRequest::new(action, id)).await;
            assert_eq!(refused.unwrap_err().kind(), FailureKind::InvalidRequest, "{id:.20}");
        }
        let refused = world.runner.retell("hostile", StoredRequest::new(ACTIONS[0], id)).await;
        assert_eq!(refused.err().map(|error| error.kind()), Some(FailureKind::InvalidRequest));
    }
    assert!(world.audit.take().is_empty());
    world.goes_on().await;
}

#[tokio::test]
async fn what_is_said_of_a_stored_answer_is_json_and_has_an_end() {
    let mut setup = Setup::default();
    setup.limits.event_bytes = 1024 * 1024;
    let world = setup.open().await;
    let act = async |id: &str| {
        let request = StoredRequest::new(Action::Retrieve, id);
        world.runner.stored("hostile", request).await.unwrap_err()
    };
    assert_kind(&act("no-json").await, FailureKind::Internal, "not JSON");
    assert_eq!(act("large").await.kind(), FailureKind::TooLarge);
    let request = StoredRequest::new(Action::Retrieve, "half");
    let half = world.runner.retell("hostile", request).await.unwrap().collect().await;
    assert_kind(&half.unwrap_err(), FailureKind::Internal, "without having finished it");
    world.goes_on().await;
}
