//! Streams of what comes whole: images and transcriptions.

use crate::bed::{Answer, Bed};
use crate::upstream::{PATIENCE, Step, Upstream, refuse, respond};
use http::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

/// A model that is asked for once.
const ONCE: &str = "[gateway.models.m]\ndeployments = [\"up/m\"]\nretries = 0\n";
const SIGN: &str = ": the answer goes on\n\n";

/// What the data of the events is; `[DONE]` is a string.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| data.into())).collect()
}

fn image(model: &str) -> Value {
    json!({
        "model": model, "prompt": "a cat", "n": 2, "size": "1024x1024", "stream": true,
        "partial_images": 2,
    })
}

/// A form with a file, as SDKs send it.
fn form(path: &str, fields: &[(&str, &str)]) -> Request<http_body_util::Full<bytes::Bytes>> {
    let file = if path.contains("images") { "image" } else { "file" };
    let mut body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"{file}\"; filename=\"a.bin\"\r\n\r\nRIFF\r\n"
    );
    for (name, value) in fields {
        body +=
            &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--b--\r\n";
    let request = Request::post(path).header("content-type", "multipart/form-data; boundary=b");
    request.body(body.into()).expect("a request")
}

/// A gateway before a provider that does as it is told.
async fn bed(more: &str) -> (Upstream, Bed) {
    let upstream = Upstream::new().await;
    let bed = Bed::new(&(upstream.provider_of("up", "openai-media") + more)).await;
    (upstream, bed)
}

fn answer(body: &Value) -> Step {
    respond(200, "content-type: application/json\r\n", body.to_string().as_bytes())
}

fn is_stream(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kind = answer.header("content-type").expect("a type");
    assert!(kind.starts_with("text/event-stream"), "{kind}");
}

/// Sends a request for images, and gives the answer back once it has begun.
async fn open(bed: &Bed, model: &str) -> http::Response<Incoming> {
    let request =
        Request::post("/v1/images/generations").header("content-type", "application/json");
    let opening = bed.open(request.body(image(model).to_string().into()).expect("a request"));
    tokio::time::timeout(PATIENCE, opening).await.expect("a head in time")
}

async fn next(response: &mut http::Response<Incoming>) -> String {
    let frame = tokio::time::timeout(PATIENCE, response.frame()).await.expect("a frame in time");
    let frame = frame.expect("a frame").expect("no error").into_data().expect("data");
    String::from_utf8(frame.to_vec()).expect("UTF-8")
}

// ---- what is told ----------------------------------------------------------

#[tokio::test]
async fn images_are_told_one_by_one_and_their_provider_hears_of_no_stream() {
    let bed = Bed::new("[gateway.prices.\"openai/gpt-image-1\"]\ninput = 1\noutput = 1\n").await;
    let answer = bed.post("/v1/images/generations", image("openai/gpt-image-1")).await;
    is_stream(&answer);
    assert_eq!(answer.header("x-hotcell-model"), Some("openai/gpt-image-1"));
    assert_eq!(answer.header("x-hotcell-cost"), Some("0.000015"));
    assert_eq!(answer.text().matches("event: image_generation.completed\n").count(), 2);
    let events = events(&answer.text());
    let mut last = events[1].clone();
    assert!(last["b64_json"].take().as_str().is_some_and(|data| data.starts_with("iVBOR")));
    let expected = json!({
        "type": "image_generation.completed", "b64_json": null, "created_at": 1_760_000_000,
        "size": "1024x1024", "quality": "auto", "background": "auto", "output_format": "png",
        "usage": { "input_tokens": 5, "output_tokens": 10, "total_tokens": 15 },
    });
    assert_eq!(last, expected);
    // Whoever adds up what all of them used has it once.
    assert_eq!(events[0]["usage"]["total_tokens"], 0);
    assert_eq!((events.len(), &events[0]["b64_json"]), (2, &events[1]["b64_json"]));
    let asked = bed.mock.take_requests()[0].json();
    assert!(asked.get("stream").is_none() && asked.get("partial_images").is_none(), "{asked}");
}

#[tokio::test]
async fn edits_are_told_as_edits() {
    let bed = Bed::new("").await;
    let fields = [
        ("model", "openai/gpt-image-1"),
        ("prompt", "a hat"),
        ("stream", "true"),
        ("partial_images", "1"),
        ("background", "opaque"),
    ];
    let answer = bed.send(form("/v1/images/edits", &fields)).await;
    is_stream(&answer);
    let events = events(&answer.text());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "image_edit.completed");
    assert_eq!(events[0]["background"], "opaque");
    assert!(events[0].get("usage").is_none(), "nobody told it: {events:?}");
    let asked = bed.mock.take_requests();
    let asked = String::from_utf8_lossy(&asked[0].body).into_owned();
    assert!(!asked.contains("\"stream\"") && !asked.contains("\"partial_images\""), "{asked}");
    assert!(asked.contains("\"background\""), "{asked}");
}

#[tokio::test]
async fn what_the_provider_says_of_an_image_is_told_in_its_event() {
    let (upstream, bed) = bed("").await;
    let usage = json!({
        "input_tokens": 7, "output_tokens": 9, "total_tokens": 16,
        "input_tokens_details": { "image_tokens": 0, "text_tokens": 7 },
    });
    let said = json!({
        "created": 12, "data": [{ "b64_json": "AAAA" }, { "b64_json": "AAAB" }],
        "background": "transparent", "output_format": "webp", "quality": "high",
        "size": "1024x1536", "usage": usage,
    });
    upstream.script("m", [vec![answer(&said)]]);
    let events = events(&bed.post("/v1/images/generations", image("up/m")).await.text());
    let expected = json!({
        "type": "image_generation.completed", "b64_json": "AAAB", "created_at": 12,
        "size": "1024x1536", "quality": "high", "background": "transparent",
        "output_format": "webp", "usage": usage,
    });
    assert_eq!(events[1], expected);
    let none = json!({ "image_tokens": 0, "text_tokens": 0 });
    assert_eq!(events[0]["usage"]["input_tokens_details"], none);
}

#[tokio::test]
async fn an_image_without_bytes_is_no_event_and_bytes_are_asked_for() {
    let (upstream, bed) = bed("").await;
    let at = json!({ "data": [{ "url": "https://images.example/1.png" }] });
    upstream.script("m", [vec![answer(&at)]]);
    let refused = bed.post("/v1/images/generations", image("up/m")).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let message = refused.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("without `stream`"), "{message}");
    let mut body = image("up/m");
    body["response_format"] = "url".into();
    bed.post("/v1/images/generations", body.clone()).await;
    body["stream"] = false.into();
    bed.post("/v1/images/generations", body).await;
    let asked: Vec<Value> = upstream.asked().iter().map(|asked| asked.json()).collect();
    assert!(asked[0].get("response_format").is_none());
    assert_eq!(asked[1]["response_format"], "b64_json");
    assert_eq!(asked[2]["response_format"], "url");
}

#[tokio::test]
async fn a_transcription_is_one_piece_and_its_end() {
    let bed = Bed::new("").await;
    for format in [None, Some("json"), Some("text")] {
        let mut fields = vec![("model", "openai/whisper-1"), ("stream", "True")];
        fields.extend(format.map(|format| ("response_format", format)));
        let answer = bed.send(form("/v1/audio/transcriptions", &fields)).await;
        is_stream(&answer);
        let text = "You sent 4 bytes.";
        let expected = [
            json!({ "type": "transcript.text.delta", "delta": text }),
            json!({ "type": "transcript.text.done", "text": text }),
            json!("[DONE]"),
        ];
        assert_eq!(events(&answer.text()), expected, "{format:?}");
    }
    for asked in bed.mock.take_requests() {
        assert!(!String::from_utf8_lossy(&asked.body).contains("\"stream\""));
    }
    // What has no events comes without a stream, as ever.
    for format in ["srt", "vtt", "verbose_json"] {
        for (stream, status) in [("true", 400), ("false", 200), ("perhaps", 400)] {
            let fields =
                [("model", "openai/whisper-1"), ("stream", stream), ("response_format", format)];
            let answer = bed.send(form("/v1/audio/transcriptions", &fields)).await;
            assert_eq!(answer.status, status, "{format} {stream}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn who_said_what_how_likely_it_is_and_what_it_used_are_told() {
    let (upstream, bed) = bed("").await;
    let usage = json!({
        "type": "tokens", "input_tokens": 14, "output_tokens": 9, "total_tokens": 23,
        "input_token_details": { "audio_tokens": 14, "text_tokens": 0 },
    });
    let chances = json!([{ "token": "Hi", "bytes": [72, 105], "logprob": -0.25 }]);
    let segment = |id: &str, start: f64, speaker: &str| {
        json!({
            "type": "transcript.text.segment", "id": id, "start": start, "end": start + 1.0,
            "text": "Hi", "speaker": speaker,
        })
    };
    let said = json!({
        "text": "Hi Hi", "duration": 2.0, "logprobs": chances, "usage": usage,
        "segments": [segment("seg_001", 0.0, "A"), segment("seg_002", 1.0, "B")],
    });
    upstream.script("*", [vec![answer(&said)]]);
    let fields = [("model", "up/m"), ("stream", "true"), ("response_format", "diarized_json")];
    let answer = bed.send(form("/v1/audio/transcriptions", &fields)).await;
    let expected = [
        json!({ "type": "transcript.text.delta", "delta": "Hi Hi", "logprobs": chances }),
        segment("seg_001", 0.0, "A"),
        segment("seg_002", 1.0, "B"),
        json!({
            "type": "transcript.text.done", "text": "Hi Hi", "logprobs": chances, "usage": usage,
        }),
        json!("[DONE]"),
    ];
    assert_eq!(events(&answer.text()), expected);
}

// ---- while nothing is there ------------------------------------------------

#[tokio::test]
async fn a_provider_that_works_for_long_has_its_client_told_so() {
    let (upstream, bed) = bed("[gateway.limits]\nsilence-ms = 20\n").await;
    let go = Arc::new(Notify::new());
    let said = json!({ "data": [{ "b64_json": "AAAA" }] });
    upstream.script("m", [vec![Step::Until(go.clone()), answer(&said)]]);
    let mut response = open(&bed, "up/m").await;
    assert_eq!(response.status(), 200);
    assert!(response.headers().contains_key("x-request-id"), "{:?}", response.headers());
    for _ in 0..2 {
        assert_eq!(next(&mut response).await, SIGN);
    }
    go.notify_one();
    let rest = response.into_body().collect().await.expect("a whole body").to_bytes();
    let events = events(&String::from_utf8_lossy(&rest));
    assert_eq!(events.len(), 1, "{rest:?}");
    assert_eq!(events[0]["b64_json"], "AAAA");
}

#[tokio::test]
async fn a_failure_before_the_stream_has_begun_is_a_status() {
    let (upstream, bed) = bed(ONCE).await;
    upstream.script("m", [refuse(429, "retry-after: 7\r\n", "rate_limit_exceeded", "slower")]);
    let answer = bed.post("/v1/images/generations", image("m")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    assert_eq!(answer.json()["error"]["message"], "slower");
}

#[tokio::test]
async fn a_failure_after_the_stream_has_begun_is_an_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("access.jsonl");
    let more = format!("{ONCE}[gateway.limits]\nsilence-ms = 20\n[gateway.log]\nfile = {file:?}\n");
    let (upstream, bed) = bed(&more).await;
    let go = Arc::new(Notify::new());
    let failure = refuse(429, "", "rate_limit_exceeded", "slower");
    upstream.script("m", [[vec![Step::Until(go.clone())], failure].concat()]);
    let mut response = open(&bed, "m").await;
    assert_eq!((response.status().as_u16(), next(&mut response).await.as_str()), (200, SIGN));
    go.notify_one();
    let rest = response.into_body().collect().await.expect("a whole body").to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    let (_, error) = rest.split_once("event: error\n").expect("an error");
    assert_eq!(events(error)[0]["error"]["message"], "slower", "{rest}");
    assert!(!rest.contains("completed"), "{rest}");
    bed.stop().await;
    let told = std::fs::read_to_string(file).expect("a log");
    let told: Value = serde_json::from_str(&told).expect("one line");
    assert_eq!((&told["status"], &told["stream"]), (&json!(200), &json!(true)), "{told}");
    assert_eq!(told["outcome"], "rate-limited", "{told}");
}

#[tokio::test]
async fn a_client_that_leaves_before_its_images_are_there_takes_the_provider_along() {
    let (upstream, bed) = bed("[gateway.limits]\nsilence-ms = 20\nrequests = 1\n").await;
    let said = json!({ "data": [{ "b64_json": "AAAA" }] });
    upstream.script("m", [vec![Step::Hold], vec![answer(&said)]]);
    let mut response = open(&bed, "up/m").await;
    assert_eq!(next(&mut response).await, SIGN);
    upstream.was_asked(1).await;
    drop(response);
    upstream.was_left(1).await;
    // Its place is free again.
    let answer = bed.post("/v1/images/generations", image("up/m")).await;
    assert_eq!(events(&answer.text()).len(), 1, "{}", answer.text());
}

/// A large image in one piece would not show whether its client takes it.
#[tokio::test]
async fn a_large_image_comes_whole() {
    let (upstream, bed) = bed("").await;
    let data = "A".repeat(1_000_000);
    upstream.script("m", [vec![answer(&json!({ "data": [{ "b64_json": data }] }))]]);
    let mut response = open(&bed, "up/m").await;
    let mut text = String::new();
    while let Some(frame) = response.frame().await {
        let piece = frame.expect("no error").into_data().expect("data");
        assert!(piece.len() <= 64 * 1024, "{}", piece.len());
        text += &String::from_utf8_lossy(&piece);
    }
    assert_eq!(events(&text)[0]["b64_json"], data);
}
