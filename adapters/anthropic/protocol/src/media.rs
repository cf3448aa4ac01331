//! Images and documents, and where they are.

use crate::message::write_cache;
use crate::translation::{Translation, invalid};
use crate::wire::Members;
use crate::writer::Object;
use crate::{DIALECT, Platform};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::media::{data_url, file_type, is_text};
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource};

pub(crate) fn write(
    media: &MediaPart,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let kind = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => return unsupported("audio"),
        MediaKind::Video => return unsupported("video"),
    };
    if translation.platform == Platform::Bedrock && !translation.exact {
        is_at_hand(&media.source, kind)?;
    }
    let mut object = Object::open(out, translation.members(media.extra.as_ref())?);
    object.put("type", kind);
    object.with("source", |out| write_source(media, out))?;
    if media.kind == MediaKind::Document {
        object.maybe("title", media.name.as_ref());
    }
    write_cache(media.cache, &mut object);
    object.close();
    Ok(())
}

fn unsupported(what: &str) -> Result<(), Failure> {
    Err(Failure::unsupported(format!(
        "{what} cannot be said in {DIALECT}: it has images and documents"
    )))
}

/// Bedrock fetches nothing, and holds no files.
fn is_at_hand(source: &MediaSource, kind: &str) -> Result<(), Failure> {
    let how = match source {
        MediaSource::Bytes(_) => return Ok(()),
        MediaSource::Url(url) if data_url(url).is_some() => return Ok(()),
        MediaSource::Url(_) => "its address",
        MediaSource::FileId(_) => "the id of a file",
    };
    Err(Failure::unsupported(format!(
        "{kind} by {how}: Claude on Bedrock takes the bytes themselves"
    )))
}

fn write_source(media: &MediaPart, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut source = Object::open(out, Members::default());
    match &media.source {
        MediaSource::Url(url) => match data_url(url) {
            Some((mime, data)) => {
                source.put("type", "base64");
                source.put("media_type", mime);
                source.put("data", data);
            }
            None => {
                source.put("type", "url");
                source.put("url", url);
            }
        },
        MediaSource::FileId(id) => {
            source.put("type", "file");
            source.put("file_id", id);
        }
        MediaSource::Bytes(bytes) => {
            let mime = media.mime.as_deref().or_else(|| file_type(bytes));
            match (media.kind, mime) {
                (MediaKind::Document, Some("application/pdf")) => {
                    write_base64("application/pdf", bytes, &mut source);
                }
                (MediaKind::Document, mime) => {
                    let text = std::str::from_utf8(bytes).ok();
                    // Formats of text all go as `text/plain`, the only one that there is.
                    let text = text.filter(|_| mime.is_none_or(is_text));
                    let text = text.ok_or_else(|| {
                        let mime = mime.unwrap_or("an unknown type");
                        Failure::unsupported(format!(
                            "a document of {mime} cannot be said in {DIALECT}: it has PDF and text"
                        ))
                    })?;
                    source.put("type", "text");
                    source.put("media_type", "text/plain");
                    source.put("data", text);
                }
                (_, Some(mime)) => write_base64(mime, bytes, &mut source),
                (_, None) => return Err(invalid("an image needs its media type")),
            }
        }
    }
    source.close();
    Ok(())
}

fn write_base64(mime: &str, bytes: &[u8], source: &mut Object<'_, '_>) {
    source.put("type", "base64");
    source.put("media_type", mime);
    source.put("data", STANDARD.encode(bytes));
}
