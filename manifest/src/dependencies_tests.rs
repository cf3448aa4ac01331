use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn section(tree: &Value) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(tree.to_string().as_bytes(), 6)
}

fn read(tree: &Value) -> Result<Dependencies, DependenciesError> {
    Dependencies::read(&section(tree))
}

fn package(name: &str, version: &str) -> Value {
    json!({ "name": name, "version": version, "source": "crates.io" })
}

/// A root that depends on all of the packages.
fn tree(packages: &[Value]) -> Value {
    let all: Vec<usize> = (1..=packages.len()).collect();
    let root = json!({ "name": "own", "version": "1.0.0", "source": "local", "root": true, "dependencies": all });
    let packages: Vec<Value> = std::iter::once(root).chain(packages.iter().cloned()).collect();
    json!({ "packages": packages, "format": 1 })
}

#[test]
fn what_cargo_auditable_writes_is_read() {
    let dependencies = read(&json!({
        "packages": [
            { "name": "adler", "version": "0.2.3", "source": "registry" },
            { "name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build" },
            { "name": "own", "version": "0.1.0", "source": "local", "dependencies": [0, 1], "root": true },
        ],
        // Formats to come are read as the ones before.
        "format": 8,
        "more": "ignored",
    }))
    .unwrap();
    assert_eq!(dependencies.root().0, 2);
    assert_eq!(dependencies.root().1.dependencies, [0, 1]);
    let others: Vec<&str> = dependencies.others().map(|one| one.name.as_str()).collect();
    assert_eq!(others, ["adler", "cc"]);
    assert_eq!(dependencies.packages()[1].kind, DependencyKind::Build);
}

#[test]
fn what_cannot_be_is_refused() {
    let long = format!("1.0.0-{}", "a".repeat(200));
    let cases = [
        ("not of the format", json!([])),
        ("no root", json!({ "packages": [package("a", "1.0.0")] })),
        ("nothing", json!({ "packages": [] })),
        (
            "two roots",
            json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": "local", "root": true },
                { "name": "b", "version": "1.0.0", "source": "local", "root": true },
            ] }),
        ),
        (
            "a cycle of one",
            json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": "local", "root": true, "dependencies": [0] },
            ] }),
        ),
        (
            "a cycle of two",
            json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": "local", "root": true, "dependencies": [1] },
                { "name": "b", "version": "1.0.0", "source": "local", "dependencies": [0] },
            ] }),
        ),
        (
            "a dependency that is not there",
            json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": "local", "root": true, "dependencies": [7] },
            ] }),
        ),
        ("a bad version", tree(&[package("a", "1.0")])),
        ("a gigantic version", tree(&[package("a", &long)])),
        ("a name that steers a terminal", tree(&[package("a\u{1b}[2J", "1.0.0")])),
        ("a name that is a path", tree(&[package("../a", "1.0.0")])),
        ("no name", tree(&[package("", "1.0.0")])),
        ("a gigantic name", tree(&[package(&"a".repeat(65), "1.0.0")])),
        ("one twice", tree(&[package("a", "1.0.0"), package("a", "1.0.0")])),
    ];
    for (what, tree) in cases {
        assert!(read(&tree).is_err(), "{what}");
    }
    assert!(read(&tree(&[package("a", "1.0.0"), package("a", "1.0.1")])).is_ok());
}

#[test]
fn a_bomb_is_given_up() {
    // A thousandth of what it becomes.
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; 1 << 28], 6);
    assert!(bomb.len() < MAX_BYTES);
    assert_eq!(Dependencies::read(&bomb), Err(DependenciesError::TooLarge));
    assert_eq!(Dependencies::read(&vec![0; MAX_BYTES + 1]), Err(DependenciesError::TooLarge));
    // Deeper than any reader's stack.
    let deep = format!("{{\"packages\":{}", "[".repeat(200_000));
    let deep = miniz_oxide::deflate::compress_to_vec_zlib(deep.as_bytes(), 6);
    assert!(matches!(Dependencies::read(&deep), Err(DependenciesError::Json(_))));
    let many: Vec<Value> = (0..MAX_PACKAGES).map(|n| package(&format!("a{n}"), "1.0.0")).collect();
    assert_eq!(read(&tree(&many)), Err(DependenciesError::TooLarge));
}

#[test]
fn what_was_added_changed_and_removed_is_told() {
    let old = read(&tree(&[
        package("kept", "1.0.0"),
        package("moved", "1.0.0"),
        package("gone", "1.0.0"),
        package("forked", "1.0.0"),
        package("twice", "1.0.0"),
    ]));
    let new = read(&tree(&[
        package("kept", "1.0.0"),
        package("moved", "1.0.1"),
        json!({ "name": "forked", "version": "1.0.0", "source": "git" }),
        package("fresh", "0.1.0"),
        package("twice", "2.0.0"),
        package("twice", "3.0.0"),
    ]));
    let changes = DependencyChange::between(&old.unwrap(), &new.unwrap());
    let words: Vec<String> = changes
        .iter()
        .map(|change| match change {
            DependencyChange::Added { name, version, source } => {
                format!("+ {name} {version} {source}")
            }
            DependencyChange::Changed { name, old, new, old_source, new_source } => {
                format!("~ {name} {old} {old_source} {new} {new_source}")
            }
            DependencyChange::Removed { name, version, .. } => format!("- {name} {version}"),
        })
        .collect();
    assert_eq!(
        words,
        [
            "+ fresh 0.1.0 crates.io",
            "+ twice 2.0.0 crates.io",
            "+ twice 3.0.0 crates.io",
            "~ forked 1.0.0 crates.io 1.0.0 git",
            "~ moved 1.0.0 crates.io 1.0.1 crates.io",
            "- gone 1.0.0",
            "- twice 1.0.0",
        ]
    );
}

proptest! {
    #[test]
    fn what_is_not_a_tree_is_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let compressed = miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 1);
        prop_assert!(Dependencies::read(&bytes).is_err());
        prop_assert!(Dependencies::read(&compressed).is_err());
    }

    #[test]
    fn any_graph_is_a_tree_or_an_error(edges in proptest::collection::vec(
        proptest::collection::vec(0_usize..9, 0..6), 1..9,
    )) {
        let packages: Vec<Value> = edges.iter().enumerate().map(|(index, needs)| json!({
            "name": format!("p{index}"), "version": "1.0.0", "source": "local",
            "root": index == 0, "dependencies": needs,
        })).collect();
        let all = edges.len();
        // By an order that was not told: what depends on nothing that is left is taken out.
        let mut left: BTreeSet<usize> = (0..all).collect();
        while let Some(next) = left.iter().copied().find(|one| {
            edges[*one].iter().all(|need| !left.contains(need))
        }) {
            left.remove(&next);
        }
        let in_range = edges.iter().flatten().all(|need| *need < all);
        let once = edges.iter().all(|needs| needs.iter().collect::<BTreeSet<_>>().len() == needs.len());
        let expected = left.is_empty() && in_range && once;
        prop_assert_eq!(read(&json!({ "packages": packages })).is_ok(), expected);
    }

    #[cfg(feature = "pack")]
    #[test]
    fn what_is_written_is_read_again(versions in proptest::collection::vec("[0-9]\\.[0-9]\\.[0-9]", 0..20)) {
        let packages: Vec<Value> = versions.iter().enumerate()
            .map(|(index, version)| package(&format!("p{index}"), version)).collect();
        let dependencies = read(&tree(&packages)).unwrap();
        prop_assert_eq!(Dependencies::read(&dependencies.to_section()).unwrap(), dependencies);
    }
}
