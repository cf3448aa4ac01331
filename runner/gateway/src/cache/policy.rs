//! What an operator wants to be kept, and for whom.

use super::Terms;
use crate::access::{Caller, fits};
use crate::route::Endpoint;
use hotcell::{CacheShare, GatewayConfig};

/// Bytes of all answers together, where nobody says otherwise.
const BYTES: usize = 64 * 1024 * 1024;
/// Answers at the most.
const ENTRIES: usize = 10_000;
/// Bytes of one answer.
const ANSWER_BYTES: usize = 256 * 1024;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    share: CacheShare,
    endpoints: Vec<String>,
    /// Chats have to ask for a temperature of 0.
    pub(crate) temperature_zero: bool,
    pub(super) bytes: usize,
    pub(super) entries: usize,
    pub(super) answer_bytes: usize,
}

impl Policy {
    /// The one of a configuration; none where no model's answers are kept.
    pub(super) fn of(config: &GatewayConfig) -> Option<Self> {
        let cache = config.cache.clone().unwrap_or_default();
        let own = config.models.values().filter_map(|model| model.cache_seconds);
        if own.chain(cache.seconds).all(|seconds| seconds == 0) {
            return None;
        }
        Some(Self {
            share: cache.share.unwrap_or_default(),
            endpoints: cache.endpoints,
            temperature_zero: cache.temperature_zero.unwrap_or(false),
            bytes: cache.bytes.unwrap_or(BYTES),
            entries: cache.entries.unwrap_or(ENTRIES),
            answer_bytes: cache.answer_bytes.unwrap_or(ANSWER_BYTES),
        })
    }

    /// Whether answers of an endpoint are kept, for a client that wants this.
    pub(crate) fn holds(&self, endpoint: Endpoint, terms: Terms) -> bool {
        let is_named = |pattern: &String| fits(pattern, endpoint.name());
        let is_meant = self.endpoints.is_empty() || self.endpoints.iter().any(is_named);
        is_meant && terms != Terms::NoStore
    }

    /// Those who are given one another's answers: what they have in common, and nobody else.
    pub(crate) fn circle<'a>(&self, caller: &'a Caller) -> [&'a str; 2] {
        match (self.share, &caller.team) {
            (CacheShare::All, _) => ["all", ""],
            (CacheShare::Team, Some(team)) => ["team", team],
            (CacheShare::Team, None) | (CacheShare::Key, _) => ["key", &caller.id],
        }
    }
}
