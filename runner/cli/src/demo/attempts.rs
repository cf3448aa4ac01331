//! The scene of the adapter that wants out. What it says about itself counts for
//! nothing: whether it was stopped is judged by the audit, by the provider's own
//! records, and by what reached the caller.

use super::screen::Screen;
use super::stage::{CPU_MS, Stage};
use crate::problem::Problem;
use hotcell::egress::{AuditRecord, Decision};
use hotcell::types::{ChatRequest, FailureKind};
use hotcell::{Choice, Error, bundle};
use serde::Serialize;
use std::collections::BTreeMap;

/// One attempt of the hostile adapter.
struct Attempt {
    /// What a request gives as its model.
    name: &'static str,
    what: &'static str,
    end: End,
}

/// How an attempt must end.
#[derive(Clone, Copy)]
enum End {
    /// Egress denies every try, and nothing goes out.
    Denied,
    /// The runner ends the cell.
    CellEnded,
    /// The redirect is its whole answer.
    NotFollowed,
    /// There is nothing to be found.
    NothingThere,
    /// The provider's echo of the key comes in without it.
    Scrubbed,
    /// The next cell does not know of it.
    Forgotten,
}

const fn attempt(name: &'static str, what: &'static str, end: End) -> Attempt {
    Attempt { name, what, end }
}

const ATTEMPTS: [Attempt; 12] = [
    attempt("endpoint-not-granted", "asks for other endpoints by name", End::Denied),
    attempt(
        "path-not-granted",
        "asks its own provider for files, fine-tunes and users",
        End::Denied,
    ),
    attempt("path-dot-segments", "climbs out of the granted path with `..`", End::Denied),
    attempt("path-absolute-form", "writes a whole URL where a path belongs", End::Denied),
    attempt("redirect", "waits to be redirected to another place", End::NotFollowed),
    attempt("header-authorization", "sends on the account of somebody else", End::Denied),
    attempt("header-line-break", "smuggles a second request into a header", End::Denied),
    attempt("key-in-settings", "asks for the key among its settings", End::NothingThere),
    attempt("key-byte-by-byte", "has the provider echo the key, and reads it", End::Scrubbed),
    attempt("state-kept", "leaves a note for the next request", End::Forgotten),
    attempt("loop-forever", "computes for ever", End::CellEnded),
    attempt("memory-exhausted", "takes memory until there is none, and then more", End::CellEnded),
];

/// What became of an attempt.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    what: &'static str,
    pub(super) stopped: bool,
    /// What stopped it.
    by: String,
    /// Denials in the audit, by rule.
    denials: BTreeMap<String, usize>,
}

impl Outcome {
    /// How often it was denied.
    fn denied(&self) -> usize {
        self.denials.values().sum()
    }
}

/// What the provider saw of all attempts together.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Arrived {
    requests: usize,
    /// Each of them had the granted method, path and origin, and the runner's key.
    as_granted: bool,
    /// Whether an ordinary request was answered afterwards.
    served_afterwards: bool,
}

/// Lets the adapter try.
pub(super) async fn play(
    stage: &Stage,
    screen: &Screen<'_>,
) -> Result<(Vec<Outcome>, Arrived), Problem> {
    screen.title(4, "An adapter that wants out")?;
    screen.paragraph(
        "It has the grant that any adapter has, POST /chat/completions, and here is what it does \
         with it.",
    )?;
    screen.blank()?;
    let before = stage.mock.requests().len();
    let mut outcomes = Vec::new();
    for attempt in &ATTEMPTS {
        let outcome = judge(stage, attempt).await;
        screen.attempt(outcome.what, outcome.denied(), &outcome.by, outcome.stopped)?;
        screen.pause(130).await;
        outcomes.push(outcome);
    }
    let arrived = arrived(stage, before).await;
    let stopped = outcomes.iter().filter(|outcome| outcome.stopped).count();
    screen.blank()?;
    let seen = if arrived.as_granted { "nothing but what was granted" } else { "OTHER THINGS" };
    let after = if arrived.served_afterwards { "goes on serving" } else { "DOES NOT ANSWER" };
    screen.paragraph(&format!(
        "{stopped} of {} stopped. In {} requests the provider saw {seen}, and the runner {after}.",
        outcomes.len(),
        arrived.requests,
    ))?;
    screen.pause(300).await;
    Ok((outcomes, arrived))
}

async fn judge(stage: &Stage, attempt: &Attempt) -> Outcome {
    let audited = stage.audit.records().len();
    let arrived = stage.mock.requests().len();
    let mut told = ask(stage, attempt.name).await;
    if matches!(attempt.end, End::Forgotten) {
        told = ask(stage, attempt.name).await;
    }
    let arrived = stage.mock.requests().len() - arrived;
    let audited = stage.audit.records().split_off(audited);
    let denials = denials(&audited);
    let denied: usize = denials.values().sum();
    let text = match &told {
        Ok(text) => text.clone(),
        Err(error) => error.failure.message.clone(),
    };
    let quiet = told.is_ok() && audited.is_empty() && !text.contains("GOT");
    let (as_it_must, by) = match attempt.end {
        End::Denied => (denied > 0 && denied == audited.len() && arrived == 0, refusal(&audited)),
        End::CellEnded => (told.is_err() && arrived == 0, ended(&told)),
        End::NotFollowed => (
            told.is_ok() && arrived == 1 && text.contains("status 307"),
            "got status 307 and nothing else: redirects are not followed".to_owned(),
        ),
        End::NothingThere => (quiet, "there is no such setting: no key ever enters".to_owned()),
        End::Scrubbed => (
            told.is_ok() && text.contains("[secret]"),
            "read `[secret]`: what comes back is scrubbed, however it is cut".to_owned(),
        ),
        End::Forgotten => (quiet, "found no note: every request has a new cell".to_owned()),
    };
    let stopped = as_it_must && !text.contains(&stage.key);
    let by = if stopped { by } else { format!("not stopped: {text}") };
    Outcome { name: attempt.name, what: attempt.what, stopped, by, denials }
}

async fn ask(stage: &Stage, attempt: &str) -> Result<String, Error> {
    let model = format!("{}/{attempt}", bundle::HOSTILE.name);
    let answer = stage.runner.chat(&model, ChatRequest::user("hello")).await?.collect().await?;
    Ok(answer.choices.first().map(Choice::text).unwrap_or_default())
}

fn denials(records: &[AuditRecord]) -> BTreeMap<String, usize> {
    let mut denials = BTreeMap::new();
    for record in records {
        if let Decision::Denied { rule, .. } = &record.decision {
            *denials.entry(rule.to_string()).or_default() += 1;
        }
    }
    denials
}

/// The first denial, in its own words.
fn refusal(records: &[AuditRecord]) -> String {
    let first = records.iter().find_map(|record| match &record.decision {
        Decision::Denied { rule, detail } => Some(format!("{rule}: {detail}")),
        _ => None,
    });
    first.unwrap_or_default()
}

fn ended(told: &Result<String, Error>) -> String {
    match told {
        Err(error) if error.kind() == FailureKind::TimedOut => {
            format!("ended after {CPU_MS} ms: it computed for longer than its limit")
        }
        Err(_) => "ended: its memory has a limit, and the next cell starts fresh".to_owned(),
        Ok(_) => String::new(),
    }
}

/// Asks the provider what it saw, and the runner whether it is well.
async fn arrived(stage: &Stage, before: usize) -> Arrived {
    let requests = stage.mock.requests().split_off(before);
    let bearer = format!("Bearer {}", stage.key);
    let host = stage.mock.addr().to_string();
    let as_granted = requests.iter().all(|request| {
        (request.method.as_str(), request.path.as_str()) == ("POST", "/v1/chat/completions")
            && request.header("authorization") == Some(bearer.as_str())
            && request.header("host") == Some(host.as_str())
    });
    let ordinary = async {
        let request = ChatRequest::user("Are you there?");
        stage.runner.chat("openai/gpt-4o-mini", request).await?.collect().await
    };
    Arrived { requests: requests.len(), as_granted, served_afterwards: ordinary.await.is_ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_is_one_of_the_hostile_adapter() {
        for attempt in &ATTEMPTS {
            let known = hotcell_adapter_hostile::attempts::Attempt::named(attempt.name);
            assert!(known.is_some(), "{}", attempt.name);
        }
    }
}
