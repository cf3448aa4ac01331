//! What a scheme may do to get a credential: ask one place one thing, read a file, look at the
//! clock. Each request keeps the rules of every other one of egress's, follows no redirect, and
//! is in the audit log.

use super::source::variable;
use super::{Origin, failed};
use crate::audit::{self, AuditRecord, Decision};
use crate::authority::Authority;
use crate::client::HttpClient;
use crate::credential::{Credentials, Secret, SecretError, SecretSource, percent_encoded};
use crate::error::{EgressError, ErrorKind, Rule};
use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::pipeline::{check_head, failure_of};
use crate::provider::Provider;
use bytes::Bytes;
use hotcell_manifest::Method;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Bytes that an answer may have. Tokens with many groups in them reach some ten thousand.
const ANSWER_BYTES: u64 = 128 * 1024;
/// From a request to the head of its answer.
const FIRST_BYTE: Duration = Duration::from_secs(20);
/// Metadata services answer at once, or are not there.
const LOCAL_FIRST_BYTE: Duration = Duration::from_secs(3);
/// From a request to the last byte of its answer.
const TOTAL: Duration = Duration::from_secs(30);
/// The address at which most clouds tell their machines who they are.
pub(super) const METADATA: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 80);
/// Where the agent of Azure Arc has its keys.
pub(super) const ARC_KEYS: &str = "/var/opt/azcmagent/tokens";

/// Files that were read ahead, and what programs printed.
pub(crate) type Files = BTreeMap<SecretSource, Result<Secret, SecretError>>;

/// One fetch of a credential.
pub(crate) struct Errand<'a> {
    provider: &'a Provider,
    request_id: &'a Arc<str>,
    /// The secrets of the endpoint that it is for.
    pub(super) credentials: &'a Credentials,
    /// Where the configuration or the manifest says that tokens come from.
    pub(super) origin: Option<&'a Origin>,
    files: Option<&'a Files>,
}

/// What is asked.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) origin: Origin,
    /// Path and query. They are written down, and hold no secret.
    pub(super) path: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Secret,
}

/// What came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Ask {
    /// A question without a body.
    pub(super) fn get(origin: Origin, path: impl Into<String>) -> Self {
        let (method, body) = (Method::Get, Secret::from(String::new()));
        Self { method, origin, path: path.into(), headers: Vec::new(), body }
    }

    /// A form, as OAuth has them.
    pub(super) fn form(origin: Origin, path: impl Into<String>, members: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| {
            format!("{}={}", percent_encoded(name), percent_encoded(value))
        };
        let body: Vec<String> = members.iter().map(pair).collect();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let method = Method::Post;
        let body = Secret::from(body.join("&"));
        Self { method, origin, path: path.into(), headers: vec![(CONTENT_TYPE, form)], body }
    }

    /// A JSON object.
    pub(super) fn json(origin: Origin, path: impl Into<String>, body: &serde_json::Value) -> Self {
        let json = HeaderValue::from_static("application/json");
        let body = Secret::from(body.to_string());
        let method = Method::Post;
        Self { method, origin, path: path.into(), headers: vec![(CONTENT_TYPE, json)], body }
    }

    /// With a header, whose value may be a secret.
    pub(super) fn header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: &str,
    ) -> Result<Self, EgressError> {
        let name = name.try_into().map_err(|_| failed("a header's name is none"))?;
        let unwritable = |_| failed(format!("a value for `{name}` cannot be written"));
        let mut value = HeaderValue::from_str(value).map_err(unwritable)?;
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(self)
    }
}

impl Answer {
    /// The body of a success. What else comes is an error that repeats nothing but a code that
    /// everybody knows.
    pub(super) fn json<T: DeserializeOwned>(&self, from: &str) -> Result<T, EgressError> {
        if !(200..300).contains(&self.status) {
            return Err(failed(format!(
                "{from} answered {}{}",
                self.status,
                known_code(&self.body)
            )));
        }
        serde_json::from_slice(&self.body)
            .map_err(|_| failed(format!("{from} answered with something that is no token")))
    }
}

/// The error codes of RFC 6749 and RFC 8628, and Entra's numbers. An identity endpoint may echo
/// what it was sent, so that its own words are not passed on.
fn known_code(body: &[u8]) -> String {
    const KNOWN: &[&str] = &[
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "invalid_target",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let code = body["error"].as_str().and_then(|code| KNOWN.iter().find(|known| **known == code));
    // Google's own, where it is not OAuth that is spoken.
    const STATUSES: &[&str] = &[
        "FAILED_PRECONDITION",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
    ];
    let status = body["error"]["status"].as_str();
    let code = code.or_else(|| STATUSES.iter().find(|known| Some(**known) == status));
    let number = body["error_codes"][0].as_u64().filter(|number| *number < 10_000_000);
    let number = number.map(|number| format!("AADSTS{number}"));
    let codes: Vec<String> =
        code.map(|code| (*code).to_owned()).into_iter().chain(number).collect();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) }
}

impl<'a> Errand<'a> {
    pub(crate) fn new(
        provider: &'a Provider,
        request_id: &'a Arc<str>,
        credentials: &'a Credentials,
        origin: Option<&'a Origin>,
        files: Option<&'a Files>,
    ) -> Self {
        Self { provider, request_id, credentials, origin, files }
    }

    pub(super) fn provider_name(&self) -> &str {
        &self.provider.name
    }

    pub(super) fn now(&self) -> SystemTime {
        self.provider.egress.clock.now()
    }

    /// A variable of the environment, if it says something.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match &self.provider.egress.environment {
            Some(environment) => environment(name).filter(|value| !value.is_empty()),
            None => variable(name),
        }
    }

    /// A secret of the endpoint's, which has to be there.
    pub(super) fn secret(&self, name: &str) -> Result<&Secret, EgressError> {
        self.credentials.get(name).ok_or_else(|| {
            failed(format!(
                "no `{name}`; add `secrets.{name} = \"env:…\"` to [providers.{}]",
                self.provider.name
            ))
        })
    }

    /// The metadata service of the machine's cloud. No cell ever gets there.
    pub(super) fn metadata(&self) -> Result<Origin, EgressError> {
        Origin::exactly(self.provider.egress.metadata.unwrap_or(METADATA))
    }

    /// The folder in which the agent of Azure Arc has its keys.
    pub(super) fn arc_keys(&self) -> &Path {
        self.provider.egress.arc_keys.as_deref().unwrap_or(Path::new(ARC_KEYS))
    }

    /// The text of a file, bounded like every secret's.
    pub(super) fn file(&self, path: &Path) -> Result<Secret, EgressError> {
        self.read(path).map_err(|error| failed(error.to_string()))
    }

    /// The same of a file that need not be there.
    pub(super) fn file_if_there(&self, path: &Path) -> Result<Option<Secret>, EgressError> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(SecretError::Absent { .. }) => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn read(&self, path: &Path) -> Result<Secret, SecretError> {
        let source = SecretSource::File(path.to_owned());
        let known = self.ahead(&source);
        known.unwrap_or_else(|| source.read(&Authority::of_the_process()))
    }

    /// What was read ahead of a source.
    pub(super) fn ahead(&self, source: &SecretSource) -> Option<Result<Secret, SecretError>> {
        self.files.and_then(|files| files.get(source)).cloned()
    }

    /// Runs a program, and waits for what it prints, within the bounds of a secret's command.
    pub(super) async fn run(&self, source: SecretSource) -> Result<Secret, SecretError> {
        let read = move || source.read(&Authority::of_the_process());
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| {
            let why = "it was interrupted".to_owned();
            Err(SecretError::Unreadable { source_text: "a program".to_owned(), why })
        })
    }

    /// Asks, and takes the whole answer, whatever its status, save for one that leads elsewhere.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, EgressError> {
        let provider = self.provider;
        let first_byte = match ask.origin.reach {
            crate::connect::Reach::Exactly(_) => LOCAL_FIRST_BYTE,
            _ => FIRST_BYTE,
        };
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let limits = Limits {
            first_byte_ms: milliseconds(first_byte).min(provider.limits.first_byte_ms),
            connect_ms: milliseconds(first_byte).min(provider.limits.connect_ms),
            total_ms: milliseconds(TOTAL).min(provider.limits.total_ms),
            ..Limits::default()
        };
        let record = self.record(&ask);
        let sinks = provider.egress.audit.clone();
        let sent = ask.body.expose_secret().len();
        let mut exchange = Exchange::begin(sinks.clone(), record.clone(), sent, &limits)?;
        match self.exchange(ask, &limits, &mut exchange).await {
            Ok(answer) => {
                exchange.finish();
                Ok(answer)
            }
            // An address is judged when the connection is made.
            Err(error) if error.rule == Some(Rule::Address) => {
                exchange.close();
                let decision =
                    Decision::Denied { rule: Rule::Address, detail: error.message.clone() };
                audit::record(&sinks, &AuditRecord { decision, ..record })?;
                Err(error)
            }
            Err(error) => {
                exchange.fail(&error);
                Err(error)
            }
        }
    }

    async fn exchange(
        &self,
        ask: Ask,
        limits: &Limits,
        exchange: &mut Exchange,
    ) -> Result<Answer, EgressError> {
        let host = ask.origin.host.clone();
        let unwritable = |error: &dyn std::fmt::Display| {
            let message = format!("the request to {host} cannot be written: {error}");
            EgressError::new(ErrorKind::Internal, message)
        };
        let uri = Uri::builder()
            .scheme(ask.origin.scheme.clone())
            .authority(ask.origin.host.clone())
            .path_and_query(ask.path.as_str())
            .build()
            .map_err(|error| unwritable(&error))?;
        let body = Bytes::copy_from_slice(ask.body.expose_secret().as_bytes());
        let mut request = hyper::Request::builder()
            .method(ask.method.as_str())
            .uri(uri)
            .header(USER_AGENT, crate::USER_AGENT)
            .header(ACCEPT_ENCODING, "identity")
            .body(Full::new(body))
            .map_err(|error| unwritable(&error))?;
        request.headers_mut().extend(ask.headers);
        let shared = &self.provider.egress;
        let client = HttpClient::new(shared, &ask.origin.scheme, ask.origin.reach, limits).await?;
        let first_byte = Duration::from_millis(limits.first_byte_ms);
        let slow = |_| EgressError::new(ErrorKind::TimedOut, format!("{host} takes too long"));
        let until = exchange.until(first_byte)?.into();
        let response =
            tokio::time::timeout_at(until, client.request(request)).await.map_err(slow)??;
        check_head(&response, limits)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        exchange.answered(status);
        let malformed =
            |what: &str| EgressError::new(ErrorKind::MalformedResponse, format!("{host} {what}"));
        if (300..400).contains(&status) {
            return Err(malformed("leads elsewhere by a redirect, which is not followed"));
        }
        if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(malformed("sends something compressed, which nobody asked for"));
        }
        let until = exchange.until(TOTAL)?.into();
        let read = read(response.into_body(), &host);
        let body = tokio::time::timeout_at(until, read).await.map_err(slow)??;
        exchange.count(body.len());
        Ok(Answer { status, headers, body })
    }

    fn record(&self, ask: &Ask) -> AuditRecord {
        let (scheme, host) = (&ask.origin.scheme, &ask.origin.host);
        AuditRecord {
            time: SystemTime::now(),
            request_id: self.request_id.clone(),
            provider: self.provider.name.clone(),
            adapter: self.provider.adapter.clone(),
            digest: Some(self.provider.digest),
            endpoint: Some(format!("identity:{scheme}://{host}").into()),
            method: Some(ask.method),
            path: Some(audit::printable(&ask.path, 512)),
            decision: Decision::Granted,
        }
    }
}

async fn read(
    mut body: Incoming,
    host: &http::uri::Authority,
) -> Result<Zeroizing<Vec<u8>>, EgressError> {
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| failure_of(&error))?.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > ANSWER_BYTES {
            let message = format!("{host} sends more than {ANSWER_BYTES} bytes for a token");
            return Err(EgressError::new(ErrorKind::TooLarge, message));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_repeats_only_what_everybody_knows() {
        for (body, expected) in [
            (r#"{"error":"invalid_client","error_description":"hunter22"}"#, " (invalid_client)"),
            (r#"{"error":"hunter22"}"#, ""),
            (r#"{"error":{"code":401,"message":"hunter22"}}"#, ""),
            (
                r#"{"error":"invalid_client","error_codes":[7000215]}"#,
                " (invalid_client, AADSTS7000215)",
            ),
            (r#"{"error_codes":[12345678901234567890]}"#, ""),
            ("hunter22", ""),
            ("[]", ""),
        ] {
            assert_eq!(known_code(body.as_bytes()), expected, "{body}");
        }
    }
}
