//! The subset of CycloneDX 1.7 that a bill needs.

use crate::graph::{Graph, Node, What, evidence};
use crate::identifier::{address, timestamp, uuid};
use crate::{Bill, Kind, Match, Subject};
use serde_json::{Map, Value, json};
use std::time::SystemTime;

pub(crate) fn document(bill: &Bill<'_>, created: Option<SystemTime>) -> Value {
    let graph = Graph::of(bill);
    let references = |places: &[usize]| -> Vec<&str> {
        places.iter().map(|place| graph.nodes[*place].reference.as_str()).collect()
    };
    let dependencies: Vec<Value> = graph
        .nodes
        .iter()
        .map(|node| json!({ "ref": node.reference, "dependsOn": references(&node.needs) }))
        .collect();
    // Of whom nothing is told that could be missing.
    let unknown: Vec<&str> = graph.nodes[..graph.subjects]
        .iter()
        .filter(|node| matches!(node.what, What::Subject(of) if of.dependencies.is_none()))
        .map(|node| node.reference.as_str())
        .collect();
    let mut metadata = json!({
        "lifecycles": [{ "phase": "build" }],
        "tools": { "components": [{
            "type": "application", "name": "hotcell", "version": bill.written_by,
        }] },
        "component": component(&graph.nodes[0]),
    });
    if let Some(created) = created {
        metadata["timestamp"] = json!(timestamp(created));
    }
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": Value::Null,
        "version": 1,
        "metadata": metadata,
        "components": graph.nodes[1..].iter().map(component).collect::<Vec<Value>>(),
        "dependencies": dependencies,
    });
    if !unknown.is_empty() {
        document["compositions"] = json!([{ "aggregate": "unknown", "dependencies": unknown }]);
    }
    if bill.advisories.is_some() {
        let findings = graph.findings.iter();
        document["vulnerabilities"] =
            findings.map(|(one, places)| vulnerability(one, &graph, places)).collect();
    }
    document["serialNumber"] = json!(format!("urn:uuid:{}", uuid(document.to_string().as_bytes())));
    document
}

fn component(node: &Node<'_>) -> Value {
    let kind = match node.what {
        What::Subject(of) if of.kind == Kind::Runner => "application",
        _ => "library",
    };
    let mut component = json!({ "type": kind, "bom-ref": node.reference });
    component["name"] = json!(node.name);
    component["version"] = json!(node.version);
    if let What::Subject(of) = node.what {
        about(of, &mut component);
    }
    if let Some(digest) = node.digest {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest.hex() }]);
    }
    if let Some(license) = node.license {
        component["licenses"] = json!([{ "expression": license }]);
    }
    if let Some(purl) = &node.purl {
        component["purl"] = json!(purl);
    }
    match node.what {
        What::Subject(_) => {}
        // What only builds is not in what was built.
        What::Crate { source, builds } => {
            component["scope"] = json!(if builds { "excluded" } else { "required" });
            component["properties"] = properties(&[("hotcell:source", source)]);
        }
    }
    component
}

fn about(of: &Subject, component: &mut Value) {
    if let Some(description) = &of.description {
        component["description"] = json!(description);
    }
    if let Some(authors) = &of.authors {
        component["authors"] = json!([{ "name": authors }]);
    }
    let addresses = [("vcs", &of.source), ("website", &of.homepage)];
    let references: Vec<Value> = addresses
        .iter()
        .filter_map(|(kind, text)| Some((kind, address(text.as_deref()?)?)))
        .map(|(kind, url)| json!({ "type": kind, "url": url }))
        .collect();
    if !references.is_empty() {
        component["externalReferences"] = json!(references);
    }
    let mut said = vec![("hotcell:dependencies", evidence(of))];
    said.extend(of.revision.as_deref().map(|revision| ("hotcell:revision", revision)));
    component["properties"] = properties(&said);
}

fn properties(all: &[(&str, &str)]) -> Value {
    all.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn vulnerability(of: &Match<'_>, graph: &Graph<'_>, places: &[usize]) -> Value {
    let advisory = of.advisory;
    let mut entry = Map::new();
    entry.insert("id".to_owned(), json!(advisory.id()));
    entry.insert("source".to_owned(), json!({ "name": authority(advisory.id()) }));
    if !advisory.aliases().is_empty() {
        let alias = |id: &String| json!({ "id": id, "source": { "name": authority(id) } });
        entry.insert("references".to_owned(), advisory.aliases().iter().map(alias).collect());
    }
    let mut ratings: Vec<Value> = advisory
        .scores()
        .iter()
        .map(|score| json!({ "method": method(&score.vector), "vector": score.vector }))
        .collect();
    ratings.extend(advisory.severity().and_then(level).map(|level| json!({ "severity": level })));
    if !ratings.is_empty() {
        entry.insert("ratings".to_owned(), json!(ratings));
    }
    if let Some(summary) = advisory.summary() {
        entry.insert("description".to_owned(), json!(summary));
    }
    if !of.fixed.is_empty() {
        let fixed: Vec<String> = of.fixed.iter().map(ToString::to_string).collect();
        entry.insert("recommendation".to_owned(), json!(format!("fixed in {}", fixed.join(", "))));
    }
    let affects = places.iter().map(|place| {
        let node = &graph.nodes[*place];
        let versions = json!([{ "version": node.version, "status": "affected" }]);
        json!({ "ref": node.reference, "versions": versions })
    });
    entry.insert("affects".to_owned(), affects.collect());
    Value::Object(entry)
}

/// Who gives such names: the word before the first `-`.
fn authority(id: &str) -> &str {
    match id.split('-').next() {
        Some("RUSTSEC") => "RustSec",
        Some(word) => word,
        None => "",
    }
}

fn method(vector: &str) -> &'static str {
    match vector {
        _ if vector.starts_with("CVSS:4.") => "CVSSv4",
        _ if vector.starts_with("CVSS:3.1") => "CVSSv31",
        _ if vector.starts_with("CVSS:3.0") => "CVSSv3",
        _ if vector.starts_with("AV:") => "CVSSv2",
        _ => "other",
    }
}

/// A database's own word for how bad it is, in the format's words.
fn level(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "critical" => Some("critical"),
        "high" => Some("high"),
        "moderate" | "medium" => Some("medium"),
        "low" => Some("low"),
        _ => None,
    }
}
