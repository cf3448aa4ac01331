//! An endpoint that says what a test wants.

use hotcell_adapter_sagemaker_generate::Generate;
use hotcell_sdk::ChatRequest;
use hotcell_sdk::testing::{Run, Script};

pub(crate) const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

pub(crate) fn endpoint() -> Script {
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

/// A frame with a part of the container's answer.
pub(crate) fn part(payload: impl AsRef<[u8]>) -> Vec<u8> {
    let (payload, mut headers) = (payload.as_ref(), Vec::new());
    for (name, value) in [(":event-type", "PayloadPart"), (":message-type", "event")] {
        headers.push(name.len() as u8);
        headers.extend(name.as_bytes());
        headers.extend([7, 0, value.len() as u8]);
        headers.extend(value.as_bytes());
    }
    let mut frame = Vec::new();
    frame.extend((headers.len() as u32 + payload.len() as u32 + 16).to_be_bytes());
    frame.extend((headers.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// What comes of a streamed response, at every cut.
pub(crate) fn streamed(body: impl Into<Vec<u8>>) -> Run {
    let mut script = endpoint();
    script.answer(200, EVENT_STREAM, body).header("x-amzn-requestid", "r-1");
    script.chat_at_every_cut::<Generate>(&request(true))
}

/// What comes of an answer in one piece.
pub(crate) fn whole(body: &str) -> Run {
    let mut script = endpoint();
    script.answer(200, "application/json", body);
    script.chat_at_every_cut::<Generate>(&request(false))
}
