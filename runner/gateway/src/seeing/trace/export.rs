//! Sending spans to a collector, through the guarded door like everything else.

use super::Context;
use super::span::{Places, document};
use crate::seeing::record::Record;
use hotcell::egress::{EndpointSpec, Limits, ProviderEgress, ProviderSpec, Request};
use hotcell::manifest::{Auth, Digest, Endpoint, Method};
use hotcell::{Config, ProviderInfo, TracesConfig};
use http::{HeaderMap, Uri};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// Requests that are over and not sent yet.
const QUEUE: usize = 4096;
/// Requests that are sent together.
const BATCH: usize = 256;
/// How long is waited for more of them.
const GATHER: Duration = Duration::from_secs(1);
/// How often a batch is sent before it is given up.
const TRIES: u32 = 3;
/// The wait after the first of them.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the last batches may take when the gateway ends.
const LAST: Duration = Duration::from_secs(2);
/// The collector, as egress knows it.
const COLLECTOR: &str = "collector";

/// Where spans go.
pub(crate) struct Traces {
    sample: f64,
    mark: u64,
    egress: ProviderEgress,
    path: String,
    places: Places,
    queue: mpsc::Sender<Message>,
    /// Until somebody takes from it.
    waiting: Mutex<Option<mpsc::Receiver<Message>>>,
    sent: AtomicU64,
    dropped: AtomicU64,
}

enum Message {
    Request(Arc<Record>),
    Flush(oneshot::Sender<()>),
}

impl Traces {
    /// Nothing is read, resolved or connected yet.
    ///
    /// # Errors
    /// What of the configuration cannot be accepted.
    pub(in crate::seeing) fn new(
        config: &TracesConfig,
        all: &Config,
        providers: &[ProviderInfo],
        mark: u64,
    ) -> Result<Self, String> {
        let sample = config.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample) {
            return Err("`sample` is a number from 0 to 1".to_owned());
        }
        let (base, last) = config.endpoint.rsplit_once('/').unwrap_or_default();
        if !base.contains("://") || base.ends_with('/') || last.is_empty() {
            let why = "`endpoint` is the whole address, such as `https://HOST/v1/traces`";
            return Err(why.to_owned());
        }
        let path = format!("/{last}");
        let (spec, secrets) = endpoint(config, base, &path)?;
        let limits = Limits {
            first_byte_ms: 10_000,
            idle_ms: 5_000,
            total_ms: 15_000,
            response_bytes: 64 * 1024,
            ..Limits::default()
        };
        let egress = all.egress().map_err(|error| error.to_string())?.build();
        let egress = egress.provider(ProviderSpec {
            provider: "gateway.traces".to_owned(),
            adapter: "gateway".to_owned(),
            digest: Digest::of(b"hotcell gateway"),
            endpoints: BTreeMap::from([(COLLECTOR.to_owned(), spec)]),
            secrets,
            optional_secrets: BTreeSet::new(),
            identity: None,
            identity_origin: None,
            limits,
        });
        let (queue, waiting) = mpsc::channel(QUEUE);
        Ok(Self {
            sample,
            mark,
            egress: egress.map_err(|error| error.to_string())?,
            path,
            places: places(providers),
            queue,
            waiting: Mutex::new(Some(waiting)),
            sent: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    /// Reads the token and the certificates.
    pub(in crate::seeing) fn read_ahead(&self) {
        self.egress.read_ahead();
    }

    /// The ports that it connects to.
    pub(in crate::seeing) fn ports(&self) -> BTreeSet<u16> {
        self.egress.ports()
    }

    /// The trace that a request is part of, if any.
    pub(in crate::seeing) fn context(&self, headers: &HeaderMap, number: u64) -> Option<Context> {
        Context::of(headers, self.mark, number, self.sample)
    }

    /// Begins to send.
    pub(in crate::seeing) fn start(self: &Arc<Self>) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            tokio::spawn(self.clone().send(waiting));
        }
    }

    /// Takes a request that is over, unless there are too many already.
    pub(in crate::seeing) fn offer(&self, record: &Arc<Record>) {
        if self.queue.try_send(Message::Request(record.clone())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what came so far is sent, though not for long.
    pub(in crate::seeing) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        let flushed = async {
            if self.queue.send(Message::Flush(done)).await.is_ok() {
                let _ = is_done.await;
            }
        };
        let _ = timeout(LAST, flushed).await;
    }

    /// Requests whose spans were sent, and whose were not.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed))
    }

    async fn send(self: Arc<Self>, mut queue: mpsc::Receiver<Message>) {
        let mut is_open = true;
        while is_open {
            let mut batch = Vec::new();
            let mut flushed = None;
            let gathered = async {
                while batch.len() < BATCH {
                    match queue.recv().await {
                        Some(Message::Request(record)) => batch.push(record),
                        Some(Message::Flush(done)) => {
                            flushed = Some(done);
                            return true;
                        }
                        None => return false,
                    }
                }
                true
            };
            is_open = timeout(GATHER, gathered).await.unwrap_or(true);
            if !batch.is_empty() {
                let count = match self.post(&batch).await {
                    true => &self.sent,
                    false => &self.dropped,
                };
                count.fetch_add(batch.len() as u64, Ordering::Relaxed);
            }
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }

    /// Whether the collector took it.
    async fn post(&self, batch: &[Arc<Record>]) -> bool {
        let body = document(batch.iter().map(|record| &**record), &self.places).to_string();
        let mut pause = PAUSE;
        for left in (0..TRIES).rev() {
            match self.post_once(body.clone()).await {
                Ok(status) if (200..300).contains(&status) => return true,
                // It would say the same again.
                Ok(status @ (400..=428 | 430..=499)) => {
                    tracing::warn!(target: "hotcell::gateway", status, "the collector takes no spans");
                    return false;
                }
                Ok(status) => {
                    tracing::debug!(target: "hotcell::gateway", status, "spans were not taken");
                }
                Err(error) => {
                    tracing::debug!(target: "hotcell::gateway", error, "spans were not sent");
                }
            }
            if left > 0 {
                sleep(pause).await;
                pause *= 2;
            }
        }
        tracing::warn!(target: "hotcell::gateway", spans_of = batch.len(), "spans are lost");
        false
    }

    async fn post_once(&self, body: String) -> Result<u16, String> {
        let cell = self.egress.cell("traces");
        let endpoint = cell.endpoint(COLLECTOR).map_err(|error| error.to_string())?;
        let request = Request {
            method: Method::Post,
            path: self.path.clone(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.into(),
        };
        let sent = cell.send(endpoint, request).await;
        let mut response = sent.map_err(|error| error.to_string())?;
        // To its end, so that the connection can be used again.
        while let Ok(Some(_)) = response.read(4096).await {}
        Ok(response.status())
    }
}

/// What may be sent to the collector, and with which token.
fn endpoint(
    config: &TracesConfig,
    base: &str,
    path: &str,
) -> Result<(EndpointSpec, BTreeMap<String, hotcell::egress::SecretSource>), String> {
    let secret = || "token".to_owned();
    let auth = match (&config.token, &config.token_header) {
        (None, _) => Auth::None,
        (Some(_), None) => Auth::Bearer { secret: secret() },
        (Some(_), Some(name)) => Auth::Header { name: name.clone(), secret: secret() },
    };
    let rule = format!("POST {path}").parse().map_err(|error| format!("`endpoint`: {error}"))?;
    let grant = Endpoint {
        origin: None,
        origins: Vec::new(),
        base: String::new(),
        allow: vec![rule],
        query: Vec::new(),
        request_headers: vec!["content-type".parse().map_err(|_| "content-type".to_owned())?],
        response_headers: Vec::new(),
        auth: auth.clone().into(),
    };
    let spec = EndpointSpec {
        url: base.to_owned(),
        grant,
        auth,
        headers: Vec::new(),
        allow_private: config.allow_private.unwrap_or(false),
        allow_plaintext: config.allow_plaintext.unwrap_or(false),
    };
    let secrets = config.token.iter().map(|source| (secret(), source.clone())).collect();
    Ok((spec, secrets))
}

/// Where providers are.
fn places(providers: &[ProviderInfo]) -> Places {
    let place = |url: &String| {
        let uri: Uri = url.parse().ok()?;
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        Some((uri.host()?.to_owned(), port))
    };
    let place = |it: &ProviderInfo| Some((it.name.clone(), it.endpoints.values().find_map(place)?));
    providers.iter().filter_map(place).collect()
}
