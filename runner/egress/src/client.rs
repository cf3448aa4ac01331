//! The HTTP client of one endpoint: its own pool, its own connections.

use crate::connect::{Connector, Reach};
use crate::error::{EgressError, ErrorKind};
use crate::limits::Limits;
use crate::pipeline::failure_of;
use crate::provider::Shared;
use bytes::Bytes;
use http::uri::Scheme;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;

/// An idle connection is kept for less time than servers usually do, so that a
/// request rarely meets one that is just being closed.
const POOL_IDLE: Duration = Duration::from_secs(50);

pub(crate) enum HttpClient {
    Plain(Client<Connector, Full<Bytes>>),
    Tls(Client<HttpsConnector<Connector>, Full<Bytes>>),
    Tunnelled(Client<HttpsConnector<Tunnel<Connector>>, Full<Bytes>>),
}

impl HttpClient {
    pub(crate) async fn new(
        shared: &Shared,
        scheme: &Scheme,
        reach: Reach,
        limits: &Limits,
    ) -> Result<Self, EgressError> {
        let connector = Connector {
            resolver: shared.resolver.clone(),
            reach,
            timeout: Duration::from_millis(limits.connect_ms),
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http1_max_headers(limits.response_headers)
            .http1_max_buf_size(limits.response_head_bytes.max(8192))
            .http2_max_header_list_size(
                u32::try_from(limits.response_head_bytes).unwrap_or(u32::MAX),
            )
            .http2_adaptive_window(true)
            .timer(TokioTimer::new());
        if *scheme == Scheme::HTTP {
            return Ok(Self::Plain(builder.build(connector)));
        }
        let config = shared
            .tls()
            .map_err(|error| EgressError::new(ErrorKind::Unreachable, error.to_string()))?;
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(config.clone())
            .https_only()
            .enable_http1()
            .enable_http2();
        match shared.proxy_for(scheme, reach) {
            Some(proxy) => {
                let tunnel = proxy.tunnel(connector).await?;
                Ok(Self::Tunnelled(builder.build(https.wrap_connector(tunnel))))
            }
            None => Ok(Self::Tls(builder.build(https.wrap_connector(connector)))),
        }
    }

    pub(crate) async fn request(
        &self,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, EgressError> {
        match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
            Self::Tunnelled(client) => client.request(request).await,
        }
        .map_err(|error| failure_of(&error))
    }
}
