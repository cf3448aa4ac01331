//! A service account's key: an assertion is signed with it, and exchanged for a token
//! (<https://developers.google.com/identity/protocols/oauth2/service-account>, RFC 7523).

use super::place;
use crate::credential::Secret;
use crate::error::EgressError;
use crate::identity::errand::{Ask, Errand};
use crate::identity::{Issued, jwt, oauth2};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;
use std::time::UNIX_EPOCH;

/// How long an assertion is good for, in seconds: the longest that Google takes.
const ASSERTION: u64 = 3600;

/// `service_account`.
#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    client_email: String,
    private_key: Secret,
    private_key_id: Option<String>,
    token_uri: String,
    pub(super) quota_project_id: Option<String>,
}

impl ServiceAccount {
    pub(super) fn place(&self) -> &str {
        &self.token_uri
    }
}

pub(super) async fn issue(
    account: &ServiceAccount,
    scopes: &[String],
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    let (origin, path) = place(&account.token_uri, errand)?;
    let now = errand.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "iss": account.client_email,
        "scope": scopes.join(" "),
        "aud": account.token_uri,
        "iat": now,
        "exp": now + ASSERTION,
    });
    let key = account.private_key.expose_secret();
    let assertion = jwt::rs256(&claims, account.private_key_id.as_deref(), key)?;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.expose_secret()),
    ];
    let answer = errand.ask(Ask::form(origin, path, &form)).await?;
    let mut issued = oauth2::token(&answer, "Google")?;
    issued.sensitive.push(assertion);
    Ok(issued)
}
