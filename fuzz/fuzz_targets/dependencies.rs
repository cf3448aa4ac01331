//! A dependency tree that is read is the one that is written and read again, and advisories
//! about it are about packages that are in it.

#![no_main]

use hotcell_manifest::{Dependencies, DependencyChange};
use hotcell_sbom::Advisories;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (tree, advisories) = input;
    // Compressed bytes are read too, but are not what a fuzzer finds anything with.
    let _ = Dependencies::read(tree);
    let advisories = Advisories::parse(advisories, Path::new("advisories"));
    let Ok(tree) = Dependencies::from_json(tree) else { return };
    let again = Dependencies::read(&tree.to_section()).expect("what was written can be read");
    assert_eq!(again, tree);
    assert!(DependencyChange::between(&tree, &again).is_empty());
    let (root, _) = tree.root();
    assert_eq!(tree.others().count() + 1, tree.packages().len());
    assert!(root < tree.packages().len());
    let Ok(advisories) = advisories else { return };
    for found in advisories.matching(&tree) {
        assert_eq!(found.package, &tree.packages()[found.place]);
        let later = |fixed: &&_| **fixed > found.package.version;
        assert_eq!(found.fixed.iter().filter(later).count(), found.fixed.len());
    }
});
