//! An answer, as a client of this dialect reads it
//! (<https://ai.google.dev/api/generate-content#generatecontentresponse>).
//!
//! Each piece of a stream is a whole response. Calls come in one piece here, and so do
//! signatures: they wait for the end of what they are made of.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | what the adapter of this dialect told | what its provider said |
//! | text, refusals | `text` |
//! | reasoning | `text` that is a `thought` |
//! | a signature of another dialect, reasoning in cipher | the `thoughtSignature` of a thought without words, in the form of `opaque.rs`. It holds the reasoning as well, for clients send a streamed answer back in the pieces that it came in |
//! | calls | `functionCall`; arguments that are no object are wrapped as `{"INVALID_JSON": …}` |
//! | media | `inlineData`, `fileData` |
//! | citations, probabilities of other dialects | nothing |
//! | usage | `usageMetadata` with every piece, as far as it is known |
//! | the end | `finishReason` in a last piece |

mod candidate;
mod piece;

use super::{DIALECT, refusal};
use crate::json::{self, Kept};
use crate::{About, AnswerWriter};
use candidate::Candidate;
use hotcell::types::{ChatRequest, Delta, Event, Failure, Finished, Native, Started, Usage};
use piece::{Piece, Sort};

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    form: Form,
    /// The dialect of the answer, as soon as it is known.
    origin: String,
    id: Option<String>,
    model: Option<String>,
    extra: Kept,
    usage: Option<Usage>,
    /// What every piece ends with.
    tail: Vec<u8>,
    candidates: Vec<Candidate>,
    begun: bool,
}

/// Members that stand in a place of their own, in an answer and in a candidate.
const PLACED: &[&str] = &["candidates", "usageMetadata", "modelVersion", "responseId"];
const OF_CANDIDATE: &[&str] = &["content", "index", "finishReason"];

/// How pieces are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As server-sent events.
    Events,
    /// As the elements of one list.
    List,
    /// Not at all: all of the answer is one piece.
    Whole,
}

/// Writes a whole answer.
pub fn write_answer(request: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
    let mut writer = StreamWriter { form: Form::Whole, ..StreamWriter::new(request, about) };
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out);
    }
    writer.end(&mut out);
    out
}

impl StreamWriter {
    /// Of an answer to this request, as server-sent events.
    pub fn new(_: &ChatRequest, about: About) -> Self {
        let mut writer = Self {
            form: Form::Events,
            origin: String::new(),
            id: Some(about.id),
            model: Some(about.model),
            extra: Kept::default(),
            usage: None,
            tail: Vec::new(),
            candidates: Vec::new(),
            begun: false,
        };
        writer.write_tail();
        writer
    }

    /// The same as one JSON list, which clients get that do not ask for `alt=sse`. Its media
    /// type is `application/json`.
    #[must_use]
    pub fn as_list(self) -> Self {
        Self { form: Form::List, ..self }
    }

    fn start(&mut self, started: Started) {
        let Started { id, model, extra, .. } = started;
        self.hear(extra.as_ref());
        match extra.filter(|extra| extra.dialect == DIALECT) {
            Some(extra) => {
                (self.id, self.model) = (id, model);
                let extra = Kept::of(&extra.value).unwrap_or_default();
                self.extra = extra.without(PLACED);
            }
            None => self.model = model.or(self.model.take()),
        }
        self.write_tail();
    }

    fn hear(&mut self, native: Option<&Native>) {
        if let Some(native) = native.filter(|_| self.origin.is_empty()) {
            self.origin.clone_from(&native.dialect);
        }
    }

    /// What every piece has besides its candidates.
    fn write_tail(&mut self) {
        let tail = &mut self.tail;
        tail.clear();
        if let Some(usage) = &self.usage {
            tail.extend_from_slice(b",\"usageMetadata\":");
            write_usage(tail, usage);
        }
        for (name, value) in [("modelVersion", &self.model), ("responseId", &self.id)] {
            let Some(value) = value else { continue };
            tail.push(b',');
            json::string(name, tail);
            tail.push(b':');
            json::string(value, tail);
        }
        self.extra.write_behind(tail);
        tail.push(b'}');
    }

    fn candidate(&mut self, choice: u32) -> &mut Candidate {
        let known = self.candidates.iter().position(|candidate| candidate.choice == choice);
        let place = known.unwrap_or_else(|| {
            self.candidates.push(Candidate::new(choice));
            self.candidates.len() - 1
        });
        &mut self.candidates[place]
    }

    /// Sends what waits no longer, and then a piece.
    fn add(&mut self, choice: u32, piece: Option<Piece>, out: &mut Vec<u8>) {
        let whole = self.form == Form::Whole;
        let candidate = self.candidate(choice);
        let mut ready = candidate.ready(piece.as_ref());
        match piece {
            Some(call) if call.sort == Sort::Call => candidate.wait(call),
            piece => ready.extend(piece),
        }
        if whole {
            return ready.into_iter().for_each(|piece| candidate.keep(piece));
        }
        for piece in ready {
            self.send(choice, &piece, out);
        }
    }

    fn send(&mut self, choice: u32, piece: &Piece, out: &mut Vec<u8>) {
        self.open(out);
        out.extend_from_slice(b"{\"candidates\":[{\"content\":{\"parts\":[");
        piece.write(out);
        out.extend_from_slice(b"],\"role\":\"model\"},\"index\":");
        json::number(choice, out);
        out.extend_from_slice(b"}]");
        self.close(out);
    }

    /// More words, or more thought, where nothing waits: most of an answer. False where
    /// something does.
    fn more(&mut self, delta: &Delta, thought: bool, out: &mut Vec<u8>) -> bool {
        let known = self.candidates.iter().find(|known| known.choice == delta.choice);
        let goes_on = |known: &Candidate| known.goes_on(delta.index, thought);
        if self.form == Form::Whole || !known.is_some_and(goes_on) {
            return false;
        }
        self.open(out);
        out.extend_from_slice(b"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":");
        json::string(&delta.text, out);
        out.extend_from_slice(if thought { b",\"thought\":true" } else { b"" });
        out.extend_from_slice(b"}],\"role\":\"model\"},\"index\":");
        json::number(delta.choice, out);
        out.extend_from_slice(b"}]");
        self.close(out);
        true
    }

    /// A member of a candidate, which comes with a part that says nothing.
    fn member(&mut self, choice: u32, members: Kept, out: &mut Vec<u8>) {
        self.add(choice, None, out);
        if self.form == Form::Whole {
            return self.candidate(choice).members.merge(members);
        }
        self.open(out);
        out.extend_from_slice(
            b"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"}",
        );
        members.write_behind(out);
        out.extend_from_slice(b",\"index\":");
        json::number(choice, out);
        out.extend_from_slice(b"}]");
        self.close(out);
    }

    fn open(&mut self, out: &mut Vec<u8>) {
        let begun = std::mem::replace(&mut self.begun, true);
        out.extend_from_slice(match (self.form, begun) {
            (Form::Events, _) => b"data: ".as_slice(),
            (Form::List, false) => b"[",
            (Form::List, true) => b",\r\n",
            (Form::Whole, _) => b"",
        });
    }

    fn close(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.tail);
        if self.form == Form::Events {
            out.extend_from_slice(b"\r\n\r\n");
        }
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        let own = |native: &Native| native.dialect == DIALECT;
        match event {
            Event::Warning(_) => {}
            Event::Started(started) => self.start(started),
            Event::Text(delta) | Event::Refusal(delta) => {
                if self.more(&delta, false, out) {
                    return;
                }
                let piece = Piece::words(delta.index, &delta.text, false);
                self.add(delta.choice, Some(piece), out);
            }
            Event::Reasoning(delta) => {
                if self.origin != DIALECT {
                    self.candidate(delta.choice).think(delta.index, &delta.text);
                }
                if self.more(&delta, true, out) {
                    return;
                }
                let piece = Piece::words(delta.index, &delta.text, true);
                self.add(delta.choice, Some(piece), out);
            }
            Event::Signature(delta) => {
                let own = self.origin == DIALECT;
                let candidate = self.candidate(delta.choice);
                let piece = candidate.signature(delta.index, delta.text, own);
                self.add(delta.choice, piece, out);
            }
            Event::RedactedReasoning(delta) => {
                let piece = self.candidate(delta.choice).redacted(delta.index, delta.text);
                self.add(delta.choice, piece, out);
            }
            Event::ToolCallStarted(call) => {
                self.hear(call.extra.as_ref());
                let made = self.origin == DIALECT;
                self.add(call.choice, Some(Piece::call(call, made)), out);
            }
            Event::ToolCallArguments(delta) => {
                self.candidate(delta.choice).arguments(delta.index, &delta.text);
            }
            Event::Media(media) => {
                self.hear(media.part.extra.as_ref());
                if let Some(piece) = Piece::media(media.index, &media.part) {
                    self.add(media.choice, Some(piece), out);
                }
            }
            Event::Native(at) => {
                self.hear(Some(&at.value));
                if let Some(piece) = Some(&at.value).filter(|value| own(value)) {
                    self.add(at.choice, Piece::native(at.index, &piece.value), out);
                }
            }
            Event::Citation(at) | Event::Logprobs(at) => {
                self.hear(Some(&at.value));
                let members = Some(&at.value).filter(|value| own(value));
                if let Some(members) = members.and_then(|value| Kept::of(&value.value)) {
                    self.member(at.choice, members.without(OF_CANDIDATE), out);
                }
            }
            Event::Usage(usage) => {
                self.hear(usage.raw.as_ref());
                self.usage = Some(usage);
                self.write_tail();
            }
            Event::Finished(finished) => {
                let choice = finished.choice;
                self.candidate(choice).finished = Some(finished);
            }
        }
        // The dialect of an answer tells how its signatures are written.
        if self.origin.is_empty() {
            return;
        }
        for candidate in self.candidates.iter_mut().filter(|known| known.origin.is_empty()) {
            candidate.origin.clone_from(&self.origin);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let choices: Vec<u32> = self.candidates.iter().map(|known| known.choice).collect();
        let whole = self.form == Form::Whole;
        for choice in choices {
            let candidate = self.candidate(choice);
            let rest = candidate.rest();
            if whole {
                rest.into_iter().for_each(|piece| candidate.keep(piece));
            } else {
                rest.iter().for_each(|piece| self.send(choice, piece, out));
            }
        }
        self.open(out);
        out.push(b'{');
        match self.candidates.first().and_then(Candidate::blocked) {
            Some(feedback) => {
                out.extend_from_slice(b"\"promptFeedback\":");
                json::splice(&feedback, out);
            }
            None => {
                out.extend_from_slice(b"\"candidates\":[");
                for (place, candidate) in self.candidates.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    candidate.write(out, whole);
                }
                out.push(b']');
            }
        }
        self.close(out);
        if self.form == Form::List {
            out.extend_from_slice(b"\r\n]");
        }
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.open(out);
        refusal::write(failure, out);
        match self.form {
            Form::Events => out.extend_from_slice(b"\r\n\r\n"),
            Form::List => out.extend_from_slice(b"\r\n]"),
            Form::Whole => {}
        }
    }
}

/// The provider counts what was thought beside the answer.
fn write_usage(out: &mut Vec<u8>, usage: &Usage) {
    if let Some(own) = usage.raw.as_ref().filter(|own| own.dialect == DIALECT) {
        return json::splice(&own.value, out);
    }
    let thoughts = usage.reasoning.unwrap_or(0);
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    out.extend_from_slice(b"{\"promptTokenCount\":");
    json::number(input, out);
    out.extend_from_slice(b",\"candidatesTokenCount\":");
    json::number(output.saturating_sub(thoughts), out);
    for (name, count) in
        [("thoughtsTokenCount", usage.reasoning), ("cachedContentTokenCount", usage.cache_read)]
    {
        let Some(count) = count else { continue };
        out.push(b',');
        json::string(name, out);
        out.push(b':');
        json::number(count, out);
    }
    out.extend_from_slice(b",\"totalTokenCount\":");
    json::number(input.saturating_add(output.max(thoughts)), out);
    out.push(b'}');
}

/// The provider's word for an end. Without one a stream would have none; a whole answer ends
/// by itself.
fn write_finish(out: &mut Vec<u8>, finished: &Finished, own: bool, whole: bool) {
    use hotcell::types::FinishReason::{
        ContentFilter, Length, Other, Pause, Refusal, Stop, ToolCalls,
    };
    let word = match (&finished.raw, finished.reason) {
        // Vertex AI writes numbers where it is asked to.
        (Some(word), _) if own && word.bytes().all(|byte| byte.is_ascii_digit()) => {
            out.extend_from_slice(b",\"finishReason\":");
            return json::splice(if word.is_empty() { "null" } else { word }, out);
        }
        (Some(word), _) if own => word,
        (None, _) if own && whole => return,
        (_, Stop | ToolCalls) => "STOP",
        (_, Length) => "MAX_TOKENS",
        (_, ContentFilter | Refusal) => "SAFETY",
        (_, Pause | Other) => "OTHER",
    };
    out.extend_from_slice(b",\"finishReason\":");
    json::string(word, out);
}

#[cfg(test)]
mod tests;
