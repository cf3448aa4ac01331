//! The names that clients call models by, and where these are.

use crate::{GatewayError, models};
use hotcell::types::FailureKind;
use hotcell::{Error, GatewayConfig, ModelConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The models of a gateway.
#[derive(Debug)]
pub(crate) struct Models {
    named: BTreeMap<String, Arc<Entry>>,
    /// Whether a client may ask for any `provider/model`.
    is_open: bool,
    /// What is listed of those, where no name is configured.
    known: Vec<String>,
}

/// One model, as clients know it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) deployments: Vec<Arc<Deployment>>,
    pub(crate) retries: u32,
    pub(crate) fallbacks: Vec<String>,
    pub(crate) context_fallbacks: Vec<String>,
    pub(crate) content_fallbacks: Vec<String>,
}

/// One place where a model is.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// `provider/model`.
    pub(crate) model: Arc<str>,
    pub(crate) weight: u32,
}

/// How often a request is sent once more where nobody says otherwise.
const RETRIES: u32 = 2;

impl Models {
    /// Those of a configuration. `ready` are the providers that have what they need.
    pub(crate) fn new(config: &GatewayConfig, ready: &[String]) -> Result<Self, GatewayError> {
        let mut named = BTreeMap::new();
        for (name, model) in &config.models {
            let entry = Entry::new(model);
            let entry = entry.map_err(|why| GatewayError::Model { model: name.clone(), why })?;
            named.insert(name.clone(), Arc::new(entry));
        }
        let is_open = !config.only_models.unwrap_or(false);
        let known = if is_open && named.is_empty() { models::known(ready) } else { Vec::new() };
        let models = Self { named, is_open, known };
        for (name, model) in &config.models {
            for other in model
                .fallbacks
                .iter()
                .chain(&model.context_fallbacks)
                .chain(&model.content_fallbacks)
            {
                models.find(other).map_err(|error| GatewayError::Model {
                    model: name.clone(),
                    why: format!("falls back to `{other}`: {}", error.failure.message),
                })?;
            }
        }
        Ok(models)
    }

    /// The model of this name.
    ///
    /// # Errors
    /// `not-found`.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<Entry>, Error> {
        if let Some(entry) = self.named.get(name) {
            return Ok(entry.clone());
        }
        let (provider, _) = name.split_once('/').unwrap_or_default();
        if self.is_open && !provider.is_empty() {
            return Ok(Arc::new(Entry::of(name)));
        }
        Err(Error::new(FailureKind::NotFound, format!("there is no model `{name}`")))
    }

    /// The names that clients are told.
    pub(crate) fn listed(&self) -> impl Iterator<Item = String> {
        self.named.keys().chain(&self.known).cloned()
    }

    /// The providers that the models lead to.
    pub(crate) fn providers(&self) -> BTreeSet<&str> {
        let deployments = self.named.values().flat_map(|entry| &entry.deployments);
        deployments.filter_map(|at| Some(at.model.split_once('/')?.0)).collect()
    }
}

impl Entry {
    fn new(config: &ModelConfig) -> Result<Self, String> {
        if config.deployments.is_empty() {
            return Err("has no deployments; name at least one `provider/model`".to_owned());
        }
        let deployments = config.deployments.iter().map(|at| {
            let parts = at.model().split_once('/');
            if parts.is_none_or(|(provider, model)| provider.is_empty() || model.is_empty()) {
                return Err(format!("`{}` is not `provider/model`", at.model()));
            }
            Ok(Arc::new(Deployment { model: at.model().into(), weight: at.weight() }))
        });
        Ok(Self {
            deployments: deployments.collect::<Result<_, _>>()?,
            retries: config.retries.unwrap_or(RETRIES),
            fallbacks: config.fallbacks.clone(),
            context_fallbacks: config.context_fallbacks.clone(),
            content_fallbacks: config.content_fallbacks.clone(),
        })
    }

    /// A model that nobody configured.
    fn of(model: &str) -> Self {
        Self {
            deployments: vec![Arc::new(Deployment { model: model.into(), weight: 1 })],
            retries: RETRIES,
            fallbacks: Vec::new(),
            context_fallbacks: Vec::new(),
            content_fallbacks: Vec::new(),
        }
    }
}
