//! The credential of one identity: fetched when it is first needed, kept until shortly before
//! its end, and fetched by one request while the others wait.

use super::errand::{Errand, Files};
use super::{Credential, IdentitySource, Issued, Needs, Origin, issue, lifetime};
use crate::authority::Authority;
use crate::credential::{Credentials, Secret, SecretSource};
use crate::error::{EgressError, SetupError};
use crate::provider::Provider;
use crate::scrub::Scrubber;
use hotcell_manifest::Auth;
use http::{HeaderName, HeaderValue};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// How long a failure is told again before the identity endpoint is asked again.
const FAILED: Duration = Duration::from_secs(5);
/// How long a provider that does not like a credential has to like its successor.
const REFUSED: Duration = Duration::from_secs(30);

/// Where the credentials of one identity come from, and the one in use.
pub(crate) struct Tokens {
    pub(crate) auth: Auth,
    source: Option<IdentitySource>,
    origin: Option<Origin>,
    files: OnceLock<Files>,
    /// The credential in use.
    lease: RwLock<Option<Arc<Lease>>>,
    /// Whoever fetches one holds this.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What must not come back of the credential before.
    previous: Vec<Secret>,
    /// Why there is none, and since when.
    failed: Option<(SystemTime, EgressError)>,
    /// When a provider last refused one.
    refused: Option<SystemTime>,
}

/// A credential, as long as it is good.
pub(crate) struct Lease {
    pub(crate) credential: Credential,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Finds it, what it was got with, and the one before.
    pub(crate) scrubber: Arc<Scrubber>,
    sensitive: Vec<Secret>,
    renewal: SystemTime,
    end: SystemTime,
}

impl Tokens {
    /// `origin` is where the provider's configuration says that tokens come from.
    pub(crate) fn new(
        auth: Auth,
        source: Option<IdentitySource>,
        origin: Option<&str>,
        allow_private: bool,
        allow_plaintext: bool,
    ) -> Result<Self, SetupError> {
        let declared = match &auth {
            Auth::Oauth2ClientCredentials(client) => Some(client.origin.as_str()),
            Auth::Oauth2ApiKey(exchange) => Some(exchange.origin.as_str()),
            _ => None,
        };
        let origin = origin.or(declared);
        let origin = origin.map(|url| Origin::named(url, allow_private, allow_plaintext));
        let origin = origin.transpose()?;
        let (files, lease, state) = (OnceLock::new(), RwLock::default(), Mutex::default());
        Ok(Self { auth, source, origin, files, lease, state })
    }

    /// The credential, fetched now if there is none that is good for a while.
    pub(crate) async fn lease(
        &self,
        provider: &Provider,
        request_id: &Arc<str>,
        credentials: &Credentials,
    ) -> Result<Arc<Lease>, EgressError> {
        let errand = self.errand(provider, request_id, credentials);
        let good = |until: fn(&Lease) -> SystemTime| {
            self.in_use().filter(|lease| errand.now() < until(lease))
        };
        if let Some(lease) = good(|lease| lease.renewal) {
            return Ok(lease);
        }
        let mut state = match (self.state.try_lock(), good(|lease| lease.end)) {
            (Ok(state), _) => state,
            // Somebody else is about to renew it, and meanwhile it will do.
            (Err(_), Some(lease)) => return Ok(lease),
            (Err(_), None) => self.state.lock().await,
        };
        // Whoever was waited for may have got it.
        match good(|lease| lease.renewal) {
            Some(lease) => Ok(lease),
            None => self.fetch(&mut state, &errand).await,
        }
    }

    /// The credential that follows one which a provider refused. None where there is no other,
    /// or where the last one that was refused is not long ago.
    pub(crate) async fn renew(
        &self,
        provider: &Provider,
        request_id: &Arc<str>,
        credentials: &Credentials,
        refused: &Arc<Lease>,
    ) -> Option<Arc<Lease>> {
        let mut state = self.state.lock().await;
        // Somebody else was refused as well, and was here before.
        if let Some(lease) = self.in_use().filter(|lease| !Arc::ptr_eq(lease, refused)) {
            return Some(lease);
        }
        let errand = self.errand(provider, request_id, credentials);
        let now = errand.now();
        if state.refused.is_some_and(|at| is_recent(at, now, REFUSED)) {
            return None;
        }
        state.refused = Some(now);
        state.previous.clone_from(&refused.sensitive);
        self.put(None);
        self.fetch(&mut state, &errand).await.ok()
    }

    fn errand<'a>(
        &'a self,
        provider: &'a Provider,
        request_id: &'a Arc<str>,
        credentials: &'a Credentials,
    ) -> Errand<'a> {
        let (origin, files) = (self.origin.as_ref(), self.files.get());
        Errand::new(provider, request_id, credentials, origin, files)
    }

    async fn fetch(
        &self,
        state: &mut State,
        errand: &Errand<'_>,
    ) -> Result<Arc<Lease>, EgressError> {
        let now = errand.now();
        // It is asked for before the end of the one in use, which will do meanwhile.
        let in_use = self.in_use().filter(|lease| now < lease.end);
        if let Some((at, error)) = &state.failed
            && is_recent(*at, now, FAILED)
        {
            return in_use.ok_or_else(|| error.clone());
        }
        match issue(&self.auth, self.source.as_ref(), errand).await {
            Ok(issued) => {
                if let Some(previous) = self.in_use() {
                    state.previous.clone_from(&previous.sensitive);
                }
                let lease = Arc::new(Lease::new(issued, errand, &state.previous, now));
                state.failed = None;
                self.put(Some(lease.clone()));
                Ok(lease)
            }
            Err(mut error) => {
                error.message = format!("no {} token: {}", self.auth.scheme(), error.message);
                state.failed = Some((now, error.clone()));
                in_use.ok_or(error)
            }
        }
    }

    fn in_use(&self) -> Option<Arc<Lease>> {
        self.lease.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, lease: Option<Arc<Lease>>) {
        *self.lease.write().unwrap_or_else(PoisonError::into_inner) = lease;
    }

    /// Reads now, and no more, what stays as it is.
    pub(crate) fn read_ahead(&self) {
        self.files.get_or_init(|| {
            let authority = Authority::of_the_process();
            let Needs { read, run, .. } = self.needs();
            let sources = read.into_iter().map(SecretSource::File);
            let sources = sources.chain(run.into_iter().map(SecretSource::Command));
            sources.map(|source| (source.clone(), source.read(&authority))).collect()
        });
    }

    /// What fetching reads and reaches.
    pub(crate) fn needs(&self) -> Needs {
        let mut needs = self.source.as_ref().map(IdentitySource::needs).unwrap_or_default();
        needs.ports.extend(self.origin.as_ref().map(Origin::port));
        needs
    }
}

impl Lease {
    fn new(issued: Issued, errand: &Errand<'_>, previous: &[Secret], now: SystemTime) -> Self {
        let mut sensitive = issued.credential.sensitive();
        sensitive.extend(issued.sensitive);
        let known = errand.credentials.sensitive();
        let scrubber = Scrubber::new(known.iter().chain(&sensitive).chain(previous));
        Self {
            credential: issued.credential,
            headers: issued.headers,
            scrubber: Arc::new(scrubber),
            sensitive,
            renewal: now + lifetime::renewal(issued.lifetime),
            end: now + issued.lifetime,
        }
    }
}

/// A clock that was put back makes nothing recent.
fn is_recent(at: SystemTime, now: SystemTime, within: Duration) -> bool {
    now.duration_since(at).is_ok_and(|since| since < within)
}
