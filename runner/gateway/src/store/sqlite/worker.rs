//! The thread that has the file. What comes while it is busy is done together, in one
//! transaction: the more requests there are, the less each one costs.

use crate::store::{Later, StoreError};
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Jobs of one transaction, at the most.
const BATCH: usize = 512;

/// Work on the file, and whom to tell when it is kept.
pub(super) struct Job {
    writes: bool,
    work: Box<dyn FnOnce(Turn<'_>) -> Reply + Send>,
}

/// The file, within a transaction; or why there is none.
pub(super) type Turn<'a> = Result<&'a Connection, StoreError>;

/// Told once the transaction is over, with what became of it.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The thread, and the way to it. Dropping it lets the thread do what it was given, and waits.
pub(super) struct Worker {
    state: Mutex<State>,
}

enum State {
    /// It waits for its thread: a process that confines itself may have none before.
    Idle(Connection),
    Running(Sender<Job>, JoinHandle<()>),
    Gone,
}

impl Worker {
    pub(super) fn new(connection: Connection) -> Self {
        Self { state: Mutex::new(State::Idle(connection)) }
    }

    /// Has this done, in its turn; the order of calls is the order of the work. It is done
    /// whether or not somebody waits. `writes` says whether it may write.
    pub(super) fn run<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Later<'static, T> {
        self.take_turn(writes, |turn| work(turn?).map_err(|error| failed(&error)))
    }

    /// The same for somebody who has something to do as well where there is no transaction.
    pub(super) fn take_turn<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce(Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Later<'static, T> {
        let (tell, told) = oneshot::channel();
        let work = move |turn: Turn<'_>| {
            let done = work(turn);
            let reply: Reply = Box::new(move |kept| {
                // Nobody waits any more, perhaps.
                let _ = tell.send(kept.and(done));
            });
            reply
        };
        self.send(Job { writes, work: Box::new(work) });
        Box::pin(async {
            told.await.unwrap_or_else(|_| Err(StoreError("it is closed".to_owned())))
        })
    }

    fn send(&self, job: Job) {
        let mut state = self.state();
        if let State::Idle(_) = *state {
            start(&mut state);
        }
        if let State::Running(jobs, _) = &*state {
            // A thread that is gone drops the job, and whoever waits is told.
            let _ = jobs.send(job);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(state: &mut State) {
    let State::Idle(connection) = std::mem::replace(state, State::Gone) else { return };
    let (jobs, inbox) = channel();
    let thread = std::thread::Builder::new().name("hotcell-state".to_owned());
    match thread.spawn(move || work(&connection, &inbox)) {
        Ok(thread) => *state = State::Running(jobs, thread),
        Err(error) => {
            tracing::error!(target: "hotcell::gateway", %error, "the state has no thread");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut *self.state(), State::Gone);
        if let State::Running(jobs, thread) = state {
            drop(jobs);
            // It panicked, perhaps; whoever waited was told.
            let _ = thread.join();
        }
    }
}

fn work(connection: &Connection, inbox: &Receiver<Job>) {
    while let Ok(first) = inbox.recv() {
        let mut batch = vec![first];
        batch.extend(inbox.try_iter().take(BATCH - 1));
        let writes = batch.iter().any(|job| job.writes);
        let mut replies = Vec::with_capacity(batch.len());
        let kept = transaction(connection, writes, |turn| {
            replies.extend(batch.into_iter().map(|job| (job.work)(turn.clone())));
        });
        if let Err(error) = &kept {
            tracing::error!(target: "hotcell::gateway", %error, "nothing was kept");
        }
        replies.into_iter().for_each(|reply| reply(kept.clone()));
    }
}

fn transaction(
    connection: &Connection,
    writes: bool,
    work: impl FnOnce(Turn<'_>),
) -> Result<(), StoreError> {
    // One that will write says so at once: another process may have the file open, and one
    // that has read already could not wait for it.
    let begin = if writes { "BEGIN IMMEDIATE" } else { "BEGIN" };
    let say = |what: &str| -> Result<(), StoreError> {
        let said = connection.prepare_cached(what).and_then(|mut it| it.execute([]));
        said.map(drop).map_err(|error| failed(&error))
    };
    if let Err(error) = say(begin) {
        work(Err(error.clone()));
        return Err(error);
    }
    work(Ok(connection));
    say("COMMIT").inspect_err(|_| _ = say("ROLLBACK"))
}

/// What SQLite says, without what was asked: a statement's values are no part of it.
pub(super) fn failed(error: &rusqlite::Error) -> StoreError {
    StoreError(error.to_string())
}
