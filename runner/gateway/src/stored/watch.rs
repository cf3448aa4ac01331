//! Answers that are made in the background, until they are over.
//!
//! What such an answer is taken to use stays held against the limits of whoever asked, as that
//! of any other; and it is entered when it is over, whether or not anybody fetches it: the
//! gateway looks after it. Who fetches it first takes that over.

use super::Index;
use crate::Inner;
use crate::ledger::{Account, Estimate, Spent, priced};
use crate::store::{Response, Sums};
use hotcell::types::{Action, FailureKind, StoredRequest, Usage};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::task::JoinSet;

/// Answers that are looked after at one time. One more is not begun.
const MOST: usize = 1000;
/// How long it is until one is looked at first, and at the most until it is looked at again.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// How often, which is about a day. What is not over then is entered by who fetches it.
const TIMES: u32 = 1440;

/// All that are looked after.
#[derive(Default)]
pub(super) struct Watched {
    held: Mutex<HashMap<Key, Account>>,
    /// They end with the gateway.
    tasks: Mutex<JoinSet<()>>,
}

/// Owner and id.
type Key = (String, String);

fn key(response: &Response) -> Key {
    (response.owner.clone(), response.id.clone())
}

impl Watched {
    pub(super) fn is_full(&self) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).len() >= MOST
    }

    /// What is held for an answer. It is looked after no more.
    pub(super) fn take(&self, response: &Response) -> Option<Account> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(response))
    }

    /// Looks after none any more, and lets go what is held.
    pub(super) fn clear(&self) {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        drop(held);
    }

    fn has(&self, response: &Response) -> bool {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&key(response))
    }

    /// Looks after an answer, for which this is held.
    pub(super) fn add(&self, gateway: &Arc<Inner>, response: Response, held: Account) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(key(&response), held);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(watch(Arc::downgrade(gateway), response));
    }
}

async fn watch(gateway: Weak<Inner>, response: Response) {
    let mut wait = FIRST;
    for _ in 0..TIMES {
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST);
        let Some(gateway) = gateway.upgrade() else { return };
        let index: &Index = &gateway.stored;
        if !index.watched.has(&response) {
            return;
        }
        let request = StoredRequest::new(Action::Retrieve, response.id.as_str());
        let end = match gateway.runner.stored(&response.model, request).await {
            Ok(answer) if answer.ended => End::Told(answer.usage),
            Err(error) if error.kind() == FailureKind::NotFound => End::Gone,
            // Not over yet, or nobody knows.
            Ok(_) | Err(_) => continue,
        };
        if index.enters(&response)
            && let Some(mut account) = index.watched.take(&response)
        {
            let spent = spent(&gateway, &response, account.estimate, end);
            if let Some(written) = account.settle(spent)
                && let Err(error) = written.await
            {
                tracing::error!(target: "hotcell::gateway", %error, "an answer is not paid for");
            }
        }
        return;
    }
    if let Some(gateway) = gateway.upgrade() {
        drop(gateway.stored.watched.take(&response));
    }
}

/// How an answer was found.
enum End {
    /// Over, and with what it used, where the provider tells.
    Told(Option<Usage>),
    /// Deleted, before anybody saw how it ended.
    Gone,
}

/// What it used. Of one whose provider does not say, the prompt is taken for what it was taken
/// for before; and of one that was deleted in time, the whole.
fn spent(gateway: &Inner, response: &Response, taken: Estimate, end: End) -> Spent {
    let (usage, estimated) = match end {
        End::Told(Some(usage)) => (usage, 0),
        End::Told(None) => (Estimate { output: 0, ..taken }.usage(), 1),
        End::Gone => (taken.usage(), 1),
    };
    let model = &response.model;
    let (cost, unpriced) = priced(gateway.control.prices.cost(&gateway.runner, model, &usage));
    let sums = Sums {
        requests: 0,
        failures: 0,
        estimated,
        unpriced,
        input: usage.input.unwrap_or(0),
        output: usage.output.unwrap_or(0),
        cache_read: usage.cache_read.unwrap_or(0),
        cache_write: usage.cache_write.unwrap_or(0),
        cost,
        cached: 0,
    };
    Spent { model: model.clone(), response: Some(response.id.clone()), sums }
}
