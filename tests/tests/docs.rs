//! The documents tell the truth where a program can see it.

use std::fs;
use std::path::{Path, PathBuf};

/// Every test that a document names is there: `module::test` is a function of that
/// name in a file, or a folder, that is called `module`.
#[test]
fn tests_that_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sources = sources(&root);
    let mut named = 0;
    for document in [
        "docs/gateway.md",
        "docs/threat-model.md",
        "docs/litellm-2026.md",
        "docs/architecture.md",
        "docs/performance.md",
    ] {
        let text = fs::read_to_string(root.join(document)).expect("the document is there");
        for (module, test) in text.split('`').skip(1).step_by(2).filter_map(test_name) {
            named += 1;
            let found = sources.iter().any(|(path, source)| {
                path.iter().any(|part| {
                    Path::new(part).file_stem().is_some_and(|stem| stem.to_str() == Some(module))
                }) && declares(source, test)
            });
            assert!(found, "{document} names the test `{module}::{test}`, which is not there");
        }
    }
    assert!(named > 100, "the threat model names its tests, and {named} were found");
}

/// `module::test`, of plain names only.
fn test_name(code: &str) -> Option<(&str, &str)> {
    let (module, test) = code.split_once("::")?;
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    (plain(module) && plain(test)).then_some((module, test))
}

/// As a function, or as a line of a macro that makes functions.
fn declares(source: &str, test: &str) -> bool {
    source.contains(&format!("fn {test}(")) || source.contains(&format!("    {test}: "))
}

/// Every Rust file of the workspace, by its path below the root.
fn sources(root: &Path) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if name != "target" && !name.to_string_lossy().starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let path = path.strip_prefix(root).unwrap_or(&path).to_owned();
                sources.push((path, text));
            }
        }
    }
    sources
}
