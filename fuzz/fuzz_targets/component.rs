//! What is read from a component without running it is what stands in it.

#![no_main]

use hotcell_manifest::{Digest, Manifest, SECTION, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|component: &[u8]| {
    // A manifest alone is what the fuzzer can write most easily.
    if let Ok(text) = std::str::from_utf8(component) {
        let wrapped = wrapped(text);
        match (inspect(&wrapped), Manifest::parse(text)) {
            (Ok(found), Ok(parsed)) => {
                assert_eq!(found.manifest, parsed);
                assert_eq!((found.imports.len(), found.exports.len()), (0, 0));
            }
            (Err(_), Err(_)) => {}
            // More than a manifest may have.
            (Err(_), Ok(_)) => assert!(text.len() > 64 * 1024),
            (Ok(_), Err(error)) => panic!("only the component is taken: {error}"),
        }
    }
    let Ok(found) = inspect(component) else { return };
    assert_eq!(found.digest, Digest::of(component));
    assert_eq!(found.size, component.len());
    assert!(found.imports.is_sorted() && found.exports.is_sorted());
    let section = SECTION.as_bytes();
    assert!(component.windows(section.len()).any(|part| part == section));
    // A second manifest would leave open which one counts.
    let twice = [component, &custom("[adapter]")].concat();
    assert!(inspect(&twice).is_err(), "two manifests");
});

/// A component that has a manifest and nothing else.
fn wrapped(manifest: &str) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0", custom(manifest).as_slice()].concat()
}

fn custom(manifest: &str) -> Vec<u8> {
    let name = [&[SECTION.len() as u8], SECTION.as_bytes()].concat();
    let size = leb(name.len() + manifest.len());
    [&[0], size.as_slice(), &name, manifest.as_bytes()].concat()
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
