//! The machine's own identity: of a virtual machine, from its metadata service; of an App
//! Service, a function or a container app, of a machine of Azure Arc and of Azure Machine
//! Learning, from an agent beside it.
//!
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>,
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity>,
//! <https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication>

use super::super::errand::{ARC_KEYS, Answer, Ask, Errand, METADATA};
use super::super::origin::local_agent;
use super::super::source::Variables;
use super::super::{Issued, Needs, Origin, failed, lifetime, oauth2};
use crate::credential::{Secret, percent_encoded};
use crate::error::EgressError;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// The longest key that the agent of Azure Arc wants to be shown.
const ARC_KEY: usize = 4096;

/// Who is asked.
pub(super) enum Agent {
    /// The metadata service of a virtual machine.
    Machine,
    /// An agent that wants to be shown what stands in a variable.
    AppService { url: String, header: Secret },
    /// An agent that wants to be shown what stands in a file.
    Arc { url: String },
    /// An older one.
    MachineLearning { url: String, secret: Secret },
    /// One whose certificate nobody has issued.
    ServiceFabric,
}

impl Agent {
    /// What the variables say, in the order of Azure's own libraries.
    pub(super) fn of(variables: Variables<'_>) -> Self {
        let header = variables("IDENTITY_HEADER").map(Secret::from);
        match (variables("IDENTITY_ENDPOINT"), header) {
            (Some(_), Some(_)) if variables("IDENTITY_SERVER_THUMBPRINT").is_some() => {
                Self::ServiceFabric
            }
            (Some(url), Some(header)) => Self::AppService { url, header },
            (Some(url), None) if variables("IMDS_ENDPOINT").is_some() => Self::Arc { url },
            _ => match (variables("MSI_ENDPOINT"), variables("MSI_SECRET").map(Secret::from)) {
                (Some(url), Some(secret)) => Self::MachineLearning { url, secret },
                _ => Self::Machine,
            },
        }
    }

    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::Machine | Self::ServiceFabric)
    }

    /// Where it is; none where it would not be asked.
    fn origin(&self) -> Option<Origin> {
        match self {
            Self::Machine => Origin::exactly(METADATA).ok(),
            Self::AppService { url, .. }
            | Self::Arc { url }
            | Self::MachineLearning { url, .. } => Some(local_agent(url).ok()?.0),
            Self::ServiceFabric => None,
        }
    }

    /// The same, for a listing.
    pub(super) fn place(&self) -> Option<String> {
        self.origin().map(|origin| format!("{}://{}", origin.scheme, origin.host))
    }

    pub(super) fn needs(&self, needs: &mut Needs) {
        needs.ports.extend(self.origin().map(|origin| origin.port()));
        if matches!(self, Self::Arc { .. }) {
            // There is another one for every question.
            needs.keep.push(Path::new(ARC_KEYS).join("any.key"));
        }
    }

    /// `client` is one of several identities.
    pub(super) async fn issue(
        &self,
        client: Option<&str>,
        scope: &str,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        match self {
            Self::Machine => {
                let query = query("2018-02-01", "client_id", client, scope);
                let path = format!("/metadata/identity/oauth2/token?{query}");
                let ask = Ask::get(errand.metadata()?, path).header("metadata", "true")?;
                token(&errand.ask(ask).await?, "the machine's metadata service", errand)
            }
            Self::AppService { url, header } => {
                let ask = agent(url, &query("2019-08-01", "client_id", client, scope))?;
                let ask = ask.header("x-identity-header", header.expose_secret())?;
                let from = "the identity endpoint of the App Service";
                let mut issued = token(&errand.ask(ask).await?, from, errand)?;
                issued.sensitive.push(header.clone());
                Ok(issued)
            }
            Self::MachineLearning { url, secret } => {
                let ask = agent(url, &query("2017-09-01", "clientid", client, scope))?;
                let ask = ask.header("secret", secret.expose_secret())?;
                let from = "the identity endpoint of Azure Machine Learning";
                let mut issued = token(&errand.ask(ask).await?, from, errand)?;
                issued.sensitive.push(secret.clone());
                Ok(issued)
            }
            Self::Arc { url } => arc(url, client, scope, errand).await,
            Self::ServiceFabric => Err(failed(
                "the agent of Service Fabric has a certificate that nobody has issued, and is \
                 not asked; take an application's identity",
            )),
        }
    }
}

/// That of Azure Arc names a file that only who may have a token can read, and wants to be shown
/// what is in it.
async fn arc(
    url: &str,
    client: Option<&str>,
    scope: &str,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    const FROM: &str = "the agent of Azure Arc";
    let ask =
        || agent(url, &query("2020-06-01", "client_id", client, scope))?.header("metadata", "true");
    let answer = errand.ask(ask()?).await?;
    let challenge = answer.headers.get("www-authenticate").filter(|_| answer.status == 401);
    let challenge = challenge.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let folder = errand.arc_keys();
    let file = key_file(challenge, folder).ok_or_else(|| {
        let (folder, status) = (folder.display(), answer.status);
        failed(format!("{FROM} names no key below {folder} ({status}), and nothing is shown"))
    })?;
    let key = errand.file(&file)?;
    if key.expose_secret().len() > ARC_KEY {
        return Err(failed(format!("the key of {FROM} has more than {ARC_KEY} bytes")));
    }
    let basic = Secret::from(format!("Basic {}", key.expose_secret()));
    let answer = errand.ask(ask()?.header("authorization", basic.expose_secret())?).await?;
    let mut issued = token(&answer, FROM, errand)?;
    // One that knows of no identity but its own would give that.
    let is_given = |client: &str| {
        let given: Option<Value> = serde_json::from_slice(&answer.body).ok();
        given.is_some_and(|it| {
            it["client_id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(client))
        })
    };
    if client.is_some_and(|client| !is_given(client)) {
        return Err(failed(format!("{FROM} gives another identity than the one that is wanted")));
    }
    issued.sensitive.push(key);
    Ok(issued)
}

/// The file that a challenge names, if that is where the agent has its keys.
fn key_file(challenge: &str, folder: &Path) -> Option<PathBuf> {
    let file = Path::new(challenge.strip_prefix("Basic realm=")?.trim_matches('"'));
    let is_plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    let is_key = file.extension().is_some_and(|it| it == "key");
    // Compared as text: other ways to write the same are not the agent's.
    let is_below = file.parent().is_some_and(|it| it.as_os_str() == folder.as_os_str());
    (is_below && is_key && file.components().all(is_plain)).then(|| file.to_owned())
}

fn agent(url: &str, query: &str) -> Result<Ask, EgressError> {
    let (origin, path) = local_agent(url)?;
    let path = path.split('?').next().unwrap_or_default();
    Ok(Ask::get(origin, format!("{path}?{query}")))
}

/// A managed identity has a resource where others have a scope.
fn query(version: &str, parameter: &str, client: Option<&str>, scope: &str) -> String {
    let resource = scope.strip_suffix("/.default").unwrap_or(scope);
    let mut query = format!("api-version={version}&resource={}", percent_encoded(resource));
    if let Some(client) = client {
        query.push_str(&format!("&{parameter}={}", percent_encoded(client)));
    }
    query
}

#[derive(Deserialize)]
struct Managed {
    access_token: Secret,
    expires_in: Option<Value>,
    expires_on: Option<Value>,
}

fn token(answer: &Answer, from: &str, errand: &Errand<'_>) -> Result<Issued, EgressError> {
    let Managed { access_token, expires_in, expires_on } = answer.json(from)?;
    let lifetime = match (&expires_in, &expires_on) {
        (None, Some(moment)) => lifetime::until_epoch(Some(moment), errand.now()),
        (seconds, _) => lifetime::from_seconds(seconds.as_ref()),
    };
    oauth2::bearer(access_token, lifetime, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_what_it_names_shown_and_no_other_file() {
        let folder = Path::new("/var/opt/azcmagent/tokens");
        let file = |challenge: &str| key_file(challenge, folder);
        let key = "/var/opt/azcmagent/tokens/a-1.key";
        assert_eq!(file(&format!("Basic realm={key}")), Some(key.into()));
        for bad in [
            "",
            "Basic",
            "Basic realm=",
            "Basic realm=/etc/passwd",
            "Basic realm=/etc/shadow.key",
            "Basic realm=a.key",
            "Basic realm=/var/opt/azcmagent/tokens/a",
            "Basic realm=/var/opt/azcmagent/tokens/.key",
            "Basic realm=/var/opt/azcmagent/tokens/../a.key",
            "Basic realm=/var/opt/azcmagent/tokens/b/a.key",
            "Basic realm=/var/opt/azcmagent/tokens/../tokens/a.key",
            "Basic realm=/var/opt/azcmagent/./tokens/a.key",
            "Basic realm=//var/opt/azcmagent/tokens/a.key",
            "Bearer realm=/var/opt/azcmagent/tokens/a.key",
        ] {
            assert_eq!(file(bad), None, "{bad}");
        }
    }

    #[test]
    fn who_is_asked_is_told_by_the_environment() {
        let of = |pairs: &[(&str, &str)]| {
            let find = |name: &str| pairs.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
            match Agent::of(&find) {
                Agent::Machine => "machine".to_owned(),
                Agent::AppService { url, header } => {
                    format!("app service {url} {}", header.expose_secret())
                }
                Agent::Arc { url } => format!("arc {url}"),
                Agent::MachineLearning { url, secret } => {
                    format!("machine learning {url} {}", secret.expose_secret())
                }
                Agent::ServiceFabric => "service fabric".to_owned(),
            }
        };
        let (url, other) = (("IDENTITY_ENDPOINT", "u"), ("IMDS_ENDPOINT", "i"));
        let header = ("IDENTITY_HEADER", "h");
        assert_eq!(of(&[url, header]), "app service u h");
        assert_eq!(of(&[url, header, other]), "app service u h");
        assert_eq!(of(&[url, other]), "arc u");
        assert_eq!(of(&[url, header, ("IDENTITY_SERVER_THUMBPRINT", "t")]), "service fabric");
        assert_eq!(of(&[("MSI_ENDPOINT", "u"), ("MSI_SECRET", "s")]), "machine learning u s");
        assert_eq!(of(&[]), "machine");
    }
}
