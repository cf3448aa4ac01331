//! An answer that is still coming: frames of an event stream, or one JSON value.

use crate::error;
use hotcell_sdk::event_stream::{Decoder, Frame};
use hotcell_sdk::{Assemble, BODY_BYTES, Completion, Event, Failure, FailureKind, Response};

/// An answer of which `A` reads the words.
///
/// What comes is told by the first byte and not by what was asked for: the length of a
/// frame begins with 0 or 1, JSON with its bracket. A frame is an event by its name.
pub struct Answer<A> {
    response: Response,
    assembly: A,
    /// That of what the provider says in the place of an event.
    dialect: &'static str,
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

impl<A: Assemble> Answer<A> {
    /// Waits for the first event, or the whole answer. Each warning becomes an event before
    /// it.
    ///
    /// # Errors
    /// What goes wrong before the first event fails the call, so that it can be tried again:
    /// bytes that are no frames, an exception, and whatever `assembly` fails with.
    pub fn begin(
        response: Response,
        assembly: A,
        dialect: &'static str,
        warnings: Vec<String>,
    ) -> Result<Self, Failure> {
        let (form, ready, ended) = (Form::Unknown, Vec::new(), false);
        let mut answer = Self { response, assembly, dialect, form, ready, ended, failure: None };
        let first = answer.advance()?.unwrap_or_default();
        answer.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(answer)
    }

    fn advance(&mut self) -> Result<Option<Vec<Event>>, Failure> {
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
                let (assembly, dialect) = (&mut self.assembly, self.dialect);
                let mut failed = false;
                let pushed = decoder.push(chunk, |frame| {
                    // What follows the end does not matter.
                    if assembly.has_ended() {
                        return Ok(());
                    }
                    let step = read(assembly, &frame, dialect, events);
                    failed = step.is_err();
                    step
                });
                if failed || !assembly.has_ended() {
                    return pushed;
                }
                self.ended = true;
                assembly.end(events)
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
                self.assembly.whole(body, events)
            }
        }
    }
}

fn is_silent(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Reads one frame.
fn read(
    assembly: &mut impl Assemble,
    frame: &Frame,
    dialect: &str,
    events: &mut Vec<Event>,
) -> Result<(), Failure> {
    if frame.header(":message-type").is_some_and(|kind| kind != "event") {
        return Err(error::of_frame(frame, dialect));
    }
    let payload = std::str::from_utf8(&frame.payload)
        .map_err(|_| Failure::malformed("an event of the stream is not UTF-8"))?;
    assembly.event(frame.header(":event-type").unwrap_or_default(), payload, events)
}

impl<A: Assemble + 'static> Completion for Answer<A> {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.advance()
    }
}
