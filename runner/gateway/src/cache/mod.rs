//! Answers that are kept for whoever asks the same.
//!
//! What is kept is what came from behind the wall, before a dialect was written of it: so an
//! answer is written anew for each client, with its own ids and the model as it calls it. It is
//! found by a digest of the request as it was read, and of all else that decides the answer
//! ([`Print`]). Only what ended as it should is put in, once its account is written down.
//!
//! Where answers are is behind [`Place`], which is narrow, so that this process's memory and a
//! server that several gateways share can both be it.

mod draft;
mod envelope;
mod fitness;
mod memory;
mod policy;
mod print;
mod visit;
mod wish;

pub(crate) use draft::Draft;
pub(crate) use fitness::is_fit;
pub(crate) use policy::Policy;
pub(crate) use print::Print;
pub(crate) use visit::{Cached, Found};
pub(crate) use wish::Wish;

use bytes::Bytes;
use draft::Room;
use hotcell::{GatewayConfig, ProviderInfo};
use memory::Memory;
use print::Providers;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// By which an answer is found.
pub(crate) type Key = [u8; 32];

/// What comes later.
type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells the time, in seconds since 1970.
pub(crate) type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Where answers are. It may lose whatever it likes at any time; what it gives was put there
/// under this key.
pub(crate) trait Place: Send + Sync {
    /// What is there. A place that cannot be asked has nothing.
    fn get(&self, key: Key) -> Later<'_, Option<Bytes>>;
    /// Puts something there for so many seconds. Nobody waits for that.
    fn put(&self, key: Key, value: Bytes, seconds: u64);
    /// What it holds.
    fn standing(&self) -> Standing;
}

/// What a place holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    /// What had to leave for something else, since the beginning.
    pub(crate) evicted: u64,
}

/// The answers that a gateway keeps.
pub(crate) struct Cache {
    pub(crate) policy: Policy,
    place: Box<dyn Place>,
    providers: Providers,
    room: Arc<Room>,
    clock: Clock,
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// `provider/model`, whose answer it is.
    pub(crate) model: String,
    /// How many seconds ago it was put there.
    pub(crate) age: u64,
    /// The answer, as its [`Draft`] wrote it.
    pub(crate) answer: Bytes,
}

impl Cache {
    /// The one that a configuration asks for; none where it asks for none.
    pub(crate) fn new(config: &GatewayConfig, providers: Providers, clock: Clock) -> Option<Self> {
        let policy = Policy::of(config)?;
        let place = Box::new(Memory::new(policy.bytes, policy.entries, clock.clone()));
        let room = Arc::new(Room::of(policy.bytes));
        Some(Self { policy, place, providers, room, clock })
    }

    /// What decides answers besides the request, of providers as they are set up.
    pub(crate) fn providers(config: &hotcell::Config, listed: &[ProviderInfo]) -> Providers {
        Providers::new(config, listed)
    }

    /// A digest, to be filled.
    pub(crate) fn print(&self) -> Print<'_> {
        Print::new(&self.providers)
    }

    /// The answer under this key, unless it is older than this.
    pub(crate) async fn get(&self, key: Key, oldest: u64) -> Option<Kept> {
        let kept = envelope::open(self.place.get(key).await?, (self.clock)())?;
        (kept.age < oldest).then_some(kept)
    }

    /// Begins to write an answer down that `model` (`provider/model`) gives.
    pub(crate) fn draft(&self, key: Key, seconds: u64, model: &str) -> Draft {
        let head = envelope::head(model, (self.clock)());
        Draft::new(key, seconds, head, self.policy.answer_bytes, self.room.clone())
    }

    /// Keeps an answer that is whole.
    pub(crate) fn put(&self, draft: Draft) {
        let (key, seconds) = (draft.key, draft.seconds);
        if let Some(value) = draft.finish() {
            self.place.put(key, value, seconds);
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.place.standing()
    }
}

#[cfg(test)]
mod tests;
