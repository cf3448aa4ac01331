//! One request and its answer, by each of the ways that are compared.

use crate::adapter::{ADAPTERS, Adapter, Interface, Linked, Question};
use crate::clock;
use crate::provider::{Answer, Pace, Provider};

use hotcell::egress::{self, Egress, EndpointSpec, ProviderEgress, ProviderSpec};
use hotcell::manifest::{Manifest, Method};
use hotcell::types::{Native, Tool};
use hotcell::{Allocation, ProviderConfig, Runner};
use hotcell_sdk::testing::{Cut, Script, Sent};
use hotcell_sdk::{self as sdk, Endpoint};
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

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
    known: BTreeMap<&'static str, Known>,
    _folder: TempDir,
}

/// What is known of a provider beside its runner.
struct Known {
    /// Egress as the runner sets it up for the same provider.
    door: ProviderEgress,
    settings: BTreeMap<String, String>,
    endpoints: Vec<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let provider = runtime.block_on(Provider::start()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = hotcell_tests::adapters::configured(provider.url(), folder.path());
        let runner = |allocation| {
            let builder = Runner::builder().config(config.clone()).allocation(allocation);
            let builder = builder.cache(Some(folder.path().join("cache")));
            let own = ADAPTERS.iter().filter_map(|adapter| Some((adapter.name, adapter.own()?)));
            let builder = own.fold(builder, |builder, (name, own)| builder.adapter(name, own));
            builder.build().unwrap()
        };
        let known = ADAPTERS.iter().map(|adapter| {
            let known = Known::new(adapter.name, &config.providers[adapter.name], provider.url());
            (adapter.name, known)
        });
        Self {
            pooled: runner(Allocation::Pooled(64)),
            on_demand: runner(Allocation::OnDemand),
            known: known.collect(),
            runtime,
            provider,
            _folder: folder,
        }
    }
}

impl Known {
    fn new(name: &str, configured: &ProviderConfig, url: &str) -> Self {
        let component = hotcell::bundle::adapter(name).expect("it is bundled").component();
        let inspection = hotcell::inspect(component, false).unwrap();
        let settings = settings(&inspection.manifest, configured);
        let filled = |text: &str| {
            settings.iter().fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
        };
        let endpoint = |grant: &hotcell::manifest::Endpoint| {
            let named = configured.auth.as_deref().and_then(|scheme| grant.auth.named(scheme));
            let auth = named.unwrap_or_else(|| grant.auth.first());
            EndpointSpec {
                url: format!("{url}{}", filled(&grant.base)),
                auth: auth.filled(|text| Ok::<_, ()>(filled(text))).unwrap(),
                grant: grant.clone(),
                headers: Vec::new(),
                allow_private: true,
                allow_plaintext: true,
            }
        };
        let endpoints = inspection.manifest.endpoints.iter();
        let spec = ProviderSpec {
            provider: name.to_owned(),
            adapter: name.to_owned(),
            digest: inspection.digest,
            endpoints: endpoints.map(|(name, grant)| (name.clone(), endpoint(grant))).collect(),
            secrets: configured.secrets.clone(),
            optional_secrets: BTreeSet::from(["aws-session-token".to_owned()]),
            identity: configured.identity.clone(),
            identity_origin: None,
            limits: egress::Limits::default(),
        };
        let door = Egress::builder().build().provider(spec).unwrap();
        let endpoints = inspection.manifest.endpoints.keys().cloned().collect();
        Self { door, settings, endpoints }
    }
}

/// As the adapter reads them.
fn settings(manifest: &Manifest, configured: &ProviderConfig) -> BTreeMap<String, String> {
    let value = |name: &String, default: &Option<String>| {
        configured.settings.get(name).or(default.as_ref()).cloned()
    };
    let declared = manifest.settings.iter();
    let values = declared.filter_map(|(name, it)| Some((name.clone(), value(name, &it.default)?)));
    values.collect()
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
    question: Question,
    linked: Linked,
    answer: Answer,
    pace: Pace,
    /// How many pieces of the answer are read at a time, on the average.
    bunch: usize,
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
        chunks: Option<(usize, Pace)>,
    ) -> Self {
        let text: String = LINE.chars().cycle().take(prompt).collect();
        let mut exchange = Self::blank(world, adapter, &text, chunks);
        let sent = (adapter.sent)(&exchange.script(1), exchange.linked.clone());
        exchange.sent = Some(sent);
        exchange.agree();
        exchange
    }

    /// A request that the adapter refuses before it sends anything: nothing but a
    /// cell that is opened, called and closed.
    pub(crate) fn refused(world: &'w World, adapter: &'static Adapter) -> Self {
        let mut exchange = Self::blank(world, adapter, "Tell me.", None);
        let (Question::Chat(request), Linked::Chat(linked)) =
            (&mut exchange.question, &mut exchange.linked)
        else {
            panic!("only of chats a tool is refused");
        };
        let (dialect, value) = ("nobody's".to_owned(), "{}".to_owned());
        let tool = sdk::Native { dialect: dialect.clone(), value: value.clone() };
        linked.tools.push(sdk::Tool::Native(tool));
        request.tools.push(Tool::Native(Native { dialect, value }));
        exchange
    }

    fn blank(
        world: &'w World,
        adapter: &'static Adapter,
        text: &str,
        chunks: Option<(usize, Pace)>,
    ) -> Self {
        let (question, linked) = (adapter.question)(adapter.model, text, chunks.is_some());
        let model = format!("{}/{}", adapter.name, adapter.model);
        let (chunks, pace) = chunks.unzip();
        let answer = (adapter.answer)(chunks);
        let pace = pace.unwrap_or(Pace::Fast);
        Self { world, adapter, model, question, linked, answer, pace, bunch: 1, sent: None }
    }

    /// Both forms of the adapter say the same, and what comes alone is read alone and told alone:
    /// otherwise the ways cannot be compared.
    fn agree(&mut self) {
        let World { runtime, provider, pooled, .. } = self.world;
        provider.play(&self.answer, self.pace);
        let pieces = self.answer.pieces.len();
        let (batches, reads) = runtime.block_on(async {
            (self.through(pooled, self.question.clone()).await, self.without(self.message()).await)
        });
        let name = self.adapter.name;
        let sent = self.sent.as_ref().map(|sent| sent.body.clone());
        assert_eq!(Some(provider.last_body()), sent, "{name}");
        assert!(reads <= pieces + 1, "{name}: {reads} reads of {pieces} pieces");
        if self.pace == Pace::Fast {
            self.bunch = pieces.div_ceil(reads);
            return;
        }
        assert!(reads >= pieces, "{name}: {reads} reads of {pieces} pieces");
        // Some pieces hold no event, and some end with what could be the beginning of a secret:
        // that waits for the next one.
        assert!(batches + 8 >= pieces * 3 / 4, "{name}: {batches} batches of {pieces} pieces");
    }

    /// The CPU time of so many requests, one after the other.
    pub(crate) fn run(&self, way: Way, count: u64) -> Duration {
        self.world.provider.play(&self.answer, self.pace);
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
        let questions: Vec<_> = (0..count).map(|_| self.question.clone()).collect();
        let started = clock::of_thread();
        for question in questions {
            black_box(self.through(runner, question).await);
        }
        clock::of_thread() - started
    }

    /// How many batches of events came; an answer at once is one.
    async fn through(&self, runner: &Runner, question: Question) -> usize {
        let request = match question {
            Question::Chat(request) => request,
            Question::Embed(request) => {
                black_box(runner.embed(&self.model, request).await.unwrap());
                return 1;
            }
        };
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

    async fn send(&self, message: egress::Request) -> Box<egress::Response> {
        let cell = self.world.known[self.adapter.name].door.cell("req-bench");
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
        let known = &self.world.known[self.adapter.name];
        known.settings.iter().for_each(|(name, value)| _ = script.setting(name, value));
        known.endpoints.iter().for_each(|name| _ = script.endpoint(name));
        let mut cuts = Vec::new();
        for pieces in self.answer.pieces.chunks(self.bunch) {
            let bytes: usize = pieces.iter().map(Vec::len).sum();
            cuts.push(cuts.last().unwrap_or(&0) + bytes);
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
pub(crate) fn linked<I: Interface>(exchange: &Exchange<'_>, count: u64) -> Duration {
    let questions: Vec<_> = (0..count).map(|_| exchange.linked.clone()).collect();
    if exchange.sent.is_none() {
        return timed(&exchange.script(count), || {
            questions.into_iter().for_each(|question| _ = black_box(I::ask(question).is_err()));
            Ok(())
        });
    }
    let questions = questions.into_iter().map(|question| (question, exchange.message()));
    let questions: Vec<_> = questions.collect();
    timed(&exchange.script(count), || {
        exchange.world.runtime.block_on(async {
            for (question, message) in questions {
                let mut response = exchange.send(message).await;
                let mut next = I::ask(question)?;
                let mut more = true;
                while read(&mut response).await {
                    more = more && next()?;
                }
                while more {
                    more = next()?;
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

/// What is sent when the question is asked once.
pub(crate) fn run_once<I: Interface>(script: &Script, question: Linked) -> Sent {
    let (result, sent) = script.call(|| {
        let mut next = I::ask(question)?;
        while next()? {}
        Ok(())
    });
    result.unwrap();
    sent.into_iter().next().expect("the adapter sends something")
}
