//! The container's stream in the frames of SageMaker's
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ResponseStream.html>).
//!
//! A frame holds whatever the container's buffer held: half an event, or several. So what is
//! in the frames is one stream, of server-sent events or of lines of JSON.

use crate::error;
use hotcell_sdk::event_stream::{Decoder, Frame};
use hotcell_sdk::{Assemble, Event, Failure, ndjson, sse};

/// What of the stream was not complete so far.
#[derive(Default)]
pub(crate) struct Frames {
    frames: Decoder,
    payload: Payload,
}

#[derive(Default)]
enum Payload {
    /// Nothing that tells has come.
    #[default]
    Unknown,
    Events(sse::Decoder),
    Lines(ndjson::Decoder),
}

impl Frames {
    pub(crate) fn push(
        &mut self,
        chunk: &[u8],
        words: &mut impl Assemble,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let payload = &mut self.payload;
        self.frames.push(chunk, |frame| match words.has_ended() {
            true => Ok(()),
            false => payload.frame(&frame, words, events),
        })
    }

    /// At the end of the response.
    pub(crate) fn finish(
        &mut self,
        words: &mut impl Assemble,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if !self.frames.is_complete() {
            return Err(Failure::malformed("the stream ended within a frame"));
        }
        match &mut self.payload {
            Payload::Unknown => Err(Failure::malformed("the answer is empty")),
            Payload::Events(decoder) => {
                decoder.finish(|name, data| words.event(name, data, events))
            }
            Payload::Lines(decoder) => decoder.finish(|line| words.event("", line, events)),
        }
    }
}

impl Payload {
    fn frame(
        &mut self,
        frame: &Frame,
        words: &mut impl Assemble,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        match (frame.header(":message-type"), frame.header(":event-type")) {
            (Some("event"), Some("PayloadPart")) => self.part(&frame.payload, words, events),
            // Of a kind that is newer than this.
            (Some("event"), _) => Ok(()),
            _ => Err(error::of_frame(frame)),
        }
    }

    fn part(
        &mut self,
        mut part: &[u8],
        words: &mut impl Assemble,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if let Self::Unknown = self {
            part = part.trim_ascii_start();
            *self = match part.first() {
                None => return Ok(()),
                Some(b'{' | b'[') => Self::Lines(ndjson::Decoder::default()),
                Some(_) => Self::Events(sse::Decoder::default()),
            };
        }
        match self {
            Self::Unknown => Ok(()),
            Self::Events(decoder) => decoder.push(part, event(words, events)),
            Self::Lines(decoder) => decoder.push(part, line(words, events)),
        }
    }
}

/// Reads one event. What comes after the end is passed over. A function, so that the
/// decoder is compiled for one closure and not for two.
fn event(
    words: &mut impl Assemble,
    events: &mut Vec<Event>,
) -> impl FnMut(&str, &str) -> Result<(), Failure> {
    |name, data| match words.has_ended() {
        true => Ok(()),
        false => words.event(name, data, events),
    }
}

/// The same for one line.
fn line(
    words: &mut impl Assemble,
    events: &mut Vec<Event>,
) -> impl FnMut(&str) -> Result<(), Failure> {
    let mut event = event(words, events);
    move |line| event("", line)
}
