//! The library's front door.

use crate::adapter::{Adapter, AdapterError};
use crate::answer::Answer;
use crate::artifact::ArtifactCache;
use crate::cell::{Cell, Grants};
use crate::config::{Config, ConfigError};
use crate::engine::{Allocation, Engine};
use crate::failure::Error;
use crate::limits::{self, Limits};
use crate::provider::{self, Basis, ProviderInfo, SecretInfo};
use crate::types::{ChatRequest, EmbedRequest, EmbedResponse, FailureKind, Model};
use hotcell_egress::{AuditSink, Egress, JsonlAudit, ProviderEgress, Resolve, Roots};
use hotcell_manifest::Digest;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error as ThisError;

/// Runs requests in cells. Cheap to clone.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcell::types::{ChatRequest, Event};
///
/// let runner = hotcell::Runner::new()?;
/// let mut answer = runner.chat("openai/gpt-4o-mini", ChatRequest::user("hello")).await?;
/// while let Some(event) = answer.next().await? {
///     if let Event::Text(delta) = event {
///         print!("{}", delta.text);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    engine: Engine,
    cache: ArtifactCache,
    egress: Egress,
    /// Components that the program brought along, by name.
    given: BTreeMap<String, Cow<'static, [u8]>>,
    adapters: Mutex<BTreeMap<(String, bool), Arc<Adapter>>>,
    providers: Mutex<BTreeMap<String, Arc<Provider>>>,
    requests: AtomicU64,
}

/// A provider that is set up: everything that its cells are made from.
struct Provider {
    name: Arc<str>,
    adapter: Arc<Adapter>,
    egress: ProviderEgress,
    settings: Arc<BTreeMap<String, String>>,
    limits: Arc<Limits>,
}

/// Why a runner or one of its providers cannot be set up. Each names the way out.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SetupError {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What a provider's tables say together.
    #[error("provider `{provider}`: {why}")]
    Provider {
        /// The provider.
        provider: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A component that does not become an adapter.
    #[error("adapter `{adapter}`: {error}")]
    Adapter {
        /// The adapter.
        adapter: String,
        /// Why not.
        error: AdapterError,
    },
    /// A component's file that cannot be read.
    #[error("adapter `{adapter}`: {}: {why}", file.display())]
    File {
        /// The adapter.
        adapter: String,
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A component that is not the one that was agreed to.
    #[error(
        "adapter `{adapter}` changed: the configuration agrees to {agreed}, but the file is {found}; \
         inspect it with `hotcell adapter inspect`, and write its digest down if you agree"
    )]
    Digest {
        /// The adapter.
        adapter: String,
        /// The digest in the configuration.
        agreed: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// Egress does not accept an endpoint or a grant.
    #[error("provider `{provider}`: {error}")]
    Egress {
        /// The provider.
        provider: String,
        /// Why not.
        error: hotcell_egress::SetupError,
    },
    /// The audit log cannot be opened.
    #[error("audit log {}: {why}", file.display())]
    Audit {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Wasmtime does not start on this machine.
    #[error("the sandbox does not start: {0}")]
    Engine(String),
}

impl Runner {
    /// A runner for one-shot calls, with the configuration files of the user and
    /// the project.
    ///
    /// # Errors
    /// What in them is not acceptable.
    pub fn new() -> Result<Self, SetupError> {
        Self::builder().config(Config::load()?).build()
    }

    /// A runner as a program needs it.
    pub fn builder() -> RunnerBuilder {
        RunnerBuilder::default()
    }

    /// Sends a chat request to `provider/model`. The answer comes as events.
    ///
    /// # Errors
    /// An unknown provider, a refused setup, and whatever adapter and provider say
    /// before the first event.
    pub async fn chat(&self, model: &str, mut request: ChatRequest) -> Result<Answer, Error> {
        let (provider, model) = self.provider_of(model)?;
        request.model = model.to_owned();
        let request_id = self.request_id();
        let result = match self.open(&provider, &request_id).await {
            Ok(cell) => cell.complete(&request).await,
            Err(error) => Err(error),
        };
        let completion = result.map_err(|error| located(error, &provider, &request_id))?;
        Ok(Answer::new(completion, provider.name.clone(), request_id))
    }

    /// Turns texts into vectors with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn embed(
        &self,
        model: &str,
        mut request: EmbedRequest,
    ) -> Result<EmbedResponse, Error> {
        let (provider, model) = self.provider_of(model)?;
        request.model = model.to_owned();
        let request_id = self.request_id();
        let result = match self.open(&provider, &request_id).await {
            Ok(cell) => cell.embed(&request).await,
            Err(error) => Err(error),
        };
        result.map_err(|error| located(error, &provider, &request_id))
    }

    /// Lists the models of a provider.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn models(&self, provider: &str) -> Result<Vec<Model>, Error> {
        let provider = self.provider(provider)?;
        let request_id = self.request_id();
        let result = match self.open(&provider, &request_id).await {
            Ok(cell) => cell.list_models().await,
            Err(error) => Err(error),
        };
        result.map_err(|error| located(error, &provider, &request_id))
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Every provider that can be asked, configured ones first. Nothing is compiled
    /// or connected for this, and no secret is kept.
    ///
    /// # Errors
    /// A configured provider that cannot be set up.
    pub fn providers(&self) -> Result<Vec<ProviderInfo>, SetupError> {
        let config = &self.inner.config;
        let mut listing = Vec::new();
        for (name, origin) in provider::names(config) {
            let basis = provider::basis(name, config)?;
            let component = self.inner.component(&basis.adapter)?;
            let wasi = self.inner.wasi(name);
            let inspection = crate::adapter::inspect(&component, wasi)
                .map_err(|error| SetupError::Adapter { adapter: basis.adapter.clone(), error })?;
            let resolved = provider::resolve(name, config, basis.definition, &inspection);
            let spec = match (resolved, origin) {
                (Ok(resolved), _) => resolved.spec,
                // An entry that cannot be used without more configuration.
                (Err(_), provider::Origin::Catalogue) => continue,
                (Err(error), provider::Origin::Configured) => return Err(error),
            };
            let declared = inspection.manifest.secrets.keys();
            let secrets = declared.map(|name| {
                let source = spec.secrets.get(name).cloned();
                let present =
                    source.as_ref().is_some_and(|source| source.present().unwrap_or(false));
                let optional = spec.optional_secrets.contains(name);
                SecretInfo { name: name.clone(), source, present, optional }
            });
            listing.push(ProviderInfo {
                name: name.to_owned(),
                origin,
                adapter: inspection.manifest.adapter.name.clone(),
                digest: inspection.digest,
                secrets: secrets.collect(),
                endpoints: spec
                    .endpoints
                    .into_iter()
                    .map(|(name, spec)| (name, spec.url))
                    .collect(),
            });
        }
        Ok(listing)
    }

    /// Compiles what a provider needs before its first request.
    ///
    /// # Errors
    /// As [`Self::chat`], as far as setup goes.
    pub fn warm(&self, provider: &str) -> Result<(), Error> {
        self.provider(provider).map(|_| ())
    }

    /// Splits `provider/model`, of which the model may hold slashes of its own.
    fn provider_of<'a>(&self, model: &'a str) -> Result<(Arc<Provider>, &'a str), Error> {
        match model.split_once('/') {
            Some((provider, model)) if !model.is_empty() => Ok((self.provider(provider)?, model)),
            _ => Err(Error::new(
                FailureKind::InvalidRequest,
                format!("`{model}` is not a model: expected provider/model"),
            )
            .with_help("for example openai/gpt-4o-mini; `hotcell providers` lists the providers")),
        }
    }

    fn provider(&self, name: &str) -> Result<Arc<Provider>, Error> {
        let known = &self.inner.providers;
        if let Some(provider) = known.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(provider.clone());
        }
        let config = &self.inner.config;
        if !config.providers.contains_key(name)
            && hotcell_catalogue::provider(name).is_none()
            && hotcell_bundle::adapter(name).is_none()
        {
            return Err(unknown(name, config));
        }
        let provider = Arc::new(
            self.inner
                .set_up(name)
                .map_err(|error| Error::new(FailureKind::InvalidRequest, error.to_string()))?,
        );
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(name.to_owned()).or_insert(provider).clone())
    }

    async fn open(&self, provider: &Provider, request_id: &str) -> Result<Cell, Error> {
        let grants = Grants {
            egress: provider.egress.cell(request_id),
            settings: provider.settings.clone(),
            limits: provider.limits.clone(),
            provider: provider.name.clone(),
        };
        Cell::open(provider.adapter.clone(), grants).await
    }

    /// Unique in this process, and told apart between processes.
    fn request_id(&self) -> String {
        let number = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        format!("req-{:x}-{number:x}", std::process::id())
    }
}

impl Inner {
    fn set_up(&self, name: &str) -> Result<Provider, SetupError> {
        let Basis { definition, adapter } = provider::basis(name, &self.config)?;
        let adapter = self.adapter(&adapter, self.wasi(name))?;
        let resolved = provider::resolve(name, &self.config, definition, adapter.inspection())?;
        let egress = self
            .egress
            .provider(resolved.spec)
            .map_err(|error| SetupError::Egress { provider: name.to_owned(), error })?;
        Ok(Provider {
            name: name.into(),
            adapter,
            egress,
            settings: Arc::new(resolved.settings),
            limits: Arc::new(resolved.limits),
        })
    }

    fn wasi(&self, provider: &str) -> bool {
        self.config.providers.get(provider).and_then(|provider| provider.wasi).unwrap_or(false)
    }

    fn adapter(&self, name: &str, wasi: bool) -> Result<Arc<Adapter>, SetupError> {
        let key = (name.to_owned(), wasi);
        // Held while it compiles: two requests for one adapter compile it once.
        let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(adapter) = adapters.get(&key) {
            return Ok(adapter.clone());
        }
        let component = self.component(name)?;
        let adapter = Adapter::load(&self.engine, &self.cache, &component, wasi)
            .map_err(|error| SetupError::Adapter { adapter: name.to_owned(), error })?;
        Ok(adapters.entry(key).or_insert(Arc::new(adapter)).clone())
    }

    /// The bytes of a component, which are the ones that were agreed to: the
    /// program's own, the configuration's by digest, or the binary's.
    fn component(&self, name: &str) -> Result<Cow<'_, [u8]>, SetupError> {
        if let Some(component) = self.given.get(name) {
            return Ok(Cow::Borrowed(component));
        }
        if let Some(configured) = self.config.adapters.get(name) {
            let file = configured.path.clone();
            let fail = |why: String| SetupError::File {
                adapter: name.to_owned(),
                file: file.clone(),
                why,
            };
            let size = std::fs::metadata(&file).map_err(|error| fail(error.to_string()))?.len();
            if size > limits::COMPONENT_BYTES {
                let error = AdapterError::TooLarge { size };
                return Err(SetupError::Adapter { adapter: name.to_owned(), error });
            }
            let component = std::fs::read(&file).map_err(|error| fail(error.to_string()))?;
            let found = Digest::of(&component);
            if found != configured.digest {
                let agreed = configured.digest;
                return Err(SetupError::Digest { adapter: name.to_owned(), agreed, found });
            }
            return Ok(Cow::Owned(component));
        }
        hotcell_bundle::adapter(name).map(|adapter| Cow::Borrowed(adapter.component)).ok_or_else(
            || SetupError::Provider {
                provider: name.to_owned(),
                why: "there is no adapter of this name".to_owned(),
            },
        )
    }
}

/// What a program decides about its runner.
pub struct RunnerBuilder {
    config: Config,
    allocation: Allocation,
    cache: Option<PathBuf>,
    audit: Vec<Arc<dyn AuditSink>>,
    resolver: Option<Arc<dyn Resolve>>,
    given: BTreeMap<String, Cow<'static, [u8]>>,
}

impl Default for RunnerBuilder {
    fn default() -> Self {
        Self {
            config: Config::default(),
            allocation: Allocation::OnDemand,
            cache: default_cache(),
            audit: Vec::new(),
            resolver: None,
            given: BTreeMap::new(),
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
        self.given.insert(name.to_owned(), component.into());
        self
    }

    /// Starts the sandbox. Adapters are compiled when they are first needed.
    ///
    /// # Errors
    /// An audit log that cannot be opened, or a machine that Wasmtime cannot use.
    pub fn build(self) -> Result<Runner, SetupError> {
        let mut config = self.config;
        for (name, component) in &self.given {
            let digest = Digest::of(component);
            let path = PathBuf::new();
            config.adapters.insert(name.clone(), crate::config::AdapterConfig { path, digest });
        }
        let mut egress = Egress::builder();
        if let Some(roots) = &config.tls_roots {
            egress = egress.roots(Roots::File(roots.clone()));
        }
        if let Some(resolver) = self.resolver {
            egress = egress.resolver(resolver);
        }
        if let Some(audit) = &config.audit {
            let file = audit.file.clone();
            let sink = JsonlAudit::open(&file)
                .map_err(|error| SetupError::Audit { file, why: error.to_string() })?;
            egress = egress.audit(Arc::new(sink));
        }
        for sink in self.audit {
            egress = egress.audit(sink);
        }
        let engine = Engine::new(self.allocation)
            .map_err(|error| SetupError::Engine(format!("{error:#}")))?;
        let inner = Inner {
            config,
            engine,
            cache: self.cache.map_or_else(ArtifactCache::none, ArtifactCache::at),
            egress: egress.build(),
            given: self.given,
            adapters: Mutex::default(),
            providers: Mutex::default(),
            requests: AtomicU64::new(0),
        };
        Ok(Runner { inner: Arc::new(inner) })
    }
}

/// `$XDG_CACHE_HOME/hotcell`, or where the system keeps such things.
fn default_cache() -> Option<PathBuf> {
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

fn located(mut error: Error, provider: &Provider, request_id: &str) -> Error {
    error.provider = Some(provider.name.to_string());
    error.request_id = Some(request_id.to_owned());
    error
}

/// An unknown provider, and the one that was probably meant.
fn unknown(name: &str, config: &Config) -> Error {
    let close = provider::names(config)
        .map(|(known, _)| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
        .min();
    let help = match close {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => "`hotcell providers` lists the providers; add your own to hotcell.toml".to_owned(),
    };
    Error::new(FailureKind::NotFound, format!("there is no provider `{name}`")).with_help(help)
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl fmt::Debug for RunnerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunnerBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
