//! Egress as the runner holds it: once per process, once per provider, once per
//! cell.

use crate::ahead::Ahead;
use crate::audit::{self, AuditRecord, AuditSink, Decision};
use crate::authority::Authority;
use crate::client::HttpClient;
use crate::connect::Reach;
use crate::credential::{Credentials, SecretSource};
use crate::endpoint::{Endpoint, EndpointSpec};
use crate::error::{EgressError, ErrorKind, Rule, SetupError};
use crate::identity::{self, Clock, IdentitySource, SystemClock, Tokens};
use crate::limits::Limits;
use crate::pipeline::ENDPOINT_NAME;
use crate::proxy::Proxy;
use crate::resolve::{Resolve, SystemResolver};
use crate::scrub::Scrubber;
use crate::tls::{self, Roots};
use hotcell_manifest::Digest;
use http::uri::Scheme;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// The guarded door of one process. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    pub(crate) inner: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) roots: Roots,
    pub(crate) tls: OnceLock<rustls::ClientConfig>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) audit: Arc<[Arc<dyn AuditSink>]>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where metadata services are taken to be, if not at their own address.
    pub(crate) metadata: Option<SocketAddr>,
    /// Where the agent of Azure Arc is taken to have its keys, if not in its own folder.
    pub(crate) arc_keys: Option<PathBuf>,
    /// What stands in the place of the environment.
    pub(crate) environment: Option<Environment>,
}

/// Tells the value of a variable.
type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a process decides about its egress.
#[derive(Default)]
pub struct EgressBuilder {
    resolver: Option<Arc<dyn Resolve>>,
    roots: Roots,
    proxy: Option<Proxy>,
    audit: Vec<Arc<dyn AuditSink>>,
    clock: Option<Arc<dyn Clock>>,
    metadata: Option<SocketAddr>,
    arc_keys: Option<PathBuf>,
    environment: Option<Environment>,
}

/// One configured provider, as egress needs it.
#[derive(Clone, Debug)]
pub struct ProviderSpec {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The adapter's name.
    pub adapter: String,
    /// The component's digest.
    pub digest: Digest,
    /// The endpoints, by the names that the adapter asks for them with.
    pub endpoints: BTreeMap<String, EndpointSpec>,
    /// Where the secrets come from, by their names in the manifest.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Names of secrets that the provider also works without.
    pub optional_secrets: BTreeSet<String>,
    /// Where the identity comes from that tokens are fetched for, by the schemes that need one.
    pub identity: Option<IdentitySource>,
    /// Origin of the identity endpoint, where it is not the vendor's or the manifest's own:
    /// `https://login.microsoftonline.us`.
    pub identity_origin: Option<String>,
    /// What one cell may send and receive.
    pub limits: Limits,
}

/// A component that is not let in, for the audit log.
#[derive(Clone, Debug)]
pub struct Refusal<'a> {
    /// The request that needed it.
    pub request_id: &'a str,
    /// The provider that it was for, as configured.
    pub provider: &'a str,
    /// The adapter, as the provider names it.
    pub adapter: &'a str,
    /// The component, where it was read.
    pub digest: Option<Digest>,
    /// [`Rule::Import`] or [`Rule::Component`].
    pub rule: Rule,
    /// Why.
    pub detail: String,
}

/// The door of one provider, with its credentials and connections. Cheap to clone.
#[derive(Clone)]
pub struct ProviderEgress {
    pub(crate) inner: Arc<Provider>,
}

/// The door of one cell, which counts what the cell uses. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct CellEgress {
    pub(crate) provider: Arc<Provider>,
    pub(crate) request_id: Arc<str>,
    pub(crate) used: Arc<Used>,
}

/// What a cell has used of what it may.
#[derive(Default)]
pub(crate) struct Used {
    pub(crate) calls: AtomicU32,
    pub(crate) denials: AtomicU32,
    /// Bytes after decoding, of all responses.
    pub(crate) decoded: AtomicU64,
}

/// An endpoint that was granted to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointId(usize);

pub(crate) struct Provider {
    pub(crate) name: Arc<str>,
    pub(crate) adapter: Arc<str>,
    pub(crate) digest: Digest,
    pub(crate) limits: Arc<Limits>,
    pub(crate) egress: Arc<Shared>,
    pub(crate) endpoints: Vec<(String, Endpoint)>,
    pub(crate) secrets: BTreeMap<String, SecretSource>,
    optional: BTreeSet<String>,
    /// One for each endpoint: none of them is shared with another provider or
    /// another credential, so that a framing fault in one cannot reach another.
    connections: Mutex<BTreeMap<String, Arc<Connection>>>,
    /// The secrets, where they were read ahead.
    pub(crate) ahead: OnceLock<Ahead>,
}

/// An HTTP client with its own pool, and the credentials that travel on it.
pub(crate) struct Connection {
    pub(crate) client: HttpClient,
    pub(crate) credentials: Credentials,
    pub(crate) scrubber: Arc<Scrubber>,
}

impl Egress {
    /// Starts with the system's resolver, the platform's certificates and no audit
    /// sink but `tracing`.
    pub fn builder() -> EgressBuilder {
        EgressBuilder::default()
    }

    /// Sets a provider up. Nothing is read, resolved or connected yet.
    ///
    /// # Errors
    /// A URL or grant that cannot be accepted, with what would be.
    pub fn provider(&self, spec: ProviderSpec) -> Result<ProviderEgress, SetupError> {
        let mut endpoints: Vec<(String, Endpoint)> = Vec::new();
        let (identity, identity_origin) = (&spec.identity, spec.identity_origin.as_deref());
        for (name, spec) in spec.endpoints {
            let (allow_private, allow_plaintext) = (spec.allow_private, spec.allow_plaintext);
            let mut endpoint = Endpoint::new(&name, spec)?;
            if identity::is_one(&endpoint.auth) {
                // What one endpoint fetched is good for another that wants the same.
                let known = endpoints.iter().filter_map(|(_, known)| known.tokens.clone());
                let known = known.into_iter().find(|tokens| tokens.auth == endpoint.auth);
                endpoint.tokens = Some(match known {
                    Some(tokens) => tokens,
                    None => Arc::new(Tokens::new(
                        endpoint.auth.clone(),
                        identity.clone(),
                        identity_origin,
                        allow_private,
                        allow_plaintext,
                    )?),
                });
            }
            endpoints.push((name, endpoint));
        }
        let provider = Provider {
            name: spec.provider.into(),
            adapter: spec.adapter.into(),
            digest: spec.digest,
            limits: Arc::new(spec.limits),
            egress: self.inner.clone(),
            endpoints,
            secrets: spec.secrets,
            optional: spec.optional_secrets,
            connections: Mutex::default(),
            ahead: OnceLock::new(),
        };
        Ok(ProviderEgress { inner: Arc::new(provider) })
    }
}

impl Egress {
    /// Writes down that a component does not become an adapter.
    ///
    /// # Errors
    /// An audit log that cannot be written.
    pub fn refuse(&self, refusal: &Refusal<'_>) -> Result<(), EgressError> {
        let record = AuditRecord {
            time: SystemTime::now(),
            request_id: refusal.request_id.into(),
            provider: refusal.provider.into(),
            adapter: refusal.adapter.into(),
            digest: refusal.digest,
            endpoint: None,
            method: None,
            path: None,
            decision: Decision::Denied {
                rule: refusal.rule,
                detail: audit::printable(&refusal.detail, audit::DETAIL),
            },
        };
        audit::record(&self.inner.audit, &record)
    }
}

impl Egress {
    /// Writes down that a transcript was kept, by its digest: whoever has the audit log can
    /// tell whether it is the one.
    ///
    /// # Errors
    /// An audit log that cannot be written.
    pub fn recorded(
        &self,
        request_id: &str,
        provider: &str,
        adapter: &str,
        digest: Digest,
        transcript: Digest,
    ) -> Result<(), EgressError> {
        let record = AuditRecord {
            time: SystemTime::now(),
            request_id: request_id.into(),
            provider: provider.into(),
            adapter: adapter.into(),
            digest: Some(digest),
            endpoint: None,
            method: None,
            path: None,
            decision: Decision::Recorded { transcript },
        };
        audit::record(&self.inner.audit, &record)
    }
}

impl Shared {
    /// Whose certificates are believed, read when it is first asked for.
    pub(crate) fn tls(&self) -> Result<&rustls::ClientConfig, SetupError> {
        if let Some(config) = self.tls.get() {
            return Ok(config);
        }
        let config = tls::client_config(&self.roots)?;
        Ok(self.tls.get_or_init(|| config))
    }

    /// The proxy that something is reached through. What is in one's own network is not
    /// behind the proxy that leads out of it.
    pub(crate) fn proxy_for(&self, scheme: &Scheme, reach: Reach) -> Option<&Proxy> {
        let proxied = *scheme == Scheme::HTTPS && matches!(reach, Reach::Public { .. });
        self.proxy.as_ref().filter(|_| proxied)
    }
}

impl EgressBuilder {
    /// Resolves names with something else than the system.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Believes these certificate authorities.
    #[must_use]
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Reaches providers through this proxy. Without it none is used, whatever the
    /// environment says.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Adds somebody who keeps records.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.audit.push(sink);
        self
    }

    /// Tells the time by another clock than the system's: tokens run out by it, and signatures
    /// are dated.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Looks here for the variables by which identities are found when a token is fetched,
    /// instead of in the process's environment: for tests, which all have the same.
    #[must_use]
    pub fn environment(
        mut self,
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.environment = Some(Arc::new(variable));
        self
    }

    /// Takes the metadata services of clouds to be here, instead of at their own address: for
    /// tests, which have no cloud.
    #[must_use]
    pub fn metadata(mut self, address: SocketAddr) -> Self {
        self.metadata = Some(address);
        self
    }

    /// Takes the agent of Azure Arc to have its keys here, instead of in its own folder: for
    /// tests, which have no agent.
    #[must_use]
    pub fn arc_keys(mut self, folder: PathBuf) -> Self {
        self.arc_keys = Some(folder);
        self
    }

    /// The door.
    pub fn build(self) -> Egress {
        let resolver = self.resolver.unwrap_or_else(|| Arc::new(SystemResolver));
        Egress {
            inner: Arc::new(Shared {
                resolver,
                roots: self.roots,
                tls: OnceLock::new(),
                proxy: self.proxy,
                audit: self.audit.into(),
                clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
                metadata: self.metadata,
                arc_keys: self.arc_keys,
                environment: self.environment,
            }),
        }
    }
}

impl ProviderEgress {
    /// The door for one cell that works on the request with this id.
    pub fn cell(&self, request_id: &str) -> CellEgress {
        CellEgress {
            provider: self.inner.clone(),
            request_id: request_id.into(),
            used: Arc::default(),
        }
    }
}

impl CellEgress {
    /// Finds an endpoint by the name that the adapter gives it.
    ///
    /// # Errors
    /// `denied`, written to the audit log, where none of this name was granted.
    pub fn endpoint(&self, name: &str) -> Result<EndpointId, EgressError> {
        match self.provider.endpoints.iter().position(|(known, _)| known == name) {
            Some(index) => Ok(EndpointId(index)),
            None => {
                let shown: String = name.chars().take(ENDPOINT_NAME).collect();
                let message = format!("the grant has no endpoint `{shown}`");
                Err(self.deny(Some(name), None, EgressError::denied(Rule::Endpoint, message)))
            }
        }
    }

    /// Writes down that the cell called an import that it does not have, and gives
    /// the words for it.
    pub fn deny_import(&self, import: &str) -> EgressError {
        let message = format!("no cell has `{import}`");
        self.deny(None, None, EgressError::denied(Rule::Import, message))
    }

    /// Whether so much was denied to the cell that it had better be ended.
    pub fn has_been_denied_enough(&self) -> bool {
        self.used.denials.load(Ordering::Relaxed) > self.provider.limits.denials
    }
}

impl Provider {
    pub(crate) fn endpoint(&self, id: EndpointId) -> Option<(&str, &Endpoint)> {
        self.endpoints.get(id.0).map(|(name, endpoint)| (name.as_str(), endpoint))
    }

    /// The endpoint's client, made when it is first needed.
    pub(crate) async fn connection(
        self: &Arc<Self>,
        name: &str,
        endpoint: &Endpoint,
    ) -> Result<Arc<Connection>, EgressError> {
        if let Some(connection) = self.connections().get(name) {
            return Ok(connection.clone());
        }
        let credentials = self.read_credentials(endpoint).await?;
        let scrubber = Arc::new(Scrubber::new(&credentials.sensitive()));
        let client =
            HttpClient::new(&self.egress, &endpoint.scheme, endpoint.reach, &self.limits).await?;
        let connection = Arc::new(Connection { client, credentials, scrubber });
        self.connections().insert(name.to_owned(), connection.clone());
        Ok(connection)
    }

    /// Reads the secrets anew for the next request.
    pub(crate) fn forget_credentials(&self) {
        self.connections().clear();
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only the secrets that this endpoint's scheme applies.
    async fn read_credentials(
        self: &Arc<Self>,
        endpoint: &Endpoint,
    ) -> Result<Credentials, EgressError> {
        let mut sources = BTreeMap::new();
        for name in endpoint.auth.secrets() {
            match self.secrets.get(name) {
                Some(source) => _ = sources.insert(name.to_owned(), source.clone()),
                None if self.optional.contains(name) => {}
                None => {
                    return Err(EgressError::new(
                        ErrorKind::Authentication,
                        format!(
                            "no source for the secret `{name}`; add `secrets.{name} = \"env:…\"` to [providers.{}]{}",
                            self.name,
                            endpoint.other_ways()
                        ),
                    ));
                }
            }
        }
        let blocking = self.ahead.get().is_none() && sources.values().any(SecretSource::blocks);
        let provider = self.clone();
        let read = move || {
            let (optional, ahead) = (&provider.optional, provider.ahead.get());
            Credentials::read(&sources, optional, ahead, &Authority::of_the_process())
        };
        let interrupted =
            |_| Err(EgressError::new(ErrorKind::Internal, "reading the secrets was interrupted"));
        let read = match blocking {
            true => tokio::task::spawn_blocking(read).await.unwrap_or_else(interrupted),
            false => read(),
        };
        read.map_err(|mut error| {
            if error.kind == ErrorKind::Authentication {
                error.message.push_str(&endpoint.other_ways());
            }
            error
        })
    }
}

macro_rules! opaque {
    ($($type:ident: $($field:ident).+),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).field("provider", &self.$($field).+).finish_non_exhaustive()
            }
        }
    )*};
}

opaque!(ProviderEgress: inner.name, CellEgress: provider.name);

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("roots", &self.inner.roots).finish_non_exhaustive()
    }
}

impl fmt::Debug for EgressBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressBuilder").field("roots", &self.roots).finish_non_exhaustive()
    }
}
