//! One place where a model is, and how it has been lately.

use crate::seeing::Label;
use hotcell::types::{Failure, FailureKind};
use hotcell::{DeploymentConfig, consequence};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a deployment is left alone where nobody says otherwise.
pub(super) const COOL_DOWN_MS: u64 = 5_000;
/// Failures in a row that may be chance.
const CHANCE: u32 = 3;
/// The window of what a deployment may do in a minute.
const MINUTE: Duration = Duration::from_secs(60);

/// One place where a model is.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// `provider/model`.
    pub(crate) model: Arc<str>,
    pub(crate) weight: u32,
    cool_down: Duration,
    concurrency: Option<u32>,
    requests_per_minute: Option<u64>,
    tokens_per_minute: Option<u64>,
    /// It is one of many models at this place, by the name that a client made.
    is_named_by_client: bool,
    /// What metrics know it by, once they do.
    pub(crate) label: OnceLock<Label>,
    state: Arc<State>,
}

/// What changes of it.
#[derive(Debug, Default)]
struct State {
    /// Requests under way.
    busy: AtomicU32,
    lately: Mutex<Lately>,
    attempts: AtomicU64,
    failures: AtomicU64,
    cool_downs: AtomicU64,
}

/// What became of all that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) attempts: u64,
    /// Those that say something of the deployment.
    pub(crate) failures: u64,
    /// How often it was left alone for them.
    pub(crate) cool_downs: u64,
}

/// How it has been.
#[derive(Debug, Default)]
struct Lately {
    /// How long answers took to begin, of which the last ones count most.
    latency: Option<Duration>,
    failures: u32,
    /// It is left alone until then.
    cool_until: Option<Instant>,
    /// When the present minute began, and what came in it.
    minute: Option<Instant>,
    requests: u64,
    tokens: u64,
}

/// A request that is under way at a deployment. It is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Deployment>);

impl Deployment {
    pub(super) fn new(config: &DeploymentConfig, cool_down: Duration) -> Self {
        let table = match config {
            DeploymentConfig::Model(_) => None,
            DeploymentConfig::Table(table) => Some(table),
        };
        Self {
            weight: config.weight(),
            cool_down,
            concurrency: table.and_then(|table| table.concurrency),
            requests_per_minute: table.and_then(|table| table.requests_per_minute),
            tokens_per_minute: table.and_then(|table| table.tokens_per_minute),
            ..Self::of(config.model())
        }
    }

    pub(crate) fn of(model: &str) -> Self {
        Self {
            model: model.into(),
            weight: 1,
            cool_down: Duration::from_millis(COOL_DOWN_MS),
            concurrency: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            is_named_by_client: false,
            label: OnceLock::new(),
            state: Arc::default(),
        }
    }

    /// What became of all that was asked.
    pub(crate) fn seen(&self) -> Seen {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Seen {
            attempts: get(&self.state.attempts),
            failures: get(&self.state.failures),
            cool_downs: get(&self.state.cool_downs),
        }
    }

    /// The same place under a name that a client made of it.
    pub(super) fn called(&self, model: &str) -> Self {
        let (label, state) = (OnceLock::new(), self.state.clone());
        Self { model: model.into(), is_named_by_client: true, label, state, ..*self }
    }

    /// Begins a request; none where somebody else took the last place since it was chosen.
    pub(crate) fn begin(self: &Arc<Self>, now: Instant) -> Option<Busy> {
        let most = self.concurrency.unwrap_or(u32::MAX);
        let one_more = |busy| (busy < most).then_some(busy + 1);
        self.state.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        self.state.attempts.fetch_add(1, Ordering::Relaxed);
        if self.requests_per_minute.is_some() || self.tokens_per_minute.is_some() {
            self.minute(now).requests += 1;
        }
        Some(Busy(self.clone()))
    }

    /// Requests under way.
    pub(crate) fn busy(&self) -> u32 {
        self.state.busy.load(Ordering::Relaxed)
    }

    /// An answer has begun, so long after it was asked for.
    pub(crate) fn answered(&self, after: Duration) {
        let mut lately = self.lately();
        lately.failures = 0;
        lately.cool_until = None;
        lately.latency = Some(match lately.latency {
            Some(before) => (before * 4 + after) / 5,
            None => after,
        });
    }

    /// It failed. Where that says something of the deployment rather than of the request, it is
    /// left alone for a while: at once where it says so itself or would say the same again, and
    /// else when it is no chance any more.
    pub(crate) fn failed(&self, failure: &Failure, now: Instant) {
        let asked = failure.retry_after_ms.map(Duration::from_millis);
        let cool = match failure.kind {
            // That there is none of this name says nothing of the others.
            FailureKind::NotFound if self.is_named_by_client => return,
            FailureKind::RateLimited => Some(asked.unwrap_or(self.cool_down)),
            FailureKind::Authentication
            | FailureKind::Permission
            | FailureKind::NotFound
            | FailureKind::QuotaExhausted => Some(self.cool_down.max(MINUTE)),
            kind if consequence(kind).retry => None,
            _ => return,
        };
        self.state.failures.fetch_add(1, Ordering::Relaxed);
        let mut lately = self.lately();
        lately.failures += 1;
        let cool =
            cool.or_else(|| (lately.failures >= CHANCE).then(|| asked.unwrap_or(self.cool_down)));
        if let Some(cool) = cool {
            self.state.cool_downs.fetch_add(1, Ordering::Relaxed);
            lately.cool_until = Some(now + cool.min(MINUTE * 10));
        }
    }

    /// So many tokens went there and back.
    pub(crate) fn used(&self, tokens: u64, now: Instant) {
        let mut minute = self.minute(now);
        minute.tokens = minute.tokens.saturating_add(tokens);
    }

    /// How long it is to be left alone; none where it is not.
    pub(crate) fn cooling(&self, now: Instant) -> Option<Duration> {
        let left = self.lately().cool_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// How long until it may be asked again by its own limits; none where it may now.
    pub(crate) fn full(&self, now: Instant) -> Option<Duration> {
        if self.concurrency.is_some_and(|most| self.busy() >= most) {
            return Some(Duration::from_secs(1));
        }
        if self.requests_per_minute.is_none() && self.tokens_per_minute.is_none() {
            return None;
        }
        let lately = self.minute(now);
        let is_full = self.requests_per_minute.is_some_and(|most| lately.requests >= most)
            || self.tokens_per_minute.is_some_and(|most| lately.tokens >= most);
        let began = lately.minute.unwrap_or(now);
        is_full.then(|| (began + MINUTE).saturating_duration_since(now))
    }

    /// How long its answers take to begin.
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.lately().latency
    }

    /// Tokens of the present minute.
    pub(crate) fn tokens(&self, now: Instant) -> u64 {
        self.minute(now).tokens
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.state.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present minute, which begins with the first request after the last one ended.
    fn minute(&self, now: Instant) -> MutexGuard<'_, Lately> {
        let mut lately = self.lately();
        if lately.minute.is_none_or(|began| now.saturating_duration_since(began) >= MINUTE) {
            lately.minute = Some(now);
            (lately.requests, lately.tokens) = (0, 0);
        }
        lately
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.state.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        Failure::new(kind, "")
    }

    #[test]
    fn chance_is_forgiven_and_what_is_none_is_not() {
        let (at, now) = (Deployment::of("a/b"), Instant::now());
        for _ in 1..CHANCE {
            at.failed(&failure(FailureKind::ProviderError), now);
            assert_eq!(at.cooling(now), None);
        }
        at.failed(&failure(FailureKind::ProviderError), now);
        assert_eq!(at.cooling(now), Some(Duration::from_millis(COOL_DOWN_MS)));
        assert_eq!(at.cooling(now + Duration::from_millis(COOL_DOWN_MS)), None);
        at.answered(Duration::from_millis(1));
        at.failed(&failure(FailureKind::ProviderError), now);
        assert_eq!(at.cooling(now), None, "an answer makes up for it");
        at.failed(&failure(FailureKind::Authentication), now);
        assert_eq!(at.cooling(now), Some(MINUTE));
    }

    #[test]
    fn a_limit_of_the_providers_is_kept_as_long_as_it_says() {
        let (at, now) = (Deployment::of("a/b"), Instant::now());
        let limited = Failure { retry_after_ms: Some(7_000), ..failure(FailureKind::RateLimited) };
        at.failed(&limited, now);
        assert_eq!(at.cooling(now), Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_is_wrong_with_a_request_says_nothing_of_the_deployment() {
        let (at, now) = (Deployment::of("a/b"), Instant::now());
        for kind in [FailureKind::InvalidRequest, FailureKind::TooLarge, FailureKind::Denied] {
            (0..10).for_each(|_| at.failed(&failure(kind), now));
            assert_eq!(at.cooling(now), None, "{kind:?}");
        }
    }

    #[test]
    fn a_minute_has_so_many_requests_and_tokens_and_no_more() {
        let now = Instant::now();
        let mut at = Deployment::of("a/b");
        (at.requests_per_minute, at.tokens_per_minute) = (Some(2), Some(100));
        let at = Arc::new(at);
        drop(at.begin(now));
        assert_eq!(at.full(now), None);
        drop(at.begin(now));
        assert_eq!(at.full(now), Some(MINUTE));
        let later = now + MINUTE;
        assert_eq!(at.full(later), None);
        at.used(100, later);
        assert_eq!(at.full(later), Some(MINUTE));
        let mut at = Deployment::of("a/b");
        at.concurrency = Some(1);
        let at = Arc::new(at);
        let busy = at.begin(now);
        assert!(at.full(now).is_some());
        assert!(at.begin(now).is_none(), "however many ask at the same time");
        drop(busy);
        assert_eq!(at.full(now), None);
    }
}
