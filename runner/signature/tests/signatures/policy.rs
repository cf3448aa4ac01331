//! The policy, and the files of signatures.

use super::parse;
use hotcell_signature::{AdapterNames, Kind, Policy, ReadError, Signature, Trust, TrustError};
use std::fs;

const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

#[test]
fn a_policy_is_read_strictly() {
    let head = "[signatures.publishers.a]\nadapters = ['x']\n";
    for (text, words) in [
        ("[signatures]\nunsinged = 'refuse'".to_owned(), "unknown field"),
        ("[signatures]\nunsigned = 'perhaps'".to_owned(), "unknown variant"),
        (head.to_owned(), "one key"),
        (format!("{head}minisign = '{KEY}'\ned25519 = 'AAAA'"), "one key"),
        (format!("{head}minisign = 'RWQ'"), "no minisign key"),
        (format!("{head}ed25519 = 'AAAA'"), "no Ed25519 key"),
        (format!("{head}sigstore = {{ identity = 'a@b.c' }}"), "missing field `issuer`"),
        (format!("{head}sigstore = {{ identity = '', issuer = '' }}"), "needs an identity"),
        (format!("[signatures.publishers.a]\nadapters = []\nminisign = '{KEY}'"), "no adapter"),
        (format!("[signatures.publishers.a]\nadapters = ['a*b']\nminisign = '{KEY}'"), "neither"),
        (format!("[signatures.publishers.a]\nadapters = ['../a']\nminisign = '{KEY}'"), "neither"),
    ] {
        let error = parse(&text).expect_err(&text);
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn what_is_written_is_read() {
    let text = format!(
        "[signatures]\nunsigned = 'refuse'\ntrusted-root = 'root.json'\n\
         [signatures.publishers.a]\nadapters = ['x', 'y-*']\nminisign = '''\n\
         untrusted comment: minisign public key E7620F1842B4E81F\n{KEY}\n'''\n\
         [signatures.publishers.b]\nadapters = ['*']\ned25519 = '''\n-----BEGIN PUBLIC KEY-----\n\
         MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=\n\
         -----END PUBLIC KEY-----\n'''\n\
         [signatures.publishers.c]\nadapters = ['z']\n\
         sigstore = {{ identity = 'a@example.com', issuer = 'https://accounts.example.com' }}\n"
    );
    let policy = parse(&text).unwrap();
    let written = toml::to_string(&policy).unwrap();
    assert_eq!(toml::from_str::<Policy>(&written).unwrap(), policy);
    let keys: Vec<_> = policy.publishers.values().map(|it| it.key.to_string()).collect();
    assert_eq!(keys[0], format!("minisign:{KEY}"));
    assert_eq!(keys[1], "ed25519:/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=");
    assert_eq!(keys[2], "sigstore:a@example.com (https://accounts.example.com)");
}

#[test]
fn names_are_whole_or_a_beginning() {
    let names = |text: &str| AdapterNames::try_from(text.to_owned()).unwrap();
    assert!(names("acme").include("acme") && !names("acme").include("acme-chat"));
    assert!(names("acme-*").include("acme-chat") && !names("acme-*").include("acme"));
    assert!(names("*").include("anything"));
}

#[test]
fn an_identity_needs_somebody_who_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.json");
    let text = format!(
        "[signatures]\ntrusted-root = '{}'\n[signatures.publishers.c]\nadapters = ['z']\n\
         sigstore = {{ identity = 'a@example.com', issuer = 'https://accounts.example.com' }}\n",
        root.display()
    );
    let without = text.lines().filter(|line| !line.contains("trusted-root"));
    let without = without.collect::<Vec<_>>().join("\n");
    let refused = Trust::load(parse(&without).unwrap()).unwrap_err();
    assert_eq!(refused, TrustError::NoRoot { publisher: "c".to_owned() });
    let why = || Trust::load(parse(&text).unwrap()).unwrap_err().to_string();
    assert!(why().contains("root.json"), "{}", why());
    for spoilt in ["", "{", "{}", "[1]", "{\"mediaType\": \"x\", \"tlogs\": [{}]}"] {
        fs::write(&root, spoilt).unwrap();
        assert!(why().contains("trusted root"), "{}", why());
    }
}

#[test]
fn signatures_are_found_beside_the_component_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("a.wasm");
    assert_eq!(Signature::beside(&component).unwrap(), []);
    for kind in Kind::ALL {
        fs::write(folder.path().join(format!("a.wasm.{}", kind.extension())), "x").unwrap();
    }
    let kinds: Vec<_> = Signature::beside(&component).unwrap().iter().map(|it| it.kind).collect();
    assert_eq!(kinds, Kind::ALL);
    let long = folder.path().join("a.wasm.sig");
    fs::write(&long, vec![b'x'; 5000]).unwrap();
    assert!(matches!(Signature::beside(&component), Err(ReadError::TooLarge { .. })));
    assert!(matches!(Signature::read(&long), Err(ReadError::TooLarge { .. })));
    assert!(matches!(Signature::read(&component), Err(ReadError::Unknown { .. })));
}
