//! What the process is told about AWS: its variables, and the files that they lead to.

use crate::credential::Secret;
use crate::identity::source::Variables;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The variables of AWS, and the home of the user. A snapshot, so that all that is decided
/// by it is decided by the same.
#[derive(Default)]
pub(super) struct Surroundings {
    variables: BTreeMap<String, Secret>,
    home: Option<PathBuf>,
}

/// What is looked at. Nothing else of the environment is taken.
const NAMES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

impl Surroundings {
    pub(super) fn new(variables: Variables<'_>) -> Self {
        let set = |name: &&str| Some(((*name).to_owned(), Secret::from(variables(name)?)));
        let home = variables("HOME").or_else(|| variables("USERPROFILE")).map(PathBuf::from);
        Self { variables: NAMES.iter().filter_map(set).collect(), home }
    }

    /// What a test says.
    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)], home: &str) -> Self {
        Self::new(&|name| match name {
            "HOME" => Some(home.to_owned()),
            _ => variables.iter().rev().find(|(own, _)| *own == name).map(|it| it.1.to_owned()),
        })
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
