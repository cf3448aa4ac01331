//! Media, in the request or where their address says.

use super::fields::Fields;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE};
use hotcell::types::{MediaKind, MediaPart, MediaSource};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Clients write it with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A medium in the request.
const INLINE: &str = "inlineData";

/// A medium elsewhere.
const FILE: &str = "fileData";

/// The members of a part that are media.
pub(super) const NAMES: [&str; 2] = [INLINE, FILE];

/// Reads the medium that the member `name` of a part is; none where it is none that can
/// be read.
pub(super) fn read(name: &str, mut part: Fields) -> Option<MediaPart> {
    let mut blob = Fields::new(part.value(name)?, String::new()).ok()?;
    let (mime, source) = if name == INLINE {
        // The adapter would look for it in the data.
        let told = blob.read("mimeType", |mime| mime.as_str().map(str::to_owned))?;
        let (bytes, alphabet) = blob.read("data", |data| decoded(data.as_str()?))?;
        // What would not come out as it went in stays.
        match alphabet {
            Some(Alphabet::Standard) => blob.forget("data"),
            Some(Alphabet::Urls) => blob.put_back("data", Value::Null),
            None => {}
        }
        blob.forget("mimeType");
        (Some(told), MediaSource::Bytes(bytes))
    } else {
        let mime = blob.text("mimeType");
        let uri = blob.text("fileUri").filter(|uri| !uri.starts_with("data:"))?;
        (mime, MediaSource::Url(uri))
    };
    match blob.members() {
        Value::Object(own) if own.is_empty() => {}
        // To other dialects the alphabet is nothing.
        own if own == json!({ "data": null }) => part.put_back(name, Value::Null),
        own => part.put_back(name, own),
    }
    let kind = match mime.as_deref().and_then(|mime| mime.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    };
    Some(MediaPart { kind, mime, source, name: None, cache: None, extra: part.extra() })
}

/// In which of the two alphabets that protocol buffers take something is written.
enum Alphabet {
    Standard,
    /// As Google's SDK for Python writes all. For the adapter there is nothing in the place
    /// of the data then: a cell has no room for a medium twice.
    Urls,
}

/// The bytes of base64, and how it is written; none where they do not make it again.
fn decoded(base64: &str) -> Option<(Vec<u8>, Option<Alphabet>)> {
    let urls = base64.contains(['-', '_']);
    let standard = match urls {
        true => Cow::Owned(base64.replace('-', "+").replace('_', "/")),
        false => Cow::Borrowed(base64),
    };
    let bytes = LENIENT.decode(standard.as_bytes()).ok()?;
    let alphabet = match urls {
        true => (URL_SAFE.encode(&bytes) == base64).then_some(Alphabet::Urls),
        false => (STANDARD.encode(&bytes) == base64).then_some(Alphabet::Standard),
    };
    Some((bytes, alphabet))
}
