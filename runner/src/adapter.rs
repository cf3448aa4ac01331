//! A component that was read, checked and compiled: ready to be opened as a cell.

use crate::artifact::ArtifactCache;
use crate::cell::{self, State};
use crate::component::{Bytes, Component};
use crate::engine::Engine;
use crate::interface::{Interface, Interfaces, PACKAGE, VERSION};
use crate::limits;
use hotcell_bundle::Bundled;
use hotcell_manifest::{Dependencies, Digest, Inspection, Manifest, ManifestError};
use std::fmt;
use thiserror::Error;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, Linker};

const IMPORTS: [&str; 4] = ["types", "egress", "settings", "log"];

/// Why a component does not become an adapter.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// Larger than any adapter has reason to be.
    #[error("it has more than {} bytes", limits::COMPONENT_BYTES)]
    TooLarge,
    /// Not a component, or without an acceptable manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It asks for something that no cell has.
    #[error(
        "it imports {}, which no adapter may; a cell has only hotcell:adapter{VERSION}{}",
        .imports.join(", "),
        if *.wasi { "; if its language's runtime needs WASI, say `wasi = true` for the provider" } else { "" }
    )]
    Imports {
        /// The imports in question.
        imports: Vec<String>,
        /// Whether they are all of WASI.
        wasi: bool,
    },
    /// It has nothing that the runner could call.
    #[error("it exports no interface of hotcell:adapter{VERSION}, but: {}", .exports.join(", "))]
    Exports {
        /// What it exports.
        exports: Vec<String>,
    },
    /// Wasmtime does not accept it.
    #[error("it does not compile or link: {0}")]
    Wasm(String),
}

/// A component that is ready to be opened.
pub(crate) struct Adapter {
    inspection: Inspection,
    engine: Engine,
    pre: InstancePre<State>,
    interfaces: Interfaces,
}

/// Reads a component, and refuses one that asks for what no cell has. Nothing of
/// it is compiled or run.
///
/// # Errors
/// [`AdapterError`], saying what the component asks for.
pub fn inspect(component: &[u8], wasi: bool) -> Result<Inspection, AdapterError> {
    if component.len() as u64 > limits::COMPONENT_BYTES {
        return Err(AdapterError::TooLarge);
    }
    inspect_as(&Component::new(component), wasi)
}

/// The same for a component whose digest is known.
pub(crate) fn inspect_as(
    component: &Component<'_>,
    wasi: bool,
) -> Result<Inspection, AdapterError> {
    let inspection = match component.bytes {
        Bytes::Bundled(bundled) => stated(bundled, component.digest)?,
        Bytes::Here(ref bytes) if bytes.len() as u64 > limits::COMPONENT_BYTES => {
            return Err(AdapterError::TooLarge);
        }
        Bytes::Here(ref bytes) => hotcell_manifest::inspect_as(bytes, component.digest)?,
    };
    let own = |name: &&String| {
        let name = name.strip_prefix(PACKAGE).and_then(|name| name.strip_suffix(VERSION));
        name.is_some_and(|name| IMPORTS.contains(&name))
    };
    let foreign: Vec<String> =
        inspection.imports.iter().filter(|name| !own(name)).cloned().collect();
    let all_wasi = foreign.iter().all(|name| name.starts_with("wasi:"));
    if foreign.is_empty() || (wasi && all_wasi) {
        return Ok(inspection);
    }
    Err(AdapterError::Imports { imports: foreign, wasi: all_wasi })
}

/// What an inspection of a bundled component finds, as the binary states it.
fn stated(bundled: &Bundled, digest: Digest) -> Result<Inspection, AdapterError> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let unusable = |error: &dyn fmt::Display| ManifestError::Component(error.to_string());
    let dependencies = match bundled.dependencies {
        "" => None,
        json => {
            let read = Dependencies::from_json(json.as_bytes());
            Some(read.map_err(|error| unusable(&error))?)
        }
    };
    Ok(Inspection {
        digest,
        size: bundled.size,
        manifest: Manifest::parse(bundled.manifest)?,
        imports: owned(bundled.imports),
        exports: owned(bundled.exports),
        dependencies,
    })
}

impl Adapter {
    /// Compiles a component that was inspected, or takes its artifact from the cache.
    pub(crate) fn load(
        engine: &Engine,
        cache: &ArtifactCache,
        component: &Component<'_>,
        inspection: Inspection,
        wasi: bool,
    ) -> Result<Self, AdapterError> {
        let refused = |error: wasmtime::Error| AdapterError::Wasm(format!("{error:#}"));
        let compiled = cache.component(engine.wasmtime(), component).map_err(refused)?;
        let mut linker = Linker::new(engine.wasmtime());
        cell::link(&mut linker).map_err(refused)?;
        if wasi {
            crate::wasi::link(&mut linker, &compiled).map_err(refused)?;
        }
        let pre = linker.instantiate_pre(&compiled).map_err(refused)?;
        if !Interface::ALL.iter().any(|interface| interface.is_exported(&inspection)) {
            return Err(AdapterError::Exports { exports: inspection.exports });
        }
        let interfaces = Interfaces::of(&inspection, &pre).map_err(refused)?;
        Ok(Self { inspection, engine: engine.clone(), pre, interfaces })
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Instance> {
        self.pre.instantiate_async(store).await
    }

    pub(crate) fn name(&self) -> &str {
        &self.manifest().adapter.name
    }

    pub(crate) fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    fn manifest(&self) -> &Manifest {
        &self.inspection.manifest
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("inspection", &self.inspection).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_states_of_its_components_is_what_they_are() {
        for bundled in hotcell_bundle::ADAPTERS.iter().chain([&hotcell_bundle::HOSTILE]) {
            let found = hotcell_manifest::inspect(bundled.component()).unwrap();
            assert_eq!(found.digest.to_string(), bundled.digest, "{}", bundled.name);
            assert_eq!(stated(bundled, found.digest).unwrap(), found, "{}", bundled.name);
        }
    }
}
