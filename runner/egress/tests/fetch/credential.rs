//! What a credential for a registry is shown to, and what it never is.

use crate::registry::honest;
use crate::world::{Answer, Asked, COMPONENT, MOST, World, kind, world};
use hotcell_egress::SecretSource;
use hotcell_egress::fetch::{FetchErrorKind, Login, Permits};
use hotcell_manifest::Digest;
use serde_json::json;
use std::io::Write as _;

const USER: &str = "me";
const PASSWORD: &str = "hunter22-hunter22";
const TOKEN: &str = "token-0123456789";

fn basic() -> String {
    // `me:hunter22-hunter22`
    "Basic bWU6aHVudGVyMjItaHVudGVyMjI=".to_owned()
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

fn credential() -> (tempfile::NamedTempFile, Login) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{USER}:{PASSWORD}").unwrap();
    let source = SecretSource::File(file.path().to_owned());
    (file, Login { source, token_host: None })
}

/// An answer of a registry that wants a token of `realm`, which has to know the credential.
fn wants_token(asked: &Asked, realm: &str, with_credential: bool) -> Option<Answer> {
    if asked.path.starts_with("/token") {
        let known = !with_credential || asked.is(&basic());
        let answer = json!({ "token": TOKEN }).to_string();
        return Some(if known { Answer::ok(answer) } else { Answer::status(401) });
    }
    (!asked.is(&bearer())).then(|| {
        let challenge =
            format!("Bearer realm=\"{realm}\",service=\"the registry\",scope=\"x:y:*\"");
        Answer::status(401).with("www-authenticate", challenge)
    })
}

#[tokio::test]
async fn a_token_is_asked_for_by_nobody_in_particular() {
    let world = world(|asked| {
        let wanted = wants_token(asked, "https://tokens.example.com:PORT/token?a=b", false);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    world.pull(None).await.unwrap();
    let asked = world.asked();
    let token = asked.iter().find(|asked| asked.host == "tokens.example.com").unwrap();
    // Leave to pull, whatever the registry says that it wants.
    let path = "/token?a=b&service=the%20registry&scope=repository%3Aacme%2Fecho%3Apull";
    assert_eq!((token.path.as_str(), token.authorization.as_ref()), (path, None));
}

#[tokio::test]
async fn a_credential_is_shown_to_the_registry_when_it_asks() {
    let (_file, login) = credential();
    let by_token = world(|asked| {
        let wanted = wants_token(asked, "https://registry.example.com:PORT/token", true);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    by_token.pull(Some(&login)).await.unwrap();
    let shown: Vec<_> = by_token.asked().into_iter().map(|asked| asked.authorization).collect();
    assert_eq!(shown, [None, Some(basic()), Some(bearer()), Some(bearer())]);

    let itself = world(|asked| match asked.is(&basic()) {
        true => honest(asked),
        false => Answer::status(401).with("www-authenticate", "Basic realm=\"x\""),
    })
    .await;
    itself.pull(Some(&login)).await.unwrap();
    // Without a credential it is told what is missing.
    let error = itself.pull(None).await.unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Authentication);
    assert!(error.help.unwrap().contains("--credential"));
    // A registry that wants nothing is shown nothing.
    let open = world(honest).await;
    open.pull(Some(&login)).await.unwrap();
    assert!(open.asked().iter().all(|asked| asked.authorization.is_none()));
}

#[tokio::test]
async fn a_token_server_elsewhere_has_the_credential_only_if_a_person_named_it() {
    let world = world(|asked| {
        let wanted = wants_token(asked, "https://tokens.example.com:PORT/token", true);
        wanted.unwrap_or_else(|| honest(asked))
    })
    .await;
    let (_file, login) = credential();
    let error = world.pull(Some(&login)).await.unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Denied, "{error}");
    let host = format!("tokens.example.com:{}", world.port);
    assert!(error.help.unwrap().contains(&format!("--token-host {host}")));
    assert!(world.asked().iter().all(|asked| asked.host == "registry.example.com"));
    world.pull(Some(&Login { token_host: Some(host), ..login })).await.unwrap();
}

#[tokio::test]
async fn a_token_server_in_the_clear_or_at_metadata_is_not_asked() {
    let (_file, login) = credential();
    for realm in [
        "http://registry.example.com:PORT/token",
        "https://169.254.169.254/token",
        "https://metadata.google.internal/token",
        "file:///etc/passwd",
        "https://me:pw@registry.example.com:PORT/token",
    ] {
        let world =
            world(move |asked| wants_token(asked, realm, false).unwrap_or_else(|| honest(asked)))
                .await;
        for login in [None, Some(&login)] {
            assert!(world.pull(login).await.is_err(), "{realm}");
        }
        assert!(world.asked().iter().all(|asked| !asked.path.starts_with("/token")), "{realm}");
    }
}

#[tokio::test]
async fn whoever_a_registry_leads_to_gets_neither_credential_nor_token() {
    // The blob lies elsewhere, where somebody asks for a credential as the registry would, or
    // leads back; and the token server leads away as well.
    for hostile in ["challenge", "back", "token"] {
        let world = world(move |asked| {
            let blob = Digest::of(COMPONENT);
            let challenge = Answer::status(401)
                .with("www-authenticate", "Basic realm=\"x\"")
                .with("www-authenticate", "Bearer realm=\"https://evil.example.com:PORT/token\"");
            match (asked.host.as_str(), asked.path.as_str()) {
                ("evil.example.com", "/back") => Answer::to(format!(
                    "https://registry.example.com:PORT/v2/acme/echo/blobs/{blob}?again"
                )),
                ("evil.example.com", _) => challenge,
                (_, path) if path.starts_with("/token") && hostile == "token" => {
                    Answer::to("https://evil.example.com:PORT/token")
                }
                (_, path) if path.ends_with("?again") => match asked.authorization {
                    Some(_) => Answer::ok(COMPONENT),
                    None => Answer::status(403),
                },
                (_, path) if path.contains("/blobs/") && asked.is(&bearer()) => {
                    let path = if hostile == "back" { "back" } else { "blob" };
                    Answer::to(format!("https://evil.example.com:PORT/{path}"))
                }
                _ => wants_token(asked, "https://registry.example.com:PORT/token", true)
                    .unwrap_or_else(|| honest(asked)),
            }
        })
        .await;
        let (_file, login) = credential();
        assert!(world.pull(Some(&login)).await.is_err(), "{hostile}");
        let asked = world.asked();
        let at_evil: Vec<_> = asked.iter().filter(|it| it.host == "evil.example.com").collect();
        assert_eq!(at_evil.len(), 1, "{hostile}: {asked:?}");
        assert!(at_evil[0].authorization.is_none(), "{hostile}: {asked:?}");
        // Who was led away comes back without.
        let back = asked.iter().find(|it| it.path.ends_with("?again"));
        assert!(back.is_none_or(|it| it.authorization.is_none()), "{hostile}: {asked:?}");
    }
}

#[tokio::test]
async fn what_somebody_else_wants_to_know_is_not_heard() {
    let (_file, login) = credential();
    for challenge in ["Basic", "Bearer realm=\"https://evil.example.com:PORT/token\""] {
        let world =
            world(move |asked| match (asked.host.as_str(), asked.path.contains("/blobs/")) {
                ("evil.example.com", _) => Answer::status(401).with("www-authenticate", challenge),
                (_, true) => Answer::to("https://evil.example.com:PORT/blob"),
                _ => honest(asked),
            })
            .await;
        for login in [None, Some(&login)] {
            let refused = kind(world.pull(login).await).0;
            assert_eq!(refused, FetchErrorKind::Authentication);
            let asked = std::mem::take(&mut *world.asked.lock().unwrap());
            assert_eq!(asked.len(), 3, "{asked:?}");
            assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
        }
    }
}

#[tokio::test]
async fn no_message_repeats_what_a_server_echoes() {
    let (_file, login) = credential();
    let echo = world_that_echoes().await;
    let error = echo.pull(Some(&login)).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("[secret]"), "{shown}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(TOKEN), "{shown}");
}

/// Leads to hosts that are called as the credential is.
async fn world_that_echoes() -> World {
    world(|asked| {
        if asked.path.contains("/blobs/") {
            return Answer::to(format!("https://{PASSWORD}.{TOKEN}.invalid:PORT/"));
        }
        wants_token(asked, "https://registry.example.com:PORT/token", true)
            .unwrap_or_else(|| honest(asked))
    })
    .await
}

#[tokio::test]
async fn a_credential_is_never_sent_in_the_clear_and_never_half() {
    let world = world(honest).await;
    let all = Permits { allow_private: true, allow_plaintext: true };
    let (file, login) = credential();
    let fetcher = world.egress().build().fetcher(all);
    let pulled = fetcher.pull(&world.reference(":1"), Some(&login), MOST).await;
    assert_eq!(kind(pulled).0, FetchErrorKind::Denied);
    let wants = world_that_wants().await;
    for text in ["no colon at all", "a:b\u{7f}c"] {
        std::fs::write(file.path(), text).unwrap();
        let (failed, message) = kind(wants.pull(Some(&login)).await);
        assert_eq!(failed, FetchErrorKind::Authentication);
        assert!(!message.contains(text), "{message}");
    }
    assert!(wants.asked().iter().all(|asked| asked.authorization.is_none()));
}

async fn world_that_wants() -> World {
    world(|_| Answer::status(401).with("www-authenticate", "Basic")).await
}
