//! No adapter reaches an endpoint that it was not granted, or follows a redirect.

use crate::world::{Setup, World, assert_kind};
use hotcell::egress::{Decision, Rule};
use hotcell::types::FailureKind;
use hotcell_tests::loopback::whole;

crate::denied! {
    endpoint_not_granted: Endpoint;
    endpoint_as_url: Endpoint;
    endpoint_almost_granted: Endpoint;
}

#[tokio::test]
pub(super) async fn endpoint_writes_to_audit() {
    let world = World::open().await;
    world.attempt("endpoint-writes-to-audit").await.expect("the attempt tells what it got");
    let records = world.audit.take();
    assert_eq!(records.len(), 2);
    for record in &records {
        let Decision::Denied { rule: Rule::Endpoint, detail } = &record.decision else {
            panic!("{record:?}")
        };
        for text in [record.endpoint.as_deref().unwrap_or_default(), detail] {
            assert!(text.len() < 512, "{} bytes", text.len());
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn endpoint_denied_forever() {
    let mut setup = Setup::default();
    setup.egress.denials = 10;
    let world = setup.open().await;
    let error = world.failed("endpoint-denied-forever").await;
    assert_kind(&error, FailureKind::Denied, "refused more often");
    assert_eq!(world.denials(), [Rule::Endpoint; 11]);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn endpoint_dropped() {
    let world = World::open().await;
    let told = world.told("endpoint-dropped").await;
    assert!(told.contains("GOT body \"GOT through\""), "{told}");
    world.goes_on().await;
}

async fn a_handle_that_is_not_its_own_ends_the_cell(name: &str, requests: usize) {
    let world = World::open().await;
    assert_kind(&world.failed(name).await, FailureKind::Internal, "stopped");
    assert_eq!(world.server.received().len(), requests);
    world.goes_on().await;
}

#[tokio::test]
pub(super) async fn handle_invented() {
    a_handle_that_is_not_its_own_ends_the_cell("handle-invented", 0).await;
}

#[tokio::test]
pub(super) async fn handle_dropped() {
    a_handle_that_is_not_its_own_ends_the_cell("handle-dropped", 1).await;
}

#[tokio::test]
pub(super) async fn handle_confused() {
    a_handle_that_is_not_its_own_ends_the_cell("handle-confused", 0).await;
}

#[tokio::test]
pub(super) async fn redirect() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let elsewhere = Setup::default().open().await;
        let location = format!("{}/v1/chat/completions", elsewhere.server.url());
        let world = Setup::scripted(move |_| whole(status, &[("location", &location)], "moved"))
            .open()
            .await;
        let told = world.told("redirect").await;
        assert!(told.starts_with(&format!("GOT status {}", &status[..3])), "{told}");
        assert!(!told.contains("location") && !told.contains("127.0.0.1"), "{told}");
        assert_eq!(world.server.received().len(), 1);
        assert_eq!(elsewhere.server.connections(), 0, "the redirect was followed");
        world.goes_on().await;
    }
}
