//! A provider that says what a test wants.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::testing::Script;
use serde_json::{Value, json};

pub(crate) const FRAMES: &str = "application/vnd.amazon.eventstream";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// One frame, as the provider writes it.
fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(name.len() as u8);
        block.extend(name.as_bytes());
        block.push(7);
        block.extend((value.len() as u16).to_be_bytes());
        block.extend(value.as_bytes());
    }
    let mut frame = Vec::new();
    frame.extend((16 + block.len() as u32 + payload.len() as u32).to_be_bytes());
    frame.extend((block.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(block);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// A maker's event in its frame.
pub(crate) fn chunk(event: &[u8]) -> Vec<u8> {
    let payload = json!({ "bytes": STANDARD.encode(event), "p": "abcd" }).to_string();
    frame(&[(":event-type", "chunk"), (":message-type", "event")], payload.as_bytes())
}

/// All of them.
pub(crate) fn frames(events: &[Value]) -> Vec<u8> {
    events.iter().flat_map(|event| chunk(event.to_string().as_bytes())).collect()
}

/// An exception in the middle of the stream.
pub(crate) fn exception(kind: &str) -> Vec<u8> {
    let headers = [(":exception-type", kind), (":message-type", "exception")];
    frame(&headers, br#"{"message":"broken off"}"#)
}
