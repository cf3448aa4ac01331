//! A whole answer.

use super::DIALECT;
use super::word;
use crate::About;
use crate::json::{self, Members, Merged};
use crate::opaque::{self, Origin};
use hotcell::types::{
    ChatRequest, Delta, Event, Finished, Native, NativeAt, Started, ToolCallStarted, Usage,
};
use std::collections::BTreeMap;

/// Writes a whole answer. The dialect has one choice: the first.
pub fn write_answer(_: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
    let mut answer = Answer::default();
    events.into_iter().for_each(|event| answer.add(event));
    answer.write(&about)
}

#[derive(Default)]
struct Answer {
    /// Whether the provider speaks this dialect: its words are the client's.
    own: bool,
    origin: Origin,
    started: Option<Started>,
    usage: Option<Usage>,
    finished: Option<Finished>,
    blocks: Vec<Block>,
    /// Where the blocks of parts are.
    places: BTreeMap<(u32, Kind), usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Text,
    Thinking,
    Redacted,
    /// The signature of a call, before it.
    Signature,
    ToolUse,
}

#[derive(Default)]
struct Block {
    kind: Option<Kind>,
    text: String,
    signature: String,
    citations: Vec<String>,
    call: Option<ToolCallStarted>,
    /// Members that the types do not model.
    rest: Merged,
    /// A block that only this dialect has.
    native: Option<Native>,
}

impl Answer {
    fn add(&mut self, event: Event) {
        match event {
            Event::Started(started) => {
                self.owns(started.extra.as_ref());
                self.started = Some(started);
            }
            Event::Usage(usage) => {
                self.owns(usage.raw.as_ref());
                self.usage = Some(usage);
            }
            Event::Text(delta) | Event::Refusal(delta) => self.add_text(Kind::Text, &delta),
            Event::Reasoning(delta) => self.add_text(Kind::Thinking, &delta),
            Event::RedactedReasoning(delta) => self.add_text(Kind::Redacted, &delta),
            Event::Signature(Delta { choice: 0, index, text }) => {
                self.block(index, Kind::Thinking).signature.push_str(&text);
            }
            Event::ToolCallStarted(call) if call.choice == 0 => {
                self.owns(call.extra.as_ref());
                if let Some(signature) = &call.signature {
                    self.block(call.index, Kind::Signature).signature.clone_from(signature);
                }
                let block = self.block(call.index, Kind::ToolUse);
                block.call = Some(call);
            }
            Event::ToolCallArguments(delta)
                if self.places.contains_key(&(delta.index, Kind::ToolUse)) =>
            {
                self.add_text(Kind::ToolUse, &delta);
            }
            Event::Citation(NativeAt { choice: 0, index, value }) if value.dialect == DIALECT => {
                self.own = true;
                self.block(index, Kind::Text).citations.push(value.value);
            }
            Event::Native(NativeAt { choice: 0, index, value }) => {
                self.owns(Some(&value));
                if value.dialect == DIALECT {
                    self.native(index, value);
                }
            }
            Event::Finished(finished) if finished.choice == 0 => {
                self.owns(finished.extra.as_ref());
                self.finished = Some(finished);
            }
            // What the dialect has no word for, and other choices.
            _ => {}
        }
    }

    fn owns(&mut self, native: Option<&Native>) {
        self.own |= native.is_some_and(|native| native.dialect == DIALECT);
        self.origin.learn(native);
    }

    fn block(&mut self, index: u32, kind: Kind) -> &mut Block {
        let place = *self.places.entry((index, kind)).or_insert_with(|| {
            self.blocks.push(Block { kind: Some(kind), ..Block::default() });
            self.blocks.len() - 1
        });
        &mut self.blocks[place]
    }

    fn add_text(&mut self, kind: Kind, delta: &Delta) {
        if delta.choice == 0 {
            self.block(delta.index, kind).text.push_str(&delta.text);
        }
    }

    /// A block, or what an event said of one that is modelled.
    fn native(&mut self, index: u32, value: Native) {
        let Some(event) = word::stream_event(&value) else {
            if Members::of(&value.value).is_some_and(|block| block.get("type").is_some()) {
                self.blocks.push(Block { native: Some(value), ..Block::default() });
            }
            return;
        };
        if event.text("type").as_deref() != Some("content_block_start") {
            return;
        }
        let block = event.inner("content_block").unwrap_or_default();
        let kind = match block.text("type").as_deref() {
            Some("thinking") => Kind::Thinking,
            Some("redacted_thinking") => Kind::Redacted,
            _ => Kind::Text,
        };
        self.block(index, kind).rest.add(block.without(&["type"]));
    }

    fn write(self, about: &About) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        word::head(self.started.as_ref(), about, &mut out);
        json::name("content", &mut out);
        out.push(b'[');
        for block in &self.blocks {
            json::comma(&mut out);
            block.write(&self.origin, &mut out);
        }
        out.push(b']');
        json::name("stop_reason", &mut out);
        match &self.finished {
            Some(finished) => json::string(word::stop_reason(finished, self.own), &mut out),
            None => out.extend_from_slice(b"null"),
        }
        let mut members = Merged::default();
        members.add(Members(vec![("stop_sequence".into(), "null")]));
        members.add(self.started.as_ref().and_then(word::beside).unwrap_or_default());
        let ending = self.finished.as_ref().and_then(|end| word::own(end.extra.as_ref()));
        members.add(ending.unwrap_or_default().without(&["stop_reason"]));
        members.write(&mut out);
        json::name("usage", &mut out);
        word::usage(self.usage.as_ref(), &mut out);
        out.push(b'}');
        out
    }
}

impl Block {
    fn write(&self, origin: &Origin, out: &mut Vec<u8>) {
        if let Some(native) = &self.native {
            json::splice(&native.value, out);
            return;
        }
        out.push(b'{');
        match self.kind {
            Some(Kind::Text) | None => {
                json::text("type", "text", out);
                json::text("text", &self.text, out);
                if !self.citations.is_empty() {
                    json::list("citations", self.citations.iter().map(String::as_str), out);
                }
            }
            Some(Kind::Thinking) => {
                json::text("type", "thinking", out);
                json::text("thinking", &self.text, out);
                let signature = match self.signature.is_empty() {
                    true => "".into(),
                    false => origin.seal(opaque::Kind::Signature, &self.signature),
                };
                json::text("signature", &signature, out);
            }
            Some(Kind::Signature) => {
                json::text("type", "thinking", out);
                json::text("thinking", "", out);
                let sealed = origin.seal(opaque::Kind::Call, &self.signature);
                json::text("signature", &sealed, out);
            }
            Some(Kind::Redacted) => {
                json::text("type", "redacted_thinking", out);
                json::text("data", &origin.seal(opaque::Kind::Redacted, &self.text), out);
            }
            Some(Kind::ToolUse) => {
                json::text("type", "tool_use", out);
                if let Some(call) = &self.call {
                    json::text("id", &call.id, out);
                    json::text("name", &call.name, out);
                    json::name("input", out);
                    word::input(&self.text, out);
                    let rest = word::own(call.extra.as_ref()).unwrap_or_default();
                    rest.without(&["type", "id", "name", "input"]).write(out);
                }
            }
        }
        self.rest.write(out);
        out.push(b'}');
    }
}
