//! What of all that an auditor should look at.

use super::finding::{Code, Finding, Subject};
use super::inventory::{
    AdapterReport, AdvisoryReport, GrantReport, ProviderReport, SignatureReport,
};
use crate::config::{Config, is_own};
use crate::limits::Limits;
use crate::setup::SetupError;
use hotcell_egress::{OnFailure, SecretSource};
use hotcell_manifest::Severity;
use std::path::{Path, PathBuf};

/// A provider and its endpoints.
pub(super) fn provider(provider: &ProviderReport, findings: &mut Vec<Finding>) {
    let mut found = |severity, code, message: String, remedy: &str| {
        let subject = Subject::Provider(provider.name.clone());
        let finding = Finding { severity, code, subject, message, remedy: remedy.to_owned() };
        // Its routes share most of what can be said of it.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    if let Some(problem) = &provider.problem {
        let remedy = "correct it, or take the provider out";
        found(Severity::Medium, Code::Unusable, problem.clone(), remedy);
    }
    for (name, endpoint) in &provider.endpoints {
        if endpoint.allow_private {
            found(
                Severity::Medium,
                Code::PrivateNetwork,
                format!("`{name}` ({}) may be at an address that is not public", endpoint.url),
                "take `allow-private` out unless the provider is in your own network",
            );
        }
        let is_plain = endpoint.url.starts_with("http://");
        if is_plain && endpoint.auth.is_some() && !is_loopback(&endpoint.url) {
            found(
                Severity::High,
                Code::Plaintext,
                format!("the credential for `{name}` goes to {} without TLS", endpoint.url),
                "give the endpoint a certificate, and write https://",
            );
        } else if endpoint.allow_plaintext {
            found(
                Severity::Low,
                Code::Plaintext,
                format!("`{name}` ({}) may be reached without TLS", endpoint.url),
                "take `allow-plaintext` out where the endpoint has TLS",
            );
        }
    }
    if let Some(source) = provider.identity.as_ref().and_then(|identity| identity.source.as_ref()) {
        for path in source.files().iter().filter(|path| others_read(path)) {
            found(
                Severity::High,
                Code::SecretFileReadable,
                format!("other users can read {}, of the identity `{source}`", path.display()),
                "`chmod 600` it, and have the identity's key replaced if others were there",
            );
        }
    }
    for secret in &provider.secrets {
        let name = &secret.name;
        match &secret.source {
            Some(SecretSource::File(path)) if others_read(path) => found(
                Severity::High,
                Code::SecretFileReadable,
                format!("other users can read {}, the secret `{name}`", path.display()),
                "`chmod 600` it, and have the key replaced if others were there",
            ),
            Some(source) if !secret.present && !secret.optional => found(
                Severity::Low,
                Code::SecretMissing,
                format!("there is no secret `{name}` at {source}"),
                "put it there, or name another source",
            ),
            _ => {}
        }
    }
    for limit in raised(&provider.limits, &provider.egress) {
        found(
            Severity::Low,
            Code::LimitRaised,
            format!("the limit {limit}"),
            "keep the default unless an answer needs more",
        );
    }
}

/// An adapter, its component and its grant.
pub(super) fn adapter(
    name: &str,
    adapter: &AdapterReport,
    providers: &[ProviderReport],
    config: &Config,
    findings: &mut Vec<Finding>,
) {
    let mut found = |severity, code, message: String, remedy: String| {
        let subject = Subject::Adapter(name.to_owned());
        findings.push(Finding { severity, code, subject, message, remedy });
    };
    if let Some(error) = &adapter.error {
        let (code, remedy) = match error {
            SetupError::Signature { .. } => (
                Code::SignatureRefused,
                "get the component and its signature from its publisher".to_owned(),
            ),
            SetupError::Digest { .. } | SetupError::Changed { .. } => {
                (Code::ComponentChanged, "find out who changed it before anything else".to_owned())
            }
            _ => (Code::ComponentRefused, "find out where it comes from".to_owned()),
        };
        found(Severity::Critical, code, error.to_string(), remedy);
    }
    if adapter.signed == SignatureReport::Nobody && adapter.digest.is_some() {
        found(
            Severity::Medium,
            Code::Unsigned,
            "nobody whom [signatures] names has signed it".to_owned(),
            "ask its publisher for a signature, and pin the publisher".to_owned(),
        );
    }
    match adapter.update.as_deref() {
        Some([]) => found(
            Severity::Info,
            Code::UpdateWaiting,
            "there is another component where it came from, which asks for nothing more".to_owned(),
            format!("`hotcell adapter trust {name}`, if you want it"),
        ),
        Some(wider) => found(
            Severity::High,
            Code::WidenedSinceLock,
            format!("what lies where it came from asks for more: {}", wider.join("; ")),
            format!("`hotcell adapter trust {name}` shows it; agree only if you know why"),
        ),
        None => {}
    }
    let wasi: Vec<String> = adapter
        .imports
        .iter()
        .filter(|import| import.name.starts_with("wasi:"))
        .map(|import| format!("{} ({})", import.name, import.gives))
        .collect();
    if !wasi.is_empty() {
        found(
            Severity::Medium,
            Code::WasiImports,
            format!("it imports {}", wasi.join(", ")),
            "ask whether it can be built without WASI".to_owned(),
        );
    }
    if adapter.crates.is_none() && adapter.digest.is_some() {
        found(
            Severity::Low,
            Code::NoDependencies,
            "it does not say what it is built from".to_owned(),
            "have its author pack it with `hotcell adapter pack DIR`".to_owned(),
        );
    }
    for rule in &adapter.wildcards {
        found(
            Severity::High,
            Code::WildcardPath,
            format!("`{rule}` stands for any path of that length"),
            "narrow it with the provider's `allow`, or have its author name the paths".to_owned(),
        );
    }
    let is_used = providers.iter().any(|provider| provider.adapter.as_deref() == Some(name));
    if !is_used && matches!(adapter.granted, GrantReport::Lock { .. }) {
        found(
            Severity::Low,
            Code::StaleLockEntry,
            "it is granted, and no configured provider uses it".to_owned(),
            format!("`hotcell adapter remove {name}`"),
        );
    }
    if !is_used && config.adapters.contains_key(name) {
        found(
            Severity::Low,
            Code::StaleLockEntry,
            "the configuration agrees to it, and no configured provider uses it".to_owned(),
            format!("take [adapters.{name}] out"),
        );
    }
    advisories(&adapter.advisories, &Subject::Adapter(name.to_owned()), findings);
}

/// What is known to be wrong with what something is built from.
pub(super) fn advisories(
    advisories: &[AdvisoryReport],
    subject: &Subject,
    findings: &mut Vec<Finding>,
) {
    for advisory in advisories {
        let AdvisoryReport { id, package, summary, severity, fixed } = advisory;
        let summary = summary.as_deref().unwrap_or("no summary");
        findings.push(Finding {
            severity: *severity,
            code: Code::Advisory,
            subject: subject.clone(),
            message: format!("{id} is about {package}, which it is built from: {summary}"),
            remedy: match fixed.is_empty() {
                true => {
                    "there is no version that is fixed: see whether it does any harm here".into()
                }
                false => format!("get one that is built from {}", fixed.join(" or ")),
            },
        });
    }
}

/// What concerns all of them.
pub(super) fn configuration(config: &Config, files: &[PathBuf], findings: &mut Vec<Finding>) {
    let mut found = |severity, code, subject: String, message: &str, remedy: &str| {
        let subject = Subject::Configuration(subject);
        let (message, remedy) = (message.to_owned(), remedy.to_owned());
        findings.push(Finding { severity, code, subject, message, remedy });
    };
    for file in files.iter().filter(|file| !is_own(file)) {
        found(
            Severity::High,
            Code::FileWritable,
            file.display().to_string(),
            "somebody else can change where keys are sent, and what adapters may do",
            "make it your own, and `chmod go-w` it",
        );
    }
    match &config.audit {
        None => found(
            Severity::Low,
            Code::NoAuditLog,
            "audit log".to_owned(),
            "nothing is written down of what adapters send",
            "write `file = \"audit.jsonl\"` under [audit]",
        ),
        Some(audit) if audit.on_failure == Some(OnFailure::Continue) => found(
            Severity::Low,
            Code::AuditLogContinues,
            "audit log".to_owned(),
            "requests go out though they cannot be written down",
            "take `on-failure = \"continue\"` out where every request has to be on record",
        ),
        Some(_) => {}
    }
    if let Some(transcripts) = &config.transcripts {
        found(
            Severity::Info,
            Code::TranscriptsKept,
            transcripts.directory.display().to_string(),
            "prompts and answers are kept there",
            "make sure that it is meant to, and for how long",
        );
    }
}

/// Limits that are higher than their defaults, each with both figures.
fn raised(cell: &Limits, egress: &hotcell_egress::Limits) -> Vec<String> {
    let tables = [
        (serde_json::to_value(cell), serde_json::to_value(Limits::default())),
        (serde_json::to_value(egress), serde_json::to_value(hotcell_egress::Limits::default())),
    ];
    let mut raised = Vec::new();
    for (set, default) in tables {
        let (Ok(set), Ok(default)) = (set, default) else { continue };
        for (name, value) in set.as_object().into_iter().flatten() {
            let (value, usual) = (value.as_u64(), default[name].as_u64());
            if let (Some(value), Some(usual)) = (value, usual)
                && value > usual
            {
                raised.push(format!("`{name}` is {value}, where {usual} is the default"));
            }
        }
    }
    raised
}

fn is_loopback(url: &str) -> bool {
    let host = url.trim_start_matches("http://").split(['/', '?']).next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(host, _)| host),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(unix)]
fn others_read(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(file).is_ok_and(|found| found.mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn others_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_by_the_host_alone() {
        for url in ["http://127.0.0.1:8000/v1", "http://localhost", "http://[::1]:80/"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://10.0.0.7:8000", "http://localhost.example", "http://127.0.0.1.example"]
        {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn only_what_was_raised_is_told() {
        let mut cell = Limits::default();
        assert!(raised(&cell, &hotcell_egress::Limits::default()).is_empty());
        cell.events += 1;
        cell.handles -= 1;
        let told = raised(&cell, &hotcell_egress::Limits::default());
        assert_eq!(told, ["`events` is 1000001, where 1000000 is the default"]);
    }
}
