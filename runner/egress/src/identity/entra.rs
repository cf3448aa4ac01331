//! Microsoft Entra ID: an application with a secret, one that another identity provider vouches
//! for (workload identity), or the machine's own (managed identity).
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>,
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>

use super::errand::{Ask, Errand};
use super::origin::local_agent;
use super::source::{Presence, Variables};
use super::{Issued, Needs, failed, lifetime, oauth2};
use crate::credential::{Secret, percent_encoded};
use crate::error::EgressError;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// What a configuration can write.
pub(super) const FORMS: &str = "entra, entra-client:TENANT/CLIENT, \
     entra-workload:TENANT/CLIENT/PATH, entra-managed, entra-managed:CLIENT";

/// Where one signs in, in the public cloud.
const AUTHORITY: &str = "login.microsoftonline.com";
/// The name of the secret, under `secrets` of the provider.
pub(super) const SECRET: &str = "entra-client-secret";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What the environment says, or the machine's own.
    Ambient,
    /// An application with a secret.
    Client { tenant: String, client: String },
    /// An application that the token in a file vouches for.
    Workload { tenant: String, client: String, file: PathBuf },
    /// The machine's own identity, or one that was given to it.
    Managed { client: Option<String> },
}

impl Source {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest)),
            None => (text, None),
        };
        let both = |rest: &str| {
            let (tenant, client) = rest.split_once('/')?;
            Some((tenant.to_owned(), client.to_owned()))
        };
        match (kind, rest) {
            ("entra", None) => Some(Self::Ambient),
            ("entra-managed", None) => Some(Self::Managed { client: None }),
            ("entra-managed", Some(client)) => {
                is_name(client).then(|| Self::Managed { client: Some(client.to_owned()) })
            }
            ("entra-client", Some(rest)) => {
                let (tenant, client) = both(rest)?;
                let good = is_name(&tenant) && is_name(&client);
                good.then_some(Self::Client { tenant, client })
            }
            ("entra-workload", Some(rest)) => {
                let (tenant, rest) = both(rest)?;
                let (client, file) = rest.split_at(rest.find('/')?);
                let (client, file) = (client.to_owned(), PathBuf::from(file));
                let good = is_name(&tenant) && is_name(&client) && file.as_os_str().len() > 1;
                good.then_some(Self::Workload { tenant, client, file })
            }
            _ => None,
        }
    }

    /// What is meant by [`Source::Ambient`] here: an application with a secret, one that a file
    /// vouches for, the machine's own.
    fn here(&self, variables: Variables<'_>) -> Self {
        if *self != Self::Ambient {
            return self.clone();
        }
        let client = variables("AZURE_CLIENT_ID");
        let file = variables("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from);
        let has_secret = variables("AZURE_CLIENT_SECRET").is_some();
        match (variables("AZURE_TENANT_ID"), client, file) {
            (Some(tenant), Some(client), _) if has_secret => Self::Client { tenant, client },
            (Some(tenant), Some(client), Some(file)) => Self::Workload { tenant, client, file },
            (_, client, _) => Self::Managed { client },
        }
    }

    pub(super) fn presence(&self, variables: Variables<'_>) -> Presence {
        match self.here(variables) {
            // The secret is listed by itself.
            Self::Client { .. } => Presence::There,
            Self::Workload { file, .. } if file.exists() => Presence::There,
            Self::Workload { .. } => Presence::Absent,
            _ if variables("IDENTITY_ENDPOINT").is_some() => Presence::There,
            _ => Presence::Unknown,
        }
    }

    pub(super) fn needs(&self, variables: Variables<'_>) -> Needs {
        let mut needs = Needs::default();
        match self.here(variables) {
            Self::Client { .. } => _ = needs.ports.insert(443),
            Self::Workload { file, .. } => {
                needs.ports.insert(443);
                needs.keep.push(file);
            }
            Self::Managed { .. } | Self::Ambient => {
                let agent = variables("IDENTITY_ENDPOINT").and_then(|url| local_agent(&url).ok());
                needs.ports.insert(agent.map_or(80, |(origin, _)| origin.port()));
            }
        }
        needs
    }

    pub(super) async fn issue(
        &self,
        scope: &str,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        let variable = |name: &str| errand.variable(name);
        match self.here(&variable) {
            Self::Client { tenant, client } => {
                let secret = errand.secret(SECRET)?.expose_secret();
                application(&tenant, &client, scope, &[("client_secret", secret)], errand).await
            }
            Self::Workload { tenant, client, file } => {
                workload(&tenant, &client, &file, scope, errand).await
            }
            Self::Managed { client } => {
                let issued = match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
                    (Some(url), Some(header)) => {
                        app_service(&url, &header, client.as_deref(), scope, errand).await
                    }
                    _ => machine(client.as_deref(), scope, errand).await,
                };
                issued.map_err(|error| self.explained(error))
            }
            Self::Ambient => Err(failed("no identity is known here")),
        }
    }

    /// What to do where the last of several ways did not lead anywhere.
    fn explained(&self, mut error: EgressError) -> EgressError {
        if *self == Self::Ambient {
            error.message.push_str(
                "; AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or \
                 AZURE_FEDERATED_TOKEN_FILE are not set either",
            );
        }
        error
    }
}

/// A tenant or a client: an id, or a domain.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    !text.is_empty() && text.chars().all(plain) && !text.contains("..")
}

async fn application(
    tenant: &str,
    client: &str,
    scope: &str,
    proof: &[(&str, &str)],
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    if !is_name(tenant) || !is_name(client) {
        return Err(failed("AZURE_TENANT_ID or AZURE_CLIENT_ID holds something that is no id"));
    }
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", client)];
    form.extend([("scope", scope)]);
    form.extend(proof);
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let answer = errand.ask(Ask::form(errand.origin_or(AUTHORITY), path, &form)).await?;
    oauth2::token(&answer, "Entra ID")
}

async fn workload(
    tenant: &str,
    client: &str,
    file: &Path,
    scope: &str,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let assertion = errand.file(file)?;
    let proof = [("client_assertion_type", KIND), ("client_assertion", assertion.expose_secret())];
    let mut issued = application(tenant, client, scope, &proof, errand).await?;
    issued.sensitive.push(assertion);
    Ok(issued)
}

/// A virtual machine's own identity, from its metadata service.
async fn machine(
    client: Option<&str>,
    scope: &str,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    let query = query("2018-02-01", client, scope);
    let path = format!("/metadata/identity/oauth2/token?{query}");
    let ask = Ask::get(errand.metadata()?, path).header("metadata", "true")?;
    managed(errand, ask, "the machine's metadata service").await
}

/// That of an App Service, a function or a container app, from an agent beside it.
async fn app_service(
    url: &str,
    header: &str,
    client: Option<&str>,
    scope: &str,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    let (origin, path) = local_agent(url)?;
    let path = path.split('?').next().unwrap_or_default();
    let query = query("2019-08-01", client, scope);
    let ask = Ask::get(origin, format!("{path}?{query}")).header("x-identity-header", header)?;
    let mut issued = managed(errand, ask, "the identity endpoint of the App Service").await?;
    issued.sensitive.push(Secret::from(header.to_owned()));
    Ok(issued)
}

/// A managed identity has a resource where others have a scope.
fn query(version: &str, client: Option<&str>, scope: &str) -> String {
    let resource = scope.strip_suffix("/.default").unwrap_or(scope);
    let mut query = format!("api-version={version}&resource={}", percent_encoded(resource));
    if let Some(client) = client {
        query.push_str(&format!("&client_id={}", percent_encoded(client)));
    }
    query
}

#[derive(Deserialize)]
struct Managed {
    access_token: Secret,
    expires_in: Option<Value>,
    expires_on: Option<Value>,
}

async fn managed(errand: &Errand<'_>, ask: Ask, from: &str) -> Result<Issued, EgressError> {
    let answer = errand.ask(ask).await?;
    let Managed { access_token, expires_in, expires_on } = answer.json(from)?;
    let lifetime = match (&expires_in, &expires_on) {
        (None, Some(moment)) => lifetime::until_epoch(Some(moment), errand.now()),
        (seconds, _) => lifetime::from_seconds(seconds.as_ref()),
    };
    oauth2::bearer(access_token, lifetime, from)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => f.write_str("entra"),
            Self::Client { tenant, client } => write!(f, "entra-client:{tenant}/{client}"),
            Self::Workload { tenant, client, file } => {
                write!(f, "entra-workload:{tenant}/{client}{}", file.display())
            }
            Self::Managed { client: None } => f.write_str("entra-managed"),
            Self::Managed { client: Some(client) } => write!(f, "entra-managed:{client}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "entra",
            "entra-client:contoso.onmicrosoft.com/0000-1111",
            "entra-workload:t/c/var/run/secrets/azure/tokens/azure-identity-token",
            "entra-managed",
            "entra-managed:0000-1111",
        ] {
            assert_eq!(Source::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "entra:",
            "entra-client",
            "entra-client:t",
            "entra-client:t/",
            "entra-client:t/../x",
            "entra-client:a/b?c",
            "entra-workload:t/c",
            "entra-workload:t/c/",
            "entra-managed:",
            "entra-managed:a&b=c",
        ] {
            assert_eq!(Source::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_here_is_told_by_the_environment() {
        let here = |pairs: &[(&str, &str)]| {
            let find =
                |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
            (Source::Ambient.here(&find), Source::Ambient.presence(&find))
        };
        let ids = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
        let (source, presence) = here(&[&ids[..], &[("AZURE_CLIENT_SECRET", "s")]].concat());
        assert_eq!((source.to_string(), presence), ("entra-client:t/c".into(), Presence::There));
        let file = [("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")];
        let (source, presence) = here(&[&ids[..], &file].concat());
        assert_eq!(source.to_string(), "entra-workload:t/c/nowhere/token");
        assert_eq!(presence, Presence::Absent);
        assert_eq!(here(&ids[1..]).0.to_string(), "entra-managed:c");
        assert_eq!(here(&[]).1, Presence::Unknown);
        let (_, presence) = here(&[("IDENTITY_ENDPOINT", "http://127.0.0.1:1/")]);
        assert_eq!(presence, Presence::There);
    }
}
