//! Tokens of an identity provider's.

use crate::world::{World, chat};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotcell_mock::Mock;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ISSUER: &str = "https://id.example";

/// An identity provider with a key of each kind.
struct Identity {
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl Identity {
    fn new(mock: &Mock) -> Self {
        let random = SystemRandom::new();
        let account: Value = serde_json::from_str(&mock.service_account()).unwrap();
        let pem = account["private_key"].as_str().unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let p256 = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Self {
            rsa: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap(),
            p256: EcdsaKeyPair::from_pkcs8(kind, p256.as_ref(), &random).unwrap(),
            ed25519: Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap(),
        }
    }

    fn keys(&self) -> Value {
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let point = self.p256.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [
            { "kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": text(&rsa.n), "e": text(&rsa.e) },
            { "kty": "EC", "kid": "e", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) },
            { "kty": "OKP", "kid": "o", "crv": "Ed25519", "x": text(self.ed25519.public_key().as_ref()) },
            // What is of no use here, or for something else.
            { "kty": "RSA", "kid": "enc", "use": "enc", "n": text(&rsa.n), "e": text(&rsa.e) },
            { "kty": "oct", "kid": "shared", "k": text(b"a secret of several people's") },
            { "kty": "RSA", "kid": "pss", "alg": "PS256", "n": text(&rsa.n), "e": text(&rsa.e) },
            7,
        ] })
    }

    fn sign(&self, key: &str, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match key {
            "r" | "enc" | "pss" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).unwrap();
                signature
            }
            "e" => self.p256.sign(&random, text).unwrap().as_ref().to_vec(),
            "o" => self.ed25519.sign(text).as_ref().to_vec(),
            _ => Vec::new(),
        }
    }

    /// A token with this header, signed by the key of its id whatever else it says.
    fn token(&self, header: Value, change: Value) -> String {
        let id = header["kid"].as_str().unwrap_or("r").to_owned();
        let text = unsigned(&header, &claims(change));
        let signature = self.sign(&id, text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims(change: Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({ "iss": ISSUER, "aud": "hotcell", "sub": "alice", "exp": now + 600 });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// A world that believes in tokens, with the keys in a file.
async fn world(more: &str) -> (World, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start().await.unwrap();
    let identity = Identity::new(&mock);
    let file = folder.path().join("keys.json");
    std::fs::write(&file, identity.keys().to_string()).unwrap();
    let jwt = format!(
        "[gateway.jwt]\nissuer = \"{ISSUER}\"\naudience = \"hotcell\"\nkeys = \"{}\"\n{more}",
        file.display()
    );
    (World::of(folder, mock, &jwt).await, identity)
}

#[tokio::test]
async fn a_token_opens_with_each_kind_of_key_and_is_accounted_for() {
    let (world, identity) = world("").await;
    for (algorithm, id) in [("RS256", "r"), ("ES256", "e"), ("EdDSA", "o")] {
        let token = identity.token(json!({ "alg": algorithm, "kid": id }), json!({}));
        world.chat(&token, "mock/gpt-4o").await.is(200);
        // The only key of its kind needs no name.
        let text = unsigned(&json!({ "alg": algorithm }), &claims(json!({})));
        let signature = URL_SAFE_NO_PAD.encode(identity.sign(id, text.as_bytes()));
        world.chat(&format!("{text}.{signature}"), "mock/gpt-4o").await.is(200);
    }
    assert_eq!(world.used("key=jwt:alice").await["requests"], 6);
    // And keys still do.
    let (key, _) = world.key(json!({})).await;
    world.chat(&key, "mock/gpt-4o").await.is(200);
}

#[tokio::test]
async fn no_other_algorithm_is_talked_into_it() {
    let (world, identity) = world("").await;
    let good = json!({ "alg": "RS256", "kid": "r" });
    let mut hostile = Vec::new();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let text = unsigned(&json!({ "alg": none, "kid": "r" }), &claims(json!({})));
        hostile.push(format!("{text}."));
        let signature = URL_SAFE_NO_PAD.encode(identity.sign("r", text.as_bytes()));
        hostile.push(format!("{text}.{signature}"));
    }
    // What everybody knows of the issuer, as a secret that is shared with it.
    let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(identity.rsa.public());
    let keys = identity.keys();
    let secrets: [Vec<u8>; 4] = [
        rsa.n.clone(),
        keys["keys"][0]["n"].as_str().unwrap().as_bytes().to_vec(),
        b"a secret of several people's".to_vec(),
        Vec::new(),
    ];
    for (secret, id) in secrets.iter().zip(["r", "r", "shared", "r"]) {
        let text = unsigned(&json!({ "alg": "HS256", "kid": id }), &claims(json!({})));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        let tag = ring::hmac::sign(&key, text.as_bytes());
        hostile.push(format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())));
    }
    // A good signature under another name, and keys for something else.
    for (algorithm, id) in [
        ("ES256", "r"),
        ("RS256", "e"),
        ("EdDSA", "r"),
        ("PS256", "pss"),
        ("RS256", "pss"),
        ("RS256", "enc"),
        ("RS512", "r"),
        ("rs256", "r"),
        ("RS256", "nobody"),
    ] {
        hostile.push(identity.token(json!({ "alg": algorithm, "kid": id }), json!({})));
    }
    // Keys that a token brings along, or says the way to.
    let other = Identity::new(&world.mock);
    let own = other.keys()["keys"][2].clone();
    for extra in [
        json!({ "jwk": own.clone() }),
        json!({ "jku": "https://evil.example/keys" }),
        json!({ "x5u": "https://evil.example/cert" }),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": "o" });
        for (name, value) in extra.as_object().unwrap() {
            header[name] = value.clone();
        }
        let text = unsigned(&header, &claims(json!({})));
        let signature = URL_SAFE_NO_PAD.encode(other.ed25519.sign(text.as_bytes()));
        hostile.push(format!("{text}.{signature}"));
    }
    hostile.push(identity.token(json!({ "alg": "RS256", "kid": "r", "crit": ["exp"] }), json!({})));
    // An ES256 signature of zeros (CVE-2022-21449).
    let text = unsigned(&json!({ "alg": "ES256", "kid": "e" }), &claims(json!({})));
    hostile.push(format!("{text}.{}", URL_SAFE_NO_PAD.encode([0; 64])));
    for change in [
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "other" }),
        json!({ "exp": 1 }),
        json!({ "exp": null }),
        json!({ "nbf": 99_999_999_999_u64 }),
        json!({ "sub": null }),
    ] {
        hostile.push(identity.token(good.clone(), change));
    }
    let token = identity.token(good.clone(), json!({}));
    hostile.extend([
        token[..token.len() - 4].to_owned(),
        format!("{token}AAAA"),
        format!("{token}."),
        format!(".{token}"),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.{}.", "A".repeat(9000), "A".repeat(9000)),
    ]);
    for token in &hostile {
        let refused = world.chat(token, "mock/gpt-4o").await;
        assert_eq!(refused.status, 401, "{token}");
    }
    assert!(world.mock.requests().is_empty());
    world.chat(&token, "mock/gpt-4o").await.is(200);
}

#[tokio::test]
async fn a_remembered_token_opens_for_no_other_that_begins_like_it() {
    let (world, identity) = world("").await;
    let header = json!({ "alg": "RS256", "kid": "r" });
    let good = identity.token(header.clone(), json!({}));
    world.chat(&good, "mock/gpt-4o").await.is(200);
    // The same header and claims, and all but the last of the signature.
    let (text, signature) = good.rsplit_once('.').unwrap();
    for cut in [0, 1, 20, signature.len() - 4] {
        let kept = &signature[..cut];
        let forged = format!("{text}.{kept}{}", "A".repeat(signature.len() - cut));
        world.chat(&forged, "mock/gpt-4o").await.is(401);
    }
    // The same header, and claims of somebody else's.
    let claims = unsigned(&header, &claims(json!({ "sub": "mallory" })));
    world.chat(&format!("{claims}.{signature}"), "mock/gpt-4o").await.is(401);
    assert_eq!(world.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_token_may_what_its_claims_and_its_team_say() {
    let more = "team-claim = \"groups\"\nmodels-claim = \"models\"\n";
    let (world, identity) = world(more).await;
    let limits = json!({ "requests-per-minute": 1000, "models": ["mock/*"] });
    let team = json!({ "id": "red", "limits": limits });
    world.admin("POST", "/admin/teams", team).await.is(201);
    let header = json!({ "alg": "EdDSA", "kid": "o" });
    let token = |change: Value| identity.token(header.clone(), change);
    let good = token(json!({ "groups": ["none", "red"], "models": ["mock/gpt-*", "claude/*"] }));
    let answer = world.chat(&good, "mock/gpt-4o").await.is(200);
    assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("1000"));
    world.chat(&good, "mock/endless").await.is(403);
    world.chat(&good, "claude/gpt").await.is(403);
    assert_eq!(world.used("team=red&by=team").await["requests"], 1);
    for wrong in [
        json!({ "models": ["*"] }),
        json!({ "groups": ["blue"], "models": ["*"] }),
        json!({ "groups": "red" }),
        json!({ "groups": "red", "models": [] }),
    ] {
        world.chat(&token(wrong), "mock/gpt-4o").await.is(403);
    }
}

#[tokio::test]
async fn no_token_gets_to_the_admin_api() {
    let (world, identity) = world("").await;
    let change = json!({
        "sub": "operator", "role": "admin", "scope": "admin", "groups": ["admin"], "admin": true,
    });
    let token = identity.token(json!({ "alg": "RS256", "kid": "r" }), change);
    world.chat(&token, "mock/gpt-4o").await.is(200);
    let bearer = format!("Bearer {token}");
    for (method, path) in [
        ("GET", "keys"),
        ("POST", "keys"),
        ("GET", "usage"),
        ("GET", "budgets/keys"),
        ("POST", "teams"),
    ] {
        let headers = [("authorization", bearer.as_str()), ("host", "localhost")];
        world.send(method, &format!("/admin/{path}"), &headers, "{}").await.is(403);
    }
    // It is nobody else in the accounts either.
    assert_eq!(world.used("key=jwt:operator").await["requests"], 1);
    assert_eq!(world.used("key=operator").await, Value::Null);
}

/// A server that has keys, and counts how often it was asked.
async fn served(keys: Value) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            counted.fetch_add(1, Ordering::SeqCst);
            let body = keys.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (format!("http://{address}/keys"), asked)
}

#[tokio::test]
async fn keys_are_fetched_once_however_many_unknown_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start().await.unwrap();
    let identity = Identity::new(&mock);
    let (url, asked) = served(identity.keys()).await;
    let jwt = format!(
        "[gateway.jwt]\nissuer = \"{ISSUER}\"\naudience = \"hotcell\"\nkeys = \"{url}\"\n\
         allow-private = true\nallow-plaintext = true\nrefresh-seconds = 3600\n"
    );
    let world = World::of(folder, mock, &jwt).await;
    let token = identity.token(json!({ "alg": "RS256", "kid": "r" }), json!({}));
    world.chat(&token, "mock/gpt-4o").await.is(200);
    for number in 0..20 {
        let header = json!({ "alg": "RS256", "kid": format!("unknown-{number}") });
        world.chat(&identity.token(header, json!({})), "mock/gpt-4o").await.is(401);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_are_not_fetched_from_where_nobody_permits_it() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start().await.unwrap();
    let identity = Identity::new(&mock);
    let (url, asked) = served(identity.keys()).await;
    let jwt =
        format!("[gateway.jwt]\nissuer = \"{ISSUER}\"\naudience = \"hotcell\"\nkeys = \"{url}\"\n");
    let world = World::of(folder, mock, &jwt).await;
    let token = identity.token(json!({ "alg": "RS256", "kid": "r" }), json!({}));
    let bearer = format!("Bearer {token}");
    let path = "/v1/chat/completions";
    world.send("POST", path, &[("authorization", &bearer)], &chat("mock/gpt-4o")).await.is(401);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
