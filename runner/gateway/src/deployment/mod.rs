//! The names that clients call models by, where these are, and which place is asked next.

mod choice;
mod health;

pub(crate) use health::{Busy, Deployment};

use crate::{GatewayError, models};
use choice::Turns;
use hotcell::types::FailureKind;
use hotcell::{Error, GatewayConfig, ModelConfig, Strategy};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

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
    pub(crate) strategy: Strategy,
    pub(crate) turns: Turns,
    pub(crate) retries: u32,
    /// The longest that a deployment may take to begin its answer.
    pub(crate) start: Option<Duration>,
    /// When a second deployment is asked the same, if the first one has not begun by then.
    pub(crate) hedge: Option<Duration>,
    fallbacks: Vec<String>,
    context_fallbacks: Vec<String>,
    content_fallbacks: Vec<String>,
}

/// How often a request is sent once more where nobody says otherwise.
const RETRIES: u32 = 2;

impl Models {
    /// Those of a configuration. `ready` are the providers that have what they need.
    ///
    /// # Errors
    /// A model that leads nowhere, or falls back to one that is not there.
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
            let others = [&model.fallbacks, &model.context_fallbacks, &model.content_fallbacks];
            for other in others.into_iter().flatten() {
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

    /// The models that are configured, by their names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Arc<Entry>)> {
        self.named.iter().map(|(name, entry)| (name.as_str(), entry))
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
        let cool_down = Duration::from_millis(config.cool_down_ms.unwrap_or(health::COOL_DOWN_MS));
        let deployments = config.deployments.iter().map(|at| {
            let parts = at.model().split_once('/');
            if parts.is_none_or(|(provider, model)| provider.is_empty() || model.is_empty()) {
                return Err(format!("`{}` is not `provider/model`", at.model()));
            }
            Ok(Arc::new(Deployment::new(at, cool_down)))
        });
        let deployments = deployments.collect::<Result<Vec<_>, _>>()?;
        if deployments.iter().all(|at| at.weight == 0) {
            return Err("no deployment has a weight above 0".to_owned());
        }
        Ok(Self {
            turns: Turns::of(deployments.len()),
            deployments,
            strategy: config.strategy.unwrap_or_default(),
            retries: config.retries.unwrap_or(RETRIES),
            start: config.start_ms.map(Duration::from_millis),
            hedge: config.hedge_ms.map(Duration::from_millis),
            fallbacks: config.fallbacks.clone(),
            context_fallbacks: config.context_fallbacks.clone(),
            content_fallbacks: config.content_fallbacks.clone(),
        })
    }

    /// A model that nobody configured.
    fn of(model: &str) -> Self {
        Self {
            deployments: vec![Arc::new(Deployment::of(model))],
            strategy: Strategy::default(),
            turns: Turns::of(1),
            retries: RETRIES,
            start: None,
            hedge: None,
            fallbacks: Vec::new(),
            context_fallbacks: Vec::new(),
            content_fallbacks: Vec::new(),
        }
    }

    /// The models to ask instead, after a failure of this kind.
    pub(crate) fn fallbacks(&self, kind: FailureKind) -> &[String] {
        match kind {
            FailureKind::TooLarge if !self.context_fallbacks.is_empty() => &self.context_fallbacks,
            FailureKind::ContentFiltered if !self.content_fallbacks.is_empty() => {
                &self.content_fallbacks
            }
            _ => &self.fallbacks,
        }
    }
}
