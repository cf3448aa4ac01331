//! Many requests at one time, each with a mark of its own: it comes back in its own answer
//! and in nobody else's.

use crate::bed::Bed;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const REQUESTS: usize = 200;

/// The request of a number, in one dialect or another, for one provider or another, and
/// whether it is left in the middle.
fn request(number: usize) -> (String, Value, bool) {
    let mark = mark(number);
    let responses = number / 6 % 6 == 1;
    let model = match number % 3 {
        // The mock's OpenAI has no responses.
        0 if !responses => "openai/gpt-4o",
        1 => "anthropic/claude-sonnet-4-5",
        _ => "gemini/gemini-2.5-flash",
    };
    let stream = (number / 3).is_multiple_of(2);
    let messages = json!([{ "role": "user", "content": mark }]);
    let schema = json!({ "type": "object", "properties": { "x": { "type": "string", "enum": [mark] } }, "required": ["x"] });
    let (path, body) = match number / 6 % 6 {
        0 => (
            "/v1/chat/completions",
            json!({ "model": model, "stream": stream, "messages": messages }),
        ),
        1 => ("/v1/responses", json!({ "model": model, "stream": stream, "input": mark })),
        2 => (
            "/v1/messages",
            json!({ "model": model, "stream": stream, "max_tokens": 99, "messages": messages }),
        ),
        3 => ("/v1/completions", json!({ "model": model, "stream": stream, "prompt": mark })),
        4 => {
            let verb = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            let path = format!("/v1beta/models/{}:{verb}", model.replace('/', "%2F"));
            return (
                path,
                json!({ "contents": [{ "role": "user", "parts": [{ "text": mark }] }] }),
                false,
            );
        }
        // With a tool, whose call brings the mark back.
        _ => (
            "/v1/chat/completions",
            json!({ "model": model, "stream": stream, "messages": messages, "tools": [{
                "type": "function", "function": { "name": "f", "parameters": schema },
            }] }),
        ),
    };
    // Some leave once the answer has begun.
    (path.to_owned(), body, stream && number.is_multiple_of(7))
}

/// No other mark is a part of it.
fn mark(number: usize) -> String {
    format!("mark{number:04}end")
}

/// The marks that a text has.
fn marks(text: &str) -> Vec<&str> {
    let begins = text.match_indices("mark").map(|(at, _)| &text[at..]);
    let marks = begins.filter_map(|rest| rest.get(..11).filter(|mark| mark.ends_with("end")));
    marks.collect()
}

/// What a stream tells, in whichever dialect, put together from its pieces.
fn told(stream: &str) -> String {
    let mut told = String::new();
    for line in stream.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if let Ok(event) = serde_json::from_str(line) {
            gather(&event, &mut told);
        }
    }
    told
}

fn gather(value: &Value, told: &mut String) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| gather(value, told)),
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(text) => {
                if ["content", "delta", "text", "arguments", "partial_json"].contains(&&**name) {
                    told.push_str(text);
                }
            }
            value => gather(value, told),
        }),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_reaches_another_client() {
    let bed = Arc::new(Bed::new("").await);
    // They overlap, whatever the machine does.
    bed.mock.change(|mock| {
        (mock.delay, mock.gap) = (Duration::from_millis(20), Duration::from_millis(2))
    });
    let mut asking = JoinSet::new();
    for number in 0..REQUESTS {
        let bed = bed.clone();
        asking.spawn(async move {
            let (path, body, leaves) = request(number);
            let request = http::Request::post(&path).header("content-type", "application/json");
            let body = http_body_util::Full::from(body.to_string());
            let mut response = bed.open(request.body(body).expect("a request")).await;
            assert_eq!(response.status(), 200, "{number}, {path}");
            let headers = format!("{:?}", response.headers());
            assert!(marks(&headers).is_empty(), "{headers}");
            let mut read = Vec::new();
            while let Some(frame) = response.body_mut().frame().await {
                read.extend_from_slice(frame.expect("a frame").data_ref().expect("data"));
                if leaves && !read.is_empty() {
                    break;
                }
            }
            (number, path, leaves, String::from_utf8(read).expect("UTF-8"))
        });
    }
    while let Some(answered) = asking.join_next().await {
        let (number, path, leaves, text) = answered.expect("no panic");
        let mark = mark(number);
        let text = format!("{text}\n{}", told(&text));
        let marks = marks(&text);
        assert!(marks.iter().all(|it| *it == mark), "{number}, {path}: {marks:?} in {text}");
        assert!(leaves || !marks.is_empty(), "{number}, {path}: its own mark is not in {text}");
    }
}
