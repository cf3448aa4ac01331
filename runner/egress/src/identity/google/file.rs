//! Files of credentials, as Google writes them.

use super::external::{ExternalAccount, ExternalUser};
use super::program::Programs;
use super::service_account::{ServiceAccount, issue as service_account};
use super::{impersonate, place};
use crate::credential::Secret;
use crate::error::EgressError;
use crate::identity::errand::{Ask, Errand};
use crate::identity::source::Variables;
use crate::identity::{Issued, Needs, failed, oauth2};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What such a file holds.
pub(super) enum Credentials {
    ServiceAccount(ServiceAccount),
    User(User),
    External(Box<ExternalAccount>),
    ExternalUser(ExternalUser),
    Impersonated(Impersonated),
}

#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// A person who has logged in: `authorized_user`.
#[derive(Deserialize)]
pub(super) struct User {
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    token_uri: Option<String>,
    quota_project_id: Option<String>,
}

/// A service account that somebody else acts as: `impersonated_service_account`.
#[derive(Deserialize)]
pub(super) struct Impersonated {
    service_account_impersonation_url: String,
    #[serde(default)]
    delegates: Vec<String>,
    source_credentials: Value,
    quota_project_id: Option<String>,
}

impl Credentials {
    /// Reads the text of a file.
    pub(super) fn read(text: &Secret) -> Result<Self, EgressError> {
        Self::of_json(text.expose_secret())
    }

    fn of_json(text: &str) -> Result<Self, EgressError> {
        fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, EgressError> {
            // The parser's words could repeat what is there.
            serde_json::from_str(text)
                .map_err(|_| failed("it is not a file of credentials as Google writes them"))
        }
        match parsed::<Kind>(text)?.r#type.as_str() {
            "service_account" => parsed(text).map(Self::ServiceAccount),
            "authorized_user" => parsed(text).map(Self::User),
            "external_account" => parsed(text).map(Box::new).map(Self::External),
            "external_account_authorized_user" => parsed(text).map(Self::ExternalUser),
            "impersonated_service_account" => parsed(text).map(Self::Impersonated),
            _ => Err(failed(
                "it is of a type that is not known; known are service_account, authorized_user, \
                 external_account, external_account_authorized_user and \
                 impersonated_service_account",
            )),
        }
    }

    pub(super) async fn issue(
        &self,
        scopes: &[String],
        programs: Programs,
        errand: &Errand<'_>,
    ) -> Result<Issued, EgressError> {
        match self {
            Self::ServiceAccount(account) => service_account(account, scopes, errand).await,
            Self::User(user) => user.issue(errand).await,
            Self::External(account) => account.issue(scopes, programs, errand).await,
            Self::ExternalUser(user) => user.issue(errand).await,
            Self::Impersonated(account) => {
                let cloud = ["https://www.googleapis.com/auth/cloud-platform".to_owned()];
                // Before anything is read that would be sent there.
                place(&account.service_account_impersonation_url, errand)?;
                let own = match account.source()? {
                    Self::ServiceAccount(own) => service_account(&own, &cloud, errand).await?,
                    Self::User(user) => user.issue(errand).await?,
                    Self::External(own) => own.issue(&cloud, programs, errand).await?,
                    Self::ExternalUser(user) => user.issue(errand).await?,
                    Self::Impersonated(_) => return Err(failed("it impersonates in a circle")),
                };
                let url = &account.service_account_impersonation_url;
                impersonate(url, &account.delegates, None, scopes, own, errand).await
            }
        }
    }

    /// What reading somebody else's token takes, where there is one.
    pub(super) fn needs(&self, programs: Programs, variables: Variables<'_>, needs: &mut Needs) {
        match self {
            Self::External(account) => account.needs(programs, variables, needs),
            Self::Impersonated(account) => {
                if let Ok(Self::External(own)) = account.source() {
                    own.needs(programs, variables, needs);
                }
            }
            _ => {}
        }
    }

    /// The URL of the token that requests have, where the file has one.
    pub(super) fn place(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount(account) => Some(account.place()),
            Self::User(user) => user.token_uri.as_deref(),
            Self::External(account) => Some(account.place()),
            Self::ExternalUser(user) => Some(user.place()),
            Self::Impersonated(account) => Some(&account.service_account_impersonation_url),
        }
    }

    /// The project that pays, where it is not the one that is asked.
    pub(super) fn quota_project(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount(account) => account.quota_project_id.as_deref(),
            Self::User(user) => user.quota_project_id.as_deref(),
            Self::External(account) => account.quota_project_id.as_deref(),
            Self::ExternalUser(user) => user.quota_project_id.as_deref(),
            Self::Impersonated(account) => account.quota_project_id.as_deref(),
        }
    }
}

impl Impersonated {
    /// Who acts as the account.
    fn source(&self) -> Result<Credentials, EgressError> {
        Credentials::of_json(&self.source_credentials.to_string())
    }
}

impl User {
    /// The grant of RFC 6749, section 6. The scopes are those of the login.
    async fn issue(&self, errand: &Errand<'_>) -> Result<Issued, EgressError> {
        const USUAL: &str = "https://oauth2.googleapis.com/token";
        let (origin, path) = place(self.token_uri.as_deref().unwrap_or(USUAL), errand)?;
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose_secret()),
            ("refresh_token", self.refresh_token.expose_secret()),
        ];
        let answer = errand.ask(Ask::form(origin, path, &form)).await?;
        let mut issued = oauth2::token(&answer, "Google")?;
        issued.sensitive = vec![self.client_secret.clone(), self.refresh_token.clone()];
        Ok(issued)
    }
}
