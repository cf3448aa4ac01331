//! Sound into text.

use super::{Asked, DIALECT, counted};
use crate::DialectError;
use crate::form::Form;
use crate::object::{members, native};
use hotcell::types::{Span, Timing, TranscriptionRequest, TranscriptionResponse};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A transcription as its client wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The media type.
    pub mime: &'static str,
    /// The text.
    pub body: Vec<u8>,
}

/// Reads a client's request; `translate` where it came to the path of translations, which has no
/// streams.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is expected there.
pub fn read_transcription_request(
    mut form: Form,
    translate: bool,
) -> Result<Asked<TranscriptionRequest>, DialectError> {
    let stream = !translate && form.stream()?;
    let file = form.files("file").into_iter().next();
    let file = file.ok_or_else(|| DialectError::new("file", "the file is missing"))?;
    let timings = form.list("timestamp_granularities")?.into_iter().map(|word| match &*word {
        "word" => Ok(Timing::Word),
        "segment" => Ok(Timing::Segment),
        _ => Err(DialectError::new("timestamp_granularities", "expected word or segment")),
    });
    let timings = timings.collect::<Result<Vec<_>, _>>()?;
    let mut request = TranscriptionRequest {
        model: form.required("model")?,
        audio: file.bytes,
        mime: file.mime,
        name: file.file,
        language: form.text("language")?,
        translate,
        prompt: form.text("prompt")?,
        temperature: form.number("temperature")?,
        timings,
        extra: None,
    };
    let rest = form.rest()?;
    let format = rest.get("response_format").and_then(Value::as_str).unwrap_or(USUAL);
    if stream && !STREAMED.contains(&format) {
        let message = "a stream has `json`, `text` or `diarized_json`: the others come without it";
        return Err(DialectError::new("response_format", message));
    }
    request.extra = Some(native(&rest, DIALECT));
    Ok(Asked { request, stream })
}

/// The format of who asks for none.
const USUAL: &str = "json";
/// Those of which a stream has the text. Times and cues have no events.
const STREAMED: [&str; 3] = [USUAL, "text", DIARIZED];
const DIARIZED: &str = "diarized_json";

/// Writes the text that came, in the format that the client asked for.
pub fn write_transcription(
    request: &TranscriptionRequest,
    response: &TranscriptionResponse,
) -> Written {
    let asked = members(request.extra.as_ref(), DIALECT);
    let format = asked.get("response_format").and_then(Value::as_str).unwrap_or(USUAL);
    let own = members(response.extra.as_ref(), DIALECT);
    let said = own.get(format).and_then(Value::as_str);
    match format {
        "text" => plain(format!("{}\n", response.text)),
        "srt" | "vtt" => match said {
            Some(said) => plain(said.to_owned()),
            None => plain(subtitles(format, response)),
        },
        _ => {
            let mut answer = Map::new();
            answer.insert("text".to_owned(), json!(response.text));
            let told = format != "json";
            if let Some(language) = response.language.as_ref().filter(|_| told) {
                answer.insert("language".to_owned(), json!(language));
            }
            if let Some(duration) = response.duration.filter(|_| told) {
                answer.insert("duration".to_owned(), json!(duration));
            }
            for (name, spans, word) in
                [("words", &response.words, "word"), ("segments", &response.segments, "text")]
            {
                if !spans.is_empty() && told {
                    let spans = spans.iter().enumerate().map(|(at, it)| span(at, it, word));
                    answer.insert(name.to_owned(), spans.collect());
                }
            }
            if let Some(usage) = &response.usage {
                let raw = members(usage.raw.as_ref(), DIALECT);
                if !raw.is_empty() {
                    answer.insert("usage".to_owned(), Value::Object(raw));
                }
            }
            answer.extend(own);
            let body = Value::Object(answer).to_string().into_bytes();
            Written { mime: "application/json", body }
        }
    }
}

/// The events of a stream that tells the text that came.
pub fn transcription_events(
    request: &TranscriptionRequest,
    response: &TranscriptionResponse,
) -> Vec<Vec<u8>> {
    let asked = members(request.extra.as_ref(), DIALECT);
    let own = members(response.extra.as_ref(), DIALECT);
    let mut delta = json!({ "type": "transcript.text.delta", "delta": response.text });
    let mut done = json!({ "type": "transcript.text.done", "text": response.text });
    if let Some(chances) = own.get("logprobs") {
        delta["logprobs"] = chances.clone();
        done["logprobs"] = chances.clone();
    }
    if let Some(languages) = own.get("languages") {
        done["languages"] = languages.clone();
    }
    if let Some(usage) = &response.usage {
        let mut usage = counted(usage);
        usage.entry("type").or_insert_with(|| json!("tokens"));
        done["usage"] = Value::Object(usage);
    }
    let is_diarized = asked.get("response_format").and_then(Value::as_str) == Some(DIARIZED);
    let segments = if is_diarized { &response.segments[..] } else { &[] };
    let segments = segments.iter().enumerate().filter_map(|(at, span)| said_by(at, span));
    let events = [delta].into_iter().chain(segments).chain([done]);
    let events = events.map(|event| format!("data: {event}\n\n").into_bytes());
    events.chain([b"data: [DONE]\n\n".to_vec()]).collect()
}

/// What one speaker said; none where nobody knows who it was.
fn said_by(at: usize, span: &Span) -> Option<Value> {
    let raw = span.raw.as_ref().and_then(|raw| serde_json::from_str::<Value>(raw).ok());
    let id = raw.as_ref().and_then(|raw| raw.get("id")?.as_str());
    Some(json!({
        "type": "transcript.text.segment",
        "id": id.map_or_else(|| format!("seg_{at}"), str::to_owned),
        "start": span.start,
        "end": span.end,
        "text": span.text,
        "speaker": span.speaker.as_ref()?,
    }))
}

fn plain(text: String) -> Written {
    Written { mime: "text/plain; charset=utf-8", body: text.into_bytes() }
}

fn span(at: usize, span: &Span, word: &str) -> Value {
    let raw = span.raw.as_ref().and_then(|raw| serde_json::from_str(raw).ok());
    if let Some(raw @ Value::Object(_)) = raw {
        return raw;
    }
    match word {
        "word" => json!({ "word": span.text, "start": span.start, "end": span.end }),
        _ => json!({ "id": at, "start": span.start, "end": span.end, "text": span.text }),
    }
}

/// Cues of the segments, or one of all.
fn subtitles(format: &str, response: &TranscriptionResponse) -> String {
    let whole = [Span {
        text: response.text.clone(),
        start: 0.0,
        end: response.duration.unwrap_or(0.0),
        speaker: None,
        raw: None,
    }];
    let spans = if response.segments.is_empty() { &whole[..] } else { &response.segments };
    let comma = if format == "srt" { ',' } else { '.' };
    let mut text = if format == "srt" { String::new() } else { "WEBVTT\n\n".to_owned() };
    for (index, span) in spans.iter().enumerate() {
        if format == "srt" {
            let _ = writeln!(text, "{}", index + 1);
        }
        let (start, end) = (clock(span.start, comma), clock(span.end, comma));
        let _ = write!(text, "{start} --> {end}\n{}\n\n", span.text.trim());
    }
    text
}

fn clock(seconds: f64, comma: char) -> String {
    let ms = (seconds.max(0.0) * 1000.0).round() as u64;
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{comma}{:03}", ms / 1000 % 60, ms % 1000)
}
