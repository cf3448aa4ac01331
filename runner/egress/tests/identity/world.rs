//! An identity endpoint and a provider on loopback, behind one port, and the door before them.

use bytes::Bytes;
use hotcell_egress::{
    Authority, CellEgress, Clock, Decision, Egress, EgressError, EndpointSpec, Limits, MemoryAudit,
    ProviderEgress, ProviderSpec, Request, Resolution, Resolve, Response, SecretSource,
};
use hotcell_manifest::{Auth, Digest, Endpoint, Method};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the provider of these tests is asked.
pub(crate) const CHAT: &str = "/chat";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn is_chat(&self) -> bool {
        self.line.starts_with("POST /chat ")
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.head.contains(text) || self.body.contains(text)
    }

    /// A member of its form.
    pub(crate) fn member(&self, name: &str) -> Option<String> {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.into_iter().find(|pair| pair.0 == name)?.1;
        let mut bytes = Vec::new();
        let mut rest = found.bytes();
        while let Some(byte) = rest.next() {
            let digit = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap() as u8;
            bytes.push(match byte {
                b'%' => digit(rest.next()) * 16 + digit(rest.next()),
                other => other,
            });
        }
        Some(String::from_utf8(bytes).unwrap())
    }
}

/// How a server answers: `number` counts the requests of the same path from 1.
pub(crate) type Answer = Box<dyn Fn(&Seen, usize) -> String + Send + Sync>;

/// A clock that is set by hand.
pub(crate) struct Hands(Mutex<SystemTime>);

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// A resolver to which every name is this server's.
struct Here(u16);

impl Resolve for Here {
    fn resolve<'a>(&'a self, _: &'a str, _: u16, _: &'a Authority) -> Resolution<'a> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.0));
        Box::pin(async move { Ok(vec![address]) })
    }
}

/// What a test varies.
pub(crate) struct Setting<'a> {
    pub(crate) auth: Auth,
    /// With `{FILE}` in the place of a file's path.
    pub(crate) identity: Option<&'a str>,
    pub(crate) file: String,
    pub(crate) secrets: &'a [(&'a str, &'a str)],
    /// The environment, with `{URL}` and `{FILE}` in it.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// Whether the configuration says that tokens come from this server.
    pub(crate) is_named: bool,
}

pub(crate) struct World {
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) provider: ProviderEgress,
    pub(crate) file: tempfile::NamedTempFile,
    pub(crate) port: u16,
    clock: Arc<Hands>,
    seen: Arc<Mutex<Vec<Seen>>>,
    _folder: tempfile::TempDir,
    _secrets: Vec<tempfile::NamedTempFile>,
}

impl World {
    pub(crate) async fn new(
        setting: Setting<'_>,
        answer: impl Fn(&Seen, usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let answer: Answer = Box::new(answer);
        tokio::spawn(serve(listener, Arc::new(answer), seen.clone()));
        let url = format!("http://127.0.0.1:{port}");
        // With a folder of its own, and the ending that Azure Arc's keys have.
        let folder = tempfile::tempdir().unwrap();
        let named = tempfile::Builder::new().suffix(".key").tempfile_in(folder.path());
        let mut file = named.unwrap();
        write!(file, "{}", setting.file.replace("{URL}", &url)).unwrap();
        let path = file.path().display().to_string();
        let here = url.clone();
        let written = |text: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            write!(file, "{text}").unwrap();
            file
        };
        let secrets: Vec<_> =
            setting.secrets.iter().map(|(name, text)| (*name, written(text))).collect();
        let grant = Endpoint {
            origin: None,
            origins: vec![],
            base: String::new(),
            allow: vec![format!("POST {CHAT}").parse().unwrap()],
            query: vec![],
            request_headers: vec!["accept".parse().unwrap()],
            response_headers: vec!["x-request-id".parse().unwrap()],
            auth: setting.auth.clone().into(),
        };
        let endpoint = EndpointSpec {
            url: url.clone(),
            grant,
            auth: setting.auth.clone(),
            headers: vec![],
            allow_private: true,
            allow_plaintext: true,
        };
        let source = |file: &tempfile::NamedTempFile| SecretSource::File(file.path().to_owned());
        let spec = ProviderSpec {
            provider: "test".to_owned(),
            adapter: "test".to_owned(),
            digest: Digest::of(b"test"),
            endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
            secrets: secrets
                .iter()
                .map(|(name, file)| ((*name).to_owned(), source(file)))
                .collect(),
            optional_secrets: setting
                .auth
                .own_secrets()
                .iter()
                .map(|own| own.name.to_owned())
                .collect::<BTreeSet<_>>(),
            identity: setting.identity.map(|text| text.replace("{FILE}", &path).parse().unwrap()),
            identity_origin: setting.is_named.then_some(url),
            limits: Limits::default(),
        };
        let audit = Arc::new(MemoryAudit::default());
        let clock = Arc::new(Hands(Mutex::new(UNIX_EPOCH + Duration::from_secs(1_790_000_000))));
        let variables: BTreeMap<&str, String> = setting
            .variables
            .iter()
            .map(|(name, value)| (*name, value.replace("{URL}", &here).replace("{FILE}", &path)))
            .collect();
        let egress = Egress::builder()
            .environment(move |name| variables.get(name).cloned())
            .resolver(Arc::new(Here(port)))
            .audit(audit.clone())
            .clock(clock.clone())
            .metadata(SocketAddr::from(([127, 0, 0, 1], port)))
            .arc_keys(file.path().parent().unwrap().to_owned());
        let provider = egress.build().provider(spec).unwrap();
        let secrets = secrets.into_iter().map(|(_, file)| file).collect();
        Self { audit, provider, file, port, clock, seen, _folder: folder, _secrets: secrets }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        *self.clock.0.lock().unwrap() += Duration::from_secs(seconds);
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    pub(crate) fn cell(&self) -> CellEgress {
        self.provider.cell("req-1")
    }

    /// One request of a guest's: status and body.
    pub(crate) async fn ask(&self) -> Result<(u16, String), EgressError> {
        self.send(chat(&[])).await
    }

    pub(crate) async fn send(&self, request: Request) -> Result<(u16, String), EgressError> {
        let cell = self.cell();
        let endpoint = cell.endpoint("api")?;
        let mut response = cell.send(endpoint, request).await?;
        let body = text(&mut response).await?;
        Ok((response.status(), body))
    }

    /// What came to the provider.
    pub(crate) fn chats(&self) -> Vec<Seen> {
        self.all().into_iter().filter(Seen::is_chat).collect()
    }

    /// What came to the identity endpoint.
    pub(crate) fn fetches(&self) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| !seen.is_chat()).collect()
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The decisions, as `endpoint decision`.
    pub(crate) fn decisions(&self) -> Vec<String> {
        let records = self.audit.records().into_iter().map(|record| {
            let endpoint = record.endpoint.unwrap_or_default();
            let endpoint = endpoint.replace(&format!(":{}", self.port), "");
            let decision = match record.decision {
                Decision::Granted => "granted".to_owned(),
                Decision::Denied { rule, .. } => format!("denied {rule}"),
                Decision::Finished { status, error, .. } => match (status, error) {
                    (Some(status), None) => status.to_string(),
                    (_, error) => format!("failed: {}", error.unwrap_or_default()),
                },
                other => format!("{other:?}"),
            };
            format!("{endpoint} {decision}")
        });
        records.collect()
    }

    /// No record, and nothing that can be printed, holds any of these.
    pub(crate) fn keeps_quiet_about(&self, secrets: &[&str]) {
        let records = self.audit.records();
        let written: Vec<String> =
            records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        let everything = format!("{records:?} {written:?} {:?} {:?}", self.provider, self.cell());
        for secret in secrets {
            assert!(!everything.contains(secret), "{secret} is in {everything}");
        }
    }
}

pub(crate) fn chat(headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request {
        method: Method::Post,
        path: CHAT.to_owned(),
        headers: headers.collect(),
        body: Bytes::from_static(b"{\"hello\":1}"),
    }
}

async fn text(response: &mut Response) -> Result<String, EgressError> {
    let mut all = Vec::new();
    while let Some(bytes) = response.read(64 * 1024).await? {
        all.extend_from_slice(&bytes);
    }
    Ok(String::from_utf8(all).unwrap())
}

/// A response with a body.
pub(crate) fn reply(status: u16, body: &str) -> String {
    reply_with(status, "", body)
}

/// The same with headers, each with its line break.
pub(crate) fn reply_with(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// A token that is good for an hour.
pub(crate) fn token(token: &str) -> String {
    reply(200, &format!("{{\"access_token\":\"{token}\",\"expires_in\":3600}}"))
}

async fn serve(listener: TcpListener, answer: Arc<Answer>, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(talk(stream, answer.clone(), seen.clone()));
    }
}

async fn talk(mut stream: TcpStream, answer: Arc<Answer>, all: Arc<Mutex<Vec<Seen>>>) {
    let mut bytes = Vec::new();
    loop {
        let Some(seen) = complete(&mut bytes) else {
            match stream.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let path = |seen: &Seen| seen.line.split(['?', ' ']).nth(1).unwrap_or_default().to_owned();
        let number = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.iter().filter(|other| path(other) == path(&seen)).count()
        };
        let response = answer(&seen, number);
        let (response, times) = match response.strip_prefix("ENDLESS ") {
            Some(piece) => {
                let head = "HTTP/1.1 200 X\r\n\r\n";
                _ = stream.write_all(head.as_bytes()).await;
                // Bounded, in case nobody stops it.
                (piece.to_owned(), 10_000)
            }
            None => (response, 1),
        };
        for _ in 0..times {
            if stream.write_all(response.as_bytes()).await.is_err() {
                return;
            }
        }
        if times > 1 {
            return;
        }
    }
}

/// Takes a request out of the bytes, if it is there as a whole.
fn complete(bytes: &mut Vec<u8>) -> Option<Seen> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let body = bytes.get(end..end + length)?.to_vec();
    bytes.drain(..end + length);
    let line = head.lines().next().unwrap_or_default().to_owned();
    Some(Seen { line, head, body: String::from_utf8(body).unwrap() })
}
