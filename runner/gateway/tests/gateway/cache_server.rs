//! Answers at a server that several gateways share, and that may be anybody's.

use crate::bed::{Answer, Bed};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a server does with what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Honest,
    /// It gives what lies under another key.
    Swaps,
    /// It gives what it has with one bit turned.
    Turns,
    /// It gives half of what it has.
    Halves,
    /// It gives what nobody put there.
    Invents,
    /// It says that it gives more than anybody could take.
    Floods,
    Refuses,
    Babbles,
    Closes,
    /// It says nothing.
    Silent,
}

/// As much of Valkey as this needs, on loopback.
struct Server {
    addr: SocketAddr,
    state: Arc<State>,
}

struct State {
    manner: Mutex<Manner>,
    kept: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    asked: Mutex<Vec<Vec<Vec<u8>>>>,
    puts: watch::Sender<usize>,
}

impl Server {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            manner: Mutex::new(Manner::Honest),
            kept: Mutex::default(),
            asked: Mutex::default(),
            puts: watch::channel(0).0,
        });
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, serving.clone()));
            }
        });
        Self { addr, state }
    }

    fn config(&self) -> String {
        format!(
            "[gateway.cache]\nseconds = 3600\nserver = \"redis://{}/3\"\n\
             password = \"cmd:printf %s the-servers-password\"\n\
             seal = \"cmd:printf %s a-secret-that-seals-answers\"\n",
            self.addr
        )
    }

    fn behave(&self, manner: Manner) {
        *self.state.manner.lock().unwrap() = manner;
    }

    fn kept(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.state.kept.lock().unwrap().clone()
    }

    fn asked(&self, word: &str) -> Vec<Vec<Vec<u8>>> {
        let asked = self.state.asked.lock().unwrap();
        asked.iter().filter(|it| it[0] == word.as_bytes()).cloned().collect()
    }

    /// Waits until so many answers were put there.
    async fn has(&self, puts: usize) {
        let mut count = self.state.puts.subscribe();
        count.wait_for(|it| *it >= puts).await.expect("a server");
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut stream = BufReader::new(stream);
    while let Some(words) = command(&mut stream).await {
        state.asked.lock().unwrap().push(words.clone());
        let manner = *state.manner.lock().unwrap();
        let text =
            |text: &[u8]| [format!("${}\r\n", text.len()).as_bytes(), text, b"\r\n"].concat();
        let answer = match (&words[0][..], manner) {
            (_, Manner::Silent) => continue,
            (_, Manner::Closes) => return,
            (_, Manner::Refuses) => b"-ERR no\r\n".to_vec(),
            (_, Manner::Babbles) => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            (b"SET", _) => {
                state.kept.lock().unwrap().insert(words[1].clone(), words[2].clone());
                state.puts.send_modify(|count| *count += 1);
                b"+OK\r\n".to_vec()
            }
            (b"GET", manner) => {
                let kept = state.kept.lock().unwrap();
                let own = kept.get(&words[1]).cloned();
                let value = match manner {
                    Manner::Swaps => {
                        kept.iter().find(|it| *it.0 != words[1]).map(|it| it.1.clone())
                    }
                    Manner::Turns => own.map(|mut value| {
                        let middle = value.len() / 2;
                        value[middle] ^= 1;
                        value
                    }),
                    Manner::Halves => own.map(|value| value[..value.len() / 2].to_vec()),
                    Manner::Invents => Some(br#"[{"text":{"choice":0,"index":0}}]"#.repeat(9)),
                    _ => own,
                };
                match (manner, value) {
                    (Manner::Floods, _) => b"$9223372036854775807\r\n".to_vec(),
                    (_, Some(value)) => text(&value),
                    (_, None) => b"$-1\r\n".to_vec(),
                }
            }
            _ => b"+OK\r\n".to_vec(),
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn command(stream: &mut BufReader<TcpStream>) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    for _ in 0..number(stream, '*').await? {
        let mut word = vec![0; number(stream, '$').await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.strip_prefix(kind)?.trim_end().parse().ok()
}

fn chat(text: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": text }]);
    json!({ "model": "openai/gpt-4o", "messages": messages, "stream": stream })
}

async fn ask(bed: &Bed, body: &Value) -> (Answer, String) {
    let answer = bed.post("/v1/chat/completions", body.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let found = answer.header("x-hotcell-cache").expect("a word").to_owned();
    (answer, found)
}

#[tokio::test]
async fn what_one_gateway_was_answered_another_one_has() {
    let server = Server::new().await;
    let one = Bed::new(&server.config()).await;
    // The same providers: who is elsewhere answers otherwise.
    let other = Bed::beside(&one, &server.config()).await;
    for (number, stream) in [(1, false), (2, true)] {
        let body = chat("a word that nobody else may read", stream);
        let (first, found) = ask(&one, &body).await;
        assert_eq!(found, "miss");
        server.has(number).await;
        one.mock.take_requests();
        let (second, found) = ask(&other, &body).await;
        assert_eq!(found, "hit");
        assert!(one.mock.take_requests().is_empty());
        assert!(second.text().contains("nobody else may read") || stream);
        assert_eq!(second.body.len(), first.body.len());
    }
    // Who is asking was said, and which database was meant; and the server forgets by itself.
    assert_eq!(server.asked("AUTH")[0][1], b"the-servers-password");
    assert_eq!(server.asked("SELECT")[0][1], b"3");
    let set = &server.asked("SET")[0];
    assert_eq!((&set[3][..], &set[4][..]), (&b"PX"[..], &b"3600000"[..]));
    // What lies there tells nothing.
    for (name, value) in server.kept() {
        assert!(name.starts_with(b"hotcell:answer:"));
        let all = [name, value].concat();
        for word in ["nobody", "read", "gpt", "openai", "text", "choice"] {
            assert!(!all.windows(word.len()).any(|it| it == word.as_bytes()), "{word}");
        }
    }
}

#[tokio::test]
async fn a_server_that_lies_is_not_believed_and_hinders_nobody() {
    let server = Server::new().await;
    let bed = Bed::new(&server.config()).await;
    let bodies = [chat("one", false), chat("two", true)];
    for (number, body) in bodies.iter().enumerate() {
        assert_eq!(ask(&bed, body).await.1, "miss");
        server.has(number + 1).await;
        assert_eq!(ask(&bed, body).await.1, "hit");
    }
    let before = server.kept();
    for manner in [
        Manner::Swaps,
        Manner::Turns,
        Manner::Halves,
        Manner::Invents,
        Manner::Floods,
        Manner::Refuses,
        Manner::Babbles,
    ] {
        for body in &bodies {
            server.behave(manner);
            let (answer, found) = ask(&bed, body).await;
            assert_eq!(found, "miss", "{manner:?}");
            let whole = answer.text();
            let said = if body["stream"] == true { "[DONE]" } else { "You said: one" };
            assert!(whole.contains(said), "{manner:?} {whole}");
        }
        *server.state.kept.lock().unwrap() = before.clone();
    }
    server.behave(Manner::Honest);
}

#[tokio::test]
async fn a_server_that_is_gone_or_says_nothing_hinders_nobody() {
    for manner in [Manner::Closes, Manner::Silent] {
        let server = Server::new().await;
        server.behave(manner);
        let bed = Bed::new(&server.config()).await;
        for number in 0..6 {
            let (_, found) = ask(&bed, &chat(&format!("text {number}"), number % 2 == 0)).await;
            assert_eq!(found, "miss", "{manner:?}");
        }
        // After the first that waited in vain, nobody waits for a while.
        if manner == Manner::Silent {
            assert!(server.asked("AUTH").len() <= 2, "{:?}", server.asked("AUTH").len());
        }
    }
    // And where nobody listens at all.
    let server = Server::new().await;
    let config = server.config().replace(&server.addr.to_string(), "127.0.0.1:9");
    let bed = Bed::new(&config).await;
    for _ in 0..2 {
        assert_eq!(ask(&bed, &chat("text", false)).await.1, "miss");
    }
}

#[test]
fn a_server_needs_a_secret() {
    for (more, why) in [
        ("", "`server` without `seal`"),
        ("seal = \"cmd:printf short\"\n", "16 characters"),
        ("seal = \"cmd:printf %s long-enough-to-be-a-secret\"\nserver = \"http://a\"\n", "scheme"),
    ] {
        let server = if more.contains("server") { "" } else { "server = \"redis://127.0.0.1\"\n" };
        let text = format!("[gateway.cache]\nseconds = 1\n{server}{more}");
        let config = hotcell::Config::parse(&text, std::path::Path::new("hotcell.toml")).unwrap();
        let runner = hotcell::Runner::builder().config(config).build().unwrap();
        let error = hotcell_gateway::Gateway::new(runner).unwrap_err().to_string();
        assert!(error.starts_with("[gateway.cache]: ") && error.contains(why), "{error}");
    }
}
