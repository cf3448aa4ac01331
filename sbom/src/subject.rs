//! What a bill of materials is about.

use hotcell_manifest::{Dependencies, Digest, Inspection};
use std::collections::BTreeMap;

/// A program or a component with a tree of its own.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub description: Option<String>,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// The revision of the source.
    pub revision: Option<String>,
    /// Where more is told of it.
    pub homepage: Option<String>,
    /// Who is responsible for it.
    pub authors: Option<String>,
    /// The digest of its bytes, where they are at hand.
    pub digest: Option<Digest>,
    /// What it is built from, where it states that.
    pub dependencies: Option<Dependencies>,
    /// Who says so.
    pub evidence: Evidence,
}

/// The kinds of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program that runs adapters.
    Runner,
    /// A component that speaks a provider's protocol.
    Adapter,
}

/// Who says what something is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It is part of this program and was built with it, or is this program.
    Built,
    /// Its builder states it, and nobody has built it again.
    Stated,
}

impl Evidence {
    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Built => "written down when this program was built",
            Self::Stated => "stated by whoever built the component; not built again",
        }
    }
}

impl Subject {
    /// An adapter, as its component tells it.
    pub fn adapter(inspection: &Inspection, evidence: Evidence) -> Self {
        let identity = inspection.manifest.adapter.clone();
        Self {
            kind: Kind::Adapter,
            name: identity.name,
            version: identity.version,
            description: identity.description,
            license: identity.license,
            source: identity.source,
            revision: identity.revision,
            homepage: identity.homepage,
            authors: identity.authors,
            digest: Some(inspection.digest),
            dependencies: inspection.dependencies.clone(),
            evidence,
        }
    }
}

/// What a registry says of versions of crates, which never changes: licence and the digest
/// of the archive. A tree does not carry it, so only crates that this program was built
/// with are known, and its own.
#[derive(Clone, Debug, Default)]
pub struct Crates(BTreeMap<(String, String), Facts>);

#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) license: Option<String>,
    pub(crate) checksum: Option<Digest>,
}

impl Crates {
    /// Adds what is known of one version of a crate. An empty licence is none. A crate
    /// without a checksum of 64 hex digits is in no registry: it is one of what this program
    /// is built from itself, and of no other component.
    pub fn know(&mut self, name: &str, version: &str, license: &str, checksum: &str) {
        let license = Some(license.to_owned()).filter(|license| !license.is_empty());
        let checksum = format!("sha256:{checksum}").parse().ok();
        self.0.insert((name.to_owned(), version.to_owned()), Facts { license, checksum });
    }

    pub(crate) fn facts(&self, name: &str, version: &str) -> Option<&Facts> {
        self.0.get(&(name.to_owned(), version.to_owned()))
    }
}
