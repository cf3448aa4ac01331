//! Files that go with a prompt.

use crate::problem::{Problem, why};
use hotcell::types::{MediaKind, MediaPart, MediaSource, Part};
use std::io::Read;
use std::path::Path;

/// Larger files are more than any provider takes inline.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A kind of file that goes out as a medium: its kind, its MIME type, how its bytes
/// begin (with an offset), and how its name ends.
struct Format {
    kind: MediaKind,
    mime: &'static str,
    magic: &'static [(usize, &'static [u8])],
    endings: &'static [&'static str],
}

const fn format(
    kind: MediaKind,
    mime: &'static str,
    magic: &'static [(usize, &'static [u8])],
    endings: &'static [&'static str],
) -> Format {
    Format { kind, mime, magic, endings }
}

const FORMATS: &[Format] = &[
    format(MediaKind::Image, "image/png", &[(0, b"\x89PNG\r\n\x1a\n")], &["png"]),
    format(MediaKind::Image, "image/jpeg", &[(0, b"\xff\xd8\xff")], &["jpg", "jpeg"]),
    format(MediaKind::Image, "image/gif", &[(0, b"GIF8")], &["gif"]),
    format(MediaKind::Image, "image/webp", &[(0, b"RIFF"), (8, b"WEBP")], &["webp"]),
    format(MediaKind::Image, "image/heic", &[(4, b"ftypheic")], &["heic"]),
    format(MediaKind::Audio, "audio/wav", &[(0, b"RIFF"), (8, b"WAVE")], &["wav"]),
    format(MediaKind::Audio, "audio/mpeg", &[(0, b"ID3")], &["mp3"]),
    format(MediaKind::Audio, "audio/mpeg", &[(0, b"\xff\xfb")], &["mp3"]),
    format(MediaKind::Audio, "audio/flac", &[(0, b"fLaC")], &["flac"]),
    format(MediaKind::Audio, "audio/ogg", &[(0, b"OggS")], &["ogg", "opus"]),
    format(MediaKind::Audio, "audio/mp4", &[(4, b"ftypM4A")], &["m4a"]),
    format(MediaKind::Video, "video/mp4", &[(4, b"ftyp")], &["mp4", "m4v"]),
    format(MediaKind::Video, "video/webm", &[(0, b"\x1a\x45\xdf\xa3")], &["webm"]),
    format(MediaKind::Document, "application/pdf", &[(0, b"%PDF-")], &["pdf"]),
];

/// Reads what `-f` names: a file, `-` for standard input, or a URL.
///
/// # Errors
/// [`Problem::Usage`], naming the attachment, where it cannot be read or is neither
/// a text nor a known medium.
pub(crate) fn read(name: &str) -> Result<Part, Problem> {
    if name.starts_with("https://") || name.starts_with("http://") {
        return by_url(name);
    }
    let fail = |why: String| Problem::usage(format!("the attachment `{name}` {why}"));
    let unreadable = |error: std::io::Error| fail(format!("cannot be read: {}", why(&error)));
    let (bytes, title) = if name == "-" {
        (read_all(std::io::stdin().lock()).map_err(unreadable)?, None)
    } else {
        let path = Path::new(name);
        // A folder opens, and then says something about itself that helps nobody.
        if path.is_dir() {
            return Err(fail("is a folder; attach its files one by one".to_owned()));
        }
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let title = path.file_name().map(|title| title.to_string_lossy().into_owned());
        (read_all(file).map_err(unreadable)?, title)
    };
    part(bytes, title).map_err(fail)
}

/// Reads to the end, or as far as it takes to see that it is too large.
pub(crate) fn read_all(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The part that these bytes become; what is wrong with them otherwise.
pub(crate) fn part(bytes: Vec<u8>, name: Option<String>) -> Result<Part, String> {
    if bytes.len() as u64 > LARGEST {
        return Err(format!("has more than {} MB", LARGEST / 1024 / 1024));
    }
    let format = by_magic(&bytes).or_else(|| {
        // A name decides only about bytes that are no text.
        let is_text = std::str::from_utf8(&bytes).is_ok();
        name.as_deref().filter(|_| !is_text).and_then(by_name)
    });
    if let Some(format) = format {
        return Ok(medium(format, MediaSource::Bytes(bytes), name));
    }
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(Part::plain(match name {
            Some(name) => under_name(&name, &text),
            None => text,
        })),
        _ => Err("is neither text in UTF-8 nor an image, sound, film or PDF".to_owned()),
    }
}

/// A text under its name, so that the model can tell several apart.
fn under_name(name: &str, text: &str) -> String {
    let name = name.replace(['"', '<', '>', '\n'], "_");
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("<file name=\"{name}\">\n{text}{end}</file>")
}

fn by_url(url: &str) -> Result<Part, Problem> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or_default();
    let format = by_name(name).ok_or_else(|| {
        Problem::usage(format!("the attachment `{url}` does not look like a medium"))
            .with_help("an image, sound, film or PDF can be a URL; download other files first")
    })?;
    Ok(medium(format, MediaSource::Url(url.to_owned()), None))
}

fn medium(format: &Format, source: MediaSource, name: Option<String>) -> Part {
    Part::Media(MediaPart {
        kind: format.kind,
        mime: Some(format.mime.to_owned()),
        source,
        name,
        cache: None,
        extra: None,
    })
}

fn by_magic(bytes: &[u8]) -> Option<&'static Format> {
    FORMATS.iter().find(|format| {
        format.magic.iter().all(|(offset, magic)| {
            bytes.get(*offset..).is_some_and(|bytes| bytes.starts_with(magic))
        })
    })
}

fn by_name(name: &str) -> Option<&'static Format> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    FORMATS.iter().find(|format| format.endings.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mime(bytes: &[u8], name: &str) -> Result<String, String> {
        match part(bytes.to_vec(), Some(name.to_owned()))? {
            Part::Media(medium) => Ok(medium.mime.unwrap()),
            Part::Text(text) => Ok(text.text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bytes_tell_what_a_file_is_before_its_name_does() {
        assert_eq!(mime(b"\x89PNG\r\n\x1a\n...", "x.txt").unwrap(), "image/png");
        assert_eq!(mime(b"RIFF\x01\x02\x03\x04WAVEfmt", "x").unwrap(), "audio/wav");
        assert_eq!(mime(b"RIFF\x01\x02\x03\x04WEBPVP8", "x").unwrap(), "image/webp");
        assert_eq!(mime(b"\xff\xf3\x00\x01", "sound.MP3").unwrap(), "audio/mpeg");
        assert_eq!(mime(b"%PDF-1.7\n", "plan").unwrap(), "application/pdf");
        assert_eq!(mime(b"no image", "x.png").unwrap(), "<file name=\"x.png\">\nno image\n</file>");
    }

    #[test]
    fn what_is_neither_text_nor_medium_is_refused() {
        assert!(mime(b"\xff\x00\xfe", "x.bin").unwrap_err().contains("neither text"));
        assert!(mime(b"a\0b", "x.txt").unwrap_err().contains("neither text"));
        assert!(mime(b"", "x.txt").unwrap_err().contains("empty"));
    }

    #[test]
    fn a_name_cannot_end_its_own_tag() {
        let text = mime(b"x", "a\">\n<b").unwrap();
        assert_eq!(text.lines().next(), Some("<file name=\"a____b\">"));
    }

    #[test]
    fn a_url_is_handed_on_unread() {
        let Part::Media(medium) = read("https://a.example/b/photo.JPG?x=1").unwrap() else {
            panic!("a medium")
        };
        assert_eq!(medium.mime.as_deref(), Some("image/jpeg"));
        assert_eq!(medium.source, MediaSource::Url("https://a.example/b/photo.JPG?x=1".to_owned()));
        assert!(read("https://a.example/page.html").is_err());
    }
}
