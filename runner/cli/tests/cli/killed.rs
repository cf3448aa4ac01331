//! Accounts of gateways that are killed under load, as the processes that they are: whatever was
//! answered stands in them once, with what it cost, and nobody holds anything for the dead.

use crate::context::Context;
use crate::served::{ADMIN_KEY, PATIENCE, Served, ask, kill};
use crate::servers::{PASSWORD, Postgres, Valkey, file};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const CLIENTS: usize = 6;
/// Requests of one client at the most. Each asks for a model of its own, so that each has an
/// account and a price of its own.
const EACH: usize = 300;
/// Dollars for a million tokens of an answer.
const OUTPUT: u64 = 10_000;

fn model(client: usize, number: usize) -> String {
    format!("mock/m-{client}-{number}")
}

/// Dollars for a million tokens of such a model's prompt.
fn input(client: usize, number: usize) -> u64 {
    (1000 + client * EACH + number) as u64
}

fn context(state: &str) -> Context {
    let context = Context::new();
    let mut text = std::fs::read_to_string(context.project().join("hotcell.toml")).unwrap();
    _ = write!(text, "[gateway]\nadmin-key = \"env:ADMIN_KEY\"\n\n[gateway.state]\n{state}\n\n");
    for (client, number) in (0..CLIENTS).flat_map(|it| (0..EACH).map(move |number| (it, number))) {
        let (name, input) = (model(client, number), input(client, number));
        _ = write!(text, "[gateway.prices.\"{name}\"]\ninput = {input}\noutput = {OUTPUT}\n\n");
    }
    context.file("hotcell.toml", text);
    context
}

/// The secret and the id of a new key.
fn key(context: &Context, arguments: &[&str]) -> (String, String) {
    let made = context.run(&[&["keys", "create", "--json"], arguments].concat()).good().json();
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

/// What clients were told of answers that came whole: billionths of a dollar, by the model.
type Answered = Arc<Mutex<BTreeMap<String, u64>>>;

/// Clients that ask until they are told to stop, each at one gateway and the next in turn.
struct Load {
    answered: Answered,
    /// How many were told that there is no account for them.
    refused: Arc<AtomicUsize>,
    gateways: Arc<Mutex<Vec<SocketAddr>>>,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    fn begin(gateways: &[Served], key: &str) -> Self {
        let gateways: Vec<SocketAddr> = gateways.iter().map(|served| served.address).collect();
        let gateways = Arc::new(Mutex::new(gateways));
        let (answered, stop) = (Answered::default(), Arc::<AtomicBool>::default());
        let refused = Arc::<AtomicUsize>::default();
        let client = |client: usize| {
            let (answered, gateways) = (answered.clone(), gateways.clone());
            let (stop, refused, key) = (stop.clone(), refused.clone(), key.to_owned());
            std::thread::spawn(move || {
                for number in 0..EACH {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let address = {
                        let all = gateways.lock().unwrap();
                        all[(client + number) % all.len()]
                    };
                    match asked(address, &key, client, number) {
                        Told::Answer(cost) => {
                            answered.lock().unwrap().insert(model(client, number), cost);
                        }
                        // It was killed. Whoever comes next is not there at once.
                        Told::Nothing => std::thread::sleep(Duration::from_millis(20)),
                        Told::No => _ = refused.fetch_add(1, Ordering::SeqCst),
                    }
                }
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { answered, refused, gateways, stop, clients }
    }

    /// Waits until so many more were answered.
    #[track_caller]
    fn until_answered(&self, more: usize) {
        let count = || self.answered.lock().unwrap().len();
        let (before, deadline) = (count(), Instant::now() + 2 * PATIENCE);
        while count() < before + more {
            assert!(Instant::now() < deadline, "{} and {before}", count());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn end(self) -> BTreeMap<String, u64> {
        self.stop.store(true, Ordering::SeqCst);
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        std::mem::take(&mut *self.answered.lock().unwrap())
    }
}

/// What a client is told.
#[derive(Debug, PartialEq)]
enum Told {
    /// All of an answer, and what that cost by the usage that came with it.
    Answer(u64),
    /// That its account cannot be kept, before an answer or at its end.
    No,
    /// Nothing, or a part of something.
    Nothing,
}

fn asked(address: SocketAddr, key: &str, client: usize, number: usize) -> Told {
    let stream = number % 2 == 1;
    let mut body = json!({
        "model": model(client, number), "stream": stream,
        "messages": [{ "role": "user", "content": "one two three" }],
    });
    if stream {
        body["stream_options"] = json!({ "include_usage": true });
    }
    let told = ask(address, "POST", "/v1/chat/completions", key, &body.to_string());
    let Some((status, answer)) = told else { return Told::Nothing };
    let is_broken = stream && !answer.contains("data: [DONE]");
    if status == 503 || is_broken {
        assert!(answer.contains("keep its accounts"), "{status} {answer}");
        return Told::No;
    }
    assert_eq!(status, 200, "{answer}");
    let usage = match stream {
        false => serde_json::from_str::<Value>(&answer).unwrap()["usage"].clone(),
        true => {
            let lines = answer.lines().filter_map(|line| line.strip_prefix("data: {"));
            let mut chunks = lines.map(|rest| {
                serde_json::from_str::<Value>(&format!("{{{rest}")).unwrap()["usage"].clone()
            });
            chunks.rfind(|usage| !usage.is_null()).unwrap()
        }
    };
    let tokens = |name: &str| usage[name].as_u64().unwrap();
    let (prompt, completion) = (tokens("prompt_tokens"), tokens("completion_tokens"));
    assert!(prompt > 0 && completion > 0, "{usage}");
    Told::Answer(1000 * (prompt * input(client, number) + completion * OUTPUT))
}

/// Who is killed.
#[derive(Clone, Copy)]
enum Victim {
    /// All processes of a gateway; another one is started.
    Gateway,
    /// The process that serves. Its supervisor has to start another one.
    Worker,
    /// The same, and at the same time the server where accounts are kept.
    WorkerAndServer,
}

/// Kills gateways under load, and starts them again. Afterwards each request has its account.
fn survives(context: &Context, gateways: usize, mut server: Option<&mut Postgres>) {
    let limits = ["--budget-month", "10000000", "--requests-per-minute", "10000000"];
    let (secret, id) = key(context, &limits);
    let mut served: Vec<Served> = (0..gateways).map(|_| Served::start(context)).collect();
    let load = Load::begin(&served, &secret);
    let last = if server.is_some() { Victim::WorkerAndServer } else { Victim::Worker };
    let victims = [Victim::Gateway, Victim::Worker, last, Victim::Gateway];
    for (round, victim) in victims.into_iter().enumerate() {
        // Somewhere in the middle, elsewhere each time.
        load.until_answered(40 + 7 * round);
        let at = round % gateways;
        match victim {
            Victim::Gateway => {
                // It is gone with all of its processes before another one starts.
                drop(served.remove(at));
                served.insert(at, Served::start(context));
                load.gateways.lock().unwrap()[at] = served[at].address;
            }
            Victim::Worker | Victim::WorkerAndServer => {
                let mut server = server.as_mut().filter(|_| !matches!(victim, Victim::Worker));
                if let Some(server) = &mut server {
                    server.kill();
                }
                let times = || served[at].said().matches("another one takes its place").count();
                let (before, deadline) = (times(), Instant::now() + PATIENCE);
                kill(served[at].workers()[0], "KILL");
                if let Some(server) = &mut server {
                    server.restart();
                }
                while times() == before {
                    assert!(Instant::now() < deadline, "{}", served[at].said());
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        }
    }
    load.until_answered(40);
    assert!(server.is_some() || load.refused.load(Ordering::SeqCst) == 0);
    let answered = load.end();
    served.into_iter().for_each(|served| drop(served.end()));
    let asked: Vec<String> = context.mock.take_requests().iter().map(model_of).collect();
    let usage = context.run(&["usage", "--key", &id, "--by", "model", "--json"]).good().json();
    let mut kept = BTreeMap::new();
    for row in usage["usage"].as_array().unwrap() {
        let (model, count) = (row["model"].as_str().unwrap(), |name: &str| row[name].as_u64());
        // Each was asked once, and is there once.
        assert_eq!(count("requests"), Some(1), "{row}");
        assert_eq!(asked.iter().filter(|it| *it == model).count(), 1, "{row}");
        assert_eq!(count("unpriced"), Some(0), "{row}");
        let cost = (row["cost"].as_f64().unwrap() * 1e9).round() as u64;
        kept.insert(model.to_owned(), (cost, count("estimated")));
    }
    for (model, cost) in &answered {
        assert_eq!(kept.get(model), Some(&(*cost, Some(0))), "{model}");
    }
    assert!(answered.len() >= 200, "{}", answered.len());
    // What budgets know is the same.
    let spent: u64 = kept.values().map(|(cost, _)| cost).sum();
    let budget = context.run(&["budget", &id, "--json"]).good().json();
    let known = budget["budgets"][0]["budgets"][0]["spent"].as_f64().unwrap();
    assert_eq!((known * 1e9).round() as u64, spent, "{budget}");
}

fn model_of(request: &hotcell_mock::Recorded) -> String {
    format!("mock/{}", request.json()["model"].as_str().unwrap())
}

#[test]
fn each_answer_has_its_account_in_a_file_however_often_the_gateway_is_killed() {
    survives(&context("folder = \"state\""), 1, None);
}

/// Where two gateways keep what they share.
struct Servers {
    folder: tempfile::TempDir,
    postgres: Postgres,
    valkey: Option<Valkey>,
}

impl Servers {
    fn state(&self) -> String {
        let folder = self.folder.path();
        let address = file(folder, "address", &self.postgres.url());
        let word = file(folder, "word", PASSWORD);
        let counters = self.valkey.as_ref().map(|valkey| {
            format!(
                "\ncounters = \"{}\"\ncounters-password = \"file:{}\"",
                valkey.url(),
                word.display()
            )
        });
        format!("database = \"file:{}\"{}", address.display(), counters.unwrap_or_default())
    }
}

#[test]
fn each_answer_has_its_account_at_a_server_however_often_the_gateway_is_killed() {
    let Some(postgres) = Postgres::start() else { return };
    let mut servers = Servers { folder: tempfile::tempdir().unwrap(), postgres, valkey: None };
    survives(&context(&servers.state()), 1, Some(&mut servers.postgres));
    // Of the dead, each holds what it had under way for as long as nobody knows that it is gone.
    lapses(&servers.postgres);
}

#[test]
fn each_answer_has_its_account_where_two_gateways_share_two_servers_and_are_killed() {
    let (Some(postgres), Some(valkey)) = (Postgres::start(), Valkey::start()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut servers = Servers { folder, postgres, valkey: Some(valkey) };
    survives(&context(&servers.state()), 2, Some(&mut servers.postgres));
    lapses(&servers.postgres);
}

/// Whoever is gone is believed to be there for half a minute at the most.
fn lapses(postgres: &Postgres) {
    let late = "SELECT COUNT(*) FROM hotcell.gateways WHERE until > now() + interval '30 seconds'";
    assert_eq!(postgres.sql(late), "0");
}

#[test]
fn what_a_killed_gateway_held_is_for_others_when_it_is_known_to_be_gone() {
    let (Some(postgres), Some(valkey)) = (Postgres::start(), Valkey::start()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let servers = Servers { folder, postgres, valkey: Some(valkey) };
    let context = context(&servers.state());
    // What one request is taken for is all that there is.
    let limits = ["--budget-month", "30", "--tokens-per-minute", "5000"];
    let (secret, id) = key(&context, &limits);
    let (dying, other) = (Served::start(&context), Served::start(&context));
    context.mock.change(|it| it.delay = Duration::from_secs(600));
    let under_way = {
        let (address, secret) = (dying.address, secret.clone());
        std::thread::spawn(move || asked(address, &secret, 0, 0))
    };
    let deadline = Instant::now() + PATIENCE;
    while context.mock.requests().is_empty() {
        assert!(Instant::now() < deadline, "nobody was asked");
        std::thread::sleep(Duration::from_millis(1));
    }
    context.mock.change(|it| it.delay = Duration::ZERO);
    drop(dying);
    assert_eq!(under_way.join().unwrap(), Told::Nothing);
    let body = json!({ "model": model(0, 1), "messages": [{ "role": "user", "content": "a" }] });
    let status = || {
        let path = "/v1/chat/completions";
        ask(other.address, "POST", path, &secret, &body.to_string()).unwrap().0
    };
    // Nobody knows yet that it is gone.
    assert_eq!(status(), 429);
    let deadline = Instant::now() + 3 * PATIENCE;
    while status() != 200 {
        assert!(Instant::now() < deadline, "it is held for ever");
        std::thread::sleep(Duration::from_millis(200));
    }
    let budget = context.run(&["budget", &id, "--json"]).good().json();
    let budget = &budget["budgets"][0]["budgets"][0];
    assert_eq!(budget["held"], 0.0, "{budget}");
    assert!(budget["spent"].as_f64().unwrap() > 0.0, "{budget}");
    // What the dead one was asked for and did not answer is in no account.
    let used = context.run(&["usage", "--key", &id, "--json"]).good().json();
    assert_eq!(used["usage"][0]["requests"], 1, "{used}");
    other.end();
}

#[test]
fn that_the_state_is_away_is_said_at_once_and_once() {
    let Some(postgres) = Postgres::start() else { return };
    let mut servers = Servers { folder: tempfile::tempdir().unwrap(), postgres, valkey: None };
    let context = context(&servers.state());
    let (secret, _) = key(&context, &["--budget-month", "1000"]);
    let mut command = context.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("ADMIN_KEY", ADMIN_KEY);
    let mut served = Served::of(command);
    assert!(matches!(asked(served.address, &secret, 0, 0), Told::Answer(_)));
    servers.postgres.kill();
    let body = json!({ "model": model(0, 1), "messages": [{ "role": "user", "content": "a" }] });
    for _ in 0..3 {
        let path = "/v1/chat/completions";
        assert_eq!(served.ask("POST", path, &secret, &body.to_string()).unwrap().0, 503);
    }
    served.until_said("the state is out of reach");
    servers.postgres.restart();
    assert!(matches!(asked(served.address, &secret, 0, 2), Told::Answer(_)));
    let said = served.end();
    assert_eq!(said.matches("the state is out of reach").count(), 1, "{said}");
    assert!(!said.contains("opens@everything") && !said.contains("opens%40everything"), "{said}");
}

#[test]
fn who_serves_is_gone_with_its_supervisor() {
    let mut served = Served::start(&context("folder = \"state\""));
    served.signal("KILL");
    served.wait();
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(served.address).is_ok() {
        assert!(Instant::now() < deadline, "nobody can end it any more, and it serves");
        std::thread::sleep(Duration::from_millis(2));
    }
}
