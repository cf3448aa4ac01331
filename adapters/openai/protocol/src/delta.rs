//! One alternative of an answer: from what a chunk adds to it to events.
//!
//! What only this dialect has a word for becomes a native event in one of three forms,
//! which tell themselves apart: a part of a message's content has a `type`; members of
//! a message that go back with it stand alone (`{"reasoning_details": […]}`); and a
//! piece of a chunk that only tells something says so
//! (`{"object": "chat.completion.chunk", …}`).

use crate::DIALECT;
use crate::assembly::Told;
use crate::calls::Calls;
use crate::json::{self, Members};
use crate::media::{self, Audio};
use crate::reasoning::Reasoning;
use crate::tell::Teller;
use crate::wire::{self, Delta};
use hotcell_sdk::{Event, FinishReason, Finished, MediaEvent, Native};

/// One alternative so far.
#[derive(Default)]
pub(crate) struct Choice {
    pub(crate) number: u32,
    parts: u32,
    text: Option<u32>,
    /// A text came, and had nothing in it.
    empty: bool,
    refusal: Option<u32>,
    reasoning: Reasoning,
    calls: Calls,
    audio: Audio,
    told: Told,
    finish: Option<Finish>,
}

/// What a provider says of a choice's end. It is told when the answer is over: some say
/// it with every chunk.
struct Finish {
    word: String,
    extra: Option<Native>,
}

impl Choice {
    pub(crate) fn new(number: u32) -> Self {
        Self { number, ..Self::default() }
    }

    /// Whether the provider has said why it ended.
    pub(crate) fn has_finish(&self) -> bool {
        self.finish.is_some()
    }

    /// What a chunk adds to the message.
    pub(crate) fn chunk(
        &mut self,
        choice: &wire::Choice<'_>,
        whole: bool,
        events: &mut Vec<Event>,
    ) {
        // A whole answer is in `message`. In a stream, a message beside the deltas only
        // repeats what came before.
        let (delta, message) = (choice.delta.as_ref(), choice.message.as_ref());
        let delta = match whole {
            true => message.or(delta),
            false => delta.or(message.filter(|_| self.parts == 0)),
        };
        let mut parts = self.parts;
        let mut teller = Teller { choice: self.number, parts: &mut parts, events };
        if let Some(delta) = delta {
            self.delta(delta, whole, &mut teller);
        }
        if let Some(text) = json::text(choice.text) {
            let index = part(&mut self.text, &mut teller);
            teller.text(Event::Text, index, text);
        }
        if let Some(logprobs) = json::present(choice.logprobs) {
            let index = self.text.or(self.refusal).unwrap_or(0);
            teller.value(Event::Logprobs, index, logprobs.to_owned());
        }
        self.parts = parts;
    }

    /// What a chunk says about the choice: why it ended, if it did. The last word counts.
    pub(crate) fn about(
        &mut self,
        choice: &wire::Choice<'_>,
        word: Option<&str>,
        events: &mut Vec<Event>,
    ) {
        let news = self.told.news(&choice.rest);
        match (word, &mut self.finish) {
            (Some(word), None) => {
                let extra = choice.rest.extra(DIALECT);
                self.finish = Some(Finish { word: word.to_owned(), extra });
                return;
            }
            (Some(word), Some(finish)) => word.clone_into(&mut finish.word),
            (None, _) => {}
        }
        if !news.is_empty() {
            let (number, members) = (self.number, json::object(news));
            let members = members.trim_start_matches('{');
            let choice = format!("\"choices\":[{{\"index\":{number},{members}]}}");
            Teller { choice: number, parts: &mut self.parts, events }.piece_of_chunk(&choice);
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, whole: bool, teller: &mut Teller<'_>) {
        self.reasoning.take(delta, teller);
        match delta.content {
            Some(raw) if raw.starts_with('[') => self.list(raw, teller),
            content => match json::text(content) {
                Some(text) => {
                    let index = part(&mut self.text, teller);
                    teller.text(Event::Text, index, text);
                }
                None => self.empty |= content == Some("\"\""),
            },
        }
        if let Some(text) = json::text(delta.refusal) {
            let index = part(&mut self.refusal, teller);
            teller.text(Event::Refusal, index, text);
        }
        for call in &delta.tool_calls {
            self.calls.take(call, teller);
        }
        if let Some(function) = &delta.function_call {
            self.calls.take_only(function, teller);
        }
        if let Some(audio) = json::present(delta.audio) {
            self.sound(audio, whole, teller);
        }
        if let Some(images) = json::present(delta.images) {
            media::images(images, teller);
        }
        if let Some(annotations) = json::present(delta.annotations) {
            let index = part(&mut self.text, teller);
            for annotation in json::list(annotations).unwrap_or_default() {
                teller.value(Event::Citation, index, annotation.to_owned());
            }
        }
        if !delta.rest.0.is_empty() {
            teller.piece_of_delta(&json::object(delta.rest.pairs()));
        }
    }

    /// A client of this dialect hears a stream's sound as it comes, all others at the end.
    #[inline(never)]
    fn sound(&mut self, audio: &str, whole: bool, teller: &mut Teller<'_>) {
        if !whole {
            teller.piece_of_delta(&json::object([("audio", audio)]));
        }
        self.audio.take(audio);
    }

    /// Content as a list of parts, as Mistral and Databricks give it. Out of line, so that the
    /// others' chunks take less of the stack.
    #[inline(never)]
    fn list(&mut self, raw: &str, teller: &mut Teller<'_>) {
        for value in json::list(raw).unwrap_or_default() {
            let members = Members::of(value).unwrap_or_default();
            match members.text("type").as_deref() {
                Some("text" | "output_text") => {
                    let citations = json::present(members.get("citations")).and_then(json::list);
                    let text = members.text("text");
                    if text.is_some() || citations.is_some() {
                        let index = part(&mut self.text, teller);
                        if let Some(text) = text {
                            teller.text(Event::Text, index, text);
                        }
                        for citation in citations.into_iter().flatten() {
                            teller.value(Event::Citation, index, citation.to_owned());
                        }
                    }
                }
                Some("reasoning") => self.reasoning.summary(&members, teller),
                Some("thinking") => self.reasoning.thinking(&members, teller),
                Some("reference") => {
                    let index = part(&mut self.text, teller);
                    teller.value(Event::Citation, index, value.to_owned());
                }
                _ => {
                    let index = teller.next_part();
                    teller.value(Event::Native, index, value.to_owned());
                }
            }
        }
    }

    /// The answer is over: tells what waited for that.
    pub(crate) fn end(&mut self, events: &mut Vec<Event>) {
        let mut parts = self.parts;
        let mut teller = Teller { choice: self.number, parts: &mut parts, events };
        if self.empty && self.text.is_none() {
            // To a client of this dialect that is not the same as null, to all others it is.
            teller.piece_of_delta(r#"{"content":""}"#);
        }
        self.calls.finish(&mut teller);
        if let Some(part) = self.audio.part() {
            let (choice, index) = (self.number, teller.next_part());
            teller.tell(Event::Media(MediaEvent { choice, index, part }));
        }
        let finish = self.finish.take();
        let word = finish.as_ref().map(|finish| finish.word.to_ascii_lowercase());
        let reason = match word.as_deref() {
            // Some say `stop` where the model waits for its calls.
            Some("stop") if !self.calls.is_empty() => FinishReason::ToolCalls,
            Some("stop") if self.refusal.is_some() && self.text.is_none() => FinishReason::Refusal,
            Some("stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence") => FinishReason::Stop,
            Some("length" | "max_tokens" | "model_length") => FinishReason::Length,
            Some("tool_calls" | "function_call" | "tool_use") => FinishReason::ToolCalls,
            Some("content_filter" | "sensitive") => FinishReason::ContentFilter,
            Some("refusal") => FinishReason::Refusal,
            _ => FinishReason::Other,
        };
        let (raw, extra) = finish.map_or((None, None), |finish| (Some(finish.word), finish.extra));
        teller.tell(Event::Finished(Finished { choice: self.number, reason, raw, extra }));
    }
}

/// The number of a part, which begins if it has not yet.
fn part(known: &mut Option<u32>, teller: &mut Teller<'_>) -> u32 {
    *known.get_or_insert_with(|| teller.next_part())
}
