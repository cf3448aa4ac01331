//! Identities: credentials that have to be fetched before they can be sent, or that sign.
//!
//! ```text
//! Tokens::lease ─ still good? ─▶ Lease ─ apply ─▶ AuthorisedRequest
//!       │ no, and one at a time
//!       ▼
//! issue ─▶ a scheme: oauth2, entra, google, … ─▶ Errand::ask ─▶ one method, path and origin
//! ```
//!
//! A scheme is a file. It says what is asked where, by an [`Errand`], which keeps the rules of
//! every other request: judged addresses, TLS, the proxy, limits, the audit log. Nothing that an
//! identity endpoint answers reaches a guest, not even in the words of an error.

mod aws;
mod clock;
mod entra;
mod errand;
mod google;
mod jwt;
mod lifetime;
mod oauth2;
mod origin;
mod source;
mod tokens;

pub use clock::{Clock, SystemClock};
pub(crate) use origin::Origin;
pub use source::{IdentitySource, Presence};
pub(crate) use tokens::{Lease, Tokens};

use crate::credential::Secret;
use crate::error::{EgressError, ErrorKind};
use bytes::Bytes;
use errand::Errand;
use hotcell_manifest::Auth;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, request};
use secrecy::ExposeSecret as _;
use source::Kind;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What a request is given.
pub(crate) enum Credential {
    /// `authorization: Bearer TOKEN`.
    Bearer(Secret),
    /// What signs each request by itself.
    Signing(aws::Keys),
}

/// What a scheme got.
pub(crate) struct Issued {
    pub(crate) credential: Credential,
    /// How long it is good for, from now.
    pub(crate) lifetime: Duration,
    /// Headers that go along with it.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What else must not come back: assertions, refresh tokens, what was exchanged.
    pub(crate) sensitive: Vec<Secret>,
}

impl Issued {
    /// A token, and nothing beside it.
    fn bearer(token: Secret, lifetime: Duration) -> Self {
        let credential = Credential::Bearer(token);
        Self { credential, lifetime, headers: Vec::new(), sensitive: Vec::new() }
    }
}

/// What an identity reads and reaches, for a process that gives up the rest.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Needs {
    /// Files that stay as they are: they are read once, ahead.
    pub(crate) read: Vec<PathBuf>,
    /// Files that somebody writes anew from time to time: they are read at every fetch.
    pub(crate) keep: Vec<PathBuf>,
    /// Commands that print something: they are run ahead.
    pub(crate) run: Vec<String>,
    /// TCP ports at which tokens are fetched.
    pub(crate) ports: BTreeSet<u16>,
}

/// Whether a scheme has a token fetched, or signs.
pub(crate) fn is_one(auth: &Auth) -> bool {
    auth.identity().is_some()
}

/// Gets a credential. Every scheme has its line here.
async fn issue(
    auth: &Auth,
    source: Option<&IdentitySource>,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    match (auth, source) {
        (Auth::Oauth2ClientCredentials(client), _) => {
            oauth2::client_credentials(client, errand).await
        }
        (Auth::Oauth2ApiKey(exchange), _) => oauth2::api_key(exchange, errand).await,
        (Auth::AwsSigv4 { region, .. }, Some(IdentitySource(Kind::Aws(source)))) => {
            source.issue(region, errand).await
        }
        (Auth::Entra { scope }, Some(IdentitySource(Kind::Entra(source)))) => {
            source.issue(scope, errand).await
        }
        (Auth::Google { scopes }, Some(IdentitySource(Kind::Google(source)))) => {
            source.issue(scopes, errand).await
        }
        (auth, None) => Err(failed(format!(
            "nothing says whose goes there; add `identity = \"…\"` to [providers.{}], which can be: {}",
            errand.provider_name(),
            source::forms(auth.scheme()),
        ))),
        (auth, Some(source)) => Err(failed(format!(
            "`identity = \"{source}\"` is none for the scheme `{}`",
            auth.scheme()
        ))),
    }
}

impl Credential {
    /// Adds itself to a request that is complete but for this, and gives what must not come
    /// back of it beside what [`Credential::sensitive`] has.
    pub(crate) fn apply(
        &self,
        auth: &Auth,
        request: &mut request::Parts,
        body: &Bytes,
        now: SystemTime,
    ) -> Result<Vec<Secret>, EgressError> {
        match self {
            Self::Signing(keys) => keys.apply(auth, request, body, now),
            Self::Bearer(token) => {
                let text = format!("Bearer {}", token.expose_secret());
                let mut value = HeaderValue::try_from(text)
                    .map_err(|_| failed("the token has characters that no header can carry"))?;
                value.set_sensitive(true);
                request.headers.insert(AUTHORIZATION, value);
                Ok(Vec::new())
            }
        }
    }

    /// Whether a provider says that it is not good any more, by whatever status.
    pub(crate) fn is_refused(&self, status: u16, headers: &HeaderMap) -> bool {
        status == 401 || matches!(self, Self::Signing(_)) && aws::is_refused(status, headers)
    }

    /// What a person can do about an answer, where it is told better here than there.
    pub(crate) fn explain(
        &self,
        status: u16,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Option<EgressError> {
        match self {
            Self::Bearer(_) => None,
            Self::Signing(_) => aws::explain(status, headers, now),
        }
    }

    /// The same for a question to an identity endpoint, by who has a token already.
    fn on(&self, ask: errand::Ask) -> Result<errand::Ask, EgressError> {
        match self {
            Self::Bearer(token) => {
                ask.header("authorization", &format!("Bearer {}", token.expose_secret()))
            }
            Self::Signing(_) => Err(failed("a key that signs is no token")),
        }
    }

    /// What of it must not come back.
    fn sensitive(&self) -> Vec<Secret> {
        match self {
            Self::Bearer(token) => vec![token.clone()],
            Self::Signing(keys) => keys.sensitive(),
        }
    }
}

/// There is no credential.
fn failed(why: impl Into<String>) -> EgressError {
    EgressError::new(ErrorKind::Authentication, why)
}
