//! What a hostile identity endpoint, provider, guest or file of credentials tries where tokens
//! are fetched. Every server here is on loopback, and time passes by hand.

mod entra;
mod google;
mod workload;
mod world;

use hotcell_egress::{ErrorKind, Rule};
use hotcell_manifest::{Auth, ClientAuth, ClientCredentials};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use world::{Seen, Setting, World, chat, reply, reply_with, token};

const SECRET: &str = "hunter22-client-secret/with+signs=";
const ID: &str = "client-of-the-tests";

fn client(client_auth: ClientAuth) -> Setting<'static> {
    let auth = Auth::Oauth2ClientCredentials(ClientCredentials {
        origin: "https://identity.example".to_owned(),
        path: "/oidc/v1/token".to_owned(),
        client_id: "client-id".to_owned(),
        client_secret: "client-secret".to_owned(),
        client_auth,
        scope: Some("all-apis".to_owned()),
        audience: None,
    });
    let secrets = &[("client-id", ID), ("client-secret", SECRET)];
    let (identity, file) = (None, String::new());
    Setting { auth, identity, file, secrets, variables: &[], is_named: true }
}

/// A provider that is content with everything, and tokens `token-1-…`, `token-2-…`.
fn good(seen: &Seen, number: usize) -> String {
    match seen.is_chat() {
        true => reply(200, "ok"),
        false => token(&format!("token-{number}-of-the-tests")),
    }
}

#[tokio::test]
async fn a_token_is_fetched_sent_and_kept() {
    let world = World::new(client(ClientAuth::Basic), good).await;
    assert_eq!(world.ask().await.unwrap(), (200, "ok".to_owned()));
    assert_eq!(world.ask().await.unwrap(), (200, "ok".to_owned()));
    let [fetch] = &world.fetches()[..] else { panic!("{:?}", world.fetches()) };
    assert_eq!(fetch.line, "POST /oidc/v1/token HTTP/1.1");
    assert_eq!(fetch.body, "grant_type=client_credentials&scope=all-apis");
    // The id and the secret are encoded before they are joined.
    let basic = "authorization: Basic Y2xpZW50LW9mLXRoZS10ZXN0czpodW50ZXIyMi1jbGllbnQtc2VjcmV0JTJGd2l0aCUyQnNpZ25zJTNE";
    assert!(fetch.has(basic), "{}", fetch.head);
    for chat in world.chats() {
        assert!(chat.has("authorization: Bearer token-1-of-the-tests"), "{}", chat.head);
        assert!(!chat.has(SECRET), "{}", chat.head);
    }
    let decisions = [
        "identity:http://127.0.0.1 granted",
        "identity:http://127.0.0.1 200",
        "api granted",
        "api 200",
        "api granted",
        "api 200",
    ];
    assert_eq!(world.decisions(), decisions);
    world.keeps_quiet_about(&[SECRET, "token-1", "Y2xpZW50"]);
}

#[tokio::test]
async fn a_client_can_say_who_it_is_in_the_form() {
    let world = World::new(client(ClientAuth::Body), good).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    assert!(!fetch.head.contains("authorization"), "{}", fetch.head);
    assert_eq!(fetch.member("client_id").as_deref(), Some(ID));
    assert_eq!(fetch.member("client_secret").as_deref(), Some(SECRET));
}

#[tokio::test]
async fn an_api_key_is_exchanged_for_a_token() {
    let auth = Auth::Oauth2ApiKey(hotcell_manifest::ApiKeyExchange {
        origin: "https://iam.example".to_owned(),
        path: "/identity/token".to_owned(),
        grant_type: "urn:ibm:params:oauth:grant-type:apikey".to_owned(),
        parameter: "apikey".to_owned(),
        secret: "api-key".to_owned(),
    });
    let secrets = &[("api-key", SECRET)];
    let setting = Setting { auth, secrets, ..client(ClientAuth::Basic) };
    let world = World::new(setting, good).await;
    world.ask().await.unwrap();
    let fetch = &world.fetches()[0];
    assert_eq!(fetch.member("apikey").as_deref(), Some(SECRET));
    let grant = fetch.member("grant_type");
    assert_eq!(grant.as_deref(), Some("urn:ibm:params:oauth:grant-type:apikey"));
    let chat = &world.chats()[0];
    assert!(chat.has("Bearer token-1-of-the-tests") && !chat.has("hunter22"), "{}", chat.head);
}

#[tokio::test]
async fn who_asks_at_the_same_time_waits_for_one_fetch() {
    let world = World::new(client(ClientAuth::Basic), good).await;
    let all = (world.ask(), world.ask(), world.ask(), world.ask());
    let (a, b, c, d) = tokio::join!(all.0, all.1, all.2, all.3);
    for answer in [a, b, c, d] {
        assert_eq!(answer.unwrap().0, 200);
    }
    assert_eq!((world.fetches().len(), world.chats().len()), (1, 4));
}

#[tokio::test]
async fn a_token_is_fetched_anew_before_its_end() {
    let world = World::new(client(ClientAuth::Basic), good).await;
    world.ask().await.unwrap();
    world.advance(3299);
    world.ask().await.unwrap();
    assert_eq!(world.fetches().len(), 1);
    world.advance(1);
    world.ask().await.unwrap();
    assert_eq!(world.fetches().len(), 2);
    assert!(world.chats()[2].has("Bearer token-2-of-the-tests"));
}

#[tokio::test]
async fn a_token_is_good_to_its_end_where_no_other_can_be_had() {
    let world = World::new(client(ClientAuth::Basic), |seen, number| match seen.is_chat() {
        true => reply(200, "ok"),
        false if number == 1 => token("token-1-of-the-tests"),
        false => reply(503, ""),
    })
    .await;
    world.ask().await.unwrap();
    world.advance(3400);
    assert_eq!(world.ask().await.unwrap().0, 200);
    assert_eq!(world.fetches().len(), 2);
    // The failure is remembered, and not tried again by everybody.
    assert_eq!(world.ask().await.unwrap().0, 200);
    assert_eq!(world.fetches().len(), 2);
    world.advance(200);
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert!(error.message.contains("503"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_waits_for_a_new_token_while_the_old_one_is_good() {
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let world = World::new(client(ClientAuth::Basic), move |seen, number| {
        if !seen.is_chat() && number == 2 {
            // Not for ever, in case nobody releases it.
            _ = held.lock().unwrap().recv_timeout(Duration::from_secs(20));
        }
        good(seen, number)
    })
    .await;
    let world = Arc::new(world);
    world.ask().await.unwrap();
    world.advance(3400);
    let renewing = tokio::spawn({
        let world = world.clone();
        async move { world.ask().await }
    });
    while world.fetches().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.ask().await.unwrap().0, 200);
    assert!(world.chats()[1].has("Bearer token-1-of-the-tests"));
    release.send(()).unwrap();
    assert_eq!(renewing.await.unwrap().unwrap().0, 200);
    assert!(world.chats()[2].has("Bearer token-2-of-the-tests"));
}

#[tokio::test]
async fn a_failure_is_told_to_all_and_tried_again_later() {
    let world = World::new(client(ClientAuth::Basic), |seen, number| match seen.is_chat() {
        true => reply(200, "ok"),
        false if number == 1 => reply(500, ""),
        false => token("token-2-of-the-tests"),
    })
    .await;
    for _ in 0..5 {
        assert_eq!(world.ask().await.unwrap_err().kind, ErrorKind::Authentication);
    }
    assert_eq!(world.fetches().len(), 1);
    world.advance(6);
    assert_eq!(world.ask().await.unwrap().0, 200);
}

#[tokio::test]
async fn after_a_401_the_request_goes_out_once_more_with_another_token() {
    let world = World::new(client(ClientAuth::Basic), |seen, number| match seen.is_chat() {
        true if seen.has("token-1") => reply(401, "expired"),
        true => reply(200, "ok"),
        false => token(&format!("token-{number}-of-the-tests")),
    })
    .await;
    assert_eq!(world.ask().await.unwrap(), (200, "ok".to_owned()));
    let chats = world.chats();
    assert_eq!((chats.len(), world.fetches().len()), (2, 2));
    assert_eq!(chats[0].body, chats[1].body);
    let api: Vec<String> =
        world.decisions().into_iter().filter(|it| it.starts_with("api")).collect();
    assert_eq!(api, ["api granted", "api 401", "api granted", "api 200"]);
}

#[tokio::test]
async fn a_provider_that_always_says_401_has_one_more_token_and_no_third() {
    let world = World::new(client(ClientAuth::Basic), |seen, number| match seen.is_chat() {
        true => reply(401, "no"),
        false => token(&format!("token-{number}-of-the-tests")),
    })
    .await;
    assert_eq!(world.ask().await.unwrap(), (401, "no".to_owned()));
    assert_eq!((world.chats().len(), world.fetches().len()), (2, 2));
    // A guest that asks on and on gains no more.
    for _ in 0..5 {
        assert_eq!(world.ask().await.unwrap().0, 401);
    }
    assert_eq!((world.chats().len(), world.fetches().len()), (7, 2));
    world.advance(31);
    assert_eq!(world.ask().await.unwrap().0, 401);
    assert_eq!((world.chats().len(), world.fetches().len()), (9, 3));
}

#[tokio::test]
async fn whatever_a_provider_echoes_a_guest_sees_none_of_it() {
    let world = World::new(client(ClientAuth::Basic), |seen, number| match seen.is_chat() {
        true => {
            let sent = seen.head.lines().find(|line| line.starts_with("authorization"));
            let all = format!(
                "{} token-1-of-the-tests {SECRET} tset {}",
                sent.unwrap(),
                "token-2-of-the-tests".chars().rev().collect::<String>()
            );
            reply_with(200, "x-request-id: token-2-of-the-tests\r\n", &all)
        }
        false => token(&format!("token-{number}-of-the-tests")),
    })
    .await;
    let (_, body) = world.ask().await.unwrap();
    assert!(body.starts_with("authorization: Bearer [secret] [secret] [secret] tset"), "{body}");
    world.advance(3500);
    // The one in use, and the one before.
    let (_, body) = world.ask().await.unwrap();
    assert_eq!(body, "authorization: Bearer [secret] [secret] [secret] tset [secret]");
    assert!(world.chats()[1].has("token-2-of-the-tests"));
}

#[tokio::test]
async fn a_guest_neither_names_the_identity_endpoint_nor_says_who_it_is() {
    let world = World::new(client(ClientAuth::Basic), good).await;
    for (name, value) in [("authorization", "Bearer mine"), ("x-goog-user-project", "mine")] {
        let error = world.send(chat(&[(name, value)])).await.unwrap_err();
        assert_eq!(error.rule, Some(Rule::HeaderFloor), "{name}");
    }
    for name in ["identity", "identity:http://127.0.0.1", "https://identity.example"] {
        let error = world.cell().endpoint(name).unwrap_err();
        assert_eq!(error.rule, Some(Rule::Endpoint), "{name}");
    }
    let mut request = chat(&[]);
    request.path = "/oidc/v1/token".to_owned();
    assert_eq!(world.send(request).await.unwrap_err().rule, Some(Rule::MethodAndPath));
    assert!(world.all().is_empty(), "{:?}", world.all());
}

#[tokio::test]
async fn what_a_hostile_identity_endpoint_says_is_no_token_and_is_not_repeated() {
    let with = |body: &str| reply(200, body);
    let echo = format!("{{\"error\":\"{SECRET}\",\"error_description\":\"{SECRET}\"}}");
    let away = "location: http://127.0.0.1:1/steal\r\n";
    let answers = [
        reply(400, &echo),
        reply(200, &echo),
        reply(401, SECRET),
        reply_with(307, away, ""),
        reply_with(302, away, "{\"access_token\":\"from-a-redirect\"}"),
        with("{\"access_token\":\"a\\r\\nhost: evil.example\"}"),
        with("{\"access_token\":\"a\\nb\"}"),
        with("{\"access_token\":\"a b\"}"),
        with("{\"access_token\":\"\"}"),
        with("{\"access_token\":7}"),
        with("{\"access_token\":\"a-mac-token\",\"token_type\":\"mac\"}"),
        with("[]"),
        with(SECRET),
        reply_with(200, "content-encoding: gzip\r\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        format!("HTTP/1.1 200 X\r\ncontent-length: 400\r\nx: {}\r\n\r\n", "y".repeat(70_000)),
        "ENDLESS xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            .to_owned(),
    ];
    for answer in answers {
        let shown: String = answer.chars().take(120).collect();
        let world = World::new(client(ClientAuth::Basic), move |_, _| answer.clone()).await;
        let error = world.ask().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter22"), "{shown}: {error}");
        assert!(error.message.contains("oauth2-client-credentials"), "{shown}: {error}");
        // The identity endpoint was asked once, and nobody else at all.
        assert_eq!((world.fetches().len(), world.chats().len()), (1, 0), "{shown}");
        world.keeps_quiet_about(&["hunter22"]);
    }
}

#[tokio::test]
async fn a_known_code_is_told() {
    let world = World::new(client(ClientAuth::Basic), |_, _| {
        reply(401, "{\"error\":\"invalid_client\",\"error_description\":\"x\"}")
    })
    .await;
    let error = world.ask().await.unwrap_err();
    assert!(error.message.ends_with("answered 401 (invalid_client)"), "{error}");
}

#[tokio::test]
async fn a_lifetime_of_nothing_does_not_have_a_token_fetched_for_every_request() {
    let world = World::new(client(ClientAuth::Basic), |seen, _| match seen.is_chat() {
        true => reply(200, "ok"),
        false => reply(200, "{\"access_token\":\"token-of-the-tests\",\"expires_in\":-1e99}"),
    })
    .await;
    for _ in 0..5 {
        world.ask().await.unwrap();
    }
    assert_eq!(world.fetches().len(), 1);
}

#[tokio::test]
async fn without_a_secret_nobody_is_asked() {
    let secrets = &[("client-id", ID)];
    let world = World::new(Setting { secrets, ..client(ClientAuth::Basic) }, good).await;
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert!(error.message.contains("secrets.client-secret"), "{error}");
    assert!(world.all().is_empty());
}
