//! The library's front door.

use crate::answer::Answer;
use crate::builder::RunnerBuilder;
use crate::cell::{Cell, Door, Grants};
use crate::config::Config;
use crate::confinement::Confinement;
use crate::failure::Error;
use crate::interface::Interface;
use crate::provider::{self, ProviderInfo};
use crate::replay::{self, Replayed};
use crate::setup::{Provider, Setup, SetupError, Way};
use crate::sound::Sound;
use crate::transcript::{self, Call, Transcript};
use crate::types::{
    ChatRequest, EmbedRequest, EmbedResponse, FailureKind, ImageRequest, ImageResponse, Model,
    ModerationRequest, ModerationResponse, RerankRequest, RerankResponse, SpeechRequest,
    TokenCount, TranscriptionRequest, TranscriptionResponse,
};
use hotcell_catalogue::Asked;
use hotcell_egress::Refusal;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The setting by which an adapter is told that nothing may be lost, as `wit/settings.wit`
/// says.
const STRICT: &str = "hotcell.strict";

/// Where a request goes, and the model's name there.
struct Leading<'a> {
    way: Way,
    model: &'a str,
}

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
        Self { inner: self.inner.clone(), strict: true }
    }

    /// Sends a chat request to `provider/model`. The answer comes as events.
    ///
    /// # Errors
    /// An unknown provider, a refused setup, and whatever adapter and provider say
    /// before the first event.
    pub async fn chat(&self, model: &str, mut request: ChatRequest) -> Result<Answer, Error> {
        let dialect = request.extra.as_ref().map(|extra| extra.dialect.clone());
        let way = self.way(model, Interface::Chat, dialect.as_deref())?;
        request.model = way.model.to_owned();
        let call = || Call::Chat(request.clone());
        let (completion, provider, request_id) =
            self.ask(&way, call, async |cell| cell.complete(&request).await).await?;
        Ok(Answer::new(completion, provider.name.clone(), request_id, self.strict))
    }

    /// Turns texts into vectors with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn embed(
        &self,
        model: &str,
        mut request: EmbedRequest,
    ) -> Result<EmbedResponse, Error> {
        let way = self.way(model, Interface::Embeddings, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Embed(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.embed(&request).await).await?.0)
    }

    /// Puts documents in the order of what they have to do with a query, by `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn rerank(
        &self,
        model: &str,
        mut request: RerankRequest,
    ) -> Result<RerankResponse, Error> {
        let way = self.way(model, Interface::Rerank, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Rerank(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.rerank(&request).await).await?.0)
    }

    /// Counts the tokens of a request to `provider/model`, as the provider does. Nothing is
    /// generated.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn count_tokens(
        &self,
        model: &str,
        mut request: ChatRequest,
    ) -> Result<TokenCount, Error> {
        let way = self.way(model, Interface::Tokens, None)?;
        request.model = way.model.to_owned();
        let call = || Call::CountTokens(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.count_tokens(&request).await).await?.0)
    }

    /// Makes images with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn generate_images(
        &self,
        model: &str,
        mut request: ImageRequest,
    ) -> Result<ImageResponse, Error> {
        let way = self.way(model, Interface::Images, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Images(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.generate_images(&request).await).await?.0)
    }

    /// Turns a text into sound with `provider/model`. It comes in pieces.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn speak(&self, model: &str, mut request: SpeechRequest) -> Result<Sound, Error> {
        let way = self.way(model, Interface::Speech, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Speak(request.clone());
        let (speaking, provider, request_id) =
            self.ask(&way, call, async |cell| cell.speak(&request).await).await?;
        Ok(Sound::new(speaking, provider.name.clone(), request_id))
    }

    /// Turns sound into text with `provider/model`.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn transcribe(
        &self,
        model: &str,
        mut request: TranscriptionRequest,
    ) -> Result<TranscriptionResponse, Error> {
        let way = self.way(model, Interface::Transcription, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Transcribe(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.transcribe(&request).await).await?.0)
    }

    /// Asks what the policy of `provider/model` says about content.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn moderate(
        &self,
        model: &str,
        mut request: ModerationRequest,
    ) -> Result<ModerationResponse, Error> {
        let way = self.way(model, Interface::Moderation, None)?;
        request.model = way.model.to_owned();
        let call = || Call::Moderate(request.clone());
        Ok(self.ask(&way, call, async |cell| cell.moderate(&request).await).await?.0)
    }

    /// Lists the models of a provider.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn models(&self, provider: &str) -> Result<Vec<Model>, Error> {
        let way = self.way_of(provider, Interface::Models)?;
        Ok(self.ask(&way, || Call::Models, async |cell| cell.list_models().await).await?.0)
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

    /// Splits `provider/model`, of which the model may hold slashes of its own, and finds the
    /// way that such a request goes.
    fn way<'a>(
        &self,
        model: &'a str,
        interface: Interface,
        dialect: Option<&'a str>,
    ) -> Result<Leading<'a>, Error> {
        match model.split_once('/') {
            Some((provider, model)) if !model.is_empty() => {
                self.known(provider)?;
                let interface = interface.name();
                let asked = Asked { interface, model: Some(model), dialect };
                let (way, model) = self.inner.setup.way(provider, &asked);
                Ok(Leading { way, model })
            }
            _ => Err(Error::new(
                FailureKind::InvalidRequest,
                format!("`{model}` is not a model: expected provider/model"),
            )
            .with_help("for example openai/gpt-4o-mini; `hotcell providers` lists the providers")),
        }
    }

    /// The way of a request that is for no model.
    fn way_of(&self, provider: &str, interface: Interface) -> Result<Leading<'static>, Error> {
        self.known(provider)?;
        let asked = Asked { interface: interface.name(), model: None, dialect: None };
        Ok(Leading { way: self.inner.setup.way(provider, &asked).0, model: "" })
    }

    fn leading<'a>(&self, model: &'a str, interface: Interface) -> Result<Leading<'a>, Error> {
        match model.contains('/') {
            true => self.way(model, interface, None),
            false => self.way_of(model, interface),
        }
    }

    fn known(&self, provider: &str) -> Result<(), Error> {
        let setup = &self.inner.setup;
        setup.knows(provider).then_some(()).ok_or_else(|| unknown(provider, setup.config()))
    }

    /// Asks in a cell of its own, and says of an error where it happened.
    async fn ask<T>(
        &self,
        leading: &Leading<'_>,
        call: impl FnOnce() -> Call,
        question: impl AsyncFnOnce(Cell) -> Result<T, Error>,
    ) -> Result<(T, Arc<Provider>, String), Error> {
        let request_id = self.request_id();
        let provider = self.provider(&leading.way, &request_id)?;
        let result = match self.open(&provider, &request_id, call).await {
            Ok(cell) => question(cell).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(result) => Ok((result, provider, request_id)),
            Err(error) => Err(located(error, &provider, &request_id)),
        }
    }

    fn provider(&self, way: &Way, request_id: &str) -> Result<Arc<Provider>, Error> {
        let setup = &self.inner.setup;
        setup.provider(way).map_err(|error| {
            if let Some((digest, rule)) = error.refusal() {
                let adapter = setup.adapter_of(way);
                let provider = way.provider.as_str();
                let detail = error.to_string();
                let refusal =
                    Refusal { request_id, provider, adapter: &adapter, digest, rule, detail };
                // Nothing is sent either way.
                if let Err(error) = setup.egress.refuse(&refusal) {
                    return Error::new(FailureKind::Internal, error.to_string());
                }
            }
            Error { request_id: Some(request_id.to_owned()), ..error.into() }
        })
    }

    async fn open(
        &self,
        provider: &Provider,
        request_id: &str,
        call: impl FnOnce() -> Call,
    ) -> Result<Cell, Error> {
        let mut settings = provider.settings.clone();
        if self.strict {
            Arc::make_mut(&mut settings).insert(STRICT.to_owned(), "yes".to_owned());
        }
        let recorder = self.inner.setup.transcripts.as_ref().map(|transcripts| {
            let inspection = provider.adapter.inspection();
            let blank = transcript::blank(
                request_id,
                &provider.name,
                provider.adapter.name(),
                inspection.digest,
                provider.wasi,
                settings.as_ref().clone(),
                inspection.manifest.endpoints.keys().cloned().collect(),
                provider.limits.as_ref().clone(),
                call(),
            );
            Box::new(transcripts.begin(blank, self.inner.setup.egress.clone()))
        });
        let grants = Grants {
            door: Door::Open { egress: provider.egress.cell(request_id), recorder },
            settings,
            limits: provider.limits.clone(),
            provider: provider.name.clone(),
        };
        Cell::open(provider.adapter.clone(), grants).await
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

    /// Unique in this process, and told apart between processes.
    fn request_id(&self) -> String {
        let number = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        format!("req-{:x}-{number:x}", std::process::id())
    }
}

impl From<Setup> for Runner {
    fn from(setup: Setup) -> Self {
        Self { inner: Arc::new(Inner { setup, requests: AtomicU64::new(0) }), strict: false }
    }
}

fn located(mut error: Error, provider: &Provider, request_id: &str) -> Error {
    error.provider = Some(provider.name.to_string());
    error.request_id = Some(request_id.to_owned());
    error
}

/// An unknown provider, and the one that was probably meant.
fn unknown(name: &str, config: &Config) -> Error {
    let close = provider::names(config)
        .map(|(known, _)| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
        .min();
    let help = match close {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => "`hotcell providers` lists the providers; add your own to hotcell.toml".to_owned(),
    };
    Error::new(FailureKind::NotFound, format!("there is no provider `{name}`")).with_help(help)
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("config", self.inner.setup.config()).finish_non_exhaustive()
    }
}
