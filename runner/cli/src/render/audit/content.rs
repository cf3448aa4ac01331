//! What the page of an audit says.

use super::Block;
use crate::render::text::{bytes, visible_line};
use hotcell::audit::{
    AdapterReport, CapabilityReport, EndpointReport, GrantReport, ProviderReport, Report,
    SignatureReport,
};
use hotcell::egress::Presence;
use hotcell::manifest::Severity;
use hotcell::signature::Signer;
use hotcell::{Limits, Origin};

/// The title of the page.
pub(super) const TITLE: &str = "What adapters may do";

/// How it was made.
pub(super) fn made(report: &Report) -> String {
    let files: Vec<String> = report.files.iter().map(|it| it.display().to_string()).collect();
    let files = match files.is_empty() {
        true => "no configuration".to_owned(),
        false => files.join(", "),
    };
    visible_line(&format!("Audited by hotcell {} at {}, from {files}.", report.hotcell, report.at))
}

/// Everything below the title.
pub(super) fn blocks(report: &Report) -> Vec<Block<'_>> {
    let mut blocks = vec![Block::Section("Findings"), Block::Sentence(summary(report))];
    if !report.findings.is_empty() {
        blocks.push(Block::Findings(&report.findings));
    }
    blocks.push(Block::Section("Providers"));
    if report.providers.is_empty() {
        let none = "There is none that is configured or has its key. `--all` shows the catalogue.";
        blocks.push(Block::Sentence(none.to_owned()));
    }
    for provider in &report.providers {
        let origin = match provider.origin {
            Origin::Configured => "configured",
            Origin::Catalogue => "of the catalogue",
        };
        let name = match provider.route {
            Some(route) => format!("{}, by the route {route}", provider.name),
            None => provider.name.clone(),
        };
        blocks.push(Block::Entry(visible_line(&name), origin.to_owned()));
        blocks.push(Block::Facts(provider_facts(provider)));
    }
    blocks.push(Block::Section("Adapters"));
    for (name, adapter) in &report.adapters {
        blocks.push(Block::Entry(visible_line(name), visible_line(&adapter.version)));
        blocks.push(Block::Facts(adapter_facts(adapter)));
    }
    blocks.push(Block::Signature);
    blocks
}

fn summary(report: &Report) -> String {
    let counts: Vec<String> = report
        .counts()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    match counts.is_empty() {
        true => "Nothing was found.".to_owned(),
        false => format!("{}.", counts.join(", ")),
    }
}

type Facts = Vec<(&'static str, Vec<String>)>;

fn provider_facts(provider: &ProviderReport) -> Facts {
    let mut facts: Facts = Vec::new();
    let mut add = |name, lines: Vec<String>| {
        if !lines.is_empty() {
            facts.push((name, lines.iter().map(|line| visible_line(line)).collect()));
        }
    };
    add("unusable", provider.problem.clone().into_iter().collect());
    add("adapter", provider.adapter.clone().into_iter().collect());
    for (name, endpoint) in &provider.endpoints {
        add("endpoint", vec![format!("{}, as `{name}`", endpoint.url)]);
        let rules = endpoint.allow.iter().map(ToString::to_string);
        add("calls", rules.collect());
        add("query", list(&endpoint.query));
        add("sends headers", list(&endpoint.request_headers));
        add("sees headers", list(&endpoint.response_headers));
        add("headers added", list(&endpoint.added_headers));
        add("credential", vec![endpoint.auth.clone().unwrap_or_else(|| "none".to_owned())]);
        add("token from", endpoint.token.clone().into_iter().collect());
        add("good for", endpoint.scope.clone().filter(|it| !it.is_empty()).into_iter().collect());
        add("permitted", permissions(endpoint, provider.wasi));
    }
    let identity = provider.identity.iter().map(|identity| {
        let source = identity.source.as_ref().map(ToString::to_string);
        let state = match identity.presence {
            Presence::There => "",
            Presence::Absent => "; not there",
            Presence::Unknown => "; only the machine's cloud can tell whether it is there",
        };
        format!("{}{state}", source.unwrap_or_else(|| "nobody's".to_owned()))
    });
    add("identity", identity.collect());
    let secrets = provider.secrets.iter().map(|secret| {
        let from = match &secret.source {
            Some(source) => format!("from {source}"),
            None => "from nowhere".to_owned(),
        };
        let state = match (secret.present, secret.optional) {
            (true, _) => "",
            (false, true) => "; not there, and not needed",
            (false, false) => "; not there",
        };
        format!("{}, {from}{state}", secret.name)
    });
    add("secrets", secrets.collect());
    let settings = provider.settings.iter().map(|(name, value)| format!("{name} = {value}"));
    add("settings", settings.collect());
    add("limits", limits(&provider.limits, &provider.egress));
    facts
}

/// What was permitted beyond what every provider may.
fn permissions(endpoint: &EndpointReport, wasi: bool) -> Vec<String> {
    let all = [
        (endpoint.allow_private, "addresses that are not public"),
        (endpoint.allow_plaintext, "http:// without TLS"),
        (wasi, "the harmless part of WASI"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, what)| what.to_owned()).collect()
}

fn limits(cell: &Limits, egress: &hotcell::egress::Limits) -> Vec<String> {
    let seconds = |ms: u64| format!("{} s", ms / 1000);
    vec![
        format!(
            "{} memory, {} computing, {} in all, {} events, {} log lines",
            bytes(cell.memory_bytes as u64),
            seconds(cell.cpu_ms),
            seconds(cell.total_ms),
            cell.events,
            cell.log_lines,
        ),
        format!(
            "{} requests, {} out each, {} in, {} to connect, {} between two chunks",
            egress.calls,
            bytes(egress.request_bytes as u64),
            bytes(egress.response_bytes),
            seconds(egress.connect_ms),
            seconds(egress.idle_ms),
        ),
    ]
}

fn adapter_facts(adapter: &AdapterReport) -> Facts {
    let mut facts: Facts = Vec::new();
    let mut add = |name, lines: Vec<String>| {
        if !lines.is_empty() {
            facts.push((name, lines.iter().map(|line| visible_line(line)).collect()));
        }
    };
    add("does not run", adapter.problem.clone().into_iter().collect());
    add("calls itself", vec![format!("{} {}", adapter.name, adapter.version)]);
    add("says", adapter.description.clone().into_iter().collect());
    add("digest", adapter.digest.iter().map(ToString::to_string).collect());
    add("granted", vec![granted(&adapter.granted)]);
    add("signed", vec![signed(&adapter.signed)]);
    let imports = adapter.imports.iter();
    add("imports", imports.map(|it| format!("{}: {}", it.name, it.gives)).collect());
    add("exports", adapter.exports.clone());
    let (light, heavy): (Vec<_>, Vec<_>) =
        adapter.capabilities.iter().partition(|one| one.severity <= Severity::Low);
    let words = |all: Vec<&CapabilityReport>| -> Vec<String> {
        all.into_iter().map(|one| one.words.clone()).collect()
    };
    add("may", words(heavy));
    // Headers, query parameters and settings: many, and each of little weight.
    add("may besides", list(&words(light)));
    let crates = match adapter.crates {
        Some(count) => format!("{count} crates, as its builder states"),
        None => "not stated".to_owned(),
    };
    add("built from", vec![crates]);
    let advisories = adapter.advisories.iter();
    add("advisories", advisories.map(|it| format!("{}: {}", it.id, it.package)).collect());
    add("licence", adapter.license.clone().into_iter().collect());
    add("source", adapter.source.clone().into_iter().collect());
    add("size", vec![bytes(adapter.size as u64)]);
    facts
}

fn granted(granted: &GrantReport) -> String {
    match granted {
        GrantReport::Bundle => "as part of this binary".to_owned(),
        GrantReport::Configuration { path } => format!("by the configuration, from {path}"),
        GrantReport::Lock { person, at, source } => format!("by {person} at {at}, from {source}"),
    }
}

fn signed(signed: &SignatureReport) -> String {
    match signed {
        SignatureReport::Bundle => "as part of this binary".to_owned(),
        SignatureReport::Publisher(Signer { publisher, key }) => format!("by {publisher}, {key}"),
        SignatureReport::Nobody => "by nobody whom the configuration names".to_owned(),
        SignatureReport::Refused { why } => why.clone(),
    }
}

fn list(names: &[String]) -> Vec<String> {
    match names {
        [] => Vec::new(),
        names => vec![names.join(", ")],
    }
}
