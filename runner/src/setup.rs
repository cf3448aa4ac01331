//! From a configured name to a provider that is ready for requests. It happens at
//! the first request, and once.

use crate::adapter::{self, Adapter, AdapterError};
use crate::artifact::ArtifactCache;
use crate::component::{Component, Components};
use crate::config::{Config, ConfigError};
use crate::confinement::Report;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::listing::{Origin, ProviderInfo};
use crate::lock::LOCK_FILE;
use crate::provider::{self, Basis};
use crate::transcript::{Transcript, Transcripts};
use crate::types::FailureKind;
use hotcell_catalogue::Asked;
use hotcell_egress::{Egress, ProviderEgress, ProviderSpec, Rule};
use hotcell_manifest::{Digest, Inspection};
use hotcell_signature::{SignatureError, TrustError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error as ThisError;

/// Why a runner or one of its providers cannot be set up. Each names the way out.
#[derive(Clone, Debug, PartialEq, ThisError)]
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
        /// The component, where it was read.
        digest: Option<Digest>,
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
    /// A component that a transcript is of, and that is nowhere here.
    #[error(
        "the component {digest} of the adapter `{adapter}` is not here; name its file, or that of \
         another version to compare with"
    )]
    Unknown {
        /// The adapter.
        adapter: String,
        /// The component.
        digest: Digest,
    },
    /// A component that was agreed to and is not there.
    #[error("adapter `{adapter}`: {why}; get it again with `hotcell adapter trust {adapter} FILE`")]
    Store {
        /// The adapter.
        adapter: String,
        /// What the store says.
        why: String,
    },
    /// A component in the store that is not the one that was agreed to.
    #[error(
        "adapter `{adapter}` was changed in the store: the lock agrees to {agreed}, but it is {found}{}; \
         find out who wrote there before you trust it again",
        may_now(.wider)
    )]
    Changed {
        /// The adapter.
        adapter: String,
        /// The digest in the lock.
        agreed: Digest,
        /// The digest of what is in the store.
        found: Digest,
        /// What it could do that nobody agreed to, in words.
        wider: Vec<String>,
    },
    /// A component that nobody signed of those who have to.
    #[error("adapter `{adapter}`: {error}")]
    Signature {
        /// The adapter.
        adapter: String,
        /// The component.
        digest: Digest,
        /// What is wrong with its signatures.
        error: SignatureError,
    },
    /// What `[signatures]` says cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A lock file that grants what the component does not ask for, or less than it
    /// cannot do without.
    #[error(
        "adapter `{adapter}`: {LOCK_FILE} {why}; write it with `hotcell adapter trust {adapter}`"
    )]
    Lock {
        /// The adapter.
        adapter: String,
        /// What does not fit.
        why: String,
    },
    /// Egress does not accept an endpoint or a grant.
    #[error("provider `{provider}`: {error}")]
    Egress {
        /// The provider.
        provider: String,
        /// Why not.
        error: hotcell_egress::SetupError,
    },
    /// The proxy cannot be used.
    #[error("{0}")]
    Proxy(String),
    /// Transcripts cannot be written.
    #[error("transcripts in {}: {why}", directory.display())]
    Transcripts {
        /// The folder.
        directory: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The audit log cannot be opened.
    #[error("audit log {}: {why}", file.display())]
    Audit {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The process cannot be confined as it is required to be.
    #[error(
        "this process is not confined as `[confinement]` requires ({report}); `hotcell doctor` says \
         what this machine has, and `--confinement attempt` takes what there is"
    )]
    Confinement {
        /// What is active, and what is not.
        report: Report,
    },
    /// Wasmtime does not start on this machine.
    #[error("the sandbox does not start: {0}")]
    Engine(String),
}

fn may_now(wider: &[String]) -> String {
    match wider {
        [] => String::new(),
        wider => format!(", which may {}", wider.join("; ")),
    }
}

impl SetupError {
    /// What kind of failure a request has that meets this: `denied` where a component
    /// asks for too much or is another than was agreed to, `internal` where
    /// whoever wrote the configuration has something to correct.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Egress { error: hotcell_egress::SetupError::Grant { .. }, .. }
            | Self::Adapter { error: AdapterError::Imports { .. }, .. }
            | Self::Digest { .. }
            | Self::Changed { .. }
            | Self::Signature { .. }
            | Self::Lock { .. } => FailureKind::Denied,
            _ => FailureKind::Internal,
        }
    }

    /// The setting that it is about: the names of its tables, from the outermost one, and its own.
    /// Empty where there is none.
    pub fn setting(&self) -> Vec<&str> {
        match self {
            Self::Provider { provider, .. } | Self::Egress { provider, .. } => {
                vec!["providers", provider]
            }
            Self::Proxy(_) => vec!["proxy"],
            Self::Transcripts { .. } => vec!["transcripts"],
            _ => Vec::new(),
        }
    }

    /// What the audit log says of a component that was not let in: the component,
    /// where it was read, and the rule.
    pub(crate) fn refusal(&self) -> Option<(Option<Digest>, Rule)> {
        match self {
            Self::Adapter { error: AdapterError::Imports { .. }, digest, .. } => {
                Some((*digest, Rule::Import))
            }
            Self::Adapter { digest, .. } => Some((*digest, Rule::Component)),
            Self::Digest { found, .. } | Self::Changed { found, .. } => {
                Some((Some(*found), Rule::Component))
            }
            Self::Signature { digest, .. } => Some((Some(*digest), Rule::Signature)),
            Self::Store { .. } | Self::Lock { .. } => Some((None, Rule::Component)),
            _ => None,
        }
    }
}

/// A provider that is set up: everything that its cells are made from.
pub(crate) struct Provider {
    pub(crate) name: Arc<str>,
    pub(crate) adapter: Arc<Adapter>,
    pub(crate) egress: ProviderEgress,
    pub(crate) settings: Arc<BTreeMap<String, String>>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) wasi: bool,
}

impl Way {
    /// That of the requests that take no route.
    pub(crate) fn own(provider: &str) -> Self {
        Self { provider: provider.to_owned(), to: None }
    }
}

/// What providers are set up from, and those that are.
pub(crate) struct Setup {
    pub(crate) components: Components,
    pub(crate) engine: Engine,
    pub(crate) cache: ArtifactCache,
    /// Where requests are written down, if they are.
    pub(crate) transcripts: Option<Transcripts>,
    pub(crate) transcripts_folder: Option<PathBuf>,
    pub(crate) egress: Egress,
    pub(crate) adapters: Mutex<BTreeMap<(String, bool), Arc<Adapter>>>,
    pub(crate) providers: Mutex<BTreeMap<Way, Arc<Provider>>>,
    #[cfg(hotcell_native)]
    pub(crate) native: BTreeMap<String, crate::native::Adapter>,
}

/// A provider, and the route that some of its requests take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub(crate) provider: String,
    to: Option<&'static str>,
}

impl Setup {
    /// The configuration in force.
    pub(crate) fn config(&self) -> &Config {
        &self.components.config
    }

    /// The way that a request goes, and the model's name at its end.
    pub(crate) fn way<'a>(&self, provider: &str, asked: &Asked<'a>) -> (Way, &'a str) {
        let basis = provider::basis(provider, self.config()).ok();
        let route = basis.and_then(|basis| basis.definition?.route(asked));
        let model = asked.model.unwrap_or_default();
        let way = Way { provider: provider.to_owned(), to: route.map(|route| route.to.as_str()) };
        (way, route.map_or(model, |route| route.model(model)))
    }

    /// Every way of a provider's requests, its own adapter first.
    pub(crate) fn ways(&self, provider: &str) -> Vec<Way> {
        let routes = provider::basis(provider, self.config()).map_or(&[][..], |it| it.routes());
        let mut ways = vec![Way::own(provider)];
        for route in routes {
            let way = Way { provider: provider.to_owned(), to: Some(&route.to) };
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        ways
    }

    /// The provider at the end of a way, set up now if it was not before.
    pub(crate) fn provider(&self, way: &Way) -> Result<Arc<Provider>, SetupError> {
        let known = &self.providers;
        if let Some(provider) = known.lock().unwrap_or_else(PoisonError::into_inner).get(way) {
            return Ok(provider.clone());
        }
        let provider = Arc::new(self.set_up(way)?);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(way.clone()).or_insert(provider).clone())
    }

    /// Whether there is a provider of this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.config().providers.contains_key(name)
            || hotcell_catalogue::provider(name).is_some()
            || hotcell_bundle::adapter(name).is_some()
            || self.config().lock.get(name).is_some()
    }

    /// The adapter's name, as far as the configuration tells it.
    pub(crate) fn adapter_of(&self, way: &Way) -> String {
        let basis = provider::basis(&way.provider, self.config());
        basis.map_or_else(|_| "?".to_owned(), |basis| basis.led(way.to).adapter)
    }

    /// See [`crate::Runner::providers`]; `run` is whether a program may be run to find out
    /// whether a secret is there.
    pub(crate) fn listing(&self, run: bool) -> Vec<ProviderInfo> {
        // Many providers share an adapter.
        let mut inspections = BTreeMap::new();
        let mut listing = Vec::new();
        for (name, origin) in provider::names(self.config()) {
            match (self.info(name, origin, run, &mut inspections), origin) {
                (Ok(info), _) => listing.push(info),
                // An entry that cannot be used without more configuration.
                (Err(_), Origin::Catalogue) => {}
                (Err(error), Origin::Configured) => {
                    listing.push(ProviderInfo::unusable(
                        name,
                        self.adapter_of(&Way::own(name)),
                        error,
                    ));
                }
            }
        }
        listing
    }

    /// Whether a provider that is known can be set up.
    pub(crate) fn examine(&self, name: &str) -> Result<(), SetupError> {
        self.info(name, Origin::Configured, false, &mut BTreeMap::new()).map(drop)
    }

    fn info(
        &self,
        name: &str,
        origin: Origin,
        run: bool,
        inspections: &mut BTreeMap<(String, bool), Inspection>,
    ) -> Result<ProviderInfo, SetupError> {
        let basis = provider::basis(name, self.config())?;
        let key = (basis.adapter, self.config().wasi(name));
        let inspection = match inspections.get(&key) {
            Some(inspection) => inspection,
            None => {
                let component = self.components.component(&key.0)?;
                let inspection = self.components.inspect(&key.0, &component, key.1)?;
                inspections.entry(key).or_insert(inspection)
            }
        };
        let siblings = || self.components.siblings(name);
        let resolved =
            provider::resolve(name, self.config(), basis.definition, inspection, &siblings)?;
        if origin == Origin::Configured {
            self.door(name, resolved.spec.clone())?;
        }
        Ok(ProviderInfo::new(name, origin, run, inspection, resolved.spec))
    }

    fn set_up(&self, way: &Way) -> Result<Provider, SetupError> {
        let name = way.provider.as_str();
        let basis = provider::basis(name, self.config())?;
        let Basis { definition, adapter } = basis.led(way.to);
        let adapter = self.adapter(&adapter, self.config().wasi(name))?;
        let siblings = || self.components.siblings(name);
        let inspection = adapter.inspection();
        let resolved = provider::resolve(name, self.config(), definition, inspection, &siblings)?;
        Ok(Provider {
            name: name.into(),
            adapter,
            egress: self.door(name, resolved.spec)?,
            settings: Arc::new(resolved.settings),
            limits: Arc::new(resolved.limits),
            wasi: self.config().wasi(name),
        })
    }

    fn door(&self, name: &str, spec: ProviderSpec) -> Result<ProviderEgress, SetupError> {
        let door = self.egress.provider(spec);
        door.map_err(|error| SetupError::Egress { provider: name.to_owned(), error })
    }

    fn adapter(&self, name: &str, wasi: bool) -> Result<Arc<Adapter>, SetupError> {
        let key = (name.to_owned(), wasi);
        // Held while it compiles: two requests for one adapter compile it once.
        let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(adapter) = adapters.get(&key) {
            return Ok(adapter.clone());
        }
        let component = self.components.component(name)?;
        let inspection = self.components.inspect(name, &component, wasi)?;
        let loaded = Adapter::load(&self.engine, &self.cache, &component, inspection, wasi);
        let adapter = loaded.map_err(|error| component.refused(name, error))?;
        Ok(adapters.entry(key).or_insert(Arc::new(adapter)).clone())
    }

    /// The adapter that a transcript is played to: the one that it is of, or another.
    pub(crate) fn adapter_for(
        &self,
        transcript: &Transcript,
        component: Option<&[u8]>,
    ) -> Result<Arc<Adapter>, SetupError> {
        let name = &transcript.adapter;
        let component = match component {
            Some(bytes) => Component::new(bytes.to_vec()),
            None => self.components.by_digest(&transcript.digest, name)?,
        };
        let refused = |error| component.refused(name, error);
        let inspection = adapter::inspect_as(&component, transcript.wasi).map_err(refused)?;
        let wasi = transcript.wasi;
        let loaded = Adapter::load(&self.engine, &self.cache, &component, inspection, wasi);
        loaded.map(Arc::new).map_err(refused)
    }
}
