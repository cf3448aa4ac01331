//! From the provider's events, or its whole answer, to ours.

use crate::DIALECT;
use crate::block::{Block, stream_event};
use crate::error;
use crate::usage::Totals;
use crate::wire::{self, Members, Message, MessageDelta, StreamEvent, Text, object_text};
use hotcell_sdk::{Assemble, Event, Failure, FinishReason, Finished, Native, Started};

/// An answer so far.
#[derive(Default)]
pub struct Assembly {
    started: bool,
    ended: bool,
    /// The blocks that have begun and not ended: nearly always one.
    blocks: Vec<(u32, Block)>,
    totals: Totals,
    stop_reason: Option<String>,
    /// The members of the answer that came with its end.
    ending: Vec<(String, String)>,
}

impl Assemble for Assembly {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        // The word of another protocol for the end is no end of this one.
        if data.trim_ascii() == "[DONE]" {
            return Ok(());
        }
        let malformed = |error| Failure::malformed(format!("an event of the stream: {error}"));
        let mut event: StreamEvent<'_> = serde_json::from_str(data).map_err(malformed)?;
        let kind = event.kind.as_ref().map_or(name, |kind| kind.0.as_ref());
        let index = event.index.unwrap_or(0);
        let early = !self.started && kind.starts_with("content_block_");
        if early || !self.started && matches!(kind, "message_delta" | "message_stop") {
            return Err(Failure::malformed(format!("`{kind}` came before `message_start`")));
        }
        match kind {
            "content_block_delta" => {
                let delta = event.delta.ok_or_else(|| lacks(kind, "delta"))?;
                let block = self.blocks.iter_mut().rev().find(|(open, _)| *open == index);
                let (_, block) = block.ok_or_else(|| {
                    Failure::malformed(format!("a piece of block {index}, which is not open"))
                })?;
                block.delta(index, delta, events)?;
            }
            "content_block_start" => {
                let block = event.block.ok_or_else(|| lacks(kind, "content_block"))?;
                self.close(index, events);
                self.open(index, block.get(), events)?;
            }
            "content_block_stop" => self.close(index, events),
            "message_start" => {
                let message = event.message.ok_or_else(|| lacks(kind, "message"))?;
                let message = serde_json::from_str(message.get()).map_err(malformed)?;
                self.message(message, false, events)?;
            }
            "message_delta" => {
                self.message_delta(&mut event, events)?;
                // What comes with the end is told with the end.
                return Ok(());
            }
            "message_stop" => self.finish(events),
            "ping" => {}
            "error" => return Err(error::in_answer(data)),
            _ if event.error.is_some() => return Err(error::in_answer(data)),
            _ => {
                events.push(stream_event(index, data));
                return Ok(());
            }
        }
        if let Some(rest) = event.rest.without_nulls().text() {
            let head = format!("{{\"type\":{},\"index\":{index},", wire::string(kind));
            events.push(stream_event(index, &(head + &rest[1..])));
        }
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let malformed = |error| Failure::malformed(format!("the answer: {error}"));
        let message: Message<'_> = serde_json::from_str(body).map_err(malformed)?;
        let kind = message.kind.as_ref().map(|kind| kind.0.as_ref());
        if kind == Some("error") || message.rest.get("error").is_some_and(|text| text != "null") {
            return Err(error::in_answer(body));
        }
        if message.content.is_none() {
            return Err(Failure::malformed("the answer has no content"));
        }
        self.message(message, true, events)?;
        self.finish(events);
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        match self.ended {
            true => Ok(()),
            false => Err(Failure::malformed("the stream ended before `message_stop`")),
        }
    }
}

impl Assembly {
    /// The answer itself: whole, or what is known of it at its beginning.
    fn message(
        &mut self,
        message: Message<'_>,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.started, true) {
            events.push(Event::Started(Started {
                id: message.id.map(Text::into_owned),
                model: message.model.map(Text::into_owned),
                created: None,
                extra: native(message.rest.without_nulls().text()),
            }));
        }
        for (index, block) in (0..).zip(message.content.into_iter().flatten()) {
            self.open(index, block.get(), events)?;
            // In a stream deltas may follow.
            if whole {
                self.close(index, events);
            }
        }
        let ending =
            [("stop_sequence", message.stop_sequence), ("stop_details", message.stop_details)];
        for (name, value) in ending {
            if let Some(value) = value {
                self.keep(name, value.get());
            }
        }
        self.stop_reason = message.stop_reason.map(Text::into_owned);
        if let Some(usage) = message.usage {
            events.extend(self.totals.report(usage.get()));
        }
        Ok(())
    }

    fn message_delta(
        &mut self,
        event: &mut StreamEvent<'_>,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Some(delta) = event.delta {
            let delta: MessageDelta<'_> = serde_json::from_str(delta.get()).map_err(|error| {
                Failure::malformed(format!("the delta of a `message_delta`: {error}"))
            })?;
            self.stop_reason = delta.stop_reason.map(Text::into_owned).or(self.stop_reason.take());
            self.keep_all(&delta.rest);
        }
        // Of an answer that is not streamed, and told beside the end of one that is.
        let (own, beside): (Vec<_>, Vec<_>) = std::mem::take(&mut event.rest)
            .without_nulls()
            .0
            .into_iter()
            .partition(|(name, _)| name == "context_management");
        self.keep_all(&Members(own));
        if let Some(rest) = Members(beside).text() {
            let event = format!("{{\"type\":\"message_delta\",{}", &rest[1..]);
            events.push(stream_event(0, &event));
        }
        if let Some(usage) = event.usage {
            events.extend(self.totals.report(usage.get()));
        }
        Ok(())
    }

    fn keep_all(&mut self, members: &Members<'_>) {
        for (name, value) in &members.0 {
            self.keep(name, value.get());
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        if value != "null" {
            self.ending.retain(|(found, _)| found != name);
            self.ending.push((name.to_owned(), value.to_owned()));
        }
    }

    fn open(&mut self, index: u32, raw: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let block = Block::open(index, raw, events)?;
        self.blocks.push((index, block));
        Ok(())
    }

    fn close(&mut self, index: u32, events: &mut Vec<Event>) {
        if let Some(place) = self.blocks.iter().position(|(open, _)| *open == index) {
            let (_, block) = self.blocks.remove(place);
            block.close(index, events);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        self.ended = true;
        for (index, block) in std::mem::take(&mut self.blocks) {
            block.close(index, events);
        }
        let ending = self.ending.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let extra = (!self.ending.is_empty()).then(|| object_text(ending));
        let raw = self.stop_reason.take();
        let reason = reason(raw.as_deref().unwrap_or_default());
        events.push(Event::Finished(Finished { choice: 0, reason, raw, extra: native(extra) }));
    }
}

fn reason(word: &str) -> FinishReason {
    match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Refusal,
        // After a compaction, as after a pause, the answer is sent back to go on.
        "pause_turn" | "compaction" => FinishReason::Pause,
        _ => FinishReason::Other,
    }
}

fn lacks(kind: &str, member: &str) -> Failure {
    Failure::malformed(format!("`{kind}` has no `{member}`"))
}

pub(crate) fn native(value: Option<String>) -> Option<Native> {
    value.map(|value| Native { dialect: DIALECT.to_owned(), value })
}
