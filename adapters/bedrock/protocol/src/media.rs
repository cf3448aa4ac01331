//! Images, films, sounds and documents. The provider takes bytes, and files in S3; it
//! fetches nothing from the web.

use crate::DIALECT;
use crate::json::{Members, Object};
use crate::translation::{Translation, invalid};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::media::{file_type, is_text};
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource};
use std::borrow::Cow;

/// The longest name of a document.
const LONGEST_NAME: usize = 200;

/// Media types, and the provider's words for them. Where several types have one word the
/// first is the usual one.
const IMAGES: &[(&str, &str)] = &[
    ("image/png", "png"),
    ("image/jpeg", "jpeg"),
    ("image/jpg", "jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];
const DOCUMENTS: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
];
const VIDEOS: &[(&str, &str)] = &[
    ("video/mp4", "mp4"),
    ("video/x-matroska", "mkv"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("video/x-flv", "flv"),
    ("video/mpeg", "mpeg"),
    ("video/mpg", "mpg"),
    ("video/x-ms-wmv", "wmv"),
    ("video/3gpp", "three_gp"),
];
const SOUNDS: &[(&str, &str)] = &[
    ("audio/mpeg", "mp3"),
    ("audio/mp3", "mp3"),
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/wave", "wav"),
    ("audio/flac", "flac"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/aac", "aac"),
    ("audio/mp4", "mp4"),
    ("audio/m4a", "m4a"),
    ("audio/x-m4a", "m4a"),
    ("audio/webm", "webm"),
    ("audio/x-matroska", "mka"),
    ("audio/pcm", "pcm"),
];

/// The media type of an image that the provider sent.
pub(crate) fn image_type(format: &str) -> Option<&'static str> {
    IMAGES.iter().find(|(_, word)| *word == format).map(|(mime, _)| *mime)
}

/// Writes the block of a medium.
#[inline(never)]
pub(crate) fn write(
    media: &MediaPart,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let (kind, formats) = match media.kind {
        MediaKind::Image => ("image", IMAGES),
        MediaKind::Document => ("document", DOCUMENTS),
        MediaKind::Video => ("video", VIDEOS),
        MediaKind::Audio => ("audio", SOUNDS),
    };
    if media.kind == MediaKind::Document && translation.invokes() {
        return Err(Failure::unsupported("a document: Nova takes none when it is invoked"));
    }
    let source = source(media, kind)?;
    let extra = translation.members(media.extra.as_ref())?;
    let mut outer = Object::open(out, Members::default());
    if let Some(out) = outer.member(kind) {
        let mut object = Object::open(out, extra);
        if !object.spells("format") {
            object.text("format", format(media, &source, kind, formats)?);
        }
        if media.kind == MediaKind::Document {
            match media.name.as_deref() {
                Some(name) if translation.exact => object.text("name", name),
                None if translation.exact => {}
                name => object.text("name", &unique(name, &mut translation.documents)),
            }
        } else if media.name.is_some() && !translation.exact {
            translation.left_out(&format!("the file name of a medium ({kind})"));
        }
        if let Some(out) = object.member("source") {
            let mut inner = Object::open(out, Members::default());
            match source {
                Source::Bytes { base64, .. } => inner.text("bytes", &base64),
                Source::S3(uri) => {
                    if let Some(out) = inner.member("s3Location") {
                        let mut location = Object::open(out, Members::default());
                        location.text("uri", uri);
                        location.close();
                    }
                }
            }
            inner.close();
        }
        object.close();
    }
    outer.close();
    Ok(())
}

enum Source<'a> {
    /// The media type where the source itself tells it.
    Bytes {
        base64: Cow<'a, str>,
        mime: Option<&'a str>,
    },
    S3(&'a str),
}

fn source<'a>(media: &'a MediaPart, kind: &str) -> Result<Source<'a>, Failure> {
    match &media.source {
        MediaSource::Bytes(bytes) => {
            Ok(Source::Bytes { base64: STANDARD.encode(bytes).into(), mime: file_type(bytes) })
        }
        MediaSource::Url(url) if url.starts_with("s3://") => Ok(Source::S3(url)),
        MediaSource::Url(url) => match url.strip_prefix("data:") {
            Some(data) => {
                let (mime, base64) = crate::parted(data, ";base64,").ok_or_else(|| {
                    invalid("a `data:` URL whose data is not in base64 cannot be read")
                })?;
                Ok(Source::Bytes { base64: base64.into(), mime: Some(mime) })
            }
            None => Err(Failure::unsupported(format!(
                "the URL of a medium ({kind}) cannot be said in {DIALECT}: it has bytes and s3:// \
                 addresses, and nobody here fetches it"
            ))),
        },
        MediaSource::FileId(_) => Err(Failure::unsupported(format!(
            "the id of a file ({kind}) cannot be said in {DIALECT}: it has bytes and s3:// addresses"
        ))),
    }
}

/// The provider's word for the type of a medium: as it is said, or as its name or its
/// first bytes tell.
fn format(
    media: &MediaPart,
    source: &Source<'_>,
    kind: &str,
    formats: &'static [(&str, &str)],
) -> Result<&'static str, Failure> {
    let by_source = match source {
        Source::Bytes { mime, .. } => *mime,
        Source::S3(_) => None,
    };
    let said = media.mime.as_deref().or(by_source);
    if let Some(said) = said {
        let mime = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if let Some((_, word)) = formats.iter().find(|(known, _)| *known == mime) {
            return Ok(word);
        }
    }
    let place = match source {
        Source::S3(uri) => Some(*uri),
        Source::Bytes { .. } => None,
    };
    let names = [media.name.as_deref(), place];
    let ending = names.into_iter().flatten().find_map(|name| {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        let ending = if ending == "jpg" { "jpeg" } else { &ending };
        formats.iter().find(|(_, word)| *word == ending)
    });
    if let Some((_, word)) = ending {
        return Ok(word);
    }
    match said {
        // All other formats of text are read as text.
        Some(said) if media.kind == MediaKind::Document && is_text(said) => Ok("txt"),
        Some(said) => Err(Failure::unsupported(format!(
            "a medium ({kind}) of {said} cannot be said in {DIALECT}"
        ))),
        None => Err(invalid(format!("a medium ({kind}) needs its media type"))),
    }
}

/// A name as the provider takes it: letters, digits, hyphens, brackets and single
/// spaces, without the file's ending, and each only once in a request.
fn unique(name: Option<&str>, taken: &mut Vec<String>) -> String {
    let name = name.unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let good = |c: char| c.is_ascii_alphanumeric() || "-()[]".contains(c);
    let spaced: String = stem.chars().map(|c| if good(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = spaced.split_ascii_whitespace().collect();
    let mut base = words.join(" ");
    // Room for a number behind it.
    base.truncate(LONGEST_NAME - 12);
    let base = base.trim_end();
    let base = if base.is_empty() { "document" } else { base };
    let mut candidate = base.to_owned();
    let mut number = taken.len();
    while taken.contains(&candidate) {
        number += 1;
        candidate = format!("{base} {number}");
    }
    taken.push(candidate.clone());
    candidate
}

#[cfg(test)]
mod tests {
    use super::unique;

    #[test]
    fn names_of_documents_are_what_the_provider_takes() {
        let mut taken = Vec::new();
        for (given, name) in [
            (Some("report.pdf"), "report"),
            (Some("report.docx"), "report 2"),
            (Some("Q1 -  [final] (2).pdf"), "Q1 - [final] (2)"),
            (Some("a_b\tc/../d.txt"), "a b c d"),
            (None, "document"),
            (Some("\u{e9}.pdf"), "document 6"),
            (Some(""), "document 7"),
        ] {
            assert_eq!(unique(given, &mut taken), name, "{given:?}");
        }
        let long = unique(Some(&"x".repeat(500)), &mut taken);
        assert!(long.len() <= 200);
    }
}
