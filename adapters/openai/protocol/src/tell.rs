//! The events of an answer, told in few words.

use crate::DIALECT;
use hotcell_sdk::{Delta, Event, Native, NativeAt};
use std::borrow::Cow;

/// A kind of event that adds text to a part.
pub(crate) type OfText = fn(Delta) -> Event;

/// A kind of event that holds a value in the provider's words.
pub(crate) type OfValue = fn(NativeAt) -> Event;

/// Where an event belongs, and where it goes.
pub(crate) struct Teller<'e> {
    pub(crate) choice: u32,
    /// Parts are numbered in the order in which they begin.
    pub(crate) parts: &'e mut u32,
    pub(crate) events: &'e mut Vec<Event>,
}

impl Teller<'_> {
    /// The number of a part that begins.
    pub(crate) fn next_part(&mut self) -> u32 {
        *self.parts += 1;
        *self.parts - 1
    }

    #[inline(never)]
    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    #[inline(never)]
    pub(crate) fn text(&mut self, kind: OfText, index: u32, text: Cow<'_, str>) {
        self.tell(kind(Delta { choice: self.choice, index, text: text.into_owned() }));
    }

    #[inline(never)]
    pub(crate) fn value(&mut self, kind: OfValue, index: u32, value: String) {
        let value = Native { dialect: DIALECT.to_owned(), value };
        self.tell(kind(NativeAt { choice: self.choice, index, value }));
    }

    /// What of a delta nothing else holds, as the text of an object.
    pub(crate) fn piece_of_delta(&mut self, delta: &str) {
        let choice = self.choice;
        self.piece_of_chunk(&format!("\"choices\":[{{\"index\":{choice},\"delta\":{delta}}}]}}"));
    }

    /// What of a chunk nothing else holds. `members` ends with the brace that closes the
    /// object.
    pub(crate) fn piece_of_chunk(&mut self, members: &str) {
        let value = format!("{{\"object\":\"chat.completion.chunk\",{members}");
        self.value(Event::Native, 0, value);
    }
}
