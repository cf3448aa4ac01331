//! `hotcell demo`: real adapters in real cells against a provider that this process
//! plays itself.
//!
//! Each scene does something, shows it as it happens, and leaves its part of the
//! report; `--json` prints the report alone.

mod attempts;
mod audit;
mod conversation;
pub(crate) mod providers;
mod screen;
mod stage;
mod wall;

use crate::arguments::DemoArguments;
use crate::command::{interruptible, runtime};
use crate::problem::Problem;
use crate::terminal::Terminal;
use hotcell::Error;
use hotcell::types::FailureKind;
use screen::Screen;
use serde::Serialize;
use stage::Stage;
use std::time::Duration;

/// The demo takes a few seconds; what takes longer than this hangs.
const LONGEST: Duration = Duration::from_secs(60);

/// Everything that happened, for a program.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    /// Where the provider of this process listened.
    provider: String,
    conversations: Vec<conversation::Conversation>,
    wall: wall::Crossing,
    attempts: Vec<attempts::Outcome>,
    /// What the provider saw of the hostile adapter.
    arrived: attempts::Arrived,
    audit: Vec<hotcell::egress::AuditRecord>,
}

pub(crate) fn run(arguments: &DemoArguments, terminal: &Terminal) -> Result<(), Problem> {
    let screen = Screen::new(terminal, arguments.json, arguments.fast);
    let runtime = runtime()?;
    if let Some(name) = &arguments.provider {
        let work = in_time(providers::LONGEST, providers::play(name, &screen));
        let report = runtime.block_on(interruptible(work));
        runtime.shutdown_background();
        let report = report?;
        if arguments.json {
            terminal.print_json(&report)?;
        }
        return match report.faults().first() {
            Some(fault) => Err(failed(fault.as_str())),
            None => Ok(()),
        };
    }
    let report = runtime.block_on(interruptible(in_time(LONGEST, play(&screen))));
    runtime.shutdown_background();
    let report = report?;
    if arguments.json {
        terminal.print_json(&report)?;
    }
    if let Some(breach) = report.attempts.iter().find(|outcome| !outcome.stopped) {
        return Err(failed(format!("the attempt `{}` was not stopped", breach.name)));
    }
    Ok(())
}

/// What does not end by itself is a failure of the demo's own.
async fn in_time<T>(
    longest: Duration,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    match tokio::time::timeout(longest, work).await {
        Ok(report) => report,
        Err(_) => Err(failed("the demo did not end by itself")),
    }
}

async fn play(screen: &Screen<'_>) -> Result<Report, Problem> {
    let stage = Stage::open(screen).await?;
    screen.opening(&stage.mock.addr().to_string())?;

    let openai = conversation::play(&stage, screen, "openai", "gpt-4o-mini").await?;
    let wall = wall::show(&stage, screen)?;
    let anthropic = conversation::play(&stage, screen, "anthropic", "claude-sonnet-4-5").await?;
    let (attempts, arrived) = attempts::play(&stage, screen).await?;
    let audit = stage.audit.records();
    audit::show(&audit, screen)?;
    screen.closing()?;
    Ok(Report {
        provider: stage.mock.url(),
        conversations: vec![openai, anthropic],
        wall,
        attempts,
        arrived,
        audit,
    })
}

fn failed(message: impl Into<String>) -> Problem {
    Error::new(FailureKind::Internal, message).into()
}
