//! Numbers, added up as requests end, and written down when somebody asks.

mod expose;
mod histogram;
mod series;
mod text;

pub(crate) use expose::expose;
pub(crate) use series::{Series, get};
pub(crate) use text::MIME;

use super::label::Label;
use super::record::Record;
use histogram::{Histogram, WAIT};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Series at the most. What comes beyond is added to one of each endpoint, whose model and
/// deployment are [`Label::OTHER`].
const MOST: usize = 4000;

/// What numbers are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) endpoint: &'static str,
    pub(crate) model: Label,
    pub(crate) deployment: Label,
}

/// The numbers of a gateway.
pub(crate) struct Metrics {
    series: RwLock<BTreeMap<Key, Arc<Series>>>,
    queue: Histogram,
}

impl Metrics {
    pub(super) fn new() -> Self {
        Self { series: RwLock::default(), queue: Histogram::new(WAIT) }
    }

    /// Adds a request that is over.
    pub(super) fn add(&self, key: Key, record: &Record) {
        if record.attempts > 0 || !record.queued.is_zero() {
            self.queue.observe(record.queued.as_micros() as u64);
        }
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = series.get(&key) {
            return series.add(record);
        }
        drop(series);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let key = match series.len() < MOST || series.contains_key(&key) {
            true => key,
            false => Key { model: Label::OTHER, deployment: Label::OTHER, ..key },
        };
        series.entry(key).or_default().add(record);
    }

    /// All of them, in order.
    pub(super) fn all(&self) -> Vec<(Key, Arc<Series>)> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        series.iter().map(|(key, series)| (*key, series.clone())).collect()
    }
}

#[cfg(test)]
mod tests;
