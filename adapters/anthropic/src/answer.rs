//! An answer that is still coming.

use crate::stream::Assembly;
use hotcell_sdk::sse::Decoder;
use hotcell_sdk::{Completion, Event, Failure, Response};

/// See [`hotcell_sdk::Completion`].
pub struct Answer {
    response: Response,
    form: Form,
    assembly: Assembly,
    warnings: Vec<String>,
    /// Nothing more is read.
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

/// Told by the first byte of the body, not by what was asked for: there are proxies
/// that stream unasked, and such that answer whole although asked to stream.
enum Form {
    Unknown,
    Stream(Decoder),
    Whole(Vec<u8>),
}

impl Answer {
    pub(crate) fn new(response: Response, warnings: Vec<String>) -> Self {
        let assembly = Assembly::new(response.header("request-id"));
        let form = Form::Unknown;
        Self { response, form, assembly, warnings, ended: false, failure: None }
    }

    fn take(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if matches!(self.form, Form::Unknown) {
            self.form = match chunk.trim_ascii_start().first() {
                None => return Ok(()),
                Some(b'{') => Form::Whole(Vec::new()),
                Some(_) => Form::Stream(Decoder::default()),
            };
        }
        match &mut self.form {
            Form::Unknown => {}
            Form::Whole(body) => body.extend_from_slice(chunk),
            Form::Stream(decoder) => {
                let assembly = &mut self.assembly;
                decoder.push(chunk, |name, data| assembly.event(name, data, events))?;
                self.ended = assembly.has_ended();
            }
        }
        Ok(())
    }

    /// The end of the body. An answer that is not complete by now has failed.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        let assembly = &mut self.assembly;
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Unknown => Err(Failure::malformed("the answer is empty")),
            Form::Whole(body) => {
                let body = std::str::from_utf8(&body)
                    .map_err(|_| Failure::malformed("the answer is not UTF-8"))?;
                assembly.whole(body, events)
            }
            Form::Stream(mut decoder) => {
                decoder.finish(|name, data| assembly.event(name, data, events))?;
                match assembly.has_ended() {
                    true => Ok(()),
                    false => Err(Failure::malformed("the stream ended before `message_stop`")),
                }
            }
        }
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut events: Vec<Event> = self.warnings.drain(..).map(Event::Warning).collect();
        while events.is_empty() && !self.ended {
            let step = match self.response.read() {
                Ok(Some(chunk)) => self.take(&chunk, &mut events),
                Ok(None) => self.end(&mut events),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = step {
                self.ended = true;
                if events.is_empty() {
                    return Err(failure);
                }
                self.failure = Some(failure);
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }
}
