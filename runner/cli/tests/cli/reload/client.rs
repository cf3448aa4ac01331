//! A client that sees whether its connection goes on.

use crate::served::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A client that keeps its connection, and asks nothing twice.
pub(super) struct Client {
    pub(super) stream: BufReader<TcpStream>,
}

/// An answer, and whether its connection goes on.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) goes_on: bool,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(super) fn send(&mut self, method: &str, path: &str, key: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.stream.read_line(&mut line).unwrap() > 0, "it was closed");
        line.trim_end().to_owned()
    }

    pub(super) fn head(&mut self) -> (u16, Option<usize>, bool) {
        let first = self.line();
        let status = first.split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut goes_on) = (None, true);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(": ") {
                None => return (status, length, goes_on),
                Some(("content-length", value)) => length = Some(value.parse().unwrap()),
                Some(("connection", "close")) => goes_on = false,
                Some(_) => {}
            }
        }
    }

    /// The next chunk of an answer; none where it has ended.
    pub(super) fn chunk(&mut self) -> Option<String> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        assert_eq!(self.line(), "");
        (length > 0).then(|| String::from_utf8(bytes).unwrap())
    }

    pub(super) fn answer(&mut self) -> Answer {
        let (status, length, goes_on) = self.head();
        let body = match length {
            Some(length) => {
                let mut bytes = vec![0; length];
                self.stream.read_exact(&mut bytes).unwrap();
                String::from_utf8(bytes).unwrap()
            }
            None => std::iter::from_fn(|| self.chunk()).collect(),
        };
        Answer { status, body, goes_on }
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        self.send(method, path, key, body);
        self.answer()
    }

    pub(super) fn chat(&mut self, model: &str, stream: bool) -> Answer {
        self.ask("POST", "/v1/chat/completions", "none", &chat(model, stream))
    }
}

pub(super) fn chat(model: &str, stream: bool) -> String {
    serde_json::json!({
        "model": model, "stream": stream, "messages": [{ "role": "user", "content": "hello" }],
    })
    .to_string()
}
