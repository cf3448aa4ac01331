//! What was used: entries as they come, and their sums.

use crate::ledger::Money;
use serde::Serialize;

/// What one request used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The day on which it came, counted since 1970.
    pub(crate) day: u64,
    /// The key's id, or what stands for it.
    pub(crate) key: String,
    /// The team's name; empty where there is none.
    pub(crate) team: String,
    /// `provider/model`, as it was asked last; empty where nobody was asked.
    pub(crate) model: String,
    /// The answer that was due, by its id, of which `key` is the owner: it is due no more in the
    /// same step. Where it was not due, only the request is counted.
    pub(crate) response: Option<String>,
    pub(crate) sums: Sums,
}

/// What several requests used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Sums {
    /// Requests that were let in.
    pub(crate) requests: u64,
    /// Those of them that were not answered to their end.
    pub(crate) failures: u64,
    /// Those whose tokens the provider did not tell, and that were counted by their text.
    pub(crate) estimated: u64,
    /// Those that were answered with what was answered before: they used nothing.
    pub(crate) cached: u64,
    /// Those of a model whose price nobody knows.
    pub(crate) unpriced: u64,
    /// Tokens of prompts, cached ones among them.
    pub(crate) input: u64,
    /// Tokens of answers.
    pub(crate) output: u64,
    /// Tokens that were read from a cache.
    pub(crate) cache_read: u64,
    /// Tokens that were written to a cache.
    pub(crate) cache_write: u64,
    /// US dollars.
    pub(crate) cost: Money,
}

impl Sums {
    /// The requests of it, without what they used.
    pub(crate) fn of_requests(self) -> Self {
        Self { requests: self.requests, failures: self.failures, ..Self::default() }
    }
}

/// What is asked of the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageQuery {
    /// Of this key alone.
    pub(crate) key: Option<String>,
    /// Of this team alone.
    pub(crate) team: Option<String>,
    /// Of this `provider/model` alone.
    pub(crate) model: Option<String>,
    /// From this day on, counted since 1970.
    pub(crate) since: u64,
    /// Up to this day.
    pub(crate) until: Option<u64>,
    /// One sum for each of these.
    pub(crate) by_day: bool,
    /// One sum for each of these.
    pub(crate) by_key: bool,
    /// One sum for each of these.
    pub(crate) by_team: bool,
    /// One sum for each of these.
    pub(crate) by_model: bool,
    /// So many are left out, of those that would come first.
    pub(crate) skip: u32,
    /// So many come at the most.
    pub(crate) most: u32,
}

/// A sum, and what it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    /// The day, where it is of one.
    pub(crate) day: Option<u64>,
    /// The key, where it is of one.
    pub(crate) key: Option<String>,
    /// The team, where it is of one; empty for those who have none.
    pub(crate) team: Option<String>,
    /// The model, where it is of one.
    pub(crate) model: Option<String>,
    /// How much.
    pub(crate) sums: Sums,
}
