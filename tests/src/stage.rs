//! A loopback server that plays one scripted response at a time and keeps the
//! request that came for it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How many turns all others have before the next piece leaves.
const TURNS: u32 = 16;

/// What the server answers to the next request.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Everything before the body, without framing: the status line and headers, each
    /// with its CRLF.
    pub head: String,
    /// The pieces of the body, each a chunk of its own.
    pub pieces: Vec<Vec<u8>>,
}

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// Method and target.
    pub line: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Shared {
    script: Script,
    received: Vec<Received>,
}

/// The server. It ends when it is dropped.
pub struct Stage {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Stage {
    /// Opens the stage on a free port of loopback.
    ///
    /// # Errors
    /// What the system said.
    pub async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Mutex<Shared>>::default();
        let server = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = server.clone();
                // A client that leaves in the middle is none of the server's business.
                tokio::spawn(async move { _ = serve(stream, &shared).await });
            }
        });
        Ok(Self { address, shared, task })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets what is answered from now on.
    pub fn play(&self, script: Script) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).script = script;
    }

    /// Takes the requests that came so far.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner).received)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(request) = receive(&mut stream, &mut buffer).await? else { return Ok(()) };
        let script = {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.received.push(request);
            shared.script.clone()
        };
        let head = format!("{}transfer-encoding: chunked\r\n\r\n", script.head);
        stream.write_all(head.as_bytes()).await?;
        for piece in script.pieces {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(&piece);
            chunk.extend_from_slice(b"\r\n");
            stream.write_all(&chunk).await?;
            // Gives the reader its turn, so that pieces arrive one by one.
            // Whoever reads gives others their turn a few times, and takes along what comes then.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
        stream.write_all(b"0\r\n\r\n").await?;
    }
}

/// Reads one request; none where the client is done.
async fn receive(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Received>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = buffer.drain(..length).collect();
    Ok(Some(Received { line, headers, body }))
}
