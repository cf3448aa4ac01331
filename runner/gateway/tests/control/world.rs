//! A gateway with a provider of its own, and clients that say what they like.

use hotcell::{Config, Runner};
use hotcell_gateway::{Gateway, GatewayError};
use hotcell_mock::Mock;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The operator's key in every world.
pub(crate) const ADMIN: &str = "the-operators-own-key-0123456789";

/// A running gateway, until it is dropped.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) mock: Mock,
    pub(crate) address: SocketAddr,
    _serving: Serving,
}

struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// The configuration of a world, with more in it.
pub(crate) fn config(folder: &Path, mock: &Mock, more: &str) -> Config {
    std::fs::write(folder.join("admin"), ADMIN).unwrap();
    std::fs::write(folder.join("provider"), Mock::KEY).unwrap();
    let (folder, url) = (folder.display(), mock.url());
    let provider = |name: &str, adapter: &str| {
        format!(
            "[providers.{name}]\nadapter = \"{adapter}\"\nendpoints.api = \"{url}\"\n\
             secrets.api-key = \"file:{folder}/provider\"\nallow-private = true\n\
             allow-plaintext = true\n\n"
        )
    };
    let price =
        |model: &str| format!("[gateway.prices.\"{model}\"]\ninput = 1000\noutput = 10000\n\n");
    let text = format!(
        "[gateway]\nadmin-key = \"file:{folder}/admin\"\n\n\
         [gateway.state]\nfolder = \"{folder}/state\"\n\n{}{}{}{}{}{}{more}",
        price("mock/gpt-4o"),
        price("responses/gpt-4o"),
        price("mock/endless"),
        provider("mock", "openai"),
        provider("responses", "openai-responses"),
        provider("claude", "anthropic"),
    );
    Config::parse(&text, Path::new("hotcell.toml")).unwrap_or_else(|error| panic!("{error}"))
}

/// A gateway that serves nobody yet.
pub(crate) fn gateway(config: Config) -> Result<Gateway, GatewayError> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    Gateway::new(Runner::builder().config(config).cache(Some(cache)).build().unwrap())
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    pub(crate) async fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mock = Mock::start().await.unwrap();
        Self::of(folder, mock, more).await
    }

    pub(crate) async fn of(folder: tempfile::TempDir, mock: Mock, more: &str) -> Self {
        let gateway = gateway(config(folder.path(), &mock, more)).unwrap();
        Self::serving(gateway, folder, mock).await
    }

    pub(crate) async fn serving(gateway: Gateway, folder: tempfile::TempDir, mock: Mock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            gateway.serve(vec![listener], std::future::pending()).await;
        });
        Self { folder, mock, address, _serving: Serving(serving) }
    }

    /// The same with another gateway, which has what the one before wrote down.
    pub(crate) async fn again(self) -> Self {
        let Self { folder, mock, _serving, .. } = self;
        drop(_serving);
        loop {
            match gateway(config(folder.path(), &mock, "")) {
                Ok(gateway) => return Self::serving(gateway, folder, mock).await,
                // The one before is not gone yet.
                Err(GatewayError::State(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Sends what is written here, and nothing that is not.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = self.begin(method, path, headers, body).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The same, and leaves the answer to whoever reads it.
    pub(crate) async fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TcpStream {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    /// Asks the admin API as the operator.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer = format!("Bearer {ADMIN}");
        self.send(method, path, &[("authorization", &bearer)], &body).await
    }

    /// A new key with these members, and its id.
    pub(crate) async fn key(&self, members: Value) -> (String, String) {
        let made = self.admin("POST", "/admin/keys", members).await.is(201).json();
        (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
    }

    /// Asks for a chat answer with a key.
    pub(crate) async fn chat(&self, key: &str, model: &str) -> Answer {
        let bearer = format!("Bearer {key}");
        self.send("POST", "/v1/chat/completions", &[("authorization", &bearer)], &chat(model)).await
    }

    /// The only sum of what was used.
    pub(crate) async fn used(&self, query: &str) -> Value {
        let path = format!("/admin/usage?{query}");
        let page = self.admin("GET", &path, Value::Null).await.is(200).json();
        page["data"][0].clone()
    }
}

/// A request for ten tokens at the most.
pub(crate) fn chat(model: &str) -> String {
    json!({
        "model": model, "max_tokens": 10,
        "messages": [{ "role": "user", "content": "one two three" }],
    })
    .to_string()
}
