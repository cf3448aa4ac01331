//! The events of an answer, told in few words.

use crate::DIALECT;
use hotcell_sdk::{Delta, Event, Native, NativeAt};

/// A kind of event that adds text to a part.
pub(crate) type OfText = fn(Delta) -> Event;

/// A kind of event that holds a value in the provider's words.
pub(crate) type OfValue = fn(NativeAt) -> Event;

/// Where events go. Parts are numbered in the order in which they begin.
pub(crate) struct Teller<'e> {
    pub(crate) parts: &'e mut u32,
    pub(crate) events: &'e mut Vec<Event>,
    /// The client speaks this dialect: it gets what stands beside each piece, too.
    pub(crate) exact: bool,
}

impl Teller<'_> {
    /// The number of a part that begins.
    pub(crate) fn next_part(&mut self) -> u32 {
        *self.parts += 1;
        *self.parts - 1
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    #[inline(never)]
    pub(crate) fn text(&mut self, kind: OfText, index: u32, text: impl Into<String>) {
        self.tell(kind(Delta { choice: 0, index, text: text.into() }));
    }

    #[inline(never)]
    pub(crate) fn value(&mut self, kind: OfValue, index: u32, value: impl Into<String>) {
        self.tell(kind(NativeAt { choice: 0, index, value: native(value) }));
    }
}

/// A value of this dialect.
pub(crate) fn native(value: impl Into<String>) -> Native {
    Native { dialect: DIALECT.to_owned(), value: value.into() }
}
