//! The state in a file of SQLite's, which nothing has to be installed for.
//!
//! One thread has the file. A request does not wait for it to be let in: its key is remembered
//! for a moment, and meters are in memory. It waits for it once, for its account, before its
//! last byte goes out; all that come together share that commit.

mod meters;
mod schema;
mod sharing;
mod statements;
#[cfg(test)]
mod tests;
mod worker;

use super::{
    Claim, Entry, Hash, Held, Hold, Key, Later, Meter, Page, Response, Standing, Store, StoreError,
    Team, Total, UsageQuery, record::Time,
};
use meters::Meters;
use sharing::Member;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use worker::{Turn, Worker, failed};

/// The state in a file.
pub(crate) struct Sqlite {
    worker: Worker,
    meters: Arc<Mutex<Meters>>,
    member: Member,
    /// Held as long as a gateway serves from the folder.
    lock: Option<File>,
}

impl Sqlite {
    /// Opens the file in this folder, for a gateway that serves from it. No thread is started
    /// before it is first used.
    ///
    /// # Errors
    /// A folder that cannot be used, or that another gateway serves from.
    #[cfg(test)]
    pub(crate) fn serve(folder: &Path, sync: bool) -> Result<Self, StoreError> {
        Self::serve_after(folder, sync, None, false)
    }

    /// The same for one of several processes of a gateway that come after one another: with the
    /// lock of the one before, where there was one, and whether one of them still serves.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn serve_after(
        folder: &Path,
        sync: bool,
        lock: Option<File>,
        is_shared: bool,
    ) -> Result<Self, StoreError> {
        let connection = schema::open(folder, sync)?;
        let lock = schema::lock(folder, lock)?;
        if !is_shared {
            sharing::clear(&connection).map_err(|error| failed(&error))?;
        }
        let mut store = Self::on(connection)?;
        if is_shared {
            store.meters().give_up();
        }
        store.lock = Some(lock);
        Ok(store)
    }

    /// The same for somebody who reads and changes what is in it.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub(crate) fn open(folder: &Path, sync: bool) -> Result<Self, StoreError> {
        Self::on(schema::open(folder, sync)?)
    }

    fn on(connection: rusqlite::Connection) -> Result<Self, StoreError> {
        let worker = Worker::new(connection);
        Ok(Self { worker, meters: Arc::default(), member: Member::new()?, lock: None })
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
            if meters.is_shared() {
                return Ok(());
            }
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

impl Sqlite {
    fn hold_in_file(&self, claims: Vec<Claim>) -> Later<'static, Option<Held>> {
        let (member, meters) = (self.member, self.meters.clone());
        self.worker.take_turn(true, move |turn| member.hold(turn, &meters, &claims))
    }

    /// Nothing comes back where meters are in memory by now.
    fn standings_in_file(&self, wanted: Vec<Meter>) -> Later<'static, Option<Vec<Standing>>> {
        let meters = self.meters.clone();
        self.worker.run(false, move |it| {
            if !meters.lock().unwrap_or_else(PoisonError::into_inner).is_shared() {
                return Ok(None);
            }
            let standings = wanted.iter().map(|meter| sharing::standing(it, meter));
            standings.collect::<rusqlite::Result<Vec<_>>>().map(Some)
        })
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
                let shared = {
                    let mut meters = self.meters();
                    meters.forget(Time::now().0);
                    if meters.is_shared() {
                        Some(self.hold_in_file(claims.to_vec()))
                    } else if meters.have(claims.iter().map(|claim| &claim.meter)) {
                        return Ok(meters.hold(claims));
                    } else {
                        None
                    }
                };
                if let Some(shared) = shared {
                    match shared.await? {
                        Some(held) => return Ok(held),
                        None => continue,
                    }
                }
                let wanted: Vec<Meter> = claims.iter().map(|claim| claim.meter.clone()).collect();
                self.load(&wanted).await?;
            }
        })
    }

    fn settle(&self, _: Hold, held: Vec<(Claim, u64)>, entry: Entry) -> Later<'static, ()> {
        let mut meters = self.meters();
        if meters.is_shared() {
            let (memory, member) = (self.meters.clone(), self.member);
            return self.worker.run(true, move |it| {
                statements::add_usage(it, &entry)?;
                member.settle(it, &memory, &held)
            });
        }
        meters.settle(&held);
        // Within the lock: see `load`.
        let kept = self.worker.run(true, move |it| statements::add_usage(it, &entry));
        drop(meters);
        kept
    }

    fn standings<'a>(&'a self, wanted: &'a [Meter]) -> Later<'a, Vec<Standing>> {
        Box::pin(async move {
            loop {
                if self.meters().is_shared() {
                    match self.standings_in_file(wanted.to_vec()).await? {
                        Some(standings) => return Ok(standings),
                        None => continue,
                    }
                }
                self.load(wanted).await?;
                let meters = self.meters();
                if !meters.is_shared() {
                    return Ok(wanted.iter().map(|meter| meters.standing(meter)).collect());
                }
            }
        })
    }

    fn keep_response(&self, response: Response) -> Later<'_, ()> {
        self.worker.run(true, move |it| statements::keep_response(it, &response))
    }

    fn response_of(&self, owner: String, id: String) -> Later<'_, Option<Response>> {
        let since = Time::now().0.saturating_sub(Response::LIFE);
        self.worker.run(false, move |it| statements::response_of(it, &owner, &id, since))
    }

    fn share(&self) -> Later<'_, ()> {
        let mut meters = self.meters();
        if meters.is_shared() {
            return Box::pin(async { Ok(()) });
        }
        // Within the lock, so that whatever is held or settled later comes later.
        let (member, all) = (self.member, meters.give_up());
        self.worker.run(true, move |it| member.move_in(it, &all))
    }

    fn alone(&self) -> Later<'_, ()> {
        if !self.meters().is_shared() {
            return Box::pin(async { Ok(()) });
        }
        let (member, meters) = (self.member, self.meters.clone());
        self.worker.run(true, move |it| member.move_out(it, &meters))
    }

    fn lock(&self) -> Option<&File> {
        self.lock.as_ref()
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
