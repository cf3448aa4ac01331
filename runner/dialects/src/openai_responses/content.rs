//! The content of a message, and of what a function gave back.

use super::DIALECT;
use crate::DialectError;
use crate::media;
use crate::message::read_content;
use crate::object::{Object, native};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{
    MediaKind, MediaPart, MediaSource, Native, Part, Role, TextPart, ToolResultPart,
};
use serde_json::{Map, Value};

/// How the value of a native part begins that is content and no item.
pub(super) const WRAPPED: &str = r#"{"content":["#;

/// Takes the content out of a message: one text, or a list of parts.
pub(super) fn read(message: &mut Object, role: Role) -> Result<Vec<Part>, DialectError> {
    // Beside an id, the adapter writes a list and no string.
    read_content(message, |part, _| Ok(read_part(&part, role)))
}

/// A part of a message. A type that is not known here stays whole, as a native part.
fn read_part(value: &Value, role: Role) -> Part {
    known_part(value, role).unwrap_or_else(|| {
        let value = format!("{WRAPPED}{value}]}}");
        Part::Native(Native { dialect: DIALECT.to_owned(), value })
    })
}

fn known_part(value: &Value, role: Role) -> Option<Part> {
    let members = value.as_object()?;
    let said = role == Role::Assistant;
    let usual = if said { "output_text" } else { "input_text" };
    Some(match members.get("type")?.as_str()? {
        kind @ ("input_text" | "output_text" | "text") => {
            let text = members.get("text")?.as_str()?.to_owned();
            let mut rest = members.clone();
            rest.shift_remove("text");
            // A type that the adapter would not write stays.
            if kind == usual {
                rest.shift_remove("type");
            }
            // Even nothing is kept: it says that the client wrote a part and not a string.
            let extra = Some(native(&Value::Object(rest), DIALECT));
            Part::Text(TextPart { text, cache: None, extra })
        }
        "refusal" if said && members.len() == 2 => {
            Part::Refusal(members.get("refusal")?.as_str()?.to_owned())
        }
        kind => Part::Media(read_media(kind, members)?),
    })
}

/// A part of what a function gave back.
pub(super) fn read_of_result(value: &Value) -> ToolResultPart {
    let known = || {
        let members = value.as_object()?;
        match members.get("type")?.as_str()? {
            "input_text" if members.len() == 2 => {
                Some(ToolResultPart::Text(members.get("text")?.as_str()?.to_owned()))
            }
            kind => read_media(kind, members).map(ToolResultPart::Media),
        }
    };
    known().unwrap_or_else(|| ToolResultPart::Native(native(value, DIALECT)))
}

/// A medium. What is not written exactly as the adapter would write it is kept whole
/// beside its meaning, in an `extra` that has the part's `type`.
fn read_media(kind: &str, members: &Map<String, Value>) -> Option<MediaPart> {
    let mut rest = members.clone();
    rest.shift_remove("type");
    let mut take = |name: &str| {
        let text = rest.get(name)?.as_str()?.to_owned();
        rest.shift_remove(name);
        Some(text)
    };
    let mut name = None;
    let (kind, (mime, source, exact)) = match kind {
        "input_image" => {
            let source = match take("image_url") {
                Some(url) => at(url),
                None => (None, MediaSource::FileId(take("file_id")?), true),
            };
            (MediaKind::Image, source)
        }
        "input_file" => {
            let source = match take("file_data") {
                Some(data) => {
                    name = take("filename");
                    let (mime, source, exact) = at(data);
                    let inline = matches!(source, MediaSource::Bytes(_));
                    (mime, source, exact && inline && name.is_some())
                }
                None => match take("file_url") {
                    Some(url) => {
                        let exact = !url.starts_with("data:");
                        (None, MediaSource::Url(url), exact)
                    }
                    None => (None, MediaSource::FileId(take("file_id")?), true),
                },
            };
            (MediaKind::Document, source)
        }
        "input_audio" => {
            let audio = rest.shift_remove("input_audio")?;
            let data = audio.get("data")?.as_str()?;
            let (format, mime) = match audio.get("format").and_then(Value::as_str) {
                Some("mp3") => (true, Some("audio/mpeg".to_owned())),
                Some("wav") => (true, Some("audio/wav".to_owned())),
                other => (false, other.map(|format| format!("audio/{format}"))),
            };
            let (bytes, exact) = media::decoded(data)?;
            let exact = format && exact && audio.as_object().is_some_and(|audio| audio.len() == 2);
            (MediaKind::Audio, (mime, MediaSource::Bytes(bytes), exact))
        }
        _ => return None,
    };
    let extra = match (exact, rest.is_empty()) {
        (true, true) => None,
        (true, false) => Some(native(&Value::Object(rest), DIALECT)),
        (false, _) => Some(native(&Value::Object(members.clone()), DIALECT)),
    };
    Some(MediaPart { kind, mime, source, name, cache: None, extra })
}

/// An address, a data URL, or base64 without the head of one; and whether the adapter
/// makes the same of it again.
fn at(text: String) -> (Option<String>, MediaSource, bool) {
    if let Some((mime, data)) = media::data_url(&text) {
        return match media::decoded(data) {
            Some((bytes, exact)) => (Some(mime.to_owned()), MediaSource::Bytes(bytes), exact),
            None => (None, MediaSource::Url(text), true),
        };
    }
    match STANDARD.decode(&text) {
        Ok(bytes) if !text.contains(':') => (None, MediaSource::Bytes(bytes), false),
        _ => (None, MediaSource::Url(text), true),
    }
}

/// The image of an item that painted one, with the rest of the item in its `extra`.
pub(super) fn read_painted(members: &Map<String, Value>) -> Option<MediaPart> {
    let mut rest = members.clone();
    let result = rest.shift_remove("result")?;
    let bytes = media::exact(result.as_str()?)?;
    let mime = match members.get("output_format").and_then(Value::as_str) {
        None => "image/png".to_owned(),
        Some("svg") => "image/svg+xml".to_owned(),
        Some(format) => format!("image/{format}"),
    };
    Some(MediaPart {
        kind: MediaKind::Image,
        mime: Some(mime),
        source: MediaSource::Bytes(bytes),
        name: None,
        cache: None,
        extra: Some(native(&Value::Object(rest), DIALECT)),
    })
}

/// Whether a medium is the image of an item that painted it.
pub(super) fn is_painted(media: &MediaPart) -> bool {
    let extra = media.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
    let item = extra.and_then(|extra| serde_json::from_str::<Value>(&extra.value).ok());
    item.is_some_and(|item| item["type"] == "image_generation_call")
}
