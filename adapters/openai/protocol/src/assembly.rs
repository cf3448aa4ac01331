//! What an answer is made of so far, and what a chunk adds.

use crate::delta::Choice;
use crate::json::{self, Members};
use crate::reader::Reader;
use crate::tell::Teller;
use crate::wire::{self, Chunk};
use crate::{DIALECT, error, usage};
use hotcell_sdk::{Assemble, Event, Failure, FailureKind, Header, Native, Started, warning};
use std::borrow::Cow;

/// An answer so far.
#[derive(Default)]
pub struct Assembly {
    started: bool,
    /// `[DONE]` has come.
    ended: bool,
    /// Members that came before the answer did.
    early: Vec<(String, String)>,
    choices: Vec<Choice>,
    told: Told,
    usage: String,
}

/// Members that are the same in every chunk are told once.
#[derive(Default)]
pub(crate) struct Told(Vec<(String, String)>);

impl Assemble for Assembly {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = data.trim();
        match (data, name) {
            ("", _) => Ok(()),
            ("[DONE]", _) => {
                self.ended = true;
                Ok(())
            }
            // Some gateways name what went wrong, and then say it in words of their own.
            (_, "error") => Err(error::in_answer(data)),
            (_, "ping") => Ok(()),
            _ => self.chunk(data, false, events),
        }
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.chunk(body, true, events)?;
        if self.choices.is_empty() {
            return Err(Failure::malformed("the answer has no choices"));
        }
        self.choices.iter_mut().for_each(|choice| choice.end(events));
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    /// A stream is whole when every choice has said why it ended, with `[DONE]` or
    /// without, or when `[DONE]` has come after one began. One that just ends is cut off.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        let silent = !self.choices.iter().all(Choice::has_finish);
        if self.choices.is_empty() || (silent && !self.ended) {
            return Err(Failure::malformed("the answer ended without a finish reason"));
        }
        if silent {
            events.push(warning("the provider ended its answer without saying why"));
        }
        self.choices.iter_mut().for_each(|choice| choice.end(events));
        Ok(())
    }

    fn annotate(&self, failure: &mut Failure, headers: &[Header]) {
        error::complete(failure, headers);
    }
}

impl Assembly {
    /// Reads a chunk, or a whole answer, and adds its events.
    fn chunk(&mut self, text: &str, whole: bool, events: &mut Vec<Event>) -> Result<(), Failure> {
        let chunk = Reader::whole(text, Chunk::read)
            .map_err(|why| Failure::malformed(format!("a chunk is not JSON: {why}")))?;
        if json::present(chunk.error).is_some() {
            return Err(error::in_answer(text));
        }
        if chunk.choices.is_none()
            && chunk.usage.is_none()
            && let Some(failure) = error::of_body(text, None, &[])
        {
            return Err(failure);
        }
        if !text.trim_start().starts_with('{') {
            return Err(Failure::malformed("a chunk is not an object"));
        }
        self.members(&chunk, events);
        for (position, choice) in (0..).zip(chunk.choices.iter().flatten()) {
            // Without a number it is told by its place.
            let number = json::index(choice.index).unwrap_or(position);
            self.choice(number, choice, whole, text, events)?;
        }
        self.usage(&chunk, events);
        Ok(())
    }

    /// The members of an answer that belong to no choice.
    fn members(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let news = self.told.news(&chunk.rest);
        if self.started {
            if !news.is_empty() {
                let members = json::object(news);
                let members = members.trim_start_matches('{');
                Teller { choice: 0, parts: &mut 0, events }.piece_of_chunk(members);
            }
            return;
        }
        let (id, model) = (json::text(chunk.id), json::text(chunk.model));
        let empty = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        let owned = news.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.early.extend(owned);
        // Azure tells of the prompt's filters before it knows the model.
        if id.is_none() && model.is_none() && empty && chunk.usage.is_none() {
            return;
        }
        self.started = true;
        let early = std::mem::take(&mut self.early);
        let members = early.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let extra = || Native { dialect: DIALECT.to_owned(), value: json::object(members) };
        events.push(Event::Started(Started {
            id: id.map(Cow::into_owned),
            model: model.map(Cow::into_owned),
            created: json::count(chunk.created),
            extra: (!early.is_empty()).then(extra),
        }));
    }

    fn choice(
        &mut self,
        number: u32,
        choice: &wire::Choice<'_>,
        whole: bool,
        text: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if json::present(choice.error).is_some() {
            return Err(error::in_answer(text));
        }
        let known = self.choices.iter().position(|known| known.number == number);
        let position = known.unwrap_or_else(|| {
            self.choices.push(Choice::new(number));
            self.choices.len() - 1
        });
        let Some(state) = self.choices.get_mut(position) else { return Ok(()) };
        state.chunk(choice, whole, events);
        let word = json::text(choice.finish_reason);
        if word.as_deref() == Some("error") {
            let failure = Failure::new(
                FailureKind::ProviderError,
                "the provider broke the answer off with an error that it does not name",
            );
            return Err(failure.with_code("error").with_raw(DIALECT, text));
        }
        state.about(choice, word.as_deref(), events);
        Ok(())
    }

    /// Usage stands in the last chunk, in every chunk, in a choice, or in a member of
    /// Groq's own.
    fn usage(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let choices = chunk.choices.iter().flatten();
        let usage = json::present(chunk.usage)
            .or_else(|| choices.filter_map(|choice| json::present(choice.usage)).next_back())
            .or_else(|| usage::of_groq(&chunk.rest));
        let Some(raw) = usage.filter(|raw| *raw != self.usage) else { return };
        if let Some(usage) = usage::read(raw) {
            raw.clone_into(&mut self.usage);
            events.push(Event::Usage(usage));
        }
    }
}

impl Told {
    /// The members whose value has not been told yet.
    pub(crate) fn news<'r>(&mut self, rest: &'r Members<'_>) -> Vec<(&'r str, &'r str)> {
        let mut news = Vec::new();
        for (name, value) in rest.pairs() {
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
