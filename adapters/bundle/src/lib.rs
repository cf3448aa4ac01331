//! The first-party adapters as packed components.
//!
//! The build script compiles each adapter for `wasm32-unknown-unknown`, wraps it
//! as a component and writes its manifest into it. The bytes and their digests
//! are part of the binary, so that what runs is what was reviewed with it.

#![forbid(unsafe_code)]

/// A component that is part of this binary.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// The adapter's name, as its manifest has it.
    pub name: &'static str,
    /// `sha256:` and 64 hex digits, of `component`.
    pub digest: &'static str,
    /// The packed component.
    pub component: &'static [u8],
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
