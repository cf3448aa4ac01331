//! The names that clients call models by, where these are, and which place is asked next.

mod choice;
mod health;
mod pattern;

pub(crate) use health::{Busy, Deployment};

use crate::{GatewayError, models};
use choice::Turns;
use hotcell::types::FailureKind;
use hotcell::{Error, GatewayConfig, ModelConfig, Strategy};
use pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The models of a gateway.
#[derive(Debug)]
pub(crate) struct Models {
    named: BTreeMap<String, Arc<Entry>>,
    /// Those whose names have a `*`, the most exact first.
    patterns: Vec<(Pattern, Arc<Entry>)>,
    /// Whether a client may ask for any `provider/model`.
    is_open: bool,
    /// How long answers of those are kept.
    cache_seconds: Option<u64>,
    /// What is listed of those, where no name is configured.
    known: Vec<String>,
}

/// One model, as clients know it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) deployments: Vec<Arc<Deployment>>,
    pub(crate) strategy: Strategy,
    pub(crate) turns: Arc<Turns>,
    pub(crate) retries: u32,
    /// The longest that a deployment may take to begin its answer.
    pub(crate) start: Option<Duration>,
    /// When a second deployment is asked the same, if the first one has not begun by then.
    pub(crate) hedge: Option<Duration>,
    /// For how long answers are kept; 0 for not at all.
    pub(crate) cache_seconds: Option<u64>,
    fallbacks: Vec<String>,
    context_fallbacks: Vec<String>,
    pub(crate) content_fallbacks: Vec<String>,
}

/// How often a request is sent once more where nobody says otherwise.
const RETRIES: u32 = 2;

impl Models {
    /// Those of a configuration. `ready` are the providers that have what they need.
    ///
    /// # Errors
    /// A model that leads nowhere, or falls back to one that is not there.
    pub(crate) fn new(config: &GatewayConfig, ready: &[String]) -> Result<Self, GatewayError> {
        let (mut named, mut patterns) = (BTreeMap::new(), Vec::new());
        let cache_seconds = config.cache.as_ref().and_then(|cache| cache.seconds);
        for (name, model) in &config.models {
            let wrong = |why| GatewayError::Model { model: name.clone(), why };
            let pattern = Pattern::of(name).map_err(wrong)?;
            let mut entry = Entry::new(model, pattern.is_some()).map_err(wrong)?;
            entry.cache_seconds = entry.cache_seconds.or(cache_seconds);
            let entry = Arc::new(entry);
            match pattern {
                Some(pattern) => patterns.push((pattern, entry)),
                None => drop(named.insert(name.clone(), entry)),
            }
        }
        patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.exactness()));
        let is_open = !config.only_models.unwrap_or(false);
        let known = models::known(ready);
        let known = match is_open && config.models.is_empty() {
            true => known,
            // What a pattern leads to, by the names that clients call it.
            false => {
                let names = known.iter().flat_map(|model| {
                    patterns.iter().filter_map(|(pattern, entry)| {
                        let templates = entry.deployments.iter();
                        let mut parts = templates.filter_map(|at| pattern::part(&at.model, model));
                        Some(pattern.name(parts.next()?))
                    })
                });
                let names: BTreeSet<_> = names.filter(|name| !named.contains_key(name)).collect();
                names.into_iter().collect()
            }
        };
        let models = Self { named, patterns, is_open, cache_seconds, known };
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
        let mut fitting = self.patterns.iter();
        let fitting = fitting.find_map(|(pattern, entry)| Some((pattern.part_of(name)?, entry)));
        if let Some((part, entry)) = fitting {
            return Ok(Arc::new(entry.filled(part)));
        }
        let (provider, _) = name.split_once('/').unwrap_or_default();
        if self.is_open && !provider.is_empty() {
            return Ok(Arc::new(Entry::of(name, self.cache_seconds)));
        }
        Err(Error::new(FailureKind::NotFound, format!("there is no model `{name}`")))
    }

    /// The deployment that a request for this model was answered by, and no other.
    pub(crate) fn place(&self, name: &str, deployment: &str) -> Option<Entry> {
        let entry = self.find(name).ok()?;
        let others = entry.all_fallbacks().filter_map(|other| self.find(other).ok());
        let mut entries = std::iter::once(entry.clone()).chain(others);
        entries.find_map(|entry| entry.only(|at| *at.model == *deployment))
    }

    /// The names that clients are told.
    pub(crate) fn listed(&self) -> impl Iterator<Item = String> {
        self.named.keys().chain(&self.known).cloned()
    }

    /// The models that are configured, by their names, in which a `*` may stand for more.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, &Arc<Entry>)> {
        let named = self.named.iter().map(|(name, entry)| (name.clone(), entry));
        named.chain(self.patterns.iter().map(|(pattern, entry)| (pattern.name("*"), entry)))
    }

    /// Whether this is the whole name of a model that is configured.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// The name with a `*` that a model fits.
    pub(crate) fn pattern_of(&self, name: &str) -> Option<String> {
        let mut patterns = self.patterns.iter();
        patterns.find_map(|(pattern, _)| pattern.part_of(name).map(|_| pattern.name("*")))
    }

    /// The providers that the models lead to.
    pub(crate) fn providers(&self) -> BTreeSet<&str> {
        let patterns = self.patterns.iter().map(|(_, entry)| entry);
        let deployments = self.named.values().chain(patterns).flat_map(|it| &it.deployments);
        deployments.filter_map(|at| Some(at.model.split_once('/')?.0)).collect()
    }
}

impl Entry {
    /// A model that is configured; `is_pattern` where its name has a `*`, which those of its
    /// deployments may have then.
    fn new(config: &ModelConfig, is_pattern: bool) -> Result<Self, String> {
        if config.deployments.is_empty() {
            return Err("has no deployments; name at least one `provider/model`".to_owned());
        }
        let cool_down = Duration::from_millis(config.cool_down_ms.unwrap_or(health::COOL_DOWN_MS));
        let deployments = config.deployments.iter().map(|at| {
            let parts = at.model().split_once('/');
            if parts.is_none_or(|(provider, model)| provider.is_empty() || model.is_empty()) {
                return Err(format!("`{}` is not `provider/model`", at.model()));
            }
            pattern::check(at.model(), is_pattern)?;
            Ok(Arc::new(Deployment::new(at, cool_down)))
        });
        let deployments = deployments.collect::<Result<Vec<_>, _>>()?;
        if deployments.iter().all(|at| at.weight == 0) {
            return Err("no deployment has a weight above 0".to_owned());
        }
        Ok(Self {
            turns: Arc::new(Turns::of(deployments.len())),
            deployments,
            strategy: config.strategy.unwrap_or_default(),
            retries: config.retries.unwrap_or(RETRIES),
            start: config.start_ms.map(Duration::from_millis),
            hedge: config.hedge_ms.map(Duration::from_millis),
            cache_seconds: config.cache_seconds,
            fallbacks: config.fallbacks.clone(),
            context_fallbacks: config.context_fallbacks.clone(),
            content_fallbacks: config.content_fallbacks.clone(),
        })
    }

    /// A model that nobody configured.
    fn of(model: &str, cache_seconds: Option<u64>) -> Self {
        Self {
            cache_seconds,
            deployments: vec![Arc::new(Deployment::of(model))],
            strategy: Strategy::default(),
            turns: Arc::new(Turns::of(1)),
            retries: RETRIES,
            start: None,
            hedge: None,
            fallbacks: Vec::new(),
            context_fallbacks: Vec::new(),
            content_fallbacks: Vec::new(),
        }
    }

    /// These of its deployments, and nobody instead of them; none where there is none.
    pub(crate) fn only(&self, meant: impl Fn(&Deployment) -> bool) -> Option<Self> {
        let deployments = self.deployments.iter().filter(|at| meant(at));
        let deployments: Vec<_> = deployments.cloned().collect();
        (!deployments.is_empty()).then(|| Self {
            strategy: self.strategy,
            turns: Arc::new(Turns::of(deployments.len())),
            deployments,
            retries: self.retries,
            start: self.start,
            hedge: None,
            cache_seconds: self.cache_seconds,
            fallbacks: Vec::new(),
            context_fallbacks: Vec::new(),
            content_fallbacks: Vec::new(),
        })
    }

    /// Every model that may be asked instead.
    pub(crate) fn all_fallbacks(&self) -> impl Iterator<Item = &String> {
        self.fallbacks.iter().chain(&self.context_fallbacks).chain(&self.content_fallbacks)
    }

    /// This model for one of the names that fit its pattern. How its deployments have been, and
    /// whose turn it is, is common to all of them.
    fn filled(&self, part: &str) -> Self {
        let deployments = self.deployments.iter().map(|at| {
            let model = at.model.replacen('*', part, 1);
            Arc::new(at.called(&model))
        });
        Self {
            deployments: deployments.collect(),
            strategy: self.strategy,
            turns: self.turns.clone(),
            retries: self.retries,
            start: self.start,
            hedge: self.hedge,
            cache_seconds: self.cache_seconds,
            fallbacks: self.fallbacks.clone(),
            context_fallbacks: self.context_fallbacks.clone(),
            content_fallbacks: self.content_fallbacks.clone(),
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
