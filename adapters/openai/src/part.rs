//! The parts of a message's content.

use crate::DIALECT;
use crate::request::{Writer, is_own};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::json::{members, merge};
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource, TextPart, setting};
use serde_json::{Map, Value, json};

impl Writer {
    pub(crate) fn text(&mut self, text: TextPart) -> Result<Value, Failure> {
        let mut part = Map::new();
        part.insert("type".into(), "text".into());
        part.insert("text".into(), text.text.into());
        self.cache(&mut part, text.cache, is_own(text.extra.as_ref()));
        merge(&mut part, text.extra.as_ref(), DIALECT, &mut self.lost)?;
        Ok(part.into())
    }

    /// A medium. An `extra` with a `type` is the whole part in the client's own words.
    pub(crate) fn media(&mut self, media: MediaPart) -> Result<Value, Failure> {
        let extra = members(media.extra.as_ref(), DIALECT, &mut self.lost)?;
        if extra.contains_key("type") {
            return Ok(extra.into());
        }
        let same_dialect = is_own(media.extra.as_ref());
        let cache = media.cache;
        let (kind, mut inner) = wire_form(media)?;
        if let Some(inner) = inner.as_object_mut() {
            inner.extend(extra);
        }
        let mut part = Map::new();
        part.insert("type".into(), kind.into());
        part.insert(kind.into(), inner);
        self.cache(&mut part, cache, same_dialect);
        Ok(part.into())
    }
}

/// The type of a part and the member of the same name.
fn wire_form(media: MediaPart) -> Result<(&'static str, Value), Failure> {
    let MediaPart { kind, mime, source, name, .. } = media;
    Ok(match (kind, source) {
        (MediaKind::Image, source) => {
            ("image_url", json!({ "url": url(source, mime.as_deref().unwrap_or("image/png"))? }))
        }
        (MediaKind::Video, source) => {
            ("video_url", json!({ "url": url(source, mime.as_deref().unwrap_or("video/mp4"))? }))
        }
        (MediaKind::Audio, MediaSource::Bytes(bytes)) => {
            let format = audio_format(mime.as_deref().unwrap_or("audio/wav"));
            ("input_audio", json!({ "data": STANDARD.encode(bytes), "format": format }))
        }
        (MediaKind::Audio, MediaSource::Url(_)) => {
            return Err(Failure::unsupported("audio cannot be given by its address here"));
        }
        (MediaKind::Document, source) => document(source, mime, name)?,
        (MediaKind::Audio, MediaSource::FileId(_)) => return Err(no_file_id()),
    })
}

fn document(
    source: MediaSource,
    mime: Option<String>,
    name: Option<String>,
) -> Result<(&'static str, Value), Failure> {
    let mime = mime.unwrap_or_else(|| "application/pdf".to_owned());
    let way = setting("documents");
    Ok(match (way.as_deref().unwrap_or("file"), source) {
        (_, MediaSource::FileId(id)) => ("file", json!({ "file_id": id })),
        ("document_url", source) => ("document_url", url(source, &mime)?.into()),
        // Here bytes go without the head of a data URL.
        ("file_url", MediaSource::Bytes(bytes)) => {
            ("file_url", json!({ "url": STANDARD.encode(bytes) }))
        }
        ("file_url", source) => ("file_url", json!({ "url": url(source, &mime)? })),
        ("file", MediaSource::Url(_)) => {
            return Err(Failure::unsupported("a document cannot be given by its address here"));
        }
        // The protocol demands a name.
        (_, source) => {
            let name = name.unwrap_or_else(|| "document.pdf".to_owned());
            ("file", json!({ "filename": name, "file_data": url(source, &mime)? }))
        }
    })
}

/// An address as it is, or bytes as a data URL.
fn url(source: MediaSource, mime: &str) -> Result<String, Failure> {
    match source {
        MediaSource::Url(url) => Ok(url),
        MediaSource::Bytes(bytes) => Ok(format!("data:{mime};base64,{}", STANDARD.encode(bytes))),
        MediaSource::FileId(_) => Err(no_file_id()),
    }
}

fn no_file_id() -> Failure {
    Failure::unsupported("only documents can be given by the id of a file here")
}

fn audio_format(mime: &str) -> &str {
    match mime {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/x-wav" | "audio/wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        other => other.strip_prefix("audio/").unwrap_or(other),
    }
}
