//! No adapter says who is asking, whom, or how the message is framed.

use crate::world::{Setup, World};
use hotcell::bundle;
use hotcell::types::{ChatRequest, FailureKind};
use hotcell_tests::component;

crate::denied! {
    header_host: HeaderFloor;
    header_authorization: HeaderFloor;
    header_api_key: HeaderFloor;
    header_cookie: HeaderFloor;
    header_organization: HeaderFloor;
    header_proxy: HeaderFloor;
    header_transfer_encoding: HeaderFloor;
    header_content_length: HeaderFloor;
    header_connection: HeaderFloor;
    header_forwarded: HeaderFloor;
    header_coding: HeaderFloor;
    header_underscores: HeaderFloor;
    header_not_granted: Header;
    header_name_malformed: HeaderForm;
    header_line_break: HeaderForm;
    header_nul: HeaderForm;
    header_not_ascii: HeaderForm;
    header_many: Limit;
    header_gigantic: Limit;
}

/// The hostile adapter with other lines in its manifest.
fn asking_for(from: &str, to: &str) -> Vec<u8> {
    let manifest = component::manifest(bundle::HOSTILE.component());
    assert!(manifest.contains(from), "{from}");
    component::with_manifest(bundle::HOSTILE.component(), &manifest.replace(from, to))
}

#[tokio::test]
async fn a_manifest_that_asks_for_a_header_of_the_floor_is_refused_as_a_whole() {
    for name in [
        "authorization",
        "host",
        "cookie",
        "x-api-key",
        "x_api_key",
        "openai-organization",
        "openai_organization",
        "proxy-authorization",
        "transfer-encoding",
        "content_length",
        "x-forwarded-*",
        "x-*",
    ] {
        let component =
            asking_for("request-headers = [", &format!("request-headers = [\"{name}\", "));
        let world = Setup { component: component.into(), ..Setup::default() }.open().await;
        let error = world.failed("header-authorization").await;
        assert_eq!(error.kind(), FailureKind::Denied, "{name}: {error}");
        assert!(error.to_string().contains("request header"), "{name}: {error}");
        assert_eq!(world.server.connections(), 0);
        world.goes_on_elsewhere().await;
    }
}

#[tokio::test]
async fn a_manifest_that_asks_to_see_where_a_redirect_leads_is_refused() {
    for name in ["location", "set-cookie", "www-authenticate"] {
        let component =
            asking_for("response-headers = [", &format!("response-headers = [\"{name}\", "));
        let world = Setup { component: component.into(), ..Setup::default() }.open().await;
        let error = world.failed("redirect").await;
        assert_eq!(error.kind(), FailureKind::Denied, "{name}: {error}");
        world.goes_on_elsewhere().await;
    }
}

#[tokio::test]
async fn what_arrives_has_the_runners_credential_and_nothing_of_the_guests() {
    let world = World::open().await;
    let answer = world.runner.chat("hostile/gpt", ChatRequest::user("hello")).await;
    answer.expect("accepted").collect().await.expect("answered");
    let received = world.server.received();
    let [received] = &received[..] else { panic!("{received:?}") };
    assert_eq!(received.line(), "POST /v1/chat/completions HTTP/1.1");
    let mut names: Vec<&str> =
        received.head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(received.key(), crate::world::KEY);
    assert_eq!(received.header("host"), Some(world.server.address().to_string().as_str()));
    assert!(world.denials().is_empty());
}
