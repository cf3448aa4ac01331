//! The address of a server, as people and platforms write it.

use super::Protocol;
use crate::address::is_metadata_name;
use crate::credential::{Secret, SecretSource};
use crate::endpoint::address_in;
use http::Uri;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The address of a server, as a configuration has it: without a password, or a source such as
/// `env:DATABASE_URL`, and then perhaps with one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ServiceAddress {
    /// It stands there.
    Plain(String),
    /// It comes from there.
    Source(SecretSource),
}

impl FromStr for ServiceAddress {
    type Err = String;

    /// The text is not repeated where it is wrong: it may hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((_, rest)) = text.split_once("://") else {
            return text.parse().map(Self::Source).map_err(|_| {
                "expected an address, or where it comes from, such as env:DATABASE_URL".to_owned()
            });
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let said = rest.rsplit_once('@').map(|(said, _)| said);
        let is_whole = said.is_none_or(|said| authority.starts_with(said));
        let has_password = said.is_some_and(|said| said.contains(':')) || rest.contains("password");
        match is_whole && !has_password {
            true => Ok(Self::Plain(text.to_owned())),
            false => Err("the address holds a password; name where that comes from beside it, \
                          or the whole address as env:NAME or file:PATH"
                .to_owned()),
        }
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Source(source) => source.fmt(f),
        }
    }
}

impl TryFrom<String> for ServiceAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ServiceAddress> for String {
    fn from(address: ServiceAddress) -> Self {
        address.to_string()
    }
}

/// Where a server is, and as whom it is asked what. Its password is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// A name, or an address; one of IPv6 in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    pub(super) user: Option<String>,
    pub(super) database: Option<String>,
}

impl Address {
    /// Reads an address, and the password that it may have.
    ///
    /// # Errors
    /// Why it is none. It has no word of the address, of which any part may be a secret.
    pub(super) fn read(protocol: Protocol, text: &str) -> Result<(Self, Option<Secret>), String> {
        let expected = match protocol {
            Protocol::Postgres => "expected postgres://USER@HOST:PORT/DATABASE",
            Protocol::Valkey => "expected redis://HOST:PORT, or rediss:// with TLS",
        };
        let refused = |why: &str| format!("it {why}; {expected}");
        let uri: Uri = text.parse().map_err(|_| refused("is not an address"))?;
        let (is_usual, tls_by_scheme) = match (protocol, uri.scheme_str()) {
            (Protocol::Postgres, Some("postgres" | "postgresql")) => (true, true),
            (Protocol::Valkey, Some("redis" | "valkey")) => (true, false),
            (Protocol::Valkey, Some("rediss" | "valkeys")) => (true, true),
            _ => (false, false),
        };
        if !is_usual {
            return Err(refused("has another scheme"));
        }
        let authority = uri.authority().ok_or_else(|| refused("has no host"))?;
        let (said, place) = match authority.as_str().rsplit_once('@') {
            Some((said, place)) => (Some(said), place),
            None => (None, authority.as_str()),
        };
        let host = authority.host().to_owned();
        address_in(&host).map_err(|why| refused(&why))?;
        if is_metadata_name(&host) {
            return Err(refused("leads to a metadata service, where nothing is ever sent"));
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            None if place.len() > host.len() => return Err(refused("has no port that is one")),
            None if protocol == Protocol::Postgres => 5432,
            None => 6379,
        };
        let plain = |text: &str| {
            let text = percent_decode_str(text).decode_utf8().ok()?;
            (!text.contains('\0')).then(|| text.into_owned())
        };
        let plain = |text: &str| plain(text).ok_or_else(|| refused("is not UTF-8"));
        let (mut user, mut password) = (None, None);
        if let Some(said) = said {
            let (name, word) = said.split_once(':').unwrap_or((said, ""));
            user = Some(plain(name)?).filter(|name| !name.is_empty());
            password = Some(plain(word)?).filter(|word| !word.is_empty()).map(Secret::from);
        }
        let database = plain(uri.path().trim_start_matches('/'))?;
        let database = Some(database).filter(|name| !name.is_empty());
        if protocol == Protocol::Valkey
            && database.as_ref().is_some_and(|number| number.parse::<u16>().is_err())
        {
            return Err(refused("has a database that is not a number"));
        }
        if protocol == Protocol::Postgres && user.is_none() {
            return Err(refused("names no user"));
        }
        let mut is_tls = tls_by_scheme;
        for (name, value) in pairs(uri.query().unwrap_or_default()) {
            match (protocol, name, value) {
                (Protocol::Postgres, "sslmode", "disable") => is_tls = false,
                // Where others would be content with less, the certificate and the name are
                // verified all the same.
                (Protocol::Postgres, "sslmode", "verify-full" | "verify-ca" | "require") => {}
                (Protocol::Postgres, "sslmode", _) => {
                    return Err(refused(
                        "has an `sslmode` that would do without TLS where somebody prevents \
                         it; say `verify-full`, or `disable` in a network of your own",
                    ));
                }
                // Words of other clients' own, which change nothing of what is asked.
                (Protocol::Postgres, "application_name" | "connection_limit", _)
                | (Protocol::Postgres, "pool_timeout" | "connect_timeout", _) => {}
                _ => return Err(refused("has a parameter that is not known here")),
            }
        }
        Ok((Self { host, port, is_tls, user, database }, password))
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let all = query.split('&').filter(|pair| !pair.is_empty());
    all.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
