//! The runner confines itself: once it has read what it needs, the process gives up
//! whatever else it could reach.
//!
//! It is the second wall. Nothing in hotcell needs it to hold an adapter; it is there for
//! the day on which the first one has a hole, in the sandbox, in TLS or in HTTP, and somebody
//! else's code runs in the process that holds the keys. What such code cannot do then:
//!
//! - open a file, but for those that the system reads to resolve names, and the folders that
//!   are named with [`Confinement::read`] and [`Confinement::write`] (Landlock);
//! - connect to a TCP port that no provider is at, or wait for connections (Landlock);
//! - signal another process (Landlock);
//! - start a program or a process, look into another one, talk to a local service through a
//!   Unix socket, type into the terminal, or use the parts of the kernel in which privileges
//!   are found again and again (seccomp; `linux/system_calls.rs` has the list);
//! - be looked into, or leave its memory in a file.
//!
//! What it can still do stands in the threat model: it has the memory of the process.
//!
//! Threads that already run are not held by Landlock, so that [`Confinement::apply`] refuses
//! where there are any: it belongs at the end of a program's start, before its runtime.

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod elsewhere;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;
mod needs;
mod report;

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
use elsewhere as system;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
use linux as system;
pub use report::{Measure, Outcome, Report};

use crate::setup::SetupError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use thiserror::Error;

/// What a process still reaches when it has confined itself.
///
/// ```no_run
/// use hotcell::confinement::Confinement;
///
/// let report = Confinement::new().read("/srv/adapters").connect(443).apply()?;
/// println!("{report}");
/// # Ok::<(), hotcell::confinement::ConfinementError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    reads: Vec<PathBuf>,
    writes: Vec<PathBuf>,
    ports: BTreeSet<u16>,
}

/// How much of a confinement has to be there, the strictest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfinementMode {
    /// All of it, or nothing is asked of anybody.
    Require,
    /// As much as this machine has.
    #[default]
    Attempt,
    /// None.
    Off,
}

/// Why a process was not confined at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfinementError {
    /// There are threads that would not be.
    #[error(
        "{0} threads run in this process, and those that run already would not be confined; it has \
         to happen before any is started"
    )]
    Threads(usize),
    /// Whether there are threads cannot be found out.
    #[error("the threads of this process cannot be counted: {0}")]
    Uncountable(String),
}

impl Confinement {
    /// What the system's libraries need to resolve names, and nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a file, or a folder and all below it, to be read. What is not there when this is
    /// applied cannot be read later either.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.reads.push(path.into());
        self
    }

    /// Leaves a folder to be read and written: files in it can be made, changed, renamed and
    /// removed.
    #[must_use]
    pub fn write(mut self, folder: impl Into<PathBuf>) -> Self {
        self.writes.push(folder.into());
        self
    }

    /// Leaves what another one leaves, too.
    pub fn add(&mut self, other: &Self) {
        self.reads.extend_from_slice(&other.reads);
        self.writes.extend_from_slice(&other.writes);
        self.ports.extend(&other.ports);
    }

    /// Leaves a TCP port to be connected to, at any address: which one is for egress to judge.
    #[must_use]
    pub fn connect(mut self, port: u16) -> Self {
        self.ports.insert(port);
        self
    }

    /// Confines this process, for good. There is no way back.
    ///
    /// The report says of each measure whether it is active, missing in this kernel, or failed
    /// though the kernel has it.
    ///
    /// # Errors
    /// [`ConfinementError`], where there is more than one thread. Nothing was done then.
    pub fn apply(self) -> Result<Report, ConfinementError> {
        system::apply(&self)
    }

    /// [`Self::apply`], as far as a mode demands it.
    ///
    /// # Errors
    /// [`SetupError::Confinement`], where all of it is required and something is not active.
    pub fn enforce(self, mode: ConfinementMode) -> Result<Report, SetupError> {
        let report = match mode {
            ConfinementMode::Off => return Ok(Report::missing("it is switched off")),
            _ => self.apply().unwrap_or_else(|error| Report::failed(&error.to_string())),
        };
        for (measure, outcome) in report.gaps() {
            match outcome {
                Outcome::Failed(_) => {
                    tracing::warn!(target: "hotcell::confinement", "{measure} {outcome}");
                }
                _ => tracing::debug!(target: "hotcell::confinement", "{measure} {outcome}"),
            }
        }
        match mode {
            ConfinementMode::Require if !report.is_complete() => {
                Err(SetupError::Confinement { report })
            }
            _ => Ok(report),
        }
    }
}
