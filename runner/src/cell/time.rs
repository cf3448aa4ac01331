//! How long a guest may compute.

use super::BrokenLimit;
use crate::engine::TICK;
use crate::types::FailureKind;
use std::time::Duration;
use wasmtime::UpdateDeadline;

/// What is left of a cell's time, in ticks of the engine's clock.
///
/// Ticks pass while a cell waits, too; the first one that it meets after a wait is
/// therefore not charged.
pub(crate) struct Budget {
    ticks: u64,
    waited: bool,
}

impl Budget {
    pub(crate) fn new(time: Duration) -> Self {
        let ticks = time.as_millis().div_ceil(TICK.as_millis());
        Self { ticks: u64::try_from(ticks).unwrap_or(u64::MAX), waited: false }
    }

    /// The guest has waited for the network for at least a tick.
    pub(crate) fn waited(&mut self) {
        self.waited = true;
    }

    /// A tick passed while the guest computed: let others have their turn, or end.
    pub(crate) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        if std::mem::take(&mut self.waited) {
            return Ok(UpdateDeadline::Yield(1));
        }
        match self.ticks.checked_sub(1) {
            Some(ticks) => {
                self.ticks = ticks;
                Ok(UpdateDeadline::Yield(1))
            }
            None => Err(BrokenLimit {
                kind: FailureKind::TimedOut,
                what: "computed for longer than its limit".into(),
            }
            .into()),
        }
    }
}
