//! What happens to a request of a guest's, from top to bottom.
//!
//! ```text
//! request ─ check ─▶ CheckedRequest ─ authorise ─▶ AuthorisedRequest ─ send ─▶ Response
//!           path, method, query,      credentials    addresses, TLS,
//!           headers, limits           last           limits, scrubbing
//! ```
//!
//! Each step takes what only the step before can make: a request that was not
//! checked cannot be given a credential, and one without cannot be sent.

use crate::audit::{self, AuditRecord, Decision};
use crate::body::Response;
use crate::credential;
use crate::endpoint::Endpoint;
use crate::error::{EgressError, ErrorKind, Rule};
use crate::exchange::Exchange;
use crate::identity::Lease;
use crate::provider::{CellEgress, Connection, EndpointId};
use crate::scrub::Scrubber;
use crate::{header, path};
use bytes::Bytes;
use hotcell_manifest::{Auth, Method};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Uri};
use http_body_util::Full;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};
use tokio::task::{JoinError, JoinHandle};

/// How much of what a guest writes is repeated in the audit log, in characters.
pub(crate) const ENDPOINT_NAME: usize = 64;
const PATH: usize = 512;

/// What a guest asks to be sent. Nothing in it is believed.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query below the endpoint's base path.
    pub path: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A request that the grant covers. It holds no credential yet.
#[derive(Clone)]
struct CheckedRequest {
    method: Method,
    path: String,
    has_query: bool,
    headers: HeaderMap,
    body: Bytes,
}

/// A checked request with its credential: the only thing that can be sent.
struct AuthorisedRequest(hyper::Request<Full<Bytes>>);

/// Where a request goes, and with what.
#[derive(Clone, Copy)]
struct Way<'a> {
    name: &'a str,
    endpoint: &'a Endpoint,
    connection: &'a Connection,
    /// Its credential, where that is fetched or signs.
    lease: Option<&'a Lease>,
}

/// A request on its way, from when it was handed over. Who drops it sends it no more.
///
/// # Errors
/// What a rule refuses (written to the audit log), and what keeps the provider from
/// answering. A status of 400 and above is a response.
#[must_use = "a request whose answer nobody waits for is not sent"]
pub struct Sending(JoinHandle<Result<Box<Response>, EgressError>>);

impl Future for Sending {
    type Output = Result<Box<Response>, EgressError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(ended.unwrap_or_else(gone))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a request comes to whose task did not end as it should.
#[cold]
fn gone(error: JoinError) -> Result<Box<Response>, EgressError> {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => {
            let why = "the runtime ended while the request was under way";
            Err(EgressError::new(ErrorKind::Internal, why))
        }
    }
}

/// The head of a response, and what belongs to it.
struct Answered {
    response: hyper::Response<hyper::body::Incoming>,
    exchange: Exchange,
    /// Finds what must not come back.
    scrubber: Arc<Scrubber>,
}

impl CellEgress {
    /// Sends one request; what comes of it is waited for with what this gives.
    ///
    /// What it takes to connect lies deep on a stack, and that of a guest keeps what was once used
    /// of it for as long as it lives. So all that is done by a task, which has a thread's.
    pub fn send(&self, endpoint: EndpointId, request: Request) -> Sending {
        let own = self.clone();
        // In boxes: what is handed to a task, or comes back from one, is moved over this stack.
        Sending(tokio::spawn(Box::pin(async move {
            Box::pin(own.exchange(endpoint, request)).await.map(Box::new)
        })))
    }

    async fn exchange(
        &self,
        endpoint: EndpointId,
        request: Request,
    ) -> Result<Response, EgressError> {
        let provider = self.provider.clone();
        let Some((name, endpoint)) = provider.endpoint(endpoint) else {
            let error = EgressError::denied(Rule::Endpoint, "no such endpoint");
            return Err(self.deny(None, None, error));
        };
        let asked = (request.method, request.path.clone());
        let checked = match self.count_call().and_then(|()| self.check(endpoint, request)) {
            Ok(checked) => checked,
            Err(error) => return Err(self.deny(Some(name), Some(asked), error)),
        };
        let connection = provider.connection(name, endpoint).await?;
        let Some(tokens) = &endpoint.tokens else {
            let way = Way { name, endpoint, connection: &connection, lease: None };
            let answered = self.attempt(&way, asked, checked).await?;
            if answered.response.status().as_u16() == 401 {
                // The credential may have been changed at its source since it was read.
                provider.forget_credentials();
            }
            return self.receive(&way, answered);
        };
        let (id, credentials) = (self.request_id.clone(), &connection.credentials);
        let lease = tokens.lease(&provider, &id, credentials).await.inspect_err(|_| {
            // So may what it is fetched with.
            provider.forget_credentials();
        })?;
        let way = Way { name, endpoint, connection: &connection, lease: Some(&lease) };
        let mut answered = self.attempt(&way, asked.clone(), checked.clone()).await?;
        let (status, headers) = (answered.response.status().as_u16(), answered.response.headers());
        if lease.credential.is_refused(status, headers)
            && let Some(lease) = tokens.renew(&provider, &id, credentials, &lease).await
        {
            answered.exchange.finish();
            drop(answered);
            let way = Way { lease: Some(&lease), ..way };
            let answered = self.attempt(&way, asked, checked).await?;
            return self.receive(&way, answered);
        }
        self.receive(&way, answered)
    }

    /// Writes the decision down, adds the credential, sends the request.
    async fn attempt(
        &self,
        way: &Way<'_>,
        asked: (Method, String),
        checked: CheckedRequest,
    ) -> Result<Answered, EgressError> {
        let provider = self.provider.clone();
        let record = self.record(Some(way.name), Some(asked.clone()));
        let sinks = provider.egress.audit.clone();
        let mut exchange = Exchange::begin(sinks, record, checked.body.len(), &provider.limits)?;
        let (authorised, scrubber) = authorise(way, checked, provider.egress.clock.now())
            .inspect_err(|error| exchange.fail(error))?;
        match self.ask(way.connection, authorised, &mut exchange).await {
            Ok(response) => Ok(Answered { response, exchange, scrubber }),
            // An address is judged when the connection is made.
            Err(error) if error.rule == Some(Rule::Address) => {
                exchange.close();
                Err(self.deny(Some(way.name), Some(asked), error))
            }
            Err(error) => {
                exchange.fail(&error);
                Err(error)
            }
        }
    }

    fn check(&self, endpoint: &Endpoint, request: Request) -> Result<CheckedRequest, EgressError> {
        let limits = &self.provider.limits;
        if request.path.len() > limits.path_bytes {
            let message = format!("the path has more than {} bytes", limits.path_bytes);
            return Err(EgressError::denied(Rule::Limit, message));
        }
        if request.body.len() > limits.request_bytes {
            let message = format!("the request has more than {} bytes", limits.request_bytes);
            return Err(EgressError::too_large(message));
        }
        let path = path::check(&request.path)?;
        let method = request.method;
        let covered = endpoint.grant.allow.iter().any(|rule| {
            rule.method == method && rule.path.matches(path.segments.iter().map(String::as_str))
        });
        if !covered {
            let shown: String = request.path.chars().take(200).collect();
            return Err(EgressError::denied(
                Rule::MethodAndPath,
                format!("the grant has no `{method} {shown}`"),
            ));
        }
        if let Some(name) = path.query.iter().find(|name| !endpoint.grant.query.contains(name)) {
            let message = format!("the grant has no query parameter `{name}`");
            return Err(EgressError::denied(Rule::Query, message));
        }
        // Read as a space or as itself, which would be two signatures.
        let plus = path.text.split_once('?').is_some_and(|(_, query)| query.contains('+'));
        if plus && matches!(endpoint.auth, Auth::AwsSigv4 { .. }) {
            let message = "the query of a request that is signed has a `+`; write `%2B` or `%20`";
            return Err(EgressError::denied(Rule::Query, message));
        }
        let headers = header::check(
            request.headers,
            &endpoint.grant.request_headers,
            endpoint.credential.as_ref(),
            limits,
        )?;
        let has_query = !path.query.is_empty();
        Ok(CheckedRequest { method, path: path.text, has_query, headers, body: request.body })
    }

    async fn ask(
        &self,
        connection: &Connection,
        request: AuthorisedRequest,
        exchange: &mut Exchange,
    ) -> Result<hyper::Response<hyper::body::Incoming>, EgressError> {
        let first_byte = Duration::from_millis(self.provider.limits.first_byte_ms);
        let until = exchange.until(first_byte)?.into();
        let answered = tokio::time::timeout_at(until, connection.client.request(request.0)).await;
        let Ok(response) = answered else {
            exchange.until(first_byte)?;
            return Err(EgressError::new(
                ErrorKind::TimedOut,
                format!("the provider did not begin to answer within {first_byte:?}"),
            ));
        };
        let response = response?;
        exchange.answered(response.status().as_u16());
        Ok(response)
    }

    fn receive(&self, way: &Way<'_>, answered: Answered) -> Result<Response, EgressError> {
        let Answered { response, mut exchange, scrubber } = answered;
        let limits = &self.provider.limits;
        let (status, now) = (response.status().as_u16(), self.provider.egress.clock.now());
        let explained =
            way.lease.and_then(|lease| lease.credential.explain(status, response.headers(), now));
        let headers = match explained {
            Some(error) => Err(error),
            None => visible_headers(&response, way.endpoint, &scrubber, limits),
        };
        let headers = headers.inspect_err(|error| exchange.fail(error))?;
        Response::new(response, headers, scrubber, self.used.clone(), limits.clone(), exchange)
    }

    /// Writes a denial down, and hands it back.
    pub(crate) fn deny(
        &self,
        endpoint: Option<&str>,
        asked: Option<(Method, String)>,
        mut error: EgressError,
    ) -> EgressError {
        let Some(rule) = error.rule else { return error };
        self.used.denials.fetch_add(1, Ordering::Relaxed);
        // It repeats what the guest wrote.
        error.message = audit::printable(&error.message, audit::DETAIL);
        let decision = Decision::Denied { rule, detail: error.message.clone() };
        let record = AuditRecord { decision, ..self.record(endpoint, asked) };
        audit::record(&self.provider.egress.audit, &record).err().unwrap_or(error)
    }

    fn record(&self, endpoint: Option<&str>, asked: Option<(Method, String)>) -> AuditRecord {
        let (method, path) = asked.unzip();
        AuditRecord {
            time: SystemTime::now(),
            request_id: self.request_id.clone(),
            provider: self.provider.name.clone(),
            adapter: self.provider.adapter.clone(),
            digest: Some(self.provider.digest),
            endpoint: endpoint.map(|name| audit::printable(name, ENDPOINT_NAME).into()),
            method,
            path: path.map(|path| audit::printable(&path, PATH)),
            decision: Decision::Granted,
        }
    }

    fn count_call(&self) -> Result<(), EgressError> {
        let most = self.provider.limits.calls;
        if self.used.calls.fetch_add(1, Ordering::Relaxed) >= most {
            let message = format!("more than {most} calls in one request");
            return Err(EgressError::denied(Rule::Limit, message));
        }
        Ok(())
    }
}

/// Adds what the guest never sees. After this nothing is checked any more. The scrubber finds
/// what was added.
fn authorise(
    way: &Way<'_>,
    request: CheckedRequest,
    now: SystemTime,
) -> Result<(AuthorisedRequest, Arc<Scrubber>), EgressError> {
    let Way { endpoint, connection, lease, .. } = way;
    let internal = |error: &dyn std::fmt::Display| {
        EgressError::new(ErrorKind::Internal, format!("the request cannot be written: {error}"))
    };
    let mut headers = request.headers;
    // Compression of a stream delays its events.
    let streams =
        headers.get(ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
    let coding = if streams { "identity" } else { "gzip" };
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(coding));
    headers.insert(USER_AGENT, HeaderValue::from_static(crate::USER_AGENT));
    for (name, value) in &endpoint.headers {
        headers.insert(name.clone(), value.clone());
    }
    let mut query = if request.has_query { "?".to_owned() } else { String::new() };
    credential::apply(&endpoint.auth, &connection.credentials, &mut headers, &mut query);
    let added = if request.has_query { query.get(1..).unwrap_or_default() } else { &query };
    let uri = Uri::builder()
        .scheme(endpoint.scheme.clone())
        .authority(endpoint.host.clone())
        .path_and_query(format!("{}{}{added}", endpoint.base, request.path))
        .build()
        .map_err(|error| internal(&error))?;
    let authorised = hyper::Request::builder()
        .method(request.method.as_str())
        .uri(uri)
        .body(())
        .map_err(|error| internal(&error))?;
    let (mut parts, ()) = authorised.into_parts();
    parts.headers = headers;
    let scrubber = match lease {
        None => connection.scrubber.clone(),
        Some(lease) => {
            parts.headers.extend(lease.headers.iter().cloned());
            let made = lease.credential.apply(&endpoint.auth, &mut parts, &request.body, now)?;
            lease.scrubber.and(&made)
        }
    };
    let request = hyper::Request::from_parts(parts, Full::new(request.body));
    Ok((AuthorisedRequest(request), scrubber))
}

fn visible_headers(
    response: &hyper::Response<hyper::body::Incoming>,
    endpoint: &Endpoint,
    scrubber: &Scrubber,
    limits: &crate::Limits,
) -> Result<Vec<(String, String)>, EgressError> {
    check_head(response, limits)?;
    let headers = response.headers();
    let granted = &endpoint.grant.response_headers;
    let visible = headers
        .iter()
        .filter(|(name, _)| granted.iter().any(|pattern| pattern.matches(name.as_str())))
        .filter(|(name, _)| !scrubber.is_in_name(name.as_str()))
        .map(|(name, value)| {
            let scrubbed = scrubber.whole(value.as_bytes());
            let value = scrubbed.as_deref().unwrap_or(value.as_bytes());
            (name.as_str().to_owned(), String::from_utf8_lossy(value).into_owned())
        });
    Ok(visible.collect())
}

/// Whether the head of a response is one that can be believed about its body.
pub(crate) fn check_head(
    response: &hyper::Response<hyper::body::Incoming>,
    limits: &crate::Limits,
) -> Result<(), EgressError> {
    let headers = response.headers();
    if response.status().is_informational() {
        return Err(EgressError::new(
            ErrorKind::MalformedResponse,
            "the provider switches to another protocol, which nobody asked for",
        ));
    }
    // Two ways to say where the body ends are how one response becomes two.
    if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
        return Err(EgressError::new(
            ErrorKind::MalformedResponse,
            "the response has both content-length and transfer-encoding",
        ));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits.response_headers || bytes > limits.response_head_bytes {
        return Err(EgressError::too_large("the response has too many headers"));
    }
    Ok(())
}

/// What a failure of the HTTP library means. Its own words hold no header.
pub(crate) fn failure_of(error: &(dyn std::error::Error + 'static)) -> EgressError {
    let mut source = Some(error);
    let mut words = error.to_string();
    let mut kind = ErrorKind::Unreachable;
    // Below it, the connection stands, and what comes through it is wrong.
    let mut in_message = false;
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<EgressError>() {
            return error.clone();
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            in_message = true;
            // The library has a kind for this, and no public question to ask for it.
            if error.is_parse() && error.to_string().contains("too large") {
                return EgressError::too_large("the response has too many headers");
            }
            if error.is_parse() || error.is_incomplete_message() || error.is_body_write_aborted() {
                kind = ErrorKind::MalformedResponse;
            }
        }
        // What this side found wrong with HTTP/2, headers that are too large among it.
        if error.downcast_ref::<h2::Error>().is_some_and(h2::Error::is_library) {
            kind = ErrorKind::MalformedResponse;
        }
        // A body that ends before the length that was announced for it, or chunks
        // that are none.
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && in_message
            && matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::InvalidData
            )
        {
            kind = ErrorKind::MalformedResponse;
        }
        words = error.to_string();
        source = error.source();
    }
    let what = match kind {
        ErrorKind::MalformedResponse => "the response is not complete HTTP",
        _ => "the connection failed",
    };
    EgressError::new(kind, format!("{what}: {words}"))
}
