//! A workload of AWS, which shows who it is.

use super::{AUDIENCE, ID, SECRET, TOKEN, Variables, external, instance, setting};
use crate::good;
use crate::world::{Seen, World, reply, token};

use hotcell_egress::ErrorKind;
use hotcell_mock::sigv4::{Account, Received, verify};
use serde_json::{Value, json};

const ASKED: &str =
    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";

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
