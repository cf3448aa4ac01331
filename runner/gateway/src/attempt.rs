//! Asking one deployment after another until one answers.

use crate::cache::{Draft, Policy, Print};
use crate::deployment::{Busy, Deployment, Entry};
use crate::ledger::{Estimate, Tally};
use crate::visit::Visit;
use hotcell::types::{Failure, FailureKind};
use hotcell::{Error, Runner};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest that a client is kept waiting between two attempts.
const LONGEST: Duration = Duration::from_secs(10);
/// The wait before the first repetition at the same deployment.
const FIRST: Duration = Duration::from_millis(250);

/// What is asked, of whichever deployment.
pub(crate) trait Question: Send {
    /// What it gets.
    type Answer: Send;
    /// The same question once more, to be asked beside it.
    type Twin: Question<Answer = Self::Answer>;

    /// The tokens that it is taken to use.
    fn estimate(&self) -> Estimate {
        Estimate::default()
    }

    /// Asks `provider/model`. It is over when the answer has begun, or is whole: it may be
    /// asked again as long as the client has not seen a byte. What comes of it before is noted
    /// in the tally, for whoever has to know what it cost all the same.
    fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        tally: &Tally,
    ) -> impl Future<Output = Result<Self::Answer, Error>> + Send;

    /// The same question once more.
    fn twin(&self) -> Self::Twin;

    /// Whether a policy of the provider's stopped this answer, of which nobody was told anything.
    fn is_stopped(_answer: &Self::Answer) -> bool {
        false
    }

    /// Adds itself to the digest by which its answer is found again; none where no answer to it
    /// is to be kept.
    fn print(&self, _print: &mut Print<'_>, _policy: &Policy) -> Option<()> {
        None
    }

    /// The answer, as it was written down; none where that is something else.
    fn recall(&self, _kept: &[u8]) -> Option<Self::Answer> {
        None
    }

    /// Writes an answer down that came whole.
    fn write(_answer: &Self::Answer, _draft: &mut Draft) {}
}

/// Asks until somebody answers: each deployment of the model, some of them again, and then the
/// models that it falls back to.
///
/// # Errors
/// What the last one said who was asked.
pub(crate) async fn attempt<Q: Question>(
    visit: &mut Visit,
    entry: &Entry,
    mut question: Q,
) -> Result<Q::Answer, Error> {
    let mut last = match one(visit, entry, &mut question).await {
        Ok(answer) if entry.content_fallbacks.is_empty() || !Q::is_stopped(&answer) => {
            return Ok(answer);
        }
        Ok(_) => {
            // It is paid all the same.
            visit.busy = None;
            visit.give_up();
            Error::new(
                FailureKind::ContentFiltered,
                "a policy of the provider's stopped the answer",
            )
        }
        Err(error) => error,
    };
    if !last.consequence().fallback {
        return Err(last);
    }
    for other in entry.fallbacks(last.kind()) {
        let entry = visit.gateway.models.find(other)?;
        visit.seen.fallbacks += 1;
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
    let mut tried = Vec::new();
    let mut wait = FIRST;
    let mut repeated = 0;
    loop {
        let (index, deployment) = choose(entry, &tried)?;
        visit.turn_to(deployment.clone());
        let asked = match entry.hedge {
            Some(after) if repeated == 0 => hedged(visit, entry, index, question, after).await,
            _ => {
                let (gateway, tally) = (visit.gateway.clone(), visit.tally.clone());
                ask(&gateway.runner, entry.start, deployment, question, &tally).await
            }
        };
        let error = match asked {
            Ok((answer, busy)) => {
                visit.busy = Some(busy);
                return Ok(answer);
            }
            Err(error) => error,
        };
        visit.give_up();
        let others = entry.deployments.iter().enumerate();
        let others = others.filter(|(at, it)| it.weight > 0 && !tried.contains(at) && *at != index);
        let has_others = others.count() > 0;
        // Another deployment may have another key; the same one would say the same again.
        let may_pass = error.consequence().retry || (has_others && is_of_the_place(error.kind()));
        if repeated == entry.retries || !may_pass {
            return Err(error);
        }
        repeated += 1;
        tried.push(index);
        if has_others {
            continue;
        }
        tried.clear();
        let asked = error.failure.retry_after_ms.map(Duration::from_millis);
        if asked.is_some_and(|asked| asked > LONGEST) {
            return Err(error);
        }
        // Clients that failed together do not come back together.
        let jittered = wait / 2 + wait.mul_f64(visit.chance()) / 2;
        tokio::time::sleep(asked.map_or(jittered, |asked| asked + jittered / 4)).await;
        wait = (wait * 2).min(LONGEST);
    }
}

/// Whether it is about where the model is, and not about what was asked.
fn is_of_the_place(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Authentication
            | FailureKind::Permission
            | FailureKind::NotFound
            | FailureKind::QuotaExhausted
    )
}

fn choose<'a>(entry: &'a Entry, tried: &[usize]) -> Result<(usize, &'a Arc<Deployment>), Error> {
    entry.choose(tried, Instant::now()).map_err(|turned| full(turned.wait))
}

fn full(wait: Duration) -> Error {
    let message = "every deployment of this model has reached its own limit; try again";
    let retry_after_ms = Some(wait.as_millis() as u64);
    Failure { retry_after_ms, ..Failure::new(FailureKind::RateLimited, message) }.into()
}

/// An answer, and the place that it keeps busy.
type Held<T> = Result<(T, Busy), Error>;

/// Asks one deployment, and notes how it did.
async fn ask<Q: Question>(
    runner: &Runner,
    start: Option<Duration>,
    deployment: &Arc<Deployment>,
    question: &mut Q,
    tally: &Tally,
) -> Held<Q::Answer> {
    let began = Instant::now();
    let Some(busy) = deployment.begin(began) else { return Err(full(Duration::from_secs(1))) };
    let runner = runner.hearing(&tally.heard);
    let asked = question.ask(&runner, &deployment.model, tally);
    let answer = match start {
        None => asked.await,
        Some(most) => tokio::time::timeout(most, asked).await.unwrap_or_else(|_| {
            tally.leave();
            let message = format!("{} did not begin to answer in time", deployment.model);
            Err(Error::new(FailureKind::TimedOut, message))
        }),
    };
    match &answer {
        Ok(_) => deployment.answered(began.elapsed()),
        Err(error) => deployment.failed(&error.failure, Instant::now()),
    }
    Ok((answer?, busy))
}

/// Asks one deployment, and after a while another one beside it. Whoever answers first is
/// taken, and the other one is left: its cell and its connection are gone then.
async fn hedged<Q: Question>(
    visit: &mut Visit,
    entry: &Entry,
    index: usize,
    question: &mut Q,
    after: Duration,
) -> Held<Q::Answer> {
    let gateway = visit.gateway.clone();
    let deployment = &entry.deployments[index];
    let mut twin = question.twin();
    let tally = visit.tally.clone();
    let mut first = pin!(ask(&gateway.runner, entry.start, deployment, question, &tally));
    tokio::select! {
        answer = &mut first => return answer,
        () = tokio::time::sleep(after) => {}
    }
    let other = match entry.choose(&[index], Instant::now()) {
        Ok((other, deployment)) if other != index => deployment,
        _ => return first.await,
    };
    let tally = visit.turn_beside(other.clone());
    let mut second = pin!(ask(&gateway.runner, entry.start, other, &mut twin, &tally));
    // One that fails leaves it to the other one.
    let (late, error) = tokio::select! {
        answer = &mut first => match answer {
            Ok(answer) => {
                visit.leave_beside();
                return Ok(answer);
            }
            Err(error) => (Late::Second, error),
        },
        answer = &mut second => match answer {
            Ok(answer) => {
                visit.change_sides();
                visit.leave_beside();
                return Ok(answer);
            }
            Err(error) => (Late::First, error),
        },
    };
    match late {
        Late::First => {
            visit.give_up_beside();
            first.await
        }
        Late::Second => {
            visit.change_sides();
            visit.give_up_beside();
            second.await.map_err(|_| error)
        }
    }
}

/// Who is still asked.
enum Late {
    First,
    Second,
}
