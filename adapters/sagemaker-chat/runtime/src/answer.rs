//! An answer that is still coming.

use crate::frames::Frames;
use hotcell_sdk::{Assemble, Completion, Event, Failure, Response};

/// An answer that is still coming: in frames, or whole as soon as it is there. `A` makes
/// events of the container's words.
pub struct Answer<A> {
    response: Response,
    frames: Frames,
    words: A,
    /// What has been read and not been handed over.
    ready: Vec<Event>,
    /// Nothing more is read.
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

impl<A: Assemble> Answer<A> {
    /// Waits for the first event of a stream, or for the whole answer. Each warning becomes
    /// an event before it.
    ///
    /// # Errors
    /// What goes wrong before the first event: frames that are none, an exception of
    /// SageMaker's, and whatever `words` fails with.
    pub fn begin(
        response: Response,
        stream: bool,
        words: A,
        warnings: Vec<String>,
    ) -> Result<Self, Failure> {
        let (frames, ready) = (Frames::default(), Vec::new());
        let mut answer = Self { response, frames, words, ready, ended: false, failure: None };
        let first = match stream {
            true => answer.advance()?.unwrap_or_default(),
            false => answer.whole()?,
        };
        answer.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(answer)
    }

    fn whole(&mut self) -> Result<Vec<Event>, Failure> {
        self.ended = true;
        let mut events = Vec::new();
        let body = self.response.text();
        let read = body.and_then(|body| self.words.whole(body.trim(), &mut events));
        match read {
            Ok(()) => Ok(events),
            Err(mut failure) => {
                self.words.annotate(&mut failure, &self.response.headers());
                Err(failure)
            }
        }
    }

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

impl<A: Assemble + 'static> Completion for Answer<A> {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.advance()
    }
}
