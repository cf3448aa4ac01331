//! Who asks AWS, and how it is told.
//!
//! [`chain`] decides where the keys come from, by what the process is told and by the files
//! of AWS's own tools; nothing is asked for that. [`fetch`] goes there. [`sign`] uses them.

mod answer;
mod caller;
mod chain;
mod fetch;
mod given;
mod instance;
mod keys;
mod metadata;
mod profile;
mod sign;
mod sso;
mod sts;
mod surroundings;
mod walk;

pub(super) use answer::{explain, is_refused};
pub(super) use caller::{caller, needs_instance};
pub(crate) use keys::Keys;

use super::errand::Errand;
use super::source::{Presence, Variables};
use super::{Credential, Issued, Needs, failed, lifetime};
use crate::authority::Authority;
use crate::credential::{SecretError, SecretSource};
use crate::error::EgressError;
use chain::Way;
use metadata::{At, Authorization};
use secrecy::ExposeSecret as _;
use std::fmt;
use std::path::Path;
use surroundings::Surroundings;

/// What a configuration can write.
pub(super) const FORMS: &str =
    "aws, aws-profile:NAME, aws-web-identity, aws-container, aws-instance";

/// Which identity a provider is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The first that is there.
    Chain,
    /// A profile of AWS's own files.
    Profile(String),
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
    WebIdentity,
    /// What the container's own service gives.
    Container,
    /// What the instance's metadata service gives.
    Instance,
}

impl Source {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "aws" => Some(Self::Chain),
            "aws-web-identity" => Some(Self::WebIdentity),
            "aws-container" => Some(Self::Container),
            "aws-instance" => Some(Self::Instance),
            _ => {
                let name = text.strip_prefix("aws-profile:")?;
                let is_one = !name.is_empty() && !name.contains(char::is_control);
                is_one.then(|| Self::Profile(name.to_owned()))
            }
        }
    }

    pub(super) fn presence(&self, variables: Variables<'_>) -> Presence {
        match self.way_of_the_process(chain::NO_REGION, variables) {
            Ok(Way::Instance(_)) => Presence::Unknown,
            Ok(_) => Presence::There,
            Err(_) => Presence::Absent,
        }
    }

    /// Where keys for this region would be fetched; none where nothing is.
    pub(super) fn place(&self, region: &str, variables: Variables<'_>) -> Option<String> {
        match self.way_of_the_process(region, variables).ok()? {
            Way::Keys(_) | Way::Program { .. } => None,
            Way::Role { role, .. } | Way::WebIdentity { role, .. } => {
                Some(format!("https://{}", sts::host("sts", &role.region).ok()?))
            }
            Way::Sso(session) => Some(format!("https://{}", session.host)),
            Way::Container(container) => Some(match container.at {
                At::Address(address) => format!("http://{address}"),
                At::Host(host) => format!("https://{host}"),
            }),
            Way::Instance(instance) => Some(format!("http://{}", instance.address)),
        }
    }

    pub(super) fn needs(&self, variables: Variables<'_>) -> Needs {
        let surroundings = Surroundings::new(variables);
        let files = chain::FILES.iter();
        let read = files.filter_map(|(_, variable, name)| surroundings.file(variable, name));
        let mut needs = Needs { read: read.collect(), ..Needs::default() };
        if let Ok(way) = self.way_of_the_process(chain::NO_REGION, variables) {
            way.needs(&mut needs);
        }
        needs
    }

    /// Where the keys would come from, were somebody to ask.
    fn way_of_the_process(&self, region: &str, variables: Variables<'_>) -> Result<Way, String> {
        let surroundings = Surroundings::new(variables);
        let read = |path: &Path| {
            let source = SecretSource::File(path.to_owned());
            match source.read(&Authority::of_the_process()) {
                Ok(text) => Ok(Some(text)),
                Err(SecretError::Absent { .. }) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        };
        chain::plan(self, None, region, &surroundings, &read)
    }

    pub(super) async fn issue(
        &self,
        region: &str,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        if !keys::is_region(region) {
            return Err(failed("the region is none of AWS"));
        }
        let own = Keys::configured(|name| errand.credentials.get(name).cloned())?;
        let read = |path: &Path| errand.file_if_there(path).map_err(|error| error.message);
        let surroundings = Surroundings::new(&|name| errand.variable(name));
        let way = chain::plan(self, own, region, &surroundings, &read).map_err(failed)?;
        let mut sensitive = Vec::new();
        let keys = fetch::keys(&way, errand.origin, errand, &mut sensitive).await?;
        let now = errand.now();
        if keys.expires.is_some_and(|end| end <= now) {
            return Err(failed(
                "the keys have expired already; look at the clock of this machine, and sign in \
                 again where they come from",
            ));
        }
        let lifetime = lifetime::until_moment(keys.expires, now);
        let credential = Credential::Signing(keys);
        Ok(Issued { credential, lifetime, headers: Vec::new(), sensitive })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain => f.write_str("aws"),
            Self::Profile(name) => write!(f, "aws-profile:{name}"),
            Self::WebIdentity => f.write_str("aws-web-identity"),
            Self::Container => f.write_str("aws-container"),
            Self::Instance => f.write_str("aws-instance"),
        }
    }
}

/// The region that AWS's variables name, or the profile of an identity, where it is one of
/// AWS; for a provider that is configured with none. It becomes part of a host's name, and
/// adapters see it.
pub(super) fn region(source: Option<&Source>, variables: Variables<'_>) -> Option<String> {
    let surroundings = Surroundings::new(variables);
    let read = |path: &Path| {
        let source = SecretSource::File(path.to_owned());
        Ok(source.read(&Authority::of_the_process()).ok())
    };
    let region = chain::region(source.unwrap_or(&Source::Chain), &surroundings, &read);
    region.ok().flatten().filter(|region| keys::is_region(region))
}

impl Way {
    /// What going there reads and reaches.
    fn needs(&self, needs: &mut Needs) {
        match self {
            Self::Keys(_) => {}
            Self::Role { by, .. } => {
                needs.ports.insert(443);
                by.needs(needs);
            }
            Self::WebIdentity { token, .. } => {
                needs.ports.insert(443);
                needs.keep.push(token.clone());
            }
            Self::Program { command, .. } => needs.run.push(command.expose_secret().to_owned()),
            Self::Sso(session) => {
                needs.ports.insert(443);
                needs.keep.push(session.cache.clone());
            }
            Self::Container(container) => {
                needs.ports.insert(container.at.port());
                if let Some(Authorization::File(file)) = &container.authorization {
                    needs.keep.push(file.clone());
                }
            }
            Self::Instance(instance) => _ = needs.ports.insert(instance.address.port()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "aws",
            "aws-profile:dev",
            "aws-profile:a b",
            "aws-web-identity",
            "aws-container",
            "aws-instance",
        ] {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "aws:", "aws-profile", "aws-profile:", "aws-profile:a\n", "AKIDEXAMPLE"] {
            assert_eq!(Source::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_here_is_told_without_asking_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let told = |source: &Source, pairs: &[(&str, &str)]| {
            let find = |name: &str| match name {
                "HOME" => Some(home.clone()),
                _ => pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()),
            };
            let needs = source.needs(&find);
            let place = source.place("eu-west-1", &find);
            (source.presence(&find), place, needs)
        };
        let some = |text: &str| Some(text.to_owned());
        let (presence, place, needs) = told(&Source::Chain, &[]);
        assert_eq!((presence, place), (Presence::Unknown, some("http://169.254.169.254:80")));
        let aws = folder.path().join(".aws");
        assert_eq!(needs.read, [aws.join("config"), aws.join("credentials")]);
        assert_eq!((needs.keep.len(), needs.ports.contains(&80)), (0, true));

        let web =
            [("AWS_WEB_IDENTITY_TOKEN_FILE", "/t/token"), ("AWS_ROLE_ARN", "arn:aws:iam::1:r")];
        let (presence, place, needs) = told(&Source::WebIdentity, &web);
        assert_eq!(
            (presence, place),
            (Presence::There, some("https://sts.eu-west-1.amazonaws.com"))
        );
        assert_eq!((needs.keep, needs.ports.contains(&443)), (vec!["/t/token".into()], true));
        assert_eq!(told(&Source::WebIdentity, &[]).0, Presence::Absent);

        std::fs::create_dir(&aws).unwrap();
        std::fs::write(aws.join("config"), "[profile p]\ncredential_process = echo\n").unwrap();
        let (presence, place, needs) = told(&Source::Profile("p".to_owned()), &[]);
        assert_eq!((presence, place, needs.run), (Presence::There, None, vec!["echo".to_owned()]));
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "k")];
        assert_eq!(told(&Source::Chain, &keys).1, None);
    }
}
