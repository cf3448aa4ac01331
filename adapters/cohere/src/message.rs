//! The conversation so far.

use crate::media;
use crate::object::{part, put, take, text_part, typed};
use crate::tool;
use crate::translation::Translation;
use hotcell_sdk::{Failure, MediaKind, MediaPart, Message, Part, ReasoningPart, Role, TextPart};
use serde_json::{Map, Value};

/// What the messages become.
pub(crate) struct Conversation {
    pub(crate) messages: Vec<Value>,
    /// Documents stand beside the conversation.
    pub(crate) documents: Vec<Value>,
}

/// Members of other dialects' messages that are only another spelling of their parts.
pub(crate) const SAID: &[&str] = &[
    "content",
    "function_call",
    "reasoning",
    "reasoning_content",
    "refusal",
    "role",
    "tool_calls",
];

pub(crate) fn write(
    messages: &[Message],
    translation: &mut Translation,
) -> Result<Conversation, Failure> {
    let mut writer =
        Writer { translation, messages: Vec::new(), documents: Vec::new(), moved: Vec::new() };
    let instructs = |message: &Message| matches!(message.role, Role::System | Role::Developer);
    if !writer.translation.exact {
        let first = messages.iter().take_while(|message| instructs(message)).count();
        let all: Vec<&Message> = messages.iter().filter(|message| instructs(message)).collect();
        if all.len() > first {
            writer.translation.warn(
                "instructions in the middle of the conversation were moved to its beginning: the \
                 provider has them only there",
            );
        }
        writer.instructions(&all)?;
    }
    for message in messages {
        if writer.translation.exact || !instructs(message) {
            writer.message(message)?;
        }
    }
    writer.moved_media();
    Ok(Conversation { messages: writer.messages, documents: writer.documents })
}

/// Writes the messages, and remembers what goes elsewhere.
pub(crate) struct Writer<'t> {
    pub(crate) translation: &'t mut Translation,
    pub(crate) messages: Vec<Value>,
    documents: Vec<Value>,
    /// Parts for media in the results of tools, which have no place there.
    pub(crate) moved: Vec<Value>,
}

/// What a message is made of, sorted by where it goes.
#[derive(Default)]
struct Pieces {
    content: Vec<Value>,
    /// The client wrote a list where a string would have done.
    listed: bool,
    calls: Vec<Value>,
    /// What an answer had beside its content.
    members: Map<String, Value>,
}

impl Writer<'_> {
    /// All instructions as one message.
    fn instructions(&mut self, all: &[&Message]) -> Result<(), Failure> {
        let mut pieces = Pieces::default();
        for message in all {
            self.translation.members(message.extra.as_ref(), SAID)?;
            self.name(message);
            for part in &message.parts {
                self.sort(Role::System, part, &mut pieces)?;
            }
        }
        if !all.is_empty() {
            let message = self.assembled("system", pieces, Map::new());
            self.messages.push(message);
        }
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), Failure> {
        let is_result = |part: &&Part| matches!(part, Part::ToolResult(_));
        let results = message.parts.iter().filter(is_result).count();
        let alone = results > 0 && results == message.parts.len();
        let own = self.translation.members(message.extra.as_ref(), SAID)?;
        self.name(message);
        if results == 0 && message.role != Role::User {
            self.moved_media();
        }
        for part in &message.parts {
            if let Part::ToolResult(result) = part {
                let beside = if alone { own.clone() } else { Map::new() };
                self.result(result, beside)?;
            }
        }
        if alone {
            return Ok(());
        }
        let role = match message.role {
            Role::System | Role::Developer => "system",
            Role::Assistant => "assistant",
            // What stands beside the results is not of the tool.
            Role::User | Role::Tool => "user",
        };
        let mut pieces = Pieces::default();
        if role == "user" {
            pieces.content.append(&mut self.moved);
            pieces.listed = !pieces.content.is_empty();
        }
        for part in &message.parts {
            self.sort(message.role, part, &mut pieces)?;
        }
        let message = self.assembled(role, pieces, own);
        self.messages.push(message);
        Ok(())
    }

    fn name(&mut self, message: &Message) {
        if message.name.is_some() {
            self.translation.left_out("the name of a participant");
        }
    }

    fn assembled(&self, role: &str, pieces: Pieces, own: Map<String, Value>) -> Value {
        let Pieces { mut content, listed, calls, members } = pieces;
        let mut object = Map::new();
        put(&mut object, "role", role);
        object.extend(members);
        let exact = self.translation.exact;
        if !exact && (content.len() > 1 || !calls.is_empty()) {
            content.retain(|part| part["text"] != "");
        }
        let text = match (&content[..], listed) {
            ([only], false) if only["type"] == "text" => only.get("text").cloned(),
            // Calls need no words; anything else has to have some.
            ([], _) if calls.is_empty() && !exact => Some("".into()),
            _ => None,
        };
        match text {
            Some(text) => put(&mut object, "content", text),
            // What a client of this dialect wrote instead of content is its own.
            None if content.is_empty() => {}
            None => put(&mut object, "content", content),
        }
        if !calls.is_empty() {
            put(&mut object, "tool_calls", calls);
        }
        object.extend(own);
        object.into()
    }

    /// Puts a part where it goes.
    fn sort(&mut self, role: Role, part: &Part, pieces: &mut Pieces) -> Result<(), Failure> {
        match part {
            Part::Text(text) => {
                pieces.listed |= self.translation.is_own(text.extra.as_ref());
                pieces.content.push(self.text(text)?);
            }
            Part::Media(media) => self.media(role, media, pieces)?,
            Part::Reasoning(thought) => self.thought(role, thought, pieces)?,
            Part::ToolCall(call) => pieces.calls.push(tool::call(call, self.translation)?),
            Part::Refusal(text) => pieces.content.push(text_part(text)),
            Part::Native(native)
                if role == Role::Assistant && !self.translation.is_own(Some(native)) =>
            {
                let what = format!("a part of an earlier answer in {}", native.dialect);
                self.translation.left_out(&what);
            }
            Part::Native(native) => match self.translation.own(native, "a part of a message")? {
                // It only told something.
                Value::Object(members) if members.contains_key("event") => {}
                Value::Object(members) if !members.contains_key("type") => {
                    pieces.members.extend(members);
                }
                part => {
                    pieces.listed = true;
                    pieces.content.push(part);
                }
            },
            // Written already, in messages of their own.
            Part::ToolResult(_) => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &TextPart) -> Result<Value, Failure> {
        let own = self.translation.members(text.extra.as_ref(), &[])?;
        let mut object = typed("text");
        put(&mut object, "text", text.text.as_str());
        object.extend(own);
        Ok(object.into())
    }

    fn media(&mut self, role: Role, media: &MediaPart, pieces: &mut Pieces) -> Result<(), Failure> {
        let listens = matches!(role, Role::User | Role::Tool) || self.translation.exact;
        match media.kind {
            MediaKind::Image if listens => {
                pieces.listed = true;
                pieces.content.push(media::image(media, self.translation)?);
            }
            MediaKind::Document if self.translation.is_own(media.extra.as_ref()) => {
                pieces.listed = true;
                let document = media::document(media, self.translation)?;
                pieces.content.push(part("document", "document", document));
            }
            MediaKind::Document if listens => {
                self.documents.push(media::document(media, self.translation)?);
                self.translation.warn(
                    "documents were given beside the conversation, where the provider cites them \
                     from",
                );
            }
            kind => return Err(media::refused(kind)),
        }
        Ok(())
    }

    /// What the model thought: a part of its message, or its plan for the use of tools,
    /// which says so in its `extra`.
    fn thought(
        &mut self,
        role: Role,
        thought: &ReasoningPart,
        pieces: &mut Pieces,
    ) -> Result<(), Failure> {
        let mut own = self.translation.members(thought.extra.as_ref(), &[])?;
        if let Some(plan) = take(&mut own, "tool_plan") {
            put(&mut pieces.members, "tool_plan", plan);
            return Ok(());
        }
        if thought.redacted.is_some() {
            self.translation.left_out("what another model thought in cipher");
            return Ok(());
        }
        if thought.signature.is_some() {
            self.translation.left_out("the signature of what the model thought");
        }
        if !self.translation.exact {
            if role != Role::Assistant {
                self.translation.left_out("a thought that is not the model's");
                return Ok(());
            }
            if thought.text.is_empty() {
                return Ok(());
            }
        }
        let mut object = typed("thinking");
        put(&mut object, "thinking", thought.text.as_str());
        object.extend(own);
        pieces.listed = true;
        pieces.content.push(object.into());
        Ok(())
    }
}
