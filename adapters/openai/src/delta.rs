//! From chunks to events: what an answer is made of so far, and what a chunk adds.
//!
//! What only this dialect has a word for becomes a native event in one of three forms,
//! which tell themselves apart: a part of a message's content has a `type`; members of
//! a message that go back with it stand alone (`{"reasoning_details": […]}`); and a
//! piece of a chunk that only tells something says so
//! (`{"object": "chat.completion.chunk", …}`).

use crate::calls::Calls;
use crate::media::{self, Audio};
use crate::reasoning::Reasoning;
use crate::wire::{self, Chunk, Delta, Rest};
use crate::{DIALECT, error, usage};
use hotcell_sdk::{Event, Failure, FailureKind, FinishReason, Finished, Native, NativeAt, Started};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An answer so far.
#[derive(Default)]
pub(crate) struct Assembly {
    started: bool,
    /// Members that came before the answer did.
    early: Vec<(String, String)>,
    choices: Vec<Choice>,
    told: Told,
    usage: String,
}

/// One alternative so far. Parts are numbered in the order in which they begin.
#[derive(Default)]
struct Choice {
    number: u32,
    parts: u32,
    text: Option<u32>,
    refusal: Option<u32>,
    reasoning: Reasoning,
    calls: Calls,
    audio: Audio,
    told: Told,
    finished: bool,
}

/// Members that are the same in every chunk are told once.
#[derive(Default)]
struct Told(Vec<(String, String)>);

impl Assembly {
    /// Whether every choice that began has ended, and at least one did.
    pub(crate) fn is_complete(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finished)
    }

    /// Reads a chunk, or a whole answer, and adds its events.
    pub(crate) fn chunk(
        &mut self,
        text: &str,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let chunk: Chunk<'_> = serde_json::from_str(text).map_err(|why| {
            error::of_body(text, None, &[]).unwrap_or_else(|| {
                Failure::malformed(format!("a chunk is not what the protocol says: {why}"))
            })
        })?;
        if wire::present(chunk.error).is_some() {
            return Err(error::in_answer(text));
        }
        if chunk.choices.is_none()
            && chunk.usage.is_none()
            && let Some(failure) = error::of_body(text, None, &[])
        {
            return Err(failure);
        }
        self.members(&chunk, events);
        for choice in chunk.choices.iter().flatten() {
            self.choice(choice, whole, text, events)?;
        }
        self.usage(&chunk, events);
        Ok(())
    }

    /// The members of an answer that belong to no choice.
    fn members(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let news = self.told.news(&chunk.rest);
        if self.started {
            if !news.is_empty() {
                let members = wire::join(news);
                events.push(piece_of_chunk(0, 0, &members[1..]));
            }
            return;
        }
        let (id, model) = (wire::text(chunk.id), wire::text(chunk.model));
        let empty = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        let owned = news.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.early.extend(owned);
        // Azure tells of the prompt's filters before it knows the model.
        if id.is_none() && model.is_none() && empty && chunk.usage.is_none() {
            return;
        }
        self.started = true;
        let extra = std::mem::take(&mut self.early);
        let members = extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        events.push(Event::Started(Started {
            id: id.map(Cow::into_owned),
            model: model.map(Cow::into_owned),
            created: wire::count(chunk.created),
            extra: (!extra.is_empty()).then(|| native(wire::join(members))),
        }));
    }

    fn choice(
        &mut self,
        choice: &wire::Choice<'_>,
        whole: bool,
        text: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if wire::present(choice.error).is_some() {
            return Err(error::in_answer(text));
        }
        let number = wire::index(choice.index).unwrap_or(0);
        let state = match self.choices.iter().position(|known| known.number == number) {
            Some(position) => &mut self.choices[position],
            None => {
                self.choices.push(Choice { number, ..Choice::default() });
                let last = self.choices.len() - 1;
                &mut self.choices[last]
            }
        };
        // A whole answer is in `message`. In a stream, a message beside the deltas only
        // repeats what came before.
        let (delta, message) = (choice.delta.as_ref(), choice.message.as_ref());
        let delta = match whole {
            true => message.or(delta),
            false => delta.or(message.filter(|_| state.parts == 0)),
        };
        if let Some(delta) = delta {
            state.delta(delta, events);
        }
        if let Some(logprobs) = wire::present(choice.logprobs) {
            let index = state.text.or(state.refusal).unwrap_or(0);
            events.push(Event::Logprobs(at(number, index, native(logprobs.get().to_owned()))));
        }
        let word = wire::text(choice.finish_reason);
        if word.as_deref() == Some("error") {
            let failure = Failure::new(
                FailureKind::ProviderError,
                "the provider broke the answer off with an error that it does not name",
            );
            return Err(failure.with_code("error").with_raw(DIALECT, text));
        }
        if !state.finished && (word.is_some() || whole) {
            state.finish(word.as_deref(), &choice.rest, events);
        } else {
            state.members(&choice.rest, events);
        }
        Ok(())
    }

    /// Usage stands in the last chunk, in every chunk, in a choice, or in a member of
    /// Groq's own.
    fn usage(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let choices = chunk.choices.iter().flatten();
        let usage = wire::present(chunk.usage)
            .or_else(|| choices.filter_map(|choice| wire::present(choice.usage)).next_back())
            .or_else(|| usage::of_groq(&chunk.rest));
        let Some(raw) = usage.map(RawValue::get).filter(|raw| *raw != self.usage) else { return };
        if let Some(usage) = usage::read(raw) {
            raw.clone_into(&mut self.usage);
            events.push(Event::Usage(usage));
        }
    }
}

impl Choice {
    fn delta(&mut self, delta: &Delta<'_>, events: &mut Vec<Event>) {
        let number = self.number;
        self.reasoning.take(number, &mut self.parts, delta, events);
        match delta.content {
            Some(raw) if raw.get().starts_with('[') => self.list(raw, events),
            content => {
                if let Some(text) = wire::text(content) {
                    let index = self.text();
                    events.push(Event::Text(piece(number, index, text)));
                }
            }
        }
        if let Some(text) = wire::text(delta.refusal) {
            let index = part(&mut self.refusal, &mut self.parts);
            events.push(Event::Refusal(piece(number, index, text)));
        }
        for call in delta.tool_calls.iter().flatten() {
            self.calls.take(number, &mut self.parts, call, events);
        }
        if let Some(function) = &delta.function_call {
            self.calls.take_only(number, &mut self.parts, function, events);
        }
        if let Some(audio) = wire::present(delta.audio) {
            self.audio.take(audio);
        }
        if let Some(images) = wire::present(delta.images) {
            media::images(number, &mut self.parts, images, events);
        }
        if let Some(annotations) = wire::present(delta.annotations) {
            let index = self.text();
            let all: Vec<&RawValue> = serde_json::from_str(annotations.get()).unwrap_or_default();
            for annotation in all {
                let value = native(annotation.get().to_owned());
                events.push(Event::Citation(at(number, index, value)));
            }
        }
        if !delta.rest.is_empty() {
            let delta = wire::join(pairs(&delta.rest));
            let choice = format!("\"choices\":[{{\"index\":{number},\"delta\":{delta}}}]}}");
            events.push(piece_of_chunk(number, self.text.unwrap_or(0), &choice));
        }
    }

    /// Content as a list of parts, as Mistral gives it.
    fn list(&mut self, raw: &RawValue, events: &mut Vec<Event>) {
        let number = self.number;
        let parts: Vec<Value> = serde_json::from_str(raw.get()).unwrap_or_default();
        for value in parts {
            match value.get("type").and_then(Value::as_str) {
                Some("text" | "output_text") => {
                    if let Some(text) = value["text"].as_str().filter(|text| !text.is_empty()) {
                        let index = self.text();
                        events.push(Event::Text(piece(number, index, Cow::Borrowed(text))));
                    }
                }
                Some("thinking") => self.thinking(&value, events),
                Some("reference") => {
                    let index = self.text();
                    let value = native(value.to_string());
                    events.push(Event::Citation(at(number, index, value)));
                }
                _ => {
                    let index = self.parts;
                    self.parts += 1;
                    events.push(Event::Native(at(number, index, native(value.to_string()))));
                }
            }
        }
    }

    fn thinking(&mut self, value: &Value, events: &mut Vec<Event>) {
        let number = self.number;
        let index = self.reasoning.plain(&mut self.parts);
        let thoughts = value["thinking"].as_array().into_iter().flatten();
        let text: String = thoughts.filter_map(|thought| thought.get("text")?.as_str()).collect();
        let text = value["thinking"].as_str().map_or(text, str::to_owned);
        if !text.is_empty() {
            events.push(Event::Reasoning(piece(number, index, Cow::Owned(text))));
        }
        if let Some(signature) = value["signature"].as_str().filter(|text| !text.is_empty()) {
            events.push(Event::Signature(piece(number, index, Cow::Borrowed(signature))));
        }
    }

    fn finish(&mut self, word: Option<&str>, rest: &Rest<'_>, events: &mut Vec<Event>) {
        self.finished = true;
        self.calls.finish(self.number, events);
        if let Some(audio) = self.audio.part() {
            let (choice, index) = (self.number, self.parts);
            self.parts += 1;
            events.push(Event::Media(hotcell_sdk::MediaEvent { choice, index, part: audio }));
        }
        let reason = match word.map(str::to_ascii_lowercase).as_deref() {
            // Some say `stop` where the model waits for its calls.
            Some("stop") if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some("stop") if self.refusal.is_some() && self.text.is_none() => FinishReason::Refusal,
            Some("stop" | "eos" | "end_turn" | "stop_sequence") => FinishReason::Stop,
            Some("length" | "max_tokens" | "model_length") => FinishReason::Length,
            Some("tool_calls" | "function_call" | "tool_use") => FinishReason::ToolCalls,
            Some("content_filter" | "sensitive") => FinishReason::ContentFilter,
            Some("refusal") => FinishReason::Refusal,
            _ => FinishReason::Other,
        };
        self.told.news(rest);
        events.push(Event::Finished(Finished {
            choice: self.number,
            reason,
            raw: word.map(str::to_owned),
            extra: (!rest.is_empty()).then(|| native(wire::join(pairs(rest)))),
        }));
    }

    /// Members of a choice before its end or after it.
    fn members(&mut self, rest: &Rest<'_>, events: &mut Vec<Event>) {
        let news = self.told.news(rest);
        if !news.is_empty() {
            let (number, members) = (self.number, wire::join(news));
            let choice = format!("\"choices\":[{{\"index\":{number},{}]}}", &members[1..]);
            events.push(piece_of_chunk(number, 0, &choice));
        }
    }

    fn text(&mut self) -> u32 {
        part(&mut self.text, &mut self.parts)
    }
}

impl Told {
    /// The members whose value has not been told yet.
    fn news<'r>(&mut self, rest: &'r Rest<'_>) -> Vec<(&'r str, &'r str)> {
        let mut news = Vec::new();
        for (name, value) in pairs(rest) {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) if known == value => continue,
                Some((_, known)) => value.clone_into(known),
                None => self.0.push((name.to_owned(), value.to_owned())),
            }
            news.push((name, value));
        }
        news
    }
}

fn pairs<'r>(rest: &'r Rest<'_>) -> impl Iterator<Item = (&'r str, &'r str)> {
    rest.iter().map(|(name, raw)| (name.as_ref(), raw.get()))
}

fn part(known: &mut Option<u32>, parts: &mut u32) -> u32 {
    *known.get_or_insert_with(|| {
        *parts += 1;
        *parts - 1
    })
}

fn piece(choice: u32, index: u32, text: Cow<'_, str>) -> hotcell_sdk::Delta {
    hotcell_sdk::Delta { choice, index, text: text.into_owned() }
}

fn at(choice: u32, index: u32, value: Native) -> NativeAt {
    NativeAt { choice, index, value }
}

fn native(value: String) -> Native {
    Native { dialect: DIALECT.to_owned(), value }
}

/// A native event that holds what of a chunk nothing else holds. `members` ends with
/// the brace that closes the object.
fn piece_of_chunk(choice: u32, index: u32, members: &str) -> Event {
    let value = format!("{{\"object\":\"chat.completion.chunk\",{members}");
    Event::Native(at(choice, index, native(value)))
}
