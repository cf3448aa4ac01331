//! The results of tools.

use crate::media;
use crate::message::{SAID, Writer};
use crate::object::{part, put, text_part};
use hotcell_sdk::{Failure, MediaKind, MediaPart, ToolResult, ToolResultPart};
use serde_json::{Map, Value};

impl Writer<'_> {
    /// A message with the result of a call.
    pub(crate) fn result(
        &mut self,
        result: &ToolResult,
        beside: Map<String, Value>,
    ) -> Result<(), Failure> {
        let mut listed = self.translation.is_own(result.extra.as_ref());
        let own = self.translation.members(result.extra.as_ref(), SAID)?;
        if result.is_error {
            self.translation.left_out("the mark that a call failed");
        }
        let mut content = Vec::new();
        // What the client spelled itself is not written twice.
        let parts = result.content.iter().filter(|_| !own.contains_key("content"));
        for piece in parts {
            match piece {
                ToolResultPart::Text(text) => {
                    content.push(text_part(text));
                }
                ToolResultPart::Media(media) if media.kind == MediaKind::Document => {
                    listed = true;
                    let document = media::document(media, self.translation)?;
                    content.push(part("document", "document", document));
                }
                ToolResultPart::Media(media) => self.move_media(&result.call_id, media)?,
                ToolResultPart::Native(native) => {
                    listed = true;
                    content.push(self.translation.own(native, "a part of a tool's result")?);
                }
            }
        }
        let mut object = Map::new();
        put(&mut object, "role", "tool");
        put(&mut object, "tool_call_id", result.call_id.as_str());
        match &content[..] {
            [] if self.translation.exact => {}
            [] if !result.content.is_empty() => {
                put(&mut object, "content", "The result follows.");
            }
            [] => put(&mut object, "content", ""),
            [only] if !listed => {
                put(&mut object, "content", only["text"].clone());
            }
            _ => put(&mut object, "content", content),
        }
        object.extend(own);
        object.extend(beside);
        self.messages.push(object.into());
        Ok(())
    }

    fn move_media(&mut self, call: &str, media: &MediaPart) -> Result<(), Failure> {
        if media.kind != MediaKind::Image {
            return Err(media::refused(media.kind));
        }
        let of = format!("Belongs to the result of {call}:");
        let image = media::image(media, self.translation)?;
        self.moved.extend([text_part(&of), image]);
        self.translation.warn(
            "images in the results of tools were given as the user's: the protocol has only text \
             and documents there",
        );
        Ok(())
    }

    /// A message of the user's with the media of the results before it.
    pub(crate) fn moved_media(&mut self) {
        if !self.moved.is_empty() {
            let content = std::mem::take(&mut self.moved);
            let mut message = Map::new();
            put(&mut message, "role", "user");
            put(&mut message, "content", content);
            self.messages.push(message.into());
        }
    }
}
