//! The import list of a component is its capability list.

use hotcell::bundle::{ADAPTERS, HOSTILE};

#[test]
fn bundled_adapters_import_nothing_but_the_wall() {
    for bundled in ADAPTERS.iter().chain([&HOSTILE]) {
        let inspection = hotcell::manifest::inspect(bundled.component()).unwrap();
        assert!(!inspection.imports.is_empty(), "{}", bundled.name);
        for import in &inspection.imports {
            assert!(import.starts_with("hotcell:adapter/"), "{} imports {import}", bundled.name);
        }
        assert_eq!(inspection.digest.to_string(), bundled.digest, "{}", bundled.name);
    }
}

/// What is fetched, reviewed and compiled stays small.
#[test]
fn bundled_adapters_are_small() {
    for bundled in ADAPTERS.iter().chain([&HOSTILE]) {
        let size = bundled.component().len();
        assert!(size <= 300_000, "{} has {size} bytes", bundled.name);
    }
}
