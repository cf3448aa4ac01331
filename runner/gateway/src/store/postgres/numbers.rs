//! The numbers of this gateway's requests: each is held once and settled once.

use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(super) struct Numbers {
    last: u64,
    /// Those that the server may be sent again.
    open: BTreeSet<u64>,
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

    /// Nothing below this one is sent again.
    pub(super) fn lowest(&self) -> u64 {
        self.open.first().copied().unwrap_or(self.last + 1)
    }
}
