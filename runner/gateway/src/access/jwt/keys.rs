//! The keys of an issuer: a JWKS document (RFC 7517), in a file or at an address.

use super::signature::{Algorithm, PublicKey};
use hotcell::JwtConfig;
use hotcell::egress::fetch::{Fetcher, Place};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of the document.
const LONGEST: u64 = 256 * 1024;
/// Keys that are kept of it.
const MOST: usize = 64;
/// Seconds between two fetches, whatever tokens come, where nothing is said.
const REFRESH: u64 = 60;
/// How long a fetch may take: somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// From when on it is fetched anew, so that a key that was withdrawn is believed no longer.
const OLD: Duration = Duration::from_secs(60 * 60);

/// Where the keys are, and those that were there.
pub(crate) struct Issuer {
    source: Source,
    refresh: Duration,
    known: Mutex<Known>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
}

pub(crate) enum Source {
    File(PathBuf),
    Place { fetcher: Box<Fetcher>, place: Place },
}

#[derive(Default)]
struct Known {
    keys: Vec<(Option<String>, PublicKey)>,
    /// When it was tried last to fetch them, and when it worked.
    tried: Option<Instant>,
    fetched: Option<Instant>,
}

impl Issuer {
    /// Keys of this place. None are fetched yet.
    pub(crate) fn new(config: &JwtConfig, source: Source) -> Self {
        let refresh = Duration::from_secs(config.refresh_seconds.unwrap_or(REFRESH).max(1));
        let (known, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { source, refresh, known, fetching }
    }

    /// The key of this id, or the only one for the algorithm where a token names none. One that
    /// is not known is looked for, but not more often than the configuration says.
    pub(super) async fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Option<PublicKey> {
        let _one = match self.find(id, algorithm) {
            (Some(key), false) => return Some(key),
            // What was fetched before is still believed, and whoever bears a token of it does not
            // wait for an issuer that may be away, where somebody does already.
            (Some(key), true) => match self.fetching.try_lock() {
                Ok(one) => one,
                Err(_) => return Some(key),
            },
            (None, _) => self.fetching.lock().await,
        };
        if !self.may_try() {
            return self.find(id, algorithm).0;
        }
        let fetched = tokio::time::timeout(PATIENCE, self.fetch()).await;
        match fetched.unwrap_or_else(|_| Err("they did not come in time".to_owned())) {
            Ok(keys) => {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                (known.keys, known.fetched) = (keys, Some(Instant::now()));
            }
            Err(error) => {
                tracing::error!(target: "hotcell::gateway", error, "the keys of [gateway.jwt]");
            }
        }
        self.find(id, algorithm).0
    }

    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> (Option<PublicKey>, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = known.keys.iter().filter(|(known, key)| {
            key.algorithm() == algorithm && (id.is_none() || id == known.as_deref())
        });
        let first = fitting.next().map(|(_, key)| key.clone());
        let is_old = known.fetched.is_none_or(|at| at.elapsed() > OLD);
        // Which of several a token means that does not say is nobody's guess.
        (first.filter(|_| fitting.next().is_none()), is_old)
    }

    /// Whether it is time for another fetch, which then has begun.
    fn may_try(&self) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let may = known.tried.is_none_or(|at| at.elapsed() >= self.refresh);
        if may {
            known.tried = Some(Instant::now());
        }
        may
    }

    async fn fetch(&self) -> Result<Vec<(Option<String>, PublicKey)>, String> {
        let text = match &self.source {
            Source::File(file) => {
                let file = file.clone();
                let read = tokio::task::spawn_blocking(move || std::fs::read(file));
                read.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?
            }
            Source::Place { fetcher, place } => {
                fetcher.document(place, LONGEST).await.map_err(|error| error.to_string())?
            }
        };
        keys(&text)
    }
}

/// The keys of a document that are of use.
fn keys(text: &[u8]) -> Result<Vec<(Option<String>, PublicKey)>, String> {
    let document: Value = serde_json::from_slice(text).map_err(|_| "it is not JSON".to_owned())?;
    let listed = document.get("keys").and_then(Value::as_array);
    let listed = listed.ok_or_else(|| "it is no JWKS document".to_owned())?;
    let id = |jwk: &Value| jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
    let keys = listed.iter().filter_map(|jwk| Some((id(jwk), PublicKey::read(jwk)?)));
    Ok(keys.take(MOST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn issuer() -> Issuer {
        let config = JwtConfig {
            issuer: "https://id.example".into(),
            audience: "hotcell".into(),
            keys: String::new(),
            refresh_seconds: None,
            team_claim: None,
            models_claim: None,
            allow_private: None,
            allow_plaintext: None,
        };
        Issuer::new(&config, Source::File("/nowhere/at/all".into()))
    }

    #[tokio::test]
    async fn whoever_has_a_key_waits_for_nobody_who_looks_for_keys() {
        let issuer = issuer();
        let key = PublicKey::Ed25519([7; 32]);
        // Nobody knows any more when it was fetched.
        issuer.known.lock().unwrap().keys = vec![(Some("k".to_owned()), key.clone())];
        let looking = issuer.fetching.lock().await;
        let found = issuer.key(Some("k"), Algorithm::EdDsa).now_or_never();
        assert_eq!(found, Some(Some(key.clone())));
        assert_eq!(issuer.key(Some("other"), Algorithm::EdDsa).now_or_never(), None);
        drop(looking);
        // Whoever looks, and finds nothing, believes it as well.
        assert_eq!(issuer.key(Some("k"), Algorithm::EdDsa).await, Some(key));
        assert_eq!(issuer.key(Some("other"), Algorithm::EdDsa).await, None);
    }
}
