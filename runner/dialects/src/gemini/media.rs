//! Media, in the request or where their address says.

use super::DIALECT;
use crate::object::Object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{MediaKind, MediaPart, MediaSource};

/// Reads the medium that the member `name` of a part is; none where it is none that can
/// be read.
pub(super) fn read(name: &'static str, mut part: Object) -> Option<MediaPart> {
    let value = part.value(name)?;
    let mut blob = Object::new(value.clone(), String::new(), DIALECT).ok()?;
    let (mime, source) = match name {
        "inlineData" | "inline_data" => {
            let mime = if name == "inlineData" { "mimeType" } else { "mime_type" };
            // The adapter would look for it in the data.
            let told = blob.read(mime, |mime| mime.as_str().map(str::to_owned))?;
            let bytes = blob.read("data", |data| STANDARD.decode(data.as_str()?).ok())?;
            // What would not come out as it went in stays.
            blob.take("data", |data| (data.as_str()? == STANDARD.encode(&bytes)).then_some(()));
            if name == "inlineData" {
                blob.value(mime);
            }
            (Some(told), MediaSource::Bytes(bytes))
        }
        _ => {
            let camel = name == "fileData";
            let (mime, uri) =
                if camel { ("mimeType", "fileUri") } else { ("mime_type", "file_uri") };
            let mime = blob.text(mime);
            let uri = blob.text(uri).filter(|uri| !uri.starts_with("data:"))?;
            (mime, MediaSource::Url(uri))
        }
    };
    match name {
        "file_data" => part.put_back(name, value),
        // It says which spelling is the client's.
        "inline_data" => part.put_back(name, blob.members()),
        _ if !blob.is_empty() => part.put_back(name, blob.members()),
        _ => {}
    }
    let kind = match mime.as_deref().and_then(|mime| mime.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    };
    Some(MediaPart { kind, mime, source, name: None, cache: None, extra: part.extra() })
}
