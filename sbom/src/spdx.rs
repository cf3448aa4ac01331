//! The subset of SPDX 3.0.1 that a bill needs, as JSON-LD.

use crate::graph::{Graph, Node, What, evidence, is_inside};
use crate::identifier::{address, timestamp, uuid};
use crate::{Bill, Kind, Match};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// Stands for what is not known.
const NO_ASSERTION: &str = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement";
/// The node in which all others say when they were made.
const CREATION: &str = "_:creation";

/// Every element of the document, and the name before each of theirs.
struct Elements {
    base: String,
    all: Vec<Value>,
}

pub(crate) fn document(bill: &Bill<'_>, created: SystemTime) -> Value {
    let graph = Graph::of(bill);
    // The name is of the content: first all is written below a name that nothing has.
    let unnamed = write(bill, &graph, created, "urn:uuid:");
    let base = format!("urn:uuid:{}", uuid(unnamed.to_string().as_bytes()));
    write(bill, &graph, created, &base)
}

fn write(bill: &Bill<'_>, graph: &Graph<'_>, created: SystemTime, base: &str) -> Value {
    let mut elements = Elements { base: base.to_owned(), all: Vec::new() };
    let tool = elements.add(
        "SoftwareAgent",
        "tool",
        json!({
            "name": format!("hotcell {}", bill.written_by),
        }),
    );
    let ids: Vec<String> = graph
        .nodes
        .iter()
        .map(|node| elements.name(&format!("package/{}", node.reference)))
        .collect();
    for node in &graph.nodes {
        let name = format!("package/{}", node.reference);
        elements.add("software_Package", &name, package(node));
    }
    relations(graph, &ids, &mut elements);
    licenses(graph, &ids, &mut elements);
    vulnerabilities(graph, &ids, &mut elements);

    let mut profiles = vec!["core", "software", "simpleLicensing"];
    if bill.advisories.is_some() {
        profiles.push("security");
    }
    let inside: Vec<String> = elements.ids();
    let sbom = elements.add(
        "software_Sbom",
        "sbom",
        json!({
            "profileConformance": profiles,
            "rootElement": [ids[0]],
            "element": inside,
            "software_sbomType": ["build"],
        }),
    );
    let inside: Vec<String> = elements.ids();
    elements.add(
        "SpdxDocument",
        "document",
        json!({
            "name": format!("{} {}", bill.subject.name, bill.subject.version),
            "profileConformance": profiles,
            "rootElement": [sbom],
            "element": inside,
        }),
    );
    let mut all = vec![json!({
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": timestamp(created),
        "createdBy": [tool],
    })];
    all.append(&mut elements.all);
    json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": all })
}

impl Elements {
    fn name(&self, of: &str) -> String {
        format!("{}#{of}", self.base)
    }

    /// Adds an element and gives its name.
    fn add(&mut self, kind: &str, of: &str, members: Value) -> String {
        let name = self.name(of);
        let mut element = json!({ "type": kind, "spdxId": name, "creationInfo": CREATION });
        if let (Value::Object(element), Value::Object(members)) = (&mut element, members) {
            element.extend(members);
        }
        self.all.push(element);
        name
    }

    fn ids(&self) -> Vec<String> {
        self.all.iter().filter_map(|one| one["spdxId"].as_str().map(str::to_owned)).collect()
    }
}

fn package(node: &Node<'_>) -> Value {
    let mut package = json!({ "name": node.name, "software_packageVersion": node.version });
    let purpose = match node.what {
        What::Subject(of) if of.kind == Kind::Runner => "application",
        _ => "library",
    };
    package["software_primaryPurpose"] = json!(purpose);
    if let Some(purl) = &node.purl {
        package["software_packageUrl"] = json!(purl);
    }
    if let Some(digest) = node.digest {
        let hash = json!({ "type": "Hash", "algorithm": "sha256", "hashValue": digest.hex() });
        package["verifiedUsing"] = json!([hash]);
    }
    match node.what {
        What::Crate { source, .. } => {
            package["software_sourceInfo"] = json!(format!("from {source}"));
        }
        What::Subject(of) => {
            package["comment"] = json!(format!("What it is built from: {}.", evidence(of)));
            if let Some(description) = &of.description {
                package["description"] = json!(description);
            }
            if let Some(homepage) = of.homepage.as_deref().and_then(address) {
                package["software_homePage"] = json!(homepage);
            }
            if let Some(source) = of.source.as_deref().and_then(address) {
                let reference = json!({
                    "type": "ExternalRef", "externalRefType": "vcs", "locator": [source],
                });
                package["externalRef"] = json!([reference]);
            }
            if let Some(revision) = &of.revision {
                package["software_sourceInfo"] = json!(format!("revision {revision}"));
            }
        }
    }
    package
}

/// What depends on what, and which adapters are inside of the runner.
fn relations(graph: &Graph<'_>, ids: &[String], elements: &mut Elements) {
    for (index, node) in graph.nodes.iter().enumerate() {
        let is_inner = |place: &usize| {
            *place < graph.subjects
                && matches!(graph.nodes[*place].what, What::Subject(of) if is_inside(of))
        };
        let builds =
            |place: &usize| matches!(graph.nodes[*place].what, What::Crate { builds: true, .. });
        let (inner, needs): (Vec<usize>, Vec<usize>) =
            node.needs.iter().partition(|one| is_inner(one));
        let (build, runtime): (Vec<usize>, Vec<usize>) = needs.iter().partition(|one| builds(one));
        let to = |places: &[usize]| -> Vec<&str> {
            places.iter().map(|place| ids[*place].as_str()).collect()
        };
        let name = |kind: &str| format!("{kind}/{}", node.reference);
        if !inner.is_empty() {
            elements.add(
                "Relationship",
                &name("contains"),
                json!({
                    "from": ids[index], "relationshipType": "contains", "to": to(&inner),
                }),
            );
        }
        for (places, scope) in [(runtime, "runtime"), (build, "build")] {
            if !places.is_empty() {
                elements.add(
                    "LifecycleScopedRelationship",
                    &name(scope),
                    json!({
                        "from": ids[index], "relationshipType": "dependsOn", "to": to(&places),
                        "scope": scope,
                    }),
                );
            }
        }
        if matches!(node.what, What::Subject(of) if of.dependencies.is_none()) {
            elements.add(
                "Relationship",
                &name("unknown"),
                json!({
                    "from": ids[index], "relationshipType": "dependsOn", "to": [NO_ASSERTION],
                    "completeness": "noAssertion",
                }),
            );
        }
    }
}

fn licenses(graph: &Graph<'_>, ids: &[String], elements: &mut Elements) {
    let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if let Some(license) = node.license {
            by_text.entry(license).or_default().push(index);
        }
    }
    for (number, (text, places)) in by_text.into_iter().enumerate() {
        let license = elements.add(
            "simplelicensing_LicenseExpression",
            &format!("license/{number}"),
            json!({ "simplelicensing_licenseExpression": text }),
        );
        for place in places {
            let name = format!("licensed/{}", graph.nodes[place].reference);
            elements.add(
                "Relationship",
                &name,
                json!({
                    "from": ids[place], "relationshipType": "hasDeclaredLicense", "to": [license],
                }),
            );
        }
    }
}

fn vulnerabilities(graph: &Graph<'_>, ids: &[String], elements: &mut Elements) {
    for (number, (one, places)) in graph.findings.iter().enumerate() {
        let id = elements.add(
            "security_Vulnerability",
            &format!("vulnerability/{number}"),
            vulnerability(one),
        );
        for place in places {
            let name = format!("vulnerable/{number}/{}", graph.nodes[*place].reference);
            elements.add("Relationship", &name, json!({
                "from": ids[*place], "relationshipType": "hasAssociatedVulnerability", "to": [id],
            }));
        }
    }
}

fn vulnerability(of: &Match<'_>) -> Value {
    let identifier = |id: &str| {
        let kind = if id.starts_with("CVE-") { "cve" } else { "securityOther" };
        json!({ "type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": id })
    };
    let advisory = of.advisory;
    let all = std::iter::once(advisory.id()).chain(advisory.aliases().iter().map(String::as_str));
    let mut vulnerability = json!({
        "name": advisory.id(),
        "externalIdentifier": all.map(identifier).collect::<Vec<Value>>(),
    });
    if let Some(summary) = advisory.summary() {
        vulnerability["summary"] = json!(summary);
    }
    vulnerability
}
