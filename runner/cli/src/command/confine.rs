//! Before anybody is asked, the process gives up what it no longer needs.

use crate::problem::Problem;
use hotcell::Runner;
use hotcell::confinement::{Confinement, ConfinementMode};

/// Reads ahead what the providers' requests need, and confines this process to that and to
/// what is added. It has to come before a runtime is made, whose threads would not be confined.
///
/// A provider that cannot be prepared is told by the request to it.
pub(crate) fn confine<'a>(
    runner: &Runner,
    providers: impl IntoIterator<Item = &'a str>,
    beyond: impl FnOnce(Confinement) -> Confinement,
) -> Result<(), Problem> {
    let mode = mode(runner);
    if mode == ConfinementMode::Off {
        return Ok(());
    }
    for provider in providers {
        if let Err(error) = runner.prepare(provider) {
            tracing::debug!(target: "hotcell::confinement", provider, %error, "not prepared");
        }
    }
    beyond(runner.confinement()).enforce(mode)?;
    Ok(())
}

/// How much of a confinement is asked for.
pub(crate) fn mode(runner: &Runner) -> ConfinementMode {
    runner.config().confinement.as_ref().map(|it| it.mode).unwrap_or_default()
}
