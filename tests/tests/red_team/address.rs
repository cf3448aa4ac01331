//! No adapter reaches an address that is not public, whatever a name resolves to
//! and however an address is written.

use crate::world::Setup;
use hotcell::SetupError;
use hotcell::egress::{Authority, Decision, Resolution, Resolve, Rule};
use hotcell::types::FailureKind;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A resolver that gives one answer after the other, and the last for ever.
struct Answers {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Answers {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| -> Vec<IpAddr> {
            list.iter().map(|address| address.parse().expect("an address")).collect()
        };
        let answers = Mutex::new(answers.iter().rev().map(parse).collect());
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Answers {
    fn resolve<'a>(&'a self, _: &'a str, port: u16, _: &'a Authority) -> Resolution<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().expect("no test panics in here");
        let answer = match answers.len() {
            0 => return Box::pin(async { Err(io::Error::other("no such name")) }),
            1 => answers[0].clone(),
            _ => answers.pop().unwrap_or_default(),
        };
        Box::pin(async move {
            Ok(answer.into_iter().map(|address| SocketAddr::new(address, port)).collect())
        })
    }
}

fn named(resolver: Arc<Answers>, private: bool) -> Setup {
    Setup {
        resolver: Some(resolver),
        url: Some(|port| format!("http://provider.example:{port}")),
        private,
        ..Setup::default()
    }
}

async fn is_refused(answer: &[&str], private: bool, words: &str) {
    let world = named(Answers::of(&[answer]), private).open().await;
    let error = world.failed("gpt").await;
    assert_eq!(error.kind(), FailureKind::Denied, "{answer:?}: {error}");
    assert_eq!(error.failure.code.as_deref(), Some("address"), "{answer:?}");
    assert!(error.to_string().contains(words), "{answer:?}: {error}");
    assert_eq!(world.denials(), [Rule::Address], "{answer:?}");
    assert_eq!(world.server.connections(), 0, "{answer:?}");
    world.goes_on_elsewhere().await;
}

macro_rules! refused {
    ($($name:ident: $words:literal $($address:literal)+;)*) => {$(
        #[tokio::test]
        async fn $name() {
            for address in [$($address),+] {
                is_refused(&[address], false, $words).await;
            }
        }
    )*};
}

refused! {
    a_name_that_resolves_to_loopback: "loopback" "127.0.0.1" "127.1.2.3" "::1";
    a_name_that_resolves_to_a_private_network: "private" "10.0.0.1" "172.16.0.1" "192.168.1.1";
    a_name_that_resolves_to_a_unique_local_address: "unique-local" "fc00::1" "fd12:3456::1";
    a_name_that_resolves_to_link_local: "link-local" "169.254.1.1" "fe80::1";
    a_name_that_resolves_to_site_local: "site-local" "fec0::1";
    a_name_that_resolves_to_carrier_grade_nat: "carrier-grade" "100.64.0.1" "100.127.255.255";
    a_name_that_resolves_to_benchmarking: "benchmarking" "198.18.0.1" "198.19.255.255";
    a_name_that_resolves_to_protocol_assignments: "protocol assignment" "192.0.0.1";
    a_name_that_resolves_to_documentation: "documentation" "192.0.2.1" "203.0.113.1" "2001:db8::1";
    a_name_that_resolves_to_multicast: "multicast" "224.0.0.1" "239.255.255.255" "ff02::1";
    a_name_that_resolves_to_broadcast: "reserved" "255.255.255.255" "240.0.0.1";
    a_name_that_resolves_to_nothing: "unspecified" "0.0.0.0" "::";
    a_name_that_resolves_to_discard: "discard" "100::1";
    a_name_that_resolves_to_an_ipv4_mapped_address: "loopback" "::ffff:127.0.0.1" "::ffff:7f00:1";
    a_name_that_resolves_to_an_ipv4_compatible_address: "loopback" "::127.0.0.1";
    a_name_that_resolves_to_6to4: "private" "2002:a00:1::" "2002:c0a8:101::1";
    a_name_that_resolves_to_teredo: "documentation" "2001:0:4136:e378:8000:63bf:3fff:fdd2";
    a_name_that_resolves_to_nat64: "loopback" "64:ff9b::127.0.0.1" "64:ff9b:1::7f00:1";
    a_name_that_resolves_to_isatap: "loopback" "2001:db9::5efe:127.0.0.1";
    a_name_that_resolves_to_metadata: "metadata" "169.254.169.254" "fd00:ec2::254" "100.100.100.200";
    a_name_that_resolves_to_metadata_in_disguise: "metadata"
        "::ffff:169.254.169.254" "64:ff9b::a9fe:a9fe" "2002:a9fe:a9fe::1";
}

#[tokio::test]
async fn metadata_is_refused_even_where_private_addresses_are_allowed() {
    for address in ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"] {
        is_refused(&[address], true, "metadata").await;
    }
}

#[tokio::test]
async fn one_bad_answer_among_good_ones_is_enough() {
    // The first would be connected to: it is where the server is.
    is_refused(&["127.0.0.1", "169.254.169.254"], true, "metadata").await;
    is_refused(&["169.254.169.254", "127.0.0.1"], true, "metadata").await;
    is_refused(&["10.0.0.1", "127.0.0.1"], false, "private").await;
}

/// A name that is good when it is checked and bad when it is connected to gains
/// nothing, since it is asked once for both.
#[tokio::test]
async fn a_name_that_changes_between_check_and_connect_gains_nothing() {
    let resolver = Answers::of(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let world = named(resolver.clone(), true).open().await;
    assert_eq!(world.told("gpt").await, "\"GOT through\"");
    assert_eq!(resolver.asked.load(Ordering::Relaxed), 1);
    assert_eq!(world.server.connections(), 1);
    assert!(world.denials().is_empty());
    world.goes_on_elsewhere().await;
}

/// And one that turns bad later is judged again for the next connection.
#[tokio::test]
async fn a_name_that_turns_bad_is_refused_from_then_on() {
    use hotcell_tests::loopback::{Step, whole};
    let resolver = Answers::of(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let mut setup = named(resolver.clone(), true);
    setup.script = Box::new(|_| {
        let mut steps = whole("200 OK", &[("connection", "close")], "once");
        steps.push(Step::Close);
        steps
    });
    let world = setup.open().await;
    assert_eq!(world.told("gpt").await, "once");
    let error = world.failed("gpt").await;
    assert_eq!(error.kind(), FailureKind::Denied, "{error}");
    assert_eq!(world.denials(), [Rule::Address]);
    assert_eq!(resolver.asked.load(Ordering::Relaxed), 2);
    assert_eq!(world.server.connections(), 1);
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let world = named(Answers::of(&[]), true).open().await;
    let error = world.failed("gpt").await;
    assert_eq!(error.kind(), FailureKind::Unreachable, "{error}");
    let records = world.audit.take();
    assert!(
        matches!(
            records.last().map(|record| &record.decision),
            Some(Decision::Finished { status: None, error: Some(_), .. })
        ),
        "{records:?}"
    );
    world.goes_on_elsewhere().await;
}

/// Addresses that a careless parser takes for others are refused before there is
/// any request.
#[tokio::test]
async fn an_address_is_refused_however_it_is_written() {
    let urls: [fn(u16) -> String; 14] = [
        |port| format!("http://127.0.0.1:{port}"),
        |port| format!("http://127.1:{port}"),
        |port| format!("http://2130706433:{port}"),
        |port| format!("http://0x7f000001:{port}"),
        |port| format!("http://0x7f.1:{port}"),
        |port| format!("http://017700000001:{port}"),
        |port| format!("http://127.0.0.01:{port}"),
        |port| format!("http://0:{port}"),
        |port| format!("http://[::1]:{port}"),
        |port| format!("http://[::ffff:127.0.0.1]:{port}"),
        |port| format!("http://[::ffff:7f00:1]:{port}"),
        |port| format!("http://user@127.0.0.1:{port}"),
        |_| "http://metadata.google.internal".to_owned(),
        |_| "http://METADATA.GOOGLE.INTERNAL./".to_owned(),
    ];
    for url in urls {
        // A resolver that helps the attacker along.
        let resolver = Answers::of(&[&["127.0.0.1"]]);
        let setup =
            Setup { resolver: Some(resolver), url: Some(url), private: false, ..Setup::default() };
        let world = setup.open().await;
        let error = world.failed("gpt").await;
        assert!(matches!(error.setup.as_deref(), Some(SetupError::Egress { .. })), "{error:?}");
        assert_eq!(world.server.connections(), 0, "{}", url(1));
        world.goes_on_elsewhere().await;
    }
}
