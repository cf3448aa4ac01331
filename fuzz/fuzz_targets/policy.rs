//! A policy on signatures that is read says the same when it is written and read again, and
//! an adapter that a publisher is named for does not run unsigned.

#![no_main]

use hotcell_signature::{Policy, Trust};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(policy) = toml::from_str::<Policy>(text) else { return };
    let written = toml::to_string(&policy).expect("what was read can be written");
    assert_eq!(toml::from_str::<Policy>(&written).expect("what was written can be read"), policy);
    let Ok(trust) = Trust::load(policy) else { return };
    for adapter in ["a", "acme-chat", "openai"] {
        let unsigned = trust.verify(adapter, b"component", &[]);
        assert!(!trust.concerns(adapter) || unsigned.is_err(), "{adapter} runs unsigned");
    }
});
