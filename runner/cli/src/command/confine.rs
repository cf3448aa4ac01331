//! Before anybody is asked, the process gives up what it no longer needs.

use crate::problem::Problem;
use hotcell::Runner;
use hotcell::confinement::{Confinement, ConfinementMode, Report};

/// Reads ahead what the providers' requests need, and confines this process to that and to
/// what is added. It has to come before a runtime is made, whose threads would not be confined.
///
/// A provider that cannot be prepared is told by the request to it. Gives what is active.
pub(crate) fn confine<'a>(
    runner: &Runner,
    providers: impl IntoIterator<Item = &'a str>,
    beyond: impl FnOnce(Confinement) -> Confinement,
) -> Result<Report, Problem> {
    let mode = mode(runner);
    // Where nothing is given up, nothing has to be read ahead.
    let providers = providers.into_iter().filter(|_| mode != ConfinementMode::Off);
    for provider in providers {
        if let Err(error) = runner.prepare(provider) {
            tracing::debug!(target: "hotcell::confinement", provider, %error, "not prepared");
        }
    }
    Ok(beyond(runner.confinement()).enforce(mode)?)
}

/// How much of a confinement is asked for.
fn mode(runner: &Runner) -> ConfinementMode {
    runner.config().confinement.as_ref().map(|it| it.mode).unwrap_or_default()
}
