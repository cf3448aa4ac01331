//! Workload identity: somebody else's token is exchanged for one of Google's, and that perhaps
//! for a service account's (<https://google.aip.dev/auth/4117>, RFC 8693). A person who has
//! logged in by a pool of other identities has one that is renewed.

use super::program::Programs;
use super::subject::{CredentialSource, Pool, Subject};
use super::{impersonate, place};
use crate::credential::{Secret, basic};
use crate::error::EgressError;
use crate::identity::errand::{Ask, Errand};
use crate::identity::source::Variables;
use crate::identity::{Issued, Needs, oauth2};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

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

/// A person who has logged in by a pool: `external_account_authorized_user`.
#[derive(Deserialize)]
pub(super) struct ExternalUser {
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    token_url: Option<String>,
    pub(super) quota_project_id: Option<String>,
}

impl ExternalAccount {
    /// What reading somebody else's token takes.
    pub(super) fn needs(&self, programs: Programs, variables: Variables<'_>, needs: &mut Needs) {
        self.credential_source.needs(&self.pool(), programs, variables, needs);
    }

    pub(super) async fn issue(
        &self,
        scopes: &[String],
        programs: Programs,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";
        // Before anything is read that would be sent there.
        let (origin, path) = place(&self.token_url, errand)?;
        if let Some(url) = &self.service_account_impersonation_url {
            place(url, errand)?;
        }
        let Subject { token: subject, mut sensitive } =
            self.credential_source.read(&self.pool(), programs, errand).await?;
        let scope = match &self.service_account_impersonation_url {
            Some(_) => CLOUD.to_owned(),
            None => scopes.join(" "),
        };
        // A client says already which project it is of.
        let options = self.workforce_pool_user_project.as_ref();
        let options = options.filter(|_| self.client_id.is_none());
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
        sensitive.push(subject.clone());
        if let Some(id) = &self.client_id {
            let secret = self.client_secret.as_ref();
            ask = client(ask, id, secret, &mut sensitive)?;
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

    /// The URL of the token that requests have.
    pub(super) fn place(&self) -> &str {
        self.service_account_impersonation_url.as_deref().unwrap_or(&self.token_url)
    }

    fn pool(&self) -> Pool<'_> {
        let url = self.service_account_impersonation_url.as_deref();
        let account = url.and_then(|url| url.strip_suffix(":generateAccessToken"));
        let account = account.and_then(|url| url.rsplit('/').next());
        Pool { audience: &self.audience, token_type: &self.subject_token_type, account }
    }
}

impl ExternalUser {
    pub(super) fn place(&self) -> &str {
        self.token_url.as_deref().unwrap_or("https://sts.googleapis.com/v1/oauthtoken")
    }

    /// The grant of RFC 6749, section 6. The scopes are those of the login.
    pub(super) async fn issue(&self, errand: &Errand<'_>) -> Result<Issued, EgressError> {
        let (origin, path) = place(self.place(), errand)?;
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", self.refresh_token.expose_secret()),
        ];
        let mut sensitive = vec![self.refresh_token.clone()];
        let ask = Ask::form(origin, path, &form);
        let ask = client(ask, &self.client_id, Some(&self.client_secret), &mut sensitive)?;
        let mut issued = oauth2::token(&errand.ask(ask).await?, "Google")?;
        issued.sensitive = sensitive;
        Ok(issued)
    }
}

/// The question with who asks it.
fn client(
    ask: Ask,
    id: &str,
    secret: Option<&Secret>,
    sensitive: &mut Vec<Secret>,
) -> Result<Ask, EgressError> {
    let joined = basic(id, secret.map(|secret| secret.expose_secret()).unwrap_or_default());
    let ask = ask.header("authorization", &format!("Basic {joined}"))?;
    sensitive.extend(secret.cloned());
    sensitive.push(Secret::from(joined));
    Ok(ask)
}
