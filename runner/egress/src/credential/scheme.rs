//! The schemes: each a small pure step over a checked request.

use super::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_manifest::Auth;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;

/// The header that a scheme writes, which no guest may send.
pub(crate) fn header_name(auth: &Auth) -> Option<HeaderName> {
    match auth {
        Auth::Header { name, .. } => name.parse().ok(),
        Auth::None | Auth::Query { .. } => None,
        _ => Some(AUTHORIZATION),
    }
}

/// Adds the credential. A secret that is optional and absent adds nothing.
pub(crate) fn apply(
    auth: &Auth,
    credentials: &Credentials,
    headers: &mut HeaderMap,
    query: &mut String,
) {
    let header = |headers: &mut HeaderMap, name: HeaderName, value: String| {
        // Checked when it was read: a secret holds visible ASCII only.
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    };
    let value = |name: &str| credentials.get(name).map(Secret::expose_secret);
    match auth {
        Auth::None => {}
        Auth::Bearer { secret } => {
            if let Some(value) = value(secret) {
                header(headers, AUTHORIZATION, format!("Bearer {value}"));
            }
        }
        Auth::Header { secret, .. } => {
            if let (Some(name), Some(value)) = (header_name(auth), value(secret)) {
                header(headers, name, value.to_owned());
            }
        }
        Auth::Query { name, secret } => {
            if let Some(value) = value(secret) {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(name);
                query.push('=');
                query.push_str(&percent_encoded(value));
            }
        }
        Auth::Basic { username, password } => {
            if let (Some(user), Some(password)) = (value(username), value(password)) {
                header(headers, AUTHORIZATION, format!("Basic {}", basic(user, password)));
            }
        }
        // Their credential is fetched, or signs (`identity`).
        Auth::AwsSigv4 { .. }
        | Auth::Google { .. }
        | Auth::Entra { .. }
        | Auth::Oauth2ClientCredentials(_)
        | Auth::Oauth2ApiKey(_) => {}
    }
}

/// A text as it stands in a query or a form: only what is unreserved is left as it is
/// (RFC 3986, 2.3).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The token of RFC 7617.
pub(crate) fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}
