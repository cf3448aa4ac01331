//! A header that is let through was granted, says nothing that a grant cannot give, and
//! ends where it ends.

#![no_main]

use hotcell_egress::fuzzing;
use hotcell_manifest::HeaderPattern;
use libfuzzer_sys::fuzz_target;

/// Some of what no grant can give, as a server could spell it.
const NEVER: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
    "x-forwarded-host",
];

fuzz_target!(|input: (Vec<(&str, &str)>, Vec<&str>)| {
    let (headers, granted) = input;
    let granted: Vec<HeaderPattern> =
        granted.iter().filter_map(|pattern| pattern.parse().ok()).collect();
    // The widest grant that somebody could write down, too.
    let wide: Vec<HeaderPattern> =
        headers.iter().filter_map(|(name, _)| name.to_lowercase().parse().ok()).collect();
    let given: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for granted in [&granted, &wide] {
        let Some(passed) = fuzzing::headers(given.clone(), granted) else { continue };
        assert_eq!(passed.len(), given.len(), "one was added or left out");
        for (name, value) in &passed {
            assert!(granted.iter().any(|pattern| pattern.matches(name)), "{name} was not granted");
            assert!(!NEVER.contains(&name.replace('_', "-").as_str()), "{name}");
            assert_eq!(*name, name.to_lowercase());
            assert!(value.iter().all(|byte| *byte == b'\t' || (b' '..=b'~').contains(byte)));
        }
        let bytes: usize = passed.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(passed.len() <= 32 && bytes <= 16 * 1024, "{bytes} bytes");
    }
});
