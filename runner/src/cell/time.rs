//! How long a guest may compute.

use super::BrokenLimit;
use crate::engine::{Running, TICK};
use crate::types::FailureKind;
use std::time::Duration;
use wasmtime::UpdateDeadline;

/// What is left of a cell's computing time, in ticks of the engine's clock.
///
/// A tick is charged when it finds the guest computing, and not when it passes while the
/// guest waits or its caller is busy. A guest has no clock by which it could dodge that.
pub(crate) struct Budget {
    clock: Running,
    left: u64,
    /// The ticks at which the guest last began to compute, or was charged.
    since: u64,
}

impl Budget {
    pub(crate) fn new(time: Duration, clock: Running) -> Self {
        let ticks = time.as_millis().div_ceil(TICK.as_millis());
        let since = clock.ticks();
        Self { left: u64::try_from(ticks).unwrap_or(u64::MAX), since, clock }
    }

    /// The guest computes from now on.
    pub(crate) fn resume(&mut self) {
        self.since = self.clock.ticks();
    }

    /// The guest does not compute any more, for now. What it owes may be more than it
    /// has; it ends at the next tick.
    pub(crate) fn pause(&mut self) {
        let now = self.clock.ticks();
        if now != self.since {
            self.since = now;
            self.left = self.left.saturating_sub(1);
        }
    }

    /// A tick passed since the guest was last here: let others have their turn, or end.
    pub(crate) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        self.pause();
        if self.left > 0 {
            return Ok(UpdateDeadline::Yield(1));
        }
        let what = "computed for longer than its limit".into();
        Err(BrokenLimit { kind: FailureKind::TimedOut, what }.into())
    }
}
