//! What a program decides about its runner.

use crate::artifact::ArtifactCache;
use crate::component::{Component, Components};
use crate::config::{AdapterConfig, Config};
use crate::engine::{Allocation, Engine};
use crate::runner::Runner;
use crate::setup::{Setup, SetupError};
use crate::store::Store;
use crate::transcript::{Content, Transcripts};
use hotcell_egress::{AuditSink, Egress, JsonlAudit, Proxy, Resolve, Roots};
use hotcell_signature::Trust;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What a program decides about its runner.
///
/// Nothing of it leads past the cell: an adapter that is linked in is for a benchmark, whose
/// compiler is told so, and everywhere else there is no way to name one.
///
/// ```compile_fail,E0599
/// let way_past = hotcell::RunnerBuilder::native;
/// ```
pub struct RunnerBuilder {
    config: Config,
    allocation: Allocation,
    cache: Option<PathBuf>,
    store: Option<Store>,
    record: Option<PathBuf>,
    record_content: Option<Content>,
    audit: Vec<Arc<dyn AuditSink>>,
    resolver: Option<Arc<dyn Resolve>>,
    given: BTreeMap<String, Component<'static>>,
    #[cfg(hotcell_native)]
    native: BTreeMap<String, crate::native::Adapter>,
}

impl Default for RunnerBuilder {
    fn default() -> Self {
        Self {
            config: Config::default(),
            allocation: Allocation::OnDemand,
            cache: default_cache(),
            store: Store::of_the_user(),
            record: None,
            record_content: None,
            audit: Vec::new(),
            resolver: None,
            given: BTreeMap::new(),
            #[cfg(hotcell_native)]
            native: BTreeMap::new(),
        }
    }
}

impl RunnerBuilder {
    /// Uses this configuration. Without one there are the catalogue's providers with
    /// their conventional variables.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How cells get their memory: on demand unless said otherwise.
    #[must_use]
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// Where compiled adapters are kept; none keeps them nowhere. By default in the
    /// user's cache folder.
    #[must_use]
    pub fn cache(mut self, directory: Option<PathBuf>) -> Self {
        self.cache = directory;
        self
    }

    /// Where components are that the configuration's lock names; by default in the user's
    /// data folder.
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// Writes a [`crate::Transcript`] of every request into this folder, which has to be
    /// this user's alone; more than the configuration's `[transcripts]` says.
    #[must_use]
    pub fn record(mut self, directory: PathBuf) -> Self {
        self.record = Some(directory);
        self
    }

    /// What transcripts keep of what people and models said; more than the configuration's
    /// `[transcripts]` says.
    #[must_use]
    pub fn record_content(mut self, content: Content) -> Self {
        self.record_content = Some(content);
        self
    }

    /// Adds somebody who keeps the audit's records.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.audit.push(sink);
        self
    }

    /// Resolves names with something else than the system.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Brings a component along, under the name that a provider's `adapter` gives
    /// it. Whoever calls this says yes to what its manifest asks for.
    #[must_use]
    pub fn adapter(mut self, name: &str, component: impl Into<Cow<'static, [u8]>>) -> Self {
        self.given.insert(name.to_owned(), Component::new(component));
        self
    }

    /// Has chat requests of the adapter of this name answered by one that is linked in, as
    /// [`crate::native`] says.
    #[cfg(hotcell_native)]
    #[must_use]
    pub fn native(mut self, name: &str, adapter: crate::native::Adapter) -> Self {
        self.native.insert(name.to_owned(), adapter);
        self
    }

    /// Starts the sandbox. Adapters are compiled when they are first needed.
    ///
    /// # Errors
    /// An audit log that cannot be opened, or a machine that Wasmtime cannot use.
    pub fn build(self) -> Result<Runner, SetupError> {
        let mut config = self.config;
        for (name, component) in &self.given {
            let (path, digest) = (PathBuf::new(), component.digest);
            config.adapters.insert(name.clone(), AdapterConfig { path, digest });
        }
        let mut egress = config.egress()?;
        if let Some(resolver) = self.resolver {
            egress = egress.resolver(resolver);
        }
        if let Some(audit) = &config.audit {
            let file = audit.file.clone();
            let sink = JsonlAudit::open(&file, audit.options())
                .map_err(|error| SetupError::Audit { file, why: error.to_string() })?;
            egress = egress.audit(Arc::new(sink));
        }
        for sink in self.audit {
            egress = egress.audit(sink);
        }
        let configured = config.transcripts.as_ref();
        let content = self.record_content.or(configured.and_then(|it| it.content));
        let record = self.record.or(configured.map(|it| it.directory.clone()));
        let transcripts = record.clone().map(|directory| {
            let opened = Transcripts::at(&directory, content.unwrap_or_default());
            opened.map_err(|error| SetupError::Transcripts { directory, why: error.to_string() })
        });
        let trust = Trust::load(config.signatures.clone().unwrap_or_default())?;
        let engine = Engine::new(self.allocation)
            .map_err(|error| SetupError::Engine(format!("{error:#}")))?;
        let components = Components { config, store: self.store, trust, given: self.given };
        Ok(Runner::from(Setup {
            components,
            engine,
            transcripts: transcripts.transpose()?,
            transcripts_folder: record,
            cache: self.cache.map_or_else(ArtifactCache::none, ArtifactCache::at),
            egress: egress.build(),
            adapters: Mutex::default(),
            providers: Mutex::default(),
            #[cfg(hotcell_native)]
            native: self.native,
        }))
    }
}

impl Config {
    /// The door that it describes: whose certificates are believed, and a proxy.
    ///
    /// # Errors
    /// [`SetupError::Proxy`].
    pub fn egress(&self) -> Result<hotcell_egress::EgressBuilder, SetupError> {
        let mut egress = Egress::builder();
        if let Some(roots) = &self.tls_roots {
            egress = egress.roots(Roots::File(roots.clone()));
        }
        if let Some(proxy) = &self.proxy {
            let proxy = Proxy::new(&proxy.url, proxy.credential.clone());
            egress = egress.proxy(proxy.map_err(|error| SetupError::Proxy(error.to_string()))?);
        }
        Ok(egress)
    }
}

/// Where compiled adapters are kept if nobody says otherwise: `$XDG_CACHE_HOME/hotcell`, or
/// where the system keeps such things; none where there is no home.
pub fn default_cache() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| {
            let below = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
            absolute("HOME").map(|home| home.join(below))
        })
        .or_else(|| absolute("LOCALAPPDATA"))
        .map(|folder| folder.join("hotcell"))
}

impl fmt::Debug for RunnerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunnerBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
