//! The names that metrics are told apart by.
//!
//! A client may call a model whatever it likes. What it makes up is never a label: models that
//! are configured have their names, a `*` in them included, those that the catalogue knows have theirs as well, and all
//! others of a provider are one, `provider/*`. So the number of labels is bounded by what the
//! operator and the catalogue wrote, and by [`MOST`].

use crate::deployment::{Deployment, Models};
use hotcell::{ProviderInfo, Runner};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// Labels that there are at the most: models that somebody pays attention to. What comes beyond
/// is [`Label::OTHER`].
const MOST: usize = 1000;
/// Names that are remembered with their labels, so that they need no looking up.
const REMEMBERED: usize = 4000;
/// Longer names are not remembered.
const LONGEST: usize = 200;

/// A name, as metrics know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label(u32);

impl Label {
    /// Nothing was named, or nobody was asked.
    pub(crate) const NONE: Self = Self(0);
    /// One too many.
    pub(crate) const OTHER: Self = Self(1);

    /// As a number, and back.
    pub(super) fn number(self) -> u32 {
        self.0
    }

    pub(super) fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// All labels that there are.
pub(crate) struct Labels {
    runner: Runner,
    models: Arc<Models>,
    /// Where models are that are configured.
    places: BTreeSet<Arc<str>>,
    providers: BTreeSet<String>,
    names: RwLock<Names>,
}

struct Names {
    labels: HashMap<Box<str>, Label>,
    texts: Vec<Arc<str>>,
}

impl Labels {
    pub(super) fn new(runner: &Runner, models: &Arc<Models>, providers: &[ProviderInfo]) -> Self {
        let places = models.entries().flat_map(|(_, entry)| &entry.deployments);
        let places = places.map(|at| at.model.clone()).collect();
        let providers = providers.iter().map(|provider| provider.name.clone());
        Self {
            runner: runner.clone(),
            models: models.clone(),
            places,
            providers: providers.collect(),
            names: RwLock::new(Names {
                labels: HashMap::new(),
                texts: vec!["".into(), "*".into()],
            }),
        }
    }

    /// The label of a model, or of a `provider/model`.
    pub(crate) fn of(&self, name: &str) -> Label {
        if name.is_empty() {
            return Label::NONE;
        }
        let known = |names: &Names| names.labels.get(name).copied();
        if let Some(label) = known(&self.names.read().unwrap_or_else(PoisonError::into_inner)) {
            return label;
        }
        let text = self.plain(name);
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let label = names.add(&text);
        if names.labels.len() < REMEMBERED && name.len() <= LONGEST {
            names.labels.insert(name.into(), label);
        }
        label
    }

    /// The label of a deployment, which is looked up once.
    pub(crate) fn of_deployment(&self, deployment: &Deployment) -> Label {
        *deployment.label.get_or_init(|| self.of(&deployment.model))
    }

    /// What a label says.
    pub(crate) fn text(&self, label: Label) -> Arc<str> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.texts.get(label.0 as usize).cloned().unwrap_or_else(|| "*".into())
    }

    /// A name that a client did not make up.
    fn plain(&self, name: &str) -> String {
        let is_known = self.models.is_named(name) || self.places.contains(name);
        if is_known || self.runner.facts(name).is_some() {
            return name.to_owned();
        }
        if let Some(pattern) = self.models.pattern_of(name) {
            return pattern;
        }
        match name.split_once('/') {
            Some((provider, _)) if self.providers.contains(provider) => format!("{provider}/*"),
            _ => "*".to_owned(),
        }
    }
}

impl Names {
    fn add(&mut self, text: &str) -> Label {
        if let Some(at) = self.texts.iter().position(|known| **known == *text) {
            return Label(at as u32);
        }
        if self.texts.len() >= MOST {
            return Label::OTHER;
        }
        self.texts.push(text.into());
        Label(self.texts.len() as u32 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell::Config;
    use std::path::Path;

    fn labels() -> Labels {
        let text = "[providers.mine]\nadapter = \"openai\"\nendpoints.api = \"https://m.example\"\n\
                    secrets.api-key = \"env:NOTHING\"\n";
        let config = Config::parse(text, Path::new("hotcell.toml")).unwrap();
        let runner = Runner::builder().config(config).cache(None).build().unwrap();
        let gateway = "models.fast.deployments = [\"mine/deployed\"]\n\
                       models.\"team-*\".deployments = [\"mine/of-*\"]\n";
        let models = Models::new(&toml::from_str(gateway).unwrap(), &[]).unwrap();
        Labels::new(&runner, &Arc::new(models), &runner.providers_at_rest())
    }

    #[test]
    fn what_a_client_makes_up_is_no_label() {
        let labels = labels();
        let text = |name: &str| labels.text(labels.of(name)).to_string();
        assert_eq!(text("fast"), "fast");
        assert_eq!(text("mine/deployed"), "mine/deployed");
        assert_eq!(text("openai/gpt-4o"), "openai/gpt-4o", "the catalogue knows it");
        assert_eq!(text("team-made-up"), "team-*", "the operator wrote that");
        assert_eq!(text("mine/made-up"), "mine/*");
        assert_eq!(text("nobody/made-up"), "*");
        assert_eq!(text("made up\n{evil=\"1\"}"), "*");
        assert_eq!(text(""), "");
    }

    #[test]
    fn however_many_names_come_there_are_few_labels() {
        let labels = labels();
        for number in 0..REMEMBERED + 500 {
            labels.of(&format!("mine/{number}"));
            labels.of(&format!("nobody/{number}"));
        }
        let names = labels.names.read().unwrap();
        assert_eq!(names.texts.len(), 3, "nothing, `*` and `mine/*`");
        assert_eq!(names.labels.len(), REMEMBERED);
    }
}
