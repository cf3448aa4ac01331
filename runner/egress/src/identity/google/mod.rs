//! Google: application-default credentials, in the order of Google's own libraries: the file of
//! a variable, the one that `gcloud auth application-default login` writes, the machine's own.
//!
//! <https://cloud.google.com/docs/authentication/application-default-credentials>,
//! <https://google.aip.dev/auth/4110>

mod aws;
mod external;
mod file;
mod program;
mod service_account;
mod subject;

use super::errand::{Ask, Errand, METADATA};
use super::source::{Presence, Variables};
use super::{Issued, Needs, Origin, failed, oauth2};
use crate::authority::Authority;
use crate::credential::{Secret, SecretSource, percent_encoded};
use crate::error::EgressError;
use file::Credentials;
use program::Programs;
use serde::Deserialize;
use serde_json::json;
use std::fmt;
use std::path::PathBuf;

/// What a configuration can write.
pub(super) const FORMS: &str = "google, google-file:PATH, google-program:PATH, google-metadata";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What Google's own libraries would find.
    Ambient,
    /// A file of credentials.
    File(PathBuf),
    /// The same, and a program that it names may be run.
    Program(PathBuf),
    /// The machine's own service account.
    Metadata,
}

impl Source {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("google-file", path)) if !path.is_empty() => Some(Self::File(path.into())),
            Some(("google-program", path)) if !path.is_empty() => Some(Self::Program(path.into())),
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

    /// The file, and whether a program that it names may be run; none where there is no file.
    fn file(&self, variables: Variables<'_>) -> Option<(PathBuf, Programs)> {
        match self.here(variables) {
            Self::File(path) => Some((path, Programs::Refuse)),
            Self::Program(path) => Some((path, Programs::Run)),
            Self::Ambient | Self::Metadata => None,
        }
    }

    pub(super) fn presence(&self, variables: Variables<'_>) -> Presence {
        match self.file(variables) {
            Some((file, _)) if file.exists() => Presence::There,
            Some(_) => Presence::Absent,
            None => Presence::Unknown,
        }
    }

    pub(super) fn needs(&self, variables: Variables<'_>) -> Needs {
        let mut needs = Needs::default();
        match self.file(variables) {
            Some((file, programs)) => {
                needs.ports.insert(443);
                // It may name another one, whose token somebody writes anew every hour.
                let source = SecretSource::File(file.clone());
                let text = source.read(&Authority::of_the_process()).ok();
                if let Some(credentials) = text.and_then(|text| Credentials::read(&text).ok()) {
                    credentials.needs(programs, variables, &mut needs);
                }
                needs.read.push(file);
            }
            None => _ = needs.ports.insert(80),
        }
        needs
    }

    /// Where the token comes from that requests have, where that is not the usual place.
    pub(super) fn place(&self, variables: Variables<'_>) -> Option<String> {
        let Some((file, _)) = self.file(variables) else {
            return Some(format!("http://{}", METADATA.ip()));
        };
        let text = SecretSource::File(file).read(&Authority::of_the_process()).ok()?;
        let (origin, _) =
            Origin::trusted(Credentials::read(&text).ok()?.place()?, None, is_google).ok()?;
        Some(format!("{}://{}", origin.scheme, origin.host))
    }

    pub(super) async fn issue(
        &self,
        scopes: &[String],
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        let Some((path, programs)) = self.file(&|name| errand.variable(name)) else {
            return machine(scopes, errand).await.map_err(|error| self.explained(error));
        };
        let at = |error: EgressError| EgressError {
            message: format!("{}: {}", path.display(), error.message),
            ..error
        };
        let credentials = Credentials::read(&errand.file(&path)?).map_err(at)?;
        let mut issued = credentials.issue(scopes, programs, errand).await.map_err(at)?;
        if let Some(project) = credentials.quota_project() {
            let value = project.parse().map_err(|_| failed("its quota project is none"))?;
            let name = http::HeaderName::from_static("x-goog-user-project");
            issued.headers.push((name, value));
        }
        Ok(issued)
    }

    /// What to do where the last of several ways did not lead anywhere.
    fn explained(&self, mut error: EgressError) -> EgressError {
        if *self == Self::Ambient {
            error.message.push_str(
                "; GOOGLE_APPLICATION_CREDENTIALS is not set either, and \
                 `gcloud auth application-default login` has left no file",
            );
        }
        error
    }
}

/// The machine's own service account, from its metadata service.
async fn machine(scopes: &[String], errand: &Errand<'_>) -> Result<Issued, EgressError> {
    const FROM: &str = "Google's metadata service";
    let scopes = percent_encoded(&scopes.join(","));
    let path =
        format!("/computeMetadata/v1/instance/service-accounts/default/token?scopes={scopes}");
    let ask = Ask::get(errand.metadata()?, path).header("metadata-flavor", "Google")?;
    let answer = errand.ask(ask).await?;
    // Another cloud has something else at the same address.
    if answer.headers.get("metadata-flavor").is_none_or(|flavor| flavor != "Google") {
        return Err(failed("the machine's metadata service is not Google's"));
    }
    oauth2::token(&answer, FROM)
}

/// Whether a token may be fetched at a host that a file names.
fn is_google(host: &str) -> bool {
    const HOSTS: [&str; 5] = [
        "accounts.google.com",
        "iamcredentials.googleapis.com",
        "oauth2.googleapis.com",
        "sts.googleapis.com",
        "www.googleapis.com",
    ];
    // The same in one region.
    let region = |host: &str| {
        let host = host.strip_suffix(".rep.googleapis.com")?;
        let region = host.strip_prefix("sts.").or(host.strip_prefix("iamcredentials."))?;
        Some(!region.contains('.'))
    };
    HOSTS.contains(&host) || region(host) == Some(true)
}

/// Where a file says that tokens are, if that is where they can be.
fn place(url: &str, errand: &Errand<'_>) -> Result<(Origin, String), EgressError> {
    Origin::trusted(url, errand.origin, is_google)
}

/// A token of a service account's for who may act as it
/// (<https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>).
async fn impersonate(
    url: &str,
    delegates: &[String],
    lifetime: Option<u32>,
    scopes: &[String],
    own: Issued,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Success {
        access_token: Secret,
        expire_time: String,
    }

    const FROM: &str = "the service account that is impersonated";
    let (origin, path) = place(url, errand)?;
    let mut body = json!({
        "scope": scopes,
        "lifetime": format!("{}s", lifetime.unwrap_or(3600)),
    });
    if !delegates.is_empty() {
        body["delegates"] = json!(delegates);
    }
    let ask = own.credential.on(Ask::json(origin, path, &body))?;
    let Success { access_token, expire_time } = errand.ask(ask).await?.json(FROM)?;
    let lifetime = super::lifetime::until(&expire_time, errand.now());
    let mut issued = oauth2::bearer(access_token, lifetime, FROM)?;
    issued.sensitive = own.credential.sensitive();
    issued.sensitive.extend(own.sensitive);
    Ok(issued)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => f.write_str("google"),
            Self::File(path) => write!(f, "google-file:{}", path.display()),
            Self::Program(path) => write!(f, "google-program:{}", path.display()),
            Self::Metadata => f.write_str("google-metadata"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["google", "google-file:/etc/a:b.json", "google-program:/a", "google-metadata"]
        {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "google:", "google-file", "google-file:", "google-program:", "google-metadata:x"]
        {
            assert_eq!(Source::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_googles_libraries() {
        let home = tempfile::tempdir().unwrap();
        let here = |with_variable: bool| {
            let folder = home.path().display().to_string();
            Source::Ambient.here(&move |name| match name {
                "GOOGLE_APPLICATION_CREDENTIALS" if with_variable => Some("/a.json".to_owned()),
                "HOME" => Some(folder.clone()),
                _ => None,
            })
        };
        assert_eq!(here(true), Source::File("/a.json".into()));
        assert_eq!(here(false), Source::Metadata);
        let folder = home.path().join(".config/gcloud");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("application_default_credentials.json");
        std::fs::write(&file, "{}").unwrap();
        assert_eq!(here(false), Source::File(file));
    }

    #[test]
    fn tokens_are_fetched_at_few_hosts() {
        for host in
            ["oauth2.googleapis.com", "sts.googleapis.com", "sts.us-east1.rep.googleapis.com"]
        {
            assert!(is_google(host), "{host}");
        }
        for host in [
            "googleapis.com",
            "evil.googleapis.com",
            "bucket.storage.googleapis.com",
            "sts.evil.example",
            "sts.a.b.rep.googleapis.com",
            "oauth2.googleapis.com.evil.example",
            "evil-oauth2.googleapis.com",
        ] {
            assert!(!is_google(host), "{host}");
        }
    }
}
