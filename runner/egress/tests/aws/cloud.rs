//! A piece of AWS on loopback, and the door before it.

use bytes::Bytes;
use hotcell_egress::{
    Clock, Egress, EgressError, EndpointSpec, Limits, MemoryAudit, ProviderEgress, ProviderSpec,
    Request, Response, SecretSource, SetupError,
};
use hotcell_manifest::{Auth, Digest, Endpoint, Method};
use hotcell_mock::sigv4::{Account, Received};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ID: &str = "AKIDSTATIC0123456789";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSTATICKEY0";
/// When all of this happens.
pub(crate) const NOW: &str = "2026-03-14T15:09:26Z";

/// What a server does with a request.
pub(crate) enum Reply {
    /// A status line with headers, and a body.
    Says(String, String),
    /// A head, and then the same for as long as somebody listens.
    Endless(String),
    /// Nothing.
    Silence,
}

pub(crate) fn ok(body: impl Into<String>) -> Reply {
    Reply::Says("200 OK".to_owned(), body.into())
}

pub(crate) fn says(head: &str, body: &str) -> Reply {
    Reply::Says(head.to_owned(), body.to_owned())
}

/// A server on loopback.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Arc<Received>>>>,
}

impl Server {
    pub(crate) async fn new(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Arc<Received>>>>::default();
        let (kept, answer) = (requests.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move { serve(stream, &kept, &*answer).await });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Arc<Received>> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Arc<Received>>>,
    answer: &(impl Fn(&Received) -> Reply + Send + Sync),
) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let received = read(&text);
    let length: usize =
        received.header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let received = Arc::new(Received { body: bytes[head + 4..].to_vec(), ..received });
    kept.lock().unwrap().push(received.clone());
    match answer(&received) {
        Reply::Says(head, body) => {
            let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n");
            let head = format!("{head}content-length: {}\r\n\r\n", body.len());
            if stream.write_all(head.as_bytes()).await.is_err() {
                return;
            }
            // Byte by byte, so that no chunk holds anything whole.
            for byte in body.bytes() {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
        Reply::Endless(head) => {
            let head = format!("HTTP/1.1 {head}\r\n\r\n");
            _ = stream.write_all(head.as_bytes()).await;
            // Bounded, in case nobody stops it.
            for _ in 0..100_000 {
                if stream.write_all(&[b'x'; 1024]).await.is_err() {
                    return;
                }
            }
        }
        // Held open until the client leaves.
        Reply::Silence => _ = stream.read_buf(&mut bytes).await,
    }
}

/// A clock that is set by hand.
pub(crate) struct Hands(Mutex<SystemTime>);

impl Hands {
    pub(crate) fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// What a provider is configured with.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    /// The keys under `secrets`.
    pub(crate) keys: bool,
    pub(crate) identity: Option<&'a str>,
    pub(crate) identity_origin: Option<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) metadata: Option<SocketAddr>,
    pub(crate) query: Vec<String>,
    pub(crate) region: Option<&'a str>,
}

/// A provider that is set up, and all that it wrote.
pub(crate) struct Door {
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) provider: ProviderEgress,
    folder: tempfile::TempDir,
}

impl Door {
    pub(crate) fn new(bedrock: &Server, setup: Setup<'_>) -> Self {
        Self::try_new(bedrock, setup).unwrap()
    }

    pub(crate) fn try_new(bedrock: &Server, setup: Setup<'_>) -> Result<Self, SetupError> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            writeln!(std::fs::File::create(&path).unwrap(), "{text}").unwrap();
            SecretSource::File(path)
        };
        let mut secrets = BTreeMap::new();
        if setup.keys {
            secrets.insert("aws-access-key-id".to_owned(), write("id", ID));
            secrets.insert("aws-secret-access-key".to_owned(), write("key", SECRET));
        }
        let audit = Arc::new(MemoryAudit::default());
        let clock = Arc::new(Hands(Mutex::new(humantime::parse_rfc3339(NOW).unwrap())));
        let environment: BTreeMap<&str, String> = setup.environment.into_iter().collect();
        let nowhere = folder.path().to_str().unwrap().to_owned();
        let mut egress = Egress::builder().audit(audit.clone()).clock(clock.clone());
        egress = egress.environment(move |name| match name {
            "HOME" => Some(nowhere.clone()),
            _ => environment.get(name).cloned(),
        });
        if let Some(address) = setup.metadata {
            egress = egress.metadata(address);
        }
        let region = setup.region.unwrap_or(REGION).to_owned();
        let auth = Auth::AwsSigv4 { service: "bedrock".to_owned(), region };
        let patterns = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
        let grant = Endpoint {
            origin: None,
            origins: vec![],
            base: String::new(),
            allow: vec![
                "POST /model/{model}/converse".parse().unwrap(),
                "GET /foundation-models".parse().unwrap(),
            ],
            query: setup.query,
            request_headers: patterns(&["accept", "content-type"]),
            response_headers: patterns(&["x-amzn-requestid", "x-amzn-errortype"]),
            auth: auth.clone().into(),
        };
        let endpoint = EndpointSpec {
            url: bedrock.url(),
            grant,
            auth,
            headers: vec![],
            allow_private: true,
            allow_plaintext: true,
        };
        let optional = ["aws-access-key-id", "aws-secret-access-key", "aws-session-token"];
        let spec = ProviderSpec {
            provider: "test".to_owned(),
            adapter: "test".to_owned(),
            digest: Digest::of(b"test"),
            endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
            secrets,
            optional_secrets: BTreeSet::from(optional.map(str::to_owned)),
            identity: Some(setup.identity.unwrap_or("aws").parse().unwrap()),
            identity_origin: setup.identity_origin,
            // So that whoever says nothing does not take long.
            limits: Limits { first_byte_ms: 300, ..Limits::default() },
        };
        let provider = egress.build().provider(spec)?;
        Ok(Self { audit, clock, provider, folder })
    }

    /// Writes a file into the home of the process.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Box<Response>, EgressError> {
        let cell = self.provider.cell("test");
        let endpoint = cell.endpoint("api").unwrap();
        cell.send(endpoint, request).await
    }

    /// Sends one, and gives status, headers and body as one text.
    pub(crate) async fn answer(&self, request: Request) -> Result<String, EgressError> {
        let mut response = self.send(request).await?;
        let mut text = format!("{} {:?} ", response.status(), response.headers());
        let mut body = Vec::new();
        while let Some(bytes) = response.read(64 * 1024).await? {
            body.extend_from_slice(&bytes);
        }
        text.push_str(&String::from_utf8(body).unwrap());
        Ok(text)
    }

    /// All that was written down, and all that can be printed.
    pub(crate) fn written(&self) -> String {
        let mut text = format!("{:?} {:?}", self.provider, self.provider.cell("test"));
        for record in self.audit.records() {
            writeln!(text, "{record:?}").unwrap();
        }
        text
    }

    /// The places that were asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let granted = self.audit.records().into_iter().filter_map(|record| {
            matches!(record.decision, hotcell_egress::Decision::Granted)
                .then(|| record.endpoint.unwrap().to_string())
        });
        granted.collect()
    }
}

pub(crate) fn converse() -> Request {
    Request {
        method: Method::Post,
        path: "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::from_static(b"{\"messages\":[]}"),
    }
}

/// Reads the head of a request of HTTP/1.1.
fn read(head: &str) -> Received {
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().splitn(3, ' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let headers = lines.filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    });
    let headers = headers.collect();
    Received { method: method.into(), target: target.into(), headers, body: Vec::new() }
}

pub(crate) fn account(id: &str, secret: &str, token: Option<&str>) -> Account {
    Account { id: id.to_owned(), secret: secret.to_owned(), token: token.map(str::to_owned) }
}

pub(crate) fn static_account() -> Account {
    account(ID, SECRET, None)
}
