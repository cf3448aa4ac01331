//! From blocks to events: what an answer is made of so far, and what comes to it.

use crate::message::raw;
use crate::stream::{Block, Delta, Message, StreamEvent};
use crate::usage::Report;
use crate::{DIALECT, error};
use hotcell_sdk::json::{extra, native};
use hotcell_sdk::{
    Delta as Piece, Event, Failure, FailureKind, FinishReason, Finished, Native, NativeAt, Started,
    ToolCallStarted,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An answer so far.
#[derive(Default)]
pub(crate) struct Assembly {
    usage: Report,
    /// Blocks that nobody models, by number, until they are whole.
    natives: BTreeMap<u32, Unmodelled>,
    /// Why it ended; told when the end is certain.
    finished: Option<Finished>,
    complete: bool,
}

struct Unmodelled {
    block: Map<String, Value>,
    /// The input of a tool of the provider's own comes in pieces.
    input: String,
}

impl Assembly {
    /// Whether the provider said that the answer is over.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Reads one event of a stream.
    pub(crate) fn event(&mut self, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let event: StreamEvent<'_> = serde_json::from_str(data).map_err(|why| {
            error::of_body(data, None, &[])
                .unwrap_or_else(|| malformed("an event of the stream", &why))
        })?;
        let index = event.index.unwrap_or(0);
        match &*event.kind {
            "content_block_delta" => {
                if let Some(delta) = &event.delta {
                    self.delta(index, delta, data, events);
                }
            }
            "content_block_start" => {
                if let Some(block) = event.content_block {
                    self.block(index, block, false, events)?;
                }
            }
            "content_block_stop" => {
                if let Some(unmodelled) = self.natives.remove(&index) {
                    events.push(at(index, unmodelled.whole()));
                }
            }
            "message_start" => {
                let text = event.message.map(raw).unwrap_or("{}");
                let message: Message<'_> = read(text, "the beginning of the answer")?;
                events.push(started(&message, text));
                for (index, block) in (0..).zip(&message.content) {
                    self.block(index, block, true, events)?;
                }
                self.usage(message.usage, events);
            }
            "message_delta" => {
                self.usage(event.usage, events);
                if let Some(word) =
                    event.delta.as_ref().and_then(|delta| delta.stop_reason.as_deref())
                {
                    self.finished = Some(finish(word, rest_of_delta(data)));
                }
            }
            "message_stop" => self.stop(events)?,
            "ping" => {}
            "error" => {
                return Err(error::of_body(data, None, &[]).unwrap_or_else(|| {
                    Failure::new(FailureKind::ProviderError, "the provider reports an error")
                }));
            }
            // What the protocol may gain stays visible to those who know it.
            _ => events.push(at(index, raw_native(data))),
        }
        Ok(())
    }

    /// Reads a whole answer.
    pub(crate) fn message(&mut self, text: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(failure) = error::of_body(text, None, &[]) {
            return Err(failure);
        }
        let message: Message<'_> = read(text, "the answer")?;
        events.push(started(&message, text));
        for (index, block) in (0..).zip(&message.content) {
            self.block(index, block, true, events)?;
        }
        self.usage(message.usage, events);
        let Some(word) = &message.stop_reason else {
            return Err(Failure::malformed("the answer has no stop reason"));
        };
        self.finished = Some(finish(word, rest_of_message(text)));
        self.stop(events)
    }

    fn stop(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let finished = self.finished.take();
        let none = || Failure::malformed("the answer ended without a stop reason");
        events.push(Event::Finished(finished.ok_or_else(none)?));
        self.complete = true;
        Ok(())
    }

    fn usage(&mut self, report: Option<&RawValue>, events: &mut Vec<Event>) {
        let usage = report.and_then(|report| self.usage.update(raw(report)));
        events.extend(usage.map(Event::Usage));
    }

    /// A block that begins, or that is there as a whole.
    fn block(
        &mut self,
        index: u32,
        text: &RawValue,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let text = raw(text);
        let block: Block<'_> = read(text, "a block of the answer")?;
        let mut piece = |event: fn(Piece) -> Event, text: &Option<std::borrow::Cow<'_, str>>| {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                events.push(event(Piece { choice: 0, index, text: text.to_owned() }));
            }
        };
        match &*block.kind {
            "text" => {
                piece(Event::Text, &block.text);
                for citation in block.citations.iter().flatten() {
                    events.push(cited(index, citation));
                }
            }
            "thinking" => {
                piece(Event::Reasoning, &block.thinking);
                piece(Event::Signature, &block.signature);
            }
            "redacted_thinking" => piece(Event::RedactedReasoning, &block.data),
            "tool_use" => {
                events.push(Event::ToolCallStarted(ToolCallStarted {
                    choice: 0,
                    index,
                    id: block.id.unwrap_or_default().into_owned(),
                    name: block.name.unwrap_or_default().into_owned(),
                    signature: None,
                    extra: rest(text, &["type", "id", "name", "input"]),
                }));
                // A stream begins with an empty input, and tells it in pieces.
                let input = block.input.map(raw).unwrap_or("{}");
                if whole || !matches!(input, "{}" | "null" | "\"\"") {
                    let text = input.to_owned();
                    events.push(Event::ToolCallArguments(Piece { choice: 0, index, text }));
                }
            }
            _ if whole => events.push(at(index, raw_native(text))),
            _ => {
                let block = serde_json::from_str(text).unwrap_or_default();
                self.natives.insert(index, Unmodelled { block, input: String::new() });
            }
        }
        Ok(())
    }

    fn delta(&mut self, index: u32, delta: &Delta<'_>, data: &str, events: &mut Vec<Event>) {
        let piece = |text: &str| Piece { choice: 0, index, text: text.to_owned() };
        let kind = delta.kind.as_deref().unwrap_or_default();
        let event = match kind {
            "text_delta" => delta.text.as_deref().map(|text| Event::Text(piece(text))),
            "thinking_delta" => delta.thinking.as_deref().map(|text| Event::Reasoning(piece(text))),
            "signature_delta" => {
                delta.signature.as_deref().map(|text| Event::Signature(piece(text)))
            }
            "input_json_delta" => {
                let json = delta.partial_json.as_deref().unwrap_or_default();
                match self.natives.get_mut(&index) {
                    Some(unmodelled) => {
                        unmodelled.input.push_str(json);
                        None
                    }
                    None if json.is_empty() => None,
                    None => Some(Event::ToolCallArguments(piece(json))),
                }
            }
            "citations_delta" => delta.citation.map(|citation| cited(index, citation)),
            _ => Some(at(index, raw_native(data))),
        };
        events.extend(event.filter(|event| !matches!(event, Event::Text(piece) | Event::Reasoning(piece) if piece.text.is_empty())));
    }
}

impl Unmodelled {
    fn whole(mut self) -> Native {
        if !self.input.is_empty() {
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            self.block.insert("input".into(), input);
        }
        native(&Value::Object(self.block), DIALECT)
    }
}

fn read<'a, T: serde::Deserialize<'a>>(text: &'a str, what: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| malformed(what, &error))
}

fn malformed(what: &str, error: &serde_json::Error) -> Failure {
    Failure::malformed(format!("{what} is not what it should be: {error}"))
}

fn started(message: &Message<'_>, text: &str) -> Event {
    let modelled = [
        "id",
        "model",
        "type",
        "role",
        "content",
        "usage",
        "stop_reason",
        "stop_sequence",
        "stop_details",
    ];
    Event::Started(Started {
        id: message.id.as_deref().map(str::to_owned),
        model: message.model.as_deref().map(str::to_owned),
        created: None,
        extra: rest(text, &modelled),
    })
}

/// Why the answer ended, with the provider's own word for it.
fn finish(word: &str, extra: Option<Native>) -> Finished {
    let reason = match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "pause_turn" => FinishReason::Pause,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Other,
    };
    Finished { choice: 0, reason, raw: Some(word.to_owned()), extra }
}

/// The members of an object that nothing else holds.
fn rest(text: &str, modelled: &[&str]) -> Option<Native> {
    let mut members: Map<String, Value> = serde_json::from_str(text).ok()?;
    members.retain(|name, value| !value.is_null() && !modelled.contains(&name.as_str()));
    extra(members, DIALECT)
}

/// What a `message_delta` says beside the reason: the stop sequence, say.
fn rest_of_delta(data: &str) -> Option<Native> {
    let mut event: Map<String, Value> = serde_json::from_str(data).ok()?;
    let delta = event.remove("delta").unwrap_or_default();
    event.retain(|name, _| !matches!(name.as_str(), "type" | "usage"));
    event.extend(delta.as_object().cloned().unwrap_or_default());
    event.retain(|name, value| name != "stop_reason" && !value.is_null());
    extra(event, DIALECT)
}

/// The same of a whole message.
fn rest_of_message(text: &str) -> Option<Native> {
    let members: Map<String, Value> = serde_json::from_str(text).ok()?;
    let stops = members.into_iter().filter(|(name, value)| {
        matches!(name.as_str(), "stop_sequence" | "stop_details") && !value.is_null()
    });
    extra(stops.collect(), DIALECT)
}

fn cited(index: u32, citation: &RawValue) -> Event {
    Event::Citation(NativeAt { choice: 0, index, value: raw_native(raw(citation)) })
}

fn at(index: u32, value: Native) -> Event {
    Event::Native(NativeAt { choice: 0, index, value })
}

fn raw_native(text: &str) -> Native {
    Native { dialect: DIALECT.to_owned(), value: text.to_owned() }
}
