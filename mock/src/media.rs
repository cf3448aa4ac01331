//! OpenAI's images, speech, transcriptions and moderation
//! (<https://platform.openai.com/docs/api-reference/images>).

use crate::script::{Refusal, Script};
use crate::server::{Asked, Reply};
use crate::strict::{members, text, texts};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An image of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(crate) fn reply(asked: &Asked<'_>, script: Script) -> Result<Reply, Refusal> {
    let Some(path) = asked.path.strip_prefix("/v1/") else { return asked.nowhere() };
    asked.only(&http::Method::POST)?;
    match path {
        "images/generations" => {
            asked.refuse(script)?;
            images(asked)
        }
        "audio/speech" => {
            asked.refuse(script)?;
            speech(asked)
        }
        "moderations" => {
            let texts = texts(&asked.body["input"], "input")?;
            let result =
                |_: &String| json!({ "flagged": false, "categories": {}, "category_scores": {} });
            let results: Vec<Value> = texts.iter().map(result).collect();
            let model = asked.body["model"].as_str().unwrap_or("omni-moderation-latest");
            Ok(Reply::Json(200, json!({ "id": "modr-mock", "model": model, "results": results })))
        }
        "audio/transcriptions" | "audio/translations" => transcription(asked),
        "images/edits" => {
            let form = form(asked)?;
            let image = form.iter().find(|(name, _)| name.starts_with("image"));
            if image.is_none_or(|(_, bytes)| bytes.is_empty()) {
                return Err(Refusal::invalid("image", "Missing required parameter: 'image'."));
            }
            Ok(Reply::Json(
                200,
                json!({ "created": 1_760_000_000, "data": [{ "b64_json": PIXEL }] }),
            ))
        }
        _ => asked.nowhere(),
    }
}

fn images(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    let known = [
        "background",
        "model",
        "moderation",
        "n",
        "output_compression",
        "output_format",
        "partial_images",
        "prompt",
        "quality",
        "response_format",
        "size",
        "stream",
        "style",
        "user",
    ];
    members(body, "body", &known)?;
    text(&body["prompt"], "prompt")?;
    let number = body["n"].as_u64().unwrap_or(1).clamp(1, 10);
    let image = |_| json!({ "b64_json": PIXEL });
    let data: Vec<Value> = (0..number).map(image).collect();
    let usage = json!({ "input_tokens": 5, "output_tokens": 10, "total_tokens": 15 });
    Ok(Reply::Json(200, json!({ "created": 1_760_000_000, "data": data, "usage": usage })))
}

/// Silence, in the form that is asked for.
fn speech(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = &asked.body;
    let known =
        ["input", "instructions", "model", "response_format", "speed", "stream_format", "voice"];
    members(body, "body", &known)?;
    text(&body["input"], "input")?;
    text(&body["voice"], "voice")?;
    let (kind, bytes): (_, &[u8]) = match body["response_format"].as_str().unwrap_or("mp3") {
        "mp3" => ("audio/mpeg", b"\xff\xfb\x90\x00mock"),
        "wav" => ("audio/wav", b"RIFF\x04\x00\x00\x00WAVE"),
        "opus" => ("audio/opus", b"OggSmock"),
        "flac" => ("audio/flac", b"fLaCmock"),
        "aac" => ("audio/aac", b"\xff\xf1mock"),
        "pcm" => ("audio/pcm", &[0; 16]),
        _ => {
            return Err(Refusal::invalid(
                "response_format",
                "Invalid value for 'response_format'.",
            ));
        }
    };
    Ok(Reply::Whole(kind, Bytes::from_static(bytes)))
}

fn transcription(asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = form(asked)?;
    let word = |name: &str| form.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if word("model").is_none_or(|model| model.is_empty()) {
        return Err(Refusal::invalid("model", "you must provide a model parameter"));
    }
    let length = form.get("file").map_or(0, Vec::len);
    if length == 0 {
        return Err(Refusal::invalid("file", "Missing required parameter: 'file'."));
    }
    let text = format!("You sent {length} bytes.");
    Ok(match word("response_format").as_deref() {
        Some("text") => Reply::Whole("text/plain", format!("{text}\n").into()),
        Some("srt") => {
            Reply::Whole("text/plain", format!("1\n00:00:00,000 --> 00:00:01,000\n{text}\n").into())
        }
        Some("vtt") => Reply::Whole(
            "text/plain",
            format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}\n").into(),
        ),
        Some("verbose_json") => Reply::Json(
            200,
            json!({
                "task": "transcribe", "language": "english", "duration": 1.0, "text": text,
                "segments": [{ "id": 0, "start": 0.0, "end": 1.0, "text": text }],
            }),
        ),
        _ => Reply::Json(200, json!({ "text": text })),
    })
}

/// The fields of a form of several parts (RFC 7578).
fn form(asked: &Asked<'_>) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    let bad = || Refusal::invalid("body", "Could not parse multipart form");
    let kind = asked.headers.get("content-type").and_then(|kind| kind.to_str().ok());
    let boundary = kind.and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="));
    let boundary = boundary.ok_or_else(bad)?.trim_matches('"');
    let whole = [b"\r\n".as_slice(), &asked.bytes].concat();
    let between = format!("\r\n--{boundary}").into_bytes();
    let mut fields = BTreeMap::new();
    let mut rest = whole.as_slice();
    rest = &rest[find(rest, &between).ok_or_else(bad)? + between.len()..];
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let head = find(part, b"\r\n\r\n").ok_or_else(bad)?;
        let end = find(part, &between).filter(|end| *end >= head + 4).ok_or_else(bad)?;
        let name = String::from_utf8_lossy(&part[..head]).into_owned();
        let name = name.split("name=\"").nth(1).and_then(|rest| rest.split('"').next());
        fields.insert(name.ok_or_else(bad)?.to_owned(), part[head + 4..end].to_vec());
        rest = &part[end + between.len()..];
    }
    match rest.starts_with(b"--") {
        true => Ok(fields),
        false => Err(bad()),
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
