//! Opening a socket, to an address that was judged.

use crate::address::{self, Class};
use crate::arrival::Counted;
use crate::authority::Authority;
use crate::endpoint::address_in;
use crate::error::{EgressError, ErrorKind, Rule};
use crate::resolve::Resolve;
use http::Uri;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;

/// Where a connector may lead. To metadata services it never does.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    /// To public addresses.
    Public {
        /// What would permit others, for messages.
        more: &'static str,
    },
    /// To others too.
    Anywhere,
    /// To others only: what is said in the clear stays in one's own network.
    OwnNetwork,
    /// To this one address, a metadata service's among them: what the runner asks for its own
    /// credentials. No endpoint of a cell's has this.
    Exactly(IpAddr),
}

impl Reach {
    /// Of a provider, as it is configured.
    pub(crate) fn of_a_provider(allow_private: bool) -> Self {
        match allow_private {
            true => Self::Anywhere,
            false => Self::Public { more: "`allow-private = true` for this provider" },
        }
    }

    /// Judges an address of this host.
    pub(crate) fn judge(self, host: &str, address: IpAddr) -> Result<(), EgressError> {
        let denied = |why: String| Err(EgressError::denied(Rule::Address, why));
        // It may be one as it is written.
        let at = match host.trim_matches(['[', ']']) == address.to_string() {
            true => format!("{host} is"),
            false => format!("{host} is at {address},"),
        };
        if let Self::Exactly(meant) = self {
            return if address == meant { Ok(()) } else { denied(format!("{at} another address")) };
        }
        match (address::classify(address), self) {
            (Class::Metadata, _) => Err(metadata(host)),
            (Class::Public, Self::OwnNetwork) => denied(format!(
                "{at} a public address, where nothing is said in the clear; use TLS"
            )),
            (Class::Private(class), Self::Public { more }) => {
                denied(format!("{at} a {class} address; {more} would permit it"))
            }
            (Class::Public | Class::Private(_), _) => Ok(()),
        }
    }
}

/// Connects for one endpoint. Being the HTTP client's connector, it is asked at
/// connect time: there is no gap between the check and the connection.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) reach: Reach,
    pub(crate) timeout: Duration,
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Counted>;
    type Error = EgressError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, EgressError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let authority = Authority::of_the_process();
            match tokio::time::timeout(connector.timeout, connector.connect(&uri, &authority)).await
            {
                Ok(connected) => connected.map(|stream| TokioIo::new(Counted::new(stream))),
                Err(_) => Err(EgressError::new(
                    ErrorKind::TimedOut,
                    format!(
                        "no connection to {} in {:?}",
                        uri.host().unwrap_or("?"),
                        connector.timeout
                    ),
                )),
            }
        })
    }
}

impl Connector {
    async fn connect(&self, uri: &Uri, authority: &Authority) -> Result<TcpStream, EgressError> {
        let host = uri.host().unwrap_or_default();
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let unreachable = |why: &str| {
            EgressError::new(ErrorKind::Unreachable, format!("{host} cannot be reached: {why}"))
        };
        let addresses = self.addresses(host, port, authority).await?;
        let mut last = unreachable("the name has no address");
        for address in addresses {
            match open(address, authority).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = unreachable(&error.to_string()),
            }
        }
        Err(last)
    }

    /// Every address of the host, of which each may be connected to.
    async fn addresses(
        &self,
        host: &str,
        port: u16,
        authority: &Authority,
    ) -> Result<Vec<SocketAddr>, EgressError> {
        let literal = address_in(host)
            .map_err(|why| EgressError::denied(Rule::Address, format!("`{host}` {why}")))?;
        let addresses = match literal {
            Some(address) => vec![SocketAddr::new(address, port)],
            None if address::is_metadata_name(host) => return Err(metadata(host)),
            None => self.resolver.resolve(host, port, authority).await.map_err(|error| {
                EgressError::new(
                    ErrorKind::Unreachable,
                    format!("{host} does not resolve: {error}"),
                )
            })?,
        };
        for found in &addresses {
            self.reach.judge(host, found.ip())?;
        }
        Ok(addresses)
    }
}

pub(crate) fn metadata(host: &str) -> EgressError {
    EgressError::denied(
        Rule::Address,
        format!("{host} is a metadata service, where nothing is ever sent"),
    )
}

async fn open(address: SocketAddr, _: &Authority) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // A socket can be turned elsewhere beneath us (transparent proxies, NAT rules
    // of the host): then the check above would have judged another address.
    if stream.peer_addr()?.ip() != address.ip() {
        return Err(std::io::Error::other("the connection leads elsewhere"));
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}
