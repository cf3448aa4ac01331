//! The conversation so far.

use crate::DIALECT;
use crate::image;
use crate::object::put;
use crate::piece::Piece;
use crate::request::{Writer, is_own};
use hotcell_sdk::{
    Failure, MediaPart, Message, Native, Part, ReasoningPart, Role, ToolResult, ToolResultPart,
    json,
};
use serde_json::{Map, Value};

impl Writer {
    pub(crate) fn messages(&mut self, messages: &[Message]) -> Result<Vec<Value>, Failure> {
        let mut written = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            self.message(message, &messages[..index], &mut written)?;
        }
        Ok(written)
    }

    fn message(
        &mut self,
        message: &Message,
        before: &[Message],
        written: &mut Vec<Value>,
    ) -> Result<(), Failure> {
        let extra = self.extra(message.extra.as_ref())?;
        if message.name.is_some() {
            self.lost("the name of a participant");
        }
        let alone = message.parts.iter().all(|part| matches!(part, Part::ToolResult(_)));
        let mut piece = Piece::new(message.role);
        for part in &message.parts {
            match part {
                Part::ToolResult(result) => {
                    let beside = if alone { extra.clone() } else { Map::new() };
                    let result = self.result(result, before, beside)?;
                    written.push(result);
                }
                part => self.part(part, &mut piece, written)?,
            }
        }
        // A message that is nothing but results has become them.
        if !alone || message.parts.is_empty() {
            written.push(piece.finish(self.exact, extra));
        }
        Ok(())
    }

    fn part(
        &mut self,
        part: &Part,
        piece: &mut Piece,
        written: &mut Vec<Value>,
    ) -> Result<(), Failure> {
        match part {
            Part::Text(text) => {
                self.extra(text.extra.as_ref())?;
                piece.say(&text.text);
            }
            // What the model said, whatever it was.
            Part::Refusal(text) => piece.say(text),
            Part::Media(media) => {
                let image = self.image(media)?;
                if piece.has_text() {
                    self.warn(
                        "a message with an image after text was given as several: images stand before the text here"
                            .to_owned(),
                    );
                    let whole = std::mem::replace(piece, Piece::new(piece.role));
                    written.push(whole.finish(self.exact, Map::new()));
                }
                piece.images.push(image);
            }
            Part::Reasoning(thought) => self.thought(thought, piece)?,
            Part::ToolCall(call) => {
                let call = self.call(call)?;
                piece.calls.push(call);
            }
            Part::Native(native) => self.native(native, piece)?,
            Part::ToolResult(_) => {}
        }
        Ok(())
    }

    fn thought(&mut self, thought: &ReasoningPart, piece: &mut Piece) -> Result<(), Failure> {
        self.extra(thought.extra.as_ref())?;
        if thought.signature.is_some() || thought.redacted.is_some() {
            self.lost("the signature of what the model thought before");
        }
        piece.thinking.push_str(&thought.text);
        Ok(())
    }

    /// Members of an earlier message that only this dialect has.
    fn native(&mut self, native: &Native, piece: &mut Piece) -> Result<(), Failure> {
        if !is_own(native) {
            let dialect = &native.dialect;
            if piece.role != Role::Assistant {
                let why = format!("a part of a message in {dialect} cannot be said in {DIALECT}");
                return Err(Failure::unsupported(why));
            }
            // What another provider said in words of its own, beside what it said.
            self.lost(&format!("a part of an earlier answer in {dialect}"));
            return Ok(());
        }
        let members = json::object(&native.value, "a native part")?;
        // A line of an answer only told something.
        if !members.contains_key("done") {
            piece.told.extend(members);
        }
        Ok(())
    }

    fn image(&mut self, media: &MediaPart) -> Result<Value, Failure> {
        self.extra(media.extra.as_ref())?;
        image::write(media).map(Value::from)
    }

    /// A message with the result of a call. `before` is where the call stands.
    fn result(
        &mut self,
        result: &ToolResult,
        before: &[Message],
        beside: Map<String, Value>,
    ) -> Result<Value, Failure> {
        let extra = self.extra(result.extra.as_ref())?;
        let mut piece = Piece::new(Role::Tool);
        for part in &result.content {
            match part {
                ToolResultPart::Text(text) => piece.say(text),
                ToolResultPart::Media(media) => piece.images.push(self.image(media)?),
                ToolResultPart::Native(native) => self.native(native, &mut piece)?,
            }
        }
        if result.is_error {
            self.lost("the mark that a call failed");
        }
        if !self.exact {
            let called = || function_of(&result.call_id, before);
            if let Some(name) = result.name.as_deref().or_else(called) {
                put(&mut piece.told, "tool_name", name.into());
            }
            if !result.call_id.is_empty() {
                put(&mut piece.told, "tool_call_id", result.call_id.as_str().into());
            }
        }
        piece.told.extend(extra);
        Ok(piece.finish(self.exact, beside))
    }
}

/// The function that was called under an id: the last one, where two answers numbered
/// their calls alike.
fn function_of<'a>(id: &str, before: &'a [Message]) -> Option<&'a str> {
    let parts = before.iter().rev().flat_map(|message| &message.parts);
    let mut calls = parts.filter_map(|part| match part {
        Part::ToolCall(call) if call.id == id => Some(call.name.as_str()),
        _ => None,
    });
    calls.next()
}
