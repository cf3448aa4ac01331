//! The way of a request: from the name of a model to a cell that works on it.

use super::Runner;
use crate::cell::{Cell, Door, Grants};
use crate::config::Config;
use crate::failure::Error;
use crate::heard::Inquiry;
use crate::interface::Interface;
use crate::provider;
use crate::setup::{Provider, Way};
use crate::transcript::{self, Call};
use crate::types::FailureKind;
use hotcell_catalogue::Asked;
use hotcell_egress::Refusal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(hotcell_native)]
use {crate::answer::Answer, crate::cell::native::Native, crate::kept, crate::types::ChatRequest};

/// The setting by which an adapter is told that nothing may be lost, as `wit/settings.wit`
/// says.
const STRICT: &str = "hotcell.strict";
/// The setting by which an adapter is told to ask for the usage. Manifests have no such setting.
const USAGE: &str = "hotcell.usage";
/// The setting by which an adapter is told the version of the client's dialect.
const VERSION: &str = "hotcell.version";

/// Where a request goes, and the model's name there.
pub(super) struct Leading<'a> {
    pub(super) way: Way,
    pub(super) model: &'a str,
}

impl Runner {
    /// Splits `provider/model`, of which the model may hold slashes of its own, and finds the
    /// way that such a request goes.
    pub(super) fn way<'a>(
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
    pub(super) fn way_of(
        &self,
        provider: &str,
        interface: Interface,
    ) -> Result<Leading<'static>, Error> {
        self.known(provider)?;
        let asked = Asked { interface: interface.name(), model: None, dialect: None };
        Ok(Leading { way: self.inner.setup.way(provider, &asked).0, model: "" })
    }

    pub(super) fn leading<'a>(
        &self,
        model: &'a str,
        interface: Interface,
    ) -> Result<Leading<'a>, Error> {
        match model.contains('/') {
            true => self.way(model, interface, None),
            false => self.way_of(model, interface),
        }
    }

    pub(super) fn known(&self, provider: &str) -> Result<(), Error> {
        let setup = &self.inner.setup;
        setup.knows(provider).then_some(()).ok_or_else(|| unknown(provider, setup.config()))
    }

    /// Asks in a cell of its own, and says of an error where it happened.
    pub(super) async fn ask<T>(
        &self,
        leading: &Leading<'_>,
        call: impl FnOnce() -> Call,
        question: impl AsyncFnOnce(Cell) -> Result<T, Error>,
    ) -> Result<(T, Inquiry), Error> {
        let request_id = self.request_id();
        let provider = self.provider(&leading.way, &request_id)?;
        let inquiry = self.inquiry(&provider, request_id);
        let grants = self.grants(&provider, &inquiry, call);
        let result = match Cell::open(provider.adapter.clone(), grants).await {
            Ok(cell) => question(cell).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(result) => Ok((result, inquiry)),
            Err(error) => Err(inquiry.locate(error)),
        }
    }

    pub(super) fn provider(&self, way: &Way, request_id: &str) -> Result<Arc<Provider>, Error> {
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

    /// Answers a chat request by an adapter that is linked in, if there is one for it: see
    /// [`crate::native`].
    #[cfg(hotcell_native)]
    pub(super) async fn chat_native(
        &self,
        leading: &Leading<'_>,
        request: &ChatRequest,
    ) -> Result<Option<Answer>, Error> {
        let setup = &self.inner.setup;
        if setup.native.is_empty() || setup.transcripts.is_some() {
            return Ok(None);
        }
        let request_id = self.request_id();
        let provider = self.provider(&leading.way, &request_id)?;
        let Some(native) = setup.native.get(provider.adapter.name()) else { return Ok(None) };
        let inquiry = self.inquiry(&provider, request_id);
        let grants = self.grants(&provider, &inquiry, || Call::Chat(request.clone()));
        let answered = async {
            kept::check(request, &provider.adapter.inspection().manifest.adapter.dialect)?;
            Native::complete(native, provider.adapter.clone(), grants, request).await
        };
        match answered.await {
            Ok(answer) => Ok(Some(Answer::new(answer, inquiry, self.strict))),
            Err(error) => Err(inquiry.locate(error)),
        }
    }

    fn inquiry(&self, provider: &Provider, request_id: String) -> Inquiry {
        let heard = self.heard.clone().unwrap_or_default();
        Inquiry { provider: provider.name.clone(), request_id, heard }
    }

    /// Everything that a cell for this request will ever have.
    fn grants(
        &self,
        provider: &Provider,
        inquiry: &Inquiry,
        call: impl FnOnce() -> Call,
    ) -> Grants {
        let request_id = &inquiry.request_id;
        let mut settings = provider.settings.clone();
        if self.strict {
            Arc::make_mut(&mut settings).insert(STRICT.to_owned(), "yes".to_owned());
        }
        if self.usage {
            Arc::make_mut(&mut settings).insert(USAGE.to_owned(), "yes".to_owned());
        }
        if let Some(version) = &self.version {
            Arc::make_mut(&mut settings).insert(VERSION.to_owned(), version.to_string());
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
        Grants {
            door: Door::Open {
                egress: provider.egress.cell(request_id),
                recorder,
                heard: inquiry.heard.clone(),
            },
            settings,
            limits: provider.limits.clone(),
            provider: provider.name.clone(),
        }
    }

    /// Unique in this process, and told apart between processes.
    pub(super) fn request_id(&self) -> String {
        let number = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        format!("req-{:x}-{number:x}", std::process::id())
    }
}

/// An unknown provider, and the one that was probably meant.
fn unknown(name: &str, config: &Config) -> Error {
    Error::new(FailureKind::NotFound, format!("there is no provider `{name}`"))
        .with_help(hint(name, config))
}

/// What to do about an unknown provider.
pub(super) fn hint(name: &str, config: &Config) -> String {
    let close = provider::names(config)
        .map(|(known, _)| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
        .min();
    match close {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => "`hotcell providers` lists the providers; add your own to hotcell.toml".to_owned(),
    }
}
