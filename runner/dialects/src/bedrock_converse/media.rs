//! Images, documents, films and sounds.

use super::extra;
use crate::DialectError;
use crate::anthropic_messages::object::{Object, Path, text};
use crate::media;
use hotcell::types::{MediaKind, MediaPart, MediaSource};

/// The provider's words for formats, and the media types that they stand for. The adapter
/// has the same the other way round.
const FORMATS: &[(&str, &str, &str)] = &[
    ("image", "png", "image/png"),
    ("image", "jpeg", "image/jpeg"),
    ("image", "gif", "image/gif"),
    ("image", "webp", "image/webp"),
    ("document", "pdf", "application/pdf"),
    ("document", "csv", "text/csv"),
    ("document", "doc", "application/msword"),
    ("document", "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("document", "xls", "application/vnd.ms-excel"),
    ("document", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("document", "html", "text/html"),
    ("document", "txt", "text/plain"),
    ("document", "md", "text/markdown"),
    ("video", "mp4", "video/mp4"),
    ("video", "mkv", "video/x-matroska"),
    ("video", "mov", "video/quicktime"),
    ("video", "webm", "video/webm"),
    ("video", "flv", "video/x-flv"),
    ("video", "mpeg", "video/mpeg"),
    ("video", "mpg", "video/mpg"),
    ("video", "wmv", "video/x-ms-wmv"),
    ("video", "three_gp", "video/3gpp"),
    ("audio", "mp3", "audio/mpeg"),
    ("audio", "wav", "audio/wav"),
    ("audio", "flac", "audio/flac"),
    ("audio", "ogg", "audio/ogg"),
    ("audio", "opus", "audio/opus"),
    ("audio", "aac", "audio/aac"),
    ("audio", "mp4", "audio/mp4"),
    ("audio", "m4a", "audio/m4a"),
    ("audio", "webm", "audio/webm"),
    ("audio", "mka", "audio/x-matroska"),
    ("audio", "pcm", "audio/pcm"),
];

/// Reads a medium that came as bytes; none of one that is not modelled: a file in S3, text
/// and content of a document, an unknown format, or bytes that nobody can read.
pub(super) fn read(
    kind: &str,
    raw: &str,
    path: &Path<'_>,
) -> Result<Option<MediaPart>, DialectError> {
    let mut medium = Object::read(raw, path)?;
    let at = path.member("source");
    let source = medium.object("source")?.ok_or_else(|| at.missing("an object"))?;
    let source = Object::read(source, &at)?;
    let Some(("bytes", data)) = source.only() else { return Ok(None) };
    let data = text(data, &at.member("bytes"))?;
    let bytes = media::exact(&data);
    let format = medium.text("format")?.unwrap_or_default();
    let known = FORMATS.iter().find(|(of, word, _)| (*of, *word) == (kind, format.as_str()));
    let (Some(bytes), Some((.., mime))) = (bytes, known) else { return Ok(None) };
    let (kind, name) = match kind {
        "image" => (MediaKind::Image, None),
        "document" => (MediaKind::Document, medium.text("name")?),
        "video" => (MediaKind::Video, None),
        _ => (MediaKind::Audio, None),
    };
    let (mime, source) = (Some((*mime).to_owned()), MediaSource::Bytes(bytes));
    Ok(Some(MediaPart { kind, mime, source, name, cache: None, extra: extra(medium) }))
}
