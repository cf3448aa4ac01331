//! Answers in this process's memory.
//!
//! What has to leave for something else is what came first and was not asked for since its last
//! turn (CLOCK): nearly as good as leaving by last use, and reading moves nothing.

use super::{Clock, Key, Later, Place, Standing};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an entry takes besides its answer: its key, twice, and what is kept beside it.
const OVERHEAD: usize = 160;

pub(super) struct Memory {
    shelf: Mutex<Shelf>,
    bytes: usize,
    entries: usize,
    clock: Clock,
}

#[derive(Default)]
struct Shelf {
    slots: HashMap<Key, Slot>,
    /// Each key once: the next one to leave first.
    order: VecDeque<Key>,
    bytes: usize,
    evicted: u64,
}

struct Slot {
    value: Bytes,
    /// From then on it is not there.
    until: u64,
    /// Since its last turn.
    was_read: bool,
}

impl Memory {
    /// For so many bytes and entries at the most.
    pub(super) fn new(bytes: usize, entries: usize, clock: Clock) -> Self {
        Self { shelf: Mutex::default(), bytes, entries, clock }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place for Memory {
    fn get(&self, key: Key) -> Later<'_, Option<Bytes>> {
        let now = (self.clock)();
        let mut shelf = self.shelf();
        let slot = shelf.slots.get_mut(&key).filter(|slot| now < slot.until);
        let value = slot.map(|slot| {
            slot.was_read = true;
            slot.value.clone()
        });
        Box::pin(std::future::ready(value))
    }

    fn put(&self, key: Key, value: Bytes, seconds: u64) {
        let size = size(&value);
        if size > self.bytes || self.entries == 0 {
            return;
        }
        let now = (self.clock)();
        let slot = Slot { value, until: now.saturating_add(seconds), was_read: false };
        let mut shelf = self.shelf();
        // First of all there is room: so what comes does not leave for itself.
        while !shelf.has_room(key, size, self) {
            shelf.turn(now);
        }
        shelf.bytes += size;
        match shelf.slots.insert(key, slot) {
            Some(before) => shelf.bytes -= self::size(&before.value),
            None => shelf.order.push_back(key),
        }
    }

    fn standing(&self) -> Option<Standing> {
        let shelf = self.shelf();
        let Shelf { bytes, evicted, .. } = *shelf;
        Some(Standing { entries: shelf.slots.len(), bytes, evicted })
    }
}

impl Shelf {
    /// Whether so many bytes can be put under a key, instead of what is there.
    fn has_room(&self, key: Key, size: usize, limits: &Memory) -> bool {
        let before = self.slots.get(&key).map(|slot| self::size(&slot.value));
        let entries = self.slots.len() + usize::from(before.is_none());
        self.bytes - before.unwrap_or(0) + size <= limits.bytes && entries <= limits.entries
    }

    /// The next one leaves, unless it was asked for since its last turn.
    fn turn(&mut self, now: u64) {
        let Some(key) = self.order.pop_front() else { return };
        let Some(slot) = self.slots.get_mut(&key) else { return };
        if slot.was_read && now < slot.until {
            slot.was_read = false;
            self.order.push_back(key);
            return;
        }
        self.bytes -= size(&slot.value);
        self.evicted += 1;
        self.slots.remove(&key);
    }
}

fn size(value: &Bytes) -> usize {
    value.len() + OVERHEAD
}
