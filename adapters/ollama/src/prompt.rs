//! A request as a prompt that is completed (<https://docs.ollama.com/api/generate>).

use crate::image;
use crate::object::put;
use crate::request::Writer;
use hotcell_sdk::{ChatRequest, Failure, Part, Role, ToolChoice};
use serde_json::{Map, Value};

impl Writer {
    /// Writes the texts of system messages and of the user's, and images. A completion has
    /// no turns. What is `raw` has no system message either: no template would place it.
    pub(crate) fn prompt(
        &mut self,
        request: &ChatRequest,
        raw: bool,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let auto = matches!(request.tool_choice, None | Some(ToolChoice::Auto | ToolChoice::None));
        if !auto || !request.tools.is_empty() {
            return Err(Failure::unsupported("tools: a completion of a prompt calls none"));
        }
        let (mut system, mut prompt, mut images) = (String::new(), String::new(), Vec::new());
        for message in &request.messages {
            self.extra(message.extra.as_ref())?;
            let text = match message.role {
                Role::User => &mut prompt,
                Role::System | Role::Developer if !raw => &mut system,
                _ => return Err(Failure::unsupported("a conversation: a prompt has no turns")),
            };
            for part in &message.parts {
                match part {
                    Part::Text(part) => {
                        self.extra(part.extra.as_ref())?;
                        if !text.is_empty() {
                            text.push_str("\n\n");
                        }
                        text.push_str(&part.text);
                    }
                    Part::Media(media) => images.push(Value::from(image::write(media)?)),
                    _ => {
                        let why = "a prompt is made of text and images only";
                        return Err(Failure::unsupported(why));
                    }
                }
            }
        }
        put(body, "prompt", prompt.into());
        if !system.is_empty() {
            put(body, "system", system.into());
        }
        if !images.is_empty() {
            put(body, "images", images.into());
        }
        if raw {
            put(body, "raw", true.into());
        }
        Ok(())
    }
}
