//! Providers that do what no provider should. Each fails its own request, in the words of
//! its client's dialect, and nothing else.

use crate::bed::{Answer, Bed};
use crate::upstream::{
    PATIENCE, Step, Upstream, begin_stream, chunk, end, respond, role, say, word,
};
use serde_json::{Value, json};

const KEY: &str = "sk-upstream-6b1d09";

/// A provider of whom little is taken and for whom nobody waits long.
async fn bed() -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    let more = upstream.provider("up")
        + "[providers.up.egress]\nfirst-byte-ms = 400\nidle-ms = 400\nresponse-bytes = 4000000\n\
           [gateway.models.m]\ndeployments = [\"up/m\"]\nretries = 0\n\
           [gateway.models.good]\ndeployments = [\"up/good\"]\nretries = 0\n";
    upstream.script("good", [say("fine")]);
    let bed = Bed::new(&more).await;
    (upstream, bed)
}

/// The paths of chats, and the same question in each dialect.
fn questions(stream: bool) -> [(&'static str, Value); 5] {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    let gemini = match stream {
        true => "/v1beta/models/m:streamGenerateContent?alt=sse",
        false => "/v1beta/models/m:generateContent",
    };
    [
        ("/v1/chat/completions", json!({ "model": "m", "stream": stream, "messages": messages })),
        ("/v1/responses", json!({ "model": "m", "stream": stream, "input": "hi" })),
        (
            "/v1/messages",
            json!({ "model": "m", "stream": stream, "max_tokens": 9, "messages": messages }),
        ),
        ("/v1/completions", json!({ "model": "m", "stream": stream, "prompt": "hi" })),
        (gemini, json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] })),
    ]
}

/// Those that are asked as chat completions. Who speaks OpenAI's responses is answered in them,
/// and what is good in the one form is an error in the other.
fn chats(stream: bool) -> impl Iterator<Item = (&'static str, Value)> {
    questions(stream).into_iter().filter(|(path, _)| *path != "/v1/responses")
}

async fn ask(bed: &Bed, path: &str, body: Value) -> Answer {
    tokio::time::timeout(PATIENCE, bed.post(path, body)).await.expect("an answer in time")
}

/// What a failure looks like before anything was told: a status, and an error of the dialect.
fn is_refusal(name: &str, path: &str, answer: &Answer) {
    let text = answer.text();
    assert!((500..600).contains(&answer.status), "{name}, {path}: {} {text}", answer.status);
    assert_ne!(answer.status, 500, "{name}, {path}: it is the provider's fault: {text}");
    let message = answer.json()["error"]["message"].as_str().map(str::len);
    assert!(message.is_some_and(|length| length > 0), "{name}, {path}: {text}");
    assert!(!text.contains(KEY), "{name}, {path}: {text}");
}

/// What it looks like afterwards: an error of the dialect and no end that is none.
fn is_broken_stream(name: &str, path: &str, answer: &Answer) {
    let text = answer.text();
    // What breaks may take along what came before, and then nothing was told yet.
    if name == "a reset" && answer.status != 200 {
        return is_refusal(name, path, answer);
    }
    assert_eq!(answer.status, 200, "{name}, {path}: {text:.2000}");
    assert!(text.contains("error"), "{name}, {path}: {text:.2000}");
    for fake in
        ["[DONE]", "message_stop", "event: response.completed", "\"STOP\"", "\"stop\"", "end_turn"]
    {
        assert!(!text.contains(fake), "{name}, {path}: {fake} in {text:.2000}");
    }
    assert!(!text.contains(KEY), "{name}, {path}: {text:.2000}");
}

/// A bomb of gzip: so many zeros.
fn bomb(bytes: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..bytes >> 20 {
        writer.write_all(&zeros).expect("memory");
    }
    writer.finish().expect("memory")
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_answers_that_are_none_fail_their_own_request() {
    let (upstream, bed) = bed().await;
    let json = "content-type: application/json\r\n";
    let head = |more: &str| Step::Send(format!("HTTP/1.1 200 OK\r\n{json}{more}\r\n").into());
    let cases: Vec<(&str, Vec<Step>)> = vec![
        ("silence", vec![Step::Hold]),
        ("a reset", vec![Step::Reset]),
        ("an end", vec![Step::Close]),
        ("no HTTP", vec![Step::Send(b"220 smtp ready\r\n".to_vec()), Step::Close]),
        ("a head without end", vec![Step::Flood(b"x-a: b\r\n".to_vec())]),
        ("half a head", vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()), Step::Hold]),
        (
            "a body that stalls",
            vec![head("content-length: 9\r\n"), Step::Send(b"{".to_vec()), Step::Hold],
        ),
        (
            "a body that ends early",
            vec![head("content-length: 9\r\n"), Step::Send(b"{".to_vec()), Step::Close],
        ),
        (
            "a body that breaks",
            vec![head("content-length: 9\r\n"), Step::Send(b"{".to_vec()), Step::Reset],
        ),
        ("a body without end", vec![head("connection: close\r\n"), Step::Flood(vec![b' '; 65536])]),
        (
            "two lengths",
            vec![
                head("content-length: 2\r\ncontent-length: 3\r\n"),
                Step::Send(b"{}".to_vec()),
                Step::Close,
            ],
        ),
        (
            "a huge length",
            vec![head("content-length: 99999999999\r\n"), Step::Send(b"{}".to_vec()), Step::Close],
        ),
        (
            "no chunks",
            vec![
                head("transfer-encoding: chunked\r\n"),
                Step::Send(b"zz\r\n{}".to_vec()),
                Step::Close,
            ],
        ),
        (
            "a bomb",
            vec![respond(200, &format!("{json}content-encoding: gzip\r\n"), &bomb(64 << 20))],
        ),
        ("no gzip", vec![respond(200, &format!("{json}content-encoding: gzip\r\n"), b"{}")]),
        ("nothing", vec![respond(200, json, b"")]),
        ("something else", vec![respond(200, json, b"{}")]),
        ("no JSON", vec![respond(200, json, b"<html>")]),
        (
            "not UTF-8",
            vec![respond(200, json, b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}")],
        ),
        ("depth", vec![respond(200, json, "[".repeat(100_000).as_bytes())]),
        ("a redirect", vec![respond(307, "location: http://169.254.169.254/\r\n", b"")]),
        (
            "a status past counting",
            vec![Step::Send(b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n".to_vec())],
        ),
        (
            "another protocol",
            vec![
                Step::Send(
                    b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_vec(),
                ),
                Step::Hold,
            ],
        ),
        (
            "the key",
            vec![respond(
                502,
                json,
                format!("{{\"error\":{{\"message\":\"not {KEY}\"}}}}").as_bytes(),
            )],
        ),
    ];
    for (name, script) in cases {
        upstream.script("m", [script]);
        for (path, question) in questions(false) {
            is_refusal(name, path, &ask(&bed, path, question).await);
        }
        let good = json!({ "model": "good", "messages": [{ "role": "user", "content": "hi" }] });
        assert_eq!(ask(&bed, "/v1/chat/completions", good).await.status, 200, "after {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_none_end_in_an_error_and_never_in_a_stop() {
    let (upstream, bed) = bed().await;
    let begun = |more: Vec<Step>| {
        let mut script = vec![begin_stream(), role(), word("a")];
        script.extend(more);
        script
    };
    let line = |bytes: &[u8]| Step::Send([b"data: ", bytes, b"\n\n"].concat());
    let Step::Send(large) = word(&"x".repeat(1 << 20)) else { unreachable!() };
    let cases: Vec<(&str, Vec<Step>)> = vec![
        ("a stall", begun(vec![Step::Hold])),
        ("an end", begun(vec![Step::Close])),
        ("a reset", begun(vec![Step::Reset])),
        ("half a line", begun(vec![Step::Send(b"data: {\"choices\":[{\"del".to_vec()), Step::Close])),
        ("no JSON", begun(vec![line(b"<html>")])),
        ("depth", begun(vec![line(("{\"choices\":".to_owned() + &"[".repeat(100_000)).as_bytes())])),
        ("words without end", begun(vec![Step::Flood(large)])),
        ("a line without end", begun(vec![Step::Send(b"data: ".to_vec()), Step::Flood(vec![b'x'; 65536])])),
        ("lines of nothing", begun(vec![Step::Flood(b"\n\n:\n\ndata:\n\n".repeat(4096))])),
        ("an error", begun(vec![line(br#"{"error":{"message":"broken","type":"server_error"}}"#), Step::Close])),
        ("calls without end", begun((0..20_000).map(|index| {
            let call = json!({ "tool_calls": [{ "index": index, "id": format!("c{index}"), "type": "function", "function": { "name": "f", "arguments": "{" } }] });
            Step::Send(chunk(&call, Value::Null))
        }).chain([Step::Close]).collect())),
    ];
    for (name, script) in cases {
        upstream.script("m", [script]);
        for (path, question) in questions(true) {
            is_broken_stream(name, path, &ask(&bed, path, question).await);
        }
        let good = json!({ "model": "good", "messages": [{ "role": "user", "content": "hi" }] });
        assert_eq!(ask(&bed, "/v1/chat/completions", good).await.status, 200, "after {name}");
    }
}

#[tokio::test]
async fn large_lines_are_lines() {
    let (upstream, bed) = bed().await;
    let text = "x".repeat(1 << 20);
    upstream.script("m", [vec![begin_stream(), role(), word(&text), end(), Step::Close]]);
    for (path, question) in chats(true) {
        let answer = ask(&bed, path, question).await.text();
        assert!(answer.len() > 1 << 20, "{path}");
        assert!(!answer.contains("error"), "{path}");
    }
}

#[tokio::test]
async fn a_key_that_a_provider_repeats_reaches_no_client() {
    let (upstream, bed) = bed().await;
    let (first, second) = KEY.split_at(7);
    let echo = format!("x-request-id: {KEY}\r\nx-ratelimit-echo: {KEY}\r\n");
    let mut whole = say(KEY);
    if let Step::Send(bytes) = &mut whole[0] {
        let text = String::from_utf8_lossy(bytes).replacen("\r\n", &format!("\r\n{echo}"), 1);
        *bytes = text.into_bytes();
    }
    let split =
        vec![begin_stream(), role(), word(KEY), word(first), word(second), end(), Step::Close];
    for (stream, script) in [(false, whole), (true, split)] {
        upstream.script("m", [script]);
        for (path, question) in chats(stream) {
            let answer = ask(&bed, path, question).await;
            let said = format!("{:?}{}", answer.headers, answer.text());
            assert_eq!(answer.status, 200, "{said}");
            assert!(!said.contains(KEY), "{path}: {said}");
        }
    }
}
