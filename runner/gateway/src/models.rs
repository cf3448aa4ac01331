//! Which models there are, in the form of whoever asks.

use crate::reply::{self, Reply};
use crate::route::Endpoint;
use crate::visit::Visit;
use hotcell::Error;
use hotcell::catalogue;
use hotcell::types::{FailureKind, Model};
use hotcell_dialects::{Dialect, anthropic_messages, gemini, openai_chat};
use http::HeaderMap;

/// Answers with all of them, or with the one that is named.
pub(crate) async fn respond(mut visit: Visit, named: Option<&str>, headers: &HeaderMap) -> Reply {
    let form = Form::of(visit.endpoint, headers);
    visit.voice = match form {
        Form::OpenAi => Dialect::OpenAiChat,
        Form::Anthropic => Dialect::AnthropicMessages,
        Form::Gemini => Dialect::Gemini,
    };
    let models = visit.gateway.models.clone();
    let body = match named {
        None => {
            let seen = models.listed().filter(|name| sees(&visit, name));
            form.list(&seen.map(described).collect::<Vec<_>>())
        }
        Some(name) if !sees(&visit, name) => return visit.fail(&unknown(name)),
        Some(name) => match models.listed().find(|listed| listed == name) {
            Some(name) => form.one(&described(name)),
            // What nobody lists may be there all the same, where a client may ask for all.
            None if models.find(name).is_ok() => form.one(&described(name.to_owned())),
            None => return visit.fail(&unknown(name)),
        },
    };
    reply::uncached(visit.answer(body).await)
}

/// Whether whoever asks may ask this model.
fn sees(visit: &Visit, model: &str) -> bool {
    visit.caller.as_ref().is_none_or(|caller| caller.sees(model))
}

fn unknown(name: &str) -> Error {
    Error::new(FailureKind::NotFound, format!("there is no model `{name}`"))
}

/// In whose form a list is.
#[derive(Clone, Copy)]
enum Form {
    OpenAi,
    Anthropic,
    Gemini,
}

impl Form {
    /// All of them have a list at one path. Anthropic's clients name the version that they
    /// speak, and Google's have headers of their own.
    fn of(endpoint: Endpoint, headers: &HeaderMap) -> Self {
        match endpoint {
            Endpoint::GeminiModels => Self::Gemini,
            _ if headers.contains_key("anthropic-version") => Self::Anthropic,
            _ if headers.contains_key("x-goog-api-key") => Self::Gemini,
            _ if headers.contains_key("x-goog-api-client") => Self::Gemini,
            _ => Self::OpenAi,
        }
    }

    fn list(self, models: &[Model]) -> Vec<u8> {
        match self {
            Self::OpenAi => openai_chat::write_models(models),
            Self::Anthropic => anthropic_messages::write_models(models),
            Self::Gemini => gemini::write_models(models),
        }
    }

    fn one(self, model: &Model) -> Vec<u8> {
        match self {
            Self::OpenAi => openai_chat::write_model(model),
            Self::Anthropic => anthropic_messages::write_model(model),
            Self::Gemini => gemini::write_model(model),
        }
    }
}

/// A model as its name and the catalogue tell it. Nobody is asked.
fn described(name: String) -> Model {
    let provider = name.split_once('/').map(|(provider, _)| provider);
    let owned_by = provider.unwrap_or("hotcell").to_owned();
    Model { id: name, name: None, created: None, owned_by: Some(owned_by), raw: None }
}

/// What the catalogue knows of these providers' models, as `provider/model`.
pub(crate) fn known(providers: &[String]) -> Vec<String> {
    let entry = |name: &String| catalogue::provider(name).map(|entry| (name.clone(), &entry.name));
    let entries: Vec<_> = providers.iter().filter_map(entry).collect();
    let models = entries.iter().flat_map(|(name, entry)| {
        let models = catalogue::models().iter().filter(move |it| it.provider == entry.as_str());
        models.map(move |it| format!("{name}/{}", it.id))
    });
    models.collect()
}
