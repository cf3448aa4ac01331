//! An answer, from the provider's events to ours
//! (<https://platform.openai.com/docs/api-reference/responses-streaming>).

use crate::DIALECT;
use crate::error;
use crate::item::{Item, Kind};
use crate::slot::Slot;
use crate::tell::{Teller, native};
use crate::usage;
use hotcell_openai_chat::json::{Members, count, index, list, object, present, value};
use hotcell_sdk::{Assemble, Event, Failure, FailureKind, FinishReason, Finished, Header, Started};
use std::borrow::Cow;

/// How many items an answer may have. A hundred are many.
const ITEMS: usize = 4096;

/// Members of a response that have a word of their own in our events.
const MODELLED: &[&str] = &[
    "created_at",
    "error",
    "id",
    "incomplete_details",
    "model",
    "object",
    "output",
    "output_text",
    "status",
    "usage",
];

/// The answer so far.
#[derive(Default)]
pub struct Assembly {
    started: bool,
    ended: bool,
    parts: u32,
    items: Vec<Item>,
    /// Members of the response as they were told.
    told: Vec<(String, String)>,
    /// The id that the answer has to have: it is one that the provider keeps.
    stored: Option<String>,
    /// The client speaks this dialect.
    exact: bool,
}

impl Assemble for Assembly {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let data = data.trim();
        // The end is told by an event; routers add this word to it.
        if data.is_empty() || data == "[DONE]" || matches!(name, "ping" | "keepalive") {
            return Ok(());
        }
        let event = match Members::checked(data) {
            Some(event) => event,
            None => {
                let whole = value(data, "an event")
                    .map_err(|failure| Failure::malformed(failure.message))?;
                self.unknown(None, whole, events);
                return Ok(());
            }
        };
        let kind = event.text("type").unwrap_or(Cow::Borrowed(name));
        match kind.strip_prefix("response.") {
            Some(kind) => self.take(kind, &event, data, events),
            None if kind == "error" || present(event.get("error")).is_some() => {
                Err(error::in_answer(data))
            }
            None if matches!(kind.as_ref(), "ping" | "keepalive") => Ok(()),
            None => {
                self.unknown(Some(&event), data, events);
                Ok(())
            }
        }
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        let response = Members::checked(body).ok_or_else(|| {
            // What is no JSON says where it goes wrong.
            let why = value(body, "the answer").err().map(|failure| failure.message);
            Failure::malformed(why.unwrap_or_else(|| "the answer is not an object".to_owned()))
        })?;
        if !response.has("output") && response.text("status").as_deref() != Some("failed") {
            if present(response.get("error")).is_some() {
                return Err(error::in_answer(body));
            }
            return Err(Failure::malformed("the answer has no output"));
        }
        self.check(&response)?;
        self.start(&response, events);
        self.finish(None, &response, body, events)
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
        match self.ended {
            true => Ok(()),
            false => Err(Failure::malformed("the stream ended before `response.completed`")),
        }
    }

    fn annotate(&self, failure: &mut Failure, headers: &[Header]) {
        error::complete(failure, headers);
    }
}

impl Assembly {
    /// Of an answer for a client that may speak this dialect.
    pub(crate) fn to(exact: bool) -> Self {
        Self { exact, ..Self::default() }
    }

    /// Of an answer that the provider keeps under this id.
    pub(crate) fn of(id: String) -> Self {
        Self { stored: Some(id), exact: true, ..Self::default() }
    }

    /// A provider that takes one answer for another would show somebody what is not theirs.
    fn check(&self, response: &Members<'_>) -> Result<(), Failure> {
        match self.stored.as_deref() {
            Some(id) if response.text("id").as_deref() != Some(id) => {
                Err(Failure::malformed("the provider gave another answer than was asked for"))
            }
            _ => Ok(()),
        }
    }

    /// Takes in one event, by its name without `response.`.
    fn take(
        &mut self,
        kind: &str,
        event: &Members<'_>,
        data: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Some((slot, step)) = Slot::of(kind, event) {
            let (item, mut teller) = self.item(event, slot.kind(), events)?;
            item.piece(slot, step, event, &mut teller);
            return Ok(());
        }
        match kind {
            "created" | "in_progress" | "queued" => {
                if let Some(response) = event.inner("response") {
                    self.check(&response)?;
                    self.start(&response, events);
                }
            }
            "completed" | "incomplete" | "failed" | "cancelled" => {
                let raw = event.get("response").unwrap_or("{}");
                let response = Members::of(raw).unwrap_or_default();
                return self.finish(Some(kind), &response, raw, events);
            }
            "output_item.added" | "output_item.done" => {
                let raw = event.get("item").unwrap_or("{}");
                let members = Members::of(raw).unwrap_or_default();
                let (item, mut teller) = self.item(event, Kind::of(&members), events)?;
                if kind == "output_item.done" {
                    item.close(&members, raw, &mut teller);
                } else if item.open(&members, &mut teller) {
                    self.unknown(Some(event), data, events);
                }
            }
            // The same again, as a whole, and what else is said of it.
            "content_part.added"
            | "content_part.done"
            | "reasoning_summary_part.added"
            | "reasoning_summary_part.done" => {
                let part = event.inner("part").unwrap_or_default();
                if let Some(slot) = Slot::of_part(event, &part) {
                    let (item, mut teller) = self.item(event, slot.kind(), events)?;
                    item.tell_of_entry(slot, &part, &mut teller);
                }
            }
            _ => self.unknown(Some(event), data, events),
        }
        Ok(())
    }

    /// The item that an event is about.
    fn item<'s, 'e>(
        &'s mut self,
        event: &Members<'_>,
        kind: Kind,
        events: &'e mut Vec<Event>,
    ) -> Result<(&'s mut Item, Teller<'e>), Failure>
    where
        's: 'e,
    {
        // An event that does not say where it belongs goes on with the last item.
        let last = self.items.last().map_or(0, |item| item.number);
        let number = index(event.get("output_index")).unwrap_or(last);
        let known = self.items.iter().rposition(|item| item.number == number);
        let position = match known {
            Some(position) => position,
            None if self.items.len() >= ITEMS => {
                return Err(Failure::malformed(format!("the answer has more than {ITEMS} items")));
            }
            None => {
                self.items.push(Item::new(number, kind));
                self.items.len() - 1
            }
        };
        let Self { items, parts, exact, .. } = self;
        Ok((&mut items[position], Teller { parts, events, exact: *exact }))
    }

    /// Something of the stream that has no word here, as it was sent.
    fn unknown(&mut self, event: Option<&Members<'_>>, data: &str, events: &mut Vec<Event>) {
        let number = event.and_then(|event| index(event.get("output_index")));
        let item = number.and_then(|number| self.items.iter().rfind(|item| item.number == number));
        let at = item.map_or(self.parts.saturating_sub(1), Item::part);
        let mut teller = Teller { parts: &mut self.parts, events, exact: self.exact };
        teller.value(Event::Native, at, object([("event", data)]));
    }

    /// The answer begins; what is known of it is told once.
    fn start(&mut self, response: &Members<'_>, events: &mut Vec<Event>) {
        if self.started || !self.items.is_empty() {
            return;
        }
        self.started = true;
        events.push(Event::Started(Started {
            id: response.text("id").map(Cow::into_owned),
            model: response.text("model").map(Cow::into_owned),
            created: count(response.get("created_at")),
            // Even nothing is told: it says whose answer it is.
            extra: Some(native(self.news(response).unwrap_or_else(|| "{}".to_owned()))),
        }));
    }

    /// The members of the response that have not been told yet, as an object.
    fn news(&mut self, response: &Members<'_>) -> Option<String> {
        let mut news = Vec::new();
        for (name, value) in response.pairs() {
            if MODELLED.contains(&name) {
                continue;
            }
            match self.told.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) if known == value => continue,
                Some((_, known)) => value.clone_into(known),
                None => self.told.push((name.to_owned(), value.to_owned())),
            }
            news.push((name, value));
        }
        (!news.is_empty()).then(|| object(news))
    }

    /// The response as a whole, at its end. `kind` is the event that it came with.
    fn finish(
        &mut self,
        kind: Option<&str>,
        response: &Members<'_>,
        raw: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        self.check(response)?;
        let status = response.text("status").or(kind.map(Cow::Borrowed)).unwrap_or_default();
        if status == "failed" || present(response.get("error")).is_some() {
            return Err(error::of_failed(raw, response));
        }
        let reason = response.inner("incomplete_details").and_then(|why| why.text("reason"));
        self.output(response, events)?;
        let reason = match (status.as_ref(), reason.as_deref()) {
            ("completed", _) => self.reason(),
            ("incomplete", Some("max_output_tokens")) => FinishReason::Length,
            ("incomplete", Some("content_filter")) => FinishReason::ContentFilter,
            ("incomplete", _) => FinishReason::Other,
            ("cancelled", _) => {
                let failure = Failure::new(
                    FailureKind::ProviderError,
                    "the answer was cancelled at the provider",
                );
                return Err(failure.with_code("cancelled").with_raw(DIALECT, raw));
            }
            // It has been taken in, and is fetched when it is ready.
            ("queued" | "in_progress", _)
                if kind.is_none()
                    && self.stored.is_none()
                    && response.get("background") == Some("true") =>
            {
                FinishReason::Other
            }
            // What an event of the end says counts; some providers leave the status.
            _ if kind == Some("completed") => self.reason(),
            _ => {
                return Err(Failure::malformed(format!(
                    "the answer is not complete: its status is `{status}`"
                )));
            }
        };
        if let Some(usage) = present(response.get("usage")).and_then(usage::read) {
            events.push(Event::Usage(usage));
        }
        let news = self.news(response);
        let mut extra = Members::default();
        if let Some(details) = present(response.get("incomplete_details")) {
            extra.0.push((Cow::Borrowed("incomplete_details"), details));
        }
        extra.0.extend(news.as_deref().and_then(Members::of).unwrap_or_default().0);
        self.ended = true;
        let extra = extra.extra(DIALECT);
        let raw = Some(status.into_owned());
        events.push(Event::Finished(Finished { choice: 0, reason, raw, extra }));
        Ok(())
    }

    /// What the response as a whole has of its output that no event told.
    fn output(&mut self, response: &Members<'_>, events: &mut Vec<Event>) -> Result<(), Failure> {
        let output = response.get("output").and_then(list).unwrap_or_default();
        let all = self.items.is_empty();
        for (number, raw) in (0_u32..).zip(output) {
            let known = self.items.iter().any(|item| item.number == number);
            if !known && !all {
                continue;
            }
            let members = Members::of(raw).unwrap_or_default();
            let place = number.to_string();
            let place = Members(vec![(Cow::Borrowed("output_index"), place.as_str())]);
            let (item, mut teller) = self.item(&place, Kind::of(&members), events)?;
            item.close(&members, raw, &mut teller);
        }
        Ok(())
    }

    fn reason(&self) -> FinishReason {
        let waits = |item: &Item| {
            let answered = |other: &Item| other.answers(item);
            item.waits() && !self.items.iter().any(answered)
        };
        if self.items.iter().any(waits) {
            FinishReason::ToolCalls
        } else if self.items.iter().any(|item| item.has(Slot::is_refusal))
            && !self.items.iter().any(|item| item.has(Slot::is_text))
        {
            FinishReason::Refusal
        } else {
            FinishReason::Stop
        }
    }
}
