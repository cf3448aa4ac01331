//! An answer that is still coming.

use crate::frames::Frames;
use crate::words::Words;
use hotcell_sdk::{Assemble as _, Completion, Event, Failure, Reply, Response};

/// An answer that is still coming: in one piece, or in frames.
pub struct Answer(Form);

enum Form {
    Whole(Reply<Words>),
    Frames(Stream),
}

/// An answer in frames.
struct Stream {
    response: Response,
    frames: Frames,
    words: Words,
    /// What has been read and not been handed over.
    ready: Vec<Event>,
    /// Nothing more is read.
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

impl Answer {
    /// Waits for the first event, or for the whole answer.
    pub(crate) fn begin(
        response: Response,
        stream: bool,
        words: Words,
        warnings: Vec<String>,
    ) -> Result<Self, Failure> {
        if !stream {
            return Ok(Self(Form::Whole(Reply::begin(response, words, warnings)?)));
        }
        let (frames, ready) = (Frames::default(), Vec::new());
        let mut stream = Stream { response, frames, words, ready, ended: false, failure: None };
        let first = stream.advance()?.unwrap_or_default();
        stream.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(Self(Form::Frames(stream)))
    }
}

impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        match &mut self.0 {
            Form::Whole(reply) => reply.next(),
            Form::Frames(stream) => stream.advance(),
        }
    }
}

impl Stream {
    fn advance(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        if !self.ready.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ready)));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut events = Vec::with_capacity(1);
        while events.is_empty() && !self.ended {
            let step = match self.response.read() {
                Ok(Some(chunk)) => self.take(&chunk, &mut events),
                Ok(None) => self.end(&mut events),
                Err(failure) => Err(failure),
            };
            if let Err(mut failure) = step {
                self.ended = true;
                self.words.annotate(&mut failure, &self.response.headers());
                if events.is_empty() {
                    return Err(failure);
                }
                self.failure = Some(failure);
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }

    fn take(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        let pushed = self.frames.push(chunk, &mut self.words, events);
        if !self.words.has_ended() {
            return pushed;
        }
        // What follows the container's own end does not matter, whatever it is.
        self.ended = true;
        self.words.end(events)
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        self.frames.finish(&mut self.words, events)?;
        self.words.end(events)
    }
}
