//! Signatures, and whom they are for.

use super::cloud::{
    Door, ID, NOW, REGION, Reply, SECRET, Server, Setup, account, converse, ok, says,
    static_account,
};
use hotcell_egress::{Decision, ErrorKind, Request, Rule};
use hotcell_manifest::Method;
use hotcell_mock::sigv4::{Received, verify};

/// Answers whoever signs as this account, and tells the others what AWS tells them.
async fn bedrock() -> Server {
    Server::new(|request| match verify(request, &static_account(), REGION, "bedrock") {
        Ok(()) => ok("hello"),
        Err(why) => says("403 Forbidden\r\nx-amzn-errortype: InvalidSignatureException", &why),
    })
    .await
}

fn keys() -> Setup<'static> {
    Setup { keys: true, ..Setup::default() }
}

#[tokio::test]
async fn a_signed_request_is_one_that_aws_takes() {
    let bedrock = bedrock().await;
    let setup = Setup { query: vec!["byProvider".into(), "maxResults".into()], ..keys() };
    let door = Door::new(&bedrock, setup);
    let get = |target: &str| Request {
        method: Method::Get,
        path: target.to_owned(),
        headers: vec![("accept".to_owned(), " application/json;  q=1 ".to_owned())],
        body: "".into(),
    };
    for request in [
        converse(),
        path("/model/anthropic.claude-3-haiku-20240307-v1:0/converse"),
        path("/model/arn:aws:bedrock:us-east-1:123456789012:custom-model%20(x)/converse"),
        path("/model/@a~b!$'*,=/converse"),
        get("/foundation-models"),
        get("/foundation-models?maxResults=5&byProvider=Meta%20%26%20Co%2F"),
        get("/foundation-models?byProvider"),
    ] {
        let shown = request.path.clone();
        let answer = door.answer(request).await.unwrap();
        assert_eq!(answer, "200 [] hello", "{shown}");
    }
    let stamp = bedrock.requests()[0].header("x-amz-date").unwrap().to_owned();
    assert_eq!(stamp, NOW.replace(['-', ':'], ""));
    let written = door.written();
    for secret in [ID, SECRET, "Signature="] {
        assert!(!written.contains(secret), "{written}");
    }
}

/// The verifier is worth something: it takes nothing that was changed.
#[tokio::test]
async fn a_signature_is_good_for_nothing_else() {
    let bedrock = bedrock().await;
    Door::new(&bedrock, keys()).answer(converse()).await.unwrap();
    let request = bedrock.requests()[0].clone();
    let taken = |change: &dyn Fn(&mut Received), region: &str, service: &str| {
        let mut changed = Received {
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        change(&mut changed);
        verify(&changed, &static_account(), region, service).is_ok()
    };
    let set = |request: &mut Received, name: &str, value: &str| {
        request.headers.iter_mut().find(|(own, _)| own == name).unwrap().1 = value.to_owned();
    };
    assert!(taken(&|_| {}, REGION, "bedrock"));
    assert!(!taken(&|_| {}, "us-west-2", "bedrock"));
    assert!(!taken(&|_| {}, REGION, "iam"));
    let changes: [&dyn Fn(&mut Received); 7] = [
        &|request| request.method = "GET".to_owned(),
        &|request| request.target = "/model/other/converse".to_owned(),
        &|request| request.target.push_str("?a=b"),
        &|request| request.body.push(b' '),
        &|request| set(request, "host", "bedrock-runtime.us-west-2.amazonaws.com"),
        &|request| set(request, "x-amz-date", "20260314T150927Z"),
        &|request| set(request, "content-type", "text/plain"),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert!(!taken(change, REGION, "bedrock"), "change {index} was taken");
    }
}

#[tokio::test]
async fn a_guest_has_no_say_in_what_is_signed() {
    let bedrock = bedrock().await;
    let door = Door::new(&bedrock, Setup { query: vec!["byProvider".into()], ..keys() });
    let with = |name: &str, value: &str| {
        let mut request = converse();
        request.headers.push((name.to_owned(), value.to_owned()));
        request
    };
    let get = |target: &str| Request { method: Method::Get, ..path(target) };
    let table = [
        (with("x-amz-date", "20200101T000000Z"), Rule::HeaderFloor),
        (with("X-Amz-Date", "20200101T000000Z"), Rule::HeaderFloor),
        (with("x_amz_date", "20200101T000000Z"), Rule::HeaderFloor),
        (with("x-amz-security-token", "theirs"), Rule::HeaderFloor),
        (with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), Rule::HeaderFloor),
        (with("x-amz-target", "AWSSecurityTokenService.GetCallerIdentity"), Rule::HeaderFloor),
        (with("x-amz-decoded-content-length", "1"), Rule::HeaderFloor),
        (with("x-amzn-trace-id", "x"), Rule::HeaderFloor),
        (with("authorization", "AWS4-HMAC-SHA256 Credential=x"), Rule::HeaderFloor),
        (with("host", "iam.amazonaws.com"), Rule::HeaderFloor),
        (with("trailer", "x-amz-checksum"), Rule::HeaderFloor),
        (with("content-encoding", "aws-chunked"), Rule::HeaderFloor),
        (path("/model/a/converse?X-Amz-Signature=abc"), Rule::Query),
        (path("/model/a/converse?x-amz-credential=abc"), Rule::Query),
        (path("/model/a/converse?X-Amz-Algorithm=AWS4-HMAC-SHA256"), Rule::Query),
        (path("/model/a/converse?Action=GetCallerIdentity"), Rule::Query),
        (get("/foundation-models?byProvider=a+b"), Rule::Query),
        (path("/model/a/invoke"), Rule::MethodAndPath),
        (path("//iam.amazonaws.com/model/a/converse"), Rule::PathForm),
        (path("/model/a%2F..%2F../converse"), Rule::PathForm),
        (path("https://iam.amazonaws.com/"), Rule::PathForm),
    ];
    for (request, rule) in table {
        let shown = format!("{} {:?}", request.path, request.headers);
        let error = door.send(request).await.unwrap_err();
        assert_eq!((error.kind, error.rule), (ErrorKind::Denied, Some(rule)), "{shown}");
        let last = door.audit.records().pop().unwrap();
        assert!(matches!(last.decision, Decision::Denied { .. }), "{shown}");
    }
    assert!(bedrock.requests().is_empty(), "a denied request was signed and sent");
}

fn path(path: &str) -> Request {
    Request { path: path.to_owned(), ..converse() }
}

#[tokio::test]
async fn a_region_is_a_region_and_no_way_into_another_scope() {
    let bedrock = bedrock().await;
    for region in ["", "us-east-1/iam", "us east", "US-EAST-1", "-", "a\nb", "evil.example"] {
        let door = Door::new(&bedrock, Setup { region: Some(region), ..keys() });
        let error = door.send(converse()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Authentication, "{region}");
    }
    assert!(bedrock.requests().is_empty());
}

/// AWS tells whoever signs wrongly what it calculated: the canonical request, in which the
/// session token stands, and the string to sign.
#[tokio::test]
async fn what_aws_tells_of_a_signature_stays_outside() {
    const TOKEN: &str = "FwoGZXIvYXdzEXAMPLE//sessiontoken+==";
    let told = Server::new(|request: &Received| {
        let wrong = account(ID, "another", Some(TOKEN));
        let why = verify(request, &wrong, REGION, "bedrock").unwrap_err();
        let authorization = request.header("authorization").unwrap();
        let json = serde_json::json!({ "message": why, "you sent": authorization });
        let signature = authorization.rsplit_once('=').unwrap().1;
        let head = format!(
            "403 Forbidden\r\nx-amzn-errortype: InvalidSignatureException\r\n\
             x-amzn-requestid: {signature}"
        );
        says(&head, &json.to_string())
    });
    let bedrock = told.await;
    let environment = vec![
        ("AWS_ACCESS_KEY_ID", ID.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("AWS_SESSION_TOKEN", TOKEN.to_owned()),
    ];
    let door = Door::new(&bedrock, Setup { environment, ..Setup::default() });
    let answer = door.answer(converse()).await.unwrap();
    let request = &bedrock.requests()[0];
    let signature = request.header("authorization").unwrap().rsplit_once('=').unwrap().1;
    // What the guest is told is worth something all the same.
    assert!(answer.contains("The String-to-Sign should have been"), "{answer}");
    assert!(answer.contains("(\"x-amzn-requestid\", \"[secret]\")"), "{answer}");
    let hash = answer.rsplit_once("aws4_request\\n").unwrap().1;
    assert!(hash.starts_with("[secret]"), "{hash}");
    for text in [&answer, &door.written()] {
        for secret in [ID, SECRET, TOKEN, signature, "wJalrXUtnFEMI", "FwoGZXIv"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_in_plain_words() {
    let late = Server::new(|_: &Received| {
        says(
            "403 Forbidden\r\nx-amzn-errortype: InvalidSignatureException:http://x/\r\n\
             date: Sat, 14 Mar 2026 16:09:26 GMT",
            "{\"message\":\"Signature expired: 20260314T150926Z is now earlier than\"}",
        )
    });
    let door = Door::new(&late.await, keys());
    let error = door.send(converse()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Authentication);
    assert!(error.message.contains("60 minutes behind AWS's; set it right"), "{}", error.message);
    let Decision::Finished { status, error: told, .. } =
        door.audit.records().pop().unwrap().decision
    else {
        panic!("not finished")
    };
    assert_eq!((status, told), (Some(403), Some(error.message)));
}

#[tokio::test]
async fn a_grant_of_a_signature_in_a_link_is_refused_as_a_whole() {
    let bedrock = bedrock().await;
    for name in ["X-Amz-Signature", "x-amz-credential", "X_Amz_Date", "X-Amz-Security-Token"] {
        let setup = Setup { query: vec![name.to_owned()], ..keys() };
        let error = Door::try_new(&bedrock, setup).err().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_a_stream_comes_as_it_is() {
    let streams = Server::new(|request: &Received| {
        verify(request, &static_account(), REGION, "bedrock").unwrap();
        let head = "200 OK\r\ncontent-type: application/vnd.amazon.eventstream";
        Reply::Says(head.to_owned(), "\u{0}\u{0}\u{1}frames".to_owned())
    });
    let door = Door::new(&streams.await, keys());
    assert!(door.answer(converse()).await.unwrap().ends_with("\u{0}\u{0}\u{1}frames"));
}
