//! The documents are what the two specifications say, by the schemas that come with them.

mod schema;

use hotcell_manifest::{Dependencies, Digest};
use hotcell_sbom::{Advisories, Bill, Crates, Evidence, Kind, Subject};
use schema::{cyclonedx_faults, spdx_faults};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, SystemTime};

fn tree(packages: &Value) -> Dependencies {
    Dependencies::from_json(json!({ "packages": packages }).to_string().as_bytes()).expect("a tree")
}

fn subject(kind: Kind, name: &str, dependencies: Option<Dependencies>) -> Subject {
    Subject {
        kind,
        name: name.to_owned(),
        version: "1.2.3-rc.1+build".to_owned(),
        description: Some("One sentence".to_owned()),
        license: Some("MIT OR Apache-2.0".to_owned()),
        source: Some("https://example.com/source.git".to_owned()),
        revision: Some("0123abcd".to_owned()),
        homepage: Some("https://example.com".to_owned()),
        authors: Some("Somebody <somebody@example.com>".to_owned()),
        digest: Some(Digest::of(name.as_bytes())),
        dependencies,
        evidence: Evidence::Built,
    }
}

fn runner() -> Subject {
    subject(
        Kind::Runner,
        "hotcell",
        Some(tree(&json!([
            { "name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build" },
            { "name": "hotcell-cli", "version": "0.1.0", "source": "local", "dependencies": [0, 2, 3], "root": true },
            { "name": "memchr", "version": "2.0.0", "source": "crates.io" },
            // The same version from another place is another package.
            { "name": "memchr", "version": "2.0.0", "source": "git", "dependencies": [2] },
        ]))),
    )
}

fn adapter() -> Subject {
    subject(
        Kind::Adapter,
        "openai",
        Some(tree(&json!([
            { "name": "memchr", "version": "2.0.0", "source": "crates.io" },
            { "name": "openai", "version": "0.1.0", "source": "local", "dependencies": [0], "root": true },
        ]))),
    )
}

/// An adapter by somebody who would like to be read as something else.
fn hostile() -> Subject {
    let text = "\u{1b}]0;x\u{7}\"},{\"\n\u{202e}<script>";
    Subject {
        name: "hostile".to_owned(),
        description: Some(text.to_owned()),
        license: Some(text.to_owned()),
        source: Some(format!("https://example.com/{text}")),
        revision: Some(text.to_owned()),
        homepage: Some("javascript:alert(1)".to_owned()),
        authors: Some(text.to_owned()),
        evidence: Evidence::Stated,
        ..subject(Kind::Adapter, "hostile", None)
    }
}

fn crates() -> Crates {
    let mut crates = Crates::default();
    crates.know("memchr", "2.0.0", "Unlicense OR MIT", &"ab".repeat(32));
    crates.know("cc", "1.0.0", "", "not a digest");
    crates
}

fn advisories() -> Advisories {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("advisories.json");
    let advisory = json!({
        "id": "RUSTSEC-2026-0001",
        "aliases": ["CVE-2026-0001"],
        "summary": "Reads further than it should",
        "severity": [
            { "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
            { "type": "CVSS_V4", "score": "CVSS:4.0/AV:N" },
        ],
        "database_specific": { "severity": "MODERATE" },
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": "memchr" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.0.1" }] }],
        }],
    });
    fs::write(&file, advisory.to_string()).expect("a file");
    Advisories::read(&file).expect("advisories")
}

/// Each kind of bill, by a word for it.
fn bills<'a>(crates: &'a Crates, advisories: &'a Advisories) -> Vec<(&'static str, Bill<'a>)> {
    let bill = |subject: Subject, parts: Vec<Subject>, advisories: Option<&'a Advisories>| Bill {
        subject,
        parts,
        crates,
        advisories,
        written_by: "0.1.0",
    };
    vec![
        ("adapter", bill(adapter(), vec![], None)),
        ("hostile", bill(hostile(), vec![], Some(advisories))),
        ("all", bill(runner(), vec![adapter(), hostile()], Some(advisories))),
    ]
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_792_152_000)
}

#[test]
fn cyclonedx_is_what_its_schema_says() {
    let (crates, advisories) = (crates(), advisories());
    for (which, bill) in bills(&crates, &advisories) {
        for document in [bill.cyclonedx(None), bill.cyclonedx(Some(noon()))] {
            assert_eq!(cyclonedx_faults(&document), [""; 0], "{which}: {document:#}");
        }
    }
    // The schema is one that finds something.
    let (_, bill) = bills(&crates, &advisories).remove(2);
    for (at, value) in [
        ("/specVersion", json!(1.7)),
        ("/serialNumber", json!("urn:uuid:1")),
        ("/components/0/type", json!("crate")),
        ("/components/0/hashes/0/content", json!("abc")),
        ("/components/0/licenses/0", json!({ "license": { "id": "No-Such-License" } })),
        ("/components/0/externalReferences/0/url", json!("https://a b")),
        ("/vulnerabilities/0/ratings/0/severity", json!("dreadful")),
    ] {
        let mut document = bill.cyclonedx(None);
        match document.pointer_mut(at) {
            Some(place) => *place = value,
            None => document["vulnerabilities"][0]["ratings"][0]["severity"] = value,
        }
        assert_ne!(cyclonedx_faults(&document), [""; 0], "{at}");
    }
}

#[test]
fn spdx_is_what_its_schema_says() {
    let (crates, advisories) = (crates(), advisories());
    for (which, bill) in bills(&crates, &advisories) {
        let document = bill.spdx(noon());
        assert_eq!(spdx_faults(&document), [""; 0], "{which}: {document:#}");
    }
    let (_, bill) = bills(&crates, &advisories).remove(2);
    let good = bill.spdx(noon());
    let place = |kind: &str| {
        let graph = good["@graph"].as_array().expect("a graph");
        graph.iter().position(|one| one["type"] == kind).expect("one of the kind")
    };
    for (kind, member, value) in [
        ("CreationInfo", "created", json!("2026-10-16T12:00:00.5Z")),
        ("CreationInfo", "createdBy", json!([])),
        ("software_Package", "spdxId", json!("no IRI")),
        ("software_Package", "software_version", json!("1")),
        ("software_Package", "software_primaryPurpose", json!("crate")),
        ("Relationship", "to", json!([])),
        ("LifecycleScopedRelationship", "scope", json!("never")),
        ("SpdxDocument", "profileConformance", json!(["none"])),
    ] {
        let mut document = good.clone();
        document["@graph"][place(kind)][member] = value;
        assert_ne!(spdx_faults(&document), [""; 0], "{kind}.{member}");
    }
}

#[test]
fn cyclonedx_names_only_what_it_has_and_everything_once() {
    let (crates, advisories) = (crates(), advisories());
    for (which, bill) in bills(&crates, &advisories) {
        let document = bill.cyclonedx(None);
        let components = document["components"].as_array().unwrap();
        let all = std::iter::once(&document["metadata"]["component"]).chain(components);
        let references: Vec<&str> = all.map(|one| one["bom-ref"].as_str().unwrap()).collect();
        let known: BTreeSet<&str> = references.iter().copied().collect();
        assert_eq!(known.len(), references.len(), "{which}");
        let mut told = BTreeSet::new();
        for dependency in document["dependencies"].as_array().unwrap() {
            assert!(told.insert(dependency["ref"].as_str().unwrap()), "{which}");
            for needed in dependency["dependsOn"].as_array().unwrap() {
                assert!(known.contains(needed.as_str().unwrap()), "{which}: {needed}");
            }
        }
        assert_eq!(told, known, "{which}");
    }
}

#[test]
fn spdx_names_only_what_it_has_and_everything_once() {
    let (crates, advisories) = (crates(), advisories());
    for (which, bill) in bills(&crates, &advisories) {
        let document = bill.spdx(noon());
        let graph = document["@graph"].as_array().unwrap();
        let ids: Vec<&str> = graph.iter().filter_map(|one| one["spdxId"].as_str()).collect();
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!((known.len(), ids.len() + 1), (ids.len(), graph.len()), "{which}");
        for one in graph {
            let lists = ["to", "element", "rootElement", "createdBy"];
            let named = lists.iter().filter_map(|list| one[list].as_array()).flatten();
            for id in named.chain(one.get("from")).map(|id| id.as_str().unwrap()) {
                let is_known = known.contains(id) || id.ends_with("/NoAssertionElement");
                assert!(is_known, "{which}: {id}");
            }
        }
        let documents = graph.iter().filter(|one| one["type"] == "SpdxDocument");
        assert_eq!(documents.count(), 1);
    }
}

#[test]
fn both_tell_the_same_of_crates_licences_and_advisories() {
    let (crates, advisories) = (crates(), advisories());
    let (_, bill) = bills(&crates, &advisories).remove(2);
    assert_eq!(bill.matches().len(), 2);

    let document = bill.cyclonedx(None);
    let components = document["components"].as_array().unwrap();
    let memchr: Vec<&Value> = components.iter().filter(|one| one["name"] == "memchr").collect();
    let purls: Vec<&Value> = memchr.iter().map(|one| &one["purl"]).collect();
    // One of the runner, one of the adapter, and the runner's other one, which is not known.
    let purl = json!("pkg:cargo/memchr@2.0.0");
    assert_eq!(purls, [&purl, &Value::Null, &purl]);
    assert_eq!(memchr[0]["licenses"][0]["expression"], "Unlicense OR MIT");
    assert_eq!(memchr[0]["hashes"][0]["content"], "ab".repeat(32));
    assert_eq!((memchr[1].get("licenses"), memchr[1].get("hashes")), (None, None));
    let hostile = components.iter().find(|one| one["name"] == "hostile").unwrap();
    assert_eq!(hostile.get("externalReferences"), None);
    assert_eq!(document["compositions"][0]["dependencies"], json!([hostile["bom-ref"]]));
    let vulnerability = &document["vulnerabilities"][0];
    let affects: Vec<&Value> =
        vulnerability["affects"].as_array().unwrap().iter().map(|one| &one["ref"]).collect();
    assert_eq!(affects, [&memchr[0]["bom-ref"], &memchr[2]["bom-ref"]]);
    assert_eq!(vulnerability["recommendation"], "fixed in 2.0.1");

    let document = bill.spdx(noon());
    let graph = document["@graph"].as_array().unwrap();
    let related = |kind: &str| -> Vec<(&str, &str)> {
        let of_the_kind = graph.iter().filter(|one| one["relationshipType"] == kind);
        let end = |id: &Value| id.as_str().unwrap().to_owned().leak().rsplit_once('#').unwrap().1;
        of_the_kind.map(|one| (end(&one["from"]), end(&one["to"][0]))).collect()
    };
    let mark = |name: &str| Digest::of(name.as_bytes()).hex()[..12].to_owned();
    let runner = "package/hotcell@1.2.3-rc.1+build";
    let openai = format!("package/openai@1.2.3-rc.1+build~{}", mark("openai"));
    assert_eq!(related("contains"), [(runner, openai.as_str())]);
    let vulnerable: Vec<&str> =
        related("hasAssociatedVulnerability").into_iter().map(|(from, _)| from).collect();
    assert_eq!(vulnerable, [format!("{runner}/memchr@2.0.0"), format!("{openai}/memchr@2.0.0")]);
    assert_eq!(related("hasDeclaredLicense").len(), 5);
}

#[test]
fn the_same_bill_gives_the_same_bytes() {
    let (crates, advisories) = (crates(), advisories());
    let mut serials = BTreeSet::new();
    for (which, bill) in bills(&crates, &advisories) {
        assert_eq!(bill.cyclonedx(None).to_string(), bill.cyclonedx(None).to_string());
        assert_eq!(bill.spdx(noon()).to_string(), bill.spdx(noon()).to_string());
        let serial = bill.cyclonedx(None)["serialNumber"].to_string();
        assert!(serials.insert(serial), "{which} has the name of another document");
        assert_eq!(bill.cyclonedx(None)["metadata"].get("timestamp"), None);
    }
    let timed = bills(&crates, &advisories)[0].1.cyclonedx(Some(noon()));
    assert_eq!(timed["metadata"]["timestamp"], "2026-10-16T12:00:00Z");
}
