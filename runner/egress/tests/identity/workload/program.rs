//! A workload whose token a program prints.

use super::{AUDIENCE, Variables, external, instance, setting, written};
use crate::good;
use crate::world::{World, reply};

use hotcell_egress::ErrorKind;
use serde_json::{Value, json};

/// A file whose token a program prints.
fn program(command: &str) -> Value {
    external(json!({ "executable": { "command": command, "timeout_millis": 5000 } }))
}

/// What a program prints.
fn printed(changes: &Value) -> String {
    let mut printed = json!({
        "version": 1,
        "success": true,
        "token_type": "urn:ietf:params:oauth:token-type:id_token",
        "id_token": "subject-hunter22",
        "expiration_time": 1_790_000_000 + 60,
    });
    let changes = changes.as_object().unwrap();
    printed.as_object_mut().unwrap().extend(changes.clone());
    printed.to_string()
}

#[tokio::test]
async fn a_program_is_run_where_the_configuration_says_so_and_never_because_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let answer = written(folder.path(), "answer", &printed(&json!({})));
    let mark = folder.path().join("it was run");
    let script =
        format!("env > '{}'; printf '%s|' \"$@\" >> '{0}'; cat '{answer}'", mark.display());
    let script = written(folder.path(), "script", &script);
    let command = format!("sh {script} 'two words' $(touch) \"it's\"");
    let mut inside = program(&command);
    inside["service_account_impersonation_url"] =
        "{URL}/v1/projects/-/serviceAccounts/cell@p.example:generateAccessToken".into();
    // The environment has no say in it either.
    const ALLOWED: Variables = &[
        ("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "{FILE}"),
    ];
    for identity in ["google-file:{FILE}", "google"] {
        let world = World::new(setting(identity, &inside, ALLOWED), good).await;
        world.provider.read_ahead();
        let error = world.ask().await.unwrap_err();
        assert!(error.message.contains("`identity = \"google-program:PATH\"`"), "{error}");
        assert!(!mark.exists() && world.all().is_empty(), "{identity}");
    }
    let setting = setting("google-program:{FILE}", &inside, &[]);
    let world = World::new(setting, |seen, _| match seen.is_chat() {
        true => reply(200, "it was subject-hunter22"),
        false => instance(seen),
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "it was [secret]");
    let exchange = &world.fetches()[0];
    assert_eq!(exchange.member("subject_token").as_deref(), Some("subject-hunter22"));
    let seen = std::fs::read_to_string(&mark).unwrap();
    for line in [
        &format!("GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE={AUDIENCE}"),
        "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=urn:ietf:params:oauth:token-type:jwt",
        "GOOGLE_EXTERNAL_ACCOUNT_ID=cell@p.example",
        "GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=cell@p.example",
        "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0",
        "GOOGLE_EXTERNAL_ACCOUNT_REVOKE=0",
    ] {
        assert!(seen.lines().any(|it| it == line), "{line} in {seen}");
    }
    // No shell makes anything else of the words of the file.
    assert!(seen.ends_with("\ntwo words|$(touch)|it's|"), "{seen}");
    world.keeps_quiet_about(&["hunter22"]);
}

#[tokio::test]
async fn what_a_program_prints_that_is_no_token_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        ("hunter22".to_owned(), "no token"),
        ("[]".to_owned(), "no token"),
        (String::new(), "prints nothing"),
        (printed(&json!({ "version": 2 })), "no token"),
        (printed(&json!({ "success": false, "code": "hunter22", "message": "hunter22" })), "says"),
        (printed(&json!({ "token_type": "hunter22" })), "of a type that is not known"),
        (printed(&json!({ "id_token": null })), "without a token"),
        (printed(&json!({ "id_token": "" })), "without a token"),
        (printed(&json!({ "expiration_time": 1_790_000_000 })), "expired"),
        (
            printed(&json!({ "token_type": "urn:ietf:params:oauth:token-type:saml2" })),
            "without a token",
        ),
    ];
    let answers = table.into_iter().map(|(answer, expected)| {
        (format!("cat {}", written(folder.path(), "answer", &answer)), answer, expected)
    });
    let others = [
        ("sh -c 'echo hunter22; exit 3' hunter22", "the command ended with exit status: 3"),
        ("/nowhere/hunter22", "the command ended with"),
        ("yes hunter22", "it has more than"),
        ("'hunter22", "`command` of its program is none"),
        ("", "`command` of its program is none"),
    ];
    let others =
        others.into_iter().map(|(command, expected)| (command.to_owned(), String::new(), expected));
    for (command, answer, expected) in answers.chain(others) {
        written(folder.path(), "answer", &answer);
        let world =
            World::new(setting("google-program:{FILE}", &program(&command), &[]), good).await;
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication, "{command}");
        assert!(error.message.contains(expected), "{answer}: {error}");
        assert!(!error.message.contains("hunter22"), "{answer}: {error}");
        assert!(world.all().is_empty(), "{answer}: {:?}", world.all());
    }
}

#[tokio::test]
async fn what_a_program_has_kept_is_used_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept").display().to_string();
    let fresh = json!({ "id_token": "fresh-hunter22", "expiration_time": null });
    let command = format!("cat {}", written(folder.path(), "answer", &printed(&fresh)));
    let mut file = program(&command);
    file["credential_source"]["executable"]["output_file"] = kept.clone().into();
    for (text, expected) in [
        (printed(&json!({})), "subject-hunter22"),
        (printed(&json!({ "expiration_time": 1_790_000_000 })), "fresh-hunter22"),
        // Of no known age.
        (printed(&json!({ "expiration_time": null })), "fresh-hunter22"),
        (printed(&json!({ "success": false })), "fresh-hunter22"),
        ("junk".to_owned(), "fresh-hunter22"),
    ] {
        std::fs::write(&kept, &text).unwrap();
        let world = World::new(setting("google-program:{FILE}", &file, &[]), good).await;
        world.ask().await.unwrap();
        let subject = world.fetches()[0].member("subject_token");
        assert_eq!(subject.as_deref(), Some(expected), "{text}");
    }
    // A program may say nothing, and write.
    file["credential_source"]["executable"]["command"] = "true".into();
    std::fs::write(&kept, printed(&json!({ "expiration_time": null }))).unwrap();
    let world = World::new(setting("google-program:{FILE}", &file, &[]), good).await;
    world.ask().await.unwrap();
    assert_eq!(world.fetches()[0].member("subject_token").as_deref(), Some("subject-hunter22"));
}

#[tokio::test]
async fn a_program_that_was_run_ahead_need_not_be_there_later() {
    let folder = tempfile::tempdir().unwrap();
    let answer = written(folder.path(), "answer", &printed(&json!({})));
    let file = program(&format!("cat {answer}"));
    let world = World::new(setting("google-program:{FILE}", &file, &[]), good).await;
    world.provider.read_ahead();
    std::fs::remove_file(&answer).unwrap();
    assert_eq!(world.ask().await.unwrap().0, 200);
    // What it printed is not good for ever.
    world.advance(3600);
    let error = world.ask().await.unwrap_err();
    assert!(error.message.contains("its program cannot be used"), "{error}");
}
