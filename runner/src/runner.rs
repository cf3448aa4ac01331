//! The library's front door.

mod way;

use crate::answer::Answer;
use crate::builder::RunnerBuilder;
use crate::config::Config;
use crate::confinement::Confinement;
use crate::facts;
use crate::failure::Error;
use crate::heard::Heard;
use crate::interface::Interface;
use crate::kept;
use crate::listing::ProviderInfo;
use crate::replay::{self, Replayed};
use crate::setup::{Setup, SetupError};
use crate::sound::Sound;
use crate::transcript::{Call, Transcript};
use crate::types::{
    ChatRequest, EmbedRequest, EmbedResponse, FailureKind, ImageRequest, ImageResponse, Model,
    ModerationRequest, ModerationResponse, RerankRequest, RerankResponse, SpeechRequest,
    StoredAnswer, StoredRequest, TokenCount, TranscriptionRequest, TranscriptionResponse, Usage,
};
use hotcell_catalogue::ModelFacts;
use std::borrow::BorrowMut;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use way::Leading;

/// Runs requests in cells. Cheap to clone.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hotcell::types::{ChatRequest, Event};
///
/// let runner = hotcell::Runner::new()?;
/// let mut answer = runner.chat("openai/gpt-4o-mini", ChatRequest::user("hello")).await?;
/// while let Some(event) = answer.next().await? {
///     if let Event::Text(delta) = event {
///         print!("{}", delta.text);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
    strict: bool,
    usage: bool,
    version: Option<Arc<str>>,
    heard: Option<Heard>,
}

struct Inner {
    setup: Setup,
    requests: AtomicU64,
}

impl Runner {
    /// A runner for one-shot calls, with the configuration files of the user and
    /// the project.
    ///
    /// # Errors
    /// What in them is not acceptable.
    pub fn new() -> Result<Self, SetupError> {
        Self::builder().config(Config::load()?).build()
    }

    /// A runner as a program needs it.
    pub fn builder() -> RunnerBuilder {
        RunnerBuilder::default()
    }

    /// A runner that differs in this: a request is refused of which the adapter would leave
    /// anything out or change it, instead of telling so in a `warning` of the answer.
    /// Adapters that keep to `wit/settings.wit` refuse it before anything is sent; of others
    /// the answer fails at the warning.
    #[must_use]
    pub fn strict(&self) -> Self {
        Self { strict: true, ..self.clone() }
    }

    /// A runner that differs in this: providers that tell the usage of a streamed answer only
    /// when they are asked are asked for it, whatever the client of the request wants.
    #[must_use]
    pub fn counting(&self) -> Self {
        Self { usage: true, ..self.clone() }
    }

    /// A runner that differs in this: clients speak this version of their dialect
    /// (`2026-10-21`), where it has several. A provider of that dialect is spoken to in the same
    /// one, instead of the one that its adapter knows or its settings name.
    #[must_use]
    pub fn speaking(&self, version: Arc<str>) -> Self {
        Self { version: Some(version), ..self.clone() }
    }

    /// A runner that differs in this: what providers tell beside their answers is kept in
    /// `heard`, whatever is asked and however it ends. Of several requests at one time that is
    /// what came last.
    ///
    /// ```no_run
    /// # async fn example(runner: hotcell::Runner) -> Result<(), hotcell::Error> {
    /// use hotcell::Heard;
    /// use hotcell::types::EmbedRequest;
    ///
    /// let heard = Heard::default();
    /// let request = EmbedRequest::texts(["a text"]);
    /// let vectors = runner.hearing(&heard).embed("openai/text-embedding-3-small", request).await?;
    /// for (name, value) in heard.headers() {
    ///     println!("{name}: {value}");
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn hearing(&self, heard: &Heard) -> Self {
        Self { heard: Some(heard.clone()), ..self.clone() }
    }

    /// Sends a chat request to `provider/model`. The answer comes as events.
    ///
    /// A request that is lent can be sent again, here as with every other question; its `model`
    /// is then the one that was asked last.
    ///
    /// # Errors
    /// An unknown provider, a refused setup, and whatever adapter and provider say
    /// before the first event.
    pub async fn chat(
        &self,
        model: &str,
        mut request: impl BorrowMut<ChatRequest>,
    ) -> Result<Answer, Error> {
        let request = request.borrow_mut();
        let dialect = request.extra.as_ref().map(|extra| extra.dialect.clone());
        let way = self.way(model, Interface::Chat, dialect.as_deref())?;
        self.inner.setup.check_facts(&way.way.provider, way.model, request)?;
        request.model = way.model.to_owned();
        #[cfg(hotcell_native)]
        if let Some(answer) = self.chat_native(&way, request).await? {
            return Ok(answer);
        }
        let spared = self.inner.setup.spare(&way.way.provider, way.model, request);
        let call = || Call::Chat(request.clone());
        let asked = self
            .ask(&way, call, async |cell| {
                kept::check(request, cell.dialect())?;
                cell.complete(request).await
            })
            .await;
        if spared.is_some() {
            // It may be for another model next.
            request.reasoning = spared;
        }
        let (completion, inquiry) = asked?;
        Ok(Answer::new(completion, inquiry, self.strict))
    }

    /// Turns texts into vectors with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn embed(
        &self,
        model: &str,
        mut request: impl BorrowMut<EmbedRequest>,
    ) -> Result<EmbedResponse, Error> {
        let way = self.way(model, Interface::Embeddings, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Embed(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.embed(request).await).await?.0)
    }

    /// Puts documents in the order of what they have to do with a query, by `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn rerank(
        &self,
        model: &str,
        mut request: impl BorrowMut<RerankRequest>,
    ) -> Result<RerankResponse, Error> {
        let way = self.way(model, Interface::Rerank, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Rerank(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.rerank(request).await).await?.0)
    }

    /// Counts the tokens of a request to `provider/model`, as the provider does. Nothing is
    /// generated.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn count_tokens(
        &self,
        model: &str,
        mut request: impl BorrowMut<ChatRequest>,
    ) -> Result<TokenCount, Error> {
        let way = self.way(model, Interface::Tokens, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::CountTokens(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.count_tokens(request).await).await?.0)
    }

    /// Makes images with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn generate_images(
        &self,
        model: &str,
        mut request: impl BorrowMut<ImageRequest>,
    ) -> Result<ImageResponse, Error> {
        let way = self.way(model, Interface::Images, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Images(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.generate_images(request).await).await?.0)
    }

    /// Turns a text into sound with `provider/model`. It comes in pieces.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn speak(
        &self,
        model: &str,
        mut request: impl BorrowMut<SpeechRequest>,
    ) -> Result<Sound, Error> {
        let way = self.way(model, Interface::Speech, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Speak(request.clone());
        let (speaking, inquiry) =
            self.ask(&way, call, async |cell| cell.speak(request).await).await?;
        Ok(Sound::new(speaking, inquiry))
    }

    /// Turns sound into text with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn transcribe(
        &self,
        model: &str,
        mut request: impl BorrowMut<TranscriptionRequest>,
    ) -> Result<TranscriptionResponse, Error> {
        let way = self.way(model, Interface::Transcription, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Transcribe(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.transcribe(request).await).await?.0)
    }

    /// Asks what the policy of `provider/model` says about content.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn moderate(
        &self,
        model: &str,
        mut request: impl BorrowMut<ModerationRequest>,
    ) -> Result<ModerationResponse, Error> {
        let way = self.way(model, Interface::Moderation, None)?;
        let request = request.borrow_mut();
        request.model = way.model.to_owned();
        let call = || Call::Moderate(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.moderate(request).await).await?.0)
    }

    /// Retrieves, deletes or cancels an answer that a provider keeps, or asks what it is an
    /// answer to. `model` is the `provider/model` that made it, or the provider alone. Where a
    /// chat answer came from such a provider, its `started` event has the id.
    ///
    /// ```no_run
    /// # async fn example(runner: hotcell::Runner) -> Result<(), hotcell::Error> {
    /// use hotcell::types::{Action, StoredRequest};
    ///
    /// let request = StoredRequest::new(Action::Retrieve, "resp_68a1");
    /// let answer = runner.stored("openai", request).await?;
    /// println!("{} {}", answer.ended, answer.value.value);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Self::chat`]; `unsupported` where the provider keeps none, and `invalid-request`
    /// for an id that is none.
    pub async fn stored(
        &self,
        model: &str,
        mut request: impl BorrowMut<StoredRequest>,
    ) -> Result<StoredAnswer, Error> {
        let request = request.borrow_mut();
        let way = self.way_to_stored(model, request)?;
        let call = || Call::Stored(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.act(request).await).await?.0)
    }

    /// Has an answer that a provider keeps told once more, from its beginning. One that is
    /// still being made goes on to its end. The request's action is
    /// [`Retrieve`](crate::types::Action::Retrieve).
    ///
    /// # Errors
    /// As [`Self::stored`].
    pub async fn retell(
        &self,
        model: &str,
        mut request: impl BorrowMut<StoredRequest>,
    ) -> Result<Answer, Error> {
        let request = request.borrow_mut();
        let way = self.way_to_stored(model, request)?;
        let call = || Call::Retell(request.clone());
        let (completion, inquiry) =
            self.ask(&way, call, async |cell| cell.retell(request).await).await?;
        Ok(Answer::new(completion, inquiry, self.strict))
    }

    fn way_to_stored<'a>(
        &self,
        model: &'a str,
        request: &StoredRequest,
    ) -> Result<Leading<'a>, Error> {
        match StoredRequest::is_id(&request.id) {
            true => self.leading(model, Interface::Stored),
            false => {
                let why = "the id of an answer has letters, digits, `-` and `_`, and 256 of them \
                           at the most";
                Err(Error::new(FailureKind::InvalidRequest, why))
            }
        }
    }

    /// Lists the models of a provider.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn models(&self, provider: &str) -> Result<Vec<Model>, Error> {
        let way = self.way_of(provider, Interface::Models)?;
        Ok(self.ask(&way, || Call::Models, async |cell| cell.list_models().await).await?.0)
    }

    /// What the catalogue knows of `provider/model`; none where it knows nothing, and where
    /// the provider was pointed elsewhere.
    pub fn facts(&self, model: &str) -> Option<&'static ModelFacts> {
        let (provider, model) = model.split_once('/')?;
        self.inner.setup.facts(provider, model)
    }

    /// What an answer of `provider/model` with this usage cost, in US dollars, by the prices
    /// that the catalogue knows.
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<f64> {
        facts::cost(self.facts(model)?, usage)
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        self.inner.setup.config()
    }

    /// Every provider that can be asked, configured ones first, and configured ones
    /// that cannot, with the reason. Nothing is compiled or connected for this, and no
    /// secret is kept.
    pub fn providers(&self) -> Vec<ProviderInfo> {
        self.inner.setup.listing(true)
    }

    /// The same, and no program is run to find out: secrets that one gives count as present.
    pub fn providers_at_rest(&self) -> Vec<ProviderInfo> {
        self.inner.setup.listing(false)
    }

    /// Whether a provider can be set up, as far as its adapter and what is configured tell.
    /// Nothing is compiled for this, and no secret read.
    ///
    /// # Errors
    /// Why not, also where there is no such provider.
    pub fn examine(&self, provider: &str) -> Result<(), SetupError> {
        let setup = &self.inner.setup;
        match setup.knows(provider) {
            true => setup.examine(provider),
            false => {
                let why =
                    format!("there is none of this name; {}", way::hint(provider, setup.config()));
                Err(SetupError::Provider { provider: provider.to_owned(), why })
            }
        }
    }

    /// Compiles what a provider needs before its first request.
    ///
    /// # Errors
    /// As [`Self::chat`], as far as setup goes.
    pub fn warm(&self, provider: &str) -> Result<(), Error> {
        self.known(provider)?;
        for way in self.inner.setup.ways(provider) {
            self.provider(&way, &self.request_id())?;
        }
        Ok(())
    }

    /// The same for what such requests to one `provider/model` need, or to a provider without
    /// a model: some providers have more than one adapter.
    ///
    /// # Errors
    /// As [`Self::warm`].
    pub fn warm_for(&self, model: &str, interface: Interface) -> Result<(), Error> {
        let leading = self.leading(model, interface)?;
        self.provider(&leading.way, &self.request_id()).map(drop)
    }

    /// Reads and compiles now what the first request to a provider would: its adapters, its
    /// secrets, the certificates that are believed. What cannot be read is told by the request
    /// that needs it. From then on the secrets are kept, and read no more.
    ///
    /// This may run a program (`cmd:`, `keyring:`) and wait for it.
    ///
    /// # Errors
    /// As [`Self::warm`].
    pub fn prepare(&self, provider: &str) -> Result<(), Error> {
        self.known(provider)?;
        for way in self.inner.setup.ways(provider) {
            self.provider(&way, &self.request_id())?.egress.read_ahead();
        }
        Ok(())
    }

    /// The same for what such requests to one `provider/model` need, or to a provider without
    /// a model.
    ///
    /// # Errors
    /// As [`Self::warm`].
    pub fn prepare_for(&self, model: &str, interface: Interface) -> Result<(), Error> {
        let leading = self.leading(model, interface)?;
        self.provider(&leading.way, &self.request_id())?.egress.read_ahead();
        Ok(())
    }

    /// What a process has to reach for the providers that were prepared, and for nothing else.
    /// Whoever needs more adds it, and applies it:
    ///
    /// ```no_run
    /// # fn example(runner: hotcell::Runner) -> Result<(), Box<dyn std::error::Error>> {
    /// use hotcell::confinement::ConfinementMode;
    ///
    /// runner.prepare("openai")?;
    /// runner.confinement().enforce(ConfinementMode::Require)?;
    /// # Ok(()) }
    /// ```
    ///
    /// The folder of compiled adapters is not part of it. Whoever could write there would be
    /// run by the next process that is not confined yet.
    pub fn confinement(&self) -> Confinement {
        self.inner.setup.confinement()
    }

    /// Lets what was recorded happen again, without any network, and tells where it does
    /// not happen as it is written. `component` is another one to try it with; without it
    /// it is the one that was recorded, by its digest: of the binary, the store or the
    /// configuration. It runs within the limits that were recorded, and nowhere beyond those
    /// that its provider is given here.
    ///
    /// # Errors
    /// A component that cannot be had, or is no adapter. How the adapter fails is part of
    /// what is compared.
    pub async fn replay(
        &self,
        transcript: &Transcript,
        component: Option<&[u8]>,
    ) -> Result<Replayed, Error> {
        let setup = &self.inner.setup;
        let adapter = setup.adapter_for(transcript, component)?;
        let configured = setup.config().providers.get(&transcript.provider);
        let most = configured.and_then(|provider| provider.limits.clone()).unwrap_or_default();
        Ok(replay::replay(adapter, transcript, &most).await)
    }
}

impl From<Setup> for Runner {
    fn from(setup: Setup) -> Self {
        Self {
            inner: Arc::new(Inner { setup, requests: AtomicU64::new(0) }),
            strict: false,
            usage: false,
            version: None,
            heard: None,
        }
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("config", self.inner.setup.config()).finish_non_exhaustive()
    }
}
