//! Where identities come from. A configuration names a source, never a value.

use super::{Needs, aws, entra, google};
use hotcell_manifest::Auth;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where an identity comes from. Its text form stands in configurations and listings:
/// `aws`, `aws-profile:NAME`, `aws-web-identity`, `aws-container`, `aws-instance`, `google`,
/// `google-file:PATH`, `google-program:PATH`, `google-metadata`, `entra`,
/// `entra-client:TENANT/CLIENT`, `entra-certificate:TENANT/CLIENT/PATH`,
/// `entra-workload:TENANT/CLIENT/PATH`, `entra-managed` or `entra-managed:CLIENT`. The vendor's
/// name alone is what the vendor's own tools would find on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdentitySource(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Aws(aws::Source),
    Entra(entra::Source),
    Google(google::Source),
}

/// Whether there is an identity at its source, as far as that can be told without the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// There is something.
    There,
    /// There is nothing.
    Absent,
    /// Only a request would tell: the machine may have one from its cloud.
    Unknown,
}

/// What can be written for a scheme, for messages.
pub(super) fn forms(scheme: &str) -> &'static str {
    match scheme {
        "aws-sigv4" => aws::FORMS,
        "entra" => entra::FORMS,
        "google" => google::FORMS,
        _ => "nothing",
    }
}

impl IdentitySource {
    /// The scheme that it is for.
    pub fn scheme(&self) -> &'static str {
        match &self.0 {
            Kind::Aws(_) => "aws-sigv4",
            Kind::Entra(_) => "entra",
            Kind::Google(_) => "google",
        }
    }

    /// What a scheme takes where nothing is configured; none where it needs no identity.
    pub fn ambient(auth: &Auth) -> Option<Self> {
        match auth {
            Auth::AwsSigv4 { .. } => Some(Self(Kind::Aws(aws::Source::Chain))),
            Auth::Entra { .. } => Some(Self(Kind::Entra(entra::Source::Ambient))),
            Auth::Google { .. } => Some(Self(Kind::Google(google::Source::Ambient))),
            _ => None,
        }
    }

    /// Whether there is something at the source. Nothing is kept, and nobody is asked.
    pub fn presence(&self) -> Presence {
        match &self.0 {
            Kind::Aws(source) => source.presence(&variable),
            Kind::Entra(source) => source.presence(&variable),
            Kind::Google(source) => source.presence(&variable),
        }
    }

    /// The scheme's own secrets that it cannot do without.
    pub fn secrets(&self) -> &'static [&'static str] {
        match &self.0 {
            Kind::Entra(entra::Source::Client { .. }) => &[entra::SECRET],
            _ => &[],
        }
    }

    /// Where it has a token or a key for this scheme from, where that is not the vendor's own
    /// place for all. What AWS's files and variables say is looked at, and nobody is asked.
    pub fn place(&self, auth: &Auth) -> Option<String> {
        match (&self.0, auth) {
            (Kind::Aws(source), Auth::AwsSigv4 { region, .. }) => source.place(region, &variable),
            (Kind::Entra(source), _) => source.place(&variable),
            (Kind::Google(source), _) => source.place(&variable),
            _ => None,
        }
    }

    /// The region that AWS's own variables and files name, for a provider that is configured
    /// with none: for this identity, or for the one that would be found on this machine.
    pub fn aws_region(identity: Option<&Self>) -> Option<String> {
        let source = match identity.map(|identity| &identity.0) {
            Some(Kind::Aws(source)) => Some(source),
            _ => None,
        };
        aws::region(source, &variable)
    }

    /// The files that it is made of, as far as they are known.
    pub fn files(&self) -> Vec<PathBuf> {
        let Needs { mut read, keep, .. } = self.needs();
        read.extend(keep);
        read
    }

    /// What it reads and reaches.
    pub(crate) fn needs(&self) -> Needs {
        match &self.0 {
            Kind::Aws(source) => source.needs(&variable),
            Kind::Entra(source) => source.needs(&variable),
            Kind::Google(source) => source.needs(&variable),
        }
    }
}

impl FromStr for IdentitySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let aws = aws::Source::parse(text).map(|source| Self(Kind::Aws(source)));
        let entra = || entra::Source::parse(text).map(|source| Self(Kind::Entra(source)));
        let google = || google::Source::parse(text).map(|source| Self(Kind::Google(source)));
        // The text may be a secret that was pasted by mistake: it is not repeated.
        aws.or_else(entra).or_else(google).ok_or_else(|| {
            format!(
                "expected a source of the identity: {}, {}, {}",
                aws::FORMS,
                google::FORMS,
                entra::FORMS
            )
        })
    }
}

impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Aws(source) => source.fmt(f),
            Kind::Entra(source) => source.fmt(f),
            Kind::Google(source) => source.fmt(f),
        }
    }
}

impl TryFrom<String> for IdentitySource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<IdentitySource> for String {
    fn from(source: IdentitySource) -> Self {
        source.to_string()
    }
}

/// The environment, or what a test has for one.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable of the process's environment, if it says something.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
