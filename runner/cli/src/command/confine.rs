//! Before anybody is asked, the process gives up what it no longer needs.

use crate::problem::Problem;
use hotcell::confinement::{Confinement, ConfinementMode, Report};
use hotcell::{Interface, Runner};

/// Reads ahead what requests to these models, or to all of these providers, need, and confines this process to that and to
/// what is added. It has to come before a runtime is made, whose threads would not be confined.
///
/// A provider that cannot be prepared is told by the request to it. Gives what is active.
pub(crate) fn confine<'a>(
    runner: &Runner,
    asked: impl IntoIterator<Item = (&'a str, Option<Interface>)>,
    beyond: impl FnOnce(Confinement) -> Confinement,
) -> Result<Report, Problem> {
    let mode = mode(runner);
    // Where nothing is given up, nothing has to be read ahead.
    let asked = asked.into_iter().filter(|_| mode != ConfinementMode::Off);
    for (model, interface) in asked {
        let prepared = match interface {
            Some(interface) => runner.prepare_for(model, interface),
            None => runner.prepare(model),
        };
        if let Err(error) = prepared {
            tracing::debug!(target: "hotcell::confinement", model, %error, "not prepared");
        }
    }
    Ok(beyond(runner.confinement()).enforce(mode)?)
}

/// How much of a confinement is asked for.
fn mode(runner: &Runner) -> ConfinementMode {
    runner.config().confinement.as_ref().map(|it| it.mode).unwrap_or_default()
}
