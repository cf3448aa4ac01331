//! Where tokens are fetched: an origin that was judged, and how far it may lead.

use super::failed;
use crate::connect::Reach;
use crate::endpoint;
use crate::error::{EgressError, SetupError};
use http::Uri;
use http::uri::{Authority as HostAndPort, Scheme};
use std::net::{IpAddr, SocketAddr};

/// Scheme, host and port.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) host: HostAndPort,
    pub(crate) reach: Reach,
}

impl Origin {
    /// What a configuration or a manifest names, with what its provider permits.
    pub(crate) fn named(
        url: &str,
        allow_private: bool,
        allow_plaintext: bool,
    ) -> Result<Self, SetupError> {
        const NAME: &str = "identity";
        let (scheme, host, base) = endpoint::locate(NAME, url, allow_private, allow_plaintext)?;
        match base.is_empty() {
            true => Ok(Self { scheme, host, reach: Reach::of_a_provider(allow_private) }),
            false => Err(SetupError::Url {
                endpoint: NAME.to_owned(),
                url: endpoint::shown(url),
                why: "must be a scheme, a host and an optional port, and nothing after them"
                    .to_owned(),
            }),
        }
    }

    /// A vendor's own host, on the public Internet and by TLS.
    pub(crate) fn vendor(host: &'static str) -> Self {
        let host = HostAndPort::from_static(host);
        Self { scheme: Scheme::HTTPS, host, reach: Reach::of_a_provider(false) }
    }

    /// One address in the clear, and nothing else: a metadata service, or an agent on the same
    /// machine.
    pub(crate) fn exactly(address: SocketAddr) -> Result<Self, EgressError> {
        let host = match (address.port(), address.ip()) {
            (80, IpAddr::V4(v4)) => v4.to_string(),
            (80, IpAddr::V6(v6)) => format!("[{v6}]"),
            _ => address.to_string(),
        };
        let host = host.parse().map_err(|_| failed("not an address"))?;
        Ok(Self { scheme: Scheme::HTTP, host, reach: Reach::Exactly(address.ip()) })
    }

    /// Splits a URL that stands in a file or a variable of the machine's. It may be at one of
    /// these hosts, by TLS, or where the configuration says that tokens come from: nobody else
    /// is sent what the file holds.
    pub(crate) fn trusted(
        url: &str,
        known: Option<&Self>,
        is_vendor: impl Fn(&str) -> bool,
    ) -> Result<(Self, String), EgressError> {
        let refused = |why: &str| failed(format!("`{}` {why}", endpoint::shown(url)));
        let uri: Uri = url.parse().map_err(|_| refused("is not a URL"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(host)) = (parts.scheme, parts.authority) else {
            return Err(refused("is not a URL"));
        };
        let path = parts.path_and_query.map_or_else(|| "/".to_owned(), |path| path.to_string());
        if let Some(known) = known.filter(|known| known.scheme == scheme && known.host == host) {
            return Ok((known.clone(), path));
        }
        let is_plain = host.as_str() == host.host();
        if scheme == Scheme::HTTPS && is_plain && is_vendor(&host.host().to_ascii_lowercase()) {
            let reach = Reach::of_a_provider(false);
            return Ok((Self { scheme, host, reach }, path));
        }
        Err(refused(
            "is not where such tokens come from, and nothing was sent there; if it is meant, \
             name its origin as `identity-origin` of the provider",
        ))
    }

    /// The port that it is at.
    pub(crate) fn port(&self) -> u16 {
        let default = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        self.host.port_u16().unwrap_or(default)
    }
}

/// An agent on this machine, at a URL that the environment names: plain HTTP to loopback or a
/// link-local address.
pub(crate) fn local_agent(url: &str) -> Result<(Origin, String), EgressError> {
    let refused = || {
        failed(format!(
            "`{}` is not an agent of this machine's: expected http:// and an address that is \
             loopback or link-local",
            endpoint::shown(url)
        ))
    };
    let uri: Uri = url.parse().map_err(|_| refused())?;
    let parts = uri.into_parts();
    let host = parts.authority.filter(|host| !host.as_str().contains('@')).ok_or_else(refused)?;
    let address = match host.host() {
        "localhost" => IpAddr::from([127, 0, 0, 1]),
        text => endpoint::address_in(text).ok().flatten().ok_or_else(refused)?,
    };
    let is_local = address.is_loopback()
        || match address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
    if parts.scheme != Some(Scheme::HTTP) || !is_local {
        return Err(refused());
    }
    let origin = Origin::exactly(SocketAddr::new(address, host.port_u16().unwrap_or(80)))?;
    Ok((origin, parts.path_and_query.map_or_else(|| "/".to_owned(), |path| path.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_names_is_a_vendors_or_nobodys() {
        let known = Origin::named("https://sts.example:8443", false, false).unwrap();
        let is_vendor = |host: &str| host == "oauth2.googleapis.com";
        let try_it = |url: &str| Origin::trusted(url, Some(&known), is_vendor).map(|it| it.1);
        assert_eq!(try_it("https://oauth2.googleapis.com/token").unwrap(), "/token");
        assert_eq!(try_it("https://sts.example:8443/v1/token").unwrap(), "/v1/token");
        for url in [
            "",
            "/token",
            "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com:8443/token",
            "https://oauth2.googleapis.com@evil.example/token",
            "https://me@oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com.evil.example/token",
            "https://evil.example/oauth2.googleapis.com",
            "https://sts.example/token",
            "http://sts.example:8443/token",
            "http://169.254.169.254/token",
            "file:///etc/passwd",
        ] {
            assert!(try_it(url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_address_is_written_as_a_server_expects_it() {
        let host = |text: &str| Origin::exactly(text.parse().unwrap()).unwrap().host.to_string();
        assert_eq!(host("169.254.169.254:80"), "169.254.169.254");
        assert_eq!(host("[fd00:ec2::254]:80"), "[fd00:ec2::254]");
        assert_eq!(host("127.0.0.1:41741"), "127.0.0.1:41741");
    }

    #[test]
    fn an_agent_is_on_this_machine() {
        for url in [
            "http://127.0.0.1:41741/msi/token",
            "http://localhost:1/x",
            "http://169.254.129.2:8081/",
        ] {
            assert!(local_agent(url).is_ok(), "{url}");
        }
        for url in [
            "https://127.0.0.1/x",
            "http://10.0.0.1/x",
            "http://example.com/x",
            "http://2130706433/x",
            "http://me@127.0.0.1/x",
            "http://localhost.evil.example/x",
            "x",
        ] {
            assert!(local_agent(url).is_err(), "{url}");
        }
    }
}
