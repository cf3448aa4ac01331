//! The state at a server of PostgreSQL's, which several gateways share.
//!
//! Whatever has to hold among them is one statement there: a function of the database, which
//! reads and writes in one step. A request that has limits waits for the server once before it
//! is let in, and every request once for its account, before its last byte goes out.
//!
//! Nothing is counted twice and nothing is lost of what was answered: each request has a
//! number, by which the server knows an account that it has already, and an account is sent
//! until the server has it. What a gateway holds that is gone is held for half a minute more.

mod hold;
mod journal;
mod numbers;
mod pool;
mod schema;
mod session;
mod statements;
pub(super) mod words;

use super::counters::Counters;
use super::{
    Claim, Entry, Hash, Held, Hold, Key, Later, Meter, Page, Response, Standing, Store, StoreError,
    Team, Time, Total, UsageQuery,
};
use crate::ledger::Window;
use hotcell::egress::service::Service;
use journal::{Account, Journal};
use numbers::Numbers;
use pool::{Asked, Pool};
use session::Values;
use statements::{Wanted, json, record};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_postgres::Row;
use words::{number, text};

/// How often a gateway says that it is there. The server believes it for half a minute.
const BEAT: Duration = Duration::from_secs(5);
/// How long a client waits for its account to be kept, before it is told that it is not.
const KEEPING: Duration = Duration::from_secs(10);

/// The state at a server.
pub(crate) struct Postgres {
    shared: Arc<Shared>,
}

/// What the work in the background has too.
struct Shared {
    pool: Pool,
    /// By what this gateway is known there: nobody else has it.
    me: i64,
    numbers: Mutex<Numbers>,
    journal: Journal,
    /// Where rates are counted, if not at the server.
    counters: Option<Counters>,
    is_begun: AtomicBool,
}

impl Postgres {
    /// The state at this server, with rates counted elsewhere where something is named for it.
    /// Nothing is connected to before it is first used.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn new(service: Service, counters: Option<Counters>) -> Result<Self, StoreError> {
        let random = getrandom::u64().map_err(|error| StoreError(error.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                pool: Pool::new(service),
                // Zero is nobody.
                me: (random >> 1).max(1).cast_signed(),
                numbers: Mutex::default(),
                journal: Journal::default(),
                counters,
                is_begun: AtomicBool::new(false),
            }),
        })
    }

    /// Says that this gateway is there, as it does now and then.
    #[cfg(test)]
    pub(super) async fn beat(&self) {
        self.shared.beat().await;
    }

    async fn ask(&self, asked: Asked, values: Values<'_>) -> Result<Vec<Row>, StoreError> {
        self.shared.pool.ask(asked, values).await
    }

    /// Whether a statement changed something.
    async fn change(&self, asked: Asked, values: Values<'_>) -> Result<bool, StoreError> {
        Ok(!self.ask(asked, values).await?.is_empty())
    }
}

impl Shared {
    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn beat(&self) {
        let (lowest, divided) = {
            let numbers = self.numbers();
            (number(numbers.lowest()), numbers.divided().map(number).collect::<Vec<_>>())
        };
        let now = Time::now().0;
        let (now, oldest) = (number(now), number(oldest(now)));
        let values: Values<'_> = &[&self.me, &lowest, &divided, &now, &oldest];
        let beat = self.pool.ask(statements::BEAT, values).await;
        if let Err(error) = beat {
            tracing::debug!(target: "hotcell::gateway", %error, "the state was not told");
        }
    }
}

/// Answers that were made then or before are known no more.
fn oldest(now: u64) -> u64 {
    now.saturating_sub(Response::LIFE)
}

impl Store for Postgres {
    fn begin(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.shared.is_begun.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::downgrade(&self.shared);
        runtime.spawn(async move {
            while let Some(shared) = shared.upgrade() {
                shared.beat().await;
                drop(shared);
                tokio::time::sleep(BEAT).await;
            }
        });
    }

    fn end(&self) -> Later<'_, ()> {
        Box::pin(async {
            Journal::end(&self.shared).await;
            Ok(())
        })
    }

    fn unkept(&self) -> usize {
        self.shared.journal.len()
    }

    fn key_of(&self, hash: Hash) -> Later<'_, Option<Key>> {
        Box::pin(async move {
            let rows = self.ask(statements::KEY_OF, &[&hash.as_slice()]).await?;
            rows.first().map(record).transpose()
        })
    }

    fn key(&self, id: String) -> Later<'_, Option<Key>> {
        Box::pin(async move {
            let rows = self.ask(statements::KEY, &[&text(&id)]).await?;
            rows.first().map(record).transpose()
        })
    }

    fn keys(&self, page: Page, team: Option<String>) -> Later<'_, Vec<Key>> {
        Box::pin(async move {
            let team = team.as_deref().map(text);
            let most = i64::from(page.most);
            let rows = self.ask(statements::KEYS, &[&text(&page.after), &team, &most]).await?;
            rows.iter().map(record).collect()
        })
    }

    fn add_key(&self, key: Key, hash: Hash) -> Later<'_, ()> {
        Box::pin(async move {
            let (id, team, record) = (text(&key.id), key.team.as_deref().map(text), json(&key)?);
            self.ask(statements::ADD_KEY, &[&id, &hash.as_slice(), &team, &record]).await.map(drop)
        })
    }

    fn change_key(&self, key: Key) -> Later<'_, bool> {
        Box::pin(async move {
            let (id, team, record) = (text(&key.id), key.team.as_deref().map(text), json(&key)?);
            self.change(statements::CHANGE_KEY, &[&id, &team, &record]).await
        })
    }

    fn rotate_key(&self, id: String, hash: Hash) -> Later<'_, bool> {
        Box::pin(async move {
            self.change(statements::ROTATE_KEY, &[&text(&id), &hash.as_slice()]).await
        })
    }

    fn remove_key(&self, id: String) -> Later<'_, bool> {
        Box::pin(async move { self.change(statements::REMOVE_KEY, &[&text(&id)]).await })
    }

    fn team(&self, id: String) -> Later<'_, Option<Team>> {
        Box::pin(async move {
            let rows = self.ask(statements::TEAM, &[&text(&id)]).await?;
            rows.first().map(record).transpose()
        })
    }

    fn teams(&self, page: Page) -> Later<'_, Vec<Team>> {
        Box::pin(async move {
            let most = i64::from(page.most);
            let rows = self.ask(statements::TEAMS, &[&text(&page.after), &most]).await?;
            rows.iter().map(record).collect()
        })
    }

    fn add_team(&self, team: Team) -> Later<'_, bool> {
        Box::pin(async move {
            self.change(statements::ADD_TEAM, &[&text(&team.id), &json(&team)?]).await
        })
    }

    fn change_team(&self, team: Team) -> Later<'_, bool> {
        Box::pin(async move {
            self.change(statements::CHANGE_TEAM, &[&text(&team.id), &json(&team)?]).await
        })
    }

    fn remove_team(&self, id: String) -> Later<'_, bool> {
        Box::pin(async move { self.change(statements::REMOVE_TEAM, &[&text(&id)]).await })
    }

    fn hold<'a>(&'a self, claims: &'a [Claim]) -> Later<'a, Held> {
        Box::pin(hold::hold(&self.shared, claims))
    }

    fn settle(&self, hold: Hold, held: Vec<(Claim, u64)>, entry: Entry) -> Later<'static, ()> {
        let shared = &self.shared;
        let is_own = hold.number != 0 && !hold.is_part;
        let number = if is_own { hold.number } else { shared.numbers().open() };
        let part = hold.is_part.then(|| {
            let meters = held.iter().map(|(claim, _)| claim.meter.clone());
            (hold.number, meters.collect())
        });
        let rates = held.into_iter().filter(|(claim, _)| claim.meter.window == Window::Minute);
        let mut counts: Vec<(Meter, u64)> =
            rates.map(|(claim, used)| (claim.meter, used)).collect();
        let counters = shared.counters.as_ref().filter(|_| hold.is_counted);
        let counted =
            counters.and_then(|it| it.settle(shared.me, hold.number, std::mem::take(&mut counts)));
        let (tell, told) = oneshot::channel();
        let account = Account { number, entry: Some(entry), counts, part, tell: Some(tell) };
        Journal::push(shared, account);
        Box::pin(async {
            let kept = tokio::time::timeout(KEEPING, told).await;
            if let Some(counted) = counted {
                // Whoever asks next finds the rates as they are; this takes no longer than the
                // patience with Valkey.
                let _ = counted.await;
            }
            match kept {
                Ok(Ok(kept)) => kept,
                Ok(Err(_)) => Err(StoreError("it is closed".to_owned())),
                Err(_) => Err(StoreError(format!(
                    "an account was not written down in {KEEPING:?}, and will be later"
                ))),
            }
        })
    }

    fn divide(&self, hold: Hold) -> Hold {
        if hold.number != 0 {
            self.shared.numbers().divide(hold.number);
        }
        Hold { is_part: hold.number != 0, ..hold }
    }

    fn standings<'a>(&'a self, meters: &'a [Meter]) -> Later<'a, Vec<Standing>> {
        Box::pin(async move {
            let rows = self.ask(statements::STANDINGS, &[&words::meters(meters)]).await?;
            let standing = |row: &Row| {
                let (used, held) = (statements::count(row, 0)?, statements::count(row, 1)?);
                Ok(Standing { used, held })
            };
            rows.iter().map(standing).collect()
        })
    }

    fn keep_response(&self, response: Response) -> Later<'_, ()> {
        Box::pin(async move {
            let Response { owner, id, name, model, made, due } = &response;
            let [owner, id, name, model] = [owner, id, name, model].map(|it| text(it));
            let (made, most) = (number(*made), i64::from(Response::MOST));
            let values: Values<'_> = &[&owner, &id, &name, &model, &made, due, &most];
            self.ask(statements::KEEP_RESPONSE, values).await.map(drop)
        })
    }

    fn response_of(&self, owner: String, id: String) -> Later<'_, Option<Response>> {
        Box::pin(async move {
            let oldest = number(oldest(Time::now().0));
            let values: Values<'_> = &[&text(&owner), &text(&id), &oldest];
            let rows = self.ask(statements::RESPONSE_OF, values).await?;
            rows.first().map(|row| statements::response(row, owner, id)).transpose()
        })
    }

    fn usage(&self, query: UsageQuery) -> Later<'_, Vec<Total>> {
        Box::pin(async move {
            let Wanted { texts: [key, team, model], since, until, most, skip } = Wanted::of(&query);
            let values: Values<'_> = &[
                &key,
                &team,
                &model,
                &since,
                &until,
                &query.by_day,
                &query.by_key,
                &query.by_team,
                &query.by_model,
                &most,
                &skip,
            ];
            let rows = self.ask(statements::USAGE, values).await?;
            rows.iter().map(statements::total).collect()
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
