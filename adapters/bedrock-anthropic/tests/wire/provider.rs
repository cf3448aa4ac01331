//! A provider that says what a test wants, and short forms for requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_adapter_bedrock_anthropic::BedrockAnthropic;
use hotcell_sdk::testing::{Run, Script};
use hotcell_sdk::{ChatRequest, Native};
use serde_json::{Value, json};

pub(crate) const FRAMES: &str = "application/vnd.amazon.eventstream";
pub(crate) const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

pub(crate) fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}

/// One frame, as the provider writes it.
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
    frame.extend((16 + block.len() as u32 + payload.len() as u32).to_be_bytes());
    frame.extend((block.len() as u32).to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(block);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// A frame of this payload.
pub(crate) fn payload(kind: &str, payload: &Value) -> Vec<u8> {
    let headers =
        [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
    frame(&headers, payload.to_string().as_bytes())
}

/// A maker's event in its frame, padded as the provider pads it.
pub(crate) fn chunk(event: &Value) -> Vec<u8> {
    let bytes = STANDARD.encode(event.to_string());
    payload("chunk", &json!({ "bytes": bytes, "p": "abcdefgh" }))
}

/// An exception in the middle of the stream.
pub(crate) fn exception(kind: &str, message: &str) -> Vec<u8> {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(&headers, json!({ "message": message }).to_string().as_bytes())
}

pub(crate) fn start() -> Vec<u8> {
    chunk(&json!({ "type": "message_start", "message": { "id": "msg_bdrk_1", "type": "message",
        "role": "assistant", "model": "claude-test", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": { "input_tokens": 10, "output_tokens": 1 } } }))
}

pub(crate) fn block(index: u32, block: Value) -> Vec<u8> {
    chunk(&json!({ "type": "content_block_start", "index": index, "content_block": block }))
}

pub(crate) fn delta(index: u32, delta: Value) -> Vec<u8> {
    chunk(&json!({ "type": "content_block_delta", "index": index, "delta": delta }))
}

pub(crate) fn stop(index: u32) -> Vec<u8> {
    chunk(&json!({ "type": "content_block_stop", "index": index }))
}

/// A block of text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [
        block(0, json!({ "type": "text", "text": "" })),
        delta(0, json!({ "type": "text_delta", "text": text })),
        stop(0),
    ]
    .concat()
}

/// The last two events of an answer, with what Bedrock says beside them.
pub(crate) fn end(reason: &str, beside: Value) -> Vec<u8> {
    let delta = json!({ "stop_reason": reason, "stop_sequence": null });
    let mut stop = json!({ "type": "message_stop" });
    for (name, value) in beside.as_object().into_iter().flatten() {
        stop[name] = value.clone();
    }
    let usage = json!({ "output_tokens": 7 });
    let counted = json!({ "type": "message_delta", "delta": delta, "usage": usage });
    [chunk(&counted), chunk(&stop)].concat()
}

/// A whole stream that says something.
pub(crate) fn answer(words: &str) -> Vec<u8> {
    [start(), text(words), end("end_turn", json!({}))].concat()
}

/// Runs a stream at every kind of cut.
pub(crate) fn run(body: &[u8]) -> Run {
    let mut script = provider();
    script.answer(200, FRAMES, body).header("x-amzn-requestid", "req-1");
    script.chat_at_every_cut::<BedrockAnthropic>(&ChatRequest::user("hi"))
}

/// What a request becomes, and what is warned of.
pub(crate) fn sent_by(script: &mut Script, request: ChatRequest) -> (Value, Vec<String>) {
    script.answer(200, FRAMES, answer("hello"));
    let run = script.chat::<BedrockAnthropic>(request);
    assert_eq!(run.failure, None);
    let warnings = run.warnings().iter().map(|warning| (*warning).to_owned()).collect();
    (run.requests[0].json(), warnings)
}

pub(crate) fn native(value: &Value) -> Native {
    Native { dialect: "anthropic-messages".to_owned(), value: value.to_string() }
}
