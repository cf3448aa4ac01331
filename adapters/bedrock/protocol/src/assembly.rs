//! From the provider's events, or its whole answer, to ours
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html>).

use crate::json::{Members, elements, extra, native};
use crate::naming::Names;
use crate::open::{Open, stream_event};
use crate::whole;
use hotcell_sdk::{Assemble, Event, Failure, FinishReason, Finished, Started, Usage};

/// An answer so far.
#[derive(Default)]
pub(crate) struct Assembly {
    /// The id of the request, which an answer in one piece is known by.
    id: Option<String>,
    /// The names of tools as they were given.
    names: Names,
    started: bool,
    /// The content has ended, and the word for why, if there was one.
    stopped: bool,
    stop_reason: Option<String>,
    /// The figures are in: nothing comes after them.
    counted: bool,
    finished: bool,
    /// Whether the model calls something of the caller's.
    called: bool,
    /// The blocks that have begun and not ended: nearly always one.
    open: Vec<Open>,
    /// The members of the answer that belong to none of its parts.
    ending: Vec<(String, String)>,
}

impl Assemble for Assembly {
    fn has_ended(&self) -> bool {
        self.finished
    }

    #[inline(never)]
    fn event(&mut self, kind: &str, payload: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut event = Members::of(payload, "an event of the stream")?;
        // So that nobody learns from its length what an event says.
        event.take("p");
        let index = event.take("contentBlockIndex").map_or(Ok(0), |index| {
            index.parse().map_err(|_| Failure::malformed("a block has an impossible index"))
        });
        let index: u32 = index?;
        let content = kind.starts_with("contentBlock") || kind == "messageStop";
        if content && !self.started {
            return Err(Failure::malformed(format!("`{kind}` came before `messageStart`")));
        }
        if content && self.stopped {
            return Err(Failure::malformed(format!("`{kind}` came after `messageStop`")));
        }
        match kind {
            "contentBlockDelta" => {
                let delta = event.get("delta").ok_or_else(|| lacks(kind, "delta"))?;
                for (name, value) in Members::of(delta, "a delta")?.0 {
                    self.delta(index, &name, value, events)?;
                }
            }
            "contentBlockStart" => {
                self.close(index, events)?;
                let start = event.get("start").ok_or_else(|| lacks(kind, "start"))?;
                for (name, value) in Members::of(start, "a start")?.0 {
                    let open = Open::start(index, &name, value, &self.names, events)?;
                    self.called |= open.is_call();
                    self.open.push(open);
                }
            }
            "contentBlockStop" => self.close(index, events)?,
            "messageStart" => self.start(None, events),
            "messageStop" => {
                self.stopped = true;
                self.stop_reason = event.text("stopReason")?.map(|word| word.into_owned());
                event.take("stopReason");
                self.ending.extend(event.told());
                self.close_all(events)?;
                self.finish_if_done(events);
            }
            "metadata" => {
                self.counted = true;
                if let Some(raw) = event.take("usage") {
                    events.extend(usage(raw));
                }
                self.ending.extend(event.told());
                self.finish_if_done(events);
            }
            // Of protocols that begin with one; this does not.
            "initial-response" | "" => {}
            _ => events.push(stream_event(index, kind, payload)),
        }
        Ok(())
    }

    #[inline(never)]
    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let mut answer = Members::of(body, "the answer")?;
        let missing = || Failure::malformed("the answer has no content");
        let output = Members::of(answer.take("output").ok_or_else(missing)?, "the output")?;
        let message = output.get("message").ok_or_else(missing)?;
        let message = Members::of(message, "the message")?;
        let content = message.get("content").and_then(elements).ok_or_else(missing)?;
        let id = self.id.take();
        self.start(id, events);
        for (index, raw) in (0..).zip(content) {
            self.called |= whole::read(index, raw, &self.names, events)?;
        }
        self.stop_reason = answer.text("stopReason")?.map(|word| word.into_owned());
        answer.take("stopReason");
        if let Some(raw) = answer.take("usage") {
            events.extend(usage(raw));
        }
        self.ending.extend(answer.told());
        (self.stopped, self.counted) = (true, true);
        self.finish_if_done(events);
        Ok(())
    }

    /// An answer without its figures is an answer all the same.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        if !self.stopped {
            return Err(Failure::malformed("the stream ended before `messageStop`"));
        }
        self.counted = true;
        self.finish_if_done(events);
        Ok(())
    }
}

impl Assembly {
    pub(crate) fn new(names: Names, id: Option<String>) -> Self {
        Self { names, id, ..Self::default() }
    }

    fn start(&mut self, id: Option<String>, events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.started, true) {
            events.push(Event::Started(Started { id, model: None, created: None, extra: None }));
        }
    }

    #[inline(never)]
    fn delta(
        &mut self,
        index: u32,
        name: &str,
        value: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if value == "null" {
            return Ok(());
        }
        // Only calls and the like have a start of their own.
        let place = match self.open.iter().rposition(|open| open.index == index) {
            Some(place) => place,
            None => {
                self.open.push(Open::silent(index, name)?);
                self.open.len() - 1
            }
        };
        self.open[place].delta(name, value, events)
    }

    fn close(&mut self, index: u32, events: &mut Vec<Event>) -> Result<(), Failure> {
        if let Some(place) = self.open.iter().position(|open| open.index == index) {
            self.open.remove(place).close(events)?;
        }
        Ok(())
    }

    fn close_all(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        std::mem::take(&mut self.open).into_iter().try_for_each(|open| open.close(events))
    }

    #[inline(never)]
    fn finish_if_done(&mut self, events: &mut Vec<Event>) {
        if !self.stopped || !self.counted || std::mem::replace(&mut self.finished, true) {
            return;
        }
        let raw = self.stop_reason.take();
        let reason = match reason(raw.as_deref().unwrap_or_default()) {
            FinishReason::Stop if self.called => FinishReason::ToolCalls,
            reason => reason,
        };
        let extra = extra(&self.ending);
        events.push(Event::Finished(Finished { choice: 0, reason, raw, extra }));
    }
}

fn reason(word: &str) -> FinishReason {
    match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        "pause_turn" => FinishReason::Pause,
        // Among them what the model wrote that nobody could read: `malformed_tool_use`,
        // `malformed_model_output`.
        _ => FinishReason::Other,
    }
}

/// The provider leaves out of its input what was read from and written to the cache.
#[inline(never)]
fn usage(raw: &str) -> Option<Event> {
    let members = Members::any(raw)?;
    // Nova's own words for it are longer.
    let count = |short: &str, long: &str| members.count(short).or_else(|| members.count(long));
    let read = count("cacheReadInputTokens", "cacheReadInputTokenCount");
    let written = count("cacheWriteInputTokens", "cacheWriteInputTokenCount");
    let cached = read.unwrap_or(0).saturating_add(written.unwrap_or(0));
    Some(Event::Usage(Usage {
        input: members.count("inputTokens").map(|input| input.saturating_add(cached)),
        output: members.count("outputTokens"),
        cache_read: read,
        cache_write: written,
        reasoning: None,
        raw: Some(native(raw)),
    }))
}

fn lacks(kind: &str, member: &str) -> Failure {
    Failure::malformed(format!("`{kind}` has no `{member}`"))
}
