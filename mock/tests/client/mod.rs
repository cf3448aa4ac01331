//! A client that sends exactly what it is told to, by a version of HTTP that has no chunks.

use hotcell_mock::Mock;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// An answer in one piece.
pub(crate) struct Answer {
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

pub(crate) fn ask(mock: &Mock, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(mock.addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.0\r\nhost: {}\r\n", mock.addr());
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    write!(stream, "{head}content-length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).unwrap();
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    Answer { head: head.to_owned(), body: body.to_owned() }
}

/// One with the right key of a provider that takes keys.
pub(crate) struct Client<'a> {
    mock: &'a Mock,
    endpoint: String,
    header: String,
}

impl<'a> Client<'a> {
    pub(crate) fn of(mock: &'a Mock, provider: &str) -> Self {
        let endpoint = mock.endpoint(provider).unwrap().replace(&mock.url(), "");
        let name = match provider {
            "anthropic" => "anthropic-version: 2023-06-01\r\nx-api-key: ",
            "gemini" => "x-goog-api-key: ",
            _ => "authorization: Bearer ",
        };
        Self { mock, endpoint, header: format!("{name}{}", Mock::KEY) }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        let path = format!("{}{path}", self.endpoint);
        ask(self.mock, "POST", &path, &[&self.header], body.to_string().as_bytes())
    }
}
