//! Media, in the request or where their address says.

use super::fields::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::{MediaKind, MediaPart, MediaSource};

/// A medium in the request.
const INLINE: &str = "inlineData";

/// A medium elsewhere.
const FILE: &str = "fileData";

/// The members of a part that are media.
pub(super) const NAMES: [&str; 2] = [INLINE, FILE];

/// Reads the medium that the member `name` of a part is; none where it is none that can
/// be read.
pub(super) fn read(name: &str, mut part: Fields) -> Option<MediaPart> {
    let spelled = part.spelled(name);
    let usual = spelled == name;
    let value = part.value(name)?;
    let mut blob = Fields::new(value.clone(), String::new()).ok()?;
    let (mime, source) = if name == INLINE {
        // The adapter would look for it in the data.
        let told = blob.read("mimeType", |mime| mime.as_str().map(str::to_owned))?;
        let bytes = blob.read("data", |data| STANDARD.decode(data.as_str()?).ok())?;
        // What would not come out as it went in stays.
        blob.take("data", |data| (data.as_str()? == STANDARD.encode(&bytes)).then_some(()));
        if usual {
            blob.forget("mimeType");
        }
        (Some(told), MediaSource::Bytes(bytes))
    } else {
        let mime = blob.text("mimeType");
        let uri = blob.text("fileUri").filter(|uri| !uri.starts_with("data:"))?;
        (mime, MediaSource::Url(uri))
    };
    match name {
        FILE if !usual => part.put_back(&spelled, value),
        // It says which spelling is the client's.
        _ if !usual || !blob.is_empty() => part.put_back(&spelled, blob.members()),
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
