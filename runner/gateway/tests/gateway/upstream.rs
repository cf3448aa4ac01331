//! A provider that does what a test says, byte by byte, and notices when it is left.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// It speaks as OpenAI does, as far as a script makes it.
pub(crate) struct Upstream {
    pub(crate) addr: SocketAddr,
    state: Arc<State>,
}

/// One thing that it does.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends this.
    Send(Vec<u8>),
    /// Waits until it is told to go on.
    Until(Arc<Notify>),
    /// Waits until the other side leaves.
    Hold,
    /// Sends this again and again, until the other side leaves.
    Flood(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Breaks it, so that the other side reads an error.
    Reset,
}

/// What it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) model: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct State {
    /// For each model what it does at the first request, the second, and so on; the last one
    /// holds for all that follow.
    scripts: Mutex<BTreeMap<String, Vec<Vec<Step>>>>,
    asked: Mutex<Vec<Asked>>,
    count: watch::Sender<usize>,
    /// How often somebody left while it held or flooded.
    left: watch::Sender<usize>,
    flooded: AtomicU64,
}

/// Nothing here takes nearly as long; it keeps a test that fails from hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

impl Upstream {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Self { addr, state }
    }

    /// As a provider of the gateway's configuration.
    pub(crate) fn provider(&self, name: &str) -> String {
        self.provider_of(name, "openai")
    }

    /// The same of another adapter.
    pub(crate) fn provider_of(&self, name: &str, adapter: &str) -> String {
        format!(
            "[providers.{name}]\nadapter = \"{adapter}\"\nendpoints.api = \"http://{}/v1\"\n\
             secrets.api-key = \"cmd:printf %s sk-upstream-6b1d09\"\nallow-private = true\n\
             allow-plaintext = true\ncheck-model = false\n",
            self.addr
        )
    }

    /// What it does for a model, request by request.
    pub(crate) fn script(&self, model: &str, scripts: impl Into<Vec<Vec<Step>>>) {
        self.state.scripts.lock().unwrap().insert(model.to_owned(), scripts.into());
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// The models that it was asked for, in order.
    pub(crate) fn models(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.model).collect()
    }

    /// Waits until it was asked so often.
    pub(crate) async fn was_asked(&self, times: usize) {
        wait(&self.state.count, times, "asked").await;
    }

    /// Waits until it was left so often.
    pub(crate) async fn was_left(&self, times: usize) {
        wait(&self.state.left, times, "left").await;
    }

    /// Bytes that it got rid of while it flooded.
    pub(crate) fn flooded(&self) -> u64 {
        self.state.flooded.load(Ordering::Relaxed)
    }
}

async fn wait(count: &watch::Sender<usize>, times: usize, what: &str) {
    let mut count = count.subscribe();
    let waiting = async { count.wait_for(|count| *count >= times).await.map(|count| *count) };
    let reached = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
    let seen = *count.borrow();
    assert!(reached, "{what} {seen} times and not {times} times");
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    while let Some(asked) = read(&mut stream, &mut buffer).await {
        let model = asked.model.clone();
        let before = {
            let mut all = state.asked.lock().unwrap();
            let before = all.iter().filter(|asked| asked.model == model).count();
            all.push(asked);
            before
        };
        let script = {
            let scripts = state.scripts.lock().unwrap();
            let scripts = scripts.get(&model).or_else(|| scripts.get("*"));
            let scripts = scripts.unwrap_or_else(|| panic!("no script for `{model}`"));
            scripts[before.min(scripts.len() - 1)].clone()
        };
        state.count.send_modify(|count| *count += 1);
        for step in script {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Until(told) => told.notified().await,
                Step::Hold => {
                    let _ = stream.read(&mut [0; 64]).await;
                    state.left.send_modify(|left| *left += 1);
                    return;
                }
                Step::Flood(bytes) => {
                    while stream.write_all(&bytes).await.is_ok() {
                        state.flooded.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                        // A write that never waits would let nobody else run.
                        tokio::task::yield_now().await;
                    }
                    state.left.send_modify(|left| *left += 1);
                    return;
                }
                Step::Close => return,
                Step::Reset => {
                    stream.set_zero_linger().expect("a socket");
                    return;
                }
            }
        }
    }
}

/// One request, with its body; none where the connection ends.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Asked> {
    loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            let all = end + 4 + length.unwrap_or(0_usize);
            if buffer.len() >= all {
                let body = buffer[end + 4..all].to_vec();
                buffer.drain(..all);
                let json: Value = serde_json::from_slice(&body).unwrap_or_default();
                let model = json["model"].as_str().unwrap_or_default().to_owned();
                return Some(Asked { model, head, body, at: Instant::now() });
            }
        }
        let mut piece = [0; 16 * 1024];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer with this body.
pub(crate) fn respond(status: u16, headers: &str, body: &[u8]) -> Step {
    let length = body.len();
    let mut all =
        format!("HTTP/1.1 {status} Something\r\ncontent-length: {length}\r\n{headers}\r\n")
            .into_bytes();
    all.extend_from_slice(body);
    Step::Send(all)
}

/// A failure in OpenAI's form.
pub(crate) fn refuse(status: u16, headers: &str, code: &str, message: &str) -> Vec<Step> {
    let error = json!({ "error": { "message": message, "type": "mock", "code": code } });
    let headers = format!("content-type: application/json\r\n{headers}");
    vec![respond(status, &headers, error.to_string().as_bytes())]
}

/// A whole answer that says this.
pub(crate) fn say(text: &str) -> Vec<Step> {
    let answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": text },
        }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 },
    });
    vec![respond(200, "content-type: application/json\r\n", answer.to_string().as_bytes())]
}

/// The head of a stream.
pub(crate) fn begin_stream() -> Step {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Step::Send(head.into())
}

/// A chunk of a stream that says this.
pub(crate) fn word(text: &str) -> Step {
    Step::Send(chunk(&json!({ "content": text }), Value::Null))
}

/// A chunk that says nothing yet.
pub(crate) fn role() -> Step {
    Step::Send(chunk(&json!({ "role": "assistant", "content": "" }), Value::Null))
}

/// The end of a stream.
pub(crate) fn end() -> Step {
    let mut end = chunk(&json!({}), json!("stop"));
    end.extend_from_slice(b"data: [DONE]\n\n");
    Step::Send(end)
}

pub(crate) fn chunk(delta: &Value, finish: Value) -> Vec<u8> {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
    });
    format!("data: {chunk}\n\n").into_bytes()
}
