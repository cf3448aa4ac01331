//! A worker, as the supervisor sees it: a process that it started, and what comes of it.

use super::message::{Line, Said, Start, Told};
use hotcell_gateway::packet;
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// This program, whatever was put in its place since it was started: workers of another version
/// might not understand what they are told.
const PROGRAM: &str = "/proc/self/exe";
/// What glibc is told of memory, where nobody has told it something else: pieces from a mebibyte on
/// are the system's again as soon as they are free. Left to itself it learns from the first large
/// request to keep what large ones take, and a burst of them stays in a worker for ever. Others
/// do not read it.
const MEMORY: [(&str, &str); 2] =
    [("MALLOC_MMAP_THRESHOLD_", "1048576"), ("MALLOC_TRIM_THRESHOLD_", "16777216")];

/// What comes of a worker.
#[derive(Debug)]
pub(super) enum Event {
    Said(Said),
    /// Something that no worker says.
    Nonsense,
    Gone(io::Result<ExitStatus>),
}

/// A worker.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) number: u64,
    line: Arc<Line>,
    /// Ends it at once.
    kill: mpsc::Sender<()>,
    pub(super) begun: Instant,
    pub(super) since: SystemTime,
    /// How long it may take to end what it began, and until when that is.
    pub(super) grace: Duration,
    pub(super) until: Option<Instant>,
}

impl Worker {
    /// Starts one, which is told this first. What becomes of it comes by `events`.
    pub(super) fn start(
        number: u64,
        start: &Start,
        events: mpsc::Sender<(u64, Event)>,
    ) -> io::Result<Self> {
        let (here, there) = packet::pair()?;
        let mut command = std::process::Command::new(PROGRAM);
        command
            .arg0(std::env::args_os().next().unwrap_or_else(|| "hotcell".into()))
            .args(arguments())
            .env_remove("NOTIFY_SOCKET")
            .envs(MEMORY.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()))
            .stdin(Stdio::from(there));
        let since = SystemTime::now();
        let child = Command::from(command).kill_on_drop(true).spawn()?;
        start.send(here.as_fd())?;
        let line = Arc::new(Line::new(here)?);
        let (kill, killed) = mpsc::channel(1);
        tokio::spawn(follow(number, child, line.clone(), killed, events));
        let (begun, grace) = (Instant::now(), Duration::ZERO);
        Ok(Self { number, line, kill, begun, since, grace, until: None })
    }

    pub(super) fn tell(&self, told: Told) {
        // One that takes nothing more is gone, or will be.
        let _ = self.line.tell(told);
    }

    pub(super) fn kill(&self) {
        let _ = self.kill.try_send(());
    }
}

/// Tells what becomes of a worker, to its end.
async fn follow(
    number: u64,
    mut child: Child,
    line: Arc<Line>,
    mut killed: mpsc::Receiver<()>,
    events: mpsc::Sender<(u64, Event)>,
) {
    let mut is_heard = true;
    loop {
        let event = tokio::select! {
            biased;
            Some(()) = killed.recv() => {
                let _ = child.start_kill();
                continue;
            }
            said = line.said(), if is_heard => match said {
                Ok(Some(said)) => Event::Said(said),
                // It is ending.
                Ok(None) => {
                    is_heard = false;
                    continue;
                }
                Err(_) => {
                    is_heard = false;
                    Event::Nonsense
                }
            },
            status = child.wait() => Event::Gone(status),
        };
        let is_over = matches!(event, Event::Gone(_));
        if events.send((number, event)).await.is_err() || is_over {
            return;
        }
    }
}

/// What this process was given, and that it is for a worker.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let at = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    arguments.insert(at, "--worker".into());
    arguments
}

pub(super) fn ended(status: Option<ExitStatus>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("it ended with code {code}"),
        Some((None, Some(signal))) => format!("it was ended by signal {signal}"),
        _ => "nobody knows how it ended".to_owned(),
    }
}
