//! A streamed answer: frames of `text_completion`, and `[DONE]`.

use super::answer::KNOWN;
use crate::json::{self, Members};
use crate::openai_chat::piece::{self, Piece};
use crate::openai_chat::{refusal, stream};
use crate::{About, AnswerWriter};
use hotcell::types::{ChatRequest, Delta, Event, Failure, FinishReason, Finished, NativeAt, Usage};

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    about: About,
    /// Whether the client asked for a chunk with the usage.
    wants_usage: bool,
    /// What every frame begins with.
    head: Vec<u8>,
    /// Members of the answer that go with the next frame.
    lead: Vec<u8>,
    usage: Option<Usage>,
}

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(request: &ChatRequest, about: About) -> Self {
        Self {
            wants_usage: stream::wants_usage(request),
            head: stream::head("text_completion", "cmpl-", None, &about),
            about,
            lead: Vec::new(),
            usage: None,
        }
    }

    fn open(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if !self.lead.is_empty() {
            out.push(b',');
            out.append(&mut self.lead);
        }
    }

    /// A frame with this text of a choice, and what else is said of it.
    fn frame(
        &mut self,
        choice: u32,
        text: &str,
        logprobs: Option<&str>,
        finish: Option<&str>,
        rest: &Members<'_>,
        out: &mut Vec<u8>,
    ) {
        self.open(out);
        out.extend_from_slice(b",\"choices\":[{\"index\":");
        json::number(choice, out);
        json::text("text", text, out);
        json::raw("logprobs", logprobs.unwrap_or("null"), out);
        json::name("finish_reason", out);
        match finish {
            Some(word) => json::string(word, out),
            None => out.extend_from_slice(b"null"),
        }
        rest.write(out);
        out.extend_from_slice(b"}]}\n\n");
    }

    fn text(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        if !delta.text.is_empty() {
            self.frame(delta.choice, &delta.text, None, None, &Members::default(), out);
        }
    }

    fn native(&mut self, at: &NativeAt, out: &mut Vec<u8>) {
        let Some(Piece::Chunk(mut chunk)) = Piece::of(&at.value) else { return };
        let choices = piece::choices(&mut chunk);
        stream::settle(&mut chunk, &mut self.head);
        chunk.write(&mut self.lead);
        for choice in choices {
            let choice = choice.without(KNOWN);
            if !choice.0.is_empty() {
                self.frame(at.choice, "", None, None, &choice, out);
            }
        }
    }

    fn finished(&mut self, finished: &Finished, out: &mut Vec<u8>) {
        let rest = piece::own(finished.extra.as_ref()).unwrap_or_default().without(KNOWN);
        self.frame(finished.choice, "", None, Some(word(finished)), &rest, out);
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        match event {
            Event::Text(delta) | Event::Refusal(delta) => self.text(&delta, out),
            Event::Started(started) => {
                self.head = stream::head("text_completion", "cmpl-", Some(&started), &self.about);
                if let Some(mut members) = piece::beside(&started) {
                    stream::settle(&mut members, &mut self.head);
                    members.write(&mut self.lead);
                }
            }
            Event::Logprobs(at) if at.value.dialect == crate::openai_chat::DIALECT => {
                let logprobs = Some(at.value.value.as_str());
                self.frame(at.choice, "", logprobs, None, &Members::default(), out);
            }
            Event::Native(at) => self.native(&at, out),
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Finished(finished) => self.finished(&finished, out),
            // Text is all that the dialect has a word for.
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let usage = self.usage.take().filter(|_| self.wants_usage);
        if usage.is_some() || !self.lead.is_empty() {
            self.open(out);
            out.extend_from_slice(b",\"choices\":[]");
            if let Some(usage) = usage {
                json::name("usage", out);
                piece::usage(&usage, out);
            }
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: ");
        refusal::write(failure, out);
        out.extend_from_slice(b"\n\n");
    }
}

/// Why a text ended: of the dialect's three words.
pub(super) fn word(finished: &Finished) -> &'static str {
    match finished.reason {
        FinishReason::Length => "length",
        FinishReason::ContentFilter | FinishReason::Refusal => "content_filter",
        _ => "stop",
    }
}
