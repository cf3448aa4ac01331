//! Fetching a component for a person: from an HTTPS address whose digest the person
//! knows, or from a registry of OCI artifacts.
//!
//! It goes through the same resolver, judged addresses, certificates and proxy as the
//! requests of cells. A server is believed in nothing: what it sends is bounded, and
//! has the digest that it must have before anybody looks into it; where it leads to
//! by a redirect is judged anew, and never gets a credential that was meant for it.
//! No credential comes from anywhere but the source that the person names.

mod error;
mod manifest;
mod place;
mod reference;
mod registry;
mod session;
mod token;

pub use error::{FetchError, FetchErrorKind};
pub use place::Place;
pub use reference::Reference;

use crate::authority::Authority;
use crate::credential::SecretSource;
use crate::limits::Limits;
use crate::provider::Egress;
use hotcell_manifest::Digest;
use registry::Registry;
use session::{Ask, Session};
use std::time::Duration;

/// Redirects of one answer: registries send one, to where their blobs are.
pub const REDIRECTS: usize = 5;
/// Bytes of a manifest or an index. One of an adapter has half a kilobyte.
pub const MANIFEST_BYTES: u64 = 256 * 1024;
/// Bytes of what a token server answers.
pub const TOKEN_BYTES: u64 = 64 * 1024;
/// From a request to the head of its answer.
pub const ANSWER: Duration = Duration::from_secs(30);
/// Between two pieces of a body.
pub const PAUSE: Duration = Duration::from_secs(30);
/// From the first request to the last byte: the largest component over a slow line.
pub const TOTAL: Duration = Duration::from_secs(10 * 60);

/// What a person permits beyond HTTPS to the public Internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permits {
    /// Addresses that are not public, except metadata services.
    pub allow_private: bool,
    /// HTTP, to addresses that are not public.
    pub allow_plaintext: bool,
}

/// A credential for a registry.
#[derive(Clone, Debug)]
pub struct Login {
    /// Where `USER:PASSWORD` comes from.
    pub source: SecretSource,
    /// The host, with its port if it has one, of a token server that may have it besides
    /// the registry's own.
    pub token_host: Option<String>,
}

/// What a registry gave.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The component.
    pub component: Vec<u8>,
    /// The digest of the manifest that led to it: what the reference meant.
    pub manifest: Digest,
}

/// Fetches for a person.
#[derive(Clone, Debug)]
pub struct Fetcher {
    egress: Egress,
    permits: Permits,
    limits: Limits,
}

impl Egress {
    /// Somebody who fetches through this door.
    pub fn fetcher(&self, permits: Permits) -> Fetcher {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let limits = Limits {
            first_byte_ms: milliseconds(ANSWER),
            idle_ms: milliseconds(PAUSE),
            total_ms: milliseconds(TOTAL),
            ..Limits::default()
        };
        Fetcher { egress: self.clone(), permits, limits }
    }
}

impl Fetcher {
    /// With other limits on times and headers.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The component at an address, of at most `most` bytes, which has this digest.
    ///
    /// # Errors
    /// [`FetchError`], of kind [`FetchErrorKind::Mismatch`] where it has another.
    pub async fn component(
        &self,
        place: &Place,
        digest: Digest,
        most: u64,
    ) -> Result<Vec<u8>, FetchError> {
        place.permitted(self.permits)?;
        let ask = Ask { place, accept: None, authorization: None, most };
        let answer = Session::new(self).get(&ask).await?;
        if !answer.status.is_success() {
            return Err(FetchError::status(place, answer.status));
        }
        if Digest::of(&answer.body) != digest {
            return Err(FetchError::new(
                FetchErrorKind::Mismatch,
                format!("what {place} gave has not the digest {digest}; it was not looked at"),
            )
            .with_help(
                "compare the digest and the address with what the author publishes; if they \
                 are right, somebody has changed what lies there",
            ));
        }
        Ok(answer.body)
    }

    /// The public document at an address, of at most `most` bytes: nothing is sent with the
    /// question that says who asks.
    ///
    /// # Errors
    /// [`FetchError`], also of every status that is no success.
    pub async fn document(&self, place: &Place, most: u64) -> Result<Vec<u8>, FetchError> {
        place.permitted(self.permits)?;
        let ask = Ask { place, accept: Some("application/json"), authorization: None, most };
        let answer = Session::new(self).get(&ask).await?;
        match answer.status.is_success() {
            true => Ok(answer.body),
            false => Err(FetchError::status(place, answer.status)),
        }
    }

    /// Asks a service of the operator's own, such as the admin API of a gateway, below this
    /// place: `path` has to begin with the place's own. The bearer token comes from a source,
    /// and goes to the place alone. Gives status and body, whatever the status.
    ///
    /// # Errors
    /// [`FetchError`], also of a token that cannot be had.
    pub async fn ask_service(
        &self,
        place: &Place,
        method: &str,
        path: &str,
        bearer: &SecretSource,
        body: Vec<u8>,
        most: u64,
    ) -> Result<(u16, Vec<u8>), FetchError> {
        place.permitted(self.permits)?;
        let at = place.at(path)?;
        let source = |error: &dyn std::fmt::Display| {
            FetchError::new(FetchErrorKind::Source, error.to_string())
        };
        let method = method.parse().map_err(|_| source(&"not a method"))?;
        let bearer = bearer.read(&Authority::of_the_process()).map_err(|error| source(&error))?;
        let (status, body) = Session::new(self).say(&at, method, &bearer, body, most).await?;
        Ok((status.as_u16(), body))
    }

    /// Reads now, and no more, whose certificates are believed and the proxy's credential.
    /// What cannot be read is told by the fetch that needs it.
    pub fn read_ahead(&self) {
        let _ = self.egress.inner.tls();
        if let Some(proxy) = &self.egress.inner.proxy {
            proxy.read_ahead();
        }
    }

    /// The TCP port that is connected to for this place: its own, or that of the proxy before
    /// it.
    pub fn port(&self, place: &Place) -> u16 {
        let proxy = self.egress.inner.proxy_for(&place.scheme, place.reach(self.permits));
        proxy.and_then(|proxy| proxy.uri.port_u16()).unwrap_or_else(|| place.port())
    }

    /// What lies beside an address, under its name with `.EXTENSION` behind it; none
    /// where nothing does.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn beside(
        &self,
        place: &Place,
        extension: &str,
        most: u64,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        place.permitted(self.permits)?;
        let place = &place.beside(extension)?;
        let ask = Ask { place, accept: None, authorization: None, most };
        let answer = Session::new(self).get(&ask).await?;
        match answer.status.as_u16() {
            404 | 410 => Ok(None),
            _ if answer.status.is_success() => Ok(Some(answer.body)),
            _ => Err(FetchError::status(place, answer.status)),
        }
    }

    /// The component, of at most `most` bytes, that a reference means: of an image with
    /// the layout for Wasm of the CNCF, pulled as the distribution specification 1.1 of
    /// OCI says. A tag is resolved once.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn pull(
        &self,
        reference: &Reference,
        login: Option<&Login>,
        most: u64,
    ) -> Result<Pulled, FetchError> {
        let mut registry = Registry::new(self, reference, login)?;
        let pulled = registry.pull(most).await;
        pulled.map_err(|error| registry.scrub(error))
    }
}
