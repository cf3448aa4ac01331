//! A server on loopback that says what no honest server says.
//!
//! It records every request as it came over the wire, and answers with whatever
//! bytes a script gives, whether they are HTTP or not.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Nothing that a test asks for takes longer; what does is a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most that a script without an end sends.
const ENDLESS_BYTES: usize = 1 << 30;

/// What the server does, one step after the other.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, until the client goes away.
    SendForEver(Vec<u8>),
    /// Says nothing for this long.
    Pause(Duration),
    /// Says nothing more, until the client goes away.
    Wait,
    /// Closes the connection. Without this it is kept for the next request.
    Close,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    /// Request line and headers, with their line breaks.
    pub head: String,
    /// The body, by its `content-length`.
    pub body: Vec<u8>,
}

impl Received {
    /// Method, target and version.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of the first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The credential that came with it, without its scheme.
    pub fn key(&self) -> &str {
        self.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("")
    }
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    record: Arc<Record>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Record {
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

impl Loopback {
    /// Starts a server that does for each request what the script says.
    ///
    /// # Errors
    /// Where the system gives no port.
    pub async fn start(
        script: impl Fn(&Received) -> Vec<Step> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let record = Arc::new(Record::default());
        let script = Arc::new(script);
        let kept = record.clone();
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.connections.fetch_add(1, Ordering::Relaxed);
                let (record, script) = (kept.clone(), script.clone());
                connections.spawn(async move {
                    let serve = serve(stream, &record, &*script);
                    // A client that goes away is what half of the tests are about.
                    let _ = tokio::time::timeout(PATIENCE, serve).await;
                });
            }
        });
        Ok(Self { address, record, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub fn received(&self) -> Vec<Received> {
        self.record.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.record.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    record: &Record,
    script: &(dyn Fn(&Received) -> Vec<Step> + Send + Sync),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(received) = read_request(&mut stream, &mut buffer).await? {
        let steps = script(&received);
        record.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
        for step in steps {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::SendForEver(bytes) => {
                    for _ in 0..=ENDLESS_BYTES / bytes.len().max(1) {
                        stream.write_all(&bytes).await?;
                    }
                }
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::Wait => while stream.read(&mut [0; 1024]).await? > 0 {},
                Step::Close => return stream.shutdown().await,
            }
        }
    }
    Ok(())
}

async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Received>> {
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end + 2]).into_owned();
            let mut received = Received { head, body: Vec::new() };
            let length = received.header("content-length").and_then(|value| value.parse().ok());
            let whole = end + 4 + length.unwrap_or(0_usize);
            while buffer.len() < whole {
                let read = stream.read(&mut chunk).await?;
                if read == 0 {
                    break;
                }
                buffer.extend_from_slice(&chunk[..read]);
            }
            let rest = buffer.split_off(whole.min(buffer.len()));
            received.body = std::mem::replace(buffer, rest).split_off(end + 4);
            return Ok(Some(received));
        }
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(None);
        }
        buffer.extend_from_slice(&chunk[..read]);
    }
}

/// An ordinary response with this body.
pub fn response(body: impl AsRef<[u8]>) -> Vec<Step> {
    whole("200 OK", &[("content-type", "application/json")], body)
}

/// A response that is well formed: its length is its body's.
pub fn whole(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let mut bytes = head(status, headers);
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    vec![Step::Send(bytes)]
}

/// A response whose body comes in exactly these chunks.
pub fn chunked<'a>(
    headers: &[(&str, &str)],
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Step> {
    let mut head = head("200 OK", headers);
    head.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    let mut steps = vec![Step::Send(head)];
    steps.extend(chunks.into_iter().map(|bytes| Step::Send(chunk(bytes))));
    steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
    steps
}

/// One chunk of a chunked body.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Status line and headers, without the empty line at their end.
pub fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    head
}
