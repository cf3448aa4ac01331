//! Services of the machine itself: the container's, and the instance's.
//!
//! Nobody else is asked over plain HTTP than the addresses that AWS has for them, and
//! loopback, where an agent may be.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>

use super::surroundings::Surroundings;
use crate::credential::Secret;
use http::Uri;
use http::uri::Scheme;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

/// Of Elastic Container Service.
const ECS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2));
/// Of Elastic Kubernetes Service.
const EKS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23));
const EKS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23));
/// Of an instance.
const IMDS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
const IMDS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254));

/// Where a service of the machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// In the clear, at one address.
    Address(SocketAddr),
    /// By TLS, at a public host: `host` or `host:port`.
    Host(String),
}

impl At {
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Address(address) => address.port(),
            Self::Host(host) => {
                host.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(443)
            }
        }
    }
}

/// The service that gives a container its keys.
#[derive(Debug)]
pub(crate) struct Container {
    pub(super) at: At,
    /// Path and query.
    pub(super) path: String,
    pub(super) authorization: Option<Authorization>,
}

/// What the container shows.
#[derive(Debug)]
pub(super) enum Authorization {
    /// In a file that is written anew before it expires.
    File(PathBuf),
    /// In a variable.
    Variable(Secret),
}

impl Container {
    /// What the variables say; none where they say nothing.
    ///
    /// # Errors
    /// An address that no keys come from.
    pub(super) fn of(surroundings: &Surroundings) -> Result<Option<Self>, String> {
        const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let relative = surroundings.variable(RELATIVE);
        let (at, path) = match (relative, surroundings.variable(FULL)) {
            (Some(path), _) => {
                let is_one = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic());
                if !is_one || path.contains('#') {
                    return Err(format!("{RELATIVE} is not a path"));
                }
                (At::Address(SocketAddr::new(ECS, 80)), path.to_owned())
            }
            (None, Some(url)) => {
                place(url, &[ECS, EKS, EKS_V6]).map_err(|why| format!("{FULL} {why}"))?
            }
            (None, None) => return Ok(None),
        };
        let file = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let value = surroundings.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN");
        let authorization = match (file, value) {
            (Some(file), _) => Some(Authorization::File(PathBuf::from(file))),
            (None, Some(value)) => Some(Authorization::Variable(value.clone())),
            (None, None) => None,
        };
        Ok(Some(Self { at, path, authorization }))
    }
}

/// The service that gives an instance its keys.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(super) address: SocketAddr,
}

impl Instance {
    /// Whether it is where every instance has it.
    pub(super) fn is_usual(&self) -> bool {
        self.address == SocketAddr::new(IMDS, 80)
    }

    /// The one that a URL leads to, if that is where instances have it.
    pub(super) fn at(url: &str) -> Option<Self> {
        match place(url, &[IMDS, IMDS_V6]) {
            Ok((At::Address(address), _))
                if address.port() == 80 && !address.ip().is_loopback() =>
            {
                Some(Self { address })
            }
            _ => None,
        }
    }

    /// Where it is; none where the variables say that it is not to be asked.
    ///
    /// # Errors
    /// An address that it is not at.
    pub(super) fn of(surroundings: &Surroundings) -> Result<Option<Self>, String> {
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        if surroundings.is_on("AWS_EC2_METADATA_DISABLED") {
            return Ok(None);
        }
        let mode = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
        let address = match surroundings.variable(ENDPOINT) {
            None if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6")) => {
                SocketAddr::new(IMDS_V6, 80)
            }
            None => SocketAddr::new(IMDS, 80),
            Some(url) => match place(url, &[IMDS, IMDS_V6]) {
                Ok((At::Address(address), path)) if path == "/" => address,
                _ => return Err(format!("{ENDPOINT} is none that an instance's service is at")),
            },
        };
        Ok(Some(Self { address }))
    }
}

/// Reads a URL that leads to one of these addresses, to loopback, or anywhere by TLS.
fn place(url: &str, known: &[IpAddr]) -> Result<(At, String), &'static str> {
    let uri: Uri = url.parse().map_err(|_| "is not a URL")?;
    let parts = uri.into_parts();
    let (Some(scheme), Some(host)) = (parts.scheme, parts.authority) else {
        return Err("is not a URL");
    };
    if host.as_str().contains('@') {
        return Err("has a user name in it");
    }
    let path = parts.path_and_query.map_or_else(|| "/".to_owned(), |path| path.to_string());
    if scheme == Scheme::HTTPS {
        return Ok((At::Host(host.as_str().to_owned()), path));
    }
    let bare = host.host().trim_start_matches('[').trim_end_matches(']');
    let address = match bare {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ => bare.parse().map_err(|_| "leads to a name in the clear; only https:// may")?,
    };
    if scheme != Scheme::HTTP || !(address.is_loopback() || known.contains(&address)) {
        return Err("leads to an address that no keys come from");
    }
    Ok((At::Address(SocketAddr::new(address, host.port_u16().unwrap_or(80))), path))
}

/// The name of a role, as an instance tells it.
pub(super) fn role(body: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(body).ok()?.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_=,.@-+".contains(&byte);
    let is_one = (1..=64).contains(&name.len()) && name.bytes().all(plain);
    // A name of dots alone would be another path.
    (is_one && !name.bytes().all(|byte| byte == b'.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(variables, "/nowhere")
    }

    #[test]
    fn a_container_asks_its_own_service_and_nobody_else() {
        let full = |url: &str| {
            let of = of(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)]);
            Container::of(&of).map(|it| it.map(|it| (it.at, it.path)))
        };
        let at = |text: &str, path: &str| {
            Ok(Some((At::Address(text.parse().unwrap()), path.to_owned())))
        };
        assert_eq!(full("http://169.254.170.2/v2?a=b"), at("169.254.170.2:80", "/v2?a=b"));
        assert_eq!(full("http://169.254.170.23/v1/c"), at("169.254.170.23:80", "/v1/c"));
        assert_eq!(full("http://[fd00:ec2::23]/v1"), at("[fd00:ec2::23]:80", "/v1"));
        assert_eq!(full("http://127.0.0.1:8080/x"), at("127.0.0.1:8080", "/x"));
        assert_eq!(full("http://localhost:8080/x"), at("127.0.0.1:8080", "/x"));
        assert_eq!(
            full("https://a.example/x"),
            Ok(Some((At::Host("a.example".into()), "/x".into())))
        );
        for bad in [
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1/",
            "http://evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://2130706433/",
            "http://me@127.0.0.1/",
            "https://me@a.example/",
            "ftp://127.0.0.1/",
            "/v2/credentials",
            "",
        ] {
            assert!(full(bad).is_err() || bad.is_empty(), "{bad}");
        }
        let relative = |path: &str| {
            Container::of(&of(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path)]))
                .map(|it| it.map(|it| (it.at, it.path)))
        };
        assert_eq!(relative("/v2/credentials/x"), at("169.254.170.2:80", "/v2/credentials/x"));
        for bad in ["v2", "@evil.example/", ":80/", ".evil.example/", "/a b", "/a#"] {
            assert!(relative(bad).is_err(), "{bad}");
        }
        assert!(Container::of(&of(&[])).unwrap().is_none());
    }

    #[test]
    fn an_instance_is_asked_unless_it_is_not_to_be() {
        let at = |variables: &[(&str, &str)]| {
            Instance::of(&of(variables)).map(|it| it.map(|it| it.address.to_string()))
        };
        assert_eq!(at(&[]), Ok(Some("169.254.169.254:80".to_owned())));
        assert_eq!(at(&[("AWS_EC2_METADATA_DISABLED", "True")]), Ok(None));
        assert_eq!(
            at(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")]),
            Ok(Some("[fd00:ec2::254]:80".to_owned()))
        );
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        assert_eq!(at(&[(ENDPOINT, "http://127.0.0.1:9")]), Ok(Some("127.0.0.1:9".to_owned())));
        for bad in ["https://a.example", "http://10.0.0.1", "http://127.0.0.1/x", "x"] {
            assert!(at(&[(ENDPOINT, bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_names_the_service_of_an_instance_or_none() {
        let at = |url: &str| Instance::at(url).map(|it| it.address.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at("http://169.254.169.254/latest/x"), some("169.254.169.254:80"));
        assert_eq!(at("http://[fd00:ec2::254]/latest/x"), some("[fd00:ec2::254]:80"));
        for bad in [
            "",
            "http://127.0.0.1/latest/x",
            "http://localhost/latest/x",
            "http://169.254.169.254:8080/latest/x",
            "http://169.254.170.2/latest/x",
            "https://169.254.169.254/latest/x",
            "https://evil.example/latest/x",
            "http://me@169.254.169.254/latest/x",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_name_of_a_role_is_part_of_a_path_and_nothing_else() {
        assert_eq!(role(b"my-role_1\n"), Some("my-role_1"));
        for bad in ["", "a/b", "..", "a b", "a?b", "<html>", "a\nb", &"a".repeat(65)] {
            assert_eq!(role(bad.as_bytes()), None, "{bad}");
        }
    }
}
