//! Several gateways that share servers, each in a runtime of its own, and clients of theirs.

use crate::servers::{self, Postgres, Valkey, file};
use hotcell::{Config, Runner};
use hotcell_gateway::{Gateway, GatewayError};
use hotcell_mock::Mock;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The operator's key.
const ADMIN: &str = "the-operators-own-key-0123456789";

/// How long a client waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the gateways share.
pub(crate) struct Bed {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) mock: Mock,
    pub(crate) server: Postgres,
    pub(crate) valkey: Option<Valkey>,
}

/// A gateway.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Bed {
    /// One with rates counted at PostgreSQL, if that is installed.
    pub(crate) fn new() -> Option<Self> {
        let (folder, mock) = (tempfile::tempdir().unwrap(), Mock::spawn().unwrap());
        Some(Self { folder, mock, server: Postgres::start()?, valkey: None })
    }

    /// One with rates counted at Valkey, if both are installed.
    pub(crate) fn with_valkey() -> Option<Self> {
        let valkey = Some(Valkey::start()?);
        Some(Self { valkey, ..Self::new()? })
    }

    pub(crate) fn config(&self) -> Config {
        let folder = self.folder.path();
        let admin = file(folder, "admin", ADMIN);
        let provider = file(folder, "provider", Mock::KEY);
        let database = file(folder, "database", &self.server.url());
        let word = file(folder, "word", servers::PASSWORD);
        let counters = self.valkey.as_ref().map(|valkey| {
            format!(
                "counters = \"{}\"\ncounters-password = \"file:{}\"\n",
                valkey.url(),
                word.display()
            )
        });
        let text = format!(
            "[gateway]\nadmin-key = \"file:{}\"\n\n\
             [gateway.state]\ndatabase = \"file:{}\"\n{}\n\
             {}{}",
            admin.display(),
            database.display(),
            counters.unwrap_or_default(),
            self.provider("mock", "openai", &provider),
            self.provider("responses", "openai-responses", &provider),
        );
        Config::parse(&text, Path::new("hotcell.toml")).unwrap()
    }

    fn provider(&self, name: &str, adapter: &str, key: &Path) -> String {
        format!(
            "[gateway.prices.\"{name}/gpt-4o\"]\ninput = 1000\noutput = 10000\n\n\
             [providers.{name}]\nadapter = \"{adapter}\"\nendpoints.api = \"{}\"\n\
             secrets.api-key = \"file:{}\"\nallow-private = true\nallow-plaintext = true\n\n",
            self.mock.url(),
            key.display(),
        )
    }

    /// Another gateway.
    pub(crate) fn node(&self) -> Node {
        let gateway = gateway(self.config()).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            gateway.serve(vec![listener], async { _ = stopped.await }).await;
        });
        Node { address, runtime, stop, serving }
    }

    /// What there is of a sum in the accounts.
    pub(crate) fn sum(&self, column: &str) -> u64 {
        let sum = self.server.sql(&format!("SELECT COALESCE(SUM({column}), 0) FROM hotcell.usage"));
        sum.parse().unwrap()
    }
}

/// A gateway that serves nobody yet.
pub(crate) fn gateway(config: Config) -> Result<Gateway, GatewayError> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    Gateway::new(Runner::builder().config(config).cache(Some(cache)).build().unwrap())
}

impl Node {
    /// A new key with these limits, and its id.
    pub(crate) fn key(&self, limits: Value) -> (String, String) {
        let made = self.admin("POST", "/admin/keys", &json!({ "limits": limits }));
        assert_eq!(made.status, 201, "{made:?}");
        let made = made.json();
        (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
    }

    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Answer {
        send(self.address, method, path, &format!("Bearer {ADMIN}"), &body.to_string())
    }

    /// Lets what is under way end, and what was used be written down.
    pub(crate) fn end(self) {
        self.stop.send(()).unwrap();
        self.runtime.block_on(self.serving).unwrap();
    }

    /// It is gone, with all that it has in memory.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Asks for a chat answer. `mark` is what the upstream hears.
pub(crate) fn chat(address: SocketAddr, key: &str, mark: &str) -> Answer {
    let body = json!({
        "model": "mock/gpt-4o", "max_tokens": 10,
        "messages": [{ "role": "user", "content": mark }],
    });
    send(address, "POST", "/v1/chat/completions", &format!("Bearer {key}"), &body.to_string())
}

pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    authorization: &str,
    body: &str,
) -> Answer {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: {authorization}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    // A gateway that was killed is one that does not answer.
    let mut bytes = Vec::new();
    let told = TcpStream::connect(address).and_then(|mut stream| {
        // Whoever hangs fails: nothing here takes nearly as long.
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())?;
        stream.read_to_end(&mut bytes)
    });
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).filter(|_| told.is_ok());
    Answer { status: status.and_then(|it| it.parse().ok()).unwrap_or(0), text }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let (_, body) = self.text.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It came to its end: nothing is missing of what its head promises.
    pub(crate) fn is_whole(&self) -> bool {
        let body = self.text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        self.status == 200 && serde_json::from_str::<Value>(body).is_ok()
    }
}
