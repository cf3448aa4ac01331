//! What there is: providers, the adapters that they use, and what each may do.

use crate::adapter;
use crate::component::{Components, Found};
use crate::limits::Limits;
use crate::listing::{IdentityInfo, Origin, ProviderInfo, SecretInfo};
use crate::provider;
use crate::setup::SetupError;
use crate::wasi::{Treatment, treatment};
use hotcell_egress::{Egress, EndpointSpec, Presence};
use hotcell_manifest::{
    Auth, Capability, Changes, Dependencies, Digest, Inspection, Rule, Severity, capabilities,
};
use hotcell_sbom::{Advisories, Advisory, Match};
use hotcell_signature::Signer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

/// A provider: what is configured, and what it amounts to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProviderReport {
    /// The name before the model's.
    pub name: String,
    /// The entry of the catalogue that this is about, where it is about those of the
    /// provider's requests that another adapter takes.
    pub route: Option<&'static str>,
    /// Where the definition comes from.
    pub origin: Origin,
    /// The adapter, by the name that the report has it under; none where there is none.
    pub adapter: Option<String>,
    /// Where it goes, by the endpoint's name.
    pub endpoints: BTreeMap<String, EndpointReport>,
    /// The settings that the adapter can read.
    pub settings: BTreeMap<String, String>,
    /// The secrets that the runner sends for it: names and sources.
    pub secrets: Vec<SecretInfo>,
    /// The identity that tokens are fetched for, where an endpoint wants one.
    pub identity: Option<IdentityInfo>,
    /// Whether the harmless part of WASI is linked.
    pub wasi: bool,
    /// The limits of a cell.
    pub limits: Limits,
    /// The limits of a cell's traffic.
    pub egress: hotcell_egress::Limits,
    /// Why no request can be sent to it, if so.
    pub problem: Option<String>,
}

/// One endpoint of a provider: what egress enforces.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointReport {
    /// Origin and base path.
    pub url: String,
    /// Methods and paths below it.
    pub allow: Vec<Rule>,
    /// Query parameters.
    pub query: Vec<String>,
    /// Headers that the adapter may send.
    pub request_headers: Vec<String>,
    /// Headers that the adapter sees.
    pub response_headers: Vec<String>,
    /// Names of headers that the runner adds.
    pub added_headers: Vec<String>,
    /// How the runner authenticates, such as `authorization: Bearer …`; none where it does
    /// not.
    pub auth: Option<String>,
    /// Where a token for it is fetched; none where nothing is fetched from one known place.
    pub token: Option<String>,
    /// What that token, or a signature, is good for.
    pub scope: Option<String>,
    /// Whether addresses that are not public are permitted.
    pub allow_private: bool,
    /// Whether `http://` is permitted.
    pub allow_plaintext: bool,
}

/// An adapter: its component, and who says that it may run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AdapterReport {
    /// The name that it calls itself.
    pub name: String,
    /// The version that it calls itself.
    pub version: String,
    /// The protocol that it speaks.
    pub dialect: String,
    /// What it says of itself.
    pub description: Option<String>,
    /// What it says of its licence.
    pub license: Option<String>,
    /// Where it says that its source is.
    pub source: Option<String>,
    /// The component; none where it cannot be had.
    pub digest: Option<Digest>,
    /// The component's bytes.
    pub size: usize,
    /// Who agreed to it.
    pub granted: GrantReport,
    /// Whose signature it has.
    pub signed: SignatureReport,
    /// What it imports, of its own type section.
    pub imports: Vec<ImportReport>,
    /// What it exports.
    pub exports: Vec<String>,
    /// What it may do, the worst first.
    pub capabilities: Vec<CapabilityReport>,
    /// What the component that lies at the place where this one came from asks for beyond
    /// it; none where it is the same component, or none.
    pub update: Option<Vec<String>>,
    /// How many crates its builder says that it is built from; none where it says nothing.
    pub crates: Option<usize>,
    /// Advisories about these.
    pub advisories: Vec<AdvisoryReport>,
    /// Grants of every path.
    pub wildcards: Vec<String>,
    /// Why it does not run, if so.
    pub problem: Option<String>,
    #[serde(skip)]
    pub(crate) error: Option<SetupError>,
}

/// Who agreed to a component.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum GrantReport {
    /// It is part of the binary.
    #[default]
    Bundle,
    /// The configuration names its file and digest.
    Configuration {
        /// The file.
        path: String,
    },
    /// A grant of the lock file.
    Lock {
        /// Who gave it.
        person: String,
        /// When, in UTC.
        at: String,
        /// Where the component came from.
        source: String,
    },
}

/// Whose signature a component has.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum SignatureReport {
    /// It is part of the binary, and has the binary's.
    Bundle,
    /// A publisher's that the configuration names.
    Publisher(Signer),
    /// Nobody's who is named, and nobody has to.
    #[default]
    Nobody,
    /// Nobody's of those who have to.
    Refused {
        /// Why.
        why: String,
    },
}

/// An advisory about what something is built from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AdvisoryReport {
    /// Its name, such as `RUSTSEC-2026-0001`.
    pub id: String,
    /// The crate that it is about, and that crate's version.
    pub package: String,
    /// What it says, in a sentence.
    pub summary: Option<String>,
    /// How much it weighs, in the advisory's own word where it has one.
    pub severity: Severity,
    /// The versions that it is fixed in.
    pub fixed: Vec<String>,
}

/// One thing that an adapter may do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CapabilityReport {
    /// What it is.
    #[serde(flatten)]
    pub capability: Capability,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is, in words.
    pub words: String,
}

/// One import of a component.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImportReport {
    /// The interface.
    pub name: String,
    /// What it gives to the component.
    pub gives: &'static str,
}

/// What an import gives to a component.
pub fn gives(import: &str) -> &'static str {
    let name = import.split('@').next().unwrap_or_default();
    match name {
        "hotcell:adapter/egress" => "requests to the endpoints above",
        "hotcell:adapter/settings" => "the settings above",
        "hotcell:adapter/log" => "lines for the operator",
        "hotcell:adapter/types" => "the vocabulary, no function",
        _ if name.starts_with("wasi:") => match treatment(import) {
            Treatment::Empty => "with `wasi = true`: empty",
            Treatment::Frozen => "with `wasi = true`: a clock that stands still",
            Treatment::Seeded => "with `wasi = true`: the same numbers in every cell",
            Treatment::Trap => "with `wasi = true`: ends the cell when called",
        },
        _ => "not known: refused",
    }
}

/// What a database says of the crates of a tree.
pub(super) fn advisories(known: &Advisories, tree: &Dependencies) -> Vec<AdvisoryReport> {
    let report = |found: Match<'_>| AdvisoryReport {
        id: found.advisory.id().to_owned(),
        package: format!("{} {}", found.package.name, found.package.version),
        summary: found.advisory.summary().map(str::to_owned),
        severity: weight(found.advisory),
        fixed: found.fixed.iter().map(ToString::to_string).collect(),
    };
    known.matching(tree).into_iter().map(report).collect()
}

/// A vulnerability of which nobody says how bad it is, is one to look at.
fn weight(advisory: &Advisory) -> Severity {
    if advisory.informational().is_some() {
        return Severity::Low;
    }
    match advisory.severity().map(str::to_ascii_lowercase).as_deref() {
        Some("critical") => Severity::Critical,
        Some("moderate" | "medium") => Severity::Medium,
        Some("low") => Severity::Low,
        _ => Severity::High,
    }
}

/// What a provider amounts to: one report for each adapter that its requests can go to. None
/// where it is one of the catalogue's that nobody uses, unless `all` are asked for.
pub(super) fn provider(
    components: &Components,
    name: &str,
    origin: Origin,
    all: bool,
) -> Vec<ProviderReport> {
    let own = report(components, name, None, origin);
    let identity = own.identity.as_ref().map(|identity| identity.presence);
    let is_used =
        own.secrets.iter().any(|secret| secret.present) || identity == Some(Presence::There);
    let is_usable = own.problem.is_none();
    if origin != Origin::Configured && !(is_usable && (all || is_used)) {
        return Vec::new();
    }
    let mut reports = vec![own];
    let routes = provider::basis(name, &components.config).map_or(&[][..], |it| it.routes());
    for route in routes.iter().map(|route| route.to.as_str()) {
        if !reports.iter().any(|report| report.route == Some(route)) {
            reports.push(report(components, name, Some(route), origin));
        }
    }
    reports
}

fn report(
    components: &Components,
    name: &str,
    route: Option<&'static str>,
    origin: Origin,
) -> ProviderReport {
    let wasi = components.config.wasi(name);
    let mut report = ProviderReport {
        name: name.to_owned(),
        route,
        origin,
        adapter: None,
        endpoints: BTreeMap::new(),
        settings: BTreeMap::new(),
        secrets: Vec::new(),
        identity: None,
        wasi,
        limits: Limits::default(),
        egress: hotcell_egress::Limits::default(),
        problem: None,
    };
    let filled = fill(components, &mut report);
    if let Err(error) = filled {
        report.problem = Some(error.to_string());
    }
    report
}

fn fill(components: &Components, report: &mut ProviderReport) -> Result<(), SetupError> {
    let config = &components.config;
    let basis = provider::basis(&report.name, config)?.led(report.route);
    report.adapter = Some(basis.adapter.clone());
    let component = components.find(&basis.adapter)?.component;
    let inspection = components.inspect(&basis.adapter, &component, report.wasi)?;
    let siblings = || components.siblings(&report.name);
    let resolved =
        provider::resolve(&report.name, config, basis.definition, &inspection, &siblings)?;
    // What egress would say to it.
    let door = Egress::builder().build().provider(resolved.spec.clone());
    report.settings = resolved.settings;
    report.limits = resolved.limits;
    report.egress = resolved.spec.limits.clone();
    let endpoints = resolved.spec.endpoints.iter();
    // Where its tokens come from, if that is not what the scheme says.
    let (identity, origin) = (&resolved.spec.identity, &resolved.spec.identity_origin);
    let place = |auth: &Auth| {
        let own = || identity.as_ref().and_then(|identity| identity.place(auth));
        origin.clone().or_else(own)
    };
    report.endpoints =
        endpoints.map(|(name, spec)| (name.clone(), endpoint(spec, place(&spec.auth)))).collect();
    let info = ProviderInfo::new(&report.name, report.origin, false, &inspection, resolved.spec);
    report.secrets = info.secrets;
    report.identity = info.identity;
    door.map(drop).map_err(|error| SetupError::Egress { provider: report.name.clone(), error })
}

fn endpoint(spec: &EndpointSpec, place: Option<String>) -> EndpointReport {
    let grant = &spec.grant;
    let texts = |patterns: &[hotcell_manifest::HeaderPattern]| {
        patterns.iter().map(ToString::to_string).collect()
    };
    EndpointReport {
        url: spec.url.clone(),
        allow: grant.allow.clone(),
        query: grant.query.clone(),
        request_headers: texts(&grant.request_headers),
        response_headers: texts(&grant.response_headers),
        added_headers: spec.headers.iter().map(|(name, _)| name.clone()).collect(),
        auth: spec.auth.form(),
        token: spec.auth.identity().and_then(|it| place.or(it.place)),
        scope: spec.auth.identity().map(|identity| identity.scope),
        allow_private: spec.allow_private,
        allow_plaintext: spec.allow_plaintext,
    }
}

/// What there is to know of an adapter without running it.
pub(super) fn adapter(
    components: &Components,
    name: &str,
    known: Option<&Advisories>,
) -> AdapterReport {
    let config = &components.config;
    let mut report = AdapterReport { name: name.to_owned(), ..AdapterReport::default() };
    report.granted = match (config.adapters.get(name), config.lock.get(name)) {
        (Some(configured), _) => {
            GrantReport::Configuration { path: configured.path.display().to_string() }
        }
        (None, Some(granted)) => GrantReport::Lock {
            person: granted.granted_by.clone(),
            at: granted.granted_at.clone(),
            source: granted.source.clone(),
        },
        (None, None) => GrantReport::Bundle,
    };
    let used_with_wasi = |provider: &&String| {
        config.wasi(provider)
            && provider::basis(provider, config).is_ok_and(|basis| basis.adapter == name)
    };
    let wasi = config.providers.keys().any(|provider| used_with_wasi(&provider));
    let found = match components.find(name) {
        Ok(found) => found,
        Err(error) => return failed(report, error),
    };
    report.signed = signature(&report.granted, &found);
    report.digest = Some(found.component.digest);
    report.size = found.component.bytes.len();
    if let Err(error) = &found.signer {
        let (adapter, digest) = (name.to_owned(), found.component.digest);
        let error = error.clone();
        report = failed(report, SetupError::Signature { adapter, digest, error });
    }
    // What it is, whatever was granted to it.
    let Ok(asked) = hotcell_manifest::inspect_as(&found.component.bytes, found.component.digest)
    else {
        let refused = components.inspect(name, &found.component, wasi).err();
        return refused.map_or(report.clone(), |error| failed(report, error));
    };
    describe(&mut report, &asked);
    if let (Some(known), Some(tree)) = (known, &asked.dependencies) {
        report.advisories = advisories(known, tree);
    }
    match components.inspect(name, &found.component, wasi) {
        Ok(granted) => {
            report.capabilities = may(&granted);
            report.wildcards = wildcards(&granted);
        }
        Err(error) => report = failed(report, error),
    }
    report.update = update(components, name);
    report
}

fn failed(mut report: AdapterReport, error: SetupError) -> AdapterReport {
    report.problem = Some(error.to_string());
    report.error = Some(error);
    report
}

fn signature(granted: &GrantReport, found: &Found<'_>) -> SignatureReport {
    match (&found.signer, granted) {
        (Ok(Some(signer)), _) => SignatureReport::Publisher(signer.clone()),
        (Ok(None), GrantReport::Bundle) => SignatureReport::Bundle,
        (Ok(None), _) => SignatureReport::Nobody,
        (Err(error), _) => SignatureReport::Refused { why: error.to_string() },
    }
}

fn describe(report: &mut AdapterReport, inspection: &Inspection) {
    let identity = &inspection.manifest.adapter;
    report.name.clone_from(&identity.name);
    report.version.clone_from(&identity.version);
    report.dialect.clone_from(&identity.dialect);
    report.description.clone_from(&identity.description);
    report.license.clone_from(&identity.license);
    report.source.clone_from(&identity.source);
    let import = |name: &String| ImportReport { name: name.clone(), gives: gives(name) };
    report.imports = inspection.imports.iter().map(import).collect();
    report.exports.clone_from(&inspection.exports);
    report.crates = inspection.dependencies.as_ref().map(|tree| tree.packages().len());
    report.capabilities = may(inspection);
}

fn may(inspection: &Inspection) -> Vec<CapabilityReport> {
    let report = |capability: Capability| CapabilityReport {
        severity: capability.severity(),
        words: capability.to_string(),
        capability,
    };
    capabilities(inspection).into_iter().map(report).collect()
}

fn wildcards(granted: &Inspection) -> Vec<String> {
    let endpoints = granted.manifest.endpoints.values();
    let rules = endpoints.flat_map(|endpoint| &endpoint.allow);
    rules.filter(|rule| rule.path.is_wildcard()).map(ToString::to_string).collect()
}

/// What lies now at the place that a granted component came from.
fn update(components: &Components, name: &str) -> Option<Vec<String>> {
    let granted = components.locked(name)?;
    let mut bytes = Vec::new();
    let most = crate::limits::COMPONENT_BYTES;
    let file = File::open(granted.file()?).ok()?;
    file.take(most).read_to_end(&mut bytes).ok()?;
    let digest = Digest::of(&bytes);
    if digest == granted.digest {
        return None;
    }
    let inspection = adapter::inspect(&bytes, true).ok()?;
    let asked: Vec<Capability> = capabilities(&inspection);
    let wider = Changes::between(&granted.capabilities(), &asked).wider;
    Some(wider.iter().map(ToString::to_string).collect())
}
