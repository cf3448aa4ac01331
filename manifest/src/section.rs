use crate::{DEPENDENCIES_SECTION, Dependencies, Digest, Manifest, ManifestError};
use serde::Serialize;
use wasmparser::{Parser, Payload};

/// The custom section of a component that carries its `adapter.toml`.
pub const SECTION: &str = "hotcell.manifest";

/// A manifest is read by people; one that is larger hides something.
const MAX_MANIFEST_BYTES: usize = 64 * 1024;

/// What can be read from a component without running it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// The digest of the component's bytes.
    pub digest: Digest,
    /// The component's size in bytes.
    pub size: usize,
    /// What the component declares.
    pub manifest: Manifest,
    /// Every import of the outermost component, as its type section names it, in the
    /// order of the alphabet: a compiler may write them in any.
    pub imports: Vec<String>,
    /// Every export of the outermost component, in the same order.
    pub exports: Vec<String>,
    /// What it says that it is built from, where it does: a claim of whoever built it.
    pub dependencies: Option<Dependencies>,
}

/// Reads a component's declaration, imports and exports from its bytes alone.
///
/// # Errors
/// [`ManifestError`], where the bytes are not a component, or carry no
/// readable manifest.
pub fn inspect(component: &[u8]) -> Result<Inspection, ManifestError> {
    inspect_as(component, Digest::of(component))
}

/// The same for a component whose digest is known, which saves computing it.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_as(component: &[u8], digest: Digest) -> Result<Inspection, ManifestError> {
    let unusable = |error: &dyn std::fmt::Display| ManifestError::Component(error.to_string());
    if !Parser::is_component(component) {
        return Err(unusable(&if Parser::is_core_wasm(component) {
            "it is a core module, not a component; pack it first"
        } else {
            "the bytes are not WebAssembly"
        }));
    }
    let mut depth = 0_usize;
    let (mut imports, mut exports) = (vec![], vec![]);
    let (mut manifests, mut trees) = (vec![], vec![]);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| unusable(&error))? {
            // Every nested module or component opens with a version and closes
            // with an end; only what is outermost speaks for the component.
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(reader) if depth == 1 => {
                for import in reader {
                    imports.push(import.map_err(|error| unusable(&error))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(reader) if depth == 1 => {
                for export in reader {
                    exports.push(export.map_err(|error| unusable(&error))?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 1 && section.name() == SECTION => {
                manifests.push(section.data());
            }
            Payload::CustomSection(section)
                if depth == 1 && section.name() == DEPENDENCIES_SECTION =>
            {
                trees.push(section.data());
            }
            _ => {}
        }
    }
    let [manifest] = manifests[..] else {
        return Err(ManifestError::Section(manifests.len()));
    };
    if manifest.len() > MAX_MANIFEST_BYTES {
        return Err(ManifestError::Component(format!(
            "its manifest has {} bytes; at most {MAX_MANIFEST_BYTES} are read",
            manifest.len()
        )));
    }
    let dependencies = match trees[..] {
        [] => None,
        [tree] => Some(Dependencies::read(tree)?),
        _ => return Err(ManifestError::DependenciesSections(trees.len())),
    };
    imports.sort_unstable();
    exports.sort_unstable();
    let text = std::str::from_utf8(manifest)
        .map_err(|_| ManifestError::Component("its manifest is not UTF-8".to_owned()))?;
    Ok(Inspection {
        digest,
        size: component.len(),
        manifest: Manifest::parse(text)?,
        imports,
        exports,
        dependencies,
    })
}
