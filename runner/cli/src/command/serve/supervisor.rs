//! The process that the operator started. It keeps what is open, has a worker serve, and puts
//! another one in its place where something was changed or the worker is gone.
//!
//! It reads no configuration and no byte of a stranger's. What it has of secrets is its
//! environment, which each worker gets; other processes of the same user cannot look into it.

use super::asked::{Asked, Signals};
use super::child::{Event, Worker, ended};
use super::message::{Kept, Name, Reloads, Said, Start, Told};
use super::notify::Manager;
use super::watched::Watched;
use super::{ENDING, runtime_of_one};
use crate::arguments::{ConfinementChoice, GlobalArguments, ServeArguments};
use crate::problem::Problem;
use crate::terminal::Terminal;
use hotcell_gateway::packet;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Workers that end what they began, at the most. Each has memory of its own.
const LEAVING: usize = 8;
/// How long a worker may take to let another one serve, and to end at once.
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_secs(3);
/// No configuration gives one that retires longer than this.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How soon a worker is started anew that is gone, the first time and at the most.
const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(10);
/// One that was there for so long is gone for the first time.
const STABLE: Duration = Duration::from_secs(30);
/// Between two looks at the files that are watched.
const LOOK: Duration = Duration::from_secs(1);

/// Why there is no supervisor any more.
#[derive(Debug)]
pub(super) enum Impossible {
    /// There cannot be one here.
    Here(io::Error),
    /// All is over.
    Over(Problem),
}

/// Serves by workers, to the end.
pub(super) fn run(
    arguments: &ServeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Impossible> {
    let runtime = runtime_of_one().map_err(Impossible::Here)?;
    runtime.block_on(async {
        let mut signals = Signals::new().map_err(Impossible::Here)?;
        let passage = packet::pair().map_err(Impossible::Here)?;
        let (events, mut happened) = mpsc::channel(16);
        let mut supervisor = Supervisor {
            terminal,
            manager: Manager::new(),
            patience: Duration::from_secs(arguments.ready_within),
            watches: arguments.watch,
            passage,
            kept: Vec::new(),
            watched: Watched::default(),
            events,
            workers: 0,
            serving: None,
            coming: None,
            leaving: Vec::new(),
            reloads: Reloads::default(),
            again: false,
            anew: None,
            wait: SOON,
            ending: None,
            code: 0,
        };
        supervisor.start(Reason::First).map_err(Impossible::Here)?;
        if global.confinement != Some(ConfinementChoice::Off) {
            // Its environment may hold keys. The kernel forgets this for each worker, which says
            // it for itself.
            let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
        let mut look = tokio::time::interval(LOOK);
        loop {
            let deadline = supervisor.deadline();
            tokio::select! {
                biased;
                Some((number, event)) = happened.recv() => supervisor.happened(number, event),
                asked = signals.next() => supervisor.asked(asked),
                () = until(deadline) => supervisor.late(),
                _ = look.tick(), if supervisor.watches => supervisor.look(),
            }
            if let Some(over) = supervisor.over() {
                return over.map_err(Impossible::Over);
            }
        }
    })
}

/// Why a worker is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    First,
    Reload,
    /// In the place of one that is gone.
    Gone,
}

/// A worker that does not serve yet.
#[derive(Debug)]
struct Coming {
    worker: Worker,
    reason: Reason,
    /// It could: the other one is told to let it.
    is_ready: bool,
    deadline: Instant,
}

struct Supervisor<'a> {
    terminal: &'a Terminal,
    manager: Manager,
    /// For a worker to be ready.
    patience: Duration,
    watches: bool,
    passage: (OwnedFd, OwnedFd),
    kept: Vec<Kept>,
    watched: Watched,
    events: mpsc::Sender<(u64, Event)>,
    /// So many were started.
    workers: u64,
    serving: Option<Worker>,
    coming: Option<Coming>,
    leaving: Vec<Worker>,
    reloads: Reloads,
    /// It was asked for once more while it was being done.
    again: bool,
    /// When a worker is started in the place of one that is gone.
    anew: Option<Instant>,
    /// How long the next one is waited with.
    wait: Duration,
    /// All is to end: until then, where it is to end at once.
    ending: Option<Option<Instant>>,
    code: u8,
}

impl Supervisor<'_> {
    fn say(&self, text: &str) {
        self.terminal.note(&format!("{text}\n"));
    }

    /// Starts a worker.
    fn start(&mut self, reason: Reason) -> io::Result<()> {
        let others_serve = self.serving.is_some() || !self.leaving.is_empty();
        let mut kept = vec![
            Kept { name: Name::Entry, file: self.passage.0.try_clone()? },
            Kept { name: Name::Exit, file: self.passage.1.try_clone()? },
        ];
        for open in &self.kept {
            kept.push(Kept { name: open.name, file: open.file.try_clone()? });
        }
        self.workers += 1;
        let start = Start { others_serve, reloads: self.reloads, kept };
        let worker = Worker::start(self.workers, &start, self.events.clone())?;
        let deadline = worker.begun + self.patience;
        self.coming = Some(Coming { worker, reason, is_ready: false, deadline });
        Ok(())
    }

    fn asked(&mut self, asked: Asked) {
        match (asked, self.ending) {
            (Asked::End, None) => {
                self.say(ENDING.trim_end());
                self.manager.stopping();
                self.ending = Some(None);
                self.anew = None;
                // Nobody comes in any more.
                self.kept.clear();
                if let Some(coming) = &self.coming {
                    coming.worker.kill();
                }
                self.each(Told::End);
            }
            (Asked::End, Some(None)) => {
                self.code = Problem::Interrupted.exit_code();
                self.ending = Some(Some(Instant::now() + AT_ONCE));
                self.each(Told::Now);
            }
            (Asked::Reload, None) => self.reload(),
            (_, Some(_)) => {}
        }
    }

    fn each(&self, told: Told) {
        self.serving.iter().chain(&self.leaving).for_each(|worker| worker.tell(told));
    }

    fn reload(&mut self) {
        if self.coming.is_some() {
            self.again = true;
            return;
        }
        self.manager.reloading();
        if self.serving.is_none() {
            // It is about to be started anyway.
            self.anew = Some(Instant::now());
        } else if self.leaving.len() >= LEAVING {
            self.failed(&format!("{LEAVING} processes still end what they began; try again later"));
        } else if let Err(error) = self.start(Reason::Reload) {
            self.failed(&format!("no process can be started: {error}"));
        }
    }

    /// Nothing new is served.
    fn failed(&mut self, why: &str) {
        self.reloads.failed += 1;
        self.say(&format!("reload failed: {why}; what was served before is served on"));
        self.each(Told::Count(self.reloads));
        self.manager.ready("serving; what was changed could not be loaded");
    }

    fn happened(&mut self, number: u64, event: Event) {
        match event {
            Event::Said(Said::Ready { kept, files, grace }) => {
                self.ready(number, kept, files, grace);
            }
            Event::Said(Said::Retired) => self.retired(number),
            Event::Nonsense => self.distrust(number),
            Event::Gone(status) => self.gone(number, status.ok()),
        }
    }

    fn ready(&mut self, number: u64, kept: Vec<Kept>, files: Vec<PathBuf>, grace: Duration) {
        let coming = self.coming.as_mut().filter(|it| it.worker.number == number && !it.is_ready);
        let Some(coming) = coming else { return self.distrust(number) };
        coming.is_ready = true;
        coming.deadline = Instant::now() + PATIENCE;
        coming.worker.grace = grace.min(LONGEST);
        // Of the way between workers there is only one.
        self.kept = kept;
        self.kept.retain(|kept| matches!(kept.name, Name::Listener(_) | Name::Lock));
        if self.watches {
            self.watched = Watched::new(files, coming.worker.since);
        }
        match &self.serving {
            Some(serving) => serving.tell(Told::Retire),
            None => self.promote(),
        }
    }

    fn retired(&mut self, number: u64) {
        let is_serving = self.serving.as_ref().is_some_and(|worker| worker.number == number);
        match self.coming.as_ref().is_some_and(|coming| coming.is_ready) && is_serving {
            true => {
                let leaving = self.serving.take().map(|mut worker| {
                    worker.until = Some(Instant::now() + worker.grace + PATIENCE);
                    worker
                });
                self.leaving.extend(leaving);
                self.promote();
            }
            false => self.distrust(number),
        }
    }

    /// The one that is ready serves.
    fn promote(&mut self) {
        let Some(Coming { worker, reason, .. }) = self.coming.take() else { return };
        if self.leaving.is_empty() {
            worker.tell(Told::Alone);
        }
        if reason == Reason::Reload {
            self.reloads.done += 1;
            let took = worker.begun.elapsed().as_millis();
            let ending = match self.leaving.len() {
                0 => String::new(),
                count => format!("; {count} before it ends what was begun"),
            };
            self.say(&format!("reloaded in {took} ms{ending}"));
        }
        worker.tell(Told::Count(self.reloads));
        worker.tell(Told::Go);
        self.serving = Some(worker);
        self.manager.ready("serving");
        if std::mem::take(&mut self.again) {
            self.reload();
        }
    }

    /// Whoever says what nobody asked for is not itself any more.
    fn distrust(&mut self, number: u64) {
        self.say("a process said what no worker says, and is ended");
        let coming = self.coming.iter().map(|coming| &coming.worker);
        let all = self.serving.iter().chain(&self.leaving).chain(coming);
        all.filter(|worker| worker.number == number).for_each(Worker::kill);
    }

    fn gone(&mut self, number: u64, status: Option<ExitStatus>) {
        let code = status.and_then(|status| status.code());
        let code = code.and_then(|code| u8::try_from(code).ok());
        if let Some(at) = self.leaving.iter().position(|worker| worker.number == number) {
            self.leaving.remove(at);
        } else if self.serving.as_ref().is_some_and(|worker| worker.number == number) {
            let worker = self.serving.take();
            if self.ending.is_some() {
                self.code = self.code.max(code.unwrap_or(0));
            } else {
                let how = ended(status);
                self.say(&format!(
                    "the process that serves is gone ({how}); another one takes its place"
                ));
                if worker.is_some_and(|worker| worker.begun.elapsed() > STABLE) {
                    self.wait = SOON;
                }
                match &self.coming {
                    Some(coming) if coming.is_ready => self.promote(),
                    Some(_) => {}
                    None => self.soon(),
                }
            }
        } else if let Some(coming) = self.coming.take_if(|it| it.worker.number == number) {
            self.given_up(coming.reason, code, status);
        }
        let is_alone = self.leaving.is_empty() && self.ending.is_none();
        if let Some(serving) = self.serving.as_ref().filter(|_| is_alone) {
            serving.tell(Told::Alone);
        }
    }

    /// A worker is gone that never served.
    fn given_up(&mut self, reason: Reason, code: Option<u8>, status: Option<ExitStatus>) {
        if self.ending.is_some() {
            return;
        }
        match (reason, &self.serving) {
            // It said why.
            (Reason::First, _) => {
                self.code = code.unwrap_or(70);
                self.ending = Some(None);
            }
            (_, Some(_)) => self.failed(&ended(status)),
            (_, None) => self.soon(),
        }
        if std::mem::take(&mut self.again) {
            self.reload();
        }
    }

    /// Starts another one after a while, which is longer each time.
    fn soon(&mut self) {
        self.anew = Some(Instant::now() + self.wait);
        self.wait = (self.wait * 2).min(LATE);
    }

    fn deadline(&self) -> Option<Instant> {
        let coming = self.coming.as_ref().map(|coming| coming.deadline);
        let leaving = self.leaving.iter().filter_map(|worker| worker.until);
        coming.into_iter().chain(leaving).chain(self.anew).chain(self.ending.flatten()).min()
    }

    fn late(&mut self) {
        let now = Instant::now();
        if self.ending.flatten().is_some_and(|at| at <= now) {
            self.serving.iter().chain(&self.leaving).for_each(Worker::kill);
            self.ending = Some(Some(now + AT_ONCE));
        }
        if let Some(coming) = self.coming.as_mut().filter(|coming| coming.deadline <= now) {
            coming.deadline = now + PATIENCE;
            match (coming.is_ready, &self.serving) {
                // It is the other one that does not do as it is told.
                (true, Some(serving)) => serving.kill(),
                _ => {
                    coming.worker.kill();
                    let seconds = self.patience.as_secs();
                    self.say(&format!("a process was not ready within {seconds} seconds"));
                }
            }
        }
        // It ends by itself before that, if it is still itself.
        for worker in self.leaving.iter_mut().filter(|it| it.until.is_some_and(|at| at <= now)) {
            worker.until = Some(now + PATIENCE);
            worker.kill();
        }
        if self.anew.is_some_and(|at| at <= now) {
            self.anew = None;
            if let Err(error) = self.start(Reason::Gone) {
                self.say(&format!("no process can be started: {error}"));
                self.soon();
            }
        }
    }

    fn look(&mut self) {
        if self.ending.is_none() && self.watched.have_changed() {
            self.reload();
        }
    }

    /// How all has ended, once it has.
    fn over(&self) -> Option<Result<(), Problem>> {
        let is_there = self.serving.is_some() || self.coming.is_some() || !self.leaving.is_empty();
        if self.ending.is_none() || is_there {
            return None;
        }
        Some(match self.code {
            0 => Ok(()),
            code => Err(Problem::Told(code)),
        })
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
