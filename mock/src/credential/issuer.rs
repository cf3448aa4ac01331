//! Where tokens are given out: each issuer at the path that its vendor has, on no provider's.

use super::Token;
use crate::provider::decoded;
use crate::{Behaviour, Mock, Recorded, State};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A service account's key, which was made for the mock and is of no use elsewhere.
pub(crate) const PRIVATE_KEY: &str = include_str!("rsa-key.pem");
const KEY_ID: &str = "mock-key-1";
const EMAIL: &str = "cell@mock.iam.gserviceaccount.com";
/// The longest that an assertion may be good for, and how far clocks may differ.
const ASSERTION: u64 = 3600;
const SKEW: u64 = 60;

/// An error of an issuer's: status, and body.
type Refused = (u16, Value);

/// The service account, as Google hands it out, whose tokens are at this address.
pub(crate) fn service_account(url: &str) -> String {
    json!({
        "type": "service_account",
        "project_id": "mock",
        "private_key_id": KEY_ID,
        "private_key": PRIVATE_KEY,
        "client_email": EMAIL,
        "token_uri": format!("{url}/token"),
    })
    .to_string()
}

/// Answers, where the path is one of an issuer's: status, body, and what was checked.
pub(crate) fn answer(
    request: &Recorded,
    behaviour: &Behaviour,
    number: u64,
    state: &State,
) -> Option<(u16, Value, String)> {
    let form = form(&request.body);
    let given = |name: &str| form.get(name).map_or("", String::as_str);
    let is_key = |given: &str| behaviour.key.as_deref().is_none_or(|key| key == given);
    let (issuer, verdict) = match request.path.as_str() {
        "/token" => ("google", google(request, &given)),
        "/oidc/v1/token" => ("databricks", databricks(request, &given, &is_key)),
        "/identity/token" => ("ibm", ibm(&given, &is_key)),
        path if path.ends_with("/oauth2/v2.0/token") => ("entra", entra(path, &given, &is_key)),
        _ => return None,
    };
    let verdict = match request.method == "POST" {
        true => verdict,
        false => Err((405, json!({ "error": "invalid_request" }))),
    };
    Some(match verdict {
        Ok(checked) => {
            let life = behaviour.token_life;
            let text = format!("mock-token-{issuer}-{number:06}");
            state.give(Token { text: text.clone(), issuer, until: Instant::now() + life });
            let answer = json!({
                "access_token": text, "token_type": "Bearer", "expires_in": life.as_secs(),
            });
            (200, answer, checked.to_owned())
        }
        Err((status, body)) => (status, body, format!("refused with status {status}")),
    })
}

/// The members of a form.
fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body).replace('+', " ");
    let plain = |text: &str| String::from_utf8_lossy(&decoded(text)).into_owned();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

fn oauth(status: u16, error: &str, description: &str) -> Refused {
    (status, json!({ "error": error, "error_description": description }))
}

/// An assertion of the service account
/// (<https://developers.google.com/identity/protocols/oauth2/service-account>).
fn google<'a>(
    request: &Recorded,
    given: &impl Fn(&str) -> &'a str,
) -> Result<&'static str, Refused> {
    if given("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return Err(oauth(400, "unsupported_grant_type", "Invalid grant_type"));
    }
    let refused = |why: &str| oauth(400, "invalid_grant", why);
    let claims = verified(given("assertion")).ok_or_else(|| refused("Invalid JWT Signature."))?;
    let host = request.header("host").unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (from, until) = (claims["iat"].as_u64(), claims["exp"].as_u64());
    let (Some(from), Some(until)) = (from, until) else {
        return Err(refused("Invalid JWT: it says not from when until when it is good."));
    };
    if from > now + SKEW || until <= now || until > from + ASSERTION {
        return Err(refused("Invalid JWT: Token must be a short-lived token (60 minutes)."));
    }
    if claims["aud"] != format!("http://{host}/token") {
        return Err(refused("Invalid JWT: Failed audience check."));
    }
    if claims["iss"] != EMAIL {
        return Err(refused("Invalid grant: account not found"));
    }
    match claims["scope"].as_str() {
        Some(scope) if scope.starts_with("https://www.googleapis.com/auth/") => {
            Ok("assertion's RS256 signature, audience and times verified: good")
        }
        _ => Err(oauth(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")),
    }
}

/// The claims of a JWT, where its signature is the key's.
fn verified(assertion: &str) -> Option<Value> {
    let (text, signature) = assertion.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let pem: String = PRIVATE_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(pem).ok()?).ok()?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
    public.verify(text.as_bytes(), &signature).ok()?;
    let (header, claims) = text.split_once('.')?;
    let part = |text: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let is_ours = part(header)? == json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID });
    part(claims).filter(|_| is_ours)
}

/// The client credentials of an application
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).
fn entra<'a>(
    path: &str,
    given: &impl Fn(&str) -> &'a str,
    is_key: &impl Fn(&str) -> bool,
) -> Result<&'static str, Refused> {
    if path != format!("/{}/oauth2/v2.0/token", Mock::TENANT) {
        return Err(oauth(400, "invalid_request", "AADSTS90002: Tenant not found."));
    }
    if given("grant_type") != "client_credentials" {
        return Err(oauth(400, "unsupported_grant_type", "AADSTS70003: Unsupported grant type."));
    }
    if given("client_id") != Mock::CLIENT_ID {
        let why = "AADSTS700016: Application was not found in the directory.";
        return Err(oauth(400, "unauthorized_client", why));
    }
    if !is_key(given("client_secret")) {
        let why = "AADSTS7000215: Invalid client secret provided.";
        return Err(oauth(401, "invalid_client", why));
    }
    match given("scope") {
        "https://cognitiveservices.azure.com/.default" => Ok("client id and secret: good"),
        _ => Err(oauth(400, "invalid_scope", "AADSTS70011: The provided scope is not valid.")),
    }
}

/// A service principal, by a basic credential
/// (<https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m>).
fn databricks<'a>(
    request: &Recorded,
    given: &impl Fn(&str) -> &'a str,
    is_key: &impl Fn(&str) -> bool,
) -> Result<&'static str, Refused> {
    let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let pair = basic.and_then(|basic| STANDARD.decode(basic).ok()).unwrap_or_default();
    let pair = String::from_utf8_lossy(&pair).into_owned();
    let (id, secret) = pair.split_once(':').unwrap_or_default();
    let plain = |text: &str| String::from_utf8_lossy(&decoded(text)).into_owned();
    if plain(id) != Mock::CLIENT_ID || !is_key(&plain(secret)) {
        return Err(oauth(401, "invalid_client", "Client authentication failed"));
    }
    match (given("grant_type"), given("scope")) {
        ("client_credentials", "all-apis") => Ok("client id and secret: good"),
        ("client_credentials", _) => Err(oauth(400, "invalid_scope", "The scope is not valid")),
        _ => Err(oauth(400, "unsupported_grant_type", "The grant type is not supported")),
    }
}

/// An API key (<https://cloud.ibm.com/apidocs/iam-identity-token-api>).
fn ibm<'a>(
    given: &impl Fn(&str) -> &'a str,
    is_key: &impl Fn(&str) -> bool,
) -> Result<&'static str, Refused> {
    let refused = |code: &str, why: &str| (400, json!({ "errorCode": code, "errorMessage": why }));
    if given("grant_type") != "urn:ibm:params:oauth:grant-type:apikey" {
        return Err(refused("BXNIM0118E", "Unsupported grant type."));
    }
    match is_key(given("apikey")) {
        true => Ok("API key: good"),
        false => Err(refused("BXNIM0415E", "Provided API key could not be found.")),
    }
}
