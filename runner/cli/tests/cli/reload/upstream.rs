//! A provider whose streams end when a test says so.

use crate::context::Context;
use crate::served::PATIENCE;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A provider whose streams begin, and end when they are told.
pub(super) struct Upstream {
    address: SocketAddr,
    begun: Receiver<Sender<()>>,
    _serving: JoinHandle<()>,
}

impl Upstream {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, begun) = channel();
        let serving = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, tell) = (stream.unwrap(), tell.clone());
                std::thread::spawn(move || drop(answer(stream, &tell)));
            }
        });
        Self { address, begun, _serving: serving }
    }

    /// Waits until a stream has begun. It goes on when something is sent.
    pub(super) fn begun(&self) -> Sender<()> {
        self.begun.recv_timeout(PATIENCE).unwrap()
    }
}

fn answer(stream: TcpStream, tell: &Sender<Sender<()>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])?;
    let mut stream = reader.into_inner();
    let word = |text: &str| {
        let delta = serde_json::json!({
            "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{ "index": 0, "delta": { "role": "assistant", "content": text } }],
        });
        format!("data: {delta}\n\n")
    };
    let last = "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
                \"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
                \"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100}}\n\n\
                data: [DONE]\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    write!(stream, "{head}{}", word("begun, "))?;
    let (go, goes) = channel();
    tell.send(go).unwrap();
    let _ = goes.recv_timeout(PATIENCE);
    write!(stream, "{}{last}", word("and ended"))
}

/// A world with a provider `slow` beside the others.
pub(super) fn world(upstream: &Upstream, more: &str) -> Context {
    let context = Context::new();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let url = format!("http://{}", upstream.address);
    let slow = format!(
        "[providers.slow]\nadapter = \"openai\"\nendpoints.api = \"{url}\"\n\
         secrets.api-key = \"env:MOCK_KEY\"\nallow-private = true\nallow-plaintext = true\n\n"
    );
    context.file("hotcell.toml", text + &slow + more);
    context
}
