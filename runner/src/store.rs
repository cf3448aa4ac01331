//! Components that a person agreed to, each under the digest of its bytes.

use crate::{limits, private};
use cap_std::fs::{Dir, OpenOptions};
use hotcell_manifest::Digest;
use hotcell_signature::{Kind, Signature};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A folder of components. Its files are named by their digests and by nothing else, and
/// opened below the folder, so that no name in a lock or a manifest leads out of it.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// Why a component cannot be had from the store.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is none of this digest.
    #[error("the store has no component {0}")]
    Absent(Digest),
    /// The file of this digest holds something else.
    #[error("the store's component {agreed} was changed, and is {found} now")]
    Changed {
        /// The digest that it is stored under.
        agreed: Digest,
        /// The digest of what is there.
        found: Digest,
        /// What is there.
        component: Vec<u8>,
    },
    /// The folder, or a file in it.
    #[error("{}: {error}", directory.display())]
    Unusable {
        /// The folder.
        directory: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Store {
    /// The store in this folder, which is made when something is put into it.
    pub fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The user's own: `$XDG_DATA_HOME/hotcell/adapters`, or where the system keeps such
    /// things; none where there is no home.
    pub fn of_the_user() -> Option<Self> {
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let below = match cfg!(target_os = "macos") {
            true => "Library/Application Support",
            false => ".local/share",
        };
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(below)))
            .or_else(|| absolute("LOCALAPPDATA"))
            .map(|data| Self::at(data.join("hotcell").join("adapters")))
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps a component and its signatures, in place of those that it had.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn put(&self, component: &[u8], signatures: &[Signature]) -> Result<Digest, StoreError> {
        let digest = Digest::of(component);
        self.write_all(&digest, component, signatures).map_err(|error| self.unusable(error))?;
        Ok(digest)
    }

    fn write_all(
        &self,
        digest: &Digest,
        component: &[u8],
        signatures: &[Signature],
    ) -> io::Result<()> {
        let directory = private::open(&self.directory)?;
        for kind in Kind::ALL {
            let name = signature_name(digest, kind);
            match signatures.iter().find(|signature| signature.kind == kind) {
                Some(signature) => write(&directory, &name, &signature.bytes)?,
                None => match directory.remove_file(name) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                },
            }
        }
        write(&directory, &name(digest), component)
    }

    /// The signatures that a component was kept with.
    ///
    /// # Errors
    /// [`StoreError::Unusable`].
    pub fn signatures(&self, digest: &Digest) -> Result<Vec<Signature>, StoreError> {
        let directory = private::open(&self.directory).map_err(|error| self.unusable(error))?;
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let opened = directory.open(signature_name(digest, kind));
            match opened.and_then(|file| Signature::take(kind, file)) {
                Ok(signature) => found.extend(signature),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(self.unusable(error)),
            }
        }
        Ok(found)
    }

    /// The component of this digest, and of no other.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let mut component = Vec::new();
        let read = private::open(&self.directory)
            .and_then(|directory| directory.open(name(digest)))
            .and_then(|file| file.take(limits::COMPONENT_BYTES + 1).read_to_end(&mut component));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Absent(*digest));
            }
            Err(error) => return Err(self.unusable(error)),
        }
        match Digest::of(&component) {
            found if found == *digest => Ok(component),
            found => Err(StoreError::Changed { agreed: *digest, found, component }),
        }
    }

    fn unusable(&self, error: io::Error) -> StoreError {
        StoreError::Unusable { directory: self.directory.clone(), error }
    }
}

/// Writes beside and renames: a file is there whole, or not at all.
fn write(directory: &Dir, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = format!("{name}.{}", std::process::id());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    directory.open_with(&beside, &options)?.write_all(bytes)?;
    directory.rename(&beside, directory, name)
}

fn name(digest: &Digest) -> String {
    format!("{}.wasm", digest.hex())
}

fn signature_name(digest: &Digest, kind: Kind) -> String {
    format!("{}.{}", name(digest), kind.extension())
}
