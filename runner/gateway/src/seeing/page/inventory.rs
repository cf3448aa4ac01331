//! What adapters may do, by the audit. It is the same while the gateway runs, and is looked up
//! when somebody first asks.

use hotcell::audit::{Options, Report};
use hotcell::{Runner, Store};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::OnceCell;

/// The audit of this gateway.
#[derive(Default)]
pub(crate) struct Audit(OnceCell<Result<Arc<Inventory>, String>>);

/// What is shown of it.
pub(crate) struct Inventory {
    /// All of it, as JSON.
    pub(crate) document: Vec<u8>,
    pub(crate) adapters: Vec<Adapter>,
    /// What should be looked at: how bad it is, and what it is.
    pub(crate) findings: Vec<(String, String)>,
}

/// An adapter that is in use.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Adapter {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) digest: Option<String>,
    /// Who agreed to it.
    pub(crate) granted: &'static str,
    pub(crate) providers: Vec<String>,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) problem: Option<String>,
}

/// One thing that it may do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Capability {
    pub(crate) severity: String,
    pub(crate) words: String,
}

impl Audit {
    /// Looks it up, once.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn report(&self, runner: &Runner) -> Result<Arc<Inventory>, String> {
        let config = runner.config().clone();
        let looked_up = self.0.get_or_init(|| async {
            let report = tokio::task::spawn_blocking(move || {
                let at = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
                Report::of(
                    config,
                    Options { store: Store::of_the_user(), at, ..Options::default() },
                )
            });
            let report = report.await.map_err(|error| error.to_string())?;
            let report = report.map_err(|error| error.to_string())?;
            Ok(Arc::new(Inventory::of(&report)?))
        });
        looked_up.await.clone()
    }
}

impl Inventory {
    fn of(report: &Report) -> Result<Self, String> {
        let mut document = serde_json::to_value(report).map_err(|error| error.to_string())?;
        // A source may be a command in which somebody wrote the secret itself.
        without_sources(&mut document);
        let adapters = report.adapters.iter().map(|(name, adapter)| {
            let uses = |it: &&hotcell::audit::ProviderReport| it.adapter.as_ref() == Some(name);
            let providers = report.providers.iter().filter(uses).map(|it| it.name.clone());
            let providers: BTreeSet<String> = providers.collect();
            Adapter {
                name: name.clone(),
                version: adapter.version.clone(),
                digest: adapter.digest.map(|digest| digest.to_string()),
                granted: match adapter.granted {
                    hotcell::audit::GrantReport::Bundle => "bundle",
                    hotcell::audit::GrantReport::Configuration { .. } => "configuration",
                    hotcell::audit::GrantReport::Lock { .. } => "lock",
                },
                providers: providers.into_iter().collect(),
                capabilities: adapter
                    .capabilities
                    .iter()
                    .map(|it| Capability {
                        severity: it.severity.to_string(),
                        words: it.words.clone(),
                    })
                    .collect(),
                problem: adapter.problem.clone(),
            }
        });
        let findings = report.findings.iter().map(|finding| {
            (finding.severity.to_string(), format!("{}: {}", finding.subject, finding.message))
        });
        Ok(Self {
            adapters: adapters.collect(),
            findings: findings.collect(),
            document: serde_json::to_vec_pretty(&document).map_err(|error| error.to_string())?,
        })
    }
}

/// Leaves out where secrets and identities come from.
fn without_sources(document: &mut Value) {
    for provider in document["providers"].as_array_mut().into_iter().flatten() {
        for secret in provider["secrets"].as_array_mut().into_iter().flatten() {
            secret.as_object_mut().map(|secret| secret.remove("source"));
        }
        provider["identity"].as_object_mut().map(|identity| identity.remove("source"));
    }
}
