//! Signatures by keys.

use super::{COMPONENT, OTHER, reasons, trust};
use hotcell_signature::sign::{NewKeys, SignError, SigningKey};
use hotcell_signature::{Kind, Policy, Signature, SignatureError, Signer, Trust};
use proptest::prelude::*;

/// Of the specification's own example: `minisign` made it.
const MINISIGN_KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
const MINISIGN_OF_TEST: &str = "untrusted comment: signature from minisign secret key\n\
    RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=\n\
    trusted comment: timestamp:1555779966\tfile:test\n\
    QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";

/// Of RFC 8032, section 7.1, test 3.
const ED25519_KEY: [u8; 32] = [
    0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3, 0x8d, 0xa4, 0x7e, 0xd0, 0x02, 0x30, 0xf0, 0x58,
    0x08, 0x16, 0xed, 0x13, 0xba, 0x33, 0x03, 0xac, 0x5d, 0xeb, 0x91, 0x15, 0x48, 0x90, 0x80, 0x25,
];
const ED25519_OF_AF82: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
    18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

fn by(key: &SigningKey) -> Trust {
    let (kind, value) = key.public().unwrap();
    trust(&format!(
        "[signatures.publishers.acme]\nadapters = ['acme-*', 'echo']\n{kind} = '{value}'\n"
    ))
}

fn key() -> SigningKey {
    SigningKey::parse(&NewKeys::generate(None).unwrap().secret, None).unwrap()
}

fn pem_key() -> SigningKey {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    SigningKey::parse(&pair.serialize_pem(), None).unwrap()
}

#[test]
fn signatures_of_others_tools_are_understood() {
    let known = trust(&format!(
        "[signatures.publishers.a]\nadapters = ['echo']\nminisign = '{MINISIGN_KEY}'"
    ));
    let signature = Signature { kind: Kind::Minisign, bytes: MINISIGN_OF_TEST.into() };
    let signer = known.verify("echo", b"test", std::slice::from_ref(&signature)).unwrap().unwrap();
    assert_eq!(signer.publisher, "a");
    assert_eq!(signer.key, format!("minisign:{MINISIGN_KEY}"));
    let refused = known.verify("echo", b"Test", &[signature]).unwrap_err();
    assert!(reasons(refused).contains("not of these bytes"));

    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(ED25519_KEY);
    let known =
        trust(&format!("[signatures.publishers.a]\nadapters = ['echo']\ned25519 = '{base64}'"));
    let bytes: Vec<u8> = (0..64)
        .map(|at| u8::from_str_radix(&ED25519_OF_AF82[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let signature = Signature { kind: Kind::Ed25519, bytes };
    assert!(known.verify("echo", &[0xaf, 0x82], std::slice::from_ref(&signature)).is_ok());
    assert!(known.verify("echo", &[0xaf, 0x83], &[signature]).is_err());
}

#[test]
fn a_component_is_its_publishers_and_nobody_elses() {
    for key in [key(), pem_key()] {
        let known = by(&key);
        let signature = key.sign(COMPONENT, "echo 1").unwrap();
        let signer = known.verify("echo", COMPONENT, std::slice::from_ref(&signature)).unwrap();
        assert_eq!(signer.as_ref().map(|it| it.publisher.as_str()), Some("acme"));
        // One byte more, another component, and a signature of the other component.
        let longer = [COMPONENT, b"!"].concat();
        for foreign in [&longer, OTHER] {
            assert!(known.verify("echo", foreign, std::slice::from_ref(&signature)).is_err());
        }
        let of_other = key.sign(OTHER, "echo 1").unwrap();
        assert!(known.verify("echo", COMPONENT, &[of_other]).is_err());
        // One foreign signature beside the right one does no harm.
        let others = pem_key().sign(COMPONENT, "").unwrap();
        assert!(known.verify("echo", COMPONENT, &[others, signature]).is_ok());
    }
}

#[test]
fn a_signature_by_anybody_is_worth_nothing() {
    for (acme, anybody) in [(key(), key()), (pem_key(), pem_key()), (key(), pem_key())] {
        let signature = anybody.sign(COMPONENT, "I am acme").unwrap();
        let refused = by(&acme).verify("echo", COMPONENT, &[signature]).unwrap_err();
        assert!(matches!(refused, SignatureError::Foreign { .. }), "{refused}");
    }
    let refused = by(&key()).verify("acme-chat", COMPONENT, &[]).unwrap_err();
    assert_eq!(refused.to_string(), "it is not signed, and has to be by `acme`");
}

#[test]
fn a_publisher_signs_its_own_adapters_only() {
    let (acme, other) = (key(), key());
    let (acme_key, other_key) = (acme.public().unwrap().1, other.public().unwrap().1);
    let known = trust(&format!(
        "[signatures]\nunsigned = 'refuse'\n\
         [signatures.publishers.acme]\nadapters = ['acme-*']\nminisign = '{acme_key}'\n\
         [signatures.publishers.other]\nadapters = ['other']\nminisign = '{other_key}'\n"
    ));
    let signature = acme.sign(COMPONENT, "").unwrap();
    let signatures = std::slice::from_ref(&signature);
    assert!(known.verify("acme-chat", COMPONENT, signatures).is_ok());
    assert!(known.verify("other", COMPONENT, signatures).is_err());
    assert!(known.verify("acme", COMPONENT, signatures).is_err());
    assert_eq!(known.verify("mine", COMPONENT, signatures), Err(SignatureError::NoPublisher));
    // Without a policy nothing has to be signed, and no signature counts.
    assert_eq!(Trust::default().verify("mine", COMPONENT, signatures), Ok(None));
}

#[test]
fn who_signed_once_signs_for_ever() {
    let (old, new) = (key(), key());
    let signer = by(&old).verify("echo", COMPONENT, &[old.sign(COMPONENT, "").unwrap()]).unwrap();
    let pinned: Signer = signer.unwrap();
    let again = by(&old);
    let signature = old.sign(COMPONENT, "again").unwrap();
    assert!(again.verify_pinned("echo", COMPONENT, &[signature], Some(&pinned)).is_ok());
    // One more publisher has signed it too, and stands before the other.
    let (new_key, old_key) = (new.public().unwrap().1, old.public().unwrap().1);
    let both = trust(&format!(
        "[signatures.publishers.a]\nadapters = ['echo']\nminisign = '{new_key}'\n\
         [signatures.publishers.acme]\nadapters = ['echo']\nminisign = '{old_key}'\n"
    ));
    let signatures = [&new, &old].map(|key| key.sign(COMPONENT, "").unwrap());
    assert_eq!(both.verify("echo", COMPONENT, &signatures).unwrap().unwrap().publisher, "a");
    let verified = both.verify_pinned("echo", COMPONENT, &signatures, Some(&pinned)).unwrap();
    assert_eq!(verified.as_ref(), Some(&pinned));
    assert!(both.verify_pinned("echo", COMPONENT, &signatures[..1], Some(&pinned)).is_err());
    // Another key, though the policy has it by now, and no policy at all.
    let signature = new.sign(COMPONENT, "").unwrap();
    let signatures = std::slice::from_ref(&signature);
    let refused = by(&new).verify_pinned("echo", COMPONENT, signatures, Some(&pinned));
    assert!(matches!(refused, Err(SignatureError::Other { found: Some(_), .. })), "{refused:?}");
    let refused = Trust::default().verify_pinned("echo", COMPONENT, signatures, Some(&pinned));
    assert!(matches!(refused, Err(SignatureError::Other { found: None, .. })), "{refused:?}");
}

#[test]
fn a_policy_above_another_loosens_nothing() {
    let (user, project) = (key(), key());
    let policy = |key: &SigningKey, rest: &str| {
        let (kind, value) = key.public().unwrap();
        let text = format!(
            "[signatures]\n{rest}\n[signatures.publishers.p]\nadapters = ['echo']\n{kind} = '{value}'\n"
        );
        crate::parse(&text).unwrap()
    };
    let signed = |key: &SigningKey| [key.sign(COMPONENT, "").unwrap()];
    let load = |above, beneath| Trust::load(Policy::above(above, Some(beneath))).unwrap();
    // A project that names a publisher of its own for the same adapter, and one that names none.
    let both = load(policy(&project, ""), policy(&user, ""));
    assert!(both.verify("echo", COMPONENT, &signed(&project)).is_err());
    assert!(both.verify("echo", COMPONENT, &signed(&user)).is_err());
    let lax = load(Policy::default(), policy(&user, "unsigned = 'refuse'"));
    assert!(lax.concerns("echo") && !lax.concerns("other"));
    assert!(lax.verify("echo", COMPONENT, &signed(&project)).is_err());
    assert!(lax.verify("echo", COMPONENT, &signed(&user)).unwrap().is_some());
    assert_eq!(lax.verify("other", COMPONENT, &[]), Err(SignatureError::NoPublisher));
    // One that refuses what is not signed takes what the user's publisher signed.
    let strict = crate::parse("[signatures]\nunsigned = 'refuse'").unwrap();
    let strict = load(strict, policy(&user, ""));
    assert!(strict.verify("echo", COMPONENT, &signed(&user)).unwrap().is_some());
}

#[test]
fn a_protected_key_wants_its_password() {
    let keys = NewKeys::generate(Some("open sesame".to_owned())).unwrap();
    assert!(matches!(SigningKey::parse(&keys.secret, None), Err(SignError::Protected)));
    let wrong = SigningKey::parse(&keys.secret, Some("guess".to_owned()));
    assert!(matches!(wrong, Err(SignError::Password)));
    let key = SigningKey::parse(&keys.secret, Some("open sesame".to_owned())).unwrap();
    assert!(keys.public.contains(&key.public().unwrap().1));
    assert!(!format!("{keys:?}{key:?}").contains(keys.secret.lines().nth(1).unwrap()));
    assert!(matches!(SigningKey::parse("RWQ nothing", None), Err(SignError::NotAKey)));
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(SigningKey::parse(certificate, None), Err(SignError::NotAKey)));
}

proptest! {
    /// Whatever is changed in a signature, it is refused, or it is still the publisher's over
    /// this component: an untrusted comment and white space are nobody's word.
    #[test]
    fn a_changed_signature_is_never_one_of_another_component(
        at in any::<prop::sample::Index>(), to: u8, pem: bool,
    ) {
        let key = if pem { pem_key() } else { key() };
        let known = by(&key);
        let mut signature = key.sign(COMPONENT, "echo 1").unwrap();
        let at = at.index(signature.bytes.len());
        signature.bytes[at] = to;
        let _ = known.verify("echo", COMPONENT, std::slice::from_ref(&signature));
        prop_assert!(known.verify("echo", OTHER, &[signature]).is_err());
    }

    #[test]
    fn a_signature_of_noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (kind, key) in [(Kind::Minisign, key()), (Kind::Ed25519, pem_key())] {
            let signature = Signature { kind, bytes: bytes.clone() };
            prop_assert!(by(&key).verify("echo", COMPONENT, &[signature]).is_err());
        }
    }
}
