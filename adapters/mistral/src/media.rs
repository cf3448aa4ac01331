//! Media, in the forms that only Mistral has for them
//! (<https://docs.mistral.ai/capabilities/document_ai/document_qna>).

use crate::extra::{own, replace};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_openai_chat::json::{object, string};
use hotcell_sdk::{Failure, MediaKind, MediaPart, MediaSource};

/// Gives a medium the whole form of its part, where it is not OpenAI's.
pub(crate) fn prepare(media: &mut MediaPart, warnings: &mut Vec<String>) -> Result<(), Failure> {
    // The client has written the part itself.
    if own(media.extra.as_ref()).has("type") {
        return Ok(());
    }
    let part = match (media.kind, &media.source) {
        (MediaKind::Image, _) => return Ok(()),
        (MediaKind::Video, _) => {
            return Err(Failure::unsupported("video: Mistral's models do not see any"));
        }
        (MediaKind::Audio, MediaSource::FileId(_)) => {
            return Err(Failure::unsupported("audio cannot be given by the id of a file"));
        }
        (MediaKind::Audio, MediaSource::Bytes(bytes)) => {
            part("input_audio", "input_audio", &STANDARD.encode(bytes), None)
        }
        (MediaKind::Audio, MediaSource::Url(url)) => part("input_audio", "input_audio", url, None),
        (MediaKind::Document, MediaSource::FileId(id)) => part("file", "file_id", id, None),
        (MediaKind::Document, MediaSource::Url(url)) => {
            part("document_url", "document_url", url, media.name.as_deref())
        }
        (MediaKind::Document, MediaSource::Bytes(bytes)) => {
            let mime = media.mime.as_deref().unwrap_or("application/pdf");
            let url = format!("data:{mime};base64,{}", STANDARD.encode(bytes));
            part("document_url", "document_url", &url, media.name.as_deref())
        }
    };
    replace(&mut media.extra, part, warnings);
    Ok(())
}

fn part(kind: &str, member: &str, value: &str, name: Option<&str>) -> String {
    let (kind, value) = (string(kind), string(value));
    let name = name.map(string);
    let members = [("type", kind.as_str()), (member, value.as_str())];
    let name = name.as_deref().map(|name| ("document_name", name));
    object(members.into_iter().chain(name))
}
