//! A signature as a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A signature of whatever it was found beside. What it is worth, [`crate::Trust`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// How it is to be read.
    pub kind: Kind,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

/// The kinds of signatures that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A minisign signature.
    Minisign,
    /// An Ed25519 signature of the component's bytes.
    Ed25519,
    /// A Sigstore bundle.
    Sigstore,
}

/// Why a signature's file is not read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system does not let us.
    #[error("{}: {error}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Longer than any signature is.
    #[error("{}: it has more than {most} bytes, which no signature has", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// How many it may have.
        most: u64,
    },
    /// The name does not tell what it is.
    #[error(
        "{}: the name of a signature ends with .minisig, .sig or .sigstore.json",
        file.display()
    )]
    Unknown {
        /// The file.
        file: PathBuf,
    },
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minisign, Self::Ed25519, Self::Sigstore];

    /// What follows the component's name in the signature's.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Minisign => "minisig",
            Self::Ed25519 => "sig",
            Self::Sigstore => "sigstore.json",
        }
    }

    /// The file of a signature of this kind, beside a component's.
    pub fn beside(self, component: &Path) -> PathBuf {
        let mut file = component.as_os_str().to_owned();
        file.push(".");
        file.push(self.extension());
        PathBuf::from(file)
    }

    /// The most bytes that a signature of this kind may have. Bundles hold certificates,
    /// the proof of a log and, for an attestation, what is attested.
    pub fn most_bytes(self) -> u64 {
        match self {
            Self::Minisign | Self::Ed25519 => 4096,
            Self::Sigstore => 1024 * 1024,
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minisign => "minisign",
            Self::Ed25519 => "Ed25519",
            Self::Sigstore => "Sigstore",
        }
    }
}

impl Signature {
    /// The signatures that lie beside a component's file: at most one of each kind.
    ///
    /// # Errors
    /// [`ReadError`], for one that is there and cannot be read.
    pub fn beside(component: &Path) -> Result<Vec<Self>, ReadError> {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            match Self::read_as(kind, &kind.beside(component)) {
                Ok(signature) => found.push(signature),
                Err(ReadError::File { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// A signature in a file of this name, which tells its kind.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(file: &Path) -> Result<Self, ReadError> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let is = |kind: &Kind| name.ends_with(&format!(".{}", kind.extension()));
        match Kind::ALL.into_iter().find(is) {
            Some(kind) => Self::read_as(kind, file),
            None => Err(ReadError::Unknown { file: file.to_owned() }),
        }
    }

    fn read_as(kind: Kind, file: &Path) -> Result<Self, ReadError> {
        let unreadable = |error| ReadError::File { file: file.to_owned(), error };
        let opened = File::open(file).map_err(unreadable)?;
        Self::take(kind, opened)
            .map_err(unreadable)?
            .ok_or_else(|| ReadError::TooLarge { file: file.to_owned(), most: kind.most_bytes() })
    }

    /// Reads a signature of this kind; none where there is more than one has.
    ///
    /// # Errors
    /// What the reader said.
    pub fn take(kind: Kind, from: impl Read) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        from.take(kind.most_bytes() + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= kind.most_bytes()).then_some(Self { kind, bytes }))
    }
}
