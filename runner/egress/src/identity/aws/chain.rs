//! Where keys come from, in the order of the AWS SDKs: what is configured or stands in
//! variables, a web identity, a profile, the container, the instance.
//!
//! The first that is there is used. One that is there and does not work is an error, and
//! never a reason to go on with another identity.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use super::metadata::{Container, Instance};
use super::profile::{Kind, Profiles, Section};
use super::sso::Session;
use super::sts::Role;
use super::surroundings::Surroundings;
use super::walk::Walk;
use super::{Keys, Source};
use crate::credential::Secret;
use secrecy::ExposeSecret as _;
use std::path::{Path, PathBuf};

/// Reads a file; none where there is no file, and the system's words where it cannot be read.
pub(crate) type Read<'a> = &'a dyn Fn(&Path) -> Result<Option<Secret>, String>;

/// AWS's own files, in the order in which they count, and the variables that move them.
pub(super) const FILES: &[(Kind, &str, &str)] = &[
    (Kind::Config, "AWS_CONFIG_FILE", "config"),
    (Kind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
];

/// A region for whoever only wants to know which way is taken.
pub(super) const NO_REGION: &str = "none";

/// Where keys come from.
pub(crate) enum Way {
    /// They are there.
    Keys(Keys),
    /// A role that those of another source may take.
    Role {
        /// The role.
        role: Role,
        /// Whose keys sign for it.
        by: Box<Self>,
    },
    /// A role that a token of another identity provider is good for.
    WebIdentity {
        /// The role.
        role: Role,
        /// The file of the token, which is written anew before it expires.
        token: PathBuf,
    },
    /// A program that prints them.
    Program {
        /// The profile that names it, for messages.
        profile: String,
        /// What the shell is given.
        command: Secret,
    },
    /// A role that a session of IAM Identity Center is good for.
    Sso(Session),
    /// The container's own service.
    Container(Container),
    /// The instance's metadata service.
    Instance(Instance),
}

/// Decides where the keys come from. `own` are those that the provider is configured with, or
/// that its variables hold; `region` is the one that requests are signed for.
///
/// # Errors
/// What is wrong, with the file and line or the variable, and what to do.
pub(crate) fn plan(
    choice: &Source,
    own: Option<Keys>,
    region: &str,
    surroundings: &Surroundings,
    read: Read<'_>,
) -> Result<Way, String> {
    let plan = Plan { region, surroundings, read };
    match choice {
        Source::Chain => plan.chain(own),
        Source::Profile(name) => plan
            .profile(name)?
            .ok_or_else(|| format!("the profile `{name}` has nothing that gives a key")),
        Source::WebIdentity => plan
            .web_identity()?
            .ok_or_else(|| "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are not set".to_owned()),
        Source::Container => Container::of(surroundings)?.map(Way::Container).ok_or_else(|| {
            "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor \
             AWS_CONTAINER_CREDENTIALS_FULL_URI is set"
                .to_owned()
        }),
        Source::Instance => Instance::of(surroundings)?
            .map(Way::Instance)
            .ok_or_else(|| "AWS_EC2_METADATA_DISABLED says that it is not to be asked".to_owned()),
    }
}

/// The region that the variables and the profile name, where the provider is configured with
/// none.
///
/// # Errors
/// Files that cannot be read.
pub(crate) fn region(
    choice: &Source,
    surroundings: &Surroundings,
    read: Read<'_>,
) -> Result<Option<String>, String> {
    let plan = Plan { region: "", surroundings, read };
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| surroundings.variable(name).map(str::to_owned));
    let of_profile = |name: &str| {
        let profiles = plan.profiles()?;
        let region = profiles.profile(name).and_then(|section| section.get("region"));
        Ok(region.map(str::to_owned))
    };
    match (choice, named) {
        // Whoever names a profile means its region too.
        (Source::Profile(name), named) => Ok(of_profile(name)?.or(named)),
        (_, Some(named)) => Ok(Some(named)),
        (_, None) => of_profile(plan.chosen().0),
    }
}

/// What is decided by.
pub(super) struct Plan<'a> {
    region: &'a str,
    pub(super) surroundings: &'a Surroundings,
    read: Read<'a>,
}

impl Plan<'_> {
    fn chain(&self, own: Option<Keys>) -> Result<Way, String> {
        if let Some(keys) = own.map_or_else(|| self.variables(), |keys| Ok(Some(keys)))? {
            return Ok(Way::Keys(keys));
        }
        if let Some(way) = self.web_identity()? {
            return Ok(way);
        }
        let (name, is_named) = self.chosen();
        let profiles = self.profiles()?;
        if is_named || profiles.profile(name).is_some() {
            match Walk::new(self, &profiles).way(name)? {
                Some(way) => return Ok(way),
                None if is_named => {
                    return Err(format!(
                        "AWS_PROFILE names `{name}`, which has nothing that gives a key"
                    ));
                }
                None => {}
            }
        }
        if let Some(container) = Container::of(self.surroundings)? {
            return Ok(Way::Container(container));
        }
        Instance::of(self.surroundings)?.map(Way::Instance).ok_or_else(|| {
            "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run \
             `aws configure`, or name a profile with `identity = \"aws-profile:NAME\"`"
                .to_owned()
        })
    }

    /// The keys of the variables.
    fn variables(&self) -> Result<Option<Keys>, String> {
        let is_set = |name| self.surroundings.variable(name).is_some();
        if !is_set("AWS_ACCESS_KEY_ID") && !is_set("AWS_SECRET_ACCESS_KEY") {
            return Ok(None);
        }
        let half =
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and one is not set";
        Keys::of(self.surroundings).map(Some).ok_or_else(|| half.to_owned())
    }

    /// The profile that is used where none is configured, and whether somebody named it.
    fn chosen(&self) -> (&str, bool) {
        let names = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
        match names.iter().find_map(|name| self.surroundings.variable(name)) {
            Some(name) => (name, true),
            None => ("default", false),
        }
    }

    fn profile(&self, name: &str) -> Result<Option<Way>, String> {
        let profiles = self.profiles()?;
        Walk::new(self, &profiles).way(name)
    }

    fn profiles(&self) -> Result<Profiles, String> {
        let mut profiles = Profiles::default();
        for (kind, variable, name) in FILES {
            let Some(path) = self.surroundings.file(variable, name) else { continue };
            let Some(text) = (self.read)(&path)? else { continue };
            profiles
                .add(*kind, text.expose_secret())
                .map_err(|why| format!("{}, {why}", path.display()))?;
        }
        Ok(profiles)
    }

    fn web_identity(&self) -> Result<Option<Way>, String> {
        let variable = |name| self.surroundings.variable(name);
        let (token, arn) = match (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN"))
        {
            (None, _) => return Ok(None),
            (Some(_), None) => {
                return Err(
                    "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not".to_owned()
                );
            }
            (Some(token), Some(arn)) => (token, arn),
        };
        let role = Role::new(arn, self.region_for(None))?
            .named(variable("AWS_ROLE_SESSION_NAME"))
            .map_err(|why| format!("AWS_ROLE_SESSION_NAME {why}"))?;
        Ok(Some(Way::WebIdentity { role, token: self.surroundings.expanded(token) }))
    }

    /// The region of the service that gives out keys.
    pub(super) fn region_for<'b>(&'b self, section: Option<&'b Section>) -> &'b str {
        section
            .and_then(|section| section.get("region"))
            .or_else(|| self.surroundings.variable("AWS_REGION"))
            .or_else(|| self.surroundings.variable("AWS_DEFAULT_REGION"))
            .unwrap_or(self.region)
    }
}

impl Keys {
    /// Of the variables.
    pub(super) fn of(surroundings: &Surroundings) -> Option<Self> {
        let secret = |name: &str| surroundings.secret(name).cloned();
        Self::new(
            secret("AWS_ACCESS_KEY_ID"),
            secret("AWS_SECRET_ACCESS_KEY"),
            secret("AWS_SESSION_TOKEN"),
            None,
        )
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
