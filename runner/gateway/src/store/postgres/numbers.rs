//! The numbers of this gateway's requests: each is held once and settled once.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: u64,
    /// Those that the server may be sent again.
    open: BTreeSet<u64>,
    /// Those of which several accounts have a part, and how many of these are not kept yet. They
    /// may hold something for as long as a day, and are sent no more.
    divided: BTreeMap<u64, usize>,
}

impl Numbers {
    pub(super) fn open(&mut self) -> u64 {
        self.last += 1;
        self.open.insert(self.last);
        self.last
    }

    pub(super) fn close(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// Two accounts have a part of what this one holds. Each has another number of its own.
    pub(super) fn divide(&mut self, number: u64) {
        self.open.remove(&number);
        *self.divided.entry(number).or_default() += 2;
    }

    /// The account of one part is kept.
    pub(super) fn close_part(&mut self, number: u64) {
        if let Some(parts) = self.divided.get_mut(&number) {
            *parts -= 1;
            if *parts == 0 {
                self.divided.remove(&number);
            }
        }
    }

    pub(super) fn divided(&self) -> impl Iterator<Item = u64> {
        self.divided.keys().copied()
    }

    /// Nothing below this one is sent again.
    pub(super) fn lowest(&self) -> u64 {
        self.open.first().copied().unwrap_or(self.last + 1)
    }
}
