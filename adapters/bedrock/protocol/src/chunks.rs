//! Answers in a maker's own words, as InvokeModel gives them.

use crate::json::Members;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_sdk::{Assemble, Event, Failure, FinishReason};

/// An answer of which `A` reads the maker's words: a maker's event is in a chunk
/// (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html>),
/// and `A` gets it without a name. Where a guardrail of Bedrock's stepped in, the words are
/// the guardrail's, and that is why the answer ended.
#[derive(Default)]
pub struct Chunks<A> {
    words: A,
    intervened: bool,
}

impl<A> Chunks<A> {
    /// Reads an answer in these words.
    pub fn of(words: A) -> Self {
        Self { words, intervened: false }
    }
}

impl<A: Assemble> Assemble for Chunks<A> {
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        // Of a kind that is newer than this.
        if name != "chunk" {
            return Ok(());
        }
        let Some(event) = unpacked(data)? else { return Ok(()) };
        self.intervened |= is_intervened(&event);
        let before = events.len();
        let read = self.words.event("", &event, events);
        mark(self.intervened, &mut events[before..]);
        read
    }

    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.words.whole(body, events)?;
        mark(is_intervened(body), events);
        Ok(())
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.words.end(events)?;
        mark(self.intervened, events);
        Ok(())
    }

    fn has_ended(&self) -> bool {
        self.words.has_ended()
    }
}

fn mark(intervened: bool, events: &mut [Event]) {
    for event in events.iter_mut().filter(|_| intervened) {
        if let Event::Finished(finished) = event {
            finished.reason = FinishReason::ContentFilter;
        }
    }
}

/// What is in a chunk; none where it is only there for its length.
#[inline(never)]
fn unpacked(payload: &str) -> Result<Option<String>, Failure> {
    let chunk = Members::of(payload, "a chunk of the stream")?;
    let Some(bytes) = chunk.text("bytes")? else { return Ok(None) };
    let bytes = STANDARD.decode(bytes.as_bytes());
    let bytes = bytes.map_err(|_| Failure::malformed("a chunk of the stream is not base64"))?;
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Failure::malformed("an event of the stream is not UTF-8"))
}

#[inline(never)]
fn is_intervened(answer: &str) -> bool {
    const MEMBER: &str = "amazon-bedrock-guardrailAction";
    crate::parted(answer, MEMBER).is_some()
        && Members::any(answer).and_then(|members| members.word(MEMBER)).as_deref()
            == Some("INTERVENED")
}
