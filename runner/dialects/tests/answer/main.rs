//! Answers as clients of each dialect read them: the shapes that their official libraries
//! model, whatever the provider's own dialect is.

mod anthropic_messages;
mod openai_chat;
mod openai_completions;
mod openai_errors;
mod order;

use hotcell::types::{
    ChatRequest, Delta, Event, FinishReason, Finished, Native, NativeAt, Started, ToolCallStarted,
    Usage,
};
use hotcell_dialects::{About, Dialect};
use serde_json::Value;

fn about() -> About {
    About { id: "0123-abc".to_owned(), model: "asked/for".to_owned(), created: 1_700_000_000 }
}

/// A request, with these members of the client's own.
fn request(dialect: Dialect, extra: &str) -> ChatRequest {
    let extra = Native { dialect: dialect.name().to_owned(), value: extra.to_owned() };
    ChatRequest { extra: Some(extra), ..ChatRequest::user("hello") }
}

fn delta(index: u32, text: &str) -> Delta {
    Delta { choice: 0, index, text: text.to_owned() }
}

fn native(dialect: &str, value: &str) -> Native {
    Native { dialect: dialect.to_owned(), value: value.to_owned() }
}

fn at(index: u32, dialect: &str, value: &str) -> NativeAt {
    NativeAt { choice: 0, index, value: native(dialect, value) }
}

fn started() -> Event {
    let (id, model) = (Some("id-1".to_owned()), Some("model-1".to_owned()));
    Event::Started(Started { id, model, created: Some(5), extra: None })
}

/// The same, in which the provider says this of itself.
fn started_with(dialect: &str, value: &str) -> Event {
    let Event::Started(started) = started() else { unreachable!() };
    Event::Started(Started { extra: Some(native(dialect, value)), ..started })
}

fn call(index: u32, id: &str, name: &str) -> Event {
    let (id, name) = (id.to_owned(), name.to_owned());
    Event::ToolCallStarted(ToolCallStarted {
        choice: 0,
        index,
        id,
        name,
        signature: None,
        extra: None,
    })
}

fn usage() -> Event {
    Event::Usage(Usage {
        input: Some(30),
        output: Some(9),
        cache_read: Some(10),
        cache_write: Some(5),
        reasoning: Some(4),
        raw: None,
    })
}

fn finished(reason: FinishReason, raw: &str) -> Event {
    Event::Finished(Finished { choice: 0, reason, raw: Some(raw.to_owned()), extra: None })
}

/// A whole answer.
fn whole(dialect: Dialect, events: &[Event]) -> Value {
    let body = dialect.whole(&request(dialect, "{}"), about(), events.to_vec());
    serde_json::from_slice(&body).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&body));
    })
}

/// A streamed answer: the name and data of each frame. What is no JSON is a string.
fn stream(dialect: Dialect, extra: &str, events: &[Event]) -> Vec<(String, Value)> {
    frames(&written(dialect, extra, events))
}

/// The frames of a streamed answer as they stand.
fn raw_frames(dialect: Dialect, extra: &str, events: &[Event]) -> Vec<String> {
    let text = String::from_utf8(written(dialect, extra, events)).expect("UTF-8");
    text.split_terminator("\n\n").map(str::to_owned).collect()
}

fn written(dialect: Dialect, extra: &str, events: &[Event]) -> Vec<u8> {
    let mut writer = dialect.stream(&request(dialect, extra), about());
    let mut out = Vec::new();
    for event in events {
        writer.event(event.clone(), &mut out);
        assert!(out.is_empty() || out.ends_with(b"\n\n"), "a frame stays behind");
    }
    writer.end(&mut out);
    out
}

fn frames(out: &[u8]) -> Vec<(String, Value)> {
    let text = std::str::from_utf8(out).expect("UTF-8");
    let frames = text.split_terminator("\n\n").map(|frame| {
        let (mut name, mut data) = (String::new(), Value::Null);
        for line in frame.lines() {
            match line.split_once(": ") {
                Some(("event", word)) => name = word.to_owned(),
                Some(("data", json)) => {
                    data = serde_json::from_str(json).unwrap_or_else(|_| json.into());
                }
                _ => panic!("no line of a frame: {line}"),
            }
        }
        (name, data)
    });
    frames.collect()
}
