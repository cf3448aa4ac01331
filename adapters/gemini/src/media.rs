//! Images, sounds, films and documents, and where they are
//! (<https://ai.google.dev/gemini-api/docs/file-input-methods>).

use crate::json::{Members, Value, object};
use crate::translation::{Translation, spells};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hotcell_sdk::media::data_url;
use hotcell_sdk::{Failure, MediaPart, MediaSource};

/// Where the Gemini API keeps files.
const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";

/// The part of a medium.
pub(crate) fn write(media: &MediaPart, translation: &mut Translation) -> Result<Value, Failure> {
    let mut extra = translation.members(media.extra.as_ref())?;
    if media.name.is_some() && !translation.exact {
        translation.left_out("the name of a file");
    }
    // Nothing but the alphabet of the data.
    if extra.get("inlineData").is_some_and(Value::is_null) {
        extra.insert("inlineData", object("data", Value::Null));
    }
    // The client's own spelling, without the data that is beside it already.
    if let (Some(Value::Object(blob)), MediaSource::Bytes(bytes)) =
        (extra.get_mut("inline_data"), &media.source)
        && blob.get("data").is_none_or(Value::is_null)
    {
        let data = encoded(blob, bytes);
        blob.insert("data", data);
    }
    if extra.has("inline_data") || extra.has("file_data") {
        return Ok(extra.into());
    }
    let own = extra.get("inlineData").and_then(Value::as_object);
    let (name, mut blob) = match &media.source {
        MediaSource::Bytes(bytes) => inline(media.mime.as_deref(), bytes, own)?,
        MediaSource::Url(url) => match data_url(url) {
            Some((mime, data)) => ("inlineData", blob(mime, data.to_owned())),
            None => file(url, media, translation)?,
        },
        MediaSource::FileId(id) if id.contains("://") => file(id, media, translation)?,
        MediaSource::FileId(id) if translation.vertex => {
            return Err(Failure::unsupported(format!(
                "the file `{id}`: Vertex AI holds none, and reads files by their `gs://` address"
            )));
        }
        MediaSource::FileId(id) => {
            let id = id.strip_prefix("files/").unwrap_or(id);
            file(&format!("{FILES}files/{id}"), media, translation)?
        }
    };
    if let Some(mut own) = extra.take_object(name) {
        own.retain(|(name, value)| name != "data" || !value.is_null());
        blob.retain(|(name, _)| !spells(&own, name));
        blob.extend(own);
    }
    let mut part = object(name, blob);
    part.extend(extra);
    Ok(part.into())
}

/// Base64 in the alphabet of the client, who has nothing for data where it is that of URLs.
fn encoded(own: &Members, bytes: &[u8]) -> String {
    match own.get("data") {
        Some(Value::Null) => URL_SAFE.encode(bytes),
        _ => STANDARD.encode(bytes),
    }
}

fn inline(
    mime: Option<&str>,
    bytes: &[u8],
    own: Option<&Members>,
) -> Result<(&'static str, Members), Failure> {
    let mime = mime.or_else(|| told_by_bytes(bytes));
    let mime = mime.ok_or_else(|| Failure::unsupported("a medium whose type nobody tells"))?;
    let data = own.map_or_else(|| STANDARD.encode(bytes), |own| encoded(own, bytes));
    Ok(("inlineData", blob(mime, data)))
}

fn blob(mime: &str, data: String) -> Members {
    let mut blob = object("mimeType", mime);
    blob.insert("data", data);
    blob
}

/// What the provider fetches by itself, or holds already.
fn file(
    uri: &str,
    media: &MediaPart,
    translation: &Translation,
) -> Result<(&'static str, Members), Failure> {
    let (scheme, _) = uri.split_once("://").unwrap_or_default();
    let fetched = match scheme {
        "http" | "https" => true,
        "gs" => translation.vertex,
        _ => false,
    };
    if !fetched && !translation.exact {
        return Err(Failure::unsupported(format!(
            "the address `{uri}`: what this provider fetches begins with `https://`{}",
            if translation.vertex { " or `gs://`" } else { "" }
        )));
    }
    let mut data = Members::default();
    let told = media.mime.as_deref().or_else(|| told_by_name(uri).filter(|_| !translation.exact));
    match told {
        Some(mime) => {
            data.insert("mimeType", mime);
        }
        None if translation.vertex && !translation.exact => {
            return Err(Failure::unsupported(format!("`{uri}` without its type")));
        }
        None => {}
    }
    data.insert("fileUri", uri);
    Ok(("fileData", data))
}

/// What the end of an address says.
fn told_by_name(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next()?;
    if uri.contains("://www.youtube.com/") || uri.contains("://youtu.be/") {
        return Some("video/mp4");
    }
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    let endings = [
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("webp", "image/webp"),
        ("heic", "image/heic"),
        ("gif", "image/gif"),
        ("pdf", "application/pdf"),
        ("txt", "text/plain"),
        ("md", "text/markdown"),
        ("html", "text/html"),
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("mp3", "audio/mp3"),
        ("wav", "audio/wav"),
        ("flac", "audio/flac"),
        ("ogg", "audio/ogg"),
        ("mp4", "video/mp4"),
        ("mov", "video/quicktime"),
        ("webm", "video/webm"),
    ];
    let known = |(known, _): &&(&str, &str)| known.eq_ignore_ascii_case(ending);
    endings.iter().find(known).map(|(_, mime)| *mime)
}

/// What the first bytes say, where nobody else does.
fn told_by_bytes(bytes: &[u8]) -> Option<&'static str> {
    let beginnings: [(&[u8], &str); 6] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"ID3", "audio/mp3"),
        (b"fLaC", "audio/flac"),
    ];
    let riff = |kind: &[u8]| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(kind);
    if riff(b"WEBP") {
        return Some("image/webp");
    }
    if riff(b"WAVE") {
        return Some("audio/wav");
    }
    let found = beginnings.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    found.map(|(_, mime)| *mime)
}
