//! The requests that are under way.

use super::label::Label;
use crate::route::Endpoint;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// All of them, by their numbers: the oldest first.
#[derive(Default)]
pub(crate) struct Lives(Mutex<BTreeMap<u64, Arc<Live>>>);

/// One of them.
pub(crate) struct Live {
    pub(crate) endpoint: Endpoint,
    pub(crate) began: Instant,
    model: AtomicU32,
    deployment: AtomicU32,
    attempts: AtomicU32,
    phase: AtomicU8,
    /// A stream has begun of which nothing is there yet.
    has_begun: AtomicBool,
}

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is being read.
    Reading,
    /// It waits for a place.
    Waiting,
    /// A provider was asked.
    Asking,
    /// The answer comes, piece by piece.
    Streaming,
}

impl Lives {
    /// A request comes.
    pub(super) fn begin(&self, number: u64, endpoint: Endpoint, began: Instant) -> Arc<Live> {
        let live = Arc::new(Live {
            endpoint,
            began,
            model: AtomicU32::new(Label::NONE.number()),
            deployment: AtomicU32::new(Label::NONE.number()),
            attempts: AtomicU32::new(0),
            phase: AtomicU8::new(Phase::Reading as u8),
            has_begun: AtomicBool::new(false),
        });
        self.all().insert(number, live.clone());
        live
    }

    /// It is over.
    pub(super) fn end(&self, number: u64) {
        self.all().remove(&number);
    }

    /// How many there are of which `is` holds.
    pub(super) fn count(&self, is: impl Fn(&Live) -> bool) -> usize {
        self.all().values().filter(|live| is(live)).count()
    }

    /// The oldest, and so many at the most.
    pub(super) fn oldest(&self, most: usize) -> Vec<Arc<Live>> {
        self.all().values().take(most).cloned().collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Live>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    pub(super) fn set_model(&self, model: Label) {
        self.model.store(model.number(), Ordering::Relaxed);
    }

    pub(super) fn set_deployment(&self, deployment: Label, attempts: u32) {
        self.deployment.store(deployment.number(), Ordering::Relaxed);
        self.attempts.store(attempts, Ordering::Relaxed);
        self.set_phase(Phase::Asking);
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// The client is told that there is going to be an answer.
    pub(crate) fn begins(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    pub(super) fn model(&self) -> Label {
        Label::from_number(self.model.load(Ordering::Relaxed))
    }

    pub(super) fn deployment(&self) -> Label {
        Label::from_number(self.deployment.load(Ordering::Relaxed))
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            1 => Phase::Waiting,
            2 => Phase::Asking,
            3 => Phase::Streaming,
            _ => Phase::Reading,
        }
    }
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Waiting => "waiting",
            Self::Asking => "asking",
            Self::Streaming => "streaming",
        }
    }
}
