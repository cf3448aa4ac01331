//! A provider on loopback that speaks the wire formats of real ones.
//!
//! It plays each provider that an adapter is bundled for below a path of the adapter's
//! name ([`Mock::endpoint`]), and OpenAI and Anthropic without one too: whole and
//! streamed, with tool calls, reasoning and its signatures, structured output,
//! embeddings, rankings, request ids and errors in the provider's own form. It says the
//! same thing to the same request, keeps what it was asked, and never leaves loopback.
//! The demo, the tests and the benchmarks talk to it.
//!
//! It refuses what the provider refuses: members that it does not have, calls without a
//! result and results without a call, signatures that are not those it gave, images that
//! are none. Credentials are checked for real ([`Mock::ways`]): keys are compared,
//! signatures of AWS computed again, assertions of Google verified, and tokens are good
//! where the mock gave them out and they have not expired.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let mock = hotcell_mock::Mock::start().await?;
//! assert!(mock.url().starts_with("http://127.0.0.1:"));
//! assert!(mock.requests().is_empty());
//! # Ok(()) }
//! ```
//!
//! # What it says
//!
//! - A request that offers tools and ends with the user's words gets a tool call
//!   whose arguments fit the tool's schema.
//! - One that ends with tool results gets a sentence that quotes them.
//! - One that asks for JSON gets the smallest value that fits its schema.
//! - Any other gets the user's words back, and a note of the media with them.
//!
//! Responses of OpenAI's are kept, unless that is not wanted, for the account that asked: they
//! are retrieved, streamed again, deleted and cancelled, and tell what they are an answer to.
//! One in the background is over when it is asked for a second time.
//!
//! # Models with a script
//!
//! A model of one of these names plays a part instead; every other name works,
//! except those that begin with `unknown` or end in `typo`, which no provider has.
//!
//! | model | what happens |
//! | --- | --- |
//! | `error-NNN` | status NNN with the provider's own error object (`error-429` says when to come back) |
//! | `error-quota` | the error of an account without credit |
//! | `error-midstream` | some text, then an error event |
//! | `cut` | some text, then the connection breaks |
//! | `unterminated` | some text, then a proper end of the body, without the end of the answer |
//! | `slow` | status and headers at once, then half a minute between two chunks |
//! | `silent` | nothing at all for half a minute |
//! | `endless` | text that never ends; of Replicate, a prediction that is never done |
//! | `late` | of Replicate: a prediction that is done when it is asked for a second time |
//! | `garbage` | status 200 and something that is not JSON |
//! | `redirect` | status 307 to `http://169.254.169.254/` |
//! | `echo-key` | the credential it received, in a header and in the text, split across chunks |
//! | `markdown` | a text with every kind of block |
//! | `parallel-tools` | one call for each tool that is offered |
//! | `reasoner` | thoughts before the text |

#![forbid(unsafe_code)]

mod access;
mod answer;
mod anthropic;
mod azure;
mod bedrock;
mod body;
mod cohere;
mod completion;
mod credential;
mod databricks;
mod frame;
mod gemini;
mod generate;
mod huggingface;
mod media;
mod mistral;
mod ollama;
mod openai;
mod provider;
mod ranking;
mod replicate;
mod responses;
mod sagemaker;
mod script;
mod server;
mod strict;
mod vector;
mod vertex;
mod watsonx;

pub use access::Access;
pub use credential::sigv4;

use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How a [`Mock`] behaves. Change it while it runs with [`Mock::set`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Behaviour {
    /// The secret that it wants: as a bearer token or in the provider's own header, as
    /// the secret access key that a request is signed with, or as the secret of a client
    /// that asks for a token. Without one any will do, but none will not.
    pub key: Option<String>,
    /// How long the tokens are good for that it gives out.
    pub token_life: Duration,
    /// How many pieces the text of a streamed answer has. Without a number it goes
    /// word by word; a text that is too short for the number is repeated.
    pub chunks: Option<usize>,
    /// The wait before the first byte of a response.
    pub delay: Duration,
    /// The wait before each further chunk of a stream.
    pub gap: Duration,
    /// What it says instead of repeating the user's words, where it answers in
    /// text.
    pub answer: Option<String>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            key: Some(Mock::KEY.to_owned()),
            token_life: Duration::from_secs(3600),
            chunks: None,
            delay: Duration::ZERO,
            gap: Duration::ZERO,
            answer: None,
        }
    }
}

/// A request that the mock received, as it came over the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// `POST`, `GET`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Bytes,
    /// How its credential was checked, and what came of it: `signature recomputed: good`.
    pub checked: String,
}

impl Recorded {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A running mock. Dropping it closes its port and every open connection.
#[derive(Debug)]
pub struct Mock {
    addr: SocketAddr,
    state: Arc<State>,
    /// Dropped with the mock, which ends the server.
    _running: oneshot::Sender<()>,
}

impl Mock {
    /// The credential that it wants unless its [`Behaviour`] says otherwise.
    pub const KEY: &'static str = "sk-mock-5f8c2e91d3a74b60";
    /// The access key id of its account with AWS, whose region is `us-east-1`.
    pub const ACCESS_KEY_ID: &'static str = "AKIAMOCK000000000001";
    /// The application that asks for tokens of Entra or Databricks.
    pub const CLIENT_ID: &'static str = "11111111-2222-3333-4444-555555555555";
    /// Its tenant in Entra.
    pub const TENANT: &'static str = "mock-tenant";

    /// Starts a mock on a free port, on the runtime of the caller.
    ///
    /// # Errors
    /// What the system said when no port could be opened.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn start() -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State::default());
        let (running, ended) = oneshot::channel();
        tokio::spawn(server::serve(listener, state.clone(), ended));
        Ok(Self { addr, state, _running: running })
    }

    /// Starts a mock on a thread and a runtime of its own, for callers that block.
    ///
    /// # Errors
    /// What the system said when no port or thread could be had.
    pub fn spawn() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let state = Arc::new(State::default());
        let (running, ended) = oneshot::channel();
        let serve = server::serve(listener, state.clone(), ended);
        std::thread::Builder::new()
            .name("hotcell-mock".to_owned())
            .spawn(move || runtime.block_on(serve))?;
        Ok(Self { addr, state, _running: running })
    }

    /// Where it listens: 127.0.0.1 and a port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its origin, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where one of its providers is, with its base path; none where it plays no such one.
    pub fn endpoint(&self, provider: &str) -> Option<String> {
        let provider = provider::Provider::named(provider)?;
        Some(format!("{}/{}{}", self.url(), provider.name, provider.base))
    }

    /// The file of a service account of Google's whose assertions it takes. The key in it
    /// is the mock's and good for nothing else.
    pub fn service_account(&self) -> String {
        credential::issuer::service_account(&self.url())
    }

    /// From now on every token that it gave out has expired.
    pub fn expire_tokens(&self) {
        let now = std::time::Instant::now();
        self.state.lock().tokens.iter_mut().for_each(|token| token.until = now);
    }

    /// From now on every response that it kept has expired.
    pub fn expire_responses(&self) {
        self.state.lock().responses.clear();
    }

    /// Every request so far, oldest first. Past ten thousand the oldest half is
    /// forgotten.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().requests.clone()
    }

    /// Takes every request out.
    pub fn take_requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.state.lock().requests)
    }

    /// How it behaves from the next request on.
    pub fn set(&self, behaviour: Behaviour) {
        self.state.lock().behaviour = behaviour;
    }

    /// Changes one or two things of how it behaves.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.lock().behaviour);
    }
}

#[derive(Debug, Default)]
struct State {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    behaviour: Behaviour,
    requests: Vec<Recorded>,
    tokens: Vec<credential::Token>,
    predictions: Vec<replicate::Prediction>,
    responses: Vec<responses::Stored>,
    served: u64,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next request, and the behaviour for it.
    fn begin(&self) -> (u64, Behaviour) {
        let mut inner = self.lock();
        inner.served += 1;
        (inner.served, inner.behaviour.clone())
    }

    /// Keeps the request.
    fn record(&self, request: Recorded) {
        const MOST: usize = 10_000;
        let mut inner = self.lock();
        if inner.requests.len() >= MOST {
            inner.requests.drain(..MOST / 2);
        }
        inner.requests.push(request);
    }

    /// Keeps a prediction that is asked for again.
    fn predict(&self, prediction: replicate::Prediction) {
        const MOST: usize = 1_000;
        let mut inner = self.lock();
        if inner.predictions.len() >= MOST {
            inner.predictions.drain(..MOST / 2);
        }
        inner.predictions.push(prediction);
    }

    /// Keeps a response that may be asked for again.
    fn keep(&self, response: responses::Stored) {
        const MOST: usize = 1_000;
        let mut inner = self.lock();
        if inner.responses.len() >= MOST {
            inner.responses.drain(..MOST / 2);
        }
        inner.responses.push(response);
    }

    /// Keeps a token that was given out, and forgets those that expired long ago.
    fn give(&self, token: credential::Token) {
        const MOST: usize = 1_000;
        let mut inner = self.lock();
        if inner.tokens.len() >= MOST {
            inner.tokens.drain(..MOST / 2);
        }
        inner.tokens.push(token);
    }
}
