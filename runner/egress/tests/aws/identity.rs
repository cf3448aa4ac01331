//! Where keys come from, and what those who give them try.

use super::cloud::{Door, ID, REGION, Reply, SECRET, Server, Setup, account, converse, ok, says};
use hotcell_egress::ErrorKind;
use hotcell_mock::sigv4::{Account, Received, verify};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TEMPORARY: &str = "ASIATEMPORARY0123456";
const TEMPORARY_SECRET: &str = "temporarysecret/0123456789abcdefghij+KEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//sessiontoken+==";

fn temporary() -> Account {
    account(TEMPORARY, TEMPORARY_SECRET, Some(TOKEN))
}

/// A provider that answers whoever signs as this account.
async fn for_account(account: Account) -> Server {
    Server::new(move |request| match verify(request, &account, REGION, "bedrock") {
        Ok(()) => ok("hello"),
        Err(why) => says("403 Forbidden\r\nx-amzn-errortype: InvalidSignatureException", &why),
    })
    .await
}

fn xml(expiration: &str) -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{TEMPORARY}</AccessKeyId>\
         <SecretAccessKey>{TEMPORARY_SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
         <Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

fn json(expiration: &str) -> String {
    format!(
        "{{\"Code\":\"Success\",\"AccessKeyId\":\"{TEMPORARY}\",\"SecretAccessKey\":\
         \"{TEMPORARY_SECRET}\",\"Token\":\"{TOKEN}\",\"Expiration\":\"{expiration}\"}}"
    )
}

const LATER: &str = "2026-03-14T16:09:26Z";

/// Nothing of what was asked for or with is in what was written, or in an error.
fn keeps_quiet(text: &str) {
    for secret in
        [ID, SECRET, TEMPORARY, TEMPORARY_SECRET, TOKEN, "hunter22", "Signature=", "wJalrXUtn"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

const PROFILES: &str = "[profile base]\naws_access_key_id = AKIDSTATIC0123456789\n\
    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYSTATICKEY0\n\
    [profile dev]\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = base\n\
    external_id = a b&c\n";

#[tokio::test]
async fn a_profile_takes_its_role_until_the_keys_expire() {
    let sts = Server::new(|request: &Received| {
        let own = account(ID, SECRET, None);
        match verify(request, &own, REGION, "sts") {
            Ok(()) => ok(xml(LATER)),
            Err(why) => says("403 Forbidden", &why),
        }
    });
    let sts = sts.await;
    let bedrock = for_account(temporary()).await;
    let setup = Setup {
        identity: Some("aws-profile:dev"),
        identity_origin: Some(sts.url()),
        ..Setup::default()
    };
    let door = Door::new(&bedrock, setup);
    door.write(".aws/config", PROFILES);
    for _ in 0..3 {
        assert_eq!(door.answer(converse()).await.unwrap(), "200 [] hello");
    }
    assert_eq!(sts.requests().len(), 1, "the keys are kept");
    let form = String::from_utf8(sts.requests()[0].body.clone()).unwrap();
    assert_eq!(
        form,
        "Action=AssumeRole&Version=2011-06-15\
         &RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdev&RoleSessionName=hotcell\
         &ExternalId=a%20b%26c"
    );
    // Five minutes before their end there are others.
    door.clock.pass(56 * 60);
    door.answer(converse()).await.unwrap();
    assert_eq!(sts.requests().len(), 2);
    let asked = door.asked();
    let identity = format!("identity:{}", sts.url());
    assert_eq!(asked, [&identity, "api", "api", "api", &identity, "api"]);
    keeps_quiet(&door.written());
}

#[tokio::test]
async fn keys_that_were_taken_back_are_fetched_anew_once() {
    let given = Arc::new(AtomicUsize::new(0));
    let counter = given.clone();
    let container = Server::new(move |_: &Received| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        ok(json(LATER).replace(TEMPORARY, &format!("ASIANUMBER{number}")))
    });
    let container = container.await;
    let environment = vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url())];
    // Only the second is taken.
    let bedrock = Server::new(|request: &Received| {
        let second = account("ASIANUMBER1", TEMPORARY_SECRET, Some(TOKEN));
        match verify(request, &second, REGION, "bedrock") {
            Ok(()) => ok("hello"),
            Err(why) => says("403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException", &why),
        }
    });
    let bedrock = bedrock.await;
    let door = Door::new(&bedrock, Setup { environment, ..Setup::default() });
    assert_eq!(door.answer(converse()).await.unwrap(), "200 [] hello");
    assert_eq!((given.load(Ordering::SeqCst), bedrock.requests().len()), (2, 2));
    // None is taken: the guest is told so, after one more try.
    let none = Server::new(|_: &Received| {
        says("403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException", "no")
    });
    let none = none.await;
    let environment = vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url())];
    let door = Door::new(&none, Setup { environment, ..Setup::default() });
    for _ in 0..5 {
        assert!(door.answer(converse()).await.unwrap().starts_with("403 "));
    }
    assert_eq!((given.load(Ordering::SeqCst), none.requests().len()), (4, 6));
}

#[tokio::test]
async fn a_web_identity_is_exchanged_and_signs_nothing_for_that() {
    const WEB: &str = "eyJhbGciOiJSUzI1NiJ9.hunter22hunter22.signature";
    let sts = Server::new(|request: &Received| {
        assert!(request.header("authorization").is_none());
        let form = String::from_utf8(request.body.clone()).unwrap();
        assert!(form.starts_with("Action=AssumeRoleWithWebIdentity&"), "{form}");
        assert!(form.ends_with(&format!("&RoleSessionName=pod&WebIdentityToken={WEB}")), "{form}");
        ok(xml(LATER))
    });
    let sts = sts.await;
    let bedrock = Server::new(|request: &Received| {
        verify(request, &temporary(), REGION, "bedrock").unwrap();
        // Whoever knows the token knows more than the provider was sent.
        ok(format!("{WEB} {TOKEN}"))
    });
    let bedrock = bedrock.await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, WEB).unwrap();
    let environment = vec![
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap().to_owned()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod".to_owned()),
        ("AWS_ROLE_SESSION_NAME", "pod".to_owned()),
    ];
    let identity_origin = Some(sts.url());
    let door = Door::new(&bedrock, Setup { environment, identity_origin, ..Setup::default() });
    assert_eq!(door.answer(converse()).await.unwrap(), "200 [] [secret] [secret]");
    keeps_quiet(&door.written());
}

#[tokio::test]
async fn a_service_that_gives_no_keys_is_quoted_with_a_code_and_nothing_else() {
    let table = [
        (
            says("403 Forbidden", "<E><Code>AccessDenied</Code><Message>hunter22</Message></E>"),
            "gives no keys for arn:aws:iam::123456789012:role/dev (403 AccessDenied)",
        ),
        (says("403 Forbidden", "<Code>hunter22 hunter22</Code>"), "role/dev (403)"),
        (says("500 Oops", "hunter22"), "role/dev (500)"),
        (ok("hunter22"), "has no whole AWS key in it"),
        (ok("<Credentials><AccessKeyId>hunter22</AccessKeyId></Credentials>"), "no whole AWS key"),
        (ok(xml("hunter22")), "an end of validity that is no time"),
        (ok(xml("2026-03-14T15:00:00Z")), "the keys have expired already"),
        (
            says("302 Found\r\nlocation: http://127.0.0.1:1/hunter22", ""),
            "leads elsewhere by a redirect",
        ),
        (Reply::Endless("200 OK".to_owned()), "sends more than"),
        (Reply::Silence, "takes too long"),
        (
            says(
                "403 Forbidden\r\ndate: Sat, 14 Mar 2026 14:09:26 GMT",
                "<Error><Code>SignatureDoesNotMatch</Code></Error>",
            ),
            "(403 SignatureDoesNotMatch): this machine's clock is 60 minutes ahead of AWS's",
        ),
    ];
    for (reply, expected) in table {
        let reply = std::sync::Mutex::new(Some(reply));
        let sts = Server::new(move |_: &Received| reply.lock().unwrap().take().unwrap()).await;
        let bedrock = for_account(temporary()).await;
        let setup = Setup {
            identity: Some("aws-profile:dev"),
            identity_origin: Some(sts.url()),
            ..Setup::default()
        };
        let door = Door::new(&bedrock, setup);
        door.write(".aws/config", PROFILES);
        let error = door.answer(converse()).await.unwrap_err();
        assert!(error.message.contains(expected), "{expected}: {}", error.message);
        keeps_quiet(&error.message);
        keeps_quiet(&door.written());
        assert!(bedrock.requests().is_empty(), "{expected}");
    }
}

#[tokio::test]
async fn a_container_is_given_keys_for_what_stands_in_its_file() {
    let service = Server::new(|request: &Received| {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/v1/credentials"));
        match request.header("authorization") {
            Some("hunter22hunter22") => ok(json(LATER)),
            _ => says("401 Unauthorized", ""),
        }
    });
    let service = service.await;
    let bedrock = for_account(temporary()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "hunter22hunter22\n").unwrap();
    let environment = vec![
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", service.url())),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap().to_owned()),
    ];
    let setup = || Setup {
        identity: Some("aws-container"),
        environment: environment.clone(),
        ..Setup::default()
    };
    let door = Door::new(&bedrock, setup());
    assert_eq!(door.answer(converse()).await.unwrap(), "200 [] hello");
    keeps_quiet(&door.written());
    // A token that would be two headers is none.
    std::fs::write(&file, "hunter22\r\nx: y").unwrap();
    let error = Door::new(&bedrock, setup()).answer(converse()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    keeps_quiet(&error.message);
    // Nor is anybody else asked in the clear.
    for url in ["http://10.0.0.1/", "http://169.254.169.254/", "http://evil.example/"] {
        let environment = vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.to_owned())];
        let door = Door::new(&bedrock, Setup { environment, ..Setup::default() });
        let error = door.answer(converse()).await.unwrap_err();
        assert!(error.message.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"), "{}", error.message);
        assert!(door.asked().is_empty(), "{url} was asked");
    }
}

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// The instance's service, as it is.
fn instance(request: &Received) -> Reply {
    match (request.method.as_str(), request.target.as_str()) {
        ("PUT", "/latest/api/token") => {
            assert!(request.header("x-aws-ec2-metadata-token-ttl-seconds").is_some());
            ok("imds-hunter22")
        }
        ("GET", target) => {
            assert_eq!(request.header("x-aws-ec2-metadata-token"), Some("imds-hunter22"));
            match target.strip_prefix(ROLES) {
                Some("") => ok("my-role"),
                Some("my-role") => ok(json(LATER)),
                _ => says("404 Not Found", ""),
            }
        }
        _ => says("405 Method Not Allowed", ""),
    }
}

#[tokio::test]
async fn an_instance_is_asked_by_the_second_version_of_its_service() {
    let service = Server::new(instance).await;
    let bedrock = for_account(temporary()).await;
    // Also at the end of the chain, where nothing else is there.
    for identity in ["aws-instance", "aws"] {
        let metadata = Some(service.address);
        let setup = Setup { identity: Some(identity), metadata, ..Setup::default() };
        let door = Door::new(&bedrock, setup);
        assert_eq!(door.answer(converse()).await.unwrap(), "200 [] hello");
        keeps_quiet(&door.written());
    }
    let off = vec![("AWS_EC2_METADATA_DISABLED", "true".to_owned())];
    let door = Door::new(&bedrock, Setup { environment: off, ..Setup::default() });
    let error = door.answer(converse()).await.unwrap_err();
    assert!(error.message.contains("aws configure"), "{}", error.message);
    assert!(door.asked().is_empty());
}

#[tokio::test]
async fn an_instances_service_that_is_hostile_gets_nowhere() {
    type Answer = fn(&Received) -> Option<Reply>;
    let table: [(&str, Answer); 9] = [
        ("gives no token", |it| (it.method == "PUT").then(|| says("403 Forbidden", "hunter22"))),
        ("leads elsewhere", |it| {
            let head = "307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/hunter22";
            (it.method == "PUT").then(|| says(head, ""))
        }),
        ("cannot be written", |it| (it.method == "PUT").then(|| ok("hunter22\u{7f}"))),
        ("sends more than", |it| (it.method == "PUT").then(|| Reply::Endless("200 OK".to_owned()))),
        ("takes too long", |it| (it.method == "PUT").then_some(Reply::Silence)),
        ("names no role", |it| (it.target == ROLES).then(|| ok("../../user-data?hunter22"))),
        ("names no role", |it| (it.target == ROLES).then(|| says("404 Not Found", "hunter22"))),
        ("that its role gives no keys", |it| {
            it.target.ends_with("my-role").then(|| ok("{\"Code\":\"hunter22\"}"))
        }),
        ("is not the JSON of AWS keys", |it| {
            it.target.ends_with("my-role").then(|| ok("hunter22"))
        }),
    ];
    for (expected, hostile) in table {
        let service = Server::new(move |it| hostile(it).unwrap_or_else(|| instance(it))).await;
        let bedrock = for_account(temporary()).await;
        let metadata = Some(service.address);
        let door = Door::new(&bedrock, Setup { metadata, ..Setup::default() });
        let error = door.answer(converse()).await.unwrap_err();
        assert!(error.message.contains(expected), "{expected}: {}", error.message);
        keeps_quiet(&error.message);
        keeps_quiet(&door.written());
        assert!(bedrock.requests().is_empty());
        for request in service.requests() {
            assert!(!request.target.contains("user-data"), "{}", request.target);
        }
    }
}

fn program(command: &str) -> String {
    format!("[profile p]\ncredential_process = {command}\n")
}

#[tokio::test]
async fn a_program_that_prints_keys_is_run_and_one_that_does_not_is_told_so() {
    let bedrock = for_account(temporary()).await;
    let setup = || Setup { identity: Some("aws-profile:p"), ..Setup::default() };
    let printed = |version: &str, expiration: &str| {
        let keys = json(expiration).replace("\"Token\"", "\"SessionToken\"");
        keys.replace("\"Code\":\"Success\"", version)
    };
    let door = Door::new(&bedrock, setup());
    let file = door.write("keys.json", &printed("\"Version\":1", "2026-03-14T16:09:26+00:00"));
    door.write(".aws/config", &program(&format!("cat {file}")));
    assert_eq!(door.answer(converse()).await.unwrap(), "200 [] hello");
    keeps_quiet(&door.written());
    let old = printed("\"Version\":2", LATER);
    let expired = printed("\"Version\":1", "2026-03-14T15:09:26Z");
    for (command, text, expected) in [
        ("cat FILE", "hunter22", "is not the JSON of AWS keys"),
        ("cat FILE", "{\"Version\":1}", "has no whole AWS key in it"),
        ("cat FILE", old.as_str(), "has no `\"Version\": 1`"),
        ("cat FILE", expired.as_str(), "the keys have expired already"),
        ("cat FILE", "", "prints nothing"),
        ("cat FILE; exit 3 # hunter22", "x", "the command ended with exit status: 3"),
        ("/nowhere/hunter22", "x", "the command ended with"),
        ("yes hunter22", "x", "it has more than"),
        ("head -c 1000 /dev/zero", "x", "is not the JSON of AWS keys"),
        ("printf '\\377'", "x", "not contain valid UTF-8"),
    ] {
        let door = Door::new(&bedrock, setup());
        let file = door.write("keys.json", text);
        door.write(".aws/config", &program(&command.replace("FILE", &file)));
        let error = door.answer(converse()).await.unwrap_err();
        assert!(error.message.contains(expected), "{command}: {}", error.message);
        keeps_quiet(&error.message);
        keeps_quiet(&door.written());
    }
}

const SESSION: &str = "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\n\
    sso_role_name = dev\n[sso-session corp]\nsso_region = eu-west-1\n\
    sso_start_url = https://corp.awsapps.com/start\n";
/// The SHA-1 of `corp`.
const CACHE: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

#[tokio::test]
async fn a_session_is_good_for_keys_until_it_expires() {
    let portal = Server::new(|request: &Received| {
        assert_eq!(request.target, "/federation/credentials?role_name=dev&account_id=123456789012");
        match request.header("x-amz-sso_bearer_token") {
            Some("hunter22-session") => ok(format!(
                "{{\"roleCredentials\":{{\"accessKeyId\":\"{TEMPORARY}\",\"secretAccessKey\":\
                 \"{TEMPORARY_SECRET}\",\"sessionToken\":\"{TOKEN}\",\"expiration\":\
                 1773504566000}}}}"
            )),
            _ => says("401 Unauthorized", "hunter22"),
        }
    });
    let portal = portal.await;
    let bedrock = for_account(temporary()).await;
    let door = || {
        let setup = Setup {
            identity: Some("aws-profile:sso"),
            identity_origin: Some(portal.url()),
            ..Setup::default()
        };
        let door = Door::new(&bedrock, setup);
        door.write(".aws/config", SESSION);
        door
    };
    let cached =
        |token: &str, end: &str| format!("{{\"accessToken\":\"{token}\",\"expiresAt\":\"{end}\"}}");
    let sign_in = |door: Door| async move {
        let error = door.answer(converse()).await.unwrap_err();
        assert!(error.message.contains("aws sso login --profile sso"), "{}", error.message);
        keeps_quiet(&error.message);
        keeps_quiet(&door.written());
    };
    let first = door();
    first.write(CACHE, &cached("hunter22-session", LATER));
    assert_eq!(first.answer(converse()).await.unwrap(), "200 [] hello");
    keeps_quiet(&first.written());

    sign_in(door()).await;
    let expired = door();
    expired.write(CACHE, &cached("hunter22-session", "2026-03-14T15:09:26Z"));
    sign_in(expired).await;
    let junk = door();
    junk.write(CACHE, "hunter22");
    sign_in(junk).await;
    assert_eq!(portal.requests().len(), 1, "nothing is sent that is no good");
    let other = door();
    other.write(CACHE, &cached("hunter22-other", LATER));
    sign_in(other).await;
}

#[tokio::test]
async fn files_that_cannot_be_read_say_where_and_not_what() {
    let bedrock = for_account(temporary()).await;
    for (text, expected) in [
        ("[profile a]\nhunter22", ".aws/config, line 2: it is neither"),
        ("[profile a]\naws_access_key_id = hunter22\n", "half a key"),
        ("[profile b]\n", "there is no profile `a`"),
        ("[profile a]\nrole_arn = arn:x\nsource_profile = a\n", "lead in a circle"),
    ] {
        let setup = Setup { identity: Some("aws-profile:a"), ..Setup::default() };
        let door = Door::new(&bedrock, setup);
        door.write(".aws/config", text);
        let error = door.answer(converse()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication);
        assert!(error.message.contains(expected), "{}", error.message);
        keeps_quiet(&error.message);
    }
    assert!(bedrock.requests().is_empty());
}
