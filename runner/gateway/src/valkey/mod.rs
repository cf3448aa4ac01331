//! Valkey, or Redis: what it is asked, and how it answers.
//!
//! It holds what may be lost: counts of a minute, and answers that could be asked for again.
//! So everything here has a bound, in bytes and in time, and fails rather than waits: a server
//! that is gone or stuck costs a request [`PATIENCE`] once, and the next ones nothing for a
//! moment ([`PAUSE`]).
//!
//! A request that is repeated after its connection broke may be done twice: what is asked with
//! [`Valkey::eval`] has to bear that.

mod connection;
mod protocol;
#[cfg(test)]
mod tests;

pub(crate) use protocol::Reply;

use connection::Connection;
use hotcell::egress::service::Service;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::Semaphore;

/// From a question to its answer, the way to the server included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// How long nobody tries again after a server could not be reached.
pub(crate) const PAUSE: Duration = Duration::from_millis(200);
/// Bytes of one text within an answer, where nobody says less.
const LONGEST: usize = 1024 * 1024;
/// Connections at one time.
const CONNECTIONS: usize = 16;

/// Why there is no answer. It holds nothing that was asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum ValkeyError {
    /// It cannot be reached, or does not answer in time.
    #[error("Valkey: {0}")]
    Away(String),
    /// It answers, and with an error.
    #[error("Valkey refuses: {0}")]
    Refused(String),
    /// What it answers cannot be understood, or is too long.
    #[error("Valkey answers what is no answer: {0}")]
    Malformed(&'static str),
}

/// A script, and the digest by which a server knows one that it has seen.
pub(crate) struct Script {
    text: &'static str,
    digest: String,
}

impl Script {
    pub(crate) fn new(text: &'static str) -> Self {
        use std::fmt::Write;
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let digest = digest.as_ref().iter().fold(String::new(), |mut all, byte| {
            // A text takes whatever is written to it.
            let _ = write!(all, "{byte:02x}");
            all
        });
        Self { text, digest }
    }
}

/// A server of Valkey, and the connections to it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Valkey {
    inner: Arc<Inner>,
}

struct Inner {
    service: Service,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    /// When it could not be reached, and why.
    away: Mutex<Option<(Instant, ValkeyError)>>,
}

impl Valkey {
    /// Nothing is connected to before it is first asked.
    pub(crate) fn new(service: Service) -> Self {
        let permits = Semaphore::new(CONNECTIONS);
        let (idle, away) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { service, idle, permits, away }) }
    }

    /// What is kept for a key; none where nothing is. An answer of more than `most` bytes is an
    /// error, and is not read.
    pub(crate) async fn get(
        &self,
        key: &[u8],
        most: usize,
    ) -> Result<Option<Vec<u8>>, ValkeyError> {
        match self.ask(&[b"GET", key], most).await? {
            Reply::Text(value) => Ok(Some(value)),
            Reply::Nothing => Ok(None),
            _ => Err(ValkeyError::Malformed("another kind of answer")),
        }
    }

    /// Keeps something for a key, for so long and not longer.
    pub(crate) async fn set(
        &self,
        key: &[u8],
        value: &[u8],
        keep: Duration,
    ) -> Result<(), ValkeyError> {
        let keep = keep.as_millis().max(1).to_string();
        self.ask(&[b"SET", key, value, b"PX", keep.as_bytes()], LONGEST).await.map(drop)
    }

    /// Forgets a key. Tells whether there was one.
    pub(crate) async fn delete(&self, key: &[u8]) -> Result<bool, ValkeyError> {
        Ok(self.ask(&[b"DEL", key], LONGEST).await? == Reply::Number(1))
    }

    /// Runs a script with these keys and arguments.
    pub(crate) async fn eval(
        &self,
        script: &Script,
        keys: &[&[u8]],
        arguments: &[&[u8]],
    ) -> Result<Reply, ValkeyError> {
        let count = keys.len().to_string();
        let rest = [&[count.as_bytes()], keys, arguments].concat();
        let by_digest = [&[&b"EVALSHA"[..], script.digest.as_bytes()], rest.as_slice()].concat();
        match self.ask(&by_digest, LONGEST).await {
            // It was started anew, and has seen nothing.
            Err(ValkeyError::Refused(why)) if why.starts_with("NOSCRIPT") => {
                let whole = [&[&b"EVAL"[..], script.text.as_bytes()], rest.as_slice()].concat();
                self.ask(&whole, LONGEST).await
            }
            answer => answer,
        }
    }

    /// Asks, in time.
    async fn ask(&self, words: &[&[u8]], most: usize) -> Result<Reply, ValkeyError> {
        if let Some((when, why)) = &*self.away()
            && when.elapsed() < PAUSE
        {
            return Err(why.clone());
        }
        let asked = tokio::time::timeout(PATIENCE, self.converse(words, most)).await;
        let answer = asked.unwrap_or_else(|_| {
            Err(ValkeyError::Away(format!("{} does not answer", self.inner.service)))
        });
        if let Err(error @ ValkeyError::Away(_)) = &answer {
            let mut away = self.away();
            if away.is_none() {
                tracing::warn!(target: "hotcell::gateway", %error, "Valkey is away");
            }
            *away = Some((Instant::now(), error.clone()));
        } else if self.away().take().is_some() {
            tracing::info!(target: "hotcell::gateway", "Valkey is back");
        }
        answer
    }

    async fn converse(&self, words: &[&[u8]], most: usize) -> Result<Reply, ValkeyError> {
        // It is never closed.
        let _permit = self.inner.permits.acquire().await;
        loop {
            let known = self.idle().pop();
            let is_known = known.is_some();
            let mut connection = match known {
                Some(connection) => connection,
                None => Connection::open(&self.inner.service).await?,
            };
            match connection.ask(words, most).await {
                // What lay idle may have been closed at the other end, as all others that did.
                Err(ValkeyError::Away(_)) if is_known => {}
                answer => {
                    let is_whole = matches!(answer, Ok(_) | Err(ValkeyError::Refused(_)));
                    if is_whole {
                        self.idle().push(connection);
                    }
                    return answer;
                }
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn away(&self) -> MutexGuard<'_, Option<(Instant, ValkeyError)>> {
        self.inner.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Valkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Valkey").field(&self.inner.service).finish()
    }
}
