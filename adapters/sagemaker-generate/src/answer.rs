//! What Hugging Face's generate answers: token by token, or in one piece.

use crate::DIALECT;
use hotcell_openai_chat::error;
use hotcell_openai_chat::json::{self, Members, count, list, present, value};
use hotcell_sdk::{Assemble, Delta, Event, Failure, FinishReason, Finished, Native, NativeAt};
use hotcell_sdk::{Usage, warning};

/// An answer so far.
pub struct Generated {
    /// The probabilities of tokens were asked for.
    logprobs: bool,
    /// Some text was told.
    told: bool,
    /// The last piece came.
    over: bool,
    finish: Option<String>,
}

impl Generated {
    pub(crate) fn new(logprobs: bool) -> Self {
        Self { logprobs, told: false, over: false, finish: None }
    }
}

impl Assemble for Generated {
    fn event(&mut self, _: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let text = value(data, "").map_err(|_| Failure::malformed("a piece is not JSON"))?;
        // One input, one answer: in a list or without.
        let text = match list(text) {
            Some(list) => list.into_iter().next().unwrap_or_default(),
            None => text,
        };
        let piece =
            Members::of(text).ok_or_else(|| Failure::malformed("a piece is not an object"))?;
        if present(piece.get("error")).is_some() {
            return Err(error::in_answer(text));
        }
        if let Some(token) = piece.inner("token") {
            self.token(&token, &piece, events);
        }
        let details = piece.inner("details").unwrap_or_default();
        let generated = piece.get("generated_text").filter(|text| text.starts_with('"'));
        if let Some(generated) = generated {
            self.over = true;
            let text = json::text(Some(generated)).filter(|_| !self.told);
            if let Some(text) = text {
                self.text(text.into_owned(), events);
            }
            if let Some(tokens) = present(details.get("tokens")).filter(|_| self.logprobs) {
                events.push(Event::Logprobs(native(tokens)));
            }
        }
        self.details(&details, events);
        Ok(())
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.event("", body, events)?;
        self.end(events)
    }

    /// A stream is whole when the text as a whole has come, or the reason of its end.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let raw = self.finish.take();
        if !self.over && raw.is_none() {
            return Err(Failure::malformed("the answer ended without its last piece"));
        }
        let reason = match raw.as_deref() {
            Some("length") => FinishReason::Length,
            Some("eos_token" | "stop_sequence" | "stop" | "eos") => FinishReason::Stop,
            _ => FinishReason::Other,
        };
        if raw.is_none() {
            events.push(warning("the container ended its answer without saying why"));
        }
        events.push(Event::Finished(Finished { choice: 0, reason, raw, extra: None }));
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.over
    }
}

impl Generated {
    fn token(&mut self, token: &Members<'_>, piece: &Members<'_>, events: &mut Vec<Event>) {
        // Special tokens steer the model: the end of a text is none of its words.
        let special = token.get("special") == Some("true");
        if let Some(text) = token.text("text").filter(|_| !special) {
            self.text(text.into_owned(), events);
        }
        if self.logprobs {
            let said = piece.pairs().filter(|(name, _)| ["token", "top_tokens"].contains(name));
            events.push(Event::Logprobs(native(&json::object(said))));
        }
    }

    fn text(&mut self, text: String, events: &mut Vec<Event>) {
        self.told = true;
        events.push(Event::Text(Delta { choice: 0, index: 0, text }));
    }

    fn details(&mut self, details: &Members<'_>, events: &mut Vec<Event>) {
        if details.0.is_empty() {
            return;
        }
        if let Some(reason) = details.text("finish_reason") {
            self.finish = Some(reason.into_owned());
        }
        let output = count(details.get("generated_tokens"));
        let input = count(details.get("input_length"));
        if output.is_some() || input.is_some() {
            // The tokens one by one are no count.
            let counts = details.pairs().filter(|(name, _)| !["prefill", "tokens"].contains(name));
            let value = json::object(counts);
            let raw = Some(Native { dialect: DIALECT.to_owned(), value });
            events.push(Event::Usage(Usage {
                input,
                output,
                cache_read: None,
                cache_write: None,
                reasoning: None,
                raw,
            }));
        }
    }
}

fn native(value: &str) -> NativeAt {
    let value = Native { dialect: DIALECT.to_owned(), value: value.to_owned() };
    NativeAt { choice: 0, index: 0, value }
}
