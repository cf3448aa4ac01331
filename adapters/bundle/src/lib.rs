//! The first-party adapters as packed components.
//!
//! The build script compiles each adapter for `wasm32-unknown-unknown`, wraps it
//! as a component and writes its manifest into it. The bytes and their digests
//! are part of the binary, so that what runs is what was reviewed with it.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

/// A component that is part of this binary, and what there is to know of it without its bytes.
#[derive(Debug)]
pub struct Bundled {
    /// The adapter's name, as its manifest has it.
    pub name: &'static str,
    /// `sha256:` and 64 hex digits, of the component.
    pub digest: &'static str,
    /// The component's size in bytes.
    pub size: usize,
    /// Its `adapter.toml`.
    pub manifest: &'static str,
    /// What it imports, in the order of the alphabet.
    pub imports: &'static [&'static str],
    /// What it exports, in the order of the alphabet.
    pub exports: &'static [&'static str],
    /// The crates that it is built from, as JSON; empty where it does not say.
    pub dependencies: &'static str,
    /// What it begins with, compressed; other adapters may begin with the same.
    body: &'static [u8],
    /// What it ends with.
    tail: &'static [u8],
    unpacked: OnceLock<Vec<u8>>,
}

impl Bundled {
    /// The packed component's bytes, which are unpacked when they are first asked for.
    pub fn component(&self) -> &[u8] {
        self.unpacked.get_or_init(|| {
            // A test unpacks every one of them and holds it against its digest. What would not
            // unpack is no component, and does not compile.
            let body = miniz_oxide::inflate::decompress_to_vec_with_limit(self.body, self.size);
            let mut component = body.unwrap_or_default();
            component.extend_from_slice(self.tail);
            component
        })
    }
}

/// What is known of one version of a crate, of a registry or of our own.
#[derive(Clone, Copy, Debug)]
pub struct Crate {
    /// The crate's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its licence, as an SPDX expression; empty where it states none.
    pub license: &'static str,
    /// The SHA-256 of its archive, as 64 hex digits; empty where it is in no registry.
    pub checksum: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// The bundled adapter of this name.
pub fn adapter(name: &str) -> Option<&'static Bundled> {
    ADAPTERS.iter().find(|adapter| adapter.name == name)
}
