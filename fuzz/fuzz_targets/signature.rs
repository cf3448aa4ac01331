//! No signature that a stranger writes is a publisher's, whatever it is of.

#![no_main]

use hotcell_signature::{Kind, Policy, Signature, Trust};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Of a key whose other half nobody has, and of an authority that there is not.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("fuzz-root-{}.json", std::process::id()));
    std::fs::write(&root, include_str!("../trusted_root.json")).expect("a file");
    let text = format!(
        "trusted-root = '{}'\n\
         [publishers.a]\nadapters = ['x']\n\
         minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3'\n\
         [publishers.b]\nadapters = ['x']\ned25519 = '/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU='\n\
         [publishers.c]\nadapters = ['x']\n\
         sigstore = {{ identity = 'a@example.com', issuer = 'https://accounts.example.com' }}\n",
        root.display()
    );
    let policy: Policy = toml::from_str(&text).expect("a policy");
    let trust = Trust::load(policy).expect("its keys");
    let _ = std::fs::remove_file(root);
    trust
});

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (kind, component, bytes) = input;
    let kind = Kind::ALL[usize::from(kind) % Kind::ALL.len()];
    let signature = Signature { kind, bytes: bytes.to_vec() };
    assert!(TRUST.verify("x", component, &[signature]).is_err(), "a forged signature");
});
