//! An endpoint as configured: checked once, when the provider is set up.

use crate::address::{self, Class};
use crate::credential;
use crate::error::SetupError;
use crate::header;
use hotcell_manifest::{Auth, HeaderPattern};
use http::uri::{Authority as HostAndPort, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::net::{IpAddr, Ipv4Addr};

/// One endpoint of a provider: where it is, what is granted there, and what the
/// operator permits beyond the public Internet.
#[derive(Clone, Debug)]
pub struct EndpointSpec {
    /// Origin and base path, with settings filled in: `https://api.openai.com/v1`.
    pub url: String,
    /// What the adapter may do there.
    pub grant: hotcell_manifest::Endpoint,
    /// Headers of the operator's own, added after the guest's were checked.
    pub headers: Vec<(String, String)>,
    /// Permits addresses that are not public, except metadata services.
    pub allow_private: bool,
    /// Permits `http://`.
    pub allow_plaintext: bool,
}

/// The same, checked.
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    pub(crate) host: HostAndPort,
    /// Without a `/` at its end.
    pub(crate) base: String,
    pub(crate) grant: hotcell_manifest::Endpoint,
    pub(crate) headers: HeaderMap,
    pub(crate) credential: Option<HeaderName>,
    pub(crate) allow_private: bool,
}

impl Endpoint {
    pub(crate) fn new(name: &str, spec: EndpointSpec) -> Result<Self, SetupError> {
        let url = |why: &str| SetupError::Url {
            endpoint: name.to_owned(),
            url: spec.url.clone(),
            why: why.to_owned(),
        };
        let grant = |why: String| SetupError::Grant { endpoint: name.to_owned(), why };
        let uri: Uri = spec.url.parse().map_err(|_| url("is not a URL"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(host)) = (parts.scheme, parts.authority) else {
            return Err(url("needs a scheme and a host, as in https://api.example.com/v1"));
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return Err(url("must be https:// (or http:// with allow-plaintext)"));
        }
        if scheme == Scheme::HTTP && !spec.allow_plaintext {
            return Err(url(
                "would send the credential in the clear; use https://, or say `allow-plaintext = true` for this provider",
            ));
        }
        if host.as_str().contains('@') {
            return Err(url("must not hold a user name or password; name a secret instead"));
        }
        let base = parts.path_and_query.as_ref().map_or("", |path| path.as_str());
        if base.contains('?') {
            return Err(url("must not have a query"));
        }
        let base = base.trim_end_matches('/').to_owned();
        if !base.is_empty() && crate::path::check(&base).is_err() {
            return Err(url("has a path that can be read in more than one way"));
        }
        check_host(host.host(), spec.allow_private).map_err(|why| url(&why))?;
        check_floor(&spec.grant).map_err(grant)?;
        let credential = credential::header_name(&spec.grant.auth);
        let headers = operator_headers(&spec.headers, credential.as_ref()).map_err(grant)?;
        let allow_private = spec.allow_private;
        Ok(Self { scheme, host, base, grant: spec.grant, headers, credential, allow_private })
    }
}

/// Numbers that a resolver would take for an address are refused unless they are
/// written in the one canonical form, and addresses are judged here as well as at
/// connect time, so that a mistake shows when the provider is set up.
fn check_host(host: &str, allow_private: bool) -> Result<(), String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let literal = bare.parse::<IpAddr>().ok();
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with(|c: char| c.is_ascii_digit());
    if literal.is_none() && (numeric || host.is_empty() || bare != host) {
        return Err("has a host that is neither a name nor a plainly written address".to_owned());
    }
    if let Some(IpAddr::V4(v4)) = literal
        && v4 != Ipv4Addr::from(v4.octets())
    {
        return Err("has an address that is not plainly written".to_owned());
    }
    if address::is_metadata_name(host) {
        return Err("is a metadata service, which no provider may be".to_owned());
    }
    match literal.map(address::classify) {
        Some(Class::Metadata) => Err("is a metadata service, which no provider may be".to_owned()),
        Some(Class::Private(class)) if !allow_private => Err(format!(
            "is a {class} address; if that is meant, say `allow-private = true` for this provider"
        )),
        _ => Ok(()),
    }
}

/// A manifest that asks for what no grant can give is refused as a whole, rather
/// than shown to a person and then not enforced.
fn check_floor(grant: &hotcell_manifest::Endpoint) -> Result<(), String> {
    let reaches = |patterns: &[HeaderPattern]| {
        patterns.iter().find(|pattern| header::reaches_floor(pattern)).cloned()
    };
    if let Some(pattern) = reaches(&grant.request_headers) {
        return Err(format!("no adapter can be granted the request header `{pattern}`"));
    }
    for name in ["set-cookie", "set-cookie2", "www-authenticate", "proxy-authenticate", "location"]
    {
        if grant.response_headers.iter().any(|pattern| pattern.matches(name)) {
            return Err(format!("no adapter can be granted the response header `{name}`"));
        }
    }
    match &grant.auth {
        Auth::Header { name, .. } if name.parse::<HeaderName>().is_err() => {
            Err(format!("`{name}` is not a header name for a credential"))
        }
        Auth::Header { name, .. }
            if ["host", "content-length", "transfer-encoding", "connection"]
                .contains(&name.to_ascii_lowercase().as_str()) =>
        {
            Err(format!("`{name}` cannot carry a credential"))
        }
        Auth::Query { name, .. } if grant.query.contains(name) => Err(format!(
            "the query parameter `{name}` carries the credential, and cannot be granted"
        )),
        _ => Ok(()),
    }
}

fn operator_headers(
    headers: &[(String, String)],
    credential: Option<&HeaderName>,
) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let parsed: HeaderName =
            name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
        let framing =
            ["host", "content-length", "transfer-encoding", "connection", "te", "upgrade"];
        if framing.contains(&parsed.as_str()) {
            return Err(format!("the header `{name}` is egress's own"));
        }
        if credential == Some(&parsed) || parsed == "authorization" || parsed == "cookie" {
            return Err(format!(
                "the header `{name}` carries a credential: configure a secret instead"
            ));
        }
        let value = HeaderValue::from_str(value)
            .map_err(|_| format!("the value of the header `{name}` is not one of HTTP"))?;
        map.append(parsed, value);
    }
    Ok(map)
}
