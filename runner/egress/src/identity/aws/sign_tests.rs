//! Held against what AWS publishes to test signers with (`sign_suite.json`), and against
//! what its own SDK for Python makes of requests to Bedrock and SageMaker.

use super::*;
use serde_json::Value;
use std::time::Duration;

fn keys(id: &str, secret: &str, token: Option<&str>) -> Keys {
    let of = |text: &str| Secret::from(text.to_owned());
    Keys { id: of(id), secret: of(secret), token: token.map(of), expires: None }
}

fn example(token: Option<&str>) -> Keys {
    keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
}

/// `20150830T123600Z`.
fn time(stamp: &str) -> SystemTime {
    let part = |from: usize, to: usize| &stamp[from..to];
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    );
    humantime::parse_rfc3339(&text).unwrap()
}

fn header<'a>(signed: &'a Signed, name: &str) -> Option<&'a str> {
    let found = signed.headers.iter().find(|(own, _)| own == name)?;
    Some(found.1.to_str().unwrap())
}

/// Cases whose path has empty or dot segments, which a service other than S3 removes
/// before it looks at the signature. No request of hotcell's has them.
const NORMALISED: &[&str] = &[
    "get-relative-normalized",
    "get-relative-relative-normalized",
    "get-slash-dot-slash-normalized",
    "get-slash-normalized",
    "get-slash-pointless-dot-normalized",
    "get-slashes-normalized",
];
/// A session token that is added after signing, which no service of ours wants.
const OTHERWISE: &[&str] = &["post-sts-header-after"];

#[test]
fn the_suite_that_aws_publishes_passes() {
    let suite: Value = serde_json::from_str(include_str!("sign_suite.json")).unwrap();
    let mut passed = 0;
    for case in suite["cases"].as_array().unwrap() {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let name = text("name");
        let (path, query) = match text("target").split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text("target"), None),
        };
        if NORMALISED.contains(&name) {
            assert!(crate::path::check(path).is_err(), "{name} would be sent");
            continue;
        }
        if OTHERWISE.contains(&name) {
            continue;
        }
        let mut headers = HeaderMap::new();
        for header in case["headers"].as_array().into_iter().flatten() {
            let name: HeaderName = header[0].as_str().unwrap().parse().unwrap();
            headers.append(name, header[1].as_str().unwrap().parse().unwrap());
        }
        let authorization = text("authorization");
        let scope = authorization.split_once("Credential=").unwrap().1.split_once(',').unwrap().0;
        let scope: Vec<&str> = scope.split('/').collect();
        let [id, _, region, service, "aws4_request"] = scope[..] else { panic!("{scope:?}") };
        let token = case["token"].as_str();
        let keys = match id {
            "ANOTREAL" => keys(id, "notrealrnrELgWzOk3IfjzDKtFBhDby", token),
            _ => example(token),
        };
        let (host, body) = (text("host"), text("body").as_bytes());
        let request =
            Unsigned { method: text("method"), host, path, query, headers: &headers, body };
        let mut encoded = Vec::new();
        encode(path.as_bytes(), b"/", &mut encoded);
        assert_eq!(String::from_utf8(encoded).unwrap(), text("path"), "{name}");
        let signed = sign(&request, &keys, Scope { region, service }, time(text("date"))).unwrap();
        assert_eq!(header(&signed, "authorization"), Some(authorization), "{name}");
        assert_eq!(header(&signed, "x-amz-date"), Some(text("date")), "{name}");
        assert_eq!(header(&signed, "x-amz-security-token"), token, "{name}");
        passed += 1;
    }
    assert_eq!(passed, 33, "of 40");
}

/// What botocore 1.44.8 signs on the same day with the same keys.
#[test]
fn what_the_sdk_signs_is_signed_the_same() {
    let json = &[("content-type", "application/json")][..];
    let accept = &[
        ("content-type", "application/json"),
        ("accept", "application/vnd.amazon.eventstream"),
    ][..];
    let component = &[
        ("content-type", "application/json"),
        ("x-amzn-sagemaker-inference-component", "a  b"),
    ][..];
    let token = Some("FwoGZXIvYXdzEXAMPLE//token+==");
    #[rustfmt::skip]
    let table = [
        ("POST", "bedrock-runtime.us-east-1.amazonaws.com", "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", "{\"messages\":[]}", "bedrock", "us-east-1", None, json, "a15ebd762888cb5164a96eeca4b02461b3ef2356e4061c6980e07f1dd633ac01"),
        ("POST", "bedrock-runtime.us-east-1.amazonaws.com", "/model/anthropic.claude-3-haiku-20240307-v1:0/converse-stream", "{}", "bedrock", "us-east-1", None, accept, "b687758bf4ab79c673beb94bdd731284b0508cc50274a33462cf80b1e6f6ae65"),
        ("POST", "bedrock-runtime.eu-central-1.amazonaws.com", "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-20250514-v1%3A0/invoke", "{\"t\":\"ä\"}", "bedrock", "eu-central-1", token, json, "1f96dcee86ee0426f9fbb2735c8329e7fe1f5fcb1a33f9eeaa903501b8ea834d"),
        ("POST", "bedrock-runtime.us-gov-west-1.amazonaws.com", "/model/arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abc123/converse", "x", "bedrock", "us-gov-west-1", None, &[][..], "782c1df7b409443cf3cd3babcaef36757d90fee79deb001e8e8784b280234a63"),
        ("GET", "bedrock.us-west-2.amazonaws.com", "/foundation-models?byProvider=Anthropic&byOutputModality=TEXT", "", "bedrock", "us-west-2", None, &[][..], "c14f118d4a3bdc121778819126ee2f1c5977bf739130908ce3c430089d298ee8"),
        ("POST", "runtime.sagemaker.us-east-2.amazonaws.com", "/endpoints/my-endpoint/invocations-response-stream", "{\"stream\":true}", "sagemaker", "us-east-2", None, component, "5a2d0d657aaa904d209b02972f37c50fb2fa157558f359c2bc4ea9831ae89708"),
        ("POST", "127.0.0.1:8080", "/model/x/converse", "{}", "bedrock", "us-east-1", None, &[][..], "40fc8796c5f4f38e2f624266fe9193a7b6dca4a88f62caeb20a6d53fc7187818"),
    ];
    for (method, host, target, body, service, region, token, written, expected) in table {
        let mut headers = HeaderMap::new();
        for (name, value) in written {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let body = body.as_bytes();
        let request = Unsigned { method, host, path, query, headers: &headers, body };
        let scope = Scope { region, service };
        let signed = sign(&request, &example(token), scope, time("20260314T150926Z")).unwrap();
        let authorization = header(&signed, "authorization").unwrap();
        assert!(authorization.ends_with(&format!("Signature={expected}")), "{target}");
        assert_eq!(signed.sensitive[0].expose_secret(), expected);
    }
}

#[test]
fn a_signature_is_good_for_one_request_only() {
    let base = |headers: &HeaderMap, change: &dyn Fn(&mut Unsigned<'_>, &mut Scope<'_>)| {
        let mut request = Unsigned {
            method: "POST",
            host: "bedrock-runtime.us-east-1.amazonaws.com",
            path: "/model/a/converse",
            query: None,
            headers,
            body: b"{}",
        };
        let mut scope = Scope { region: "us-east-1", service: "bedrock" };
        change(&mut request, &mut scope);
        let time = time("20260314T150926Z");
        let signed = sign(&request, &example(None), scope, time).unwrap();
        signed.sensitive[0].expose_secret().to_owned()
    };
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("a"));
    let more = headers.clone();
    headers.insert("accept", HeaderValue::from_static("b"));
    let all = [
        base(&more, &|_, _| {}),
        base(&headers, &|_, _| {}),
        base(&more, &|request, _| request.method = "GET"),
        base(&more, &|request, _| request.host = "bedrock-runtime.us-west-1.amazonaws.com"),
        base(&more, &|request, _| request.path = "/model/b/converse"),
        base(&more, &|request, _| request.path = "/model/a%2Fconverse"),
        base(&more, &|request, _| request.query = Some("a=b")),
        base(&more, &|request, _| request.body = b"{ }"),
        base(&more, &|_, scope| scope.region = "us-west-1"),
        base(&more, &|_, scope| scope.service = "iam"),
    ];
    let different: std::collections::BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn what_is_changed_on_the_way_and_what_a_guest_brings_are_not_signed() {
    let plain = HeaderMap::new();
    let mut more = HeaderMap::new();
    for (name, value) in [
        ("accept-encoding", "gzip"),
        ("user-agent", "hotcell"),
        // Neither comes through the door; were they there, they would not count.
        ("authorization", "AWS4-HMAC-SHA256 Credential=evil"),
        ("host", "evil.example"),
        ("x-amz-date", "20000101T000000Z"),
        ("x-amz-security-token", "theirs"),
    ] {
        more.append(name, HeaderValue::from_static(value));
    }
    let signed = |headers: &HeaderMap| {
        let request = Unsigned {
            method: "GET",
            host: "a.amazonaws.com",
            path: "/",
            query: None,
            headers,
            body: b"",
        };
        let scope = Scope { region: "us-east-1", service: "bedrock" };
        let signed = sign(&request, &example(Some("ours")), scope, UNIX_EPOCH).unwrap();
        header(&signed, "authorization").unwrap().to_owned()
    };
    assert_eq!(signed(&plain), signed(&more));
}

#[test]
fn a_clock_that_is_wrong_does_not_panic() {
    assert_eq!(stamp(UNIX_EPOCH - Duration::from_secs(1)), "19700101T000000Z");
    assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(1 << 40)), "99991231T235959Z");
}
