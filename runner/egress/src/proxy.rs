//! A proxy that the operator names. It sees which provider is asked, and nothing of
//! what is said: everything goes through a `CONNECT` tunnel with TLS inside.
//!
//! A proxy resolves names itself, so that with one it is the proxy that keeps
//! requests away from private addresses.

use crate::authority::Authority;
use crate::connect::{Connector, Reach};
use crate::credential::{Secret, SecretError, SecretSource};
use crate::error::{EgressError, ErrorKind, SetupError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use secrecy::ExposeSecret;
use std::sync::OnceLock;

/// A proxy for every provider that is reached by TLS and is not in one's own
/// network.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub(crate) uri: Uri,
    credential: Option<SecretSource>,
    /// The credential, where it was read ahead.
    ahead: OnceLock<Result<Secret, SecretError>>,
}

impl Proxy {
    /// The proxy at `http://HOST:PORT`; `credential` is where `USER:PASSWORD` comes
    /// from, if it wants one.
    ///
    /// # Errors
    /// Anything else than such a URL.
    pub fn new(url: &str, credential: Option<SecretSource>) -> Result<Self, SetupError> {
        let refused = |why: &str| SetupError::Proxy(format!("{why}; expected http://HOST:PORT"));
        let uri: Uri = url.parse().map_err(|_| refused("it is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(refused("it does not begin with http://"));
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(refused("it holds a credential, which belongs into `proxy.credential`"));
        }
        if uri.path() != "/" || uri.query().is_some() || uri.port().is_none() {
            return Err(refused("it is not a host and a port"));
        }
        Ok(Self { uri, credential, ahead: OnceLock::new() })
    }

    /// Reads the credential now, and no more.
    pub(crate) fn read_ahead(&self) {
        if let Some(source) = &self.credential {
            self.ahead.get_or_init(|| source.read(&Authority::of_the_process()));
        }
    }

    pub(crate) async fn tunnel(
        &self,
        connector: Connector,
    ) -> Result<Tunnel<Connector>, EgressError> {
        // Proxies are in one's own network as a rule.
        let tunnel =
            Tunnel::new(self.uri.clone(), Connector { reach: Reach::Anywhere, ..connector });
        let Some(source) = self.credential.clone() else { return Ok(tunnel) };
        let read = move || source.read(&Authority::of_the_process());
        let failed = |why: String| {
            EgressError::new(
                ErrorKind::Authentication,
                format!("no credential for the proxy: {why}"),
            )
        };
        let credential = match self.ahead.get() {
            Some(known) => known.clone(),
            None => tokio::task::spawn_blocking(read)
                .await
                .map_err(|_| failed("reading it was interrupted".to_owned()))?,
        };
        let credential = credential.map_err(|error| failed(error.to_string()))?;
        let basic = format!("Basic {}", STANDARD.encode(credential.expose_secret()));
        let header = HeaderValue::try_from(basic)
            .map_err(|_| failed("it has characters that no header can carry".to_owned()))?;
        Ok(tunnel.with_auth(header))
    }
}
