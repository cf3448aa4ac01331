//! Accounts on their way to the server. Each stays until the server says that it is kept, and
//! is sent again until then: its number keeps it from being counted twice. What comes while
//! one batch is under way goes together with the next, so that more requests cost less each.

use super::Shared;
use super::session::Failed;
use super::statements::SETTLE;
use super::words;
use crate::store::{Entry, Meter, StoreError};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

/// Accounts of one transaction, at the most.
const BATCH: usize = 256;
/// Accounts that wait, before nobody else is let in.
const WAITING: usize = 10_000;
/// Between two attempts, at first and at last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

#[derive(Default)]
pub(super) struct Journal {
    state: Mutex<State>,
    is_empty: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Account>,
    /// Accounts that were taken out to be sent.
    under_way: usize,
    /// Somebody sends them.
    is_served: bool,
}

/// What became of a number.
pub(super) struct Account {
    pub(super) number: u64,
    /// None where it is only given up.
    pub(super) entry: Option<Entry>,
    /// What was used of meters that are counted at the server.
    pub(super) counts: Vec<(Meter, u64)>,
    /// The number that was divided, and the meters of which this is the account.
    pub(super) part: Option<(u64, Vec<Meter>)>,
    /// Whoever waits for it.
    pub(super) tell: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Journal {
    /// Takes an account in. It is sent whether or not somebody waits.
    pub(super) fn push(shared: &Arc<Shared>, account: Account) {
        shared.journal.state().waiting.push_back(account);
        Self::serve(shared);
    }

    /// Sends what waits, unless somebody does.
    fn serve(shared: &Arc<Shared>) {
        // Without a runtime it waits for the next one who has one.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut state = shared.journal.state();
        if !std::mem::replace(&mut state.is_served, true) {
            runtime.spawn(send(shared.clone()));
        }
    }

    /// Whether one more can be taken in.
    pub(super) fn has_room(&self) -> bool {
        self.state().waiting.len() < WAITING
    }

    /// How many are not kept yet.
    pub(super) fn len(&self) -> usize {
        let state = self.state();
        state.waiting.len() + state.under_way
    }

    /// Waits until all are kept.
    pub(super) async fn end(shared: &Arc<Shared>) {
        loop {
            let emptied = shared.journal.is_empty.notified();
            if shared.journal.len() == 0 {
                return;
            }
            Self::serve(shared);
            emptied.await;
        }
    }

    fn take(&self) -> Vec<Account> {
        let mut state = self.state();
        let most = state.waiting.len().min(BATCH);
        let batch: Vec<Account> = state.waiting.drain(..most).collect();
        state.under_way = batch.len();
        if batch.is_empty() {
            // Within the lock: whoever comes now finds that nobody serves.
            state.is_served = false;
            self.is_empty.notify_waiters();
        }
        batch
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(shared: Arc<Shared>) {
    loop {
        let batch = shared.journal.take();
        if batch.is_empty() {
            return;
        }
        if let Some(refused) = keep(&shared, batch).await {
            // One of them is what the server does not take; the others are no worse for it.
            for account in refused {
                if let Some(account) = keep(&shared, vec![account]).await {
                    account.into_iter().for_each(|account| lose(&shared, account));
                }
            }
        }
    }
}

/// Sends a batch until it is kept. Gives it back where the server does not take it.
async fn keep(shared: &Shared, batch: Vec<Account>) -> Option<Vec<Account>> {
    let accounts = batch.iter().map(words::account).collect();
    let accounts = Value::Array(accounts).to_string();
    let (mut pause, longest) = PAUSES;
    loop {
        match shared.pool.attempt(SETTLE, &[&shared.me, &accounts]).await {
            Ok(_) => {
                for account in batch {
                    account.close(shared);
                    tell(account.tell, Ok(()));
                }
                return None;
            }
            Err((Failed::Refused(error), _)) => {
                tracing::error!(target: "hotcell::gateway", %error, "accounts were refused");
                return Some(batch);
            }
            Err((Failed::Away(_), _)) => tokio::time::sleep(pause).await,
        }
        pause = longest.min(pause * 2);
    }
}

impl Account {
    /// Its numbers are not sent again.
    fn close(&self, shared: &Shared) {
        let mut numbers = shared.numbers();
        numbers.close(self.number);
        if let Some((number, _)) = self.part {
            numbers.close_part(number);
        }
    }
}

/// What no server takes is written into the log, for a person.
fn lose(shared: &Shared, account: Account) {
    account.close(shared);
    let Account { entry, tell: waits, .. } = account;
    tracing::error!(target: "hotcell::gateway", ?entry, "an account is kept nowhere else");
    tell(waits, Err(StoreError("PostgreSQL does not take an account".to_owned())));
}

fn tell(waits: Option<oneshot::Sender<Result<(), StoreError>>>, what: Result<(), StoreError>) {
    if let Some(waits) = waits {
        // Nobody waits any more, perhaps.
        let _ = waits.send(what);
    }
}
