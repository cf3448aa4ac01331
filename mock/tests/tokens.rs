//! The endpoints that give tokens out, and what the tokens are good for.

#[allow(dead_code, reason = "this target has no use for a client with a key")]
mod client;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use client::{Answer, ask};
use hotcell_mock::Mock;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An assertion of the service account, written here and not by the runner.
fn assertion(mock: &Mock, change: impl Fn(&mut Value, &mut Value)) -> String {
    let account: Value = serde_json::from_str(&mock.service_account()).unwrap();
    let pem = account["private_key"].as_str().unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": account["private_key_id"] });
    let mut claims = json!({
        "iss": account["client_email"], "aud": account["token_uri"],
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "iat": now(), "exp": now() + 3600,
    });
    change(&mut header, &mut claims);
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encoded(&header), encoded(&claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn exchange(mock: &Mock, assertion: &str) -> Answer {
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let form = format!("grant_type={grant}&assertion={assertion}");
    ask(mock, "POST", "/token", &[], form.as_bytes())
}

#[test]
fn an_assertion_is_good_for_a_token_and_nothing_that_was_changed_is() {
    let mock = Mock::spawn().unwrap();
    let good = exchange(&mock, &assertion(&mock, |_, _| {}));
    assert_eq!((good.status(), &good.json()["expires_in"]), (200, &json!(3600)), "{}", good.body);
    type Change = fn(&mut Value, &mut Value);
    let changes: [Change; 9] = [
        |header, _| header["alg"] = json!("none"),
        |header, _| header["alg"] = json!("HS256"),
        |header, _| header["kid"] = json!("another"),
        |_, claims| claims["iss"] = json!("somebody@else.iam.gserviceaccount.com"),
        |_, claims| claims["aud"] = json!("https://oauth2.googleapis.com/token"),
        |_, claims| claims["exp"] = json!(now() - 1),
        |_, claims| claims["exp"] = json!(now() + 7200),
        |_, claims| claims["iat"] = json!(now() + 600),
        |_, claims| claims["scope"] = json!("everything"),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let answer = exchange(&mock, &assertion(&mock, change));
        assert_eq!(answer.status(), 400, "change {index}: {}", answer.body);
    }
    // Claims of another assertion under the signature of this one.
    let (one, other) = (assertion(&mock, |_, _| {}), assertion(&mock, |_, it| it["x"] = json!(1)));
    let mixed =
        format!("{}.{}", other.rsplit_once('.').unwrap().0, one.rsplit_once('.').unwrap().1);
    assert_eq!(exchange(&mock, &mixed).json()["error_description"], "Invalid JWT Signature.");
    for bad in ["", ".", "..", "a.b.c", "é"] {
        assert_eq!(exchange(&mock, bad).status(), 400, "{bad}");
    }
}

#[test]
fn a_client_needs_its_id_and_its_secret() {
    let mock = Mock::spawn().unwrap();
    let (id, key, tenant) = (Mock::CLIENT_ID, Mock::KEY, Mock::TENANT);
    let scope = "https%3A%2F%2Fcognitiveservices.azure.com%2F.default";
    let entra = |tenant: &str, id: &str, secret: &str, scope: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}"
        );
        ask(&mock, "POST", &format!("/{tenant}/oauth2/v2.0/token"), &[], form.as_bytes()).status()
    };
    assert_eq!(entra(tenant, id, key, scope), 200);
    assert_eq!(entra("another", id, key, scope), 400);
    assert_eq!(entra(tenant, "another", key, scope), 400);
    assert_eq!(entra(tenant, id, "another", scope), 401);
    assert_eq!(entra(tenant, id, key, "another"), 400);

    let databricks = |pair: &str, scope: &str| {
        let header = format!("authorization: Basic {}", STANDARD.encode(pair));
        let form = format!("grant_type=client_credentials&scope={scope}");
        ask(&mock, "POST", "/oidc/v1/token", &[&header], form.as_bytes()).status()
    };
    assert_eq!(databricks(&format!("{id}:{key}"), "all-apis"), 200);
    assert_eq!(databricks(&format!("{id}:another"), "all-apis"), 401);
    assert_eq!(databricks(&format!("another:{key}"), "all-apis"), 401);
    assert_eq!(databricks(&format!("{id}:{key}"), "sql"), 400);

    let ibm = |grant: &str, key: &str| {
        let form = format!("grant_type={grant}&apikey={key}");
        ask(&mock, "POST", "/identity/token", &[], form.as_bytes()).status()
    };
    assert_eq!(ibm("urn:ibm:params:oauth:grant-type:apikey", key), 200);
    assert_eq!(ibm("urn:ibm:params:oauth:grant-type:apikey", "another"), 400);
    assert_eq!(ibm("client_credentials", key), 400);
}

#[test]
fn a_token_opens_its_issuers_doors_until_it_expires() {
    let mock = Mock::spawn().unwrap();
    let token = |life: Duration| {
        mock.change(|behaviour| behaviour.token_life = life);
        let answer = exchange(&mock, &assertion(&mock, |_, _| {}));
        format!("authorization: Bearer {}", answer.json()["access_token"].as_str().unwrap())
    };
    let body = json!({ "contents": [{ "parts": [{ "text": "x" }] }] }).to_string();
    let vertex = mock.endpoint("vertex").unwrap().replace(&mock.url(), "");
    let chat = |header: &str| {
        let path = format!("{vertex}/models/m:generateContent");
        ask(&mock, "POST", &path, &[header], body.as_bytes())
    };
    let good = token(Duration::from_secs(3600));
    assert_eq!(chat(&good).status(), 200);
    let elsewhere = ask(&mock, "POST", "/azure/openai/v1/chat/completions", &[&good], b"{}");
    assert_eq!(elsewhere.status(), 401, "{}", elsewhere.body);
    let short = token(Duration::ZERO);
    let answer = chat(&short);
    assert_eq!(answer.status(), 401, "{}", answer.body);
    assert!(answer.body.contains("has expired"), "{}", answer.body);
    assert_eq!(chat(&good).status(), 200);
    mock.expire_tokens();
    assert_eq!(chat(&good).status(), 401);
    let checked: Vec<String> = mock.requests().into_iter().map(|it| it.checked).collect();
    assert!(checked.contains(&"token of the google endpoint, not expired: good".to_owned()));
}
