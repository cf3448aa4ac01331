use crate::{DEPENDENCIES_SECTION, Dependencies, Manifest, ManifestError, SECTION};
use thiserror::Error;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

/// Magic number, version and layer.
const HEADER_BYTES: usize = 8;

/// Why a core module could not be packed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// The manifest is not acceptable.
    #[error("adapter.toml: {0}")]
    Manifest(#[from] ManifestError),
    /// The module has no component type, or cannot be wrapped.
    #[error("the module cannot be wrapped as a component: {0}")]
    Wrap(String),
}

/// Wraps a core module, built for `wasm32-unknown-unknown`, as a component that
/// carries its manifest and the standard metadata. The same input gives the
/// same bytes. A dependency tree that the module has, since it was built with
/// `cargo auditable`, is the component's.
///
/// # Errors
/// [`PackError`], where the manifest or the module is not acceptable.
pub fn pack(core_module: &[u8], manifest_text: &str) -> Result<Vec<u8>, PackError> {
    let tree = Parser::new(0).parse_all(core_module).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == DEPENDENCIES_SECTION => {
            Some(Dependencies::read(section.data()))
        }
        _ => None,
    });
    let dependencies = tree.transpose().map_err(ManifestError::from)?;
    pack_as(core_module, manifest_text, dependencies.as_ref())
}

/// The same, with what the module is known to be built from.
///
/// # Errors
/// As [`pack`].
pub fn pack_with(
    core_module: &[u8],
    manifest_text: &str,
    dependencies: &Dependencies,
) -> Result<Vec<u8>, PackError> {
    pack_as(core_module, manifest_text, Some(dependencies))
}

fn pack_as(
    core_module: &[u8],
    manifest_text: &str,
    dependencies: Option<&Dependencies>,
) -> Result<Vec<u8>, PackError> {
    let manifest = Manifest::parse(manifest_text)?;
    let wrap = |error: &dyn std::fmt::Display| PackError::Wrap(error.to_string());
    if Parser::is_component(core_module) {
        return Err(wrap(&"it is a component already"));
    }
    if !Parser::is_core_wasm(core_module) {
        return Err(wrap(&"it is not WebAssembly"));
    }
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(core_module)
        .map_err(|error| wrap(&format!("{error:#}")))?
        .encode()
        .map_err(|error| wrap(&format!("{error:#}")))?;
    let mut component = add_metadata(&component, &manifest).map_err(|error| wrap(&error))?;
    if let Some(dependencies) = dependencies {
        // Readers of this section look no further than the end of the first module in it,
        // so it has to stand before that: behind the eight bytes that a component opens with.
        let section = section(DEPENDENCIES_SECTION, dependencies.to_section());
        component.splice(HEADER_BYTES..HEADER_BYTES, section);
    }
    component.extend(section(SECTION, manifest_text.as_bytes().to_vec()));
    Ok(component)
}

fn section(name: &str, data: Vec<u8>) -> Vec<u8> {
    let section = CustomSection { name: name.into(), data: data.into() };
    let mut bytes = vec![section.id()];
    section.encode(&mut bytes);
    bytes
}

fn add_metadata(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>, String> {
    let identity = &manifest.adapter;
    let mut metadata = wasm_metadata::AddMetadata::default();
    metadata.name = wasm_metadata::AddMetadataField::Set(identity.name.clone());
    let version = wasm_metadata::Version::new(identity.version.clone());
    metadata.version = wasm_metadata::AddMetadataField::Set(version);
    if let Some(description) = &identity.description {
        let description = wasm_metadata::Description::new(description.clone());
        metadata.description = wasm_metadata::AddMetadataField::Set(description);
    }
    if let Some(license) = &identity.license {
        let licenses = wasm_metadata::Licenses::new(license).map_err(|error| error.to_string())?;
        metadata.licenses = wasm_metadata::AddMetadataField::Set(licenses);
    }
    if let Some(source) = &identity.source {
        let source = wasm_metadata::Source::new(source).map_err(|error| error.to_string())?;
        metadata.source = wasm_metadata::AddMetadataField::Set(source);
    }
    if let Some(revision) = &identity.revision {
        let revision = wasm_metadata::Revision::new(revision.clone());
        metadata.revision = wasm_metadata::AddMetadataField::Set(revision);
    }
    if let Some(homepage) = &identity.homepage {
        let homepage = wasm_metadata::Homepage::new(homepage).map_err(|error| error.to_string())?;
        metadata.homepage = wasm_metadata::AddMetadataField::Set(homepage);
    }
    if let Some(authors) = &identity.authors {
        let authors = wasm_metadata::Authors::new(authors.clone());
        metadata.authors = wasm_metadata::AddMetadataField::Set(authors);
    }
    metadata.to_wasm(component).map_err(|error| error.to_string())
}
