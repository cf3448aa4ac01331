use super::grants::Grants;
use super::{Cut, Run};
use crate::{
    Audio, Chat, ChatRequest, Completion, EmbedRequest, EmbedResponse, Embeddings, Event, Failure,
    FailureKind, Header, Method, Model, Models, Rerank, RerankRequest, RerankResponse, Speech,
    SpeechRequest, Stored, StoredAnswer, StoredRequest, TokenCount, Tokens,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// One scripted answer.
#[derive(Clone, Debug)]
pub(super) enum Scripted {
    Response {
        status: u16,
        headers: Vec<Header>,
        body: Vec<u8>,
        cut: Cut,
        /// What `read` fails with after the body.
        broken: Option<Failure>,
    },
    /// What `send` fails with.
    Failure(Failure),
}

/// A request that an adapter sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The name of the endpoint.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Sent {
    /// The body as JSON; null where it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first value of a header. `name` is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the endpoints answer, and what the adapter finds in its settings. One
/// endpoint, `api`, is granted unless the script says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Script {
    settings: BTreeMap<String, String>,
    answers: VecDeque<Scripted>,
    pub(super) grants: Grants,
}

impl Script {
    /// Endpoints that have no answer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a setting.
    pub fn setting(&mut self, name: &str, value: &str) -> &mut Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Grants an endpoint; with the first of them, `api` is no longer granted by
    /// itself.
    pub fn endpoint(&mut self, name: &str) -> &mut Self {
        self.grants.endpoints.insert(name.to_owned());
        self
    }

    /// Holds the adapter to its own `adapter.toml`: endpoints, methods, paths, query
    /// parameters and headers that it does not list are denied, response headers
    /// hidden, and settings have their defaults.
    ///
    /// # Panics
    /// Where the text is no manifest.
    #[cfg(feature = "manifest")]
    pub fn manifest(&mut self, text: &str) -> &mut Self {
        match hotcell_manifest::Manifest::parse(text) {
            Ok(manifest) => self.grants.manifest = Some(manifest),
            Err(error) => panic!("adapter.toml: {error}"),
        }
        self
    }

    /// Adds an answer; they are given in order.
    pub fn answer(
        &mut self,
        status: u16,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let headers = vec![Header { name: "content-type".into(), value: content_type.into() }];
        let body = body.into();
        let answer = Scripted::Response { status, headers, body, cut: Cut::Whole, broken: None };
        self.answers.push_back(answer);
        self
    }

    /// Adds a failure instead of an answer: nobody there, or egress refuses.
    pub fn failing(&mut self, kind: FailureKind) -> &mut Self {
        self.answers.push_back(Scripted::Failure(Failure::new(kind, "as the script says")));
        self
    }

    /// Adds a header to the last answer. `name` is in lower case.
    pub fn header(&mut self, name: &str, value: &str) -> &mut Self {
        if let Some(Scripted::Response { headers, .. }) = self.answers.back_mut() {
            headers.push(Header { name: name.into(), value: value.into() });
        }
        self
    }

    /// Cuts the body of the last answer.
    pub fn cut(&mut self, kind: Cut) -> &mut Self {
        if let Some(Scripted::Response { cut, .. }) = self.answers.back_mut() {
            *cut = kind;
        }
        self
    }

    /// Breaks the connection after the body of the last answer.
    pub fn broken(&mut self) -> &mut Self {
        if let Some(Scripted::Response { broken, .. }) = self.answers.back_mut() {
            *broken = Some(Failure::new(FailureKind::Unreachable, "the connection broke"));
        }
        self
    }

    /// Breaks the connection after this many bytes of the body of the last answer.
    pub fn broken_after(&mut self, bytes: usize) -> &mut Self {
        if let Some(Scripted::Response { body, .. }) = self.answers.back_mut() {
            body.truncate(bytes);
        }
        self.broken()
    }

    /// Runs a chat request to its end.
    pub fn chat<A: Chat>(&self, request: ChatRequest) -> Run {
        self.told(|| A::complete(request))
    }

    /// Has a stored answer told once more, to its end.
    pub fn retell<A: Stored>(&self, request: StoredRequest) -> Run {
        self.told(|| A::retell(request))
    }

    fn told<C: Completion>(&self, begin: impl FnOnce() -> Result<C, Failure>) -> Run {
        let mut events = Vec::new();
        let run = self.run(|| {
            let mut completion = begin()?;
            while let Some(more) = completion.next()? {
                if more.is_empty() {
                    return Err(Failure::new(FailureKind::Internal, "no event where one is due"));
                }
                events.extend(more);
            }
            Ok(())
        });
        Run { events, ..run }
    }

    /// Runs a chat request to its end, for a test that wants events or a failure.
    ///
    /// # Errors
    /// The failure, with the events before it.
    pub fn collect<A: Chat>(
        &self,
        request: ChatRequest,
    ) -> Result<Vec<Event>, (Vec<Event>, Failure)> {
        let Run { events, failure, .. } = self.chat::<A>(request);
        match failure {
            None => Ok(events),
            Some(failure) => Err((events, failure)),
        }
    }

    /// Runs the request at every kind of cut of the last answer, and gives the run
    /// in one piece.
    ///
    /// # Panics
    /// Where the events of two cuts do not add up to the same.
    pub fn chat_at_every_cut<A: Chat>(&self, request: &ChatRequest) -> Run {
        self.at_every_cut(|script| script.chat::<A>(request.clone()))
    }

    /// The same for a stored answer that is told once more.
    ///
    /// # Panics
    /// As [`Self::chat_at_every_cut`].
    pub fn retell_at_every_cut<A: Stored>(&self, request: &StoredRequest) -> Run {
        self.at_every_cut(|script| script.retell::<A>(request.clone()))
    }

    fn at_every_cut(&self, run: impl Fn(&Self) -> Run) -> Run {
        let whole = run(self);
        for cut in Cut::KINDS.into_iter().skip(1) {
            let run = run(self.clone().cut(cut.clone()));
            assert_eq!(run.joined(), whole.joined(), "{cut:?} differs from one piece");
            assert_eq!(run.failure, whole.failure, "{cut:?} differs from one piece");
        }
        whole
    }

    /// Runs a request for vectors.
    ///
    /// # Errors
    /// What the adapter fails with.
    pub fn embed<A: Embeddings>(&self, request: EmbedRequest) -> Result<EmbedResponse, Failure> {
        self.call(|| A::embed(request)).0
    }

    /// Lists the models.
    ///
    /// # Errors
    /// What the adapter fails with.
    pub fn models<A: Models>(&self) -> Result<Vec<Model>, Failure> {
        self.call(A::list_models).0
    }

    /// Runs a request for a ranking.
    ///
    /// # Errors
    /// What the adapter fails with.
    pub fn rerank<A: Rerank>(&self, request: RerankRequest) -> Result<RerankResponse, Failure> {
        self.call(|| A::rerank(request)).0
    }

    /// Counts the tokens of a request.
    ///
    /// # Errors
    /// What the adapter fails with.
    pub fn count<A: Tokens>(&self, request: ChatRequest) -> Result<TokenCount, Failure> {
        self.call(|| A::count(request)).0
    }

    /// Does something to a stored answer.
    ///
    /// # Errors
    /// What the adapter fails with.
    pub fn act<A: Stored>(&self, request: StoredRequest) -> Result<StoredAnswer, Failure> {
        self.call(|| A::act(request)).0
    }

    /// Runs a request for sound to its end.
    ///
    /// # Errors
    /// What the adapter fails with, at the beginning or in the middle.
    pub fn speak<A: Speech>(&self, request: SpeechRequest) -> Result<Vec<u8>, Failure> {
        let sound = || {
            let mut audio = A::speak(request)?;
            let mut bytes = Vec::new();
            while let Some(more) = audio.next()? {
                bytes.extend(more);
            }
            Ok(bytes)
        };
        self.call(sound).0
    }

    /// Runs whatever uses the endpoints, and gives its result and the requests.
    pub fn call<T>(
        &self,
        call: impl FnOnce() -> Result<T, Failure>,
    ) -> (Result<T, Failure>, Vec<Sent>) {
        let mut result = None;
        let run = self.run(|| {
            result = Some(call());
            Ok(())
        });
        let never = || Err(Failure::new(FailureKind::Internal, "the call did not happen"));
        (result.unwrap_or_else(never), run.requests)
    }

    fn run(&self, body: impl FnOnce() -> Result<(), Failure>) -> Run {
        WORLD.with_borrow_mut(|world| *world = World { script: self.clone(), ..World::default() });
        let failure = body().err();
        let world = WORLD.take();
        Run { events: Vec::new(), failure, requests: world.requests, log: world.log }
    }

    pub(super) fn setting_of(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned().or_else(|| self.grants.default_of(name))
    }

    pub(super) fn take_answer(&mut self) -> Option<Scripted> {
        self.answers.pop_front()
    }
}

/// What the imports see: the script of this thread, and what was done under it.
#[derive(Default)]
pub(super) struct World {
    pub(super) script: Script,
    pub(super) requests: Vec<Sent>,
    pub(super) log: Vec<String>,
}

thread_local! {
    pub(super) static WORLD: RefCell<World> = RefCell::default();
}
