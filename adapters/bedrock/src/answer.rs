//! An answer that is still coming: frames of an event stream, or one JSON value.

use crate::assembly::Assembly;
use crate::error;
use hotcell_sdk::event_stream::{Decoder, Frame};
use hotcell_sdk::{BODY_BYTES, Completion, Event, Failure, FailureKind, Response};

/// What comes is told by the first byte and not by what was asked for: the length of a
/// frame begins with 0 or 1, JSON with its bracket.
pub struct Answer {
    response: Response,
    assembly: Assembly,
    form: Form,
    /// What has been read and not been handed over.
    ready: Vec<Event>,
    /// Nothing more is read.
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

enum Form {
    Unknown,
    Frames(Decoder),
    Whole(Vec<u8>),
}

impl Answer {
    /// Waits for the first event, or the whole answer. An error before the first event
    /// fails the call, so that it can be tried again.
    pub(crate) fn begin(
        response: Response,
        assembly: Assembly,
        warnings: Vec<String>,
    ) -> Result<Self, Failure> {
        let (form, ready) = (Form::Unknown, Vec::new());
        let mut answer = Self { response, assembly, form, ready, ended: false, failure: None };
        let first = answer.next()?.unwrap_or_default();
        answer.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(answer)
    }

    fn take(&mut self, mut chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if matches!(self.form, Form::Unknown) {
            while let Some((_, rest)) = chunk.split_first().filter(|(it, _)| is_silent(**it)) {
                chunk = rest;
            }
            self.form = match chunk.first() {
                None => return Ok(()),
                Some(0 | 1) => Form::Frames(Decoder::default()),
                Some(b'{') => Form::Whole(Vec::new()),
                Some(b'<') => {
                    return Err(Failure::malformed(
                        "the answer is a web page; the endpoint's address may be wrong",
                    ));
                }
                Some(_) => return Err(Failure::malformed("the answer is no event stream")),
            };
        }
        match &mut self.form {
            Form::Unknown => Ok(()),
            Form::Whole(body) if chunk.len() > BODY_BYTES.saturating_sub(body.len()) => {
                let why = format!("the answer has more than {BODY_BYTES} bytes");
                Err(Failure::new(FailureKind::TooLarge, why))
            }
            Form::Whole(body) => {
                body.extend_from_slice(chunk);
                Ok(())
            }
            Form::Frames(decoder) => {
                let assembly = &mut self.assembly;
                decoder.push(chunk, |frame| match assembly.has_ended() {
                    // What follows the end does not matter.
                    true => Ok(()),
                    false => read(assembly, &frame, events),
                })?;
                self.ended = assembly.has_ended();
                Ok(())
            }
        }
    }

    /// The end of the body.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Unknown => Err(Failure::malformed("the answer is empty")),
            Form::Frames(decoder) if !decoder.is_complete() => {
                Err(Failure::malformed("the stream ended within a frame"))
            }
            Form::Frames(_) => self.assembly.end(events),
            Form::Whole(body) => {
                let body = std::str::from_utf8(&body)
                    .map_err(|_| Failure::malformed("the answer is not UTF-8"))?;
                self.assembly.whole(body, self.response.header("x-amzn-requestid"), events)
            }
        }
    }
}

fn is_silent(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Reads one frame.
fn read(assembly: &mut Assembly, frame: &Frame, events: &mut Vec<Event>) -> Result<(), Failure> {
    if frame.header(":message-type").is_some_and(|kind| kind != "event") {
        return Err(error::of_frame(frame));
    }
    let payload = std::str::from_utf8(&frame.payload)
        .map_err(|_| Failure::malformed("an event of the stream is not UTF-8"))?;
    assembly.event(frame.header(":event-type").unwrap_or_default(), payload, events)
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        if !self.ready.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ready)));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        // Nearly every frame of a stream is one event.
        let mut events = Vec::with_capacity(1);
        while events.is_empty() && !self.ended {
            let step = match self.response.read() {
                Ok(Some(chunk)) => self.take(&chunk, &mut events),
                Ok(None) => self.end(&mut events),
                Err(failure) => Err(failure),
            };
            if let Err(mut failure) = step {
                self.ended = true;
                if failure.request_id.is_none() {
                    failure.request_id = self.response.header("x-amzn-requestid");
                }
                if events.is_empty() {
                    return Err(failure);
                }
                self.failure = Some(failure);
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }
}
