//! The numbers of one endpoint, model and deployment.

use super::histogram::{DURATION, FIRST, Histogram, TOKENS};
use crate::cache::Found;
use crate::seeing::record::Record;
use crate::visit::Outcome;
use hotcell::consequence;
use hotcell::types::FailureKind;
use std::sync::atomic::{AtomicU64, Ordering};

/// The statuses that the gateway answers with; all others are counted together.
const STATUSES: [u16; 18] =
    [200, 400, 401, 402, 403, 404, 405, 408, 409, 413, 422, 429, 499, 500, 502, 503, 504, 529];

/// Each kind of failure, as it is numbered.
const KINDS: [FailureKind; 17] = [
    FailureKind::InvalidRequest,
    FailureKind::Unsupported,
    FailureKind::Authentication,
    FailureKind::Permission,
    FailureKind::NotFound,
    FailureKind::TooLarge,
    FailureKind::RateLimited,
    FailureKind::QuotaExhausted,
    FailureKind::ContentFiltered,
    FailureKind::Overloaded,
    FailureKind::ProviderError,
    FailureKind::Unreachable,
    FailureKind::TimedOut,
    FailureKind::Denied,
    FailureKind::MalformedResponse,
    FailureKind::Cancelled,
    FailureKind::Internal,
];

/// In a dollar, so that a token's price is a whole number of them.
const PICO: f64 = 1e12;

/// The numbers. Whatever is added up is added up here, without a lock.
pub(crate) struct Series {
    statuses: [AtomicU64; STATUSES.len() + 1],
    failures: [AtomicU64; KINDS.len()],
    pub(crate) duration: Histogram,
    pub(crate) first: Histogram,
    pub(crate) input: Histogram,
    pub(crate) output: Histogram,
    pub(crate) cache_read: AtomicU64,
    pub(crate) cache_write: AtomicU64,
    pub(crate) reasoning: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    pub(crate) unpriced: AtomicU64,
    pub(crate) cache_hits: AtomicU64,
    pub(crate) cache_misses: AtomicU64,
    cost: AtomicU64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            statuses: Default::default(),
            failures: Default::default(),
            duration: Histogram::new(DURATION),
            first: Histogram::new(FIRST),
            input: Histogram::new(TOKENS),
            output: Histogram::new(TOKENS),
            cache_read: AtomicU64::new(0),
            cache_write: AtomicU64::new(0),
            reasoning: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            fallbacks: AtomicU64::new(0),
            unpriced: AtomicU64::new(0),
            cache_hits: AtomicU64::new(0),
            cache_misses: AtomicU64::new(0),
            cost: AtomicU64::new(0),
        }
    }
}

impl Series {
    /// Adds a request that is over.
    pub(crate) fn add(&self, record: &Record) {
        let at = STATUSES.iter().position(|status| *status == record.status);
        add(&self.statuses[at.unwrap_or(STATUSES.len())], 1);
        match record.outcome {
            Outcome::Answered => {}
            Outcome::Failed(kind) => {
                if let Some(failures) = self.failures.get(kind as usize) {
                    add(failures, 1);
                }
            }
        }
        match record.cache {
            Some(Found::Hit) => add(&self.cache_hits, 1),
            Some(Found::Miss) => add(&self.cache_misses, 1),
            Some(Found::Bypass) | None => {}
        }
        if record.deployment.is_none() {
            return;
        }
        self.duration.observe(record.duration.as_micros() as u64);
        if let Some(first) = record.first.filter(|_| record.is_stream) {
            self.first.observe(first.as_micros() as u64);
        }
        add(&self.retries, u64::from(record.attempts.saturating_sub(1)));
        add(&self.fallbacks, u64::from(record.fallbacks));
        let Some(tokens) = record.tokens else { return };
        if let Some(input) = tokens.input {
            self.input.observe(input);
        }
        if let Some(output) = tokens.output {
            self.output.observe(output);
        }
        add(&self.cache_read, tokens.cache_read.unwrap_or(0));
        add(&self.cache_write, tokens.cache_write.unwrap_or(0));
        add(&self.reasoning, tokens.reasoning.unwrap_or(0));
        match record.cost {
            Some(cost) => add(&self.cost, (cost * PICO).round() as u64),
            None => add(&self.unpriced, 1),
        }
    }

    /// In US dollars.
    pub(crate) fn cost(&self) -> f64 {
        self.cost.load(Ordering::Relaxed) as f64 / PICO
    }

    /// The statuses that were answered with, and how often.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = (String, u64)> {
        let names = STATUSES.iter().map(u16::to_string).chain(["other".to_owned()]);
        names.zip(&self.statuses).filter_map(|(name, count)| Some((name, seen(count)?)))
    }

    /// The kinds of failures that there were, and how often.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = KINDS.iter().map(|kind| consequence(*kind).name);
        names.zip(&self.failures).filter_map(|(name, count)| Some((name, seen(count)?)))
    }

    /// All requests that are over.
    pub(crate) fn requests(&self) -> u64 {
        self.statuses.iter().map(get).sum()
    }
}

fn seen(count: &AtomicU64) -> Option<u64> {
    Some(get(count)).filter(|count| *count > 0)
}

/// What a counter says.
pub(crate) fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_stands_at_its_number() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind:?}");
        }
        // The next one would be a kind that nobody counts.
        assert_eq!(KINDS.last(), Some(&FailureKind::Internal));
    }
}
