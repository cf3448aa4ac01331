//! What is known of a request that is over.

use super::trace::Context;
use crate::access::Caller;
use crate::cache::Found;
use crate::deployment::Deployment;
use crate::route::Endpoint;
use crate::visit::Outcome;
use hotcell::types::Usage;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One request, from its head to its last byte. No word of a prompt, an answer or a credential
/// is in it.
#[derive(Debug)]
pub(crate) struct Record {
    /// Unique among gateways.
    pub(crate) id: String,
    pub(crate) endpoint: Endpoint,
    /// When it began.
    pub(crate) at: SystemTime,
    /// As the client called it: a stranger's text.
    pub(crate) model: String,
    /// Who was asked last; none where nobody was.
    pub(crate) deployment: Option<Arc<Deployment>>,
    /// How often somebody was asked.
    pub(crate) attempts: u32,
    /// How many of the models that stand in for others were turned to.
    pub(crate) fallbacks: u32,
    /// What the client was told; 499 where it left before.
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) is_stream: bool,
    /// How long it waited for a place.
    pub(crate) queued: Duration,
    /// When the answer began.
    pub(crate) first: Option<Duration>,
    pub(crate) duration: Duration,
    pub(crate) tokens: Option<Tokens>,
    /// Whether it was answered with what was answered before; none where answers are not kept.
    pub(crate) cache: Option<Found>,
    /// In US dollars; none where that is not known.
    pub(crate) cost: Option<f64>,
    /// Whose it is; none where nobody was let in.
    pub(crate) caller: Option<Arc<Caller>>,
    /// The trace that it is part of, where it is traced.
    pub(crate) trace: Option<Context>,
}

/// What an answer used, without the provider's own words for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) cache_read: Option<u64>,
    pub(crate) cache_write: Option<u64>,
    pub(crate) reasoning: Option<u64>,
}

impl From<&Usage> for Tokens {
    fn from(usage: &Usage) -> Self {
        Self {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            reasoning: usage.reasoning,
        }
    }
}

impl Record {
    /// The id of whose it is, and never their key; none where nobody is asked who they are.
    pub(crate) fn key(&self) -> Option<&str> {
        self.caller.as_ref().filter(|caller| !caller.is_anyone()).map(|caller| &*caller.id)
    }

    pub(crate) fn team(&self) -> Option<&str> {
        self.caller.as_ref()?.team.as_deref()
    }

    /// The name before the model's.
    pub(crate) fn provider(&self) -> Option<&str> {
        self.deployment.as_ref().map(|at| provider(&at.model))
    }
}

/// The provider of a `provider/model`.
pub(crate) fn provider(model: &str) -> &str {
    model.split_once('/').map_or("", |(provider, _)| provider)
}

/// A stranger's text, so that it can stand in a log: no longer than this, and without characters
/// that steer a terminal or turn the reading order around.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let steers = |it: char| {
        it.is_control()
            || matches!(it, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let plain = |it: char| if steers(it) { char::REPLACEMENT_CHARACTER } else { it };
    text.chars().take(MOST).map(plain).collect()
}
