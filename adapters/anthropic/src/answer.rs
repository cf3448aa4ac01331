//! An answer that is still coming.

use crate::stream::Assembly;
use hotcell_sdk::sse::Decoder;
use hotcell_sdk::{Completion, Event, Failure, Response};

/// See [`hotcell_sdk::Completion`].
pub struct Answer {
    response: Response,
    form: Form,
    assembly: Assembly,
    /// What has been read and not been handed over.
    ready: Vec<Event>,
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
    /// Waits for the first word of the answer: the provider may accept a request and
    /// still begin with an error.
    pub(crate) fn begin(response: Response, warnings: Vec<String>) -> Result<Self, Failure> {
        let assembly = Assembly::new(response.header("request-id"));
        let (form, ready) = (Form::Unknown, Vec::new());
        let mut answer = Self { response, form, assembly, ready, ended: false, failure: None };
        let first = answer.next()?.unwrap_or_default();
        answer.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(answer)
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
        if !self.ready.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ready)));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut events = Vec::new();
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
