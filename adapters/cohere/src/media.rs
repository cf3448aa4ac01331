//! Images and documents.

use crate::DIALECT;
use crate::object::{part, put, take, wrapped};
use crate::translation::{Translation, invalid};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::media::{data_url, image_type, is_text};
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// An image as a part of a message. An `extra` with a `type` is the whole part in the
/// client's own words.
pub(crate) fn image(media: &MediaPart, translation: &mut Translation) -> Result<Value, Failure> {
    let own = translation.members(media.extra.as_ref(), &[])?;
    if own.contains_key("type") {
        return Ok(own.into());
    }
    let url = match &media.source {
        MediaSource::Url(url) => url.clone(),
        MediaSource::Bytes(bytes) => {
            let mime = media.mime.as_deref().or_else(|| image_type(bytes));
            let mime = accepted(mime.ok_or_else(|| invalid("an image needs its media type"))?)?;
            format!("data:{mime};base64,{}", STANDARD.encode(bytes))
        }
        MediaSource::FileId(_) => return Err(unsupported("an image by the id of a file")),
    };
    let mut inner = Map::new();
    put(&mut inner, "url", url);
    inner.extend(own);
    Ok(part("image_url", "image_url", inner))
}

/// A document as the provider reads them: text with a title. An `extra` with a `type` is
/// the whole part in the client's own words, and has the document in it.
pub(crate) fn document(media: &MediaPart, translation: &mut Translation) -> Result<Value, Failure> {
    let mut own = translation.members(media.extra.as_ref(), &["citations", "context", "title"])?;
    if let Some(document) = take(&mut own, "document").filter(|_| own.contains_key("type")) {
        return Ok(document);
    }
    let mut data = Map::new();
    put(&mut data, "text", text_of(media)?);
    if let Some(name) = &media.name {
        put(&mut data, "title", name.as_str());
    }
    Ok(wrapped("data", data))
}

/// The text of a document that holds nothing else.
fn text_of(media: &MediaPart) -> Result<String, Failure> {
    let (mime, bytes) = match &media.source {
        MediaSource::Bytes(bytes) => (media.mime.as_deref(), Cow::Borrowed(bytes.as_slice())),
        MediaSource::Url(url) => {
            let (mime, data) =
                data_url(url).ok_or_else(|| unsupported("a document by its address"))?;
            let bytes = STANDARD
                .decode(data)
                .map_err(|why| invalid(format!("a document is not base64: {why}")))?;
            (Some(mime), Cow::Owned(bytes))
        }
        MediaSource::FileId(_) => return Err(unsupported("a document by the id of a file")),
    };
    let text = std::str::from_utf8(&bytes).ok().filter(|_| mime.is_none_or(is_text));
    text.map(str::to_owned)
        .ok_or_else(|| unsupported(&format!("a document of {}", mime.unwrap_or("an unknown type"))))
}

/// What no message can hold.
pub(crate) fn refused(kind: MediaKind) -> Failure {
    unsupported(match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::Image => "an image here",
        MediaKind::Document => "a document here",
    })
}

fn unsupported(what: &str) -> Failure {
    let has = "it has images by address or bytes, and documents of text";
    Failure::unsupported(format!("{what} cannot be said in {DIALECT}: {has}"))
}

/// The formats of images that the provider reads.
fn accepted(mime: &str) -> Result<&str, Failure> {
    match mime {
        "image/jpg" => Ok("image/jpeg"),
        "image/png" | "image/jpeg" | "image/webp" | "image/gif" => Ok(mime),
        other => Err(unsupported(&format!("an image of {other}"))),
    }
}
