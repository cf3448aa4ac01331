//! An endpoint that says what a test wants.

use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_sdk::ChatRequest;
use hotcell_sdk::testing::{Run, Script};
use serde_json::{Value, json};

pub(crate) const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

pub(crate) fn openai() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

pub(crate) fn request(stream: bool) -> ChatRequest {
    let mut request = ChatRequest::user("hi");
    request.model = "my-endpoint".to_owned();
    request.stream = stream;
    request
}

/// A frame with these headers.
pub(crate) fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(name.len() as u8);
        block.extend(name.as_bytes());
        block.push(7);
        block.extend((value.len() as u16).to_be_bytes());
        block.extend(value.as_bytes());
    }
    let mut frame = Vec::new();
    frame.extend((block.len() as u32 + payload.len() as u32 + 16).to_be_bytes());
    frame.extend((block.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(block);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// A frame with a part of the container's answer.
pub(crate) fn part(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let headers = [
        (":event-type", "PayloadPart"),
        (":content-type", "application/octet-stream"),
        (":message-type", "event"),
    ];
    frame(&headers, payload.as_ref())
}

/// A frame that ends the stream.
pub(crate) fn exception(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(&headers, payload.to_string().as_bytes())
}

/// What comes of a streamed response, at every cut.
pub(crate) fn streamed(mut script: Script, body: impl Into<Vec<u8>>) -> Run {
    script.answer(200, EVENT_STREAM, body).header("x-amzn-requestid", "r-1");
    script.chat_at_every_cut::<SageMaker>(&request(true))
}

/// A chunk of a chat completion.
pub(crate) fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "lmi",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}
