//! Google's workload identity: somebody else's token, from AWS, a program or a login.

use crate::good;
use crate::world::{Seen, Setting, World, reply, token};
use hotcell_egress::ErrorKind;
use hotcell_manifest::Auth;
use hotcell_mock::sigv4::{Account, Received, verify};
use serde_json::{Value, json};
use std::path::Path;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q";
const ID: &str = "ASIATEMPORARY0123456";
const SECRET: &str = "temporarysecret/0123456789abcdefghij+KEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//hunter22+==";
const ASKED: &str =
    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";

type Variables = &'static [(&'static str, &'static str)];

fn setting(identity: &'static str, file: &Value, variables: Variables) -> Setting<'static> {
    let auth = Auth::Google { scopes: vec![SCOPE.to_owned()] };
    let (identity, file) = (Some(identity), file.to_string());
    Setting { auth, identity, file, secrets: &[], variables, is_named: true }
}

fn external(source: Value) -> Value {
    json!({
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "{URL}/v1/token",
        "credential_source": source,
    })
}

/// As Google's own tools write it.
fn aws() -> Value {
    let service = "http://169.254.169.254/latest";
    let mut file = external(json!({
        "environment_id": "aws1",
        "region_url": format!("{service}/meta-data/placement/availability-zone"),
        "url": format!("{service}/meta-data/iam/security-credentials"),
        "imdsv2_session_token_url": format!("{service}/api/token"),
        "regional_cred_verification_url": ASKED,
    }));
    file["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request".into();
    file
}

const KEYS: Variables = &[
    ("AWS_ACCESS_KEY_ID", ID),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_SESSION_TOKEN", TOKEN),
    ("AWS_REGION", "eu-west-1"),
];

fn account() -> Account {
    Account { id: ID.to_owned(), secret: SECRET.to_owned(), token: Some(TOKEN.to_owned()) }
}

fn decoded(text: &str) -> String {
    let seen = Seen { line: String::new(), head: String::new(), body: format!("it={text}") };
    seen.member("it").unwrap()
}

/// The question that Google would ask of AWS.
fn question(exchange: &Seen) -> (String, Received) {
    let subject = decoded(&exchange.member("subject_token").unwrap());
    let subject: Value = serde_json::from_str(&subject).unwrap();
    let header = |header: &Value| {
        let text = |name: &str| header[name].as_str().unwrap().to_owned();
        (text("key").to_ascii_lowercase(), text("value"))
    };
    let headers = subject["headers"].as_array().unwrap().iter().map(header).collect();
    let (url, method) = (subject["url"].as_str().unwrap(), subject["method"].as_str().unwrap());
    let (host, query) = url.strip_prefix("https://").unwrap().split_once('?').unwrap();
    let target = format!("/?{query}");
    let received = Received { method: method.to_owned(), target, headers, body: Vec::new() };
    (host.to_owned(), received)
}

#[tokio::test]
async fn a_workload_of_aws_shows_who_it_is_and_sends_no_key() {
    let world = World::new(setting("google-file:{FILE}", &aws(), KEYS), |seen, _| {
        match seen.is_chat() {
            // Google knows what it was shown, and where to ask.
            true => reply(200, &format!("{SECRET} {TOKEN} {ID}")),
            false => token("federated-token-of-the-tests"),
        }
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "[secret] [secret] [secret]");
    let [exchange] = &world.fetches()[..] else { panic!("{:?}", world.fetches()) };
    assert_eq!(exchange.line, "POST /v1/token HTTP/1.1");
    let kind = exchange.member("subject_token_type");
    assert_eq!(kind.as_deref(), Some("urn:ietf:params:aws:token-type:aws4_request"));
    let shown = decoded(&exchange.member("subject_token").unwrap());
    assert!(shown.contains("{\"key\":\"Authorization\",\"value\":\"AWS4-HMAC-SHA256 "), "{shown}");
    let (host, question) = question(exchange);
    assert_eq!(host, "sts.eu-west-1.amazonaws.com");
    verify(&question, &account(), "eu-west-1", "sts").unwrap();
    let header = |name: &str| question.header(name).unwrap().to_owned();
    assert_eq!(header("host"), host);
    assert_eq!(header("x-goog-cloud-target-resource"), AUDIENCE);
    let signed = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource";
    assert!(header("authorization").contains(signed), "{}", header("authorization"));
    assert!(!exchange.has("temporarysecret"), "{exchange:?}");
    assert!(world.chats()[0].has("Bearer federated-token-of-the-tests"));
    let signature = header("authorization").rsplit_once('=').unwrap().1.to_owned();
    world.keeps_quiet_about(&[SECRET, "hunter22", ID, &signature, "federated-token"]);
}

#[tokio::test]
async fn what_was_signed_is_not_seen_by_a_guest() {
    let shown = std::sync::Arc::<std::sync::Mutex<String>>::default();
    let known = shown.clone();
    let world = World::new(setting("google-file:{FILE}", &aws(), KEYS), move |seen, _| {
        if seen.is_chat() {
            return reply(200, &known.lock().unwrap());
        }
        let authorization = question(seen).1.header("authorization").unwrap().to_owned();
        let signature = authorization.rsplit_once('=').unwrap().1.to_owned();
        let subject = seen.member("subject_token").unwrap();
        *known.lock().unwrap() = format!("{signature} {subject} {}", decoded(&subject));
        token("federated-token-of-the-tests")
    })
    .await;
    assert_eq!(world.ask().await.unwrap().1, "[secret] [secret] [secret]");
}

/// An instance, Google's exchange and a service account behind one port.
fn instance(seen: &Seen) -> String {
    const SERVICE: &str = "/latest/meta-data/iam/security-credentials/";
    let path = seen.line.split(' ').nth(1).unwrap();
    match path {
        "/latest/api/token" => return reply(200, "imds-hunter22"),
        "/latest/meta-data/placement/region" => return reply(200, "us-east-2"),
        SERVICE => return reply(200, "my-role"),
        "/v1/token" => return token("federated-token-of-the-tests"),
        _ => {}
    }
    if path == format!("{SERVICE}my-role") {
        let keys = json!({
            "Code": "Success", "AccessKeyId": ID, "SecretAccessKey": SECRET, "Token": TOKEN,
            "Expiration": "2030-01-01T00:00:00Z",
        });
        return reply(200, &keys.to_string());
    }
    match path.ends_with(":generateAccessToken") {
        true => {
            let token = json!({
                "accessToken": "token-of-the-account", "expireTime": "2026-09-21T15:00:00Z",
            });
            reply(200, &token.to_string())
        }
        false => reply(200, "ok"),
    }
}

#[tokio::test]
async fn an_instance_of_aws_acts_as_a_service_account() {
    let mut file = aws();
    file["service_account_impersonation_url"] =
        "{URL}/v1/projects/-/serviceAccounts/cell@p.example:generateAccessToken".into();
    let world =
        World::new(setting("google-file:{FILE}", &file, &[]), |seen, _| instance(seen)).await;
    world.ask().await.unwrap();
    let fetches = world.fetches();
    let paths: Vec<&str> = fetches.iter().map(|it| it.line.split(' ').nth(1).unwrap()).collect();
    let expected = [
        "/latest/api/token",
        "/latest/meta-data/placement/region",
        "/latest/meta-data/iam/security-credentials/",
        "/latest/meta-data/iam/security-credentials/my-role",
        "/v1/token",
        "/v1/projects/-/serviceAccounts/cell@p.example:generateAccessToken",
    ];
    assert_eq!(paths, expected);
    assert!(fetches[1..4].iter().all(|it| it.has("x-aws-ec2-metadata-token: imds-hunter22")));
    verify(&question(&fetches[4]).1, &account(), "us-east-2", "sts").unwrap();
    assert!(fetches[5].has("authorization: Bearer federated-token-of-the-tests"));
    assert!(world.chats()[0].has("Bearer token-of-the-account"));
    // All of it is in the audit log, and nothing that is secret.
    let asked: Vec<String> = world.decisions();
    assert_eq!(asked.iter().filter(|it| it.ends_with(" granted")).count(), 7, "{asked:?}");
    world.keeps_quiet_about(&["hunter22", SECRET, "federated-token", "token-of-the-account"]);
}

#[tokio::test]
async fn an_instance_that_says_nothing_or_too_much_is_no_workload() {
    let table: [(&str, &str, &str); 4] = [
        ("/latest/api/token", "hunter22\u{7f}", "cannot be written"),
        ("/latest/meta-data/placement/region", "evil.example/hunter22", "names no region"),
        ("/latest/meta-data/iam/security-credentials/", "../../user-data?hunter22", "no role"),
        ("/latest/meta-data/iam/security-credentials/my-role", "hunter22", "not the JSON"),
    ];
    for (path, answer, expected) in table {
        let setting = setting("google-file:{FILE}", &aws(), &[]);
        let world =
            World::new(setting, move |seen, _| match seen.line.split(' ').nth(1) == Some(path) {
                true => reply(200, answer),
                false => instance(seen),
            })
            .await;
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication, "{path}");
        assert!(error.message.contains(expected), "{path}: {error}");
        assert!(!error.message.contains("hunter22"), "{path}: {error}");
        assert!(world.chats().is_empty(), "{path}");
        assert!(world.fetches().iter().all(|it| !it.has("user-data") && !it.has("/v1/token")));
        world.keeps_quiet_about(&["hunter22"]);
    }
}

#[tokio::test]
async fn a_file_has_nothing_signed_for_another_place_and_no_key_asked_for_elsewhere() {
    let with = |member: &str, value: &str| {
        let mut file = aws();
        file["credential_source"][member] = value.into();
        file
    };
    let asked = "regional_cred_verification_url";
    let files = [
        with("environment_id", "aws2"),
        with("environment_id", "hunter22"),
        with(asked, &ASKED.replace("amazonaws.com", "evil.example")),
        with(asked, &ASKED.replace("sts.", "bedrock.")),
        with(asked, &ASKED.replace("GetCallerIdentity", "GetSessionToken")),
        with(asked, &ASKED.replace("https", "http")),
        with(asked, "{URL}?Action=GetCallerIdentity&Version=2011-06-15"),
        with("url", "https://evil.example/latest/meta-data/iam/security-credentials"),
        with("url", "{URL}/latest/meta-data/iam/security-credentials"),
        with("region_url", "http://10.0.0.1/latest/meta-data/placement/availability-zone"),
        with("imdsv2_session_token_url", "http://127.0.0.1:1/latest/api/token"),
        // Nor is there anything where a file wants two things, or one that is not done here.
        external(json!({ "certificate": { "use_default_certificate_config": true } })),
        external(json!({ "file": "/etc/hostname", "url": "{URL}/subject" })),
        external(json!({ "url": "http://10.0.0.1/subject" })),
        external(json!({})),
    ];
    for file in files {
        for variables in [KEYS, &[]] {
            let setting = setting("google-file:{FILE}", &file, variables);
            let world = World::new(setting, |seen, _| instance(seen)).await;
            let error = world.ask().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Authentication, "{file}");
            assert!(!error.message.contains("hunter22"), "{error}");
            assert!(world.all().is_empty(), "{file}: {:?}", world.all());
            assert!(world.audit.records().is_empty(), "{:?}", world.audit.records());
        }
    }
    // Nor where the environment has half of what it takes.
    for (variables, expected) in [
        (&[("AWS_ACCESS_KEY_ID", ID)][..], "belong together"),
        (&[("AWS_EC2_METADATA_DISABLED", "true")], "set AWS_REGION"),
    ] {
        let world = World::new(setting("google-file:{FILE}", &aws(), variables), good).await;
        let error = world.ask().await.unwrap_err();
        assert!(error.message.contains(expected), "{error}");
        assert!(world.all().is_empty(), "{:?}", world.all());
    }
}

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

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
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
