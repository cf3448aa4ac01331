//! A person who has logged in by a pool.

use super::{external, instance, setting, written};
use crate::good;
use crate::world::{World, reply, token};

use serde_json::{Value, json};

#[tokio::test]
async fn a_person_who_has_logged_in_by_a_pool_has_a_token_that_is_renewed() {
    let user = json!({
        "type": "external_account_authorized_user",
        "audience": "//iam.googleapis.com/locations/global/workforcePools/p/providers/q",
        "client_id": "client-of-the-tests",
        "client_secret": "hunter22-of-the-client",
        "refresh_token": "refresh-hunter22",
        "token_url": "{URL}/v1/oauthtoken",
        "token_info_url": "https://evil.example/introspect",
        "revoke_url": "https://evil.example/revoke",
        "quota_project_id": "who-pays",
    });
    let world =
        World::new(setting("google-file:{FILE}", &user, &[]), |seen, _| match seen.is_chat() {
            true => reply(200, "refresh-hunter22 hunter22-of-the-client"),
            false => token("token-of-the-person"),
        })
        .await;
    assert_eq!(world.ask().await.unwrap().1, "[secret] [secret]");
    let [fetch] = &world.fetches()[..] else { panic!("{:?}", world.fetches()) };
    assert_eq!(fetch.line, "POST /v1/oauthtoken HTTP/1.1");
    assert_eq!(fetch.body, "grant_type=refresh_token&refresh_token=refresh-hunter22");
    let basic = "Y2xpZW50LW9mLXRoZS10ZXN0czpodW50ZXIyMi1vZi10aGUtY2xpZW50";
    assert!(fetch.has(&format!("authorization: Basic {basic}")), "{}", fetch.head);
    assert!(world.chats()[0].has("x-goog-user-project: who-pays"));
    world.keeps_quiet_about(&["hunter22", "token-of-the-person", basic]);
    // It may act as a service account as well.
    let acting = json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url":
            "{URL}/v1/projects/-/serviceAccounts/cell@p.example:generateAccessToken",
        "delegates": ["projects/-/serviceAccounts/between@p.example"],
        "source_credentials": user,
    });
    let world =
        World::new(setting("google-file:{FILE}", &acting, &[]), |seen, _| match &*seen.line {
            "POST /v1/oauthtoken HTTP/1.1" => token("token-of-the-person"),
            _ => instance(seen),
        })
        .await;
    world.ask().await.unwrap();
    let account = &world.fetches()[1];
    assert!(account.has("Bearer token-of-the-person") && account.has("between@p.example"));
    assert!(world.chats()[0].has("Bearer token-of-the-account"));
}

#[tokio::test]
async fn a_login_does_not_say_where_its_secrets_go() {
    for url in ["https://evil.example/v1/oauthtoken", "http://sts.googleapis.com/v1/oauthtoken"] {
        let user = json!({
            "type": "external_account_authorized_user",
            "client_id": "client-of-the-tests",
            "client_secret": "hunter22-of-the-client",
            "refresh_token": "refresh-hunter22",
            "token_url": url,
        });
        let acting = json!({
            "type": "impersonated_service_account",
            "service_account_impersonation_url": "https://evil.example/x:generateAccessToken",
            "source_credentials": { "token_url": "{URL}/v1/oauthtoken" },
        });
        for file in [user, acting] {
            let world = World::new(setting("google-file:{FILE}", &file, &[]), good).await;
            let error = world.ask().await.unwrap_err();
            assert!(error.message.contains("nothing was sent there"), "{file}: {error}");
            assert!(!error.message.contains("hunter22"), "{error}");
            assert!(world.all().is_empty(), "{file}: {:?}", world.all());
        }
    }
}

#[tokio::test]
async fn a_pool_of_people_says_which_project_pays_unless_a_client_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = external(json!({ "file": written(folder.path(), "token", "subject") }));
    file["workforce_pool_user_project"] = "who-pays".into();
    let options = |file: Value| async move {
        let world = World::new(setting("google-file:{FILE}", &file, &[]), good).await;
        world.ask().await.unwrap();
        let fetch = world.fetches().remove(0);
        (fetch.member("options"), fetch.has("authorization: Basic Y2xpZW50Og=="))
    };
    let told = Some("{\"userProject\":\"who-pays\"}".to_owned());
    assert_eq!(options(file.clone()).await, (told, false));
    file["client_id"] = "client".into();
    assert_eq!(options(file).await, (None, true));
}
