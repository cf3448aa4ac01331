//! OAuth 2: what a client's own credentials, an API key or an assertion are good for.

use super::errand::{Answer, Ask, Errand};
use super::{Issued, failed, lifetime};
use crate::credential::{Secret, basic, percent_encoded};
use crate::error::EgressError;
use hotcell_manifest::{ApiKeyExchange, ClientAuth, ClientCredentials};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The grant of RFC 6749, section 4.4.
pub(super) async fn client_credentials(
    client: &ClientCredentials,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    let id = errand.secret(&client.client_id)?.expose_secret();
    let secret = errand.secret(&client.client_secret)?.expose_secret();
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(client.scope.as_deref().map(|scope| ("scope", scope)));
    form.extend(client.audience.as_deref().map(|audience| ("audience", audience)));
    if client.client_auth == ClientAuth::Body {
        form.extend([("client_id", id), ("client_secret", secret)]);
    }
    let origin = errand.origin.cloned().ok_or_else(|| failed("nothing says where tokens are"))?;
    let mut ask = Ask::form(origin, &client.path, &form).header("accept", "application/json")?;
    let mut sensitive = Vec::new();
    if client.client_auth == ClientAuth::Basic {
        // Both are encoded before they are joined (RFC 6749, 2.3.1).
        let joined = basic(&percent_encoded(id), &percent_encoded(secret));
        ask = ask.header("authorization", &format!("Basic {joined}"))?;
        sensitive.push(Secret::from(joined));
    }
    let mut issued = token(&errand.ask(ask).await?, &client.origin)?;
    issued.sensitive = sensitive;
    Ok(issued)
}

/// A grant of the provider's own, by an API key.
pub(super) async fn api_key(
    exchange: &ApiKeyExchange,
    errand: &Errand<'_>,
) -> Result<Issued, EgressError> {
    let key = errand.secret(&exchange.secret)?.expose_secret();
    let form = [("grant_type", exchange.grant_type.as_str()), (&exchange.parameter, key)];
    let origin = errand.origin.cloned().ok_or_else(|| failed("nothing says where tokens are"))?;
    let ask = Ask::form(origin, &exchange.path, &form).header("accept", "application/json")?;
    token(&errand.ask(ask).await?, &exchange.origin)
}

#[derive(Deserialize)]
struct Success {
    access_token: Secret,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

/// The token of a success (RFC 6749, 5.1); `from` is who gave it.
pub(super) fn token(answer: &Answer, from: &str) -> Result<Issued, EgressError> {
    let Success { access_token, token_type, expires_in } = answer.json(from)?;
    if token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(failed(format!("{from} gave a token of another kind than `Bearer`")));
    }
    bearer(access_token, lifetime::from_seconds(expires_in.as_ref()), from)
}

/// A token that a header can carry.
pub(super) fn bearer(token: Secret, lifetime: Duration, from: &str) -> Result<Issued, EgressError> {
    let text = token.expose_secret();
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Issued::bearer(token, lifetime)),
        false => Err(failed(format!("{from} gave a token that no header can carry"))),
    }
}
