//! From profile to profile: a role is taken by the keys of another profile, which may be a role
//! as well.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use super::Keys;
use super::chain::{Plan, Way};
use super::metadata::{Container, Instance};
use super::profile::{Profiles, Section};
use super::sso::Session;
use super::sts::Role;

/// The longest chain of roles. AWS's own tools have no limit but loops.
const ROLES: usize = 8;

/// The way from profile to profile.
pub(super) struct Walk<'a> {
    plan: &'a Plan<'a>,
    profiles: &'a Profiles,
    seen: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, profiles: &'a Profiles) -> Self {
        Self { plan, profiles, seen: Vec::new() }
    }

    /// Where the keys of a profile come from; none where it has nothing that gives any.
    pub(super) fn way(&mut self, name: &str) -> Result<Option<Way>, String> {
        let Some(section) = self.profiles.profile(name) else {
            return Err(match self.seen.last() {
                Some(from) => {
                    format!(
                        "the profile `{from}` has `source_profile = {name}`, which is not there"
                    )
                }
                None => format!("there is no profile `{name}` in AWS's files"),
            });
        };
        // The keys of a profile that another leads to count before its role.
        if !self.seen.is_empty()
            && let Some(keys) = static_keys(name, section)?
        {
            return Ok(Some(Way::Keys(keys)));
        }
        if self.seen.iter().any(|seen| seen == name) {
            return Err(format!("the profiles {} lead in a circle", self.seen.join(", ")));
        }
        if self.seen.len() >= ROLES {
            return Err(format!("the profile `{name}` stands behind more than {ROLES} others"));
        }
        self.seen.push(name.to_owned());
        if let Some(arn) = section.get("role_arn") {
            return self.role(name, section, arn).map(Some);
        }
        if section.get("web_identity_token_file").is_some() {
            return Err(format!(
                "the profile `{name}`: `web_identity_token_file` needs `role_arn`"
            ));
        }
        if let Some(session) = self.sso(name, section)? {
            return Ok(Some(Way::Sso(session)));
        }
        if let Some(keys) = static_keys(name, section)? {
            return Ok(Some(Way::Keys(keys)));
        }
        if let Some(command) = section.secret("credential_process") {
            return Ok(Some(Way::Program { profile: name.to_owned(), command }));
        }
        if section.get("login_session").is_some() {
            return Err(format!(
                "the profile `{name}` is one of `aws login`; make another with \
                 `credential_process = aws configure export-credentials --profile {name} \
                 --format process`"
            ));
        }
        Ok(None)
    }

    fn role(&mut self, name: &str, section: &Section, arn: &str) -> Result<Way, String> {
        let wrong = |why: &str| format!("the profile `{name}`: {why}");
        if section.get("mfa_serial").is_some() {
            return Err(wrong(
                "its role wants a code of a second factor, which nobody is asked for here; take \
                 `credential_process = aws configure export-credentials …` or a session of \
                 `aws sso login`",
            ));
        }
        let region = self.plan.region_for(Some(section));
        let mut role = Role::new(arn, region)
            .and_then(|role| role.named(section.get("role_session_name")))
            .map_err(|why| wrong(&why))?;
        role.external_id = section.get("external_id").map(str::to_owned);
        if let Some(seconds) = section.get("duration_seconds") {
            let seconds = seconds.parse().ok().filter(|it| (900..=43_200).contains(it));
            role.seconds =
                Some(seconds.ok_or_else(|| wrong("`duration_seconds` is not 900 to 43200"))?);
        }
        if let Some(token) = section.get("web_identity_token_file") {
            return Ok(Way::WebIdentity { role, token: self.plan.surroundings.expanded(token) });
        }
        let by = match (section.get("source_profile"), section.get("credential_source")) {
            (Some(source), None) => self
                .way(source)?
                .ok_or_else(|| format!("the profile `{source}` has nothing that gives a key"))?,
            (None, Some(source)) => self.named_source(source).map_err(|why| wrong(&why))?,
            (None, None) => {
                return Err(wrong("`role_arn` needs `source_profile` or `credential_source`"));
            }
            (Some(_), Some(_)) => {
                return Err(wrong("it has both `source_profile` and `credential_source`"));
            }
        };
        Ok(Way::Role { role, by: Box::new(by) })
    }

    fn named_source(&self, source: &str) -> Result<Way, String> {
        let surroundings = self.plan.surroundings;
        let found = match source {
            "Environment" => Keys::of(surroundings).map(Way::Keys),
            "EcsContainer" => Container::of(surroundings)?.map(Way::Container),
            "Ec2InstanceMetadata" => Instance::of(surroundings)?.map(Way::Instance),
            _ => {
                return Err("`credential_source` is none of Environment, EcsContainer and \
                            Ec2InstanceMetadata"
                    .to_owned());
            }
        };
        found.ok_or_else(|| format!("`credential_source = {source}` has no keys here"))
    }

    fn sso(&self, name: &str, section: &Section) -> Result<Option<Session>, String> {
        let wrong = |why: &str| Err(format!("the profile `{name}`: {why}"));
        let (account, role) = match (section.get("sso_account_id"), section.get("sso_role_name")) {
            (None, None) => return Ok(None),
            (Some(account), Some(role)) => (account, role),
            _ => return wrong("`sso_account_id` and `sso_role_name` belong together"),
        };
        let named = section.get("sso_session");
        let session = match named {
            Some(session) => match self.profiles.session(session) {
                // One of the two would be somebody else.
                Some(found) => match ["sso_region", "sso_start_url"]
                    .iter()
                    .find(|key| section.get(key).is_some_and(|own| found.get(key) != Some(own)))
                {
                    Some(key) => {
                        return wrong(&format!("`{key}` is not that of `[sso-session {session}]`"));
                    }
                    None => found,
                },
                None => return wrong(&format!("there is no `[sso-session {session}]`")),
            },
            None => section,
        };
        let (Some(region), Some(start_url)) =
            (session.get("sso_region"), session.get("sso_start_url"))
        else {
            return wrong("`sso_region` and `sso_start_url` are missing");
        };
        // The file is named after the session, or after the page of those that have no name.
        let Some(cache) = self.plan.surroundings.sso_cache(named.unwrap_or(start_url)) else {
            return wrong("there is no home directory with a token in it");
        };
        Session::new(name, region, account, role, cache).map(Some).or_else(|why| wrong(&why))
    }
}

fn static_keys(name: &str, section: &Section) -> Result<Option<Keys>, String> {
    let (id, secret) =
        (section.secret("aws_access_key_id"), section.secret("aws_secret_access_key"));
    if id.is_none() && secret.is_none() {
        return Ok(None);
    }
    let token = section.secret("aws_session_token");
    Keys::new(id, secret, token, None).map(Some).ok_or_else(|| {
        format!(
            "the profile `{name}` has half a key: `aws_access_key_id` and \
             `aws_secret_access_key` belong together"
        )
    })
}
