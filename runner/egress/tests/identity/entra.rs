//! Entra ID.

use crate::good;
use crate::world::{Seen, Setting, World, reply};
use hotcell_egress::{ErrorKind, Rule};
use hotcell_manifest::Auth;
use std::io::Write as _;

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
