//! `hotcell demo --provider NAME`: one provider's adapter in real cells, against this
//! process, which plays that provider and checks its credentials as it does.

mod ask;
mod part;
mod scene;

use super::screen::Screen;
use super::{failed, stage};
use crate::problem::Problem;
use hotcell_mock::Mock;
use part::{PARTS, Part};
use scene::Scene;
use serde::Serialize;
use std::time::Duration;

/// The name that stands for all of them.
pub(crate) const ALL: &str = "all";
/// What takes longer than this hangs.
pub(super) const LONGEST: Duration = Duration::from_secs(180);

/// Everything that happened, for a program.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    /// Where the providers of this process listened.
    provider: String,
    providers: Vec<scene::Played>,
}

impl Report {
    /// What was not as it should be.
    pub(super) fn faults(&self) -> Vec<String> {
        self.providers.iter().flat_map(scene::Played::faults).collect()
    }
}

/// The names that can be given.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    Mock::providers().chain([ALL])
}

/// Plays one provider, or all of them.
pub(super) async fn play(name: &str, screen: &Screen<'_>) -> Result<Report, Problem> {
    let mock = Mock::start().await.map_err(|error| failed(format!("no port: {error}")))?;
    let key = stage::random_key();
    mock.change(|behaviour| {
        behaviour.key = Some(key.clone());
    });
    screen.opening_of_providers(&mock.addr().to_string())?;
    let mut providers = Vec::new();
    let played = PARTS.iter().filter(|part| name == ALL || part.provider == name);
    for (number, part) in (1..).zip(played) {
        screen.title(number, &format!("The {} adapter", part.provider))?;
        screen.blank()?;
        providers.push(Scene::open(&mock, &key, part)?.play(screen).await?);
    }
    let checks: usize = providers.iter().map(scene::Played::checks).sum();
    let faults: usize = providers.iter().map(|played| played.faults().len()).sum();
    screen.blank()?;
    screen.paragraph(&match faults {
        0 => format!("All of {checks} checks are good."),
        _ => format!("{faults} of {checks} checks are NOT good."),
    })?;
    Ok(Report { provider: mock.url(), providers })
}
