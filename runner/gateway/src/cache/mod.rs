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
mod server;
mod terms;
mod visit;

pub(crate) use draft::Draft;
pub(crate) use fitness::is_fit;
pub(crate) use policy::Policy;
pub(crate) use print::Print;
pub(crate) use terms::Terms;
pub(crate) use visit::{Cached, Found};

use crate::GatewayError;
use crate::valkey::Valkey;
use bytes::Bytes;
use draft::Room;
use hotcell::confinement::Confinement;
use hotcell::egress::Seal;
use hotcell::egress::service::{Protocol, ServiceSpec};
use hotcell::{CacheConfig, Config, ProviderInfo};
use memory::Memory;
use print::Providers;
use server::Server;
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
    /// What it holds, where it is known.
    fn standing(&self) -> Option<Standing>;
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
    /// Where that is a server, its port.
    port: Option<u16>,
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

/// Whether what is said of answers that are kept can be so.
pub(crate) fn consistent(cache: &CacheConfig) -> Result<(), GatewayError> {
    match cache.server.is_some() && cache.seal.is_none() {
        true => Err(unsealed()),
        false => Ok(()),
    }
}

fn unsealed() -> GatewayError {
    GatewayError::Cache("`server` without `seal`; name where a secret comes from".to_owned())
}

impl Cache {
    /// The one that a configuration asks for; none where it asks for none. `listed` are the
    /// providers as they are set up.
    ///
    /// # Errors
    /// A server that cannot be one, and no secret to seal what is laid down there.
    pub(crate) fn new(
        config: &Config,
        listed: &[ProviderInfo],
        clock: Clock,
    ) -> Result<Option<Self>, GatewayError> {
        let gateway = config.gateway.clone().unwrap_or_default();
        let Some(policy) = Policy::of(&gateway) else { return Ok(None) };
        let cache = gateway.cache.unwrap_or_default();
        let mut port = None;
        let place: Box<dyn Place> = match cache.server {
            None => Box::new(Memory::new(policy.bytes, policy.entries, clock.clone())),
            Some(address) => {
                let wrong = |why: String| GatewayError::Cache(why);
                let seal = cache.seal.ok_or_else(unsealed)?;
                let seal = Seal::read(&seal).map_err(|error| wrong(format!("`seal`: {error}")))?;
                let (protocol, password) = (Protocol::Valkey, cache.password);
                let spec = ServiceSpec { protocol, address, password };
                let egress = config.egress().map_err(|error| wrong(error.to_string()))?.build();
                let service = egress.service(&spec).map_err(|error| wrong(error.to_string()))?;
                port = Some(service.port());
                Box::new(Server::new(Valkey::new(service), seal, policy.answer_bytes))
            }
        };
        let room = Arc::new(Room::of(policy.bytes));
        let providers = Providers::new(config, listed);
        Ok(Some(Self { policy, place, port, providers, room, clock }))
    }

    /// Adds what it has to reach.
    pub(crate) fn confinement(&self, confinement: Confinement) -> Confinement {
        self.port.into_iter().fold(confinement, Confinement::connect)
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

    /// What it holds, where that is in this process.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.place.standing()
    }
}

#[cfg(test)]
mod tests;
