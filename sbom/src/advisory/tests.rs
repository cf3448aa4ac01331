use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

/// A tree of one root with these crates.
fn tree(crates: &[(&str, &str, &str)]) -> Dependencies {
    let root = json!({ "name": "own", "version": "1.0.0", "source": "local", "root": true });
    let crates = crates.iter().map(
        |(name, version, source)| json!({ "name": name, "version": version, "source": source }),
    );
    let packages: Vec<Value> = std::iter::once(root).chain(crates).collect();
    let json = json!({ "packages": packages }).to_string();
    Dependencies::from_json(json.as_bytes()).unwrap()
}

fn about(name: &str, events: &Value) -> Value {
    json!({
        "id": "RUSTSEC-2026-0001",
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": name },
            "ranges": [{ "type": "SEMVER", "events": events }],
        }],
    })
}

fn database(entries: &[Value]) -> Advisories {
    Advisories::parse(json!(entries).to_string().as_bytes(), Path::new("database")).unwrap()
}

/// Which of the versions it is about.
fn affected(events: &Value, versions: &[&'static str]) -> Vec<&'static str> {
    let advisories = database(&[about("a", events)]);
    let is_affected =
        |version: &&&str| !advisories.matching(&tree(&[("a", version, "crates.io")])).is_empty();
    versions.iter().filter(is_affected).copied().collect()
}

#[test]
fn ranges_are_read_as_the_format_says() {
    let all = [
        "0.9.0",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.0",
        "1.2.0+build",
        "1.3.0-rc.1",
        "1.3.0",
        "2.0.0",
        "3.0.0",
    ];
    let cases = [
        (json!([{ "introduced": "0" }]), &all[..]),
        (json!([{ "introduced": "0.0.0-0" }, { "fixed": "1.0.0" }]), &["0.9.0", "1.0.0-rc.1"]),
        (json!([{ "introduced": "1.0.0" }, { "fixed": "1.3.0" }]), &all[2..6]),
        (json!([{ "introduced": "1.0.0" }, { "last_affected": "1.2.0" }]), &all[2..5]),
        // The order in which they stand is of no meaning.
        (
            json!([{ "fixed": "3.0.0" }, { "introduced": "2.0.0" }, { "fixed": "1.0.0" }, { "introduced": "0" }]),
            &["0.9.0", "1.0.0-rc.1", "2.0.0"],
        ),
        (json!([{ "introduced": "1" }, { "fixed": "1.3" }]), &all[2..6]),
        (json!([{ "introduced": "0" }, { "limit": "1.0.0" }]), &["0.9.0", "1.0.0-rc.1"]),
        (json!([{ "introduced": "0" }, { "limit": "*" }]), &all[..]),
        (json!([{ "introduced": "3.0.0", "fixed": "3.0.0" }]), &["3.0.0"]),
        (json!([{ "fixed": "1.0.0" }]), &[]),
        (json!([]), &[]),
    ];
    for (events, expected) in cases {
        assert_eq!(affected(&events, &all), expected, "{events}");
    }
}

#[test]
fn a_match_tells_what_the_advisory_says() {
    let advisories = database(&[json!({
        "id": "RUSTSEC-2026-0001",
        "aliases": ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
        "summary": "Everything is read",
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        "database_specific": { "severity": "CRITICAL" },
        "affected": [
            {
                "package": { "ecosystem": "crates.io", "name": "a" },
                "database_specific": { "informational": "unsound" },
                "ranges": [
                    { "type": "GIT", "events": [{ "introduced": "0" }, { "fixed": "not a version" }] },
                    { "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "0.9.9" },
                        { "introduced": "1.0.0" }, { "fixed": "1.1.0" }, { "introduced": "2.0.0" }, { "fixed": "2.0.1" }] },
                ],
            },
            { "package": { "ecosystem": "PyPI", "name": "a" }, "versions": ["anything", "1.0.0"] },
        ],
        "published": "ignored",
    })]);
    let tree = tree(&[
        ("a", "1.0.5", "crates.io"),
        ("a", "1.1.0", "crates.io"),
        ("b", "1.0.0", "crates.io"),
    ]);
    let matches = advisories.matching(&tree);
    let [one] = &matches[..] else { panic!("{matches:?}") };
    assert_eq!((one.package.name.as_str(), one.place), ("a", 1));
    assert_eq!(one.advisory.id(), "RUSTSEC-2026-0001");
    assert_eq!(one.advisory.aliases().len(), 2);
    assert_eq!(one.advisory.summary(), Some("Everything is read"));
    assert_eq!(one.advisory.severity(), Some("CRITICAL"));
    assert_eq!(one.advisory.informational(), Some("unsound"));
    assert!(one.advisory.scores()[0].vector.starts_with("CVSS:3.1/"));
    let fixed: Vec<String> = one.fixed.iter().map(ToString::to_string).collect();
    assert_eq!(fixed, ["1.1.0", "2.0.1"]);
}

#[test]
fn a_version_that_is_listed_is_affected() {
    let mut entry = about("a", &json!([]));
    entry["affected"][0]["versions"] = json!(["1.0.0", "1.0.1"]);
    let advisories = database(&[entry]);
    for (version, expected) in [("1.0.0", 1), ("1.0.1+x", 1), ("1.0.2", 0)] {
        assert_eq!(advisories.matching(&tree(&[("a", version, "crates.io")])).len(), expected);
    }
}

#[test]
fn what_is_about_something_else_is_left_out() {
    let everything = json!([{ "introduced": "0" }]);
    let mut withdrawn = about("a", &everything);
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let mut other = about("a", &everything);
    other["affected"][0]["package"]["ecosystem"] = json!("npm");
    assert!(database(&[withdrawn, other]).is_empty());
    let advisories = database(&[about("a", &everything)]);
    assert_eq!(advisories.len(), 1);
    for (name, source, expected) in [
        ("a", "crates.io", 1),
        ("A", "crates.io", 0),
        ("a", "git", 0),
        ("a", "local", 0),
        ("a", "registry", 0),
    ] {
        assert_eq!(
            advisories.matching(&tree(&[(name, "1.0.0", source)])).len(),
            expected,
            "{source}"
        );
    }
}

#[test]
fn files_folders_lists_and_lines_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let everything = json!([{ "introduced": "0" }]);
    let entry = |number: usize| {
        let mut entry = about("a", &everything);
        entry["id"] = json!(format!("RUSTSEC-2026-{number:04}"));
        entry
    };
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let one = write("one.json", format!("{:#}", entry(1)));
    let list = write("list.json", json!([entry(1), entry(2)]).to_string());
    let lines = write("below/lines.jsonl", format!("{}\n{}\n\n", entry(3), entry(2)));
    write("below/README.md", "not JSON".to_owned());
    let ids = |path: &Path| -> Vec<String> {
        Advisories::read(path).unwrap().all.into_iter().map(|one| one.id[13..].to_owned()).collect()
    };
    assert_eq!(ids(&one), ["0001"]);
    assert_eq!(ids(&list), ["0001", "0002"]);
    assert_eq!(ids(&lines), ["0002", "0003"]);
    assert_eq!(ids(folder.path()), ["0001", "0002", "0003"]);
}

#[test]
fn what_is_no_database_is_said_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let said = |text: &str| {
        let path = folder.path().join("a.json");
        fs::write(&path, text).unwrap();
        Advisories::read(&path).unwrap_err().to_string()
    };
    let bad = about("a", &json!([{ "introduced": "\u{1b}[2J" }])).to_string();
    for (text, expected) in [
        ("{\n  \"id\": 1 }", "line 2 column 9"),
        ("[]", "no advisory about a crate"),
        ("", "no advisory about a crate"),
        ("nothing", "expected"),
        ("{\"id\": \"\"}", "a name that is none"),
        ("{\"id\": \"a\\u001b[2J\"}", "a name that is none"),
        (bad.as_str(), "RUSTSEC-2026-0001: `\\u{1b}[2J` is not a semantic version"),
    ] {
        let said = said(text);
        assert!(said.contains("a.json") && said.contains(expected), "{text}: {said}");
    }
    let deep = format!("{{\"id\": \"a\", \"database_specific\": {}", "[".repeat(100_000));
    assert!(said(&deep).contains("recursion limit"));
    assert!(matches!(Advisories::read(Path::new("absent")), Err(AdvisoryError::Read { .. })));
}

#[test]
fn a_file_without_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    // As long as is told, and takes no place.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(Advisories::read(&path), Err(AdvisoryError::TooLarge { .. })));
}

#[cfg(unix)]
#[test]
fn a_link_below_a_folder_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(
        folder.path().join("a.json"),
        about("a", &json!([{ "introduced": "0" }])).to_string(),
    )
    .unwrap();
    std::os::unix::fs::symlink(folder.path(), inner.join("again")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", inner.join("endless.json")).unwrap();
    assert_eq!(Advisories::read(folder.path()).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn what_is_not_an_advisory_is_an_error_and_no_panic(text in "\\PC{0,200}") {
        let _ = Advisories::parse(text.as_bytes(), Path::new("anything"));
    }

    #[test]
    fn a_damaged_advisory_is_an_error_or_another_one(at in 0_usize..300, byte in any::<u8>()) {
        let mut text = about("a", &json!([{ "introduced": "1.0.0" }, { "fixed": "2.0.0" }])).to_string().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        if let Ok(advisories) = Advisories::parse(&text, Path::new("damaged")) {
            advisories.matching(&tree(&[("a", "1.0.0", "crates.io")]));
        }
    }

    /// By another way: each version is what the last event before it made of it.
    #[test]
    fn a_version_is_what_the_last_event_made_of_it(
        events in proptest::collection::btree_map(0_u64..12, any::<bool>(), 0..6), version in 0_u64..12,
    ) {
        let all: Vec<Value> = events.iter().rev().map(|(at, is_introduced)| {
            let kind = if *is_introduced { "introduced" } else { "fixed" };
            json!({ kind: format!("0.{at}.1") })
        }).collect();
        let expected = events.range(..version).next_back().is_some_and(|(_, introduced)| *introduced);
        let advisories = database(&[about("a", &json!(all))]);
        let tree = tree(&[("a", &format!("0.{version}.0"), "crates.io")]);
        prop_assert_eq!(!advisories.matching(&tree).is_empty(), expected);
    }
}
