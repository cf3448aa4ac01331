//! An endpoint as configured: checked once, when the provider is set up.

use crate::address::{self, Class};
use crate::connect::Reach;
use crate::credential;
use crate::error::SetupError;
use crate::header;
use crate::identity::Tokens;
use hotcell_manifest::{Auth, HeaderPattern};
use http::uri::{Authority as HostAndPort, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One endpoint of a provider: where it is, what is granted there, and what the
/// operator permits beyond the public Internet.
#[derive(Clone)]
pub struct EndpointSpec {
    /// Origin and base path, with settings filled in: `https://api.openai.com/v1`.
    pub url: String,
    /// What the adapter may do there.
    pub grant: hotcell_manifest::Endpoint,
    /// How the runner authenticates there: one of the grant's alternatives, with settings
    /// filled in.
    pub auth: Auth,
    /// Headers of the operator's own, added after the guest's were checked.
    pub headers: Vec<(String, String)>,
    /// Permits addresses that are not public, except metadata services.
    pub allow_private: bool,
    /// Permits `http://`.
    pub allow_plaintext: bool,
}

/// Names the operator's headers without their values, and the URL without what
/// should not be in it.
impl fmt::Debug for EndpointSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("EndpointSpec")
            .field("url", &shown(&self.url))
            .field("grant", &self.grant)
            .field("auth", &self.auth)
            .field("headers", &headers)
            .field("allow_private", &self.allow_private)
            .field("allow_plaintext", &self.allow_plaintext)
            .finish()
    }
}

/// The same, checked.
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    pub(crate) host: HostAndPort,
    /// Without a `/` at its end.
    pub(crate) base: String,
    pub(crate) grant: hotcell_manifest::Endpoint,
    pub(crate) auth: Auth,
    /// Where its credential comes from, where it has to be fetched, or signs.
    pub(crate) tokens: Option<Arc<Tokens>>,
    pub(crate) headers: HeaderMap,
    pub(crate) credential: Option<HeaderName>,
    pub(crate) reach: Reach,
}

impl Endpoint {
    pub(crate) fn new(name: &str, spec: EndpointSpec) -> Result<Self, SetupError> {
        let grant = |why: String| SetupError::Grant { endpoint: name.to_owned(), why };
        let (scheme, host, base) =
            locate(name, &spec.url, spec.allow_private, spec.allow_plaintext)?;
        check_floor(&spec.grant, &spec.auth).map_err(grant)?;
        let credential = credential::header_name(&spec.auth);
        let headers = operator_headers(&spec.headers, credential.as_ref()).map_err(grant)?;
        let reach = Reach::of_a_provider(spec.allow_private);
        let EndpointSpec { grant, auth, .. } = spec;
        Ok(Self { scheme, host, base, grant, auth, tokens: None, headers, credential, reach })
    }
}

impl Endpoint {
    /// What else a provider could be configured with, as the end of a sentence.
    pub(crate) fn other_ways(&self) -> String {
        let others = self.grant.auth.iter().filter(|auth| auth.scheme() != self.auth.scheme());
        let others = others.map(|auth| match &auth.declared_secrets()[..] {
            [] => format!("`auth = \"{}\"`", auth.scheme()),
            names => {
                let names: Vec<String> =
                    names.iter().map(|name| format!("`secrets.{name}`")).collect();
                format!("`auth = \"{}\"` with {}", auth.scheme(), names.join(" and "))
            }
        });
        others.map(|way| format!(", or {way}")).collect()
    }
}

/// Scheme, host with port, and path without a `/` at its end.
pub(crate) fn locate(
    name: &str,
    location: &str,
    allow_private: bool,
    allow_plaintext: bool,
) -> Result<(Scheme, HostAndPort, String), SetupError> {
    let url = |why: &str| SetupError::Url {
        endpoint: name.to_owned(),
        url: shown(location),
        why: why.to_owned(),
    };
    let uri: Uri = location.parse().map_err(|_| url("is not a URL"))?;
    let parts = uri.into_parts();
    let (Some(scheme), Some(host)) = (parts.scheme, parts.authority) else {
        return Err(url("needs a scheme and a host, as in https://api.example.com/v1"));
    };
    if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
        return Err(url("must be https:// (or http:// with allow-plaintext)"));
    }
    if scheme == Scheme::HTTP && !allow_plaintext {
        return Err(url(
            "would send the credential in the clear; use https://, or say `allow-plaintext = true` for this provider",
        ));
    }
    if host.as_str().contains('@') {
        return Err(url("must not hold a user name or password; name a secret instead"));
    }
    // Such as a colon without a port, or one above 65535.
    if host.as_str().len() > host.host().len() && host.port_u16().is_none() {
        return Err(url("has a port that is not a number"));
    }
    let base = parts.path_and_query.as_ref().map_or("", |path| path.as_str());
    if base.contains('?') {
        return Err(url("must not have a query"));
    }
    let base = base.trim_end_matches('/').to_owned();
    if !base.is_empty() && crate::path::check(&base).is_err() {
        return Err(url("has a path that can be read in more than one way"));
    }
    check_host(host.host(), allow_private).map_err(|why| url(&why))?;
    Ok((scheme, host, base))
}

/// A URL as it may be shown: somebody may have put a credential into it.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        (None, Some((_, rest))) => format!("…@{rest}"),
        (_, None) => url.to_owned(),
    }
}

/// Numbers that a resolver would take for an address are refused unless they are
/// written in the one canonical form, and addresses are judged here as well as at
/// connect time, so that a mistake shows when the provider is set up.
fn check_host(host: &str, allow_private: bool) -> Result<(), String> {
    let Some(literal) = address_in(host)? else {
        if address::is_metadata_name(host) {
            return Err("is a metadata service, which no provider may be".to_owned());
        }
        return Ok(());
    };
    match address::classify(literal) {
        Class::Metadata => Err("is a metadata service, which no provider may be".to_owned()),
        Class::Private(class) if !allow_private => Err(format!(
            "is a {class} address; if that is meant, say `allow-private = true` for this provider"
        )),
        Class::Private(_) | Class::Public => Ok(()),
    }
}

/// The address that a host is, if it is not a name.
pub(crate) fn address_in(host: &str) -> Result<Option<IpAddr>, String> {
    let neither = || "has a host that is neither a name nor a plainly written address".to_owned();
    if let Some(inside) = host.strip_prefix('[') {
        let inside = inside.strip_suffix(']').ok_or_else(neither)?;
        return inside.parse().map(|v6| Some(IpAddr::V6(v6))).map_err(|_| neither());
    }
    if let Ok(v4) = host.parse() {
        return Ok(Some(IpAddr::V4(v4)));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // `127.1`, `2130706433`, `0x7f000001` and their like, and names that end in a
    // dot, which certificates do not have.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.is_empty() || last.starts_with(|c: char| c.is_ascii_digit()) || !host.chars().all(plain)
    {
        return Err(neither());
    }
    Ok(None)
}

/// A manifest that asks for what no grant can give is refused as a whole, rather
/// than shown to a person and then not enforced.
fn check_floor(grant: &hotcell_manifest::Endpoint, auth: &Auth) -> Result<(), String> {
    if grant.auth.named(auth.scheme()).is_none() {
        return Err(format!("the grant has no authentication by `{}`", auth.scheme()));
    }
    let reaches = |patterns: &[HeaderPattern]| {
        patterns.iter().find(|pattern| header::reaches_floor(pattern)).cloned()
    };
    if let Some(pattern) = reaches(&grant.request_headers) {
        return Err(format!("no adapter can be granted the request header `{pattern}`"));
    }
    // With these, a signature could be put into a query that is valid for whoever has it.
    if let Some(name) = grant.query.iter().find(|name| header::is_of_a_signature(name)) {
        return Err(format!("no adapter can be granted the query parameter `{name}`"));
    }
    for name in ["set-cookie", "set-cookie2", "www-authenticate", "proxy-authenticate", "location"]
    {
        if grant.response_headers.iter().any(|pattern| pattern.matches(name)) {
            return Err(format!("no adapter can be granted the response header `{name}`"));
        }
    }
    match auth {
        Auth::Header { name, .. } => {
            let parsed: HeaderName = name
                .parse()
                .map_err(|_| format!("`{name}` is not a header name for a credential"))?;
            if header::is_framing(parsed.as_str()) {
                return Err(format!("`{name}` cannot carry a credential"));
            }
            if grant.request_headers.iter().any(|p| header::is_same(p.as_str(), parsed.as_str())) {
                return Err(format!(
                    "the header `{name}` carries the credential, and cannot be granted"
                ));
            }
        }
        Auth::Query { name, .. } => {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("`{name}` is not a plain parameter name for a credential"));
            }
            if grant.query.iter().any(|granted| granted.eq_ignore_ascii_case(name)) {
                return Err(format!(
                    "the query parameter `{name}` carries the credential, and cannot be granted"
                ));
            }
        }
        _ => {}
    }
    Ok(())
}

fn operator_headers(
    headers: &[(String, String)],
    credential: Option<&HeaderName>,
) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let parsed: HeaderName =
            name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
        if header::is_framing(parsed.as_str()) {
            return Err(format!("the header `{name}` is egress's own"));
        }
        let names = ["authorization", "proxy-authorization", "cookie"];
        if credential == Some(&parsed) || names.contains(&parsed.as_str()) {
            return Err(format!(
                "the header `{name}` carries a credential: configure a secret instead"
            ));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| format!("the value of the header `{name}` is not one of HTTP"))?;
        // It may be more private than its operator thought.
        value.set_sensitive(true);
        map.append(parsed, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SetupError;

    fn endpoint(url: &str, change: impl FnOnce(&mut EndpointSpec)) -> Result<Endpoint, SetupError> {
        let grant = hotcell_manifest::Endpoint {
            origin: None,
            origins: vec![],
            base: String::new(),
            allow: vec!["POST /chat".parse().unwrap()],
            query: vec!["version".to_owned()],
            request_headers: vec!["accept".parse().unwrap()],
            response_headers: vec!["x-request-id".parse().unwrap()],
            auth: Auth::None.into(),
        };
        let mut spec = EndpointSpec {
            url: url.to_owned(),
            grant,
            auth: Auth::None,
            headers: vec![],
            allow_private: false,
            allow_plaintext: false,
        };
        change(&mut spec);
        Endpoint::new("api", spec)
    }

    fn refusal(url: &str, change: impl FnOnce(&mut EndpointSpec)) -> String {
        match endpoint(url, change) {
            Ok(_) => panic!("{url} was accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_a_port_and_a_path() {
        for url in [
            "https://api.example.com",
            "https://api.example.com/v1",
            "https://api.example.com:8443/openai/v1/",
            "https://8.8.8.8",
            "https://[2606:4700::1]:443/v1",
        ] {
            assert!(endpoint(url, |_| {}).is_ok(), "{url}");
        }
        for url in [
            "",
            "api.example.com",
            "/v1",
            "ftp://api.example.com",
            "file:///etc/passwd",
            "https://",
            "https:///v1",
            "https://user@api.example.com",
            "https://user:pass@api.example.com/v1",
            "https://api.example.com/v1?key=1",
            "https://api.example.com/../v1",
            "https://api.example.com/a%2fb",
            "https://api.example.com:99999",
            "https://api.example.com:",
            "https://api.example.com.",
            "https://api..com:x",
            "https://exämple.com",
        ] {
            refusal(url, |_| {});
        }
    }

    #[test]
    fn an_address_is_written_plainly_or_not_at_all() {
        for host in [
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.01",
            "127.0.0.1.",
            "8.8.8.0x8",
            "[127.0.0.1]",
            "[::1",
            "[fe80::1%25eth0]",
            "1.2.3.4.5",
        ] {
            refusal(&format!("https://{host}/v1"), |spec| spec.allow_private = true);
        }
    }

    #[test]
    fn private_places_and_plain_text_are_said_out_loud() {
        for host in ["127.0.0.1", "10.0.0.7:8000", "[::1]", "[::ffff:10.0.0.1]", "[2002:a00:1::]"] {
            let url = format!("https://{host}");
            assert!(refusal(&url, |_| {}).contains("allow-private"), "{host}");
            assert!(endpoint(&url, |spec| spec.allow_private = true).is_ok(), "{host}");
        }
        assert!(refusal("http://api.example.com", |_| {}).contains("allow-plaintext"));
        assert!(endpoint("http://api.example.com", |spec| spec.allow_plaintext = true).is_ok());
        for host in ["169.254.169.254", "metadata.google.internal", "[fd00:ec2::254]"] {
            refusal(&format!("https://{host}"), |spec| spec.allow_private = true);
        }
    }

    #[test]
    fn a_manifest_that_wants_too_much_is_refused_as_a_whole() {
        let url = "https://api.example.com";
        for name in ["authorization", "host", "x-api-key", "x-forwarded-*", "x_real_ip", "cookie"] {
            refusal(url, |spec| spec.grant.request_headers.push(name.parse().unwrap()));
        }
        for name in ["set-cookie", "location", "www-*"] {
            refusal(url, |spec| spec.grant.response_headers.push(name.parse().unwrap()));
        }
        let header = |name: &str| Auth::Header { name: name.to_owned(), secret: "k".to_owned() };
        let query = |name: &str| Auth::Query { name: name.to_owned(), secret: "k".to_owned() };
        for auth in
            [header("Accept"), header("host"), header("a b"), query("Version"), query("a&b")]
        {
            refusal(url, |spec| {
                spec.grant.auth = auth.clone().into();
                spec.auth = auth;
            });
        }
    }

    #[test]
    fn an_operator_sets_headers_but_neither_framing_nor_credentials() {
        let with = |name: &str, value: &str| {
            let headers = vec![(name.to_owned(), value.to_owned())];
            endpoint("https://api.example.com", |spec| spec.headers = headers)
        };
        assert!(with("x-title", "hotcell").is_ok());
        for name in ["host", "Authorization", "cookie", "content-length", "Accept-Encoding", "a b"]
        {
            assert!(with(name, "x").is_err(), "{name}");
        }
        assert!(with("x-title", "a\r\nhost: evil").is_err());
    }

    #[test]
    fn what_is_shown_holds_no_credential() {
        for url in
            ["https://me:hunter22@x.com", "https://x.com/?k=hunter22", "https://a:hunter22/@x"]
        {
            assert!(!refusal(url, |_| {}).contains("hunter22"), "{url}");
        }
        let mut spec = None;
        let headers = vec![("x-title".to_owned(), "hunter22".to_owned())];
        let _ = endpoint("https://me:hunter22@x.com", |it| {
            it.headers = headers;
            spec = Some(it.clone());
        });
        assert!(!format!("{spec:?}").contains("hunter22"), "{spec:?}");
    }
}
