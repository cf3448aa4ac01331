//! What the operator asks for, by signals.

use std::io::{self, IsTerminal};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    End,
    Reload,
}

pub(super) struct Signals {
    terminated: Signal,
    interrupted: Signal,
    hung_up: Signal,
    has_terminal: bool,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminated: signal(SignalKind::terminate())?,
            interrupted: signal(SignalKind::interrupt())?,
            hung_up: signal(SignalKind::hangup())?,
            has_terminal: io::stdin().is_terminal(),
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminated.recv() => Asked::End,
            _ = self.interrupted.recv() => Asked::End,
            // A terminal that is gone says it by the same signal.
            _ = self.hung_up.recv() => match self.has_terminal && !io::stdin().is_terminal() {
                true => Asked::End,
                false => Asked::Reload,
            },
        }
    }
}
