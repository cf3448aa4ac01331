//! Where something is fetched from, and where a server may lead to from there.

use super::{FetchError, FetchErrorKind, Permits};
use crate::address;
use crate::connect::{Reach, metadata};
use crate::endpoint::{address_in, shown};
use crate::path;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::fmt;
use std::str::FromStr;

/// What permits private addresses, for messages.
const MORE: &str = "`--allow-private`";

/// An address of the web: a scheme, a host, perhaps a port, and a path.
///
/// One that a person writes has no query and no user name, which could be credentials
/// and would be written down. It can be compared and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) scheme: Scheme,
    pub(super) host: Authority,
    path: PathAndQuery,
}

impl FromStr for Place {
    type Err = FetchError;

    /// Reads an address as a person writes it: `https://example.com/echo.wasm`.
    fn from_str(text: &str) -> Result<Self, FetchError> {
        let refused = |why: &str| {
            FetchError::new(FetchErrorKind::Source, format!("`{}` {why}", shown(text)))
                .with_help("expected an address such as https://example.com/echo.wasm")
        };
        let place = Self::read(text).map_err(|why| refused(&why))?;
        if text.contains('#') || place.path.query().is_some() {
            return Err(refused(
                "has a query or fragment, which may be a credential and would be written into the lock file",
            ));
        }
        if place.path.as_str() == "/" || path::check(place.path.path()).is_err() {
            return Err(refused("has no path, or one that can be read in more than one way"));
        }
        Ok(place)
    }
}

impl Place {
    /// An address of whomever. The reason for which it is none has no word of it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let none = || "is not an address of the web".to_owned();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(none());
        }
        let parts = text.parse::<Uri>().map_err(|_| none())?.into_parts();
        let (Some(scheme), Some(host)) = (parts.scheme, parts.authority) else {
            return Err(none());
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return Err("is not an address of https://".to_owned());
        }
        if host.as_str().contains('@') {
            return Err("must not hold a user name or password".to_owned());
        }
        if host.as_str().len() > host.host().len() && host.port_u16().is_none() {
            return Err("has a port that is not a number".to_owned());
        }
        address_in(host.host())?;
        let path = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { scheme, host, path })
    }

    /// Whether a person permits to go there, as far as its name tells.
    pub(super) fn permitted(&self, permits: Permits) -> Result<(), FetchError> {
        let plaintext = permits.allow_private && permits.allow_plaintext;
        if self.scheme == Scheme::HTTP && !plaintext {
            return Err(FetchError::new(
                FetchErrorKind::Denied,
                format!("{} would be asked in the clear", self.origin()),
            )
            .with_help(
                "use https://; in a network of your own, `--allow-private --allow-plaintext` \
                 permits it",
            ));
        }
        let name = self.host.host();
        match address_in(name) {
            Ok(Some(literal)) => self.reach(permits).judge(name, literal)?,
            _ if address::is_metadata_name(name) => return Err(metadata(name).into()),
            _ => {}
        }
        Ok(())
    }

    /// Where a connection for it may lead.
    pub(super) fn reach(&self, permits: Permits) -> Reach {
        match permits.allow_private {
            _ if self.scheme == Scheme::HTTP => Reach::OwnNetwork,
            true => Reach::Anywhere,
            false => Reach::Public { more: MORE },
        }
    }

    /// The place that this one's server leads to. It may not lead out of TLS.
    pub(super) fn led_to(&self, location: &str, permits: Permits) -> Result<Self, FetchError> {
        let location = location.split('#').next().unwrap_or_default();
        let denied = |why: &str| {
            let message = format!("{} leads elsewhere by a redirect, to what {why}", self.origin());
            FetchError::new(FetchErrorKind::Denied, message)
        };
        let whole = match location.strip_prefix('/') {
            Some(rest) if rest.starts_with('/') => format!("{}:{location}", self.scheme),
            Some(_) => format!("{}://{}{location}", self.scheme, self.host),
            None => location.to_owned(),
        };
        let place = Self::read(&whole).map_err(|why| denied(&why))?;
        if self.scheme == Scheme::HTTPS && place.scheme == Scheme::HTTP {
            return Err(denied("is not https://"));
        }
        place.permitted(permits)?;
        Ok(place)
    }

    /// The same place with another path.
    pub(super) fn at(&self, path: &str) -> Result<Self, FetchError> {
        let path = path.parse().map_err(|_| {
            FetchError::new(FetchErrorKind::Internal, format!("{} has no such path", self.origin()))
        })?;
        Ok(Self { path, ..self.clone() })
    }

    pub(super) fn beside(&self, extension: &str) -> Result<Self, FetchError> {
        self.at(&format!("{}.{extension}", self.path.path()))
    }

    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.host.host().eq_ignore_ascii_case(other.host.host())
            && self.port() == other.port()
    }

    pub(super) fn port(&self) -> u16 {
        let usual = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        self.host.port_u16().unwrap_or(usual)
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    pub(super) fn path(&self) -> &PathAndQuery {
        &self.path
    }
}

/// Without a query, which may hold what nobody else should see.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.path.path())
    }
}
