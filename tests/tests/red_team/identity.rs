//! No adapter gets hold of a token, of what it was got with, or of the identity endpoint.

use crate::world::{KEY, Setup};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::bundle::HOSTILE;
use hotcell::egress::{Decision, Rule};
use hotcell_tests::component::{manifest, with_manifest};
use hotcell_tests::loopback::{Received, Step, chunked, response, whole};
use std::borrow::Cow;

/// The token that the key is exchanged for.
const TOKEN: &str = "ya29.Token+of/the=red~team0123456789";

fn is_fetch(received: &Received) -> bool {
    received.line().starts_with("POST /token ")
}

/// The hostile adapter, whose requests go out with a token.
fn setup(script: impl Fn(&Received) -> Vec<Step> + Send + Sync + 'static) -> Setup {
    let bearer = "{ scheme = \"bearer\", secret = \"api-key\" }";
    let exchange = "{ scheme = \"oauth2-api-key\", origin = \"https://identity.example\", \
                    path = \"/token\", grant-type = \"exchange\", parameter = \"apikey\", \
                    secret = \"api-key\" }";
    let own = manifest(HOSTILE.component());
    assert!(own.contains(bearer), "{own}");
    let component = with_manifest(HOSTILE.component(), &own.replace(bearer, exchange));
    let script = move |received: &Received| match is_fetch(received) {
        true => response(format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":3600}}")),
        false => script(received),
    };
    Setup { component: Cow::Owned(component), identity: true, ..Setup::scripted(script) }
}

/// What the provider of these tests knows by heart.
fn all_of_it(received: &Received) -> String {
    let bearer = received.header("authorization").unwrap_or_default();
    let inside = STANDARD.encode(format!("{{\"authorization\":\"{bearer}\"}}"));
    let turned: String = TOKEN.chars().rev().collect();
    format!("{bearer} {TOKEN} {turned} {inside} {}", KEY.replace('"', "\\\""))
}

#[tokio::test]
async fn a_token_and_what_it_was_got_with_stay_hidden() {
    type Script = fn(&Received) -> Vec<Step>;
    let scripts: [(&str, Script); 4] = [
        ("key-in-body", |received| response(all_of_it(received))),
        ("key-byte-by-byte", |received| chunked(&[], all_of_it(received).as_bytes().chunks(1))),
        ("key-in-failure", |received| whole("400 Bad Request", &[], all_of_it(received))),
        ("key-in-headers", |received| {
            whole("200 OK", &[("x-request-id", TOKEN), ("x-ratelimit-a", received.key())], "{}")
        }),
    ];
    for (name, script) in scripts {
        let world = setup(script).open().await;
        let told = match world.attempt(name).await {
            Ok(collected) => format!("{collected:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        let received = world.server.received();
        assert!(is_fetch(&received[0]), "{name}: {received:?}");
        assert_eq!(received[1].key(), TOKEN, "{name}: the provider has it");
        let everything = format!("{told} {:?}", world.audit.records());
        let inside = STANDARD.encode(format!("Bearer {TOKEN}"));
        let turned: String = TOKEN.chars().rev().collect();
        let key = KEY.split('"').next().unwrap_or_default();
        for part in [&TOKEN[..24], &turned[..24], &inside[12..36], key] {
            assert!(!everything.contains(part), "{name}: {part} is in {everything}");
        }
        world.goes_on_elsewhere().await;
    }
}

#[tokio::test]
async fn nobody_names_the_identity_endpoint_or_says_who_is_asking() {
    for (name, rule) in [
        ("header-authorization", Rule::HeaderFloor),
        ("endpoint-not-granted", Rule::Endpoint),
        ("endpoint-as-url", Rule::Endpoint),
        ("path-not-granted", Rule::MethodAndPath),
    ] {
        let world = setup(|_| response("{}")).open().await;
        world.told(name).await;
        let denials = world.denials();
        assert!(!denials.is_empty() && denials.iter().all(|it| *it == rule), "{name}: {denials:?}");
        assert_eq!(world.server.connections(), 0, "{name}: something has left");
    }
}

#[tokio::test]
async fn a_fetch_is_in_the_audit_log_beside_the_request_that_needed_it() {
    let world = setup(|_| response("{}")).open().await;
    world.told("polite").await;
    let records = world.audit.records();
    let ids: Vec<_> = records.iter().map(|record| record.request_id.clone()).collect();
    assert_eq!(ids, [ids[0].clone(), ids[0].clone(), ids[0].clone(), ids[0].clone()]);
    let endpoints: Vec<_> =
        records.iter().map(|record| record.endpoint.clone().unwrap_or_default()).collect();
    let identity = format!("identity:{}", world.server.url());
    assert_eq!(endpoints, [&*identity, &*identity, "api", "api"].map(Into::into));
    assert!(matches!(records[1].decision, Decision::Finished { status: Some(200), .. }));
}
