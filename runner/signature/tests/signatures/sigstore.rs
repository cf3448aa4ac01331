//! Signatures by identities.

use super::small_sigstore::{IDENTITY, ISSUER, NOON, Request, SmallSigstore};
use super::{COMPONENT, OTHER, reasons, trust};
use hotcell_signature::{Kind, Signature, Trust};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// One that vouches for everybody in here.
static SIGSTORE: LazyLock<SmallSigstore> = LazyLock::new(SmallSigstore::new);

fn believing(root: &Value) -> Trust {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trusted_root.json");
    std::fs::write(&file, root.to_string()).unwrap();
    trust(&format!(
        "[signatures]\ntrusted-root = '{}'\n[signatures.publishers.acme]\nadapters = ['echo']\n\
         sigstore = {{ identity = '{IDENTITY}', issuer = '{ISSUER}' }}\n",
        file.display()
    ))
}

fn signature(bundle: &Value) -> [Signature; 1] {
    [Signature { kind: Kind::Sigstore, bytes: bundle.to_string().into_bytes() }]
}

fn refused(bundle: &Value) -> String {
    let trust = believing(&SIGSTORE.trusted_root());
    reasons(trust.verify("echo", COMPONENT, &signature(bundle)).unwrap_err())
}

#[test]
fn an_identity_that_is_vouched_for_signs() {
    let trust = believing(&SIGSTORE.trusted_root());
    let bundle = signature(&SIGSTORE.bundle(&Request::of(COMPONENT)));
    let signer = trust.verify("echo", COMPONENT, &bundle).unwrap().unwrap();
    assert_eq!(signer.publisher, "acme");
    assert_eq!(signer.key, format!("sigstore:{IDENTITY} ({ISSUER})"));
    let refused = reasons(trust.verify("echo", OTHER, &bundle).unwrap_err());
    assert!(refused.contains("digest"), "{refused}");
}

#[test]
fn a_statement_signs_when_it_is_about_how_the_component_was_built() {
    let trust = believing(&SIGSTORE.trusted_root());
    let built = SIGSTORE.attestation(&Request::of(COMPONENT), PROVENANCE);
    trust.verify("echo", COMPONENT, &signature(&built)).unwrap();
    let of_other = SIGSTORE.attestation(&Request::of(OTHER), PROVENANCE);
    assert!(trust.verify("echo", COMPONENT, &signature(&of_other)).is_err());
    let warning = "https://example.com/this-one-has-a-back-door/v1";
    let warning = SIGSTORE.attestation(&Request::of(COMPONENT), warning);
    assert!(refused(&warning).contains("something else"), "{}", refused(&warning));
}

#[test]
fn another_identity_is_somebody_else() {
    let look_alike = IDENTITY.replace("acme", "acme-official");
    for request in [
        Request { identity: &look_alike, ..Request::of(COMPONENT) },
        Request { identity: &IDENTITY.replace("tags/v1", "heads/main"), ..Request::of(COMPONENT) },
        Request { issuer: "https://token.forge.example.net", ..Request::of(COMPONENT) },
    ] {
        let why = refused(&SIGSTORE.bundle(&request));
        assert!(why.contains("mismatch") || why.contains("expected"), "{why}");
    }
}

#[test]
fn a_sigstore_that_nobody_believes_vouches_for_nobody() {
    let own = SmallSigstore::new();
    refused(&own.bundle(&Request::of(COMPONENT)));
    // Each of the three has to be the believed one.
    let theirs = own.trusted_root();
    let bundle = SIGSTORE.bundle(&Request::of(COMPONENT));
    for part in ["tlogs", "certificateAuthorities", "ctlogs"] {
        for other in [&theirs[part], &json!([])] {
            let mut root = SIGSTORE.trusted_root();
            root[part] = other.clone();
            let verdict = believing(&root).verify("echo", COMPONENT, &signature(&bundle));
            assert!(verdict.is_err(), "{part}");
        }
    }
}

#[test]
fn what_the_log_has_on_record_must_fit() {
    // Of another component, of a time at which the certificate was not valid yet or any more.
    let other = Request { logged: OTHER, ..Request::of(COMPONENT) };
    refused(&SIGSTORE.bundle(&other));
    for hours in [-13, 13] {
        let late = Request { integrated: NOON + hours * 3600, ..Request::of(COMPONENT) };
        refused(&SIGSTORE.bundle(&late));
    }
    let entry = "/verificationMaterial/tlogEntries/0";
    let without = |pointer: &str, field: &str| {
        let mut bundle = SIGSTORE.bundle(&Request::of(COMPONENT));
        let found = bundle.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap();
        assert!(found.remove(field).is_some(), "{field}");
        refused(&bundle)
    };
    // A promise alone proves no entry, and a proof alone no time.
    without(entry, "inclusionProof");
    without(entry, "inclusionPromise");
    without(entry, "integratedTime");
    without("/verificationMaterial", "tlogEntries");
    without("/verificationMaterial", "certificate");
    // Parts of two bundles, each of which is good.
    let one = SIGSTORE.bundle(&Request::of(COMPONENT));
    let two = SIGSTORE.bundle(&Request::of(COMPONENT));
    for pointer in [
        "/messageSignature/signature",
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp",
        "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope",
    ] {
        let mut mixed = one.clone();
        *mixed.pointer_mut(pointer).unwrap() = two.pointer(pointer).unwrap().clone();
        assert_ne!(mixed, one);
        refused(&mixed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is changed in a bundle, it is never one of another component.
    #[test]
    fn a_changed_bundle_is_never_one_of_another_component(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let trust = believing(&SIGSTORE.trusted_root());
        let [mut signature] = signature(&SIGSTORE.bundle(&Request::of(COMPONENT)));
        for (at, to) in changes {
            let at = at.index(signature.bytes.len());
            signature.bytes[at] = to;
        }
        let _ = trust.verify("echo", COMPONENT, std::slice::from_ref(&signature));
        prop_assert!(trust.verify("echo", OTHER, &[signature]).is_err());
    }
}
