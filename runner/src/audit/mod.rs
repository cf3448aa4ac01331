//! What every provider may do and who says so, on one page: what an auditor signs.
//!
//! Nothing is compiled, run, connected or written for it, and no secret is kept.

mod check;
mod finding;
mod inventory;

pub use finding::{Code, Finding, Subject};
pub use inventory::{
    AdapterReport, AdvisoryReport, CapabilityReport, EndpointReport, GrantReport, ImportReport,
    ProviderReport, SignatureReport, gives,
};

use crate::component::Components;
use crate::config::Config;
use crate::provider;
use crate::setup::SetupError;
use crate::store::Store;
use hotcell_manifest::{Dependencies, Severity};
use hotcell_sbom::Advisories;
use hotcell_signature::Trust;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The version of the document, which changes when a program that reads it would have to.
pub const VERSION: u32 = 1;

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The version of this document.
    pub version: u32,
    /// The version of hotcell.
    pub hotcell: &'static str,
    /// When, in UTC.
    pub at: String,
    /// The files that the configuration and the grants were read from.
    pub files: Vec<PathBuf>,
    /// Providers, by name.
    pub providers: Vec<ProviderReport>,
    /// The adapters that they use, and those that are granted and used by none; by the name
    /// that a provider gives them.
    pub adapters: BTreeMap<String, AdapterReport>,
    /// What an auditor should look at, the worst first.
    pub findings: Vec<Finding>,
}

/// What an audit is of.
#[derive(Debug, Default)]
pub struct Options {
    /// Where components are that the lock names.
    pub store: Option<Store>,
    /// The files that the configuration was read from.
    pub files: Vec<PathBuf>,
    /// What is known to be wrong with crates.
    pub advisories: Option<Advisories>,
    /// What the program itself is built from.
    pub program: Option<Dependencies>,
    /// The whole catalogue, and not only what is configured or has its key.
    pub all: bool,
    /// When, in UTC.
    pub at: String,
}

impl Report {
    /// Looks at everything that a configuration leads to.
    ///
    /// # Errors
    /// A policy on signatures that cannot be used. What else is wrong is a finding.
    pub fn of(config: Config, options: Options) -> Result<Self, SetupError> {
        let trust = Trust::load(config.signatures.clone().unwrap_or_default())?;
        let Options { store, files, advisories, program, all, at } = options;
        let known = advisories.as_ref();
        let components = Components { config, store, trust, given: BTreeMap::new() };
        let config = &components.config;
        let mut adapters = BTreeMap::new();
        let mut findings = Vec::new();
        let mut providers = Vec::new();
        for (name, origin) in provider::names(config) {
            for provider in inventory::provider(&components, name, origin, all) {
                if let Some(name) = &provider.adapter {
                    adapters
                        .entry(name.clone())
                        .or_insert_with(|| inventory::adapter(&components, name, known));
                }
                providers.push(provider);
            }
        }
        let unused = config.adapters.keys().map(String::as_str);
        let unused = unused.chain(config.lock.adapters.keys().map(|name| name.as_str()));
        for name in unused {
            adapters
                .entry(name.to_owned())
                .or_insert_with(|| inventory::adapter(&components, name, known));
        }
        for provider in &providers {
            check::provider(provider, &mut findings);
        }
        for (name, adapter) in &adapters {
            check::adapter(name, adapter, &providers, config, &mut findings);
        }
        if let (Some(known), Some(tree)) = (known, &program) {
            let about = Subject::Program("hotcell".to_owned());
            check::advisories(&inventory::advisories(known, tree), &about, &mut findings);
        }
        check::configuration(config, &files, &mut findings);
        findings
            .sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.subject.cmp(&b.subject)));
        let hotcell = env!("CARGO_PKG_VERSION");
        Ok(Self { version: VERSION, hotcell, at, files, providers, adapters, findings })
    }

    /// How many findings there are of each severity, the worst first.
    pub fn counts(&self) -> Vec<(Severity, usize)> {
        let count = |severity: Severity| {
            self.findings.iter().filter(|finding| finding.severity == severity).count()
        };
        Severity::ALL.into_iter().rev().map(|severity| (severity, count(severity))).collect()
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.first().map(|finding| finding.severity)
    }
}
