//! Content blocks that are still coming, and the events that they give.

use crate::DIALECT;
use crate::wire::{self, BlockDelta, Members, Text, Typed, object_text};
use hotcell_sdk::{Delta, Event, Failure, Native, NativeAt, ToolCallStarted};
use serde_json::value::RawValue;

/// What has to be remembered of a block until it ends.
pub(crate) enum Block {
    /// `silent` as long as no event tells that the block is there.
    Text {
        silent: bool,
    },
    /// The signature that the block began with, until a delta brings another.
    Thinking {
        silent: bool,
        signature: Option<String>,
    },
    Redacted,
    /// The input that the block began with, and whether deltas brought another.
    ToolUse {
        input: Option<String>,
        told: bool,
    },
    /// A block that only this dialect has: given out whole, once it is.
    Native(Whole),
}

/// A native block and what deltas added to it.
pub(crate) struct Whole {
    block: String,
    input: String,
    added: Vec<(String, String)>,
}

impl Block {
    /// Begins a block.
    pub(crate) fn open(index: u32, raw: &str, events: &mut Vec<Event>) -> Result<Self, Failure> {
        let malformed = |error| Failure::malformed(format!("a content block: {error}"));
        let kind = serde_json::from_str::<Typed<'_>>(raw).map_err(malformed)?.kind;
        let kind = kind.ok_or_else(|| Failure::malformed("a content block without a type"))?;
        if !matches!(kind.0.as_ref(), "text" | "thinking" | "redacted_thinking" | "tool_use") {
            let block = raw.to_owned();
            return Ok(Self::Native(Whole { block, input: String::new(), added: Vec::new() }));
        }
        let mut block: wire::Block<'_> = serde_json::from_str(raw).map_err(malformed)?;
        let rest = std::mem::take(&mut block.rest).without_nulls();
        if kind.0 == "tool_use" {
            let missing = || Failure::malformed("a tool call without an id or a name");
            events.push(Event::ToolCallStarted(ToolCallStarted {
                choice: 0,
                index,
                id: block.id.ok_or_else(missing)?.into_owned(),
                name: block.name.ok_or_else(missing)?.into_owned(),
                signature: None,
                extra: rest.text().map(native),
            }));
            let input = block.input.and_then(|input| arguments(input.get()));
            return Ok(Self::ToolUse { input, told: false });
        }
        if let Some(rest) = rest.text() {
            let block = format!("{{\"type\":{},{}", wire::string(&kind.0), &rest[1..]);
            let event = format!(
                "{{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":{block}}}"
            );
            events.push(stream_event(index, &event));
        }
        Ok(match kind.0.as_ref() {
            "text" => {
                let mut silent = true;
                tell(Event::Text, index, block.text, &mut silent, events);
                for citation in block.citations.into_iter().flatten() {
                    events.push(at(Event::Citation, index, citation.get()));
                }
                Self::Text { silent }
            }
            "thinking" => {
                let mut silent = true;
                tell(Event::Reasoning, index, block.thinking, &mut silent, events);
                let signature = block.signature.map(Text::into_owned);
                Self::Thinking { silent, signature: signature.filter(|text| !text.is_empty()) }
            }
            _ => {
                let data = block.data.map(Text::into_owned).unwrap_or_default();
                events.push(Event::RedactedReasoning(Delta { choice: 0, index, text: data }));
                Self::Redacted
            }
        })
    }

    /// Takes a delta in. What does not belong here goes out as it is.
    pub(crate) fn delta(
        &mut self,
        index: u32,
        raw: &RawValue,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let as_it_is = || {
            let event = format!(
                "{{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{}}}",
                raw.get()
            );
            stream_event(index, &event)
        };
        // A delta whose members are not what they should be is of a type to come.
        let Ok(mut delta) = serde_json::from_str::<BlockDelta<'_>>(raw.get()) else {
            events.push(as_it_is());
            return Ok(());
        };
        let kind = delta.kind.as_ref().map(|kind| kind.0.as_ref()).unwrap_or_default();
        // What stands beside what a delta says is told before it, and goes out with it.
        if self.expects(kind)
            && let Some(rest) = std::mem::take(&mut delta.rest).without_nulls().text()
        {
            if delta.citation.is_none() && delta.said().is_none_or(str::is_empty) {
                events.push(as_it_is());
                return Ok(());
            }
            let delta = format!("{{\"type\":{},{}", wire::string(kind), &rest[1..]);
            let event =
                format!("{{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{delta}}}");
            events.push(stream_event(index, &event));
        }
        match (kind, self) {
            ("text_delta", Self::Text { silent }) => {
                tell(Event::Text, index, delta.text, silent, events);
            }
            ("citations_delta", Self::Text { .. }) => {
                if let Some(citation) = delta.citation {
                    events.push(at(Event::Citation, index, citation.get()));
                }
            }
            ("thinking_delta", Self::Thinking { silent, .. }) => {
                tell(Event::Reasoning, index, delta.thinking, silent, events);
            }
            ("signature_delta", Self::Thinking { silent, signature }) => {
                *signature = None;
                tell(Event::Signature, index, delta.signature, silent, events);
            }
            ("input_json_delta", Self::ToolUse { told, .. }) => {
                let mut silent = true;
                tell(Event::ToolCallArguments, index, delta.partial_json, &mut silent, events);
                *told |= !silent;
            }
            (_, Self::Native(whole)) if whole.takes(kind) => return whole.add(&delta, raw.get()),
            _ => events.push(as_it_is()),
        }
        Ok(())
    }

    /// Whether a delta of this type adds to it.
    fn expects(&self, kind: &str) -> bool {
        match self {
            Self::Text { .. } => matches!(kind, "text_delta" | "citations_delta"),
            Self::Thinking { .. } => matches!(kind, "thinking_delta" | "signature_delta"),
            Self::ToolUse { .. } => kind == "input_json_delta",
            Self::Redacted | Self::Native(_) => false,
        }
    }

    /// Ends a block: what was waited for is given out.
    pub(crate) fn close(self, index: u32, events: &mut Vec<Event>) {
        let mut push = |event: fn(Delta) -> Event, text: String| {
            events.push(event(Delta { choice: 0, index, text }));
        };
        match self {
            // A block that is there although it says nothing.
            Self::Text { silent: true } => push(Event::Text, String::new()),
            Self::Thinking { signature: Some(signature), .. } => push(Event::Signature, signature),
            Self::Thinking { silent: true, signature: None } => {
                push(Event::Reasoning, String::new());
            }
            Self::ToolUse { input: Some(input), told: false } => {
                push(Event::ToolCallArguments, input);
            }
            Self::Native(whole) => whole.close(index, events),
            Self::Text { .. } | Self::Thinking { .. } | Self::Redacted | Self::ToolUse { .. } => {}
        }
    }
}

impl Whole {
    fn takes(&self, kind: &str) -> bool {
        matches!(
            kind,
            "input_json_delta"
                | "compaction_delta"
                | "text_delta"
                | "thinking_delta"
                | "signature_delta"
        )
    }

    fn add(&mut self, delta: &BlockDelta<'_>, raw: &str) -> Result<(), Failure> {
        if let Some(piece) = &delta.partial_json {
            self.input.push_str(&piece.0);
            return Ok(());
        }
        let malformed = |error| Failure::malformed(format!("a delta: {error}"));
        let mut members: Members<'_> = serde_json::from_str(raw).map_err(malformed)?;
        members.take("type");
        for (name, value) in members.without_nulls().0 {
            self.added.push((name.into_owned(), value.get().to_owned()));
        }
        Ok(())
    }

    fn close(self, index: u32, events: &mut Vec<Event>) {
        if self.input.is_empty() && self.added.is_empty() {
            events.push(at(Event::Native, index, &self.block));
            return;
        }
        let block: Members<'_> = serde_json::from_str(&self.block).unwrap_or_default();
        let members =
            block.0.iter().map(|(name, value)| (name.to_string(), value.get().to_owned()));
        let mut members: Vec<(String, String)> = members.collect();
        let whole = serde_json::from_str::<&RawValue>(&self.input).is_ok();
        let input = whole.then(|| ("input".to_owned(), self.input.clone()));
        for (name, value) in self.added.into_iter().chain(input) {
            match members.iter_mut().find(|(found, _)| *found == name) {
                // Pieces of a string add up; anything else is there at once.
                Some((_, old)) => *old = joined(old, &value).unwrap_or(value),
                None => members.push((name, value)),
            }
        }
        if !whole && !self.input.is_empty() {
            // The model was stopped within it: kept, although it is no JSON.
            let event = format!(
                "{{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":\
                 {{\"type\":\"input_json_delta\",\"partial_json\":{}}}}}",
                wire::string(&self.input)
            );
            events.push(stream_event(index, &event));
        }
        let members = members.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        events.push(at(Event::Native, index, &object_text(members)));
    }
}

/// Two JSON strings as one; none where one of them is not a string.
fn joined(old: &str, new: &str) -> Option<String> {
    let old: Text<'_> = serde_json::from_str(old).ok()?;
    let new: Text<'_> = serde_json::from_str(new).ok()?;
    Some(wire::string(&(old.into_owned() + &new.0)))
}

/// The input of a call as its arguments; none where it says nothing.
fn arguments(input: &str) -> Option<String> {
    let text = match serde_json::from_str::<Text<'_>>(input) {
        Ok(text) => text.into_owned(),
        Err(_) => input.to_owned(),
    };
    let bare: String = text.split_ascii_whitespace().collect();
    (!matches!(bare.as_str(), "" | "{}" | "null")).then_some(text)
}

/// A piece of something, if it is not empty.
#[inline(never)]
fn tell(
    event: fn(Delta) -> Event,
    index: u32,
    text: Option<Text<'_>>,
    silent: &mut bool,
    events: &mut Vec<Event>,
) {
    if let Some(text) = text.filter(|text| !text.0.is_empty()) {
        *silent = false;
        events.push(event(Delta { choice: 0, index, text: text.into_owned() }));
    }
}

fn native(value: String) -> Native {
    Native { dialect: DIALECT.to_owned(), value }
}

#[inline(never)]
fn at(event: fn(NativeAt) -> Event, index: u32, value: &str) -> Event {
    event(NativeAt { choice: 0, index, value: native(value.to_owned()) })
}

/// An event of the stream that has no word here, as it was sent. The wrapping tells
/// it from a content block.
#[inline(never)]
pub(crate) fn stream_event(index: u32, event: &str) -> Event {
    at(Event::Native, index, &format!("{{\"event\":{event}}}"))
}
