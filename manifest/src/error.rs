use crate::DependenciesError;
use thiserror::Error;

/// Why a manifest, or the component around it, cannot be accepted.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not TOML, or a key or value that the format does not have.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Well-formed, but it says something that cannot be enforced.
    #[error("{at}: {message}")]
    Invalid {
        /// The key, as a dotted path.
        at: String,
        /// What is wrong.
        message: String,
    },
    /// The bytes are not a WebAssembly component.
    #[error("not a usable component: {0}")]
    Component(String),
    /// What the component says that it is made of cannot be read.
    #[error("its dependency tree (`.dep-v0`) is not readable: {0}")]
    Dependencies(#[from] DependenciesError),
    /// A component that says so more than once.
    #[error("the component carries {0} dependency trees (`.dep-v0`), expected one at most")]
    DependenciesSections(usize),
    /// A component without the section, or with more than one.
    #[error(
        "the component carries {0} `hotcell.manifest` sections, expected one: pack it with its adapter.toml"
    )]
    Section(usize),
}

impl ManifestError {
    pub(crate) fn invalid(at: impl Into<String>, message: String) -> Self {
        Self::Invalid { at: at.into(), message }
    }

    pub(crate) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..start).unwrap_or_default();
        Self::Syntax {
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            message: error.message().to_owned(),
        }
    }
}
