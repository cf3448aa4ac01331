//! Images and documents.

use super::block::read_cache;
use super::object::{Object, Path, text};
use crate::{DialectError, media};
use hotcell::types::{MediaKind, MediaPart, MediaSource};

/// Reads an image or a document; none where its source is one that is not modelled,
/// or data that nobody can read.
pub(super) fn read(
    kind: &str,
    mut block: Object<'_, '_>,
) -> Result<Option<MediaPart>, DialectError> {
    let kind = if kind == "image" { MediaKind::Image } else { MediaKind::Document };
    let path = block.at("source");
    let raw = block.object("source")?.ok_or_else(|| path.missing("an object"))?;
    let Some(source) = read_source(raw, &path, kind)? else { return Ok(None) };
    if !source.usual {
        block.keep("source", raw);
    }
    let name = match kind {
        MediaKind::Document => block.text("title")?,
        _ => None,
    };
    let cache = read_cache(&mut block)?;
    let extra = block.extra();
    Ok(Some(MediaPart { kind, mime: source.mime, source: source.source, name, cache, extra }))
}

struct Source {
    mime: Option<String>,
    source: MediaSource,
    /// Whether the adapter writes it as the client did.
    usual: bool,
}

fn read_source(
    raw: &str,
    path: &Path<'_>,
    kind: MediaKind,
) -> Result<Option<Source>, DialectError> {
    let mut object = Object::read(raw, path)?;
    let form = object.required("type")?;
    let document = kind == MediaKind::Document;
    Ok(Some(match form.as_str() {
        "base64" => {
            let mime = object.required("media_type")?;
            let data = object.required("data")?;
            let Some((bytes, exact)) = media::decoded(&data) else { return Ok(None) };
            let usual = exact && (!document || mime == "application/pdf") && object.is_empty();
            Source { mime: Some(mime), source: MediaSource::Bytes(bytes), usual }
        }
        "url" => {
            let url = object.required("url")?;
            // Data in a URL is data to the adapter.
            let usual = !url.starts_with("data:") && object.is_empty();
            Source { mime: None, source: MediaSource::Url(url), usual }
        }
        "file" => {
            let id = object.required("file_id")?;
            let usual = object.is_empty();
            Source { mime: None, source: MediaSource::FileId(id), usual }
        }
        "text" if document => {
            let mime = object.required("media_type")?;
            let bytes = object.required("data")?.into_bytes();
            let usual = mime == "text/plain" && object.is_empty();
            Source { mime: Some(mime), source: MediaSource::Bytes(bytes), usual }
        }
        "content" if document => {
            let path = path.member("content");
            let content = object.take("content");
            let raw = content.ok_or_else(|| path.missing("a string or a list of blocks"))?;
            // A list may hold images.
            if !raw.starts_with('"') {
                return Ok(None);
            }
            let bytes = text(raw, &path)?.into_bytes();
            let mime = Some("text/plain".to_owned());
            Source { mime, source: MediaSource::Bytes(bytes), usual: false }
        }
        _ => return Ok(None),
    }))
}
