//! What became of a confinement.

use serde::Serialize;
use std::fmt;

/// One part of a confinement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Measure {
    /// Files and folders outside its own are out of reach (Landlock, Linux 5.13).
    Files,
    /// So are TCP ports that no provider is at (Landlock 4, Linux 6.7).
    Connections,
    /// So are other processes, as far as signals go (Landlock 6, Linux 6.12).
    Signals,
    /// New programs, other processes' memory, and what else no run needs (seccomp).
    SystemCalls,
    /// No program gives the process more rights than it has.
    Privileges,
    /// Other processes of the user's cannot look into its memory.
    Memory,
    /// A crash leaves no memory in a file.
    CoreDumps,
}

impl Measure {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 7] = [
        Self::Files,
        Self::Connections,
        Self::Signals,
        Self::SystemCalls,
        Self::Privileges,
        Self::Memory,
        Self::CoreDumps,
    ];
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files",
            Self::Connections => "connections",
            Self::Signals => "signals",
            Self::SystemCalls => "system calls",
            Self::Privileges => "privileges",
            Self::Memory => "memory",
            Self::CoreDumps => "core dumps",
        })
    }
}

/// What became of a [`Measure`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "why")]
pub enum Outcome {
    /// It holds, for this process and all that it starts.
    Active,
    /// This machine does not have it.
    Missing(String),
    /// This machine has it, but something went wrong.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("active"),
            Self::Missing(why) => write!(f, "missing: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// What became of each [`Measure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    outcomes: Vec<(Measure, Outcome)>,
    /// The version of Landlock that this kernel has.
    landlock: Option<i32>,
}

impl Report {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there is nothing to tell"))]
    pub(super) fn new(outcomes: Vec<(Measure, Outcome)>, landlock: Option<i32>) -> Self {
        Self { outcomes, landlock }
    }

    pub(super) fn missing(why: &str) -> Self {
        Self::all(&Outcome::Missing(why.to_owned()))
    }

    pub(super) fn failed(why: &str) -> Self {
        Self::all(&Outcome::Failed(why.to_owned()))
    }

    fn all(outcome: &Outcome) -> Self {
        let outcomes = Measure::ALL.map(|measure| (measure, outcome.clone()));
        Self { outcomes: outcomes.to_vec(), landlock: None }
    }

    /// Every measure, and what became of it.
    pub fn outcomes(&self) -> &[(Measure, Outcome)] {
        &self.outcomes
    }

    /// What became of one measure.
    pub fn outcome(&self, measure: Measure) -> Option<&Outcome> {
        self.outcomes.iter().find(|(known, _)| *known == measure).map(|(_, outcome)| outcome)
    }

    /// What is not active.
    pub fn gaps(&self) -> impl Iterator<Item = (Measure, &Outcome)> {
        let gaps = self.outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Active);
        gaps.map(|(measure, outcome)| (*measure, outcome))
    }

    /// Everything is active.
    pub fn is_complete(&self) -> bool {
        self.gaps().next().is_none()
    }

    /// The version of Landlock's interface that this kernel has; none without Landlock.
    pub fn landlock(&self) -> Option<i32> {
        self.landlock
    }
}

/// One line: what is active, then what is not, with the reasons.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let active = self.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Active);
        let active: Vec<String> = active.map(|(measure, _)| measure.to_string()).collect();
        match active.is_empty() {
            true => f.write_str("nothing is active")?,
            false => write!(f, "active: {}", active.join(", "))?,
        }
        self.gaps().try_for_each(|(measure, outcome)| write!(f, "; {measure} {outcome}"))
    }
}
