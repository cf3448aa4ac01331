//! Texts into sound.

use super::DIALECT;
use crate::DialectError;
use crate::object::Object;
use hotcell::types::SpeechRequest;
use serde_json::Value;

/// A request, and how its client wants the sound.
#[derive(Clone, Debug)]
pub struct SpeechAsked {
    /// What is asked.
    pub request: SpeechRequest,
    /// As events of a stream (`stream_format: "sse"`) instead of as bytes.
    pub as_events: bool,
}

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected there.
pub fn read_speech_request(body: &[u8]) -> Result<SpeechAsked, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let as_events = object.peek("stream_format").and_then(Value::as_str) == Some("sse");
    // Bytes are what an adapter gives; the gateway itself makes events of them.
    object.value("stream_format");
    let model = object.required("model")?;
    let input = object.required("input")?;
    // A voice of one's own is an object, and stays as it is.
    let voice = object.text("voice");
    let request = SpeechRequest {
        model,
        input,
        voice,
        instructions: object.text("instructions"),
        format: object.text("response_format"),
        speed: object.number("speed"),
        extra: Some(object.always_extra()),
    };
    Ok(SpeechAsked { request, as_events })
}
