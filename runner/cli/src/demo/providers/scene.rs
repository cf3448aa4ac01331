//! The scene of one provider: what it needs, and what is checked.

use super::Part;
use super::ask::Ask;
use crate::demo::failed;
use crate::demo::screen::Screen;
use crate::problem::Problem;
use hotcell::types::FailureKind;
use hotcell::{Config, Error, Runner, bundle};
use hotcell_mock::{Access, Mock, Recorded};
use serde::Serialize;
use std::path::Path;
use tempfile::TempDir;

/// What became of a provider.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Played {
    provider: &'static str,
    adapter: &'static str,
    digest: &'static str,
    component_bytes: usize,
    checks: Vec<Check>,
}

/// One thing that was asked.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Check {
    what: String,
    good: bool,
    /// What came.
    detail: String,
    /// How the provider checked the credentials, each said once.
    credentials: Vec<String>,
}

impl Played {
    pub(super) fn checks(&self) -> usize {
        self.checks.len()
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let bad = self.checks.iter().filter(|check| !check.good);
        bad.map(|check| format!("{}: {}: {}", self.provider, check.what, check.detail)).collect()
    }
}

/// A provider, and a runner that knows it by each of its ways, and once with a wrong
/// credential.
pub(super) struct Scene<'a> {
    mock: &'a Mock,
    part: &'static Part,
    runner: Runner,
    /// The ways, the strongest last.
    ways: Vec<Access>,
    _folder: TempDir,
}

impl<'a> Scene<'a> {
    pub(super) fn open(mock: &'a Mock, key: &str, part: &'static Part) -> Result<Self, Problem> {
        let ways = mock.ways(part.provider, key);
        let last = ways.last().ok_or_else(|| failed("the provider cannot be entered"))?;
        let folder = tempfile::tempdir()?;
        let configured =
            |access: &Access, name: &str| access.configuration(name, part.adapter(), folder.path());
        let mut lines = configured(&last.clone().wrong(), WRONG)?;
        for access in &ways {
            lines.push_str(&configured(access, &name(access))?);
        }
        if let Some(setting) = part.text() {
            let mut access = last.clone();
            access.settings.push(setting);
            lines.push_str(&configured(&access, TEXT)?);
        }
        let config = Config::parse(&lines, Path::new("demo"));
        let config = config.map_err(|error| failed(error.to_string()))?;
        let runner = Runner::builder().config(config).build()?;
        Ok(Self { mock, part, runner, ways, _folder: folder })
    }

    /// Asks everything, by the strongest way; by the others, one thing.
    pub(super) async fn play(&self, screen: &Screen<'_>) -> Result<Played, Problem> {
        let adapter = bundle::adapter(self.part.provider)
            .ok_or_else(|| failed(format!("the adapter {} is not bundled", self.part.provider)))?;
        let (Some((strongest, others)), Some((first, first_model))) =
            (self.ways.split_last(), self.part.asks.first())
        else {
            return Err(failed("there is nothing to ask"));
        };
        let mut checks = Vec::new();
        for (ask, model) in self.part.asks {
            let check = self.good(*ask, model, strongest, String::new()).await;
            checks.push(shown(check, screen).await?);
        }
        for other in others {
            let by = format!(", by the scheme `{}`", other.auth);
            let check = self.good(*first, first_model, other, by).await;
            checks.push(shown(check, screen).await?);
        }
        if strongest.identity_origin.is_some() {
            let check = self.expired(*first, first_model, strongest).await;
            checks.push(shown(check, screen).await?);
        }
        checks.push(shown(self.wrong(*first, first_model).await, screen).await?);
        Ok(Played {
            provider: self.part.provider,
            adapter: adapter.name,
            digest: adapter.digest,
            component_bytes: adapter.size,
            checks,
        })
    }

    /// Everything is as it should be.
    async fn good(&self, ask: Ask, model: &str, way: &Access, by: String) -> Check {
        let provider = if ask == Ask::Text { TEXT.to_owned() } else { name(way) };
        let (told, seen) = self.asked(ask, model, &provider).await;
        let admitted = !seen.is_empty() && seen.iter().all(|seen| is_good(seen));
        // Some have models that are asked in different ways.
        let of = if ask == Ask::Embed { format!(" of {model}") } else { String::new() };
        let what = format!("{}{of}{by}", ask.what());
        Check::new(what, admitted && told.is_ok(), text(told), &seen)
    }

    /// The provider refuses a token that it knows, and gets a new one.
    async fn expired(&self, ask: Ask, model: &str, way: &Access) -> Check {
        self.mock.expire_tokens();
        let (told, seen) = self.asked(ask, model, &name(way)).await;
        let refused = seen.first().is_some_and(|seen| !is_good(seen));
        let renewed = seen.len() >= 3 && seen[1..].iter().all(|seen| is_good(seen));
        let what = "a token that has expired is renewed, once".to_owned();
        Check::new(what, refused && renewed && told.is_ok(), text(told), &seen)
    }

    /// The caller is told that the credential is wrong.
    async fn wrong(&self, ask: Ask, model: &str) -> Check {
        let (told, seen) = self.asked(ask, model, WRONG).await;
        let kinds = [FailureKind::Authentication, FailureKind::Permission];
        let refused = told.as_ref().is_err_and(|error| kinds.contains(&error.kind()));
        let good = refused && !seen.is_empty() && seen.iter().all(|seen| !is_good(seen));
        Check::new("a wrong credential is refused".to_owned(), good, text(told), &seen)
    }

    /// Asks, and says how the mock checked each request that came for it.
    async fn asked(
        &self,
        ask: Ask,
        model: &str,
        name: &str,
    ) -> (Result<String, Error>, Vec<String>) {
        self.mock.take_requests();
        let told = ask.of(&self.runner, name, model).await;
        let checked = |request: Recorded| request.checked;
        (told, self.mock.take_requests().into_iter().map(checked).collect())
    }
}

/// The provider whose adapter goes on with texts.
const TEXT: &str = "text";
/// The provider with the wrong credential.
const WRONG: &str = "wrong";

/// What a way is called in the configuration.
fn name(access: &Access) -> String {
    format!("by-{}", access.auth)
}

fn is_good(checked: &str) -> bool {
    checked.ends_with(": good")
}

fn text(told: Result<String, Error>) -> String {
    told.unwrap_or_else(|error| error.failure.message)
}

impl Check {
    fn new(what: String, good: bool, detail: String, seen: &[String]) -> Self {
        let mut credentials: Vec<String> = Vec::new();
        for seen in seen {
            if !credentials.contains(seen) {
                credentials.push(seen.clone());
            }
        }
        Self { what, good, detail, credentials }
    }
}

async fn shown(check: Check, screen: &Screen<'_>) -> Result<Check, Problem> {
    screen.attempt(&check.what, 0, &check.detail, check.good)?;
    for credential in &check.credentials {
        screen.note(credential)?;
    }
    screen.pause(130).await;
    Ok(check)
}
