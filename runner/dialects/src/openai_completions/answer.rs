//! A whole answer: `text_completion`.

use super::stream::word;
use crate::About;
use crate::json::{self, Merged};
use crate::openai_chat::piece::{self, Piece};
use hotcell::types::{ChatRequest, Event, Finished, Started, Usage};
use std::collections::BTreeMap;

/// Writes a whole answer.
pub fn write_answer(_: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
    let mut started: Option<Started> = None;
    let mut usage: Option<Usage> = None;
    let mut late = Merged::default();
    let mut choices: BTreeMap<u32, Choice> = BTreeMap::new();
    for event in events {
        match event {
            Event::Started(event) => started = Some(event),
            Event::Usage(event) => usage = Some(event),
            Event::Text(delta) | Event::Refusal(delta) => {
                choices.entry(delta.choice).or_default().text.push_str(&delta.text);
            }
            Event::Logprobs(at) if at.value.dialect == crate::openai_chat::DIALECT => {
                choices.entry(at.choice).or_default().logprobs.push(at.value.value);
            }
            Event::Native(at) => {
                if let Some(Piece::Chunk(mut chunk)) = Piece::of(&at.value) {
                    for choice in piece::choices(&mut chunk) {
                        choices.entry(at.choice).or_default().about.add(choice.without(KNOWN));
                    }
                    late.add(chunk);
                }
            }
            Event::Finished(finished) => {
                let number = finished.choice;
                choices.entry(number).or_default().finished = Some(finished);
            }
            // Text is all that the dialect has a word for.
            _ => {}
        }
    }
    let mut out = Vec::with_capacity(512);
    piece::head("text_completion", "cmpl-", started.as_ref(), &about, &mut out);
    json::name("choices", &mut out);
    out.push(b'[');
    for (number, choice) in choices {
        json::comma(&mut out);
        choice.write(number, &mut out);
    }
    out.push(b']');
    if let Some(usage) = &usage {
        json::name("usage", &mut out);
        piece::usage(usage, &mut out);
    }
    let mut members = Merged::default();
    members.add(started.as_ref().and_then(piece::beside).unwrap_or_default());
    members.merge(late);
    members.write(&mut out);
    out.push(b'}');
    out
}

/// Members of a choice that are written by themselves.
pub(super) const KNOWN: &[&str] =
    &["index", "text", "delta", "message", "finish_reason", "logprobs"];

#[derive(Default)]
struct Choice {
    text: String,
    logprobs: Vec<String>,
    about: Merged,
    finished: Option<Finished>,
}

impl Choice {
    fn write(mut self, number: u32, out: &mut Vec<u8>) {
        out.push(b'{');
        json::count("index", number.into(), out);
        json::text("text", &self.text, out);
        let logprobs = crate::openai_chat::logprobs::joined(self.logprobs);
        json::raw("logprobs", logprobs.as_deref().unwrap_or("null"), out);
        json::name("finish_reason", out);
        match &self.finished {
            Some(finished) => json::string(word(finished), out),
            None => out.extend_from_slice(b"null"),
        }
        let ending = self.finished.as_ref().and_then(|end| piece::own(end.extra.as_ref()));
        self.about.add(ending.unwrap_or_default().without(KNOWN));
        self.about.write(out);
        out.push(b'}');
    }
}
