//! The state in a file of SQLite's, which nothing has to be installed for.
//!
//! One thread has the file. A request does not wait for it to be let in: its key is remembered
//! for a moment, and meters are in memory. It waits for it once, for its account, before its
//! last byte goes out; all that come together share that commit.

mod meters;
mod schema;
mod statements;
#[cfg(test)]
mod tests;
mod worker;

use super::{
    Claim, Entry, Hash, Held, Key, Later, Meter, Page, Response, Standing, Store, StoreError, Team,
    Total, UsageQuery, record::Time,
};
use meters::Meters;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use worker::{Turn, Worker, failed};

/// The state in a file.
pub(crate) struct Sqlite {
    worker: Worker,
    meters: Arc<Mutex<Meters>>,
    /// Held as long as a gateway serves from the folder.
    _lock: Option<File>,
}

impl Sqlite {
    /// Opens the file in this folder, for a gateway that serves from it. No thread is started
    /// before it is first used.
    ///
    /// # Errors
    /// A folder that cannot be used, or that another gateway serves from.
    pub(crate) fn serve(folder: &Path, sync: bool) -> Result<Self, StoreError> {
        let mut store = Self::open(folder, sync)?;
        store._lock = Some(schema::lock(folder)?);
        Ok(store)
    }

    /// The same for somebody who reads and changes what is in it.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub(crate) fn open(folder: &Path, sync: bool) -> Result<Self, StoreError> {
        let worker = Worker::new(schema::open(folder, sync)?);
        Ok(Self { worker, meters: Arc::default(), _lock: None })
    }

    /// Whether there is a file with keys in this folder. None is made.
    pub(crate) fn has_keys(folder: &Path) -> bool {
        schema::has_keys(folder)
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what the file has of these meters, unless that is known. Where somebody else is
    /// reading it, this is done after that.
    async fn load(&self, wanted: &[Meter]) -> Result<(), StoreError> {
        // What is settled before this is in the file when it is read, and what is settled later
        // is added: the lock makes the two one step.
        let reading = {
            let mut meters = self.meters();
            let unknown = meters.ask(wanted.iter().cloned());
            if meters.have(wanted.iter()) {
                return Ok(());
            }
            let shared = self.meters.clone();
            self.worker.take_turn(false, move |turn| read(turn, &shared, unknown))
        };
        reading.await
    }
}

fn read(turn: Turn<'_>, meters: &Mutex<Meters>, unknown: Vec<Meter>) -> Result<(), StoreError> {
    let mut result = Ok(());
    for meter in unknown {
        let spent = turn.clone().and_then(|connection| {
            statements::spent(connection, &meter).map_err(|error| failed(&error))
        });
        let mut meters = meters.lock().unwrap_or_else(PoisonError::into_inner);
        meters.told(&meter, spent.as_ref().ok().copied());
        result = result.and(spent.map(drop));
    }
    result
}

impl Store for Sqlite {
    fn key_of(&self, hash: Hash) -> Later<'_, Option<Key>> {
        self.worker.run(false, move |it| statements::key_of(it, &hash))
    }

    fn key(&self, id: String) -> Later<'_, Option<Key>> {
        self.worker.run(false, move |it| statements::key(it, &id))
    }

    fn keys(&self, page: Page, team: Option<String>) -> Later<'_, Vec<Key>> {
        self.worker.run(false, move |it| statements::keys(it, &page, team.as_deref()))
    }

    fn add_key(&self, key: Key, hash: Hash) -> Later<'_, ()> {
        self.worker.run(true, move |it| statements::add_key(it, &key, &hash))
    }

    fn change_key(&self, key: Key) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::change_key(it, &key))
    }

    fn rotate_key(&self, id: String, hash: Hash) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::rotate_key(it, &id, &hash))
    }

    fn remove_key(&self, id: String) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::remove_key(it, &id))
    }

    fn team(&self, id: String) -> Later<'_, Option<Team>> {
        self.worker.run(false, move |it| statements::team(it, &id))
    }

    fn teams(&self, page: Page) -> Later<'_, Vec<Team>> {
        self.worker.run(false, move |it| statements::teams(it, &page))
    }

    fn add_team(&self, team: Team) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::add_team(it, &team))
    }

    fn change_team(&self, team: Team) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::change_team(it, &team))
    }

    fn remove_team(&self, id: String) -> Later<'_, bool> {
        self.worker.run(true, move |it| statements::remove_team(it, &id))
    }

    fn hold<'a>(&'a self, claims: &'a [Claim]) -> Later<'a, Held> {
        Box::pin(async move {
            loop {
                {
                    let mut meters = self.meters();
                    if meters.have(claims.iter().map(|claim| &claim.meter)) {
                        meters.forget(Time::now().0);
                        return Ok(meters.hold(claims));
                    }
                }
                let wanted: Vec<Meter> = claims.iter().map(|claim| claim.meter.clone()).collect();
                self.load(&wanted).await?;
            }
        })
    }

    fn settle(&self, held: Vec<(Claim, u64)>, entry: Entry) -> Later<'static, ()> {
        let mut meters = self.meters();
        meters.settle(&held);
        // Within the lock: see `load`.
        let kept = self.worker.run(true, move |it| statements::add_usage(it, &entry));
        drop(meters);
        kept
    }

    fn standings<'a>(&'a self, wanted: &'a [Meter]) -> Later<'a, Vec<Standing>> {
        Box::pin(async move {
            self.load(wanted).await?;
            let meters = self.meters();
            Ok(wanted.iter().map(|meter| meters.standing(meter)).collect())
        })
    }

    fn keep_response(&self, response: Response) -> Later<'_, ()> {
        self.worker.run(true, move |it| statements::keep_response(it, &response))
    }

    fn response_of(&self, owner: String, id: String) -> Later<'_, Option<Response>> {
        let since = Time::now().0.saturating_sub(Response::LIFE);
        self.worker.run(false, move |it| statements::response_of(it, &owner, &id, since))
    }

    fn usage(&self, query: UsageQuery) -> Later<'_, Vec<Total>> {
        self.worker.run(false, move |it| statements::usage(it, &query))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}
