//! A Sigstore of the test's own, in memory: an authority that vouches for identities, the
//! log of its certificates and the log of signatures. What they write is the public
//! formats': [bundles](https://docs.sigstore.dev/about/bundle/), RFC 6962 and signed notes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SigningKey, date_time_ymd,
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// Noon of the day that certificates are for.
pub(crate) const NOON: i64 = 1_767_268_800;
pub(crate) const IDENTITY: &str =
    "https://forge.example/acme/echo/.github/workflows/release.yml@refs/tags/v1";
pub(crate) const ISSUER: &str = "https://token.forge.example";

/// The authority and its logs.
pub(crate) struct SmallSigstore {
    authority: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    certificates_log: KeyPair,
    signatures_log: KeyPair,
}

/// What a bundle is made of, so that a test can make it wrong.
pub(crate) struct Request<'a> {
    pub(crate) identity: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) integrated: i64,
    /// What is signed.
    pub(crate) component: &'a [u8],
    /// What the log has on record.
    pub(crate) logged: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn of(component: &'a [u8]) -> Self {
        let (identity, issuer) = (IDENTITY, ISSUER);
        Self { identity, issuer, integrated: NOON, component, logged: component }
    }
}

impl SmallSigstore {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "small sigstore");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(2035, 1, 1);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            authority: Issuer::new(params, key),
            certificate,
            certificates_log: KeyPair::generate().unwrap(),
            signatures_log: KeyPair::generate().unwrap(),
        }
    }

    /// The file that an operator names as `trusted-root`.
    pub(crate) fn trusted_root(&self) -> Value {
        let valid = json!({ "start": "2025-01-01T00:00:00Z" });
        let log = |key: &KeyPair| {
            json!({
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.subject_public_key_info()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": valid,
                },
                "logId": { "keyId": STANDARD.encode(id(key)) },
            })
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(&self.signatures_log)],
            "certificateAuthorities": [{
                "subject": { "organization": "small", "commonName": "small sigstore" },
                "uri": "https://authority.example",
                "certChain": { "certificates": [{ "rawBytes": STANDARD.encode(&self.certificate) }] },
                "validFor": valid,
            }],
            "ctlogs": [log(&self.certificates_log)],
        })
    }

    /// A bundle, as a release's workflow publishes it.
    pub(crate) fn bundle(&self, request: &Request<'_>) -> Value {
        let key = KeyPair::generate().unwrap();
        let certificate = self.certificate_for(&key, request);
        let signature = STANDARD.encode(key.sign(request.component).unwrap());
        let hash = sha256(request.component);
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(&certificate)
        );
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": { "hash": { "algorithm": "sha256", "value": hex(&sha256(request.logged)) } },
                "signature": { "content": signature, "publicKey": { "content": STANDARD.encode(pem) } },
            },
        });
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&certificate) },
                "tlogEntries": [self.entry("hashedrekord", &body, request.integrated)],
            },
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(hash) },
                "signature": signature,
            },
        })
    }

    /// A bundle whose signature is of a statement about the component.
    pub(crate) fn attestation(&self, request: &Request<'_>, predicate: &str) -> Value {
        let key = KeyPair::generate().unwrap();
        let certificate = self.certificate_for(&key, request);
        let payload = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "a.wasm", "digest": { "sha256": hex(&sha256(request.component)) } }],
            "predicateType": predicate,
            "predicate": {},
        });
        let payload = serde_json::to_vec(&payload).unwrap();
        let kind = "application/vnd.in-toto+json";
        let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        signed.extend_from_slice(&payload);
        let signature = STANDARD.encode(key.sign(&signed).unwrap());
        let envelope = json!({
            "payload": STANDARD.encode(&payload),
            "payloadType": kind,
            "signatures": [{ "sig": signature }],
        });
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(&certificate)
        );
        let sha = |bytes: &[u8]| json!({ "algorithm": "sha256", "value": hex(&sha256(bytes)) });
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": sha(&serde_json::to_vec(&envelope).unwrap()),
                "payloadHash": sha(&payload),
                "signatures": [{ "signature": signature, "verifier": STANDARD.encode(pem) }],
            },
        });
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&certificate) },
                "tlogEntries": [self.entry("dsse", &body, request.integrated)],
            },
            "dsseEnvelope": envelope,
        })
    }

    /// What the log says of the only thing that was ever written into it.
    fn entry(&self, kind: &str, body: &Value, integrated: i64) -> Value {
        let log = &self.signatures_log;
        let body = serde_json::to_vec(body).unwrap();
        let root = sha256(&[&[0], body.as_slice()].concat());
        let note = format!("log.example\n1\n{}\n", STANDARD.encode(root));
        let signed = [&id(log)[..4], &log.sign(note.as_bytes()).unwrap()].concat();
        let checkpoint = format!("{note}\n\u{2014} log.example {}\n", STANDARD.encode(signed));
        // Its keys are in the order that the promise is signed in.
        let promise = json!({
            "body": STANDARD.encode(&body),
            "integratedTime": integrated,
            "logID": hex(&id(log)),
            "logIndex": 0,
        });
        let promise = log.sign(&serde_json::to_vec(&promise).unwrap()).unwrap();
        json!({
            "logIndex": "0",
            "logId": { "keyId": STANDARD.encode(id(log)) },
            "kindVersion": { "kind": kind, "version": "0.0.1" },
            "integratedTime": integrated.to_string(),
            "inclusionPromise": { "signedEntryTimestamp": STANDARD.encode(promise) },
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": STANDARD.encode(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": { "envelope": checkpoint },
            },
            "canonicalizedBody": STANDARD.encode(&body),
        })
    }

    /// A certificate of a day, which its log has promised to show.
    fn certificate_for(&self, key: &KeyPair, request: &Request<'_>) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(7));
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 1, 2);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.subject_alt_names = vec![SanType::URI(request.identity.try_into().unwrap())];
        params.use_authority_key_identifier_extension = true;
        let issuer = [&[0x0c, request.issuer.len() as u8], request.issuer.as_bytes()].concat();
        let oid = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
        params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, issuer)];
        let unlogged = params.signed_by(key, &self.authority).unwrap();
        let promise = self.promise(first_element(unlogged.der()));
        let oid = [1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
        params.custom_extensions.push(CustomExtension::from_oid_content(&oid, promise));
        params.signed_by(key, &self.authority).unwrap().der().to_vec()
    }

    /// RFC 6962, section 3.2: the certificate log's word, as a certificate's extension.
    fn promise(&self, to_be_signed: &[u8]) -> Vec<u8> {
        let log = &self.certificates_log;
        let time = (NOON as u64 * 1000).to_be_bytes();
        let mut signed = vec![0, 0];
        signed.extend(time);
        signed.extend([0, 1]);
        signed.extend(sha256(&self.authority.key().subject_public_key_info()));
        signed.extend(&(to_be_signed.len() as u32).to_be_bytes()[1..]);
        signed.extend(to_be_signed);
        signed.extend([0, 0]);
        let signature = log.sign(&signed).unwrap();
        let mut promise = vec![0];
        promise.extend(id(log));
        promise.extend(time);
        promise.extend([0, 0, 4, 3]);
        promise.extend((signature.len() as u16).to_be_bytes());
        promise.extend(signature);
        let mut list = ((promise.len() + 2) as u16).to_be_bytes().to_vec();
        list.extend((promise.len() as u16).to_be_bytes());
        list.extend(promise);
        [vec![0x04, list.len() as u8], list].concat()
    }
}

fn id(key: &KeyPair) -> [u8; 32] {
    sha256(&key.subject_public_key_info())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first element of a DER sequence, with its header.
fn first_element(sequence: &[u8]) -> &[u8] {
    let inner = &sequence[header(sequence).0..];
    let (head, length) = header(inner);
    &inner[..head + length]
}

/// How long an element's header is, and what it says of the length.
fn header(element: &[u8]) -> (usize, usize) {
    match element[1] {
        length @ 0..=0x7f => (2, length.into()),
        0x81 => (3, element[2].into()),
        _ => (4, usize::from(u16::from_be_bytes([element[2], element[3]]))),
    }
}
