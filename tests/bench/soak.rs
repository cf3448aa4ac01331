//! A gateway under mixed traffic for a while: clients that ask, hang, vanish and send
//! garbage, and providers that stall, break and lie. Afterwards every answer has had its own
//! request's mark, nothing is open any more, and memory is where it was.
//!
//! ```text
//! cargo run --release -p hotcell-gateway --example soak -- target/release/hotcell 600
//! ```

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Failed = Box<dyn Error + Send + Sync>;

/// Clients at one time.
const CLIENTS: u64 = 32;
/// Memory that may be more at the end than early on, in KiB, beside a tenth of it.
const SLACK_KIB: u64 = 8 * 1024;
/// How long what is open may take to be closed when nobody asks any more.
const QUIET: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let (Some(binary), seconds) = (arguments.next(), arguments.next()) else {
        return Err("soak BINARY [SECONDS]".into());
    };
    let seconds: u64 = seconds.as_deref().unwrap_or("600").parse()?;
    let mock = hotcell_mock::Mock::start().await?;
    mock.change(|mock| {
        (mock.delay, mock.gap) = (Duration::from_millis(2), Duration::from_millis(1))
    });
    let hostile = hostile().await?;
    let folder = tempfile::tempdir()?;
    let gateway = Gateway::start(Path::new(&binary), folder.path(), &mock, hostile).await?;

    let tally = Arc::new(Tally::default());
    let before = gateway.sample()?;
    println!("| s | RSS, KiB | descriptors | what happened |\n| --- | --- | --- | --- |");
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client =
            Client { at: gateway.addr, dice: number, connection: None, tally: tally.clone() };
        clients.spawn(client.run(end));
    }
    let mut memory = Vec::new();
    let began = Instant::now();
    let every = Duration::from_secs((seconds / 20).max(1));
    let mut told = Instant::now();
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (rss, open) = gateway.sample()?;
        memory.push(rss);
        if told.elapsed() >= every {
            told = Instant::now();
            println!("| {} | {rss} | {open} | {} |", began.elapsed().as_secs(), tally.line());
        }
    }
    while let Some(client) = clients.join_next().await {
        client?;
    }
    let quiet = Instant::now();
    let after = loop {
        let after = gateway.sample()?;
        if after.1 <= before.1 || quiet.elapsed() > QUIET {
            break after;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    println!("| after | {} | {} | {} |", after.0, after.1, tally.line());
    let (early, late) = (median(&memory, 1), median(&memory, 3));
    println!(
        "\nRSS: {early} KiB in the second quarter, {late} KiB in the last one; descriptors: {} \
         before, {} after; answers with another's mark or without their own: {}, lost: {}",
        before.1,
        after.1,
        tally.of("wrong"),
        tally.of("lost"),
    );
    let mut faults = Vec::new();
    if late > early + early / 10 + SLACK_KIB {
        faults.push("memory grows");
    }
    // The pools of connections to providers may keep a few.
    if after.1 > before.1 + 16 {
        faults.push("descriptors stay open");
    }
    if tally.of("wrong") > 0 {
        faults.push("answers are wrong");
    }
    if tally.of("lost") > 0 {
        faults.push("answers are lost");
    }
    if tally.of("answered") == 0 {
        faults.push("nothing was answered");
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join(", ").into()),
    }
}

/// The median of a quarter of what was measured.
fn median(all: &[u64], quarter: usize) -> u64 {
    let length = all.len() / 4;
    let mut part = all.get(quarter * length..(quarter + 1) * length).unwrap_or(all).to_vec();
    part.sort_unstable();
    part.get(part.len() / 2).copied().unwrap_or_default()
}

/// What happened, and how often.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    fn add(&self, what: &'static str) {
        *self.0.lock().expect("no panic").entry(what).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.lock().expect("no panic").get(what).copied().unwrap_or_default()
    }

    fn line(&self) -> String {
        let all = self.0.lock().expect("no panic");
        let all: Vec<_> = all.iter().map(|(what, count)| format!("{what} {count}")).collect();
        all.join(", ")
    }
}

/// The gateway, as a process of its own.
struct Gateway {
    process: Child,
    addr: SocketAddr,
}

impl Gateway {
    async fn start(
        binary: &Path,
        folder: &Path,
        mock: &hotcell_mock::Mock,
        hostile: SocketAddr,
    ) -> Result<Self, Failed> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut text =
            format!("[gateway]\nlisten = [\"{free}\"]\n[gateway.limits]\nhead-ms = 2000\n");
        let open = "allow-private = true\nallow-plaintext = true\ncheck-model = false\n\
                    secrets.api-key = \"env:HOTCELL_SOAK_KEY\"\n";
        for name in ["openai", "anthropic", "gemini"] {
            let endpoint = mock.endpoint(name).ok_or("no such provider")?;
            text += &format!("[providers.{name}]\nendpoints.api = \"{endpoint}\"\n{open}");
        }
        text += &format!(
            "[providers.hostile]\nadapter = \"openai\"\nendpoints.api = \"http://{hostile}/v1\"\n{open}\
             [providers.hostile.egress]\nfirst-byte-ms = 500\nidle-ms = 500\nresponse-bytes = 4000000\n\
             [gateway.models.hostile]\ndeployments = [\"hostile/m\"]\nretries = 0\n"
        );
        let file = folder.join("hotcell.toml");
        fs::write(&file, text)?;
        let process = Command::new(binary)
            .arg("--config")
            .arg(&file)
            .arg("serve")
            .env("HOTCELL_SOAK_KEY", hotcell_mock::Mock::KEY)
            .env("XDG_CACHE_HOME", folder)
            .stdin(Stdio::null())
            .spawn()?;
        let gateway = Self { process, addr: free };
        for _ in 0..600 {
            if TcpStream::connect(free).await.is_ok() {
                return Ok(gateway);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the gateway does not listen".into())
    }

    /// Memory in KiB, and open descriptors, of it and of what it has started.
    fn sample(&self) -> Result<(u64, usize), Failed> {
        let pid = self.process.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let (mut memory, mut descriptors) = (0, 0);
        for pid in children.split_whitespace().chain([pid.to_string().as_str()]) {
            let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
            let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let rss = rss.and_then(|rss| rss.trim().strip_suffix(" kB")).ok_or("no VmRSS")?;
            memory += rss.parse::<u64>()?;
            descriptors += fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        }
        Ok((memory, descriptors))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One client after another.
struct Client {
    at: SocketAddr,
    dice: u64,
    connection: Option<SendRequest<Full<Bytes>>>,
    tally: Arc<Tally>,
}

impl Client {
    async fn run(mut self, end: Instant) {
        while Instant::now() < end {
            // Whoever is hostile himself may find his connection broken; whoever asks may not.
            let (what, otherwise) = match self.throw(20) {
                0 => (self.vanish(false).await, "broken"),
                1 => (self.vanish(true).await, "broken"),
                2 => (self.garbage().await, "broken"),
                3 => (self.hang().await, "broken"),
                4..=6 => (self.hostile().await, "lost"),
                _ => (self.ask().await, "lost"),
            };
            self.tally.add(what.unwrap_or(otherwise));
        }
    }

    /// A number below another one.
    fn throw(&mut self, below: u64) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % below
    }

    /// An ordinary question. Its mark is in its answer, and no other one.
    async fn ask(&mut self) -> Result<&'static str, Failed> {
        let mark = format!("mark{:08}end", self.throw(100_000_000));
        let (path, body) = self.question(&mark);
        let (status, text) = self.send(path, body).await?;
        if status != 200 {
            return Ok(if status == 503 || status == 429 { "refused" } else { "wrong" });
        }
        let told = format!("{text}\n{}", told(&text));
        let begins = told.match_indices("mark").filter_map(|(at, _)| told.get(at..at + 15));
        let marks: Vec<_> = begins.filter(|mark| mark.ends_with("end")).collect();
        Ok(match !marks.is_empty() && marks.iter().all(|it| *it == mark) {
            true => "answered",
            false => "wrong",
        })
    }

    /// A question of one dialect to one provider.
    fn question(&mut self, mark: &str) -> (String, Value) {
        let model = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]
            [self.throw(3) as usize];
        let stream = self.throw(2) == 0;
        // A stream goes word by word.
        let lengths = if stream { [1, 10, 100, 300] } else { [1, 10, 1_000, 20_000] };
        let length = lengths[self.throw(4) as usize];
        let words = format!("{mark} {}", "word ".repeat(length));
        let messages = json!([{ "role": "user", "content": words }]);
        let body = json!({ "model": model, "stream": stream, "messages": messages });
        match self.throw(5) {
            0 => {
                let verb = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
                let path = format!("/v1beta/models/{}:{verb}", model.replace('/', "%2F"));
                (path, json!({ "contents": [{ "role": "user", "parts": [{ "text": words }] }] }))
            }
            1 => {
                let mut body = body;
                body["max_tokens"] = json!(99);
                ("/v1/messages".to_owned(), body)
            }
            2 => {
                let mut body = body;
                body["messages"][0]["content"] = json!(mark);
                let property = json!({ "type": "string", "enum": [mark] });
                let parameters = json!({
                    "type": "object", "properties": { "x": property }, "required": ["x"],
                });
                let function = json!({ "name": "f", "parameters": parameters });
                body["tools"] = json!([{ "type": "function", "function": function }]);
                ("/v1/chat/completions".to_owned(), body)
            }
            _ => ("/v1/chat/completions".to_owned(), body),
        }
    }

    /// A provider that breaks: an error of the dialect, whole or at the end of a stream.
    async fn hostile(&mut self) -> Result<&'static str, Failed> {
        let stream = self.throw(2) == 0;
        let messages = json!([{ "role": "user", "content": "hi" }]);
        let body =
            json!({ "model": "hostile", "stream": stream, "max_tokens": 9, "messages": messages });
        let path = ["/v1/chat/completions", "/v1/messages"][self.throw(2) as usize];
        let (status, text) = self.send(path.to_owned(), body).await?;
        let is_whole =
            ["[DONE]", "message_stop", "\"stop\"", "end_turn"].iter().any(|end| text.contains(end));
        Ok(if status >= 400 || (text.contains("error") && !is_whole) {
            "failed rightly"
        } else {
            "wrong"
        })
    }

    /// Leaves before the answer begins, or in the middle of it.
    async fn vanish(&mut self, later: bool) -> Result<&'static str, Failed> {
        let model = ["openai/endless", "openai/slow", "openai/silent"][self.throw(3) as usize];
        let messages = json!([{ "role": "user", "content": "hi" }]);
        let body = json!({ "model": model, "stream": true, "messages": messages }).to_string();
        let mut stream = TcpStream::connect(self.at).await?;
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        let wait = Duration::from_millis(self.throw(200));
        let mut piece = [0; 64];
        let reading = stream.read(&mut piece);
        match later && model == "openai/endless" {
            true => _ = reading.await?,
            false => _ = tokio::time::timeout(wait, reading).await,
        }
        if self.throw(2) == 0 {
            stream.set_zero_linger()?;
        }
        Ok("vanished")
    }

    /// What is no request.
    async fn garbage(&mut self) -> Result<&'static str, Failed> {
        let mut stream = TcpStream::connect(self.at).await?;
        let deep = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 200000\r\n\r\n{}",
            "[".repeat(200_000)
        );
        let sent = match self.throw(4) {
            0 => vec![0xff; 100_000],
            1 => b"GET / HTTP/1.1\r\nx: y\r\n".repeat(1_000),
            2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            _ => deep.into_bytes(),
        };
        let _ = stream.write_all(&sent).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        let text = String::from_utf8_lossy(&answer);
        Ok(if text.starts_with("HTTP/1.1 200") { "wrong" } else { "garbage" })
    }

    /// Begins and does not go on, or does not take its answer.
    async fn hang(&mut self) -> Result<&'static str, Failed> {
        let mut stream = TcpStream::connect(self.at).await?;
        let messages = json!([{ "role": "user", "content": "hi" }]);
        let body = json!({ "model": "openai/endless", "stream": true, "messages": messages });
        let body = body.to_string();
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ";
        let sent = match self.throw(3) {
            0 => head.to_owned(),
            1 => format!("{head}100\r\n\r\n{{"),
            _ => format!("{head}{}\r\n\r\n{body}", body.len()),
        };
        stream.write_all(sent.as_bytes()).await?;
        tokio::time::sleep(Duration::from_millis(500 + self.throw(2_000))).await;
        Ok("hung")
    }

    /// Sends a request, on the connection that is open or on a new one, and reads the answer.
    async fn send(&mut self, path: String, body: Value) -> Result<(u16, String), Failed> {
        let request = Request::post(path).header("host", "localhost");
        let request = request.header("content-type", "application/json");
        let request = request.body(Full::from(body.to_string()))?;
        let open = self.connection.take().filter(|open| !open.is_closed());
        // One that was open may just be closing: then a new one is taken, as clients do.
        let mut begun = None;
        if let Some(mut open) = open
            && open.ready().await.is_ok()
        {
            begun = open.send_request(request.clone()).await.ok().map(|response| (open, response));
        }
        let (open, response) = match begun {
            Some(begun) => begun,
            None => {
                let stream = TcpStream::connect(self.at).await?;
                stream.set_nodelay(true)?;
                let io = TokioIo::new(stream);
                let (mut open, connection) = hyper::client::conn::http1::handshake(io).await?;
                tokio::spawn(connection);
                let response = open.send_request(request).await?;
                (open, response)
            }
        };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        self.connection = Some(open);
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// What a stream tells, in whichever dialect, put together from its pieces.
fn told(stream: &str) -> String {
    let mut told = String::new();
    for line in stream.lines().filter_map(|line| line.strip_prefix("data: ")) {
        if let Ok(event) = serde_json::from_str(line) {
            gather(&event, &mut told);
        }
    }
    told
}

fn gather(value: &Value, told: &mut String) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| gather(value, told)),
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(text) => {
                if ["content", "delta", "text", "arguments", "partial_json"].contains(&&**name) {
                    told.push_str(text);
                }
            }
            value => gather(value, told),
        }),
        _ => {}
    }
}

/// A provider that breaks in one way after another.
async fn hostile() -> Result<SocketAddr, Failed> {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 8 << 20])?;
    let bomb = Bytes::from(bomb.finish()?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((stream, _)) = listener.accept().await {
            turn += 1;
            // Whoever leaves it is no fault.
            let bomb = bomb.clone();
            tokio::spawn(async move { _ = break_down(stream, turn, &bomb).await });
        }
    });
    Ok(addr)
}

async fn break_down(mut stream: TcpStream, turn: usize, bomb: &[u8]) -> Result<(), Failed> {
    let mut request = [0; 4096];
    if stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: ";
    let word = json!({ "choices": [{ "index": 0, "delta": { "content": "x".repeat(4096) } }] });
    let word = format!("data: {word}\n\n");
    match turn % 9 {
        0 => {}
        1 => stream.set_zero_linger()?,
        2 => _ = stream.read(&mut request).await?,
        3 => {
            stream
                .write_all(
                    format!("{head}application/json\r\ncontent-length: 99\r\n\r\n{{").as_bytes(),
                )
                .await?
        }
        4 => {
            stream.write_all(format!("{head}text/event-stream\r\n\r\n{word}").as_bytes()).await?;
            _ = stream.read(&mut request).await?;
        }
        5 => stream.write_all(format!("{head}text/event-stream\r\n\r\n{word}").as_bytes()).await?,
        6 => {
            stream.write_all(format!("{head}text/event-stream\r\n\r\n").as_bytes()).await?;
            loop {
                stream.write_all(word.as_bytes()).await?;
            }
        }
        7 => {
            let length = bomb.len();
            let more = "content-encoding: gzip\r\ncontent-length";
            stream
                .write_all(format!("{head}application/json\r\n{more}: {length}\r\n\r\n").as_bytes())
                .await?;
            stream.write_all(bomb).await?;
        }
        _ => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").await?
        }
    }
    Ok(())
}
