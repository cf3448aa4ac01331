//! What several protocols have to know of images and documents.
//!
//! None of it is asked often: each adapter has it in its own form, which is the smaller one.

/// The media type and the base64 of `data:TYPE;base64,DATA` (RFC 2397); none of an address
/// of another form.
#[inline]
pub fn data_url(url: &str) -> Option<(&str, &str)> {
    let (mime, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((mime.strip_suffix(";base64")?, data))
}

/// Whether documents of a media type are read as text: `text/…` and formats that are text by
/// another name, such as JSON.
#[inline]
pub fn is_text(mime: &str) -> bool {
    let mime = mime.split(';').next().unwrap_or_default().trim();
    let formats = ["json", "xml", "yaml", "x-yaml", "toml", "javascript", "x-sh", "sql"];
    match mime.split_once('/') {
        Some(("text", _)) => true,
        Some(("application", format)) => {
            formats.contains(&format) || format.ends_with("+json") || format.ends_with("+xml")
        }
        _ => false,
    }
}

/// The media type of an image by its first bytes, where nobody else tells it: PNG, JPEG, GIF
/// or WebP, the formats that providers see. Whatever is in a RIFF file is taken for WebP.
#[inline]
pub fn image_type(bytes: &[u8]) -> Option<&'static str> {
    let beginnings: [(&[u8], &str); 4] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"RIFF", "image/webp"),
    ];
    let found = beginnings.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    found.map(|(_, mime)| *mime)
}

/// The same, and PDF among the documents.
#[inline]
pub fn file_type(bytes: &[u8]) -> Option<&'static str> {
    image_type(bytes).or_else(|| bytes.starts_with(b"%PDF-").then_some("application/pdf"))
}

#[cfg(test)]
mod tests {
    use super::{data_url, file_type, image_type, is_text};

    #[test]
    fn data_is_told_from_addresses() {
        assert_eq!(data_url("data:image/png;base64,AA=="), Some(("image/png", "AA==")));
        assert_eq!(data_url("data:text/plain,a"), None);
        assert_eq!(data_url("https://a.example/;base64,AA=="), None);
    }

    #[test]
    fn text_is_told_by_its_type() {
        for mime in ["text/csv", "application/json; charset=utf-8", "application/problem+json"] {
            assert!(is_text(mime), "{mime}");
        }
        for mime in ["application/pdf", "image/svg+xml", "text", ""] {
            assert!(!is_text(mime), "{mime}");
        }
    }

    #[test]
    fn files_are_told_by_their_first_bytes() {
        assert_eq!(image_type(b"\x89PNG\r\n\x1a\n\0"), Some("image/png"));
        assert_eq!(image_type(b"RIFF\0\0\0\0WEBP"), Some("image/webp"));
        assert_eq!(
            (image_type(b"%PDF-1.7"), file_type(b"%PDF-1.7")),
            (None, Some("application/pdf"))
        );
        assert_eq!((image_type(b""), file_type(b"GIF")), (None, None));
    }
}
