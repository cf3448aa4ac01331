//! What the process is told about AWS: its variables, and the files that they lead to.

use crate::authority::Authority;
use crate::credential::Secret;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

/// The variables of AWS, and the home of the user. A snapshot, so that all that is decided
/// by it is decided by the same.
#[derive(Default)]
pub(crate) struct Surroundings {
    variables: BTreeMap<String, Secret>,
    home: Option<PathBuf>,
}

impl Surroundings {
    pub(crate) fn of_the_process(_: &Authority) -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            name.starts_with("AWS_").then(|| (name, Secret::from(value)))
        });
        Self { variables: variables.collect(), home: std::env::home_dir() }
    }

    /// What a test says.
    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)], home: &Path) -> Self {
        let secret =
            |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::from((*value).to_owned()));
        Self { variables: variables.iter().map(secret).collect(), home: Some(home.to_owned()) }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.secret(name).map(|value| value.expose_secret())
    }

    /// The same as it is kept.
    pub(super) fn secret(&self, name: &str) -> Option<&Secret> {
        self.variables.get(name).filter(|value| !value.expose_secret().is_empty())
    }

    /// Whether a variable says `true`.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Where a file is: where the variable says, or below `~/.aws`.
    pub(super) fn file(&self, variable: &str, name: &str) -> Option<PathBuf> {
        match self.variable(variable) {
            Some(path) => Some(self.expanded(path)),
            None => self.in_home(name),
        }
    }

    /// A file of AWS's own tools.
    pub(super) fn in_home(&self, name: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".aws").join(name))
    }

    /// `~` is the user's home.
    pub(super) fn expanded(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}
