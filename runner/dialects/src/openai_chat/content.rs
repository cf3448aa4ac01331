//! The content of a message.

use super::DIALECT;
use crate::DialectError;
use crate::media;
use crate::message::read_content;
use crate::object::{Object, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{CacheHint, MediaKind, MediaPart, MediaSource, Part, ReasoningPart, TextPart};
use serde_json::{Map, Value, json};

/// Takes the content out of a message: one text, or a list of parts.
pub(super) fn read(message: &mut Object) -> Result<Vec<Part>, DialectError> {
    read_content(message, read_part)
}

/// A part of a message. A type that is not known here stays whole, as a native part.
fn read_part(value: Value, path: String) -> Result<Part, DialectError> {
    let Value::Object(members) = value else {
        return Err(DialectError::new(&path, "expected a part, as in {\"type\": \"text\", …}"));
    };
    let Some(kind) = members.get("type").and_then(Value::as_str) else {
        let expected = "expected a string such as \"text\" or \"image_url\"";
        return Err(DialectError::new(&format!("{path}.type"), expected));
    };
    let part = match kind {
        "text" => read_text(&members),
        "thinking" => read_thinking(&members),
        kind => read_media(kind, &members).map(Part::Media),
    };
    Ok(part.unwrap_or_else(|| Part::Native(native(&Value::Object(members), DIALECT))))
}

fn read_text(members: &Map<String, Value>) -> Option<Part> {
    let text = members.get("text")?.as_str()?.to_owned();
    let mut rest = members.clone();
    rest.shift_remove("type");
    rest.shift_remove("text");
    let cache = rest.get("cache_control").and_then(read_cache);
    if cache.is_some() {
        rest.shift_remove("cache_control");
    }
    // Even nothing is kept: it says that the client wrote a part and not a string.
    let extra = Some(native(&Value::Object(rest), DIALECT));
    Some(Part::Text(TextPart { text, cache, extra }))
}

/// A hint that the adapter would write in the same words.
pub(super) fn read_cache(value: &Value) -> Option<CacheHint> {
    let is = |hint: Value| *value == hint;
    if is(json!({ "type": "ephemeral" })) {
        Some(CacheHint::Short)
    } else if is(json!({ "type": "ephemeral", "ttl": "1h" })) {
        Some(CacheHint::Long)
    } else {
        None
    }
}

/// Mistral's form of what the model thought before. It goes back as it is.
fn read_thinking(members: &Map<String, Value>) -> Option<Part> {
    let text = match members.get("thinking")? {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(|piece| piece.get("text")?.as_str()).collect(),
        _ => return None,
    };
    let signature = members.get("signature").and_then(Value::as_str).map(str::to_owned);
    let extra = Some(native(&Value::Object(members.clone()), DIALECT));
    Some(Part::Reasoning(ReasoningPart { id: None, text, signature, redacted: None, extra }))
}

/// What an earlier answer said aloud: `{"id": …}`.
pub(super) fn read_spoken(value: &Value) -> Option<Part> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let source = MediaSource::FileId(members.get("id")?.as_str()?.to_owned());
    let (mime, name, cache, extra) = (None, None, None, None);
    Some(Part::Media(MediaPart { kind: MediaKind::Audio, mime, source, name, cache, extra }))
}

/// A medium. What is not written exactly as the adapter would write it is kept whole
/// beside its meaning, in an `extra` that has the part's `type`.
fn read_media(kind: &str, members: &Map<String, Value>) -> Option<MediaPart> {
    match canonical(kind, members) {
        Some(media) => Some(media),
        None => {
            let extra = Some(native(&Value::Object(members.clone()), DIALECT));
            let media = meaning(kind, members.get(kind)?, members)?;
            Some(MediaPart { extra, ..media })
        }
    }
}

/// The one form in which the adapter writes each kind of media.
fn canonical(kind: &str, members: &Map<String, Value>) -> Option<MediaPart> {
    let cache = members.get("cache_control").map(read_cache);
    // Anything else beside the medium is not what the adapter writes.
    if cache == Some(None) || members.len() != 2 + usize::from(cache.is_some()) {
        return None;
    }
    let cache = cache.flatten();
    let mut inner = members.get(kind)?.as_object()?.clone();
    if inner.contains_key("type") {
        return None;
    }
    let mut take = |name: &str| match inner.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let (media, mime, source, name) = match kind {
        "image_url" => data(MediaKind::Image, take("url")?)?,
        "video_url" => data(MediaKind::Video, take("url")?)?,
        "input_audio" => {
            let mime = audio_mime(&take("format")?);
            let bytes = media::exact(&take("data")?)?;
            (MediaKind::Audio, Some(mime), MediaSource::Bytes(bytes), None)
        }
        "file" => match take("file_id") {
            Some(id) => (MediaKind::Document, None, MediaSource::FileId(id), None),
            None => {
                let name = take("filename")?;
                let (_, mime, source, _) = data(MediaKind::Document, take("file_data")?)?;
                if !matches!(source, MediaSource::Bytes(_)) {
                    return None;
                }
                (MediaKind::Document, mime, source, Some(name))
            }
        },
        _ => return None,
    };
    let rest = native(&Value::Object(inner.clone()), DIALECT);
    let extra = (!inner.is_empty() || cache.is_some()).then_some(rest);
    Some(MediaPart { kind: media, mime, source, name, cache, extra })
}

type Form = (MediaKind, Option<String>, MediaSource, Option<String>);

/// An address, or bytes that make the same data URL again.
fn data(kind: MediaKind, url: String) -> Option<Form> {
    if !url.starts_with("data:") {
        return Some((kind, None, MediaSource::Url(url), None));
    }
    let (mime, data) = media::data_url(&url)?;
    let bytes = MediaSource::Bytes(media::exact(data)?);
    Some((kind, Some(mime.to_owned()), bytes, None))
}

/// What a part means, however it is written.
fn meaning(kind: &str, inner: &Value, members: &Map<String, Value>) -> Option<MediaPart> {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let whole = |name: &str| match inner {
        Value::String(text) => Some(text.clone()),
        object => text(object, name),
    };
    let name = text(inner, "filename")
        .or_else(|| members.get("document_name").and_then(Value::as_str).map(str::to_owned));
    let (media, mime, source) = match kind {
        "image_url" => address(MediaKind::Image, whole("url")?),
        "video_url" => address(MediaKind::Video, whole("url")?),
        "audio_url" => address(MediaKind::Audio, whole("url")?),
        "document_url" | "file_url" => address(MediaKind::Document, whole("url")?),
        "input_audio" => {
            let mime = text(inner, "format").map(|format| audio_mime(&format));
            let (kind, other, source) = address(MediaKind::Audio, whole("data")?);
            (kind, mime.or(other), source)
        }
        "file" => match text(inner, "file_id") {
            Some(id) => (MediaKind::Document, None, MediaSource::FileId(id)),
            None => address(MediaKind::Document, text(inner, "file_data")?),
        },
        _ => return None,
    };
    Some(MediaPart { kind: media, mime, source, name, cache: None, extra: None })
}

/// An address, a data URL, or base64 without the head of one.
fn address(kind: MediaKind, text: String) -> (MediaKind, Option<String>, MediaSource) {
    if let Some((head, data)) = text.strip_prefix("data:").and_then(|rest| rest.split_once(','))
        && let Ok(bytes) = STANDARD.decode(data)
    {
        let mime = head.split(';').next().filter(|mime| !mime.is_empty());
        return (kind, mime.map(str::to_owned), MediaSource::Bytes(bytes));
    }
    match STANDARD.decode(&text) {
        Ok(bytes) if !text.contains(':') => (kind, None, MediaSource::Bytes(bytes)),
        _ => (kind, None, MediaSource::Url(text)),
    }
}

fn audio_mime(format: &str) -> String {
    match format {
        "wav" => "audio/wav".to_owned(),
        "mp3" => "audio/mpeg".to_owned(),
        other => format!("audio/{other}"),
    }
}
