//! What a component says that it is made of: the section that `cargo auditable` writes,
//! which auditors know how to read.

use auditable_serde::VersionInfo;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use thiserror::Error;

pub use auditable_serde::{DependencyKind, Package, Source as PackageSource};

/// The section of a component, or of a program, that carries its dependency tree.
pub const DEPENDENCIES_SECTION: &str = ".dep-v0";

/// Two thousand packages fit into this. What is longer, or becomes longer when it is
/// decompressed, is made to exhaust its reader.
const MAX_BYTES: usize = 512 * 1024;
const MAX_PACKAGES: usize = 4096;
const MAX_NAME_BYTES: usize = 64;
const MAX_VERSION_BYTES: usize = 128;

/// A dependency tree, as whoever built something states it: one root, without a cycle,
/// every package once. Nobody but who builds the source anew can know that it is true.
///
/// It is JSON, compressed by zlib, as
/// [cargo-auditable](https://github.com/rust-secure-code/cargo-auditable) specifies.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependencies(VersionInfo);

/// Why a dependency tree is none.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum DependenciesError {
    /// Longer than any has reason to be, before or after it was decompressed.
    #[error("it has more than {MAX_BYTES} bytes, or {MAX_PACKAGES} packages")]
    TooLarge,
    /// Not what zlib writes.
    #[error("it is not compressed by zlib")]
    Compression,
    /// Not the JSON that the format has; also a cycle, or more than one root.
    #[error("{0}")]
    Json(String),
    /// Well-formed, but it cannot be.
    #[error("package {package}: {message}")]
    Package {
        /// Its place in the list, from 0.
        package: usize,
        /// What is wrong.
        message: &'static str,
    },
    /// There is nothing that depends on all of it.
    #[error("it has no root")]
    NoRoot,
}

impl Dependencies {
    /// Reads the content of a [`DEPENDENCIES_SECTION`].
    ///
    /// # Errors
    /// [`DependenciesError`], for what is too large, broken or impossible.
    pub fn read(section: &[u8]) -> Result<Self, DependenciesError> {
        if section.len() > MAX_BYTES {
            return Err(DependenciesError::TooLarge);
        }
        let json = decompress_to_vec_zlib_with_limit(section, MAX_BYTES).map_err(|error| {
            match error.status {
                TINFLStatus::HasMoreOutput => DependenciesError::TooLarge,
                _ => DependenciesError::Compression,
            }
        })?;
        Self::from_json(&json)
    }

    /// Reads the JSON that such a section holds.
    ///
    /// # Errors
    /// As [`Dependencies::read`].
    pub fn from_json(json: &[u8]) -> Result<Self, DependenciesError> {
        if json.len() > MAX_BYTES {
            return Err(DependenciesError::TooLarge);
        }
        let tree = serde_json::from_slice(json)
            .map_err(|error| DependenciesError::Json(error.to_string()))?;
        Self::checked(tree)
    }

    /// Takes a tree that was made here.
    ///
    /// # Errors
    /// [`DependenciesError`], where a component with it could not be read.
    pub(crate) fn checked(tree: VersionInfo) -> Result<Self, DependenciesError> {
        if tree.packages.len() > MAX_PACKAGES {
            return Err(DependenciesError::TooLarge);
        }
        let mut known = BTreeSet::new();
        for (index, package) in tree.packages.iter().enumerate() {
            let wrong = |message| DependenciesError::Package { package: index, message };
            if !is_crate_name(&package.name) {
                return Err(wrong("its name is not one of a crate"));
            }
            if package.version.pre.len() + package.version.build.len() > MAX_VERSION_BYTES {
                return Err(wrong("its version is too long"));
            }
            if !known.insert((&package.name, &package.version, &package.source)) {
                return Err(wrong("it is there twice"));
            }
            let mut needed = BTreeSet::new();
            for dependency in &package.dependencies {
                if *dependency >= tree.packages.len() {
                    return Err(wrong("it depends on one that is not there"));
                }
                if !needed.insert(dependency) {
                    return Err(wrong("it depends on another one twice"));
                }
            }
        }
        if !tree.packages.iter().any(|package| package.root) {
            return Err(DependenciesError::NoRoot);
        }
        Ok(Self(tree))
    }

    /// The content of a [`DEPENDENCIES_SECTION`]. The same tree gives the same bytes.
    #[cfg(feature = "pack")]
    pub fn to_section(&self) -> Vec<u8> {
        let json = serde_json::to_vec(&self.0).unwrap_or_default();
        miniz_oxide::deflate::compress_to_vec_zlib(&json, 9)
    }

    /// Every package with what it is built from, the root among them.
    /// [`Package::dependencies`] are places in this list.
    pub fn packages(&self) -> &[Package] {
        &self.0.packages
    }

    /// What the others are dependencies of, and its place in the list.
    pub fn root(&self) -> (usize, &Package) {
        let mut all = self.0.packages.iter().enumerate();
        // There is one, as was checked.
        all.find(|(_, package)| package.root).unwrap_or((0, &self.0.packages[0]))
    }

    /// The packages without the root.
    pub fn others(&self) -> impl Iterator<Item = &Package> {
        self.0.packages.iter().filter(|package| !package.root)
    }
}

impl Serialize for Dependencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.packages.serialize(serializer)
    }
}

/// Where a package comes from, in a word.
pub fn package_source(source: &PackageSource) -> &str {
    match source {
        PackageSource::CratesIo => "crates.io",
        PackageSource::Git => "git",
        PackageSource::Local => "local",
        PackageSource::Registry => "registry",
        PackageSource::Other(other) => other,
        _ => "unknown",
    }
}

fn is_crate_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.bytes().all(plain)
}

/// How one package is other in two trees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum DependencyChange {
    /// It was not there before.
    Added {
        /// The package's name.
        name: String,
        /// Its version.
        version: String,
        /// Where it comes from, as [`package_source`] says it.
        source: String,
    },
    /// The same package in another version, or from another source.
    Changed {
        /// The package's name.
        name: String,
        /// The version before.
        old: String,
        /// The version now.
        new: String,
        /// Where it came from.
        old_source: String,
        /// Where it comes from now.
        new_source: String,
    },
    /// It is no longer there.
    Removed {
        /// The package's name.
        name: String,
        /// Its version.
        version: String,
        /// Where it came from.
        source: String,
    },
}

impl DependencyChange {
    /// All that lies between two trees but their roots: what was added first, then what
    /// changed, then what was removed.
    pub fn between(old: &Dependencies, new: &Dependencies) -> Vec<Self> {
        let beyond = |all: &Dependencies, than: &Dependencies| {
            let known: BTreeSet<_> =
                than.others().map(|one| (&one.name, &one.version, &one.source)).collect();
            let is_new = |one: &&Package| !known.contains(&(&one.name, &one.version, &one.source));
            all.others().filter(is_new).cloned().collect::<Vec<Package>>()
        };
        let (added, removed) = (beyond(new, old), beyond(old, new));
        let only = |all: &[Package], name: &str| -> Option<Package> {
            let mut of_the_name = all.iter().filter(|one| one.name == name);
            of_the_name.next().filter(|_| of_the_name.next().is_none()).cloned()
        };
        let mut changes = Vec::new();
        for package in &added {
            let source = package_source(&package.source).to_owned();
            let (name, version) = (package.name.clone(), package.version.to_string());
            let pair = (only(&removed, &name), only(&added, &name));
            changes.push(match pair {
                (Some(before), Some(_)) => Self::Changed {
                    name,
                    old: before.version.to_string(),
                    new: version,
                    old_source: package_source(&before.source).to_owned(),
                    new_source: source,
                },
                _ => Self::Added { name, version, source },
            });
        }
        for package in &removed {
            let (name, version) = (package.name.clone(), package.version.to_string());
            if only(&removed, &name).is_none() || only(&added, &name).is_none() {
                let source = package_source(&package.source).to_owned();
                changes.push(Self::Removed { name, version, source });
            }
        }
        changes.sort_unstable();
        changes
    }
}

#[cfg(test)]
#[path = "dependencies_tests.rs"]
mod tests;
