//! Asking one deployment after another until one answers.

use crate::deployment::Entry;
use crate::ledger::Estimate;
use crate::visit::Visit;
use hotcell::types::FailureKind;
use hotcell::{Error, Runner};
use std::future::Future;
use std::time::Duration;

/// The longest that a client is kept waiting between two attempts.
const LONGEST: Duration = Duration::from_secs(10);
/// The wait before the first repetition.
const FIRST: Duration = Duration::from_millis(250);

/// What is asked, of whichever deployment.
pub(crate) trait Question: Send {
    /// What it gets.
    type Answer: Send;

    /// The tokens that it is taken to use.
    fn estimate(&self) -> Estimate {
        Estimate::default()
    }

    /// Asks `provider/model`. It is over when the answer has begun, or is whole: it may be
    /// asked again as long as the client has not seen a byte.
    fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
    ) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

/// Asks until somebody answers.
///
/// # Errors
/// What the last one said who was asked.
pub(crate) async fn attempt<Q: Question>(
    visit: &mut Visit,
    entry: &Entry,
    mut question: Q,
) -> Result<Q::Answer, Error> {
    let error = match one(visit, entry, &mut question).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let others = match error.kind() {
        FailureKind::TooLarge if !entry.context_fallbacks.is_empty() => &entry.context_fallbacks,
        FailureKind::ContentFiltered if !entry.content_fallbacks.is_empty() => {
            &entry.content_fallbacks
        }
        _ => &entry.fallbacks,
    };
    if !error.consequence().fallback {
        return Err(error);
    }
    let mut last = error;
    for other in others {
        let entry = visit.gateway.models.find(other)?;
        match one(visit, &entry, &mut question).await {
            Ok(answer) => return Ok(answer),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Asks the deployments of one model.
async fn one<Q: Question>(
    visit: &mut Visit,
    entry: &Entry,
    question: &mut Q,
) -> Result<Q::Answer, Error> {
    let gateway = visit.gateway.clone();
    let mut wait = FIRST;
    let mut repeated = 0;
    loop {
        let deployment = &entry.deployments[repeated as usize % entry.deployments.len()];
        visit.deployment = Some(deployment.model.clone());
        visit.attempts += 1;
        let error = match question.ask(&gateway.runner, &deployment.model).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if repeated == entry.retries || !error.consequence().retry {
            return Err(error);
        }
        let asked = error.failure.retry_after_ms.map(Duration::from_millis);
        if asked.is_some_and(|asked| asked > LONGEST) {
            return Err(error);
        }
        tokio::time::sleep(asked.unwrap_or(wait)).await;
        wait = (wait * 2).min(LONGEST);
        repeated += 1;
    }
}
