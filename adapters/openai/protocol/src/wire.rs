//! The provider's chunks and answers as they stand on the wire: members that every
//! chunk has are fields, what varies in form between providers stays as its text until
//! asked for, and members that nobody here knows are kept as they are.

use crate::json::{Members, Raw, object, text};
use crate::reader::Reader;
use std::borrow::Cow;

/// A chunk of a stream, or a whole answer.
#[derive(Default)]
pub(crate) struct Chunk<'a> {
    pub(crate) id: Raw<'a>,
    pub(crate) model: Raw<'a>,
    pub(crate) created: Raw<'a>,
    pub(crate) choices: Option<Vec<Choice<'a>>>,
    pub(crate) usage: Raw<'a>,
    pub(crate) error: Raw<'a>,
    pub(crate) rest: Members<'a>,
}

#[derive(Default)]
pub(crate) struct Choice<'a> {
    pub(crate) index: Raw<'a>,
    pub(crate) delta: Option<Delta<'a>>,
    /// Of a whole answer. Some streams repeat the message so far beside each delta.
    pub(crate) message: Option<Delta<'a>>,
    /// Of a completion of text, which has no message.
    pub(crate) text: Raw<'a>,
    pub(crate) finish_reason: Raw<'a>,
    pub(crate) logprobs: Raw<'a>,
    pub(crate) usage: Raw<'a>,
    pub(crate) error: Raw<'a>,
    pub(crate) rest: Members<'a>,
}

/// What a chunk adds to a message, or a whole message.
#[derive(Default)]
pub(crate) struct Delta<'a> {
    /// Text, or a list of parts.
    pub(crate) content: Raw<'a>,
    /// Null is not the same as absent here.
    pub(crate) reasoning: Raw<'a>,
    pub(crate) reasoning_content: Raw<'a>,
    pub(crate) reasoning_details: Raw<'a>,
    pub(crate) refusal: Raw<'a>,
    pub(crate) tool_calls: Vec<ToolCall<'a>>,
    /// How functions were called before there was a list of calls.
    pub(crate) function_call: Option<Function<'a>>,
    pub(crate) annotations: Raw<'a>,
    pub(crate) audio: Raw<'a>,
    pub(crate) images: Raw<'a>,
    pub(crate) rest: Members<'a>,
}

/// A piece of a call.
#[derive(Default)]
pub(crate) struct ToolCall<'a> {
    pub(crate) index: Raw<'a>,
    pub(crate) id: Raw<'a>,
    pub(crate) kind: Raw<'a>,
    pub(crate) function: Option<Function<'a>>,
    /// A tool that takes free text instead of arguments.
    pub(crate) custom: Option<Function<'a>>,
    pub(crate) rest: Members<'a>,
}

#[derive(Default)]
pub(crate) struct Function<'a> {
    pub(crate) name: Raw<'a>,
    /// JSON text; some providers give the object itself.
    pub(crate) arguments: Raw<'a>,
    pub(crate) rest: Members<'a>,
}

impl<'a> Chunk<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Self {
        let mut chunk = Self::default();
        reader.object(|name, reader| match name.as_ref() {
            "id" => chunk.id = reader.given(),
            "model" => chunk.model = reader.given(),
            "created" => chunk.created = reader.given(),
            "choices" => {
                // Nearly every chunk has one.
                let mut choices = Vec::with_capacity(1);
                let list = reader.list(|reader| choices.push_mut(Choice::default()).read(reader));
                chunk.choices = list.then_some(choices);
            }
            "usage" => chunk.usage = reader.given(),
            "error" => chunk.error = reader.given(),
            // The last two are padding against those who count bytes.
            "object" | "obfuscation" | "p" => {}
            _ => keep(&mut chunk.rest, name, reader),
        });
        chunk
    }
}

impl<'a> Choice<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) {
        reader.object(|name, reader| match name.as_ref() {
            "index" => self.index = reader.given(),
            "delta" => self.delta.insert(Delta::default()).read(reader),
            "message" => self.message.insert(Delta::default()).read(reader),
            "text" => self.text = reader.given(),
            "finish_reason" => self.finish_reason = reader.given(),
            "logprobs" => self.logprobs = reader.given(),
            "usage" => self.usage = reader.given(),
            "error" => self.error = reader.given(),
            _ => keep(&mut self.rest, name, reader),
        });
    }
}

impl<'a> Delta<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) {
        reader.object(|name, reader| match name.as_ref() {
            "content" => self.content = reader.given(),
            "reasoning" => self.reasoning = Some(reader.value()),
            "reasoning_content" => self.reasoning_content = reader.given(),
            "reasoning_details" => self.reasoning_details = reader.given(),
            "refusal" => self.refusal = reader.given(),
            "tool_calls" => {
                reader.list(|reader| self.tool_calls.push_mut(ToolCall::default()).read(reader));
            }
            "function_call" => self.function_call = Function::read(reader),
            "annotations" => self.annotations = reader.given(),
            "audio" => self.audio = reader.given(),
            "images" => self.images = reader.given(),
            "role" => {}
            _ => keep(&mut self.rest, name, reader),
        });
    }
}

impl<'a> ToolCall<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) {
        reader.object(|name, reader| match name.as_ref() {
            "index" => self.index = reader.given(),
            "id" => self.id = reader.given(),
            "function" => self.function = Function::read(reader),
            "custom" => self.custom = Function::read(reader),
            "type" => self.kind = reader.given(),
            _ => keep(&mut self.rest, name, reader),
        });
    }
}

impl<'a> Function<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut function = Self::default();
        let object = reader.object(|name, reader| match name.as_ref() {
            "name" => function.name = reader.given(),
            "arguments" | "input" => function.arguments = reader.given(),
            _ => keep(&mut function.rest, name, reader),
        });
        object.then_some(function)
    }

    /// The arguments as JSON text, whichever way the provider gives them.
    pub(crate) fn arguments(&self) -> Option<Cow<'a, str>> {
        match self.arguments? {
            string if string.starts_with('"') => text(self.arguments),
            value => Some(Cow::Borrowed(value)),
        }
    }

    /// What else is said of the function, as an object; none of nothing.
    pub(crate) fn beside(&self) -> Option<String> {
        (!self.rest.0.is_empty()).then(|| object(self.rest.pairs()))
    }
}

/// Keeps a member that nobody here knows, unless it says nothing.
fn keep<'a>(rest: &mut Members<'a>, name: Cow<'a, str>, reader: &mut Reader<'a>) {
    if let Some(value) = reader.given() {
        rest.0.push((name, value));
    }
}
