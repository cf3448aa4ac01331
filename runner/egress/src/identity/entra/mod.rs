//! Microsoft Entra ID: an application with a secret or a certificate, one that another identity
//! provider vouches for (workload identity), or the machine's own (managed identity).
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

mod certificate;
mod managed;

use super::errand::{Ask, Errand};
use super::source::{Presence, Variables};
use super::{Issued, Needs, Origin, failed, oauth2};
use crate::credential::Secret;
use crate::error::EgressError;
use managed::Agent;
use secrecy::ExposeSecret as _;
use std::fmt;
use std::path::PathBuf;

/// What a configuration can write.
pub(super) const FORMS: &str = "entra, entra-client:TENANT/CLIENT, \
     entra-certificate:TENANT/CLIENT/PATH, entra-workload:TENANT/CLIENT/PATH, entra-managed, entra-managed:CLIENT";

/// Where one signs in, in the public cloud.
const AUTHORITY: &str = "login.microsoftonline.com";
/// The same in the others.
const AUTHORITIES: [&str; 4] = [
    AUTHORITY,
    "login.chinacloudapi.cn",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
];
/// What the assertions of an application are, by RFC 7523.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The name of the secret, under `secrets` of the provider.
pub(super) const SECRET: &str = "entra-client-secret";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What the environment says, or the machine's own.
    Ambient,
    /// An application with a secret.
    Client { tenant: String, client: String },
    /// An application with a certificate and its key, in a file.
    Certificate { tenant: String, client: String, file: PathBuf },
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
            ("entra-workload" | "entra-certificate", Some(rest)) => {
                let (tenant, rest) = both(rest)?;
                let (client, file) = rest.split_at(rest.find('/')?);
                let (client, file) = (client.to_owned(), PathBuf::from(file));
                let good = is_name(&tenant) && is_name(&client) && file.as_os_str().len() > 1;
                good.then_some(match kind {
                    "entra-workload" => Self::Workload { tenant, client, file },
                    _ => Self::Certificate { tenant, client, file },
                })
            }
            _ => None,
        }
    }

    /// What is meant by [`Source::Ambient`] here: an application with a secret or a certificate,
    /// one that a file vouches for, the machine's own.
    fn here(&self, variables: Variables<'_>) -> Self {
        if *self != Self::Ambient {
            return self.clone();
        }
        let client = variables("AZURE_CLIENT_ID");
        let file = |name| variables(name).map(PathBuf::from);
        let has_secret = variables("AZURE_CLIENT_SECRET").is_some();
        let (Some(tenant), Some(client)) = (variables("AZURE_TENANT_ID"), client.clone()) else {
            return Self::Managed { client };
        };
        if has_secret {
            Self::Client { tenant, client }
        } else if let Some(file) = file("AZURE_CLIENT_CERTIFICATE_PATH") {
            Self::Certificate { tenant, client, file }
        } else if let Some(file) = file("AZURE_FEDERATED_TOKEN_FILE") {
            Self::Workload { tenant, client, file }
        } else {
            Self::Managed { client: Some(client) }
        }
    }

    pub(super) fn presence(&self, variables: Variables<'_>) -> Presence {
        match self.here(variables) {
            // The secret is listed by itself.
            Self::Client { .. } => Presence::There,
            Self::Workload { file, .. } | Self::Certificate { file, .. } => match file.exists() {
                true => Presence::There,
                false => Presence::Absent,
            },
            _ if Agent::of(variables).is_there() => Presence::There,
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
            Self::Certificate { file, .. } => {
                needs.ports.insert(443);
                needs.read.push(file);
            }
            Self::Managed { .. } | Self::Ambient => Agent::of(variables).needs(&mut needs),
        }
        needs
    }

    pub(super) async fn issue(
        &self,
        scope: &str,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        let variable = |name: &str| errand.variable(name);
        let application = |tenant, client| -> Result<Application<'_>, EgressError> {
            let origin = match errand.origin {
                Some(origin) => origin.clone(),
                None => Origin::vendor(self.authority(&variable).map_err(failed)?),
            };
            Application::new(tenant, client, origin)
        };
        match &self.here(&variable) {
            Self::Client { tenant, client } => {
                let secret = errand.secret(SECRET)?.expose_secret();
                application(tenant, client)?
                    .issue(scope, &[("client_secret", secret)], errand)
                    .await
            }
            Self::Certificate { tenant, client, file } => {
                let application = application(tenant, client)?;
                let at = |error: EgressError| EgressError {
                    message: format!("{}: {}", file.display(), error.message),
                    ..error
                };
                let pem = errand.file(file)?;
                let url = application.url();
                let assertion = certificate::assertion(&pem, client, &url, errand).map_err(at)?;
                application.vouched_for(assertion, scope, errand).await
            }
            Self::Workload { tenant, client, file } => {
                let application = application(tenant, client)?;
                application.vouched_for(errand.file(file)?, scope, errand).await
            }
            Self::Managed { client } => {
                let issued = Agent::of(&variable).issue(client.as_deref(), scope, errand).await;
                issued.map_err(|error| self.explained(error))
            }
            Self::Ambient => Err(failed("no identity is known here")),
        }
    }

    /// Where an application signs in. Only what Azure's own tools would find is told by the
    /// environment, and that to one of Microsoft's own.
    fn authority(&self, variables: Variables<'_>) -> Result<&'static str, String> {
        let Some(named) = variables("AZURE_AUTHORITY_HOST").filter(|_| *self == Self::Ambient)
        else {
            return Ok(AUTHORITY);
        };
        let bare = named.strip_prefix("https://").unwrap_or(&named);
        let bare = bare.strip_suffix('/').unwrap_or(bare).to_ascii_lowercase();
        AUTHORITIES.into_iter().find(|known| *known == bare).ok_or_else(|| {
            "AZURE_AUTHORITY_HOST is not where Microsoft has people sign in, and nothing was sent \
             there; if it is meant, name it as `identity-origin` of the provider"
                .to_owned()
        })
    }

    /// Where tokens come from, where that is not the public cloud's place for all.
    pub(super) fn place(&self, variables: Variables<'_>) -> Option<String> {
        match self.here(variables) {
            Self::Managed { .. } => Agent::of(variables).place(),
            _ => {
                let host = self.authority(variables).ok().filter(|host| *host != AUTHORITY)?;
                Some(format!("https://{host}"))
            }
        }
    }

    /// What to do where the last of several ways did not lead anywhere.
    fn explained(&self, mut error: EgressError) -> EgressError {
        if *self == Self::Ambient {
            error.message.push_str(
                "; AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET, \
                 AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE are not set either",
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

/// An application, and where it signs in.
struct Application<'a> {
    client: &'a str,
    origin: Origin,
    path: String,
}

impl<'a> Application<'a> {
    fn new(tenant: &str, client: &'a str, origin: Origin) -> Result<Self, EgressError> {
        if !is_name(tenant) || !is_name(client) {
            return Err(failed("AZURE_TENANT_ID or AZURE_CLIENT_ID holds something that is no id"));
        }
        Ok(Self { client, origin, path: format!("/{tenant}/oauth2/v2.0/token") })
    }

    fn url(&self) -> String {
        format!("{}://{}{}", self.origin.scheme, self.origin.host, self.path)
    }

    /// `proof` is what it shows.
    async fn issue(
        self,
        scope: &str,
        proof: &[(&str, &str)],
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", self.client)];
        form.extend([("scope", scope)]);
        form.extend(proof);
        let answer = errand.ask(Ask::form(self.origin, self.path, &form)).await?;
        oauth2::token(&answer, "Entra ID")
    }

    async fn vouched_for(
        self,
        assertion: Secret,
        scope: &str,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        let shown = assertion.expose_secret();
        let proof = [("client_assertion_type", ASSERTION), ("client_assertion", shown)];
        let mut issued = self.issue(scope, &proof, errand).await?;
        issued.sensitive.push(assertion);
        Ok(issued)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => f.write_str("entra"),
            Self::Client { tenant, client } => write!(f, "entra-client:{tenant}/{client}"),
            Self::Certificate { tenant, client, file } => {
                write!(f, "entra-certificate:{tenant}/{client}{}", file.display())
            }
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
            "entra-certificate:t/c/etc/hotcell/entra.pem",
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
            "entra-certificate:t/c",
            "entra-certificate:t/c/",
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
        let certificate = [("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/pem")];
        let (source, _) = here(&[&ids[..], &file, &certificate].concat());
        assert_eq!(source.to_string(), "entra-certificate:t/c/nowhere/pem");
        assert_eq!(here(&ids).0.to_string(), "entra-managed:c");
        assert_eq!(here(&ids[1..]).0.to_string(), "entra-managed:c");
        assert_eq!(here(&[]).1, Presence::Unknown);
        let agent = [("IDENTITY_ENDPOINT", "http://127.0.0.1:1/"), ("IDENTITY_HEADER", "h")];
        assert_eq!(here(&agent).1, Presence::There);
    }

    #[test]
    fn people_sign_in_at_microsofts_own_hosts() {
        let at = |source: &Source, host: &str| {
            source.authority(&|name| (name == "AZURE_AUTHORITY_HOST").then(|| host.to_owned()))
        };
        for host in ["https://login.microsoftonline.us/", "login.microsoftonline.us"] {
            assert_eq!(at(&Source::Ambient, host), Ok("login.microsoftonline.us"));
        }
        for bad in [
            "https://evil.example",
            "http://login.microsoftonline.us",
            "https://login.microsoftonline.us.evil.example",
            "https://login.microsoftonline.us@evil.example",
            "https://login.microsoftonline.us:8443",
            "https://login.microsoftonline.us/x",
        ] {
            assert!(at(&Source::Ambient, bad).is_err(), "{bad}");
            // What is named by the configuration is not moved by the environment.
            assert_eq!(at(&Source::parse("entra-client:t/c").unwrap(), bad), Ok(AUTHORITY));
        }
    }
}
