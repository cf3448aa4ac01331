//! An answer, as a client of this dialect reads it
//! (<https://platform.openai.com/docs/api-reference/responses/object>,
//! <https://platform.openai.com/docs/api-reference/responses-streaming>).
//!
//! Items come one after the other, as the provider's own do: whoever adds to one that is
//! complete begins another of its kind. Only calls stay open beside what follows, until
//! their arguments are whole.
//!
//! | of an answer | becomes |
//! | --- | --- |
//! | what the adapter of this dialect told | what its provider said: ids, members, items and events; their numbers count anew |
//! | text, refusals | parts of a message |
//! | reasoning | the summary of a reasoning item, an item for each that is signed |
//! | signatures, reasoning in cipher | `encrypted_content`; of another dialect in the form of `opaque.rs`, whether or not it was asked for, since the provider wants it back |
//! | the signature of a call | a reasoning item without words before the call |
//! | calls | `function_call` |
//! | images | `image_generation_call`; other media have no word |
//! | citations of addresses | annotations of type `url_citation` |
//! | the end | `completed`; `incomplete` by the limit or the filter, or with another dialect's word where that is no stop |
//! | choices behind the first | nothing: nobody can ask for them here |
//!
//! An answer of another dialect echoes its request. `store` is false in it, for nobody
//! keeps it.

mod beside;
mod call;
mod citation;
mod echo;
mod failure;
mod frames;
mod item;
mod names;
mod native;
mod output;
mod response;

use crate::{About, AnswerWriter};
use frames::Frames;
use hotcell::types::{ChatRequest, Event, Failure};
use output::Output;
use response::Response;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    response: Response,
    output: Output,
    frames: Frames,
    begun: bool,
}

/// Writes a whole answer.
pub fn write_answer(request: &ChatRequest, about: About, events: Vec<Event>) -> Vec<u8> {
    let mut writer = StreamWriter::new(request, about);
    let mut out = Vec::new();
    writer.frames = Frames::quiet();
    for event in events {
        writer.event(event, &mut out);
    }
    let ending = writer.response.ending();
    writer.output.finish(ending.status_of_last, &mut writer.frames, &mut out);
    writer.response.write(&mut out, &ending, &writer.output);
    out
}

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(request: &ChatRequest, about: About) -> Self {
        Self {
            output: Output::new(&about.id),
            response: Response::new(request, about),
            frames: Frames::default(),
            begun: false,
        }
    }

    /// The first events, once.
    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let Self { response, output, frames, .. } = self;
        for kind in ["response.created", "response.in_progress"] {
            frames
                .frame(out, kind, |out| response.write_member(out, &response.beginning(), output));
        }
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: Event, out: &mut Vec<u8>) {
        match event {
            Event::Warning(_) => return,
            Event::Started(started) => {
                if !self.begun {
                    self.response.start(started);
                    self.begin(out);
                }
                return;
            }
            Event::Usage(usage) => return self.response.count(usage),
            Event::Finished(finished) if finished.choice == 0 => {
                return self.response.finish(finished);
            }
            _ => {}
        }
        let Self { output, frames, .. } = self;
        if output.add(&event, frames, out) {
            return;
        }
        self.response.hear(&event);
        self.begin(out);
        self.output.take(event, &self.response.origin, &mut self.frames, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.begin(out);
        let ending = self.response.ending();
        let Self { response, output, frames, .. } = self;
        output.finish(ending.status_of_last, frames, out);
        let kind = ending.event();
        frames.frame(out, kind, |out| response.write_member(out, &ending, output));
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        self.begin(out);
        let Self { response, output, frames, .. } = self;
        failure::write(failure, response, output, frames, out);
    }
}

#[cfg(test)]
pub(crate) mod tests;
