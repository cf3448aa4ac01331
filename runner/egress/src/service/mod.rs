//! Connections to servers of the operator's own, at which the gateway keeps what several of
//! them share: PostgreSQL and Valkey. No cell gets here.
//!
//! The rules are those of every other way out: the name is resolved and each address judged
//! when it is connected to, TLS verifies the server's certificate and name, what is said in
//! the clear stays in one's own network, and the credential comes from a source that the
//! operator names. There is no mode in between, in which TLS is spoken with whoever answers.

mod address;
mod stream;

pub use stream::Stream;

use crate::authority::Authority;
use crate::connect::{Connector, Reach};
use crate::credential::{Secret, SecretSource};
use crate::error::{EgressError, ErrorKind, SetupError};
use crate::provider::{Egress, Shared};
use address::Address;
pub use address::ServiceAddress;
use http::Uri;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

/// From the first packet to the end of the TLS handshake.
pub const CONNECTING: Duration = Duration::from_secs(5);
/// How PostgreSQL is asked for TLS, on a connection on which nothing was said: a length, and a
/// number that is no version (protocol 3.0, "SSL Session Encryption").
const TLS_PLEASE: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `postgres://USER@HOST:PORT/NAME?sslmode=verify-full`.
    Postgres,
    /// `redis://HOST:PORT/NUMBER`, and `rediss://` with TLS; also of Valkey.
    Valkey,
}

/// A server, as a configuration names it.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// What it speaks.
    pub protocol: Protocol,
    /// Its address.
    pub address: ServiceAddress,
    /// Where the password comes from, where the address has none.
    pub password: Option<SecretSource>,
}

/// A server that can be connected to. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    egress: Arc<Shared>,
    protocol: Protocol,
    address: Address,
    password: Option<Secret>,
}

impl Egress {
    /// Reads the address of a server, its password, and whose certificates are believed: what
    /// a process that confines itself could not read later. Nothing is connected to yet.
    ///
    /// # Errors
    /// An address that cannot be used, or a password that cannot be had. Neither is repeated.
    pub fn service(&self, spec: &ServiceSpec) -> Result<Service, SetupError> {
        let authority = Authority::of_the_process();
        let failed = |why: String| SetupError::Service(why);
        let read = |source: &SecretSource| {
            source.read(&authority).map_err(|error| failed(error.to_string()))
        };
        let (address, inside) = match &spec.address {
            ServiceAddress::Plain(text) => Address::read(spec.protocol, text).map_err(failed)?,
            ServiceAddress::Source(source) => {
                Address::read(spec.protocol, read(source)?.expose_secret())
                    .map_err(|why| failed(format!("{source}: {why}")))?
            }
        };
        let password = match &spec.password {
            Some(source) => Some(read(source)?),
            None => inside,
        };
        if address.is_tls {
            self.inner.tls()?;
        }
        let (egress, protocol) = (self.inner.clone(), spec.protocol);
        Ok(Service { inner: Arc::new(Inner { egress, protocol, address, password }) })
    }
}

impl Service {
    /// The TCP port that is connected to.
    pub fn port(&self) -> u16 {
        self.inner.address.port
    }

    /// The user that its address names.
    pub fn user(&self) -> Option<&str> {
        self.inner.address.user.as_deref()
    }

    /// The database that its address names.
    pub fn database(&self) -> Option<&str> {
        self.inner.address.database.as_deref()
    }

    /// Gives the password to what says who is asking, for as long as that takes. Nothing of
    /// it is to be kept, shown or logged.
    pub fn with_password<T>(&self, authenticate: impl FnOnce(Option<&str>) -> T) -> T {
        authenticate(self.inner.password.as_ref().map(ExposeSecret::expose_secret))
    }

    /// A new connection, on which nothing was said yet but what TLS says.
    ///
    /// # Errors
    /// `unreachable`, `timed-out`, or `denied` for an address where the server may not be.
    pub async fn connect(&self) -> Result<Stream, EgressError> {
        match tokio::time::timeout(CONNECTING, self.open()).await {
            Ok(opened) => opened,
            Err(_) => Err(EgressError::new(
                ErrorKind::TimedOut,
                format!("no connection to {self} in {CONNECTING:?}"),
            )),
        }
    }

    async fn open(&self) -> Result<Stream, EgressError> {
        let Inner { egress, protocol, address, .. } = &*self.inner;
        let unreachable = |why: &dyn fmt::Display| {
            EgressError::new(ErrorKind::Unreachable, format!("{self} cannot be reached: {why}"))
        };
        let reach = if address.is_tls { Reach::Anywhere } else { Reach::OwnNetwork };
        let resolver = egress.resolver.clone();
        let mut connector = Connector { resolver, reach, timeout: CONNECTING };
        let at = format!("http://{}:{}/", address.host, address.port).parse::<Uri>();
        let connected = connector.call(at.map_err(|error| unreachable(&error))?).await?;
        let mut stream = connected.into_inner().into_inner();
        if !address.is_tls {
            return Ok(Stream::plain(stream));
        }
        if *protocol == Protocol::Postgres {
            ask_for_tls(&mut stream).await.map_err(|error| unreachable(&error))?;
        }
        let name = address.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|error| unreachable(&error))?;
        let config = egress.tls().map_err(|error| unreachable(&error))?.clone();
        let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Stream::tls(secured.map_err(|error| unreachable(&error))?))
    }
}

/// One byte is read and no more: whatever comes after it is for TLS to judge.
async fn ask_for_tls(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(&TLS_PLEASE).await?;
    match stream.read_u8().await? {
        b'S' => Ok(()),
        _ => Err(std::io::Error::other(
            "it speaks no TLS; in a network of your own, `?sslmode=disable` in its address \
             goes without",
        )),
    }
}

/// The host and the port, and nothing that is for nobody to see.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.inner.address.host, self.inner.address.port)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({self})")
    }
}

#[cfg(test)]
mod tests;
