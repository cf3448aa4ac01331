//! The library's front door.

use crate::answer::Answer;
use crate::builder::RunnerBuilder;
use crate::cell::{Cell, Door, Grants};
use crate::config::Config;
use crate::confinement::Confinement;
use crate::failure::Error;
use crate::provider::{self, ProviderInfo};
use crate::replay::{self, Replayed};
use crate::setup::{Provider, Setup, SetupError};
use crate::transcript::{self, Call, Transcript};
use crate::types::{ChatRequest, EmbedRequest, EmbedResponse, FailureKind, Model};
use hotcell_egress::Refusal;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

    /// Sends a chat request to `provider/model`. The answer comes as events.
    ///
    /// # Errors
    /// An unknown provider, a refused setup, and whatever adapter and provider say
    /// before the first event.
    pub async fn chat(&self, model: &str, mut request: ChatRequest) -> Result<Answer, Error> {
        let request_id = self.request_id();
        let (provider, model) = self.provider_of(model, &request_id)?;
        request.model = model.to_owned();
        let call = || Call::Chat(request.clone());
        let result = match self.open(&provider, &request_id, call).await {
            Ok(cell) => cell.complete(&request).await,
            Err(error) => Err(error),
        };
        let completion = result.map_err(|error| located(error, &provider, &request_id))?;
        Ok(Answer::new(completion, provider.name.clone(), request_id))
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
        let request_id = self.request_id();
        let (provider, model) = self.provider_of(model, &request_id)?;
        request.model = model.to_owned();
        let call = || Call::Embed(request.clone());
        let result = match self.open(&provider, &request_id, call).await {
            Ok(cell) => cell.embed(&request).await,
            Err(error) => Err(error),
        };
        result.map_err(|error| located(error, &provider, &request_id))
    }

    /// Lists the models of a provider.
    ///
    /// # Errors
    /// As [`Self::chat`].
    pub async fn models(&self, provider: &str) -> Result<Vec<Model>, Error> {
        let request_id = self.request_id();
        let provider = self.provider(provider, &request_id)?;
        let result = match self.open(&provider, &request_id, || Call::Models).await {
            Ok(cell) => cell.list_models().await,
            Err(error) => Err(error),
        };
        result.map_err(|error| located(error, &provider, &request_id))
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
        self.provider(provider, &self.request_id()).map(|_| ())
    }

    /// Reads and compiles now what the first request to a provider would: its adapter, its
    /// secrets, the certificates that are believed. What cannot be read is told by the request
    /// that needs it. From then on the secrets are kept, and read no more.
    ///
    /// This may run a program (`cmd:`, `keyring:`) and wait for it.
    ///
    /// # Errors
    /// As [`Self::warm`].
    pub fn prepare(&self, provider: &str) -> Result<(), Error> {
        self.provider(provider, &self.request_id())?.egress.read_ahead();
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

    /// Splits `provider/model`, of which the model may hold slashes of its own.
    fn provider_of<'a>(
        &self,
        model: &'a str,
        request_id: &str,
    ) -> Result<(Arc<Provider>, &'a str), Error> {
        match model.split_once('/') {
            Some((provider, model)) if !model.is_empty() => {
                Ok((self.provider(provider, request_id)?, model))
            }
            _ => Err(Error::new(
                FailureKind::InvalidRequest,
                format!("`{model}` is not a model: expected provider/model"),
            )
            .with_help("for example openai/gpt-4o-mini; `hotcell providers` lists the providers")),
        }
    }

    fn provider(&self, name: &str, request_id: &str) -> Result<Arc<Provider>, Error> {
        let setup = &self.inner.setup;
        if !setup.knows(name) {
            return Err(unknown(name, setup.config()));
        }
        setup.provider(name).map_err(|error| {
            if let Some((digest, rule)) = error.refusal() {
                let adapter = setup.adapter_of(name);
                let detail = error.to_string();
                let refusal =
                    Refusal { request_id, provider: name, adapter: &adapter, digest, rule, detail };
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
        let recorder = self.inner.setup.transcripts.as_ref().map(|transcripts| {
            let inspection = provider.adapter.inspection();
            let blank = transcript::blank(
                request_id,
                &provider.name,
                provider.adapter.name(),
                inspection.digest,
                provider.wasi,
                provider.settings.as_ref().clone(),
                inspection.manifest.endpoints.keys().cloned().collect(),
                provider.limits.as_ref().clone(),
                call(),
            );
            Box::new(transcripts.begin(blank, self.inner.setup.egress.clone()))
        });
        let grants = Grants {
            door: Door::Open { egress: provider.egress.cell(request_id), recorder },
            settings: provider.settings.clone(),
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
        Self { inner: Arc::new(Inner { setup, requests: AtomicU64::new(0) }) }
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
