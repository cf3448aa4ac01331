//! Google: application-default credentials, in the order of Google's own libraries: the file of
//! a variable, the one that `gcloud auth application-default login` writes, the machine's own.

use super::errand::Errand;
use super::source::{Presence, Variables};
use super::{Issued, Needs, failed};
use crate::error::EgressError;
use std::fmt;
use std::path::PathBuf;

/// What a configuration can write.
pub(super) const FORMS: &str = "google, google-file:PATH, google-metadata";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What Google's own libraries would find.
    Ambient,
    /// A file of credentials.
    File(PathBuf),
    /// The machine's own service account.
    Metadata,
}

impl Source {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("google-file", path)) if !path.is_empty() => Some(Self::File(path.into())),
            None if text == "google" => Some(Self::Ambient),
            None if text == "google-metadata" => Some(Self::Metadata),
            _ => None,
        }
    }

    /// What is meant by [`Source::Ambient`] here.
    fn here(&self, variables: Variables<'_>) -> Self {
        if *self != Self::Ambient {
            return self.clone();
        }
        if let Some(file) = variables("GOOGLE_APPLICATION_CREDENTIALS") {
            return Self::File(file.into());
        }
        let folder = variables("CLOUDSDK_CONFIG").map(PathBuf::from).or_else(|| {
            variables("HOME").map(|home| PathBuf::from(home).join(".config").join("gcloud"))
        });
        let known = folder.map(|folder| folder.join("application_default_credentials.json"));
        known.filter(|file| file.exists()).map_or(Self::Metadata, Self::File)
    }

    pub(super) fn presence(&self, variables: Variables<'_>) -> Presence {
        match self.here(variables) {
            Self::File(file) if file.exists() => Presence::There,
            Self::File(_) => Presence::Absent,
            _ => Presence::Unknown,
        }
    }

    pub(super) fn needs(&self, variables: Variables<'_>) -> Needs {
        let mut needs = Needs::default();
        match self.here(variables) {
            Self::File(file) => {
                needs.ports.insert(443);
                needs.read.push(file);
            }
            _ => _ = needs.ports.insert(80),
        }
        needs
    }

    #[expect(clippy::unused_async, reason = "to be written")]
    pub(super) async fn issue(&self, _: &[String], _: &Errand<'_>) -> Result<Issued, EgressError> {
        Err(failed("not yet"))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => f.write_str("google"),
            Self::File(path) => write!(f, "google-file:{}", path.display()),
            Self::Metadata => f.write_str("google-metadata"),
        }
    }
}
