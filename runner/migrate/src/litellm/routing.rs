//! From groups of deployments to `[gateway.models]`.

use super::deployment::Deployment;
use super::group::{Group, Groups};
use super::name::Providers;
use super::said::Said;
use super::settings::{Defaults, Fallback};
use crate::Kind;
use crate::yaml::shown;
use hotcell::{DeploymentConfig, DeploymentTable, GatewayConfig, ModelConfig};
use std::collections::BTreeMap;

type Models = BTreeMap<String, ModelConfig>;

/// Writes the models of a configuration.
pub(super) fn models(
    groups: &Groups,
    providers: &Providers,
    defaults: &Defaults,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) {
    gateway.only_models = (!groups.is_open).then_some(true);
    let mut models = Models::new();
    // Where each may be asked for in turn, by `order`.
    let mut later = Models::new();
    for group in &groups.groups {
        let mut levels = levels(group, said);
        let first = levels.remove(0);
        for (shape, at) in &group.deployments {
            if let Some(price) = &at.price {
                price.write(&at.asked(&providers.names[*shape]), gateway, said);
            }
        }
        let mut config = model(&first, providers, defaults, group, said);
        for (number, level) in (2..).zip(levels) {
            let name = format!("{}~{number}", group.name);
            let message =
                format!("deployments of a later `order` are the model `{name}`, to fall back to");
            said.note(group.line, Kind::Differs, shown(&group.name), message);
            later.insert(name.clone(), model(&level, providers, defaults, group, said));
            config.fallbacks.push(name);
        }
        models.insert(group.name.clone(), config);
    }
    aliases(&mut models, defaults, said);
    fall_back(&mut models, &later, defaults, said);
    for (name, config) in later {
        // A client's own name for a model counts.
        models.entry(name).or_insert(config);
    }
    gateway.models = models;
}

type Placed<'a> = &'a (usize, Deployment);

/// The deployments of a model, those that are asked first first.
fn levels<'a>(group: &'a Group, said: &mut Said<'_>) -> Vec<Vec<Placed<'a>>> {
    let mut all: Vec<Placed<'a>> = group.deployments.iter().collect();
    let order = |placed: &Placed<'_>| placed.1.order.unwrap_or(f64::INFINITY);
    let is_ordered = all.windows(2).any(|pair| order(&pair[0]) != order(&pair[1]));
    if is_ordered && group.name.contains('*') {
        let message = "a name with a `*` cannot be fallen back to: its deployments are asked by \
                       weight, whatever their `order`";
        said.note(group.line, Kind::LeftOut, shown(&group.name), message);
        return vec![all];
    }
    all.sort_by(|one, other| order(one).total_cmp(&order(other)));
    let same = all.chunk_by(|one, other| order(one) == order(other));
    same.map(<[_]>::to_vec).collect()
}

fn model(
    level: &[Placed<'_>],
    providers: &Providers,
    defaults: &Defaults,
    group: &Group,
    said: &mut Said<'_>,
) -> ModelConfig {
    let weights = match (defaults.strategy, level) {
        (None, [_, _, ..]) => weights(level, group, said),
        _ => vec![1; level.len()],
    };
    let mut deployments = Vec::new();
    for ((shape, at), weight) in level.iter().zip(weights) {
        let model = at.asked(&providers.names[*shape]);
        let concurrency = at.concurrency.or(defaults.concurrency);
        let table = DeploymentTable {
            model: model.clone(),
            weight: (weight != 1).then_some(weight),
            concurrency,
            requests_per_minute: at.requests_per_minute.map(u64::from),
            tokens_per_minute: at.tokens_per_minute.map(u64::from),
        };
        if !defaults.limits_hold && (at.requests_per_minute.or(at.tokens_per_minute)).is_some() {
            let message = "`rpm` and `tpm` are limits here, above which a deployment is not asked; \
                           LiteLLM only weighs by them, unless it is told otherwise";
            said.note(at.line, Kind::Differs, "model_list", message);
        }
        let is_bare = DeploymentTable { model: model.clone(), ..bare() } == table;
        deployments.push(match is_bare {
            true => DeploymentConfig::Model(model),
            false => DeploymentConfig::Table(table),
        });
    }
    let timeouts = level.iter().map(|(_, at)| at.timeout.or(defaults.timeout));
    let most = timeouts.clone().flatten().max();
    if timeouts.min().flatten() != most {
        let message = "its deployments have different timeouts; `start-ms` is the longest, for all";
        said.note(group.line, Kind::Differs, shown(&group.name), message);
    }
    let retries = level.iter().filter_map(|(_, at)| at.retries.or(defaults.retries)).max();
    ModelConfig {
        deployments,
        strategy: defaults.strategy.filter(|_| level.len() > 1),
        cool_down_ms: defaults.cool_down,
        start_ms: most,
        retries,
        ..ModelConfig::default()
    }
}

fn bare() -> DeploymentTable {
    DeploymentTable {
        model: String::new(),
        weight: None,
        concurrency: None,
        requests_per_minute: None,
        tokens_per_minute: None,
    }
}

/// How large a part each gets: by `weight` where one has it, else by `rpm` or `tpm` where all
/// have it.
fn weights(level: &[Placed<'_>], group: &Group, said: &mut Said<'_>) -> Vec<u32> {
    let all = |of: &dyn Fn(&Deployment) -> Option<f64>| -> Vec<Option<f64>> {
        level.iter().map(|(_, at)| of(at)).collect()
    };
    let given = all(&|at| at.weight);
    if given.iter().flatten().any(|weight| *weight > 0.0) {
        if given.iter().any(|weight| weight.unwrap_or(0.0) == 0.0) {
            let message = "some of its deployments have no `weight`, and so 0: they are not asked";
            said.note(group.line, Kind::Differs, shown(&group.name), message);
        }
        return whole(given.into_iter().map(Option::unwrap_or_default).collect());
    }
    let rates = [
        all(&|at| at.requests_per_minute.map(f64::from)),
        all(&|at| at.tokens_per_minute.map(f64::from)),
    ];
    let complete =
        rates.into_iter().find_map(|rates| rates.into_iter().collect::<Option<Vec<_>>>());
    match complete {
        Some(rates) if rates.iter().all(|rate| *rate > 0.0) => whole(rates),
        _ => vec![1; level.len()],
    }
}

/// The smallest whole numbers of these proportions, as near as a thousandth of the largest.
fn whole(weights: Vec<f64>) -> Vec<u32> {
    let most = weights.iter().copied().fold(0.0, f64::max);
    let is_near = |scale: f64| {
        weights.iter().all(|weight| (weight * scale - (weight * scale).round()).abs() < 1e-6)
    };
    let scale = [1.0, 10.0, 100.0, 1000.0].into_iter().find(|scale| is_near(*scale));
    let scaled: Vec<u32> = match scale.filter(|scale| most * scale <= 1e9) {
        Some(scale) => weights.iter().map(|weight| (weight * scale).round() as u32).collect(),
        None => weights.iter().map(|weight| ((weight / most) * 1000.0).ceil() as u32).collect(),
    };
    let common = scaled.iter().copied().fold(0, greatest_divisor).max(1);
    scaled.into_iter().map(|weight| weight / common).collect()
}

fn greatest_divisor(one: u32, other: u32) -> u32 {
    match other {
        0 => one,
        _ => greatest_divisor(other, one % other),
    }
}

/// A model of this name: one that is there, or one that a pattern stands for.
fn find(models: &Models, name: &str) -> Option<ModelConfig> {
    if let Some(model) = models.get(name) {
        return Some(model.clone());
    }
    let fitting = models.iter().filter_map(|(pattern, model)| {
        let (before, after) = pattern.split_once('*')?;
        let part = name.strip_prefix(before)?.strip_suffix(after)?;
        (!part.is_empty()).then_some((pattern.len(), part, model))
    });
    let (_, part, model) = fitting.max_by_key(|(length, ..)| *length)?;
    let fill = |deployment: &DeploymentConfig| match deployment {
        DeploymentConfig::Model(model) => DeploymentConfig::Model(model.replacen('*', part, 1)),
        DeploymentConfig::Table(table) => {
            let model = table.model.replacen('*', part, 1);
            DeploymentConfig::Table(DeploymentTable { model, ..table.clone() })
        }
    };
    let deployments = model.deployments.iter().map(fill).collect();
    Some(ModelConfig { deployments, ..model.clone() })
}

fn aliases(models: &mut Models, defaults: &Defaults, said: &mut Said<'_>) {
    let before = models.clone();
    for alias in &defaults.aliases {
        let setting = format!("router_settings.model_group_alias.{}", shown(&alias.name));
        match find(&before, &alias.model) {
            _ if alias.name.contains('*') => {
                let message = "an alias is one model's name, and cannot have a `*`";
                said.note(alias.line, Kind::LeftOut, setting, message);
            }
            Some(model) => {
                let limits = |at: &DeploymentConfig| {
                    matches!(at, DeploymentConfig::Table(it) if it.requests_per_minute.is_some()
                        || it.tokens_per_minute.is_some() || it.concurrency.is_some())
                };
                if model.deployments.iter().any(limits) {
                    let message = "has the deployments of its model, and counts their limits apart";
                    said.note(alias.line, Kind::Differs, setting, message);
                }
                models.entry(alias.name.clone()).or_insert(model);
            }
            None => {
                let message = format!("there is no model `{}`", shown(&alias.model));
                said.note(alias.line, Kind::LeftOut, setting, message);
            }
        }
    }
}

/// Which list of a model's is meant.
type List = fn(&mut ModelConfig) -> &mut Vec<String>;

fn fall_back(models: &mut Models, later: &Models, defaults: &Defaults, said: &mut Said<'_>) {
    let aliases: Vec<_> =
        defaults.aliases.iter().map(|alias| (&alias.name, &alias.model)).collect();
    let kinds: [(&[Fallback], List); 3] = [
        (&defaults.fallbacks, |model| &mut model.fallbacks),
        (&defaults.context_fallbacks, |model| &mut model.context_fallbacks),
        (&defaults.content_fallbacks, |model| &mut model.content_fallbacks),
    ];
    for (fallbacks, list) in kinds {
        for fallback in fallbacks.iter().filter(|fallback| fallback.model != "*") {
            let others = there(models, fallback.line, &fallback.setting, &fallback.others, said);
            let Some(found) = find(models, &fallback.model) else {
                let message = format!("there is no model `{}`", shown(&fallback.model));
                said.note(fallback.line, Kind::LeftOut, fallback.setting.clone(), message);
                continue;
            };
            let own = fallback.model.clone();
            let of_alias = aliases.iter().filter(|(_, model)| **model == own);
            let names: Vec<String> =
                of_alias.map(|(name, _)| (*name).clone()).chain([own.clone()]).collect();
            for name in names {
                let model = models.entry(name.clone()).or_insert_with(|| found.clone());
                let list = list(model);
                list.extend(others.iter().filter(|other| **other != name).cloned());
            }
        }
    }
    // A model without any asks those of `*`, of which the last are meant.
    let of_all: [Vec<&Fallback>; 3] = [
        of_star(&defaults.fallbacks).chain(&defaults.default_fallbacks).collect(),
        of_star(&defaults.context_fallbacks).collect(),
        of_star(&defaults.content_fallbacks).collect(),
    ];
    for (of_all, (_, list)) in of_all.into_iter().zip(kinds) {
        let Some((last, before)) = of_all.split_last() else { continue };
        for fallback in before {
            let message = format!("`{}` says the same later, and counts", last.setting);
            said.note(fallback.line, Kind::LeftOut, fallback.setting.clone(), message);
        }
        let others = there(models, last.line, &last.setting, &last.others, said);
        for (name, model) in models.iter_mut() {
            let list = list(model);
            // Those of a later `order` are the model itself.
            if list.iter().all(|other| later.contains_key(other)) {
                list.extend(others.iter().filter(|other| *other != name).cloned());
            }
        }
    }
}

/// Those for every model.
fn of_star(fallbacks: &[Fallback]) -> impl Iterator<Item = &Fallback> {
    fallbacks.iter().filter(|fallback| fallback.model == "*")
}

/// Those of these models that there are.
fn there(
    models: &Models,
    line: usize,
    setting: &str,
    names: &[String],
    said: &mut Said<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        match find(models, name) {
            Some(_) => found.push(name.clone()),
            None => {
                let message = format!("there is no model `{}` to fall back to", shown(name));
                said.note(line, Kind::LeftOut, setting, message);
            }
        }
    }
    found
}
