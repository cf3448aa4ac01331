//! A gateway that loads anew what was changed, as the processes that it is: nobody who asks
//! something meanwhile notices, and whatever goes wrong, somebody serves.

use crate::context::Context;
use crate::served::{ADMIN_KEY, PATIENCE, Served, kill};
use crate::servers::{Postgres, file};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A client that keeps its connection, and asks nothing twice.
struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer, and whether its connection goes on.
struct Answer {
    status: u16,
    body: String,
    goes_on: bool,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    fn send(&mut self, method: &str, path: &str, key: &str, body: &str) {
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

    fn head(&mut self) -> (u16, Option<usize>, bool) {
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
    fn chunk(&mut self) -> Option<String> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        assert_eq!(self.line(), "");
        (length > 0).then(|| String::from_utf8(bytes).unwrap())
    }

    fn answer(&mut self) -> Answer {
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

    fn ask(&mut self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        self.send(method, path, key, body);
        self.answer()
    }

    fn chat(&mut self, model: &str, stream: bool) -> Answer {
        self.ask("POST", "/v1/chat/completions", "none", &chat(model, stream))
    }
}

fn chat(model: &str, stream: bool) -> String {
    serde_json::json!({
        "model": model, "stream": stream, "messages": [{ "role": "user", "content": "hello" }],
    })
    .to_string()
}

/// A provider whose streams begin, and end when they are told.
struct Upstream {
    address: SocketAddr,
    begun: Receiver<Sender<()>>,
    _serving: JoinHandle<()>,
}

impl Upstream {
    fn new() -> Self {
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
    fn begun(&self) -> Sender<()> {
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
fn world(upstream: &Upstream, more: &str) -> Context {
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

fn serve(context: &Context, more: &[&str]) -> Served {
    let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(more).env("ADMIN_KEY", ADMIN_KEY);
    Served::of(command)
}

/// Asks for it, and waits until it is done for the `times`th time.
fn reload(served: &mut Served, times: usize) {
    served.signal("HUP");
    until(served, "reloaded in ", times);
}

fn until(served: &mut Served, what: &str, times: usize) {
    let deadline = Instant::now() + PATIENCE;
    while served.said().matches(what).count() < times {
        assert!(Instant::now() < deadline, "{}", served.said());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn eventually(what: &str, is: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process is there, and not only its name.
fn is_there(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn nobody_who_asks_meanwhile_notices_anything() {
    const RELOADS: usize = 4;
    let context = Context::new();
    let mut served = serve(&context, &[]);
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let address = served.address;
    // Some keep their connection, some come anew each time, and some say nothing for a while.
    let clients = (0..8).map(|number| {
        let (stop, answered) = (stop.clone(), answered.clone());
        std::thread::spawn(move || {
            let mut client = Client::new(address);
            while !stop.load(Ordering::SeqCst) {
                if number % 4 == 3 {
                    client = Client::new(address);
                }
                let answer = client.chat("mock/gpt-4o-mini", number % 2 == 0);
                assert_eq!(answer.status, 200, "{}", answer.body);
                assert!(number % 2 == 1 || answer.body.ends_with("[DONE]\n\n"), "{}", answer.body);
                assert!(answer.goes_on, "nobody was asked to go");
                answered.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut idle: Vec<Client> = (0..20).map(|_| Client::new(address)).collect();
    for number in 1..=RELOADS {
        let before = answered.load(Ordering::SeqCst);
        eventually("too few were answered", || answered.load(Ordering::SeqCst) >= before + 20);
        reload(&mut served, number);
        // Among them are those that have said nothing yet at all.
        for client in &mut idle {
            assert_eq!(client.ask("GET", "/health/ready", "none", "").status, 200);
        }
    }
    let before = answered.load(Ordering::SeqCst);
    eventually("too few were answered", || answered.load(Ordering::SeqCst) >= before + 20);
    stop.store(true, Ordering::SeqCst);
    clients.into_iter().for_each(|client| client.join().unwrap());
    eventually("those that retired are still there", || served.workers().len() == 1);
    assert!(!served.said().contains("is gone"), "{}", served.said());
    let metrics = idle[0].ask("GET", "/metrics", "none", "").body;
    assert!(metrics.contains("hotcell_reloads_total{result=\"done\"} 4"), "{metrics}");
}

#[test]
fn a_stream_goes_on_and_a_request_that_has_begun_to_come_is_answered_by_the_next() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let go = upstream.begun();
    assert_eq!(client.head().0, 200);
    let begun = client.chunk().unwrap();
    assert!(begun.contains("begun, "), "{begun}");
    // Half of a head is no request yet.
    let mut halved = Client::new(served.address);
    assert_eq!(halved.ask("GET", "/health/live", "none", "").status, 200);
    halved.stream.get_mut().write_all(b"GET /v1/models HTTP/1.1\r\nho").unwrap();
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let model = "[gateway.models.new]\ndeployments = [\"mock/gpt-4o-mini\"]\n";
    context.file("hotcell.toml", text + model);
    reload(&mut served, 1);
    reload(&mut served, 2);
    // One serves, and one ends a stream.
    eventually("one too many is there", || served.workers().len() == 2);
    halved.stream.get_mut().write_all(b"st: localhost\r\n\r\n").unwrap();
    let models = halved.answer();
    assert!(models.goes_on && models.body.contains("\"new\""), "{}", models.body);
    go.send(()).unwrap();
    let rest: String = std::iter::from_fn(|| client.chunk()).collect();
    assert!(rest.contains("and ended") && rest.ends_with("data: [DONE]\n\n"), "{rest}");
    // And on the same connection the new one answers.
    assert!(client.ask("GET", "/v1/models", "none", "").body.contains("\"new\""));
    eventually("it has ended its stream", || served.workers().len() == 1);
}

#[test]
fn where_something_is_wrong_it_is_said_and_the_old_one_serves_on() {
    let context = Context::new();
    let mut served = serve(&context, &["--ready-within", "2"]);
    let mut client = Client::new(served.address);
    let good = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let worker = served.workers();
    context.file("hotcell.toml", format!("{good}\n[gateway]\nmodles = 1\n"));
    served.signal("HUP");
    until(&mut served, "reload failed", 1);
    let said = served.said();
    let lines = good.lines().count() + 3;
    for words in [&format!("hotcell.toml:{lines}:"), "modles", "served on", "code 2"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // One that would never be ready.
    let provider = "[providers.late]\nadapter = \"openai\"\nsecrets.api-key = \"cmd:sleep 6\"\n";
    context.file("hotcell.toml", format!("{good}\n{provider}"));
    served.signal("HUP");
    until(&mut served, "reload failed", 2);
    assert!(served.said().contains("not ready within 2 seconds"), "{}", served.said());
    // One that would serve at an address that somebody has.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let metrics = format!("[gateway.metrics]\nlisten = [\"{}\"]\n", taken.local_addr().unwrap());
    context.file("hotcell.toml", format!("{good}\n{metrics}"));
    served.signal("HUP");
    until(&mut served, "reload failed", 3);
    assert_eq!(served.workers(), worker);
    assert_eq!(client.chat("mock/gpt-4o-mini", false).status, 200);
    let shown = client.ask("GET", "/metrics", "none", "").body;
    assert!(shown.contains("hotcell_reloads_total{result=\"failed\"} 3"), "{shown}");
    drop(taken);
    reload(&mut served, 1);
    assert_ne!(served.workers(), worker);
    assert_eq!(client.chat("mock/gpt-4o-mini", false).status, 200);
    let shown = client.ask("GET", "/metrics", "none", "").body;
    assert!(shown.contains("hotcell_reloads_total{result=\"done\"} 1"), "{shown}");
    assert!(served.said().contains("metrics at http://"), "{}", served.said());
}

#[test]
fn models_adapters_and_grants_are_those_of_now_also_for_who_was_there_before() {
    let context = crate::grants::world();
    crate::grants::add(&context).good();
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    assert_eq!(client.chat("mine/gpt-4o", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 200);
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let models = "[gateway]\nonly-models = true\n\n\
                  [gateway.models.fast]\ndeployments = [\"mine/gpt-4o\"]\n";
    context.file("hotcell.toml", format!("{text}\n{models}"));
    reload(&mut served, 1);
    assert_eq!(client.chat("fast", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 404);
    // What was taken back is gone, and with it every place of the model.
    context.run(&["adapter", "remove", "theirs"]).good();
    served.signal("HUP");
    until(&mut served, "reload failed", 1);
    assert_eq!(client.chat("fast", false).status, 200, "what was served before is served on");
    context.file("hotcell.toml", text);
    reload(&mut served, 2);
    assert_ne!(client.chat("mine/gpt-4o", false).status, 200);
    assert_eq!(client.chat("mock/gpt-4o", false).status, 200);
    crate::grants::add(&context).good();
    reload(&mut served, 3);
    assert_eq!(client.chat("mine/gpt-4o", false).status, 200);
}

#[test]
fn a_worker_that_is_killed_has_a_successor() {
    let context = Context::new();
    let mut served = serve(&context, &[]);
    for round in 1..=3 {
        let worker = served.workers();
        kill(worker[0], "KILL");
        // Whoever connects meanwhile waits, and is answered.
        assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", true).status, 200);
        until(&mut served, "another one takes its place", round);
        assert!(served.said().contains("ended by signal 9"), "{}", served.said());
        assert_ne!(served.workers(), worker);
    }
    assert!(served.child.try_wait().unwrap().is_none());
    // One that cannot be started is tried again, until it can.
    let good = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    context.file("hotcell.toml", "what = \"is this\"\n");
    kill(served.workers()[0], "KILL");
    until(&mut served, "hotcell.toml:1:", 2);
    context.file("hotcell.toml", good);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", true).status, 200);
}

#[test]
fn who_is_not_done_in_time_after_a_reload_is_cut_off() {
    let upstream = Upstream::new();
    let context = world(&upstream, "[gateway.limits]\nretire-ms = 50\n");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let _go = upstream.begun();
    assert_eq!(client.head().0, 200);
    client.chunk().unwrap();
    reload(&mut served, 1);
    let mut rest = String::new();
    let _ = client.stream.read_to_string(&mut rest);
    assert!(!rest.contains("[DONE]"), "{rest}");
    eventually("it is still there", || served.workers().len() == 1);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
}

#[test]
fn a_worker_that_does_not_listen_any_more_is_replaced() {
    let context = Context::new();
    let mut served = serve(&context, &[]);
    let worker = served.workers()[0];
    kill(worker, "STOP");
    for _ in 0..3 {
        served.signal("HUP");
    }
    until(&mut served, "reloaded in ", 1);
    assert!(!is_there(worker));
    assert!(served.said().contains("ended by signal 9"), "{}", served.said());
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
}

#[test]
fn a_supervisor_that_is_killed_takes_its_workers_along() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    let mut served = serve(&context, &[]);
    let mut client = Client::new(served.address);
    client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
    let _go = upstream.begun();
    reload(&mut served, 1);
    let workers = served.workers();
    assert!(workers.len() >= 2);
    served.child.kill().unwrap();
    for worker in workers {
        eventually("it is still there", || !is_there(worker));
    }
    // What its threads had open is closed with the last of them.
    eventually("somebody listens", || TcpStream::connect(served.address).is_err());
}

#[test]
fn an_end_is_one_for_all_and_a_second_word_ends_at_once() {
    let upstream = Upstream::new();
    let context = world(&upstream, "");
    for is_patient in [true, false] {
        let mut served = serve(&context, &[]);
        let mut clients: Vec<_> = (0..2).map(|_| Client::new(served.address)).collect();
        let mut goes = Vec::new();
        // One in a worker that has retired, and one in the one that serves.
        for (number, client) in clients.iter_mut().enumerate() {
            client.send("POST", "/v1/chat/completions", "none", &chat("slow/m", true));
            goes.push(upstream.begun());
            assert_eq!(client.head().0, 200);
            if number == 0 {
                reload(&mut served, 1);
            }
        }
        served.signal("TERM");
        until(&mut served, "ending; ", 1);
        eventually("it still listens", || TcpStream::connect(served.address).is_err());
        assert!(served.child.try_wait().unwrap().is_none());
        if is_patient {
            for (client, go) in clients.iter_mut().zip(goes) {
                go.send(()).unwrap();
                let whole: String = std::iter::from_fn(|| client.chunk()).collect();
                assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
            }
            assert_eq!(served.wait().code(), Some(0));
        } else {
            served.signal("INT");
            assert_eq!(served.wait().code(), Some(130));
        }
    }
}

#[test]
fn what_is_held_and_spent_is_so_for_both_of_two_that_serve() {
    holds_and_spends("folder = \"state\"");
}

#[test]
fn what_is_held_and_spent_is_so_at_a_server_as_well() {
    let Some(server) = Postgres::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = file(folder.path(), "address", &server.url());
    holds_and_spends(&format!("database = \"file:{}\"", address.display()));
    assert_eq!(server.sql("SELECT COUNT(*) FROM hotcell.holds"), "0");
}

fn holds_and_spends(state: &str) {
    let upstream = Upstream::new();
    let more = format!(
        "[gateway]\nadmin-key = \"env:ADMIN_KEY\"\n\n[gateway.state]\n{state}\n\n\
         [gateway.prices.\"slow/m\"]\ninput = 1000.0\noutput = 10000.0\n",
    );
    let context = world(&upstream, &more);
    let made = ["keys", "create", "--json", "--budget-month", "3", "--requests-per-minute", "1000"];
    let made = context.run(&made).good().json();
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    let mut served = serve(&context, &[]);
    let mut body: serde_json::Value = serde_json::from_str(&chat("slow/m", true)).unwrap();
    // It is taken to cost two dollars at the most, and will have cost two.
    body["max_tokens"] = 200.into();
    let body = body.to_string();
    let mut first = Client::new(served.address);
    let mut second = Client::new(served.address);
    first.send("POST", "/v1/chat/completions", key, &body);
    let go = upstream.begun();
    assert_eq!(first.head().0, 200);
    let refused = second.ask("POST", "/v1/chat/completions", key, &body);
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert!(refused.body.contains("rate_limit_exceeded"), "{}", refused.body);
    for number in 1..=2 {
        reload(&mut served, number);
        let refused = second.ask("POST", "/v1/chat/completions", key, &body);
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert!(refused.body.contains("rate_limit_exceeded"), "{}", refused.body);
    }
    go.send(()).unwrap();
    while first.chunk().is_some() {}
    // Two dollars are spent, one is left, and nothing is held: one more is let in.
    second.send("POST", "/v1/chat/completions", key, &body);
    let go = upstream.begun();
    assert_eq!(second.head().0, 200);
    eventually("it has ended", || served.workers().len() == 1);
    go.send(()).unwrap();
    while second.chunk().is_some() {}
    let refused = first.ask("POST", "/v1/chat/completions", key, &body);
    assert!(refused.body.contains("insufficient_quota"), "{}", refused.body);
    let used = context.run(&["usage", "--key", id, "--json"]).good().json()["usage"][0].clone();
    assert_eq!((&used["requests"], &used["cost"]), (&2.into(), &4.0.into()), "{used}");
}

/// What the kernel says of every thread of a process.
fn threads(process: u32) -> BTreeSet<(String, String)> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let of = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    let states = tasks.filter_map(|task| {
        // A thread may have ended in between.
        let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        Some((of(&status, "NoNewPrivs:"), of(&status, "Seccomp:")))
    });
    states.collect()
}

#[test]
fn every_worker_is_confined() {
    let context = Context::new();
    let measures = context.run(&["doctor", "--json"]).json()["confinement"]["measures"].clone();
    let lacks = measures.as_array().unwrap().iter().find(|it| it["outcome"] != "active");
    if let Some(lacks) = lacks {
        eprintln!("SKIPPED: this machine does not have it: {lacks}");
        return;
    }
    let mut served = serve(&context, &["--confinement", "require"]);
    let confined = BTreeSet::from([("1".to_owned(), "2".to_owned())]);
    for number in 1..=3 {
        assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
        assert_eq!(threads(served.workers()[0]), confined);
        reload(&mut served, number);
        eventually("the old one ends", || served.workers().len() == 1);
    }
    assert!(!served.said().contains("is gone"), "{}", served.said());
    kill(served.workers()[0], "KILL");
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
    assert_eq!(threads(served.workers()[0]), confined);
}

/// The supervisor has the environment of them all, and keys may be in it.
#[test]
fn other_processes_of_the_user_cannot_look_into_the_supervisor() {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let context = Context::new();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        for folder in [context.project(), context.home()] {
            chown(&folder, Some(NOBODY), None).unwrap();
            chown(folder.parent().unwrap(), Some(NOBODY), None).unwrap();
        }
    }
    let looks = |mode: &str| {
        let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--confinement", mode]).env("XDG_CACHE_HOME", context.home());
        let mut look = std::process::Command::new("cat");
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
            look.uid(NOBODY).gid(NOBODY);
        }
        let served = Served::of(command);
        let looked = look.arg(format!("/proc/{}/environ", served.child.id())).output().unwrap();
        String::from_utf8_lossy(&looked.stdout).contains("MOCK_KEY=")
    };
    if !looks("off") {
        eprintln!("SKIPPED: no process can look into another one of the same user here");
        return;
    }
    assert!(!looks("attempt"));
}

#[test]
fn what_is_watched_is_loaded_when_it_changes() {
    let context = Context::new();
    let mut served = serve(&context, &["--watch"]);
    let text = fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    let model = "[gateway.models.new]\ndeployments = [\"mock/gpt-4o-mini\"]\n";
    context.file("hotcell.toml", format!("{text}{model}"));
    until(&mut served, "reloaded in ", 1);
    assert_eq!(Client::new(served.address).chat("new", false).status, 200);
    // What was wrong is looked at again when it is right.
    context.file("hotcell.toml", "wrong");
    until(&mut served, "reload failed", 1);
    context.file("hotcell.toml", text);
    until(&mut served, "reloaded in ", 2);
    assert_eq!(Client::new(served.address).chat("new", false).status, 404);
}

#[test]
fn a_service_manager_is_told() {
    let context = Context::new();
    let socket = context.project().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let told = || {
        let mut bytes = [0; 4096];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", &socket);
    let served = Served::of(command);
    assert!(told().starts_with("READY=1\n"));
    served.signal("HUP");
    let reloading = told();
    let micros = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(reloading.starts_with("RELOADING=1\n"), "{reloading}");
    assert!(micros.unwrap().parse::<u64>().is_ok(), "{reloading}");
    assert!(told().starts_with("READY=1\n"));
    served.end();
    assert!(told().starts_with("STOPPING=1\n"));
}

#[test]
fn one_process_alone_serves_as_well() {
    let context = Context::new();
    let served = serve(&context, &["--no-supervisor"]);
    assert_eq!(Client::new(served.address).chat("mock/gpt-4o-mini", false).status, 200);
    assert!(served.workers().is_empty());
    served.end();
    let mut command = context.command(&["serve", "--worker"]);
    let screen = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(screen.status.code(), Some(2), "{screen:?}");
}
