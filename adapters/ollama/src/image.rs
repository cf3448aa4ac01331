//! Images, which are base64 without anything around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::media::data_url;
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource};

pub(crate) fn write(media: &MediaPart) -> Result<String, Failure> {
    if media.kind != MediaKind::Image {
        let what = match media.kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
            _ => "documents",
        };
        let why = format!("{what}: Ollama's models see images and text only");
        return Err(Failure::unsupported(why));
    }
    match &media.source {
        MediaSource::Bytes(bytes) => Ok(STANDARD.encode(bytes)),
        MediaSource::Url(url) => match data_url(url) {
            Some((_, data)) => Ok(data.to_owned()),
            None => Err(Failure::unsupported(
                "an image cannot be given by its address: Ollama fetches nothing; give its bytes",
            )),
        },
        MediaSource::FileId(_) => Err(Failure::unsupported(
            "an image cannot be given by the id of a file: give its bytes",
        )),
    }
}

/// An image that the model made; none where it is no base64.
pub(crate) fn read(base64: &str) -> Option<MediaPart> {
    let bytes = STANDARD.decode(base64).ok()?;
    let mime = match &bytes[..] {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png".to_owned()),
        [0xff, 0xd8, ..] => Some("image/jpeg".to_owned()),
        _ => None,
    };
    let (source, name, cache, extra) = (MediaSource::Bytes(bytes), None, None, None);
    Some(MediaPart { kind: MediaKind::Image, mime, source, name, cache, extra })
}
