//! Linux: Landlock, seccomp, and two switches of the process itself.

mod files;
mod numbers;
mod system_calls;

use super::{Confinement, ConfinementError, Measure, Outcome, Report};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use std::fmt::Display;
use std::thread;
use std::time::Duration;

/// A thread that was joined is still counted for a moment, until the kernel has put it away.
const JOINED: Duration = Duration::from_millis(1);
const JOINED_TIMES: usize = 200;

pub(super) fn apply(confinement: &Confinement) -> Result<Report, ConfinementError> {
    alone()?;
    // Each step takes away what only those before it need: the filter of system calls comes
    // last, since it refuses to have the others undone.
    let no_dumps = Rlimit { current: Some(0), maximum: Some(0) };
    let core_dumps = outcome(rustix::process::setrlimit(Resource::Core, no_dumps));
    let memory = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let restricted = files::restrict(confinement);
    let privileges = outcome(rustix::thread::set_no_new_privs(true));
    let system_calls = system_calls::deny();
    Ok(Report::new(
        vec![
            (Measure::Files, restricted.files),
            (Measure::Connections, restricted.connections),
            (Measure::Signals, restricted.signals),
            (Measure::SystemCalls, system_calls),
            (Measure::Privileges, privileges),
            (Measure::Memory, outcome(memory)),
            (Measure::CoreDumps, core_dumps),
        ],
        restricted.version,
    ))
}

/// Makes sure that there is no other thread, which would go unconfined and could be used.
fn alone() -> Result<(), ConfinementError> {
    let mut threads = count()?;
    for _ in 0..JOINED_TIMES {
        if threads <= 1 {
            return Ok(());
        }
        thread::sleep(JOINED);
        threads = count()?;
    }
    Err(ConfinementError::Threads(threads))
}

fn count() -> Result<usize, ConfinementError> {
    let tasks = std::fs::read_dir("/proc/self/task");
    tasks.map(Iterator::count).map_err(|error| ConfinementError::Uncountable(error.to_string()))
}

fn outcome<T, E: Display>(result: Result<T, E>) -> Outcome {
    match result {
        Ok(_) => Outcome::Active,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}
