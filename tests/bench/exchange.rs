//! One request and its answer, by each of the ways that are compared.

use crate::clock;
use crate::provider::{Answer, Provider};
use crate::wire;
use hotcell::egress::{self, Egress, EndpointSpec, ProviderEgress, ProviderSpec, SecretSource};
use hotcell::manifest::Method;
use hotcell::types::{ChatRequest, Native, Tool};
use hotcell::{Allocation, Config, Runner};
use hotcell_adapter_anthropic::Anthropic;
use hotcell_adapter_openai::OpenAi;
use hotcell_sdk::testing::{Cut, Script, Sent};
use hotcell_sdk::{self as sdk, Chat, Completion, Endpoint};
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// An adapter in both of its forms.
pub(crate) struct Adapter {
    pub(crate) name: &'static str,
    answer: fn(Option<usize>) -> Answer,
    linked: fn(&Exchange<'_>, u64) -> Duration,
    sent: fn(&Script, sdk::ChatRequest) -> Sent,
}

pub(crate) const ADAPTERS: [Adapter; 2] = [
    Adapter {
        name: "openai",
        answer: wire::openai,
        linked: linked::<OpenAi>,
        sent: run_once::<OpenAi>,
    },
    Adapter {
        name: "anthropic",
        answer: wire::anthropic,
        linked: linked::<Anthropic>,
        sent: run_once::<Anthropic>,
    },
];

/// What prompts are made of: lines as long as those of a file.
const LINE: &str =
    "Tell me of the lamp above the window, of the arm behind it, and of \"the glove\".\n";

/// The requests of one batch are made before the clock runs; more of them at a time
/// would only fill memory.
const BATCH: u64 = 64;

/// Everything that the ways run on. One thread for all of it.
pub(crate) struct World {
    runtime: Runtime,
    provider: Provider,
    pooled: Runner,
    on_demand: Runner,
    doors: BTreeMap<&'static str, ProviderEgress>,
    _folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let provider = runtime.block_on(Provider::start()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        std::fs::write(&key, "sk-bench-2f6d8c1b4a907e35").unwrap();
        let configured = ADAPTERS.each_ref().map(|adapter| {
            format!(
                "[providers.{}]\nendpoints.api = '{}'\nsecrets.api-key = 'file:{}'\n\
                 allow-private = true\nallow-plaintext = true\n",
                adapter.name,
                provider.url(),
                key.display(),
            )
        });
        let config = Config::parse(&configured.concat(), Path::new("hotcell.toml")).unwrap();
        let runner = |allocation| {
            let builder = Runner::builder().config(config.clone()).allocation(allocation);
            builder.cache(Some(folder.path().join("cache"))).build().unwrap()
        };
        let doors =
            ADAPTERS.each_ref().map(|adapter| (adapter.name, door(adapter, &provider, &key)));
        Self {
            pooled: runner(Allocation::Pooled(64)),
            on_demand: runner(Allocation::OnDemand),
            doors: doors.into(),
            runtime,
            provider,
            _folder: folder,
        }
    }
}

/// Egress as the runner sets it up for the same provider.
fn door(adapter: &Adapter, provider: &Provider, key: &Path) -> ProviderEgress {
    let component = hotcell::bundle::adapter(adapter.name).unwrap().component();
    let inspection = hotcell::inspect(component, false).unwrap();
    let grant = inspection.manifest.endpoints["api"].clone();
    let endpoint = EndpointSpec {
        url: format!("{}{}", provider.url(), grant.base),
        auth: grant.auth.first().clone(),
        grant,
        headers: Vec::new(),
        allow_private: true,
        allow_plaintext: true,
    };
    let spec = ProviderSpec {
        provider: adapter.name.to_owned(),
        adapter: adapter.name.to_owned(),
        digest: inspection.digest,
        endpoints: BTreeMap::from([("api".to_owned(), endpoint)]),
        secrets: BTreeMap::from([("api-key".to_owned(), SecretSource::File(key.to_owned()))]),
        optional_secrets: BTreeSet::new(),
        identity: None,
        identity_origin: None,
        limits: egress::Limits::default(),
    };
    Egress::builder().build().provider(spec).unwrap()
}

/// How a request goes and its answer comes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Through a cell, whose memory comes from a pool.
    Wall,
    /// Through a cell, whose memory comes from the system.
    WallOnDemand,
    /// What the adapter sends, sent without an adapter; what comes back is read and
    /// forgotten.
    Egress,
    /// Through the adapter as it is compiled for this machine. It has its answer from
    /// a script, piece by piece, while the same pieces come through egress: it meets
    /// the caches as it would if it were linked into the program.
    Native,
    /// The same without the adapter: what the script itself costs.
    Script,
}

/// One request and its answer.
pub(crate) struct Exchange<'w> {
    world: &'w World,
    adapter: &'static Adapter,
    model: String,
    request: ChatRequest,
    native: sdk::ChatRequest,
    answer: Answer,
    /// What the adapter sends; nothing where it refuses the request.
    sent: Option<Sent>,
}

impl<'w> Exchange<'w> {
    /// A prompt of so many bytes. The answer is a stream of so many words, or comes
    /// as a whole.
    pub(crate) fn new(
        world: &'w World,
        adapter: &'static Adapter,
        prompt: usize,
        chunks: Option<usize>,
    ) -> Self {
        let text: String = LINE.chars().cycle().take(prompt).collect();
        let (mut request, mut native) =
            (ChatRequest::user(text.as_str()), sdk::ChatRequest::user(text.as_str()));
        (request.stream, native.stream) = (chunks.is_some(), chunks.is_some());
        let model = format!("{}/{}", adapter.name, native.model);
        let answer = (adapter.answer)(chunks);
        let mut exchange = Self { world, adapter, model, request, native, answer, sent: None };
        exchange.sent = Some((adapter.sent)(&exchange.script(1), exchange.native.clone()));
        exchange.agree();
        exchange
    }

    /// A request that the adapter refuses before it sends anything: nothing but a
    /// cell that is opened, called and closed.
    pub(crate) fn refused(world: &'w World, adapter: &'static Adapter) -> Self {
        let (mut request, mut native) =
            (ChatRequest::user("Tell me."), sdk::ChatRequest::user("Tell me."));
        let (dialect, value) = ("nobody's".to_owned(), "{}".to_owned());
        let tool = sdk::Native { dialect: dialect.clone(), value: value.clone() };
        native.tools.push(sdk::Tool::Native(tool));
        request.tools.push(Tool::Native(Native { dialect, value }));
        let model = format!("{}/{}", adapter.name, native.model);
        let answer = (adapter.answer)(None);
        Self { world, adapter, model, request, native, answer, sent: None }
    }

    /// Both forms of the adapter say the same, and what is read and told comes in as
    /// many pieces as it was sent in: otherwise the ways cannot be compared.
    fn agree(&self) {
        let World { runtime, provider, pooled, .. } = self.world;
        provider.play(&self.answer);
        let pieces = self.answer.pieces.len();
        let (batches, reads) = runtime.block_on(async {
            (self.through(pooled, self.request.clone()).await, self.without(self.message()).await)
        });
        assert_eq!(Some(provider.last_body()), self.sent.as_ref().map(|sent| sent.body.clone()));
        assert!(reads >= pieces && reads <= pieces + 1, "{reads} reads of {pieces} pieces");
        // Some pieces hold no event.
        assert!(batches + 3 >= pieces, "{batches} batches of {pieces} pieces");
    }

    /// The CPU time of so many requests, one after the other.
    pub(crate) fn run(&self, way: Way, count: u64) -> Duration {
        self.world.provider.play(&self.answer);
        let batches = (0..count).step_by(BATCH as usize).map(|at| BATCH.min(count - at));
        batches.map(|batch| self.batch(way, batch)).sum()
    }

    fn batch(&self, way: Way, count: u64) -> Duration {
        let World { runtime, pooled, on_demand, .. } = self.world;
        match way {
            Way::Wall => runtime.block_on(self.through_all(pooled, count)),
            Way::WallOnDemand => runtime.block_on(self.through_all(on_demand, count)),
            Way::Egress => {
                let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
                runtime.block_on(async {
                    let started = clock::of_thread();
                    for message in messages {
                        black_box(self.without(message).await);
                    }
                    clock::of_thread() - started
                })
            }
            Way::Native => (self.adapter.linked)(self, count),
            Way::Script => carried(self, count),
        }
    }

    async fn through_all(&self, runner: &Runner, count: u64) -> Duration {
        let requests: Vec<_> = (0..count).map(|_| self.request.clone()).collect();
        let started = clock::of_thread();
        for request in requests {
            black_box(self.through(runner, request).await);
        }
        clock::of_thread() - started
    }

    /// How many batches of events came.
    async fn through(&self, runner: &Runner, request: ChatRequest) -> usize {
        let mut answer = match runner.chat(&self.model, request).await {
            Ok(answer) => answer,
            Err(error) => {
                assert!(self.sent.is_none(), "{error}");
                return 0;
            }
        };
        let mut batches = 0;
        while let Some(events) = answer.next_batch().await.unwrap() {
            black_box(&events);
            batches += 1;
        }
        batches
    }

    /// How many reads the answer took.
    async fn without(&self, message: egress::Request) -> usize {
        let mut response = self.send(message).await;
        let mut reads = 0;
        while read(&mut response).await {
            reads += 1;
        }
        reads
    }

    async fn send(&self, message: egress::Request) -> egress::Response {
        let mut cell = self.world.doors[self.adapter.name].cell("req-bench");
        let endpoint = cell.endpoint("api").unwrap();
        let response = cell.send(endpoint, message).await.unwrap();
        black_box((response.status(), response.headers()));
        response
    }

    fn message(&self) -> egress::Request {
        let sent = self.sent.as_ref().expect("the adapter sends something");
        egress::Request {
            method: Method::Post,
            path: sent.path.clone(),
            headers: sent.headers.clone(),
            body: sent.body.clone().into(),
        }
    }

    fn script(&self, answers: u64) -> Script {
        let mut script = Script::new();
        let mut cuts = Vec::new();
        for piece in &self.answer.pieces {
            cuts.push(cuts.last().unwrap_or(&0) + piece.len());
        }
        let body = self.answer.pieces.concat();
        for _ in 0..answers {
            script.answer(200, self.answer.content_type, body.clone()).cut(Cut::At(cuts.clone()));
        }
        script
    }
}

/// The CPU time of what is done under a script, without that of setting it up.
fn timed(script: &Script, body: impl FnOnce() -> Result<(), sdk::Failure>) -> Duration {
    let mut took = Duration::ZERO;
    let (result, _) = script.call(|| {
        let started = clock::of_thread();
        body()?;
        took = clock::of_thread() - started;
        Ok(())
    });
    result.unwrap();
    took
}

/// Whether there was something to read.
async fn read(response: &mut egress::Response) -> bool {
    // As much as an adapter reads at a time.
    const READ: usize = 64 * 1024;
    black_box(response.read(READ).await.unwrap()).is_some()
}

/// See [`Way::Native`].
fn linked<A: Chat>(exchange: &Exchange<'_>, count: u64) -> Duration {
    let requests: Vec<_> = (0..count).map(|_| exchange.native.clone()).collect();
    if exchange.sent.is_none() {
        return timed(&exchange.script(count), || {
            requests.into_iter().for_each(|request| _ = black_box(A::complete(request).is_err()));
            Ok(())
        });
    }
    let requests = requests.into_iter().map(|request| (request, exchange.message()));
    let requests: Vec<_> = requests.collect();
    timed(&exchange.script(count), || {
        exchange.world.runtime.block_on(async {
            for (request, message) in requests {
                let mut response = exchange.send(message).await;
                let mut completion = A::complete(request)?;
                let mut more = true;
                while read(&mut response).await {
                    more = more && black_box(completion.next()?).is_some();
                }
                while more {
                    more = black_box(completion.next()?).is_some();
                }
            }
            Ok(())
        })
    })
}

/// See [`Way::Script`].
fn carried(exchange: &Exchange<'_>, count: u64) -> Duration {
    let sent = exchange.sent.as_ref().expect("the adapter sends something");
    let bodies = (0..count).map(|_| (sent.body.clone(), exchange.message()));
    let bodies: Vec<_> = bodies.collect();
    timed(&exchange.script(count), || {
        exchange.world.runtime.block_on(async {
            for (body, message) in bodies {
                let mut response = exchange.send(message).await;
                let endpoint = Endpoint::named(&sent.endpoint)?;
                let builder = endpoint.request(sent.method, sent.path.as_str());
                let headers = sent.headers.iter();
                let builder = headers
                    .fold(builder, |builder, (name, value)| builder.header(name, value.as_str()));
                let scripted = builder.body(body).send()?;
                black_box(scripted.status());
                let mut more = true;
                while read(&mut response).await {
                    more = more && black_box(scripted.read()?).is_some();
                }
                while more {
                    more = black_box(scripted.read()?).is_some();
                }
            }
            Ok(())
        })
    })
}

fn run_once<A: Chat>(script: &Script, request: sdk::ChatRequest) -> Sent {
    let run = script.chat::<A>(request);
    assert_eq!(run.failure, None);
    assert!(run.finished().is_some());
    run.requests.into_iter().next().expect("the adapter sends something")
}
