//! A provider on loopback that plays fixed bytes, and the door before it.

use bytes::Bytes;
use hotcell_egress::{
    AuditRecord, AuditSink, Authority, CellEgress, Egress, EgressError, EndpointSpec, Limits,
    MemoryAudit, ProviderEgress, ProviderSpec, Request, Resolution, Resolve, Response,
    SecretSource,
};
use hotcell_manifest::{Auth, Digest, Endpoint, Method};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

#[derive(Clone)]
struct Play {
    pieces: Vec<Vec<u8>>,
    /// What is repeated after the pieces.
    endless: Vec<u8>,
    close: bool,
}

pub(crate) struct Door {
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) provider: ProviderEgress,
    requests: Arc<Mutex<Vec<String>>>,
    port: u16,
    /// The key is read from here.
    _key: tempfile::NamedTempFile,
}

impl Door {
    pub(crate) async fn plays(bytes: &str) -> Self {
        Self::with_limits(bytes, Limits::default()).await
    }

    pub(crate) async fn with_limits(bytes: &str, limits: Limits) -> Self {
        let play = Play { pieces: vec![bytes.into()], endless: Vec::new(), close: false };
        Self::open(play, limits, None).await
    }

    pub(crate) async fn plays_and_closes(bytes: &str) -> Self {
        let play = Play { pieces: vec![bytes.into()], endless: Vec::new(), close: true };
        Self::open(play, Limits::default(), None).await
    }

    pub(crate) async fn plays_in_pieces(head: &str, body: &[u8], size: usize) -> Self {
        let body = body.chunks(size).map(<[u8]>::to_vec);
        let pieces = [head.into()].into_iter().chain(body).collect();
        let play = Play { pieces, endless: Vec::new(), close: false };
        Self::open(play, Limits::default(), None).await
    }

    pub(crate) async fn endless(head: &str, piece: &[u8], limits: Limits) -> Self {
        let play = Play { pieces: vec![head.into()], endless: piece.into(), close: false };
        Self::open(play, limits, None).await
    }

    pub(crate) async fn with_broken_audit(bytes: &str) -> Self {
        let play = Play { pieces: vec![bytes.into()], endless: Vec::new(), close: false };
        Self::open(play, Limits::default(), Some(Arc::new(Full))).await
    }

    async fn open(play: Play, limits: Limits, sink: Option<Arc<dyn AuditSink>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        tokio::spawn(serve(listener, play, requests.clone()));
        let mut key = tempfile::NamedTempFile::new().unwrap();
        writeln!(key, "{KEY}").unwrap();
        let audit = Arc::new(MemoryAudit::default());
        let mut egress = Egress::builder().audit(audit.clone());
        if let Some(sink) = sink {
            egress = egress.audit(sink);
        }
        let url = format!("http://127.0.0.1:{port}");
        let source = SecretSource::File(key.path().to_owned());
        let provider = egress.build().provider(spec(&url, source, true, limits)).unwrap();
        Self { audit, provider, requests, port, _key: key }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn cell(&self) -> CellEgress {
        self.provider.cell("test")
    }

    pub(crate) async fn send(
        &self,
        request: Request,
    ) -> Result<(Box<Response>, CellEgress), EgressError> {
        let cell = self.cell();
        let endpoint = cell.endpoint("api")?;
        let response = cell.send(endpoint, request).await?;
        Ok((response, cell))
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, play: Play, requests: Arc<Mutex<Vec<String>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let (play, requests) = (play.clone(), requests.clone());
        tokio::spawn(async move {
            let mut request = Vec::new();
            while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            requests.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            for piece in &play.pieces {
                if stream.write_all(piece).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            // Bounded, in case nobody stops it.
            for _ in 0..if play.endless.is_empty() { 0 } else { 10_000 } {
                if stream.write_all(&play.endless).await.is_err() {
                    return;
                }
            }
            if !play.close {
                // Held open until the client leaves.
                _ = stream.read_buf(&mut request).await;
            }
        });
    }
}

struct Full;

impl AuditSink for Full {
    fn record(&self, _: &AuditRecord) -> std::io::Result<()> {
        Err(std::io::Error::other("no space left"))
    }
}

fn spec(url: &str, key: SecretSource, allow_private: bool, limits: Limits) -> ProviderSpec {
    let grant = Endpoint {
        origin: None,
        origins: vec![],
        base: String::new(),
        allow: vec!["POST /chat".parse().unwrap()],
        query: vec!["version".to_owned()],
        request_headers: vec!["accept".parse().unwrap()],
        response_headers: vec!["x-request-id".parse().unwrap()],
        auth: Auth::Bearer { secret: "api-key".to_owned() }.into(),
    };
    let endpoint = EndpointSpec {
        url: url.to_owned(),
        auth: grant.auth.first().clone(),
        grant,
        headers: vec![],
        allow_private,
        allow_plaintext: true,
    };
    ProviderSpec {
        provider: "test".to_owned(),
        adapter: "test".to_owned(),
        digest: Digest::of(b"test"),
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
        secrets: BTreeMap::from([("api-key".to_owned(), key)]),
        optional_secrets: BTreeSet::new(),
        identity: None,
        identity_origin: None,
        limits,
    }
}

pub(crate) fn get(path: &str) -> Request {
    Request { method: Method::Get, path: path.into(), headers: vec![], body: Bytes::new() }
}

pub(crate) fn post(path: &str, body: &str) -> Request {
    Request {
        method: Method::Post,
        path: path.into(),
        headers: vec![],
        body: body.to_owned().into(),
    }
}

pub(crate) fn hit(path: &str, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request { headers: headers.collect(), ..post(path, "{}") }
}

pub(crate) async fn text(response: &mut Response) -> Result<String, EgressError> {
    let mut all = Vec::new();
    while let Some(bytes) = response.read(64 * 1024).await? {
        all.extend_from_slice(&bytes);
    }
    Ok(String::from_utf8(all).unwrap())
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) async fn send_with(
    cell: CellEgress,
    request: Request,
) -> Result<Box<Response>, EgressError> {
    let endpoint = cell.endpoint("api")?;
    cell.send(endpoint, request).await
}

/// A resolver that always gives these addresses.
struct Fixed(Vec<IpAddr>);

impl Resolve for Fixed {
    fn resolve<'a>(&'a self, _: &'a str, port: u16, _: &'a Authority) -> Resolution<'a> {
        let all = self.0.iter().map(|address| SocketAddr::new(*address, port)).collect();
        Box::pin(async move { Ok(all) })
    }
}

/// A resolver that says something else the second time.
pub(crate) struct Turning {
    port: u16,
    asked: AtomicUsize,
}

impl Turning {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, asked: AtomicUsize::new(0) }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Turning {
    fn resolve<'a>(&'a self, _: &'a str, _: u16, _: &'a Authority) -> Resolution<'a> {
        let address = match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => format!("127.0.0.1:{}", self.port),
            _ => "169.254.169.254:80".to_owned(),
        };
        Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
    }
}

pub(crate) fn provider_with(
    host: &str,
    port: u16,
    resolver: Arc<dyn Resolve>,
    allow_private: bool,
) -> (ProviderEgress, Arc<MemoryAudit>) {
    let audit = Arc::new(MemoryAudit::default());
    let egress = Egress::builder().audit(audit.clone()).resolver(resolver).build();
    let source = SecretSource::Command("printf sk-test-0123456789abcdef".to_owned());
    let url = format!("http://{host}:{port}");
    (egress.provider(spec(&url, source, allow_private, Limits::default())).unwrap(), audit)
}

pub(crate) fn at_address(
    host: &str,
    addresses: &[&str],
    allow_private: bool,
) -> (CellEgress, Arc<MemoryAudit>) {
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let (provider, audit) = provider_with(host, 9, Arc::new(Fixed(addresses)), allow_private);
    (provider.cell("test"), audit)
}
