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
        let (found, is_old) = self.find(id, algorithm);
        if found.is_some() && !is_old {
            return found;
        }
        let _one = self.fetching.lock().await;
        if !self.may_try() {
            return self.find(id, algorithm).0;
        }
        match self.fetch().await {
            Ok(keys) => {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                (known.keys, known.fetched) = (keys, Some(Instant::now()));
            }
            // What was fetched before is still believed.
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
