//! What a configuration says that cannot be so, as far as that shows without opening, reading or
//! asking what it names: before a gateway is started, and where it will not be.

use crate::cache;
use crate::control;
use crate::deployment::Models;
use crate::error::GatewayError;
use crate::origin::Origins;
use hotcell::{AccessMode, Config, GatewayConfig, ProviderInfo, Runner};
use std::collections::BTreeSet;

/// All of that. `providers` are the runner's, as it lists them.
pub fn check(runner: &Runner, providers: &[ProviderInfo]) -> Vec<GatewayError> {
    let config = runner.config().gateway.clone().unwrap_or_default();
    let mut found = Vec::new();
    match Models::new(&config, &[]) {
        Ok(_) => found.extend(lost(runner, &config, providers)),
        Err(error) => found.push(error),
    }
    found.extend(control::prices(&config).err());
    let is_open = config.access == Some(AccessMode::Open);
    found.extend(Origins::of(&config.origins, is_open).err());
    found.extend(config.state.as_ref().and_then(|state| control::consistent(state).err()));
    found.extend(config.cache.as_ref().and_then(|cache| cache::consistent(cache).err()));
    found
}

/// Providers that cannot be asked, each once: where one has no table of its own, the first model
/// is told of that leads there.
fn lost(runner: &Runner, config: &GatewayConfig, providers: &[ProviderInfo]) -> Vec<GatewayError> {
    let Config { providers: tables, .. } = runner.config();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for (model, entry) in &config.models {
        let names = entry.deployments.iter().filter_map(|at| at.model().split_once('/'));
        for (name, _) in names.filter(|(name, _)| seen.insert(*name)) {
            let problem = match providers.iter().find(|provider| provider.name == name) {
                Some(listed) => listed.problem.clone(),
                None => runner.examine(name).err(),
            };
            found.extend(problem.map(|problem| match tables.contains_key(name) {
                true => GatewayError::Setup(problem),
                false => GatewayError::Model { model: model.clone(), why: problem.to_string() },
            }));
        }
    }
    found
}
