//! An answer that is still coming.

use crate::block::Assembly;
use hotcell_sdk::sse::Decoder;
use hotcell_sdk::{Completion, Event, Failure, Response};

/// See [`hotcell_sdk::Completion`].
pub struct Answer {
    response: Response,
    form: Form,
    assembly: Assembly,
    warnings: Vec<String>,
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

/// The form is told by the body's first byte: some providers stream although they
/// were not asked to, and some answer whole although they were.
enum Form {
    Unknown,
    Stream(Decoder),
    Whole(Vec<u8>),
}

impl Answer {
    pub(crate) fn new(response: Response, warnings: Vec<String>) -> Self {
        let assembly = Assembly::default();
        Self { response, form: Form::Unknown, assembly, warnings, ended: false, failure: None }
    }

    fn take(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if matches!(self.form, Form::Unknown) {
            let Some(first) = chunk.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                return Ok(());
            };
            self.form = match first {
                b'{' | b'[' => Form::Whole(Vec::new()),
                _ => Form::Stream(Decoder::default()),
            };
        }
        match &mut self.form {
            Form::Unknown => Ok(()),
            Form::Whole(body) => {
                body.extend_from_slice(chunk);
                Ok(())
            }
            Form::Stream(decoder) => {
                let (assembly, ended) = (&mut self.assembly, &mut self.ended);
                decoder.push(chunk, |_, data| read(assembly, ended, data, events))
            }
        }
    }

    /// The end of the body: what is complete is handed over, what is not has failed.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        let early = "the answer ended before it was complete";
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Unknown => Err(Failure::malformed("the answer is empty")),
            Form::Whole(body) => {
                let text = std::str::from_utf8(&body)
                    .map_err(|_| Failure::malformed("the answer is not UTF-8"))?;
                self.assembly.message(text, events)
            }
            Form::Stream(mut decoder) => {
                let (assembly, ended) = (&mut self.assembly, &mut self.ended);
                decoder.finish(|_, data| read(assembly, ended, data, events))?;
                match self.assembly.is_complete() {
                    true => Ok(()),
                    false => Err(Failure::malformed(early)),
                }
            }
        }
    }
}

/// One event of the stream.
fn read(
    assembly: &mut Assembly,
    ended: &mut bool,
    data: &str,
    events: &mut Vec<Event>,
) -> Result<(), Failure> {
    let data = data.trim();
    if *ended || data.is_empty() {
        return Ok(());
    }
    assembly.event(data, events)?;
    *ended = assembly.is_complete();
    Ok(())
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
