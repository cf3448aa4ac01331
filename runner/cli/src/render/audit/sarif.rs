//! The findings of an audit as [SARIF 2.1.0], which code scanning reads.
//!
//! [SARIF 2.1.0]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use hotcell::audit::{Code, Finding, Report, Subject};
use hotcell::manifest::Severity;
use serde_json::{Value, json};

pub(crate) fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = Code::ALL
        .iter()
        .map(|code| json!({ "id": code, "shortDescription": { "text": code.title() } }))
        .collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, report)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hotcell",
                "version": report.hotcell,
                "informationUri": "https://github.com/hotcell/hotcell",
                "rules": rules,
            } },
            "results": results,
            "columnKind": "unicodeCodePoints",
        }],
    })
}

fn result(finding: &Finding, report: &Report) -> Value {
    let file = match &finding.subject {
        Subject::Adapter(_) => file(report, "lock").or_else(|| file(report, "toml")),
        _ => file(report, "toml"),
    };
    let file = file.unwrap_or_else(|| "hotcell.toml".to_owned());
    let subject = finding.subject.to_string();
    json!({
        "ruleId": finding.code,
        "ruleIndex": Code::ALL.iter().position(|code| *code == finding.code),
        "level": level(finding.severity),
        "message": { "text": format!("{subject}: {}. {}.", finding.message, finding.remedy) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": file } },
            "logicalLocations": [{ "fullyQualifiedName": subject }],
        }],
        // What is the same finding the next time.
        "partialFingerprints": { "hotcell/v1": format!("{}/{subject}", finding.code) },
        "properties": { "severity": finding.severity },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The file of this kind that has the last word, as a relative URI where it is one.
fn file(report: &Report, extension: &str) -> Option<String> {
    let mut files = report.files.iter().rev();
    let file = files.find(|file| file.extension().is_some_and(|found| found == extension))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let mut uri = if file.is_absolute() { "file://".to_owned() } else { String::new() };
    for c in file.to_string_lossy().chars() {
        match plain(c) {
            true => uri.push(c),
            false => {
                let mut buffer = [0; 4];
                uri.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
            }
        }
    }
    Some(uri)
}
