//! The content of a message.

use super::DIALECT;
use crate::DialectError;
use crate::media;
use crate::message::read_content;
use crate::object::{Object, native};
use hotcell::types::{MediaKind, MediaPart, MediaSource, Part, ReasoningPart, TextPart};
use serde_json::{Map, Value};

/// Takes the content out of a message: one text, or a list of parts.
pub(super) fn read(message: &mut Object) -> Result<Vec<Part>, DialectError> {
    read_content(message, read_part)
}

/// A part of a message. What is not known here stays whole, as a native part.
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
        "thinking" => read_thought(&members),
        "image_url" => read_image(&members).map(Part::Media),
        "document" => read_document(&members).map(Part::Media),
        _ => None,
    };
    Ok(part.unwrap_or_else(|| Part::Native(native(&Value::Object(members), DIALECT))))
}

fn read_text(members: &Map<String, Value>) -> Option<Part> {
    let text = members.get("text")?.as_str()?.to_owned();
    // Even nothing is kept: it says that the client wrote a part and not a string.
    let extra = Some(rest(members, "text"));
    Some(Part::Text(TextPart { text, cache: None, extra }))
}

fn read_thought(members: &Map<String, Value>) -> Option<Part> {
    let text = members.get("thinking")?.as_str()?.to_owned();
    let extra = Some(rest(members, "thinking"));
    let (id, signature, redacted) = (None, None, None);
    Some(Part::Reasoning(ReasoningPart { id, text, signature, redacted, extra }))
}

/// What a part has beside its type and this member.
fn rest(members: &Map<String, Value>, known: &str) -> hotcell::types::Native {
    let mut rest = members.clone();
    rest.shift_remove("type");
    rest.shift_remove(known);
    native(&Value::Object(rest), DIALECT)
}

/// An image. What is not written exactly as the adapter would write it is kept whole
/// beside its meaning, in an `extra` that has the part's `type`.
fn read_image(members: &Map<String, Value>) -> Option<MediaPart> {
    let inner = members.get("image_url")?;
    let url = inner.get("url").unwrap_or(inner).as_str()?;
    let data = media::data_url(url);
    let bytes = data.and_then(|(mime, data)| Some((mime, media::decoded(data)?)));
    let (mime, source, exact) = match bytes {
        Some((mime, (bytes, exact))) => {
            let known = ["image/png", "image/jpeg", "image/webp", "image/gif"].contains(&mime);
            (Some(mime.to_owned()), MediaSource::Bytes(bytes), known && exact)
        }
        None => (None, MediaSource::Url(url.to_owned()), true),
    };
    let mut beside = inner.as_object().cloned().unwrap_or_default();
    let plain = beside.shift_remove("url").is_some() && !beside.contains_key("type");
    let extra = match exact && plain && members.len() == 2 {
        true if beside.is_empty() => None,
        true => Some(native(&Value::Object(beside), DIALECT)),
        false => Some(native(&Value::Object(members.clone()), DIALECT)),
    };
    let (kind, name, cache) = (MediaKind::Image, None, None);
    Some(MediaPart { kind, mime, source, name, cache, extra })
}

/// A document, of which the types hold the text and the title. It stays whole beside that.
fn read_document(members: &Map<String, Value>) -> Option<MediaPart> {
    let data = members.get("document")?.get("data")?;
    let text = data.get("text").unwrap_or(data).as_str()?;
    Some(MediaPart {
        kind: MediaKind::Document,
        mime: Some("text/plain".to_owned()),
        source: MediaSource::Bytes(text.as_bytes().to_vec()),
        name: data.get("title").and_then(Value::as_str).map(str::to_owned),
        cache: None,
        extra: Some(native(&Value::Object(members.clone()), DIALECT)),
    })
}
