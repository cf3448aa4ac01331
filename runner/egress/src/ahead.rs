//! What is read before a request needs it, so that the process can give up the files and
//! programs behind it.

use crate::authority::Authority;
use crate::credential::{Secret, SecretError};
use crate::identity::Tokens;
use crate::provider::ProviderEgress;
use http::uri::Scheme;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Secrets by name, or why they cannot be had: that is told by the request that needs one.
pub(crate) type Ahead = BTreeMap<String, Result<Secret, SecretError>>;

impl ProviderEgress {
    /// Reads now, and no more, what requests would read when they first need it: the secrets
    /// of all endpoints, the proxy's credential, and whose certificates are believed. This may
    /// run a program (`cmd:`, `keyring:`) and wait for it.
    ///
    /// Nothing fails here: what cannot be read fails the requests that need it.
    pub fn read_ahead(&self) {
        let provider = &self.inner;
        provider.ahead.get_or_init(|| {
            let endpoints = provider.endpoints.iter();
            let needed: BTreeSet<&str> =
                endpoints.flat_map(|(_, endpoint)| endpoint.auth.secrets()).collect();
            let authority = Authority::of_the_process();
            let sources = needed.into_iter().filter_map(|name| {
                let source = provider.secrets.get(name)?;
                Some((name.to_owned(), source.read(&authority)))
            });
            sources.collect()
        });
        for (_, endpoint) in &provider.endpoints {
            if let Some(tokens) = &endpoint.tokens {
                tokens.read_ahead();
                // Most tokens come by TLS, whatever they are for.
                let _ = provider.egress.tls();
                if let Some(proxy) = &provider.egress.proxy {
                    proxy.read_ahead();
                }
            }
            if let Some(proxy) = provider.egress.proxy_for(&endpoint.scheme, endpoint.reach) {
                proxy.read_ahead();
            }
            if endpoint.scheme == Scheme::HTTPS {
                // The request that needs them tries again, and says why it cannot go out.
                let _ = provider.egress.tls();
            }
        }
    }

    /// The TCP ports that requests are sent to: of endpoints, or of the proxy before them.
    pub fn ports(&self) -> BTreeSet<u16> {
        let provider = &self.inner;
        let ports = provider.endpoints.iter().filter_map(|(_, endpoint)| {
            match provider.egress.proxy_for(&endpoint.scheme, endpoint.reach) {
                Some(proxy) => proxy.uri.port_u16(),
                None if endpoint.scheme == Scheme::HTTPS => {
                    Some(endpoint.host.port_u16().unwrap_or(443))
                }
                None => Some(endpoint.host.port_u16().unwrap_or(80)),
            }
        });
        let mut ports: BTreeSet<u16> = ports.collect();
        for tokens in self.identities() {
            ports.extend(tokens.needs().ports);
            // What is by TLS and public is behind the proxy.
            ports.extend(provider.egress.proxy.as_ref().and_then(|proxy| proxy.uri.port_u16()));
        }
        ports
    }

    /// Files that are read again and again, because somebody writes them anew: the tokens that
    /// vouch for a workload.
    pub fn changing_files(&self) -> Vec<PathBuf> {
        self.identities().flat_map(|tokens| tokens.needs().keep).collect()
    }

    fn identities(&self) -> impl Iterator<Item = &Arc<Tokens>> {
        self.inner.endpoints.iter().filter_map(|(_, endpoint)| endpoint.tokens.as_ref())
    }
}
