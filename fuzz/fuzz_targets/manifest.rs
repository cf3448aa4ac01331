//! A manifest that is read says the same when it is written and read again, and differs in
//! nothing from itself.

#![no_main]

use hotcell_manifest::{Changes, Manifest, capabilities_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(manifest) = Manifest::parse(text) else { return };
    let written = toml::to_string(&manifest).expect("what was read can be written");
    let again = Manifest::parse(&written).expect("what was written can be read");
    assert_eq!(again, manifest);
    let asked = capabilities_of(&[], &manifest.endpoints, &manifest.settings, &manifest.secrets);
    let changes = Changes::between(&asked, &asked);
    assert!(changes.wider.is_empty() && changes.narrower.is_empty(), "{changes:?}");
    for rule in manifest.endpoints.values().flat_map(|endpoint| &endpoint.allow) {
        for dots in [".", ".."] {
            assert!(!rule.path.as_str().split('/').any(|segment| segment == dots), "{rule:?}");
        }
    }
});
