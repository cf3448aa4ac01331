//! An answer that is still coming.

use crate::assembly::Assembly;
use crate::error;
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

/// The form is told by the body's first byte: some providers stream although they
/// were not asked to, and some answer whole although they were.
enum Form {
    Unknown,
    Stream(Decoder),
    Whole(Vec<u8>),
}

impl Answer {
    /// Waits for the first word of the answer: some providers accept a request and
    /// then begin with an error.
    pub(crate) fn begin(response: Response, warnings: Vec<String>) -> Result<Self, Failure> {
        let (form, assembly) = (Form::Unknown, Assembly::default());
        let ready = Vec::new();
        let mut answer = Self { response, form, assembly, ready, ended: false, failure: None };
        let first = answer.next()?.unwrap_or_default();
        answer.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(answer)
    }

    fn take(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if matches!(self.form, Form::Unknown) {
            // White space keeps a connection alive; a byte order mark says nothing.
            let silent = |byte: &u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
            let Some(first) = chunk.iter().find(|byte| !silent(byte)) else {
                return Ok(());
            };
            self.form = match first {
                b'{' | b'[' | b'<' => Form::Whole(Vec::new()),
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
                decoder.push(chunk, |name, data| read(assembly, ended, name, data, events))
            }
        }
    }

    /// The end of the body: what is complete is handed over, what is not has failed.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Unknown => Err(Failure::malformed("the answer is empty")),
            Form::Whole(body) => {
                let text = std::str::from_utf8(&body)
                    .map_err(|_| Failure::malformed("the answer is not UTF-8"))?
                    .trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
                if text.starts_with('<') {
                    return Err(Failure::malformed(
                        "the answer is a web page; the endpoint's address may be wrong",
                    ));
                }
                self.assembly.chunk(text, true, events)?;
                match self.assembly.is_complete() {
                    true => Ok(()),
                    false => Err(Failure::malformed("the answer has no choices")),
                }
            }
            Form::Stream(mut decoder) => {
                let (assembly, ended) = (&mut self.assembly, &mut false);
                decoder.finish(|name, data| read(assembly, ended, name, data, events))?;
                complete(assembly)
            }
        }
    }
}

/// One event of the stream.
fn read(
    assembly: &mut Assembly,
    ended: &mut bool,
    name: &str,
    data: &str,
    events: &mut Vec<Event>,
) -> Result<(), Failure> {
    let data = data.trim();
    if *ended || data.is_empty() {
        return Ok(());
    }
    if data == "[DONE]" {
        *ended = true;
        return complete(assembly);
    }
    match name {
        // Some gateways name what went wrong, and then say it in words of their own.
        "error" => Err(error::in_answer(data)),
        "ping" => Ok(()),
        _ => assembly.chunk(data, false, events),
    }
}

/// A stream is whole when every choice has said why it ended, with `[DONE]` or
/// without. A terminator alone does not make a cut-off answer whole.
fn complete(assembly: &Assembly) -> Result<(), Failure> {
    match assembly.is_complete() {
        true => Ok(()),
        false => Err(Failure::malformed("the answer ended without a finish reason")),
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
            if let Err(mut failure) = step {
                self.ended = true;
                error::complete(&mut failure, &self.response.headers());
                if events.is_empty() {
                    return Err(failure);
                }
                self.failure = Some(failure);
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }
}
