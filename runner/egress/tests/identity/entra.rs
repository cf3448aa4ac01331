//! Entra ID.

use crate::good;
use crate::world::{Seen, Setting, World, reply, reply_with, token};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hotcell_egress::{ErrorKind, Rule};
use hotcell_manifest::Auth;
use ring::digest;
use ring::signature::{RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// Made for these tests, and of no use elsewhere.
const KEY: &str = include_str!("rsa-key.pem");
const SECRET: &str = "hunter22-application-secret";

fn entra(identity: Option<&'static str>) -> Setting<'static> {
    let auth = Auth::Entra { scope: "https://cognitiveservices.azure.com/.default".to_owned() };
    let file = "assertion-1-of-the-tests".to_owned();
    let secrets = &[("entra-client-secret", SECRET)];
    Setting { auth, identity, file, secrets, variables: &[], is_named: true }
}

#[tokio::test]
async fn an_application_signs_in_with_its_secret() {
    let world = World::new(entra(Some("entra-client:contoso.example/1111-2222")), good).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    assert_eq!(fetch.line, "POST /contoso.example/oauth2/v2.0/token HTTP/1.1");
    let member = |name: &str| fetch.member(name).unwrap();
    assert_eq!(member("grant_type"), "client_credentials");
    assert_eq!(member("client_id"), "1111-2222");
    assert_eq!(member("client_secret"), SECRET);
    assert_eq!(member("scope"), "https://cognitiveservices.azure.com/.default");
    assert!(world.chats()[0].has("Bearer token-1-of-the-tests"));
    world.keeps_quiet_about(&[SECRET, "token-1-of"]);
}

#[tokio::test]
async fn a_workload_shows_the_token_that_is_in_its_file_now() {
    let mut world = World::new(entra(Some("entra-workload:contoso/1111{FILE}")), good).await;
    // What stays as it is is read ahead; this is written anew by somebody.
    world.provider.read_ahead();
    world.ask().await.unwrap();
    assert_eq!(world.provider.changing_files(), [world.file.path()]);
    world.file.as_file().set_len(0).unwrap();
    std::io::Seek::rewind(&mut world.file).unwrap();
    write!(world.file, "assertion-2-of-the-tests").unwrap();
    world.advance(3600);
    world.ask().await.unwrap();
    let shown = world.fetches().into_iter().map(|fetch| fetch.member("client_assertion").unwrap());
    let shown: Vec<String> = shown.collect();
    assert_eq!(shown, ["assertion-1-of-the-tests", "assertion-2-of-the-tests"]);
    world.keeps_quiet_about(&["assertion-1", "assertion-2"]);
}

#[tokio::test]
async fn a_machine_asks_its_metadata_service() {
    let world = World::new(entra(Some("entra-managed:1111-2222")), |seen, _| {
        match seen.is_chat() {
            true => reply(200, "ok"),
            // Numbers come as text there.
            false => {
                reply(200, "{\"access_token\":\"token-of-the-tests\",\"expires_in\":\"3599\"}")
            }
        }
    })
    .await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    let path = "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=\
                https%3A%2F%2Fcognitiveservices.azure.com&client_id=1111-2222 HTTP/1.1";
    assert_eq!(fetch.line, path);
    assert!(fetch.has("metadata: true"));
    world.advance(3000);
    world.ask().await.unwrap();
    assert_eq!(world.fetches().len(), 1);
}

#[tokio::test]
async fn an_app_service_asks_the_agent_beside_it() {
    let variables = &[
        ("IDENTITY_ENDPOINT", "{URL}/msi/token"),
        ("IDENTITY_HEADER", "hunter22-of-the-agent"),
        ("AZURE_CLIENT_ID", "1111-2222"),
    ];
    let world =
        World::new(Setting { variables, ..entra(Some("entra")) }, |seen, _| match seen.is_chat() {
            true => reply(200, "it was hunter22-of-the-agent"),
            false => {
                let end = 1_790_000_000 + 3600;
                let body = format!("{{\"access_token\":\"token-1\",\"expires_on\":\"{end}\"}}");
                reply(200, &body)
            }
        })
        .await;
    assert_eq!(world.ask().await.unwrap().1, "it was [secret]");
    let fetch = &world.fetches()[0];
    let path = "GET /msi/token?api-version=2019-08-01&resource=\
                https%3A%2F%2Fcognitiveservices.azure.com&client_id=1111-2222 HTTP/1.1";
    assert_eq!(fetch.line, path);
    assert!(fetch.has("x-identity-header: hunter22-of-the-agent"));
    world.advance(3299);
    world.ask().await.unwrap();
    assert_eq!(world.fetches().len(), 1);
    world.keeps_quiet_about(&["hunter22"]);
}

/// A certificate and its key, in one file. Both are made for these tests.
fn certificate() -> (String, Vec<u8>) {
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let key = rcgen::KeyPair::try_from(&PrivateKeyDer::Pkcs8(der)).unwrap();
    let params = rcgen::CertificateParams::new(vec!["cell.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (format!("{}{KEY}", certificate.pem()), certificate.der().to_vec())
}

#[tokio::test]
async fn an_application_signs_with_the_key_of_its_certificate() {
    let (file, certificate) = certificate();
    let shown = Arc::<Mutex<String>>::default();
    let known = shown.clone();
    let identity = Some("entra-certificate:contoso/1111-2222{FILE}");
    let world = World::new(Setting { file, ..entra(identity) }, move |seen, _| {
        if seen.is_chat() {
            return reply(200, &format!("it was {}", known.lock().unwrap()));
        }
        *known.lock().unwrap() = seen.member("client_assertion").unwrap();
        token("token-1-of-the-tests")
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "it was [secret]");
    let fetch = &world.fetches()[0];
    assert_eq!(fetch.line, "POST /contoso/oauth2/v2.0/token HTTP/1.1");
    let kind = fetch.member("client_assertion_type");
    assert_eq!(kind.as_deref(), Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    let assertion = fetch.member("client_assertion").unwrap();
    let (text, signature) = assertion.rsplit_once('.').unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public());
    public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    let part = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let thumbprint = digest::digest(&digest::SHA256, &certificate);
    let expected = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint),
        "x5c": [STANDARD.encode(&certificate)],
    });
    assert_eq!(part(header), expected);
    let mut claims = part(claims);
    let id = claims["jti"].take();
    let expected = json!({
        "aud": format!("http://127.0.0.1:{}/contoso/oauth2/v2.0/token", world.port),
        "iss": "1111-2222",
        "sub": "1111-2222",
        "jti": null,
        "iat": world.now(),
        "nbf": world.now(),
        "exp": world.now() + 600,
    });
    assert_eq!(claims, expected);
    // Each has an id of its own, so that nobody takes it a second time.
    world.advance(3600);
    world.ask().await.unwrap();
    let again = world.fetches()[1].member("client_assertion").unwrap();
    assert_ne!(part(again.split('.').nth(1).unwrap())["jti"], id);
    world.keeps_quiet_about(&["PRIVATE KEY", signature, "token-1-of"]);
}

#[tokio::test]
async fn a_file_that_has_no_certificate_or_no_key_is_refused_without_a_word_of_it() {
    let (whole, _) = certificate();
    let alone = whole.strip_suffix(KEY).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nhunter22!\n-----END CERTIFICATE-----\n";
    for (file, expected) in [
        ("hunter22", "no certificate in PEM"),
        (KEY, "no certificate in PEM"),
        (broken, "no certificate in PEM"),
        (alone, "its private key is not an RSA key"),
        (&whole.replace("PRIVATE KEY", "EC PRIVATE KEY"), "its private key is not an RSA key"),
        (&whole.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "is encrypted"),
    ] {
        let identity = Some("entra-certificate:contoso/1111{FILE}");
        let setting = Setting { file: file.to_owned(), ..entra(identity) };
        let world = World::new(setting, good).await;
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication);
        assert!(error.message.contains(expected), "{expected}: {error}");
        assert!(!error.message.contains("hunter22"), "{error}");
        assert!(world.all().is_empty(), "{:?}", world.all());
    }
}

#[tokio::test]
async fn what_azures_own_tools_would_find_is_found() {
    const IDS: [(&str, &str); 2] = [("AZURE_TENANT_ID", "contoso"), ("AZURE_CLIENT_ID", "1111")];
    let with = |name: &'static str| -> &'static [(&'static str, &'static str)] {
        Box::leak(Box::new([IDS[0], IDS[1], (name, "{FILE}")]))
    };
    let (file, _) = certificate();
    for variables in [with("AZURE_CLIENT_CERTIFICATE_PATH"), with("AZURE_FEDERATED_TOKEN_FILE")] {
        let setting = Setting { variables, file: file.clone(), ..entra(Some("entra")) };
        let world = World::new(setting, good).await;
        world.ask().await.unwrap();
        let shown = world.fetches()[0].member("client_assertion").unwrap();
        assert_eq!(shown == file.trim_end(), variables[2].0.contains("TOKEN"), "{variables:?}");
    }
}

#[tokio::test]
async fn the_environment_does_not_say_where_a_secret_goes() {
    for (host, asked) in [
        ("https://login.microsoftonline.us/", Some("identity:https://login.microsoftonline.us")),
        ("https://evil.example/", None),
        ("{URL}", None),
    ] {
        let variables: &'static [(&str, &str)] = Box::leak(Box::new([
            ("AZURE_TENANT_ID", "contoso"),
            ("AZURE_CLIENT_ID", "1111"),
            ("AZURE_CLIENT_SECRET", "set"),
            ("AZURE_AUTHORITY_HOST", host),
        ]));
        let setting = Setting { variables, is_named: false, ..entra(Some("entra")) };
        let world = World::new(setting, good).await;
        // Names are all at loopback here, where nothing of Microsoft's is.
        let error = world.ask().await.unwrap_err();
        match asked {
            Some(place) => {
                assert_eq!(error.rule, Some(Rule::Address), "{error}");
                assert_eq!(world.decisions()[0], format!("{place} granted"));
            }
            None => {
                assert!(error.message.contains("AZURE_AUTHORITY_HOST"), "{error}");
                assert!(world.audit.records().is_empty());
            }
        }
        assert!(world.all().is_empty(), "{:?}", world.all());
    }
}

const ARC: &[(&str, &str)] =
    &[("IDENTITY_ENDPOINT", "{URL}/oauth2/token"), ("IMDS_ENDPOINT", "{URL}")];

/// The agent, which wants this file shown.
async fn arc(
    identity: &'static str,
    key: &str,
    named: impl Fn(&Path) -> String + Send + Sync + 'static,
) -> World {
    let shown = format!("authorization: Basic {key}\r\n");
    let file = Arc::<OnceLock<PathBuf>>::default();
    let known = file.clone();
    let setting = Setting { variables: ARC, file: key.to_owned(), ..entra(Some(identity)) };
    let world = World::new(setting, move |seen, _| {
        let named = named(known.get().unwrap());
        match seen.head.contains(&shown) {
            _ if seen.is_chat() => reply(200, &shown),
            true => reply(
                200,
                "{\"access_token\":\"token-1-of-arc\",\"expires_in\":\"3599\",\
                 \"client_id\":\"1111-AAAA\"}",
            ),
            false => {
                let head = format!("www-authenticate: Basic realm={named}\r\n");
                reply_with(401, &head, "hunter22")
            }
        }
    })
    .await;
    file.set(world.file.path().to_owned()).unwrap();
    world
}

#[tokio::test]
async fn a_machine_of_azure_arc_shows_what_only_it_can_read() {
    let own = |file: &Path| file.display().to_string();
    for identity in ["entra-managed", "entra-managed:1111-aaaa"] {
        let world = arc(identity, "hunter22-of-arc", own).await;
        let (_, body) = world.ask().await.unwrap();
        assert_eq!(body, "authorization: Basic [secret]\r\n");
        let [first, second] = &world.fetches()[..] else { panic!("{:?}", world.fetches()) };
        let client = identity.strip_prefix("entra-managed:");
        let client = client.map(|id| format!("&client_id={id}")).unwrap_or_default();
        let line = format!(
            "GET /oauth2/token?api-version=2020-06-01&resource=\
             https%3A%2F%2Fcognitiveservices.azure.com{client} HTTP/1.1"
        );
        assert_eq!((&first.line, &second.line), (&line, &line));
        assert!(first.has("metadata: true") && !first.has("authorization"), "{}", first.head);
        assert!(second.has("metadata: true"), "{}", second.head);
        assert!(world.chats()[0].has("Bearer token-1-of-arc"));
        world.keeps_quiet_about(&["hunter22", "token-1"]);
    }
    // An agent that knows of one identity gives that, whichever is asked for.
    let world = arc("entra-managed:2222", "hunter22-of-arc", own).await;
    let error = world.ask().await.unwrap_err();
    assert!(error.message.contains("another identity"), "{error}");
    assert!(world.chats().is_empty());
}

#[tokio::test]
async fn an_agent_of_azure_arc_has_its_own_keys_shown_and_nothing_else() {
    let elsewhere = tempfile::Builder::new().suffix(".key").tempfile().unwrap();
    std::fs::write(elsewhere.path(), "hunter22-of-somebody-else").unwrap();
    let elsewhere = elsewhere.path().to_owned();
    type Named = Box<dyn Fn(&Path) -> String + Send + Sync>;
    let other = elsewhere.clone();
    let table: [(Named, &str, &str); 6] = [
        (Box::new(move |_| elsewhere.display().to_string()), "key", "names no key below"),
        (Box::new(|_| "/etc/passwd".to_owned()), "key", "names no key below"),
        (Box::new(|_| String::new()), "key", "names no key below"),
        (
            Box::new(move |file| {
                let folder = file.parent().unwrap().display().to_string();
                format!("{folder}/../{}", other.file_name().unwrap().display())
            }),
            "key",
            "names no key below",
        ),
        (
            Box::new(|file| file.with_file_name("not-there.key").display().to_string()),
            "key",
            "there is no file",
        ),
        (
            Box::new(|file| file.display().to_string()),
            &"hunter22".repeat(513),
            "has more than 4096 bytes",
        ),
    ];
    for (named, key, expected) in table {
        let world = arc("entra-managed", key, named).await;
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication);
        assert!(error.message.contains(expected), "{expected}: {error}");
        assert!(!error.message.contains("hunter22"), "{error}");
        let [asked] = &world.all()[..] else { panic!("{:?}", world.all()) };
        assert!(!asked.has("authorization"), "{}", asked.head);
        world.keeps_quiet_about(&["hunter22"]);
    }
}

#[tokio::test]
async fn a_machine_of_azure_machine_learning_asks_its_older_agent() {
    let variables = &[("MSI_ENDPOINT", "{URL}/MSI/auth"), ("MSI_SECRET", "hunter22-of-the-agent")];
    let setting = Setting { variables, ..entra(Some("entra-managed:1111")) };
    let world = World::new(setting, |seen, _| match seen.is_chat() {
        true => reply(200, "it was hunter22-of-the-agent"),
        false => reply(200, "{\"access_token\":\"token-1\",\"expires_on\":\"1790003600\"}"),
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "it was [secret]");
    let fetch = &world.fetches()[0];
    let path = "GET /MSI/auth?api-version=2017-09-01&resource=\
                https%3A%2F%2Fcognitiveservices.azure.com&clientid=1111 HTTP/1.1";
    assert_eq!(fetch.line, path);
    assert!(fetch.has("secret: hunter22-of-the-agent"));
    world.keeps_quiet_about(&["hunter22"]);
}

#[tokio::test]
async fn an_agent_that_is_not_on_this_machine_is_not_asked() {
    for url in
        ["http://10.0.0.1/msi/token", "https://evil.example/token", "http://localhost.evil/x"]
    {
        let variables: &'static [(&str, &str)] =
            Box::leak(Box::new([("IDENTITY_ENDPOINT", url), ("IDENTITY_HEADER", "hunter22")]));
        let world = World::new(Setting { variables, ..entra(Some("entra-managed")) }, good).await;
        let error = world.ask().await.unwrap_err();
        assert!(error.message.contains("not an agent of this machine's"), "{url}: {error}");
        assert!(world.all().is_empty() && world.audit.records().is_empty(), "{url}");
    }
}

#[tokio::test]
async fn what_a_machine_without_an_identity_says_is_explained() {
    let world = World::new(entra(Some("entra-managed")), |_: &Seen, _| {
        reply(400, "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}")
    })
    .await;
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert!(error.message.contains("metadata service answered 400 (invalid_request)"), "{error}");
}

#[tokio::test]
async fn what_is_asked_of_entra_goes_to_public_addresses_only() {
    // Without a word of the configuration tokens come from login.microsoftonline.com, which
    // somebody has made a name of this machine.
    let setting = Setting { is_named: false, ..entra(Some("entra-client:contoso/1111")) };
    let world = World::new(setting, good).await;
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.rule, Some(Rule::Address), "{error}");
    assert!(world.all().is_empty(), "{:?}", world.all());
    let decisions = [
        "identity:https://login.microsoftonline.com granted",
        "identity:https://login.microsoftonline.com denied address",
    ];
    assert_eq!(world.decisions(), decisions);
}
