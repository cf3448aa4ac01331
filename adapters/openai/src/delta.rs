//! From chunks to events: what an answer is made of so far, and what a chunk adds.

use crate::wire::{self, Chunk, Delta, ToolCall};
use crate::{DIALECT, error, usage};
use hotcell_sdk::json::{extra, native};
use hotcell_sdk::{
    Event, Failure, FinishReason, Finished, Native, NativeAt, Started, ToolCallStarted,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An answer so far.
#[derive(Default)]
pub(crate) struct Assembly {
    started: bool,
    choices: BTreeMap<u32, Choice>,
}

/// One alternative so far. Parts are numbered in the order in which they begin.
#[derive(Default)]
struct Choice {
    parts: u32,
    text: Option<u32>,
    reasoning: Option<u32>,
    refusal: Option<u32>,
    calls: Vec<Call>,
    finished: bool,
}

struct Call {
    part: u32,
    /// The provider's own number, where it gives one.
    index: Option<u32>,
    id: String,
    arguments: String,
}

impl Assembly {
    /// Whether every choice that began has ended, and at least one did.
    pub(crate) fn is_complete(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finished)
    }

    /// Reads a chunk, or a whole answer, and adds its events.
    pub(crate) fn chunk(
        &mut self,
        text: &str,
        whole: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let chunk: Chunk<'_> = serde_json::from_str(text).map_err(|error| {
            error::of_body(text, None, &[]).unwrap_or_else(|| {
                Failure::malformed(format!(
                    "a chunk of the answer is not what it should be: {error}"
                ))
            })
        })?;
        if let Some(error) = wire::present(chunk.error) {
            return Err(error::in_answer(text, error.get()));
        }
        if chunk.choices.is_none()
            && chunk.usage.is_none()
            && let Some(failure) = error::of_body(text, None, &[])
        {
            return Err(failure);
        }
        if !self.started {
            self.started = true;
            events.push(started(&chunk, text));
        }
        for choice in chunk.choices.unwrap_or_default() {
            let number = choice.index.unwrap_or(0);
            let state = self.choices.entry(number).or_default();
            // A message beside a delta repeats what came before.
            if let Some(delta) = choice.delta.or(choice.message) {
                state.delta(number, &delta, events);
            }
            if let Some(logprobs) = wire::present(choice.logprobs) {
                events.push(Event::Logprobs(at(number, 0, raw_native(logprobs))));
            }
            let word = choice.finish_reason.filter(|word| !word.is_empty());
            if (word.is_some() || whole) && !state.finished {
                state.finished = true;
                events.push(state.finish(number, word.as_deref(), text));
            }
        }
        let groq = wire::present(chunk.x_groq).and_then(|raw| usage::of_groq(raw.get()));
        if let Some(usage) =
            wire::present(chunk.usage).and_then(|raw| usage::read(raw.get())).or(groq)
        {
            events.push(Event::Usage(usage));
        }
        Ok(())
    }
}

impl Choice {
    fn delta(&mut self, number: u32, delta: &Delta<'_>, events: &mut Vec<Event>) {
        let told = wire::text(delta.reasoning_content)
            .filter(|text| !text.is_empty())
            .or_else(|| wire::text(delta.reasoning).filter(|text| !text.is_empty()));
        if let Some(details) = wire::present(delta.reasoning_details) {
            let index = self.reasoning();
            if told.is_none()
                && let Some(text) = details_text(details.get())
            {
                events.push(Event::Reasoning(piece(number, index, &text)));
            }
            // Whole, so that it can go back as it came.
            let value = format!("{{\"reasoning_details\":{}}}", details.get());
            let value = Native { dialect: DIALECT.to_owned(), value };
            events.push(Event::Native(at(number, index, value)));
        }
        if let Some(text) = told {
            let index = self.reasoning();
            events.push(Event::Reasoning(piece(number, index, &text)));
        }
        match delta.content {
            Some(raw) if raw.get().starts_with('[') => self.list(number, raw, events),
            content => {
                if let Some(text) = wire::text(content).filter(|text| !text.is_empty()) {
                    let index = self.text();
                    events.push(Event::Text(piece(number, index, &text)));
                }
            }
        }
        if let Some(text) = delta.refusal.as_ref().filter(|text| !text.is_empty()) {
            let index = part(&mut self.refusal, &mut self.parts);
            events.push(Event::Refusal(piece(number, index, text)));
        }
        for call in delta.tool_calls.iter().flatten() {
            self.call(number, call, events);
        }
        if let Some(function) = &delta.function_call {
            let arguments = wire::arguments(function.arguments);
            let name = function.name.as_deref().unwrap_or_default();
            self.piece_of_call(number, Some(0), "", name, &arguments, None, events);
        }
        for (name, member) in [("audio", delta.audio), ("images", delta.images)] {
            if let Some(raw) = wire::present(member) {
                let value = Native {
                    dialect: DIALECT.into(),
                    value: format!("{{\"{name}\":{}}}", raw.get()),
                };
                let index = self.text();
                events.push(Event::Native(at(number, index, value)));
            }
        }
        if let Some(annotations) = wire::present(delta.annotations) {
            let index = self.text();
            let all: Vec<Value> = serde_json::from_str(annotations.get()).unwrap_or_default();
            for annotation in all {
                events.push(Event::Citation(at(number, index, native(&annotation, DIALECT))));
            }
        }
    }

    /// Content as a list of parts, as Mistral's reasoning models give it.
    fn list(&mut self, number: u32, raw: &RawValue, events: &mut Vec<Event>) {
        let parts: Vec<Value> = serde_json::from_str(raw.get()).unwrap_or_default();
        for part in parts {
            match part.get("type").and_then(Value::as_str) {
                Some("text") => {
                    if let Some(text) = part["text"].as_str().filter(|text| !text.is_empty()) {
                        let index = self.text();
                        events.push(Event::Text(piece(number, index, text)));
                    }
                }
                Some("thinking") => {
                    let index = self.reasoning();
                    let pieces = part["thinking"].as_array().into_iter().flatten();
                    let text: String = pieces.filter_map(|piece| piece["text"].as_str()).collect();
                    let text = part["thinking"].as_str().map_or(text, str::to_owned);
                    if !text.is_empty() {
                        events.push(Event::Reasoning(piece(number, index, &text)));
                    }
                }
                _ => {
                    let index = self.parts;
                    self.parts += 1;
                    events.push(Event::Native(at(number, index, native(&part, DIALECT))));
                }
            }
        }
    }

    fn call(&mut self, number: u32, call: &ToolCall<'_>, events: &mut Vec<Event>) {
        if let Some(custom) = wire::present(call.custom) {
            let id = call.id.as_deref().unwrap_or_default();
            let value = json!({ "tool_calls": [{ "id": id, "type": "custom",
                "custom": serde_json::from_str::<Value>(custom.get()).unwrap_or_default() }] });
            let index = self.parts;
            self.parts += 1;
            events.push(Event::Native(at(number, index, native(&value, DIALECT))));
            return;
        }
        let function = call.function.as_ref();
        let name = function.and_then(|function| function.name.as_deref()).unwrap_or_default();
        let arguments = wire::arguments(function.and_then(|function| function.arguments));
        let id = call.id.as_deref().unwrap_or_default();
        let content = wire::present(call.extra_content);
        self.piece_of_call(number, call.index, id, name, &arguments, content, events);
    }

    #[expect(clippy::too_many_arguments, reason = "the members of one piece of a call")]
    fn piece_of_call(
        &mut self,
        number: u32,
        index: Option<u32>,
        id: &str,
        name: &str,
        arguments: &str,
        content: Option<&RawValue>,
        events: &mut Vec<Event>,
    ) {
        let position = match self.open_call(index, id, name) {
            Some(position) => position,
            None => {
                let part = self.parts;
                self.parts += 1;
                let extra = content.map(|raw| Native {
                    dialect: DIALECT.into(),
                    value: format!("{{\"extra_content\":{}}}", raw.get()),
                });
                events.push(Event::ToolCallStarted(ToolCallStarted {
                    choice: number,
                    index: part,
                    id: id.to_owned(),
                    name: name.to_owned(),
                    signature: None,
                    extra,
                }));
                self.calls.push(Call { part, index, id: id.to_owned(), arguments: String::new() });
                self.calls.len() - 1
            }
        };
        if let Some(call) = self.calls.get_mut(position)
            && !arguments.is_empty()
        {
            call.arguments.push_str(arguments);
            events.push(Event::ToolCallArguments(piece(number, call.part, arguments)));
        }
    }

    /// The call that a piece belongs to, or none where it opens a new one.
    ///
    /// The number should tell, but some providers give every call the number 0, and
    /// some give none. An id that differs opens a call; without an id, a name does
    /// once the arguments so far are whole.
    fn open_call(&self, index: Option<u32>, id: &str, name: &str) -> Option<usize> {
        let same_number = |call: &Call| index.is_none() || call.index == index;
        if !id.is_empty() {
            if let Some(position) =
                self.calls.iter().rposition(|call| call.id == id && same_number(call))
            {
                return Some(position);
            }
            // An id that comes late, or changes without a name, names no new call.
            if !name.is_empty() {
                return None;
            }
        }
        let position = self.calls.iter().rposition(same_number)?;
        let open = &self.calls[position];
        let whole = || serde_json::from_str::<serde::de::IgnoredAny>(&open.arguments).is_ok();
        let opens = !name.is_empty()
            && id.is_empty()
            && (open.arguments.is_empty() && index.is_none() || whole());
        (!opens).then_some(position)
    }

    fn finish(&self, number: u32, word: Option<&str>, text: &str) -> Event {
        let reason = match word {
            // Some say `stop` where the model wants its calls answered.
            Some("stop" | "eos" | "end_turn") if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some("stop" | "eos" | "end_turn" | "stop_sequence") => FinishReason::Stop,
            Some("length" | "max_tokens" | "model_length") => FinishReason::Length,
            Some("tool_calls" | "function_call" | "tool_use") => FinishReason::ToolCalls,
            Some("content_filter") => FinishReason::ContentFilter,
            Some("refusal") => FinishReason::Refusal,
            _ => FinishReason::Other,
        };
        let finished = Finished {
            choice: number,
            reason,
            raw: word.map(str::to_owned),
            extra: rest(number, text),
        };
        Event::Finished(finished)
    }

    fn text(&mut self) -> u32 {
        part(&mut self.text, &mut self.parts)
    }

    fn reasoning(&mut self) -> u32 {
        part(&mut self.reasoning, &mut self.parts)
    }
}

fn part(known: &mut Option<u32>, parts: &mut u32) -> u32 {
    *known.get_or_insert_with(|| {
        *parts += 1;
        *parts - 1
    })
}

fn piece(choice: u32, index: u32, text: &str) -> hotcell_sdk::Delta {
    hotcell_sdk::Delta { choice, index, text: text.to_owned() }
}

fn at(choice: u32, index: u32, value: Native) -> NativeAt {
    NativeAt { choice, index, value }
}

fn raw_native(raw: &RawValue) -> Native {
    Native { dialect: DIALECT.to_owned(), value: raw.get().to_owned() }
}

/// The members of an answer that belong to no choice.
fn started(chunk: &Chunk<'_>, text: &str) -> Event {
    let mut members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    for modelled in ["id", "model", "created", "choices", "usage", "object", "obfuscation", "p"] {
        members.remove(modelled);
    }
    members.retain(|_, value| !value.is_null());
    Event::Started(Started {
        id: wire::text(chunk.id).map(|id| id.into_owned()),
        model: chunk.model.as_deref().map(str::to_owned),
        created: chunk
            .created
            .and_then(|raw| raw.get().parse::<f64>().ok())
            .map(|time| time as u64),
        extra: extra(members, DIALECT),
    })
}

/// The members of a choice that end with it and that nothing else holds.
fn rest(number: u32, text: &str) -> Option<Native> {
    let mut answer: Value = serde_json::from_str(text).ok()?;
    let choices = answer.get_mut("choices")?.as_array_mut()?;
    let choice = choices.iter_mut().find(|choice| {
        choice.get("index").and_then(Value::as_u64).unwrap_or(0) == u64::from(number)
    })?;
    let members = choice.as_object_mut()?;
    for modelled in ["index", "delta", "message", "finish_reason", "logprobs"] {
        members.remove(modelled);
    }
    members.retain(|_, value| !value.is_null());
    extra(std::mem::take(members), DIALECT)
}

/// What reasoning details tell, where nothing else does.
fn details_text(raw: &str) -> Option<String> {
    let details: Vec<Value> = serde_json::from_str(raw).ok()?;
    let texts = details.iter().filter_map(|detail| {
        detail.get("text").or_else(|| detail.get("summary")).and_then(Value::as_str)
    });
    let text: String = texts.collect();
    (!text.is_empty()).then_some(text)
}
