//! Google.

use crate::good;
use crate::world::{Seen, Setting, World, reply, reply_with, token};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotcell_egress::{ErrorKind, Rule};
use hotcell_manifest::Auth;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Made for these tests, and of no use elsewhere.
const KEY: &str = include_str!("rsa-key.pem");
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

fn google(identity: &'static str, file: &Value) -> Setting<'static> {
    let auth = Auth::Google { scopes: vec![SCOPE.to_owned()] };
    let file = file.to_string();
    let identity = Some(identity);
    Setting { auth, identity, file, secrets: &[], variables: &[], is_named: true }
}

fn account() -> Value {
    json!({
        "type": "service_account",
        "client_email": "cell@project.iam.gserviceaccount.com",
        "private_key": KEY,
        "private_key_id": "key-1",
        "token_uri": "{URL}/token",
    })
}

fn user() -> Value {
    json!({
        "type": "authorized_user",
        "client_id": "client.apps.googleusercontent.com",
        "client_secret": "hunter22-of-the-client",
        "refresh_token": "1//refresh-token-of-the-tests",
        "token_uri": "{URL}/token",
        "quota_project_id": "who-pays",
    })
}

/// The claims, if the signature is the key's.
fn claims(assertion: &str) -> Value {
    let (text, signature) = assertion.rsplit_once('.').unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(text.as_bytes(), &signature).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    let part = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(part(header), json!({ "alg": "RS256", "typ": "JWT", "kid": "key-1" }));
    part(claims)
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let world = World::new(google("google-file:{FILE}", &account()), good).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    let grant = fetch.member("grant_type").unwrap();
    assert_eq!(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = fetch.member("assertion").unwrap();
    let expected = json!({
        "iss": "cell@project.iam.gserviceaccount.com",
        "scope": SCOPE,
        "aud": format!("http://127.0.0.1:{}/token", world.port),
        "iat": world.now(),
        "exp": world.now() + 3600,
    });
    assert_eq!(claims(&assertion), expected);
    assert!(world.chats()[0].has("authorization: Bearer token-1-of-the-tests"));
    let signature = assertion.rsplit_once('.').unwrap().1;
    world.keeps_quiet_about(&[signature, "token-1-of", "PRIVATE KEY"]);
}

#[tokio::test]
async fn an_assertion_that_is_echoed_is_not_seen() {
    // The provider and the identity endpoint know one another.
    let shown = Arc::<Mutex<String>>::default();
    let known = shown.clone();
    let setting = google("google-file:{FILE}", &account());
    let world = World::new(setting, move |seen, _| {
        if seen.is_chat() {
            return reply(200, &format!("it was {}.", known.lock().unwrap()));
        }
        *known.lock().unwrap() = seen.member("assertion").unwrap();
        token("token-of-the-tests")
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "it was [secret].");
    assert!(shown.lock().unwrap().len() > 500);
}

#[tokio::test]
async fn a_person_who_has_logged_in_pays_with_a_project() {
    let world = World::new(google("google-file:{FILE}", &user()), good).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    assert_eq!(fetch.member("grant_type").as_deref(), Some("refresh_token"));
    let refresh = fetch.member("refresh_token");
    assert_eq!(refresh.as_deref(), Some("1//refresh-token-of-the-tests"));
    let chat = &world.chats()[0];
    assert!(chat.has("x-goog-user-project: who-pays"), "{}", chat.head);
    assert!(!chat.has("hunter22") && !chat.has("refresh-token"), "{}", chat.head);
    world.keeps_quiet_about(&["hunter22", "1//refresh"]);
}

/// A pool that takes the token in the file itself, which is JSON.
fn external(url: &str, impersonation: Option<&str>) -> Value {
    json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": url,
        "credential_source": {
            "url": "{URL}/subject",
            "headers": { "x-agent": "hunter22-of-the-agent" },
            "format": { "type": "json", "subject_token_field_name": "value" },
        },
        "service_account_impersonation_url": impersonation,
    })
}

#[tokio::test]
async fn a_workload_exchanges_its_token_and_acts_as_a_service_account() {
    let as_account = "{URL}/v1/projects/-/serviceAccounts/cell@p.example:generateAccessToken";
    let file = external("{URL}/v1/token", Some(as_account));
    let world = World::new(google("google-file:{FILE}", &file), |seen, _| {
        if seen.line.starts_with("GET /subject") {
            return reply(200, "{\"value\":\"subject-token-of-the-tests\"}");
        }
        match seen.line.starts_with("POST /v1/projects") {
            true => reply(
                200,
                "{\"accessToken\":\"token-of-the-account\",\"expireTime\":\"2026-09-21T15:00:00Z\"}",
            ),
            false if seen.is_chat() => reply(200, &format!("{} subject-token-of-the-tests", seen.head)),
            false => token("federated-token-of-the-tests"),
        }
    })
    .await;
    let (_, body) = world.ask().await.unwrap();
    assert!(body.ends_with("[secret]") && !body.contains("token-of-the-account"), "{body}");
    let [subject, exchange, account] = &world.fetches()[..] else { panic!("{:?}", world.all()) };
    assert!(subject.has("x-agent: hunter22-of-the-agent"));
    assert_eq!(exchange.member("subject_token").as_deref(), Some("subject-token-of-the-tests"));
    let grant = exchange.member("grant_type").unwrap();
    assert_eq!(grant, "urn:ietf:params:oauth:grant-type:token-exchange");
    assert!(account.has("authorization: Bearer federated-token-of-the-tests"), "{}", account.head);
    assert_eq!(account.body, format!("{{\"scope\":[\"{SCOPE}\"],\"lifetime\":\"3600s\"}}"));
    assert!(world.chats()[0].has("Bearer token-of-the-account"));
    world.keeps_quiet_about(&["subject-token-of", "federated-token", "token-of-the-a", "hunter22"]);
}

#[tokio::test]
async fn a_file_does_not_say_where_its_secrets_go() {
    let elsewhere = [
        "https://evil.example/token",
        "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com.evil.example/token",
        "https://oauth2.googleapis.com@evil.example/token",
        "https://evil.googleapis.com/token",
        "http://169.254.169.254/token",
        "http://127.0.0.1:1/token",
        "file:///etc/passwd",
        "",
    ];
    for url in elsewhere {
        let with = |mut file: Value, member: &str| {
            file[member] = url.into();
            file
        };
        let mut inside = external("{URL}/v1/token", None);
        inside["type"] = "impersonated_service_account".into();
        inside["service_account_impersonation_url"] = "{URL}/v1/x".into();
        inside["source_credentials"] = with(user(), "token_uri");
        for file in [
            with(account(), "token_uri"),
            with(user(), "token_uri"),
            external(url, None),
            external("{URL}/v1/token", Some(url)),
            inside,
        ] {
            let world = World::new(google("google-file:{FILE}", &file), good).await;
            let error = world.ask().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Authentication, "{file}");
            assert!(!error.message.contains("hunter22"), "{error}");
            assert!(world.all().is_empty(), "{file}: {:?}", world.all());
            assert!(world.audit.records().is_empty(), "{:?}", world.audit.records());
        }
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_without_a_word_of_it() {
    for text in [
        "",
        "hunter22",
        "[]",
        "{}",
        "{\"type\":\"service_account\",\"client_email\":\"hunter22\"}",
        "{\"type\":\"hunter22\"}",
        "{\"type\":\"external_account\",\"audience\":\"a\",\"subject_token_type\":\"t\",\
          \"token_url\":\"{URL}/t\",\"credential_source\":{\"executable\":{\"command\":\"touch hunter22\"}}}",
        "{\"type\":\"external_account\",\"audience\":\"a\",\"subject_token_type\":\"t\",\
          \"token_url\":\"{URL}/t\",\"credential_source\":{\"environment_id\":\"aws1\"}}",
    ] {
        let setting =
            Setting { file: text.to_owned(), ..google("google-file:{FILE}", &json!(null)) };
        let world = World::new(setting, good).await;
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication, "{text}");
        assert!(!error.message.contains("hunter22"), "{text}: {error}");
        assert!(world.all().is_empty(), "{text}: {:?}", world.all());
    }
    let mut file = account();
    file["private_key"] =
        "-----BEGIN PRIVATE KEY-----\nhunter22\n-----END PRIVATE KEY-----\n".into();
    let world = World::new(google("google-file:{FILE}", &file), good).await;
    let error = world.ask().await.unwrap_err();
    assert!(
        error.message.contains("private key") && !error.message.contains("hunter22"),
        "{error}"
    );
}

#[tokio::test]
async fn what_googles_own_tools_would_find_is_found() {
    let variables = &[("GOOGLE_APPLICATION_CREDENTIALS", "{FILE}")];
    let world = World::new(Setting { variables, ..google("google", &user()) }, good).await;
    world.ask().await.unwrap();
    assert_eq!(world.fetches()[0].member("grant_type").as_deref(), Some("refresh_token"));
}

#[tokio::test]
async fn a_machine_asks_its_metadata_service_if_that_is_googles() {
    let metadata = |flavor: &'static str| {
        move |seen: &Seen, _: usize| match seen.is_chat() {
            true => reply(200, "ok"),
            false => {
                let body = "{\"access_token\":\"token-of-the-machine\",\"expires_in\":3600}";
                reply_with(200, flavor, body)
            }
        }
    };
    let setting = || google("google-metadata", &json!(null));
    let world = World::new(setting(), metadata("metadata-flavor: Google\r\n")).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    let path = "GET /computeMetadata/v1/instance/service-accounts/default/token?scopes=\
                https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform HTTP/1.1";
    assert_eq!(fetch.line, path);
    assert!(fetch.has("metadata-flavor: Google"));
    assert!(world.chats()[0].has("Bearer token-of-the-machine"));
    for other in ["", "metadata-flavor: Other\r\n"] {
        let world = World::new(setting(), metadata(other)).await;
        let error = world.ask().await.unwrap_err();
        assert!(error.message.contains("not Google's"), "{error}");
    }
}

#[tokio::test]
async fn what_is_asked_of_google_goes_to_public_addresses_only() {
    let mut file = user();
    file["token_uri"] = "https://oauth2.googleapis.com/token".into();
    let setting = Setting { is_named: false, ..google("google-file:{FILE}", &file) };
    let world = World::new(setting, good).await;
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.rule, Some(Rule::Address), "{error}");
    assert!(world.all().is_empty(), "{:?}", world.all());
}

#[tokio::test]
async fn a_file_that_is_read_ahead_need_not_be_there_later() {
    let world = World::new(google("google-file:{FILE}", &user()), good).await;
    world.provider.read_ahead();
    assert!(world.provider.changing_files().is_empty());
    std::fs::remove_file(world.file.path()).unwrap();
    assert_eq!(world.ask().await.unwrap().0, 200);
    world.advance(3600);
    assert_eq!(world.ask().await.unwrap().0, 200);
}
