//! An answer that is being written down while it comes.

use super::Key;
use bytes::Bytes;
use hotcell::types::{Event, FinishReason};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One answer. It is given up where it is too large, where all that are being written down take
/// too much, and where it does not end as it should.
pub(crate) struct Draft {
    pub(super) key: Key,
    pub(super) seconds: u64,
    text: Vec<u8>,
    most: usize,
    room: Share,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    /// Events of a chat, of which none has ended yet, or one has.
    Events {
        has_ended: bool,
    },
    Whole,
    GivenUp,
}

impl Draft {
    pub(super) fn new(key: Key, seconds: u64, head: Vec<u8>, most: usize, room: Arc<Room>) -> Self {
        let most = most.saturating_add(head.len());
        let room = Share { room, bytes: 0 };
        let mut draft = Self { key, seconds, text: head, most, room, state: State::Empty };
        draft.bound();
        draft
    }

    /// The next event of a chat.
    pub(crate) fn note(&mut self, event: &Event) {
        let has_ended = match self.state {
            State::Empty => {
                self.text.push(b'[');
                false
            }
            State::Events { has_ended } => {
                self.text.push(b',');
                has_ended
            }
            State::Whole | State::GivenUp => return,
        };
        let ended = match event {
            Event::Finished(finished) => match finished.reason {
                FinishReason::Stop | FinishReason::Length | FinishReason::ToolCalls => true,
                // Whoever asks again may have better luck.
                _ => return self.give_up(),
            },
            _ => has_ended,
        };
        self.state = State::Events { has_ended: ended };
        self.write(event);
    }

    /// An answer that came whole.
    pub(crate) fn whole(&mut self, answer: &impl Serialize) {
        self.state = State::Whole;
        self.write(answer);
    }

    /// What is to be kept; nothing where nothing is.
    pub(super) fn finish(mut self) -> Option<Bytes> {
        match self.state {
            State::Events { has_ended: true } => self.text.push(b']'),
            State::Whole => {}
            _ => return None,
        }
        // Without what a growing text has in store.
        Some(Bytes::from(std::mem::take(&mut self.text).into_boxed_slice()))
    }

    fn write(&mut self, value: &impl Serialize) {
        if serde_json::to_writer(&mut self.text, value).is_err() {
            self.give_up();
        }
        self.bound();
    }

    fn bound(&mut self) {
        if self.text.len() > self.most || !self.room.widen(self.text.len()) {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.state = State::GivenUp;
        self.text = Vec::new();
        self.room.free();
    }
}

/// The memory for all answers that are being written down.
#[derive(Debug)]
pub(super) struct Room {
    taken: AtomicUsize,
    most: usize,
}

impl Room {
    pub(super) fn of(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

/// A draft's share of that memory. It is free again when this is dropped.
struct Share {
    room: Arc<Room>,
    bytes: usize,
}

impl Share {
    /// Makes it this large. Tells whether there is room for that.
    fn widen(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let before = self.room.taken.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        before.saturating_add(more) <= self.room.most
    }

    fn free(&mut self) {
        self.room.taken.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.free();
    }
}
