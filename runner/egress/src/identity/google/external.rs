//! Workload identity: somebody else's token, from a file or an agent, is exchanged for one of
//! Google's, and that perhaps for a service account's
//! (<https://google.aip.dev/auth/4117>, RFC 8693).

use super::{impersonate, place};
use crate::connect::Reach;
use crate::credential::{Secret, basic};
use crate::error::EgressError;
use crate::header;
use crate::identity::errand::{Ask, Errand};
use crate::identity::origin::local_agent;
use crate::identity::{Issued, Needs, Origin, failed, oauth2};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `external_account`.
#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: CredentialSource,
    service_account_impersonation_url: Option<String>,
    service_account_impersonation: Option<Impersonation>,
    workforce_pool_user_project: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    pub(super) quota_project_id: Option<String>,
}

#[derive(Deserialize)]
struct Impersonation {
    token_lifetime_seconds: Option<u32>,
}

/// Where somebody else's token is.
#[derive(Deserialize)]
struct CredentialSource {
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    r#type: String,
    subject_token_field_name: Option<String>,
}

impl ExternalAccount {
    /// What reading somebody else's token takes.
    pub(super) fn needs(&self, needs: &mut Needs) {
        needs.keep.extend(self.credential_source.file.clone());
        let agent = self.credential_source.url.as_deref().and_then(|url| local_agent(url).ok());
        needs.ports.extend(agent.map(|(origin, _)| origin.port()));
    }

    pub(super) async fn issue(
        &self,
        scopes: &[String],
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";
        // Before anything is read that would be sent there.
        let (origin, path) = place(&self.token_url, errand)?;
        if let Some(url) = &self.service_account_impersonation_url {
            place(url, errand)?;
        }
        let subject = self.subject(errand).await?;
        let scope = match &self.service_account_impersonation_url {
            Some(_) => CLOUD.to_owned(),
            None => scopes.join(" "),
        };
        let options = self.workforce_pool_user_project.as_ref();
        let options = options.map(|project| json!({ "userProject": project }).to_string());
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", &self.audience),
            ("scope", &scope),
            ("subject_token_type", &self.subject_token_type),
            ("subject_token", subject.expose_secret()),
        ];
        form.extend(options.as_deref().map(|options| ("options", options)));
        let mut ask = Ask::form(origin, path, &form);
        let mut sensitive = vec![subject.clone()];
        if let (Some(id), Some(secret)) = (&self.client_id, &self.client_secret) {
            let joined = basic(id, secret.expose_secret());
            ask = ask.header("authorization", &format!("Basic {joined}"))?;
            sensitive.extend([secret.clone(), Secret::from(joined)]);
        }
        let mut issued = oauth2::token(&errand.ask(ask).await?, "Google's token exchange")?;
        issued.sensitive = sensitive;
        match &self.service_account_impersonation_url {
            Some(url) => {
                let lifetime = self.service_account_impersonation.as_ref();
                let lifetime = lifetime.and_then(|it| it.token_lifetime_seconds);
                impersonate(url, &[], lifetime, scopes, issued, errand).await
            }
            None => Ok(issued),
        }
    }

    /// Somebody else's token.
    async fn subject(&self, errand: &Errand<'_>) -> Result<Secret, EgressError> {
        let source = &self.credential_source;
        let text = match (&source.file, &source.url) {
            (Some(file), None) => errand.file(file)?,
            (None, Some(url)) => fetched(url, &source.headers, errand).await?,
            _ => {
                return Err(failed(
                    "its `credential_source` is neither a file nor a URL; programs that give a \
                     token are not run, and AWS is not asked for one",
                ));
            }
        };
        match &source.format {
            None => Ok(text),
            Some(format) if format.r#type == "text" => Ok(text),
            Some(format) => {
                let member = format.subject_token_field_name.as_deref().unwrap_or_default();
                let found: Option<Value> = serde_json::from_str(text.expose_secret()).ok();
                let found = found.as_ref().and_then(|value| value[member].as_str());
                found
                    .map(|token| Secret::from(token.to_owned()))
                    .ok_or_else(|| failed("there is no token at its `subject_token_field_name`"))
            }
        }
    }
}

/// A token from an agent of this machine's, or from a public place by TLS. What is sent there is
/// in the file, and nothing else.
async fn fetched(
    url: &str,
    headers: &BTreeMap<String, String>,
    errand: &Errand<'_>,
) -> Result<Secret, EgressError> {
    let (origin, path) = match local_agent(url) {
        Ok(found) => found,
        Err(error) => {
            let (origin, path) =
                Origin::trusted(url, errand.origin, |_| true).map_err(|_| error)?;
            let public = Origin { reach: Reach::of_a_provider(false), ..origin };
            (public, path)
        }
    };
    let mut ask = Ask::get(origin, path);
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes())
            .ok()
            .filter(|name| !header::is_framing(name.as_str()))
            .ok_or_else(|| failed("its `credential_source` has a header that cannot be sent"))?;
        ask = ask.header(name, value)?;
    }
    let answer = errand.ask(ask).await?;
    if !(200..300).contains(&answer.status) {
        return Err(failed(format!("its `credential_source` answered {}", answer.status)));
    }
    let text = std::str::from_utf8(&answer.body).ok().map(str::trim);
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| Secret::from(text.to_owned()))
        .ok_or_else(|| failed("its `credential_source` gave no text"))
}
