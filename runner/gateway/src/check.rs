//! What a configuration says that cannot be so, as far as that shows without opening, reading or
//! asking what it names: before a gateway is started, and where it will not be.

use crate::cache;
use crate::control;
use crate::deployment::Models;
use crate::error::GatewayError;
use hotcell::{ProviderInfo, Runner};

/// All of that. `providers` are the runner's, as it lists them.
pub fn check(runner: &Runner, providers: &[ProviderInfo]) -> Vec<GatewayError> {
    let config = runner.config().gateway.clone().unwrap_or_default();
    let mut found = Vec::new();
    match Models::new(&config, &[]) {
        Ok(models) => found.extend(models.providers().into_iter().filter_map(|name| {
            let problem = match providers.iter().find(|provider| provider.name == name) {
                Some(listed) => listed.problem.clone(),
                None => runner.examine(name).err(),
            };
            problem.map(GatewayError::Setup)
        })),
        Err(error) => found.push(error),
    }
    found.extend(control::prices(&config).err());
    found.extend(config.state.as_ref().and_then(|state| control::consistent(state).err()));
    found.extend(config.cache.as_ref().and_then(|cache| cache::consistent(cache).err()));
    found
}
