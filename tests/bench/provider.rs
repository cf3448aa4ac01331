//! A provider on loopback, on the thread of its client. It costs both sides of every
//! comparison the same, and writes each piece of a body by itself.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;

/// What the provider answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) content_type: &'static str,
    /// One piece is an answer as a whole, several are a stream.
    pub(crate) pieces: Vec<Vec<u8>>,
}

/// How the pieces of a stream follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As fast as the client takes them: some arrive while it is busy with others.
    Fast,
    /// Each when the client has read the one before, and has nothing left to do.
    Alone,
}

impl Answer {
    /// The pieces as they go over the wire, each to be written at once.
    fn wire(&self) -> Vec<Vec<u8>> {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {}\r\n", self.content_type);
        if let [whole] = self.pieces.as_slice() {
            let head = format!("{head}content-length: {}\r\n\r\n", whole.len());
            return vec![[head.as_bytes(), whole].concat()];
        }
        let chunk = |piece: &Vec<u8>| {
            [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
        };
        let head = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
        let end = b"0\r\n\r\n".to_vec();
        [head].into_iter().chain(self.pieces.iter().map(chunk)).chain([end]).collect()
    }
}

/// The provider. It lives as long as the runtime that it was started on.
pub(crate) struct Provider {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    wire: Arc<[Vec<u8>]>,
    /// How often others have their turn between two pieces.
    turns: usize,
    last_body: Vec<u8>,
}

impl Provider {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                // A client that is done is no fault.
                tokio::spawn(async move { _ = serve(stream, &state).await });
            }
        });
        Ok(Self { url, state })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets what is answered from now on.
    pub(crate) fn play(&self, answer: &Answer, pace: Pace) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.wire = answer.wire().into();
        // One for the connection, one for who reads from it, one to find that there is no more.
        state.turns = if pace == Pace::Alone { 3 } else { 1 };
    }

    /// The body of the last request.
    pub(crate) fn last_body(&self) -> Vec<u8> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last_body.clone()
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(128 * 1024);
    while receive(&mut stream, &mut buffer, state).await? {
        let (wire, turns) = {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.wire.clone(), state.turns)
        };
        for piece in wire.iter() {
            stream.write_all(piece).await?;
            for _ in 0..turns {
                yield_now().await;
            }
        }
    }
    Ok(())
}

/// Reads one request; false where the client is done.
async fn receive(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    state: &Mutex<State>,
) -> io::Result<bool> {
    buffer.clear();
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0_usize);
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    }
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.last_body.clear();
    state.last_body.extend_from_slice(&buffer[end..end + length]);
    Ok(true)
}
