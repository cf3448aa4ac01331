//! What this program is built from, as it was written down when it was built.

use hotcell::bundle::{self, Crate};
use hotcell::limits;
use hotcell::manifest::{Dependencies, Digest};
use hotcell_sbom::{Crates, Evidence, Kind, Subject};
use std::fs::File;
use std::io::Read;

const SECTION: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dependencies"));

/// In a section of its own, programs that audit others find it in the file.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".dep-v0"))]
#[allow(unsafe_code, reason = "the section is a name that no linker or loader gives a meaning to")]
static DEPENDENCIES: [u8; SECTION.len()] = {
    let mut bytes = [0; SECTION.len()];
    bytes.copy_from_slice(SECTION);
    bytes
};

/// What is known of the crates in it.
static CRATES: &[Crate] = include!(concat!(env!("OUT_DIR"), "/crates.rs"));

/// No program is longer.
const MAX_PROGRAM_BYTES: u64 = 16 * limits::COMPONENT_BYTES;

/// This program, for a bill of materials.
pub(crate) fn runner() -> Subject {
    let text = |text: &str| Some(text.to_owned());
    Subject {
        kind: Kind::Runner,
        name: "hotcell".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: text(env!("CARGO_PKG_DESCRIPTION")),
        license: text(env!("CARGO_PKG_LICENSE")),
        source: text(env!("CARGO_PKG_REPOSITORY")),
        revision: None,
        homepage: None,
        authors: None,
        digest: digest(),
        dependencies: Dependencies::read(&DEPENDENCIES).ok(),
        evidence: Evidence::Built,
    }
}

/// What is known of the crates of this program and of the adapters that it carries.
pub(crate) fn crates() -> Crates {
    let mut crates = Crates::default();
    for one in CRATES.iter().chain(bundle::CRATES) {
        crates.know(one.name, one.version, one.license, one.checksum);
    }
    crates
}

/// Of this program's file, where the system lets it be read.
fn digest() -> Option<Digest> {
    let mut program = Vec::new();
    let file = File::open(std::env::current_exe().ok()?).ok()?;
    file.take(MAX_PROGRAM_BYTES + 1).read_to_end(&mut program).ok()?;
    (program.len() as u64 <= MAX_PROGRAM_BYTES).then(|| Digest::of(&program))
}
