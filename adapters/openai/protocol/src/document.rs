//! Documents that are text, for providers whose files are pages
//! (<https://platform.openai.com/docs/guides/pdf-files>).

use crate::json::Members;
use crate::request::is_own;
use hotcell_sdk::{ChatRequest, MediaKind, MediaPart, MediaSource, Part, TextPart, ToolResultPart};

/// Makes texts of the documents that are text, with their title and what their client says about
/// them in front. A client of this dialect gets what it wrote.
pub fn documents_as_text(mut request: ChatRequest) -> ChatRequest {
    if is_own(request.extra.as_ref()) {
        return request;
    }
    for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
        match part {
            Part::Media(media) => {
                if let Some(text) = text(media) {
                    *part = Part::Text(text);
                }
            }
            Part::ToolResult(result) => {
                for part in &mut result.content {
                    if let ToolResultPart::Media(media) = part
                        && let Some(TextPart { text, extra, .. }) = text(media)
                    {
                        // What is lost of it is told of the result.
                        result.extra = result.extra.take().or(extra);
                        *part = ToolResultPart::Text(text);
                    }
                }
            }
            _ => {}
        }
    }
    request
}

fn text(media: &MediaPart) -> Option<TextPart> {
    let is_text = |mime: &str| mime.starts_with("text/");
    let MediaSource::Bytes(bytes) = &media.source else { return None };
    let is_document = media.kind == MediaKind::Document && !is_own(media.extra.as_ref());
    if !is_document || !media.mime.as_deref().is_some_and(is_text) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let extra = media.extra.as_ref();
    let mut members = extra.and_then(|extra| Members::checked(&extra.value)).unwrap_or_default();
    let context = members.text("context");
    // What Anthropic's clients say here is said, and where the text was is no matter.
    members.0.retain(|(name, _)| name != "context" && name != "source");
    let extra = extra.and_then(|extra| members.extra(&extra.dialect));
    let mut told = String::new();
    for piece in [media.name.as_deref(), context.as_deref()].into_iter().flatten() {
        told.push_str(piece);
        told.push_str("\n\n");
    }
    told.push_str(text);
    Some(TextPart { text: told, cache: media.cache, extra })
}
