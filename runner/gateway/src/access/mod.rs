//! Who is asking, and what they may.
//!
//! Whoever asks says who they are with a key or a token, and with nothing else: neither `Host`
//! nor any header that a proxy could have added has a say in it.

mod caller;
mod credential;
mod jwt;
mod pattern;
mod secret;

pub(crate) use caller::Caller;
pub(crate) use jwt::{Issuer, Source, Tokens};
pub(crate) use pattern::fits;
pub(crate) use secret::{new_id, new_secret};

use crate::ledger::{refusal, unavailable};
use crate::store::{Hash, Store, Time};
use credential::Credential;
use hotcell::Error;
use hotcell::egress::Watchword;
use hotcell::types::FailureKind;
use http::{HeaderMap, Uri};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a caller is remembered. What another process changes about a key, such as that it
/// is blocked, holds after this time at the latest; what the admin API changes, at once.
const REMEMBERED: Duration = Duration::from_secs(2);
/// Callers that are remembered at one time.
const CALLERS: usize = 10_000;

/// The door.
pub(crate) struct Access {
    /// Nobody is asked who they are.
    is_open: bool,
    admin: Option<Watchword>,
    store: Option<Arc<dyn Store>>,
    tokens: Option<Tokens>,
    /// By the digest of all of what was said.
    known: Mutex<HashMap<Hash, (Arc<Caller>, Instant)>>,
}

impl Access {
    pub(crate) fn new(
        is_open: bool,
        admin: Option<Watchword>,
        store: Option<Arc<dyn Store>>,
        tokens: Option<Tokens>,
    ) -> Self {
        Self { is_open, admin, store, tokens, known: Mutex::default() }
    }

    /// Who is asking. `with_query` is for the one dialect whose clients write their key into
    /// the address.
    ///
    /// # Errors
    /// `authentication` where nobody knows, `permission` where somebody may not.
    pub(crate) async fn admit(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        with_query: bool,
    ) -> Result<Arc<Caller>, Error> {
        if self.is_open {
            return Ok(Arc::new(Caller::anyone()));
        }
        let query = if with_query { uri.query() } else { None };
        let said = Credential::of(headers, query).map_err(|_| unclear())?;
        let said = said.ok_or_else(missing)?;
        let hash = said.digest();
        if let Some(caller) = self.remembered(&hash) {
            return Ok(caller);
        }
        let now = Instant::now();
        let (caller, most) = self.look_up(&said, hash).await?;
        let caller = Arc::new(caller);
        let until = now + most.min(REMEMBERED);
        let mut known = self.known();
        if known.len() >= CALLERS {
            known.clear();
        }
        known.insert(hash, (caller.clone(), until));
        Ok(caller)
    }

    /// Whether the operator is asking. Nothing else gets to the admin API, whatever it may.
    ///
    /// # Errors
    /// `authentication`, and `permission` of whoever is somebody else.
    pub(crate) fn admit_operator(&self, headers: &HeaderMap) -> Result<(), Error> {
        let Some(admin) = &self.admin else {
            return Err(refusal(
                FailureKind::Permission,
                "no_admin_key",
                "there is no admin key; name its source as `admin-key` of [gateway]",
            ));
        };
        let said = Credential::of(headers, None).map_err(|_| unclear())?;
        let said = said.ok_or_else(missing)?;
        match admin.is(&said.digest()) {
            true => Ok(()),
            false => Err(refusal(
                FailureKind::Permission,
                "not_the_admin_key",
                "this needs the admin key, and that is another one",
            )),
        }
    }

    /// Whether there is an admin key at all.
    pub(crate) fn has_operator(&self) -> bool {
        self.admin.is_some()
    }

    /// Looks everybody up anew.
    pub(crate) fn forget(&self) {
        self.known().clear();
    }

    /// Whose credential it is, and how long that is certain.
    async fn look_up(
        &self,
        said: &Credential<'_>,
        hash: Hash,
    ) -> Result<(Caller, Duration), Error> {
        if self.admin.as_ref().is_some_and(|admin| admin.is(&hash)) {
            return Ok((Caller::operator(), REMEMBERED));
        }
        if let Some(tokens) = self.tokens.as_ref().filter(|_| said.is_token()) {
            let bearer = tokens.bearer(said.text()).await?;
            let left = Duration::from_secs(bearer.expires.saturating_sub(Time::now().0));
            let team = match (&bearer.team, &self.store) {
                (Some(named), Some(store)) => {
                    let mut teams = Vec::new();
                    for name in named {
                        let found = store.team(name.clone()).await;
                        teams.extend(found.map_err(|error| unavailable(&error))?);
                    }
                    let first = teams.into_iter().next();
                    Some(first.ok_or_else(|| no_team("names no team that there is"))?)
                }
                (Some(_), None) => return Err(no_team("names a team, and there are none")),
                (None, _) => None,
            };
            let caller = Caller::bearer(bearer, team)?;
            return Ok((caller, left));
        }
        let Some(store) = &self.store else { return Err(unknown()) };
        let key = store.key_of(hash).await.map_err(|error| unavailable(&error))?;
        let key = key.ok_or_else(unknown)?;
        let team = match &key.team {
            Some(team) => {
                let found = store.team(team.clone()).await.map_err(|error| unavailable(&error))?;
                // A key whose team is gone would have fewer limits than it was given.
                Some(found.ok_or_else(|| no_team("belongs to a team that is gone"))?)
            }
            None => None,
        };
        let now = Time::now().0;
        let left = key.expires.map_or(u64::MAX, |expires| expires.0.saturating_sub(now));
        let caller = Caller::key(key, team, now)?;
        Ok((caller, Duration::from_secs(left)))
    }

    fn remembered(&self, hash: &Hash) -> Option<Arc<Caller>> {
        let known = self.known();
        let (caller, until) = known.get(hash)?;
        (Instant::now() < *until).then(|| caller.clone())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Hash, (Arc<Caller>, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing() -> Error {
    refusal(
        FailureKind::Authentication,
        "missing_api_key",
        "there is no key; send one as `Authorization: Bearer …`",
    )
}

/// The same for whatever nobody knows, however near it was.
fn unknown() -> Error {
    refusal(FailureKind::Authentication, "invalid_api_key", "this key opens nothing here")
}

fn unclear() -> Error {
    refusal(
        FailureKind::Authentication,
        "invalid_api_key",
        "a key is sent once, and in characters that can be written",
    )
}

fn no_team(why: &str) -> Error {
    refusal(FailureKind::Permission, "no_team", format!("this credential {why}"))
}
