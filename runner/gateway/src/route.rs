//! Which endpoint a method and a path are.

use hotcell::types::Action;
use hotcell_dialects::Dialect;
use http::Method;
use std::borrow::Cow;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A chat answer, in this dialect.
    Chat(Dialect),
    /// Something about an answer that its provider keeps, which the path names.
    Stored(Action),
    /// How many tokens a request in this dialect has.
    CountTokens(Dialect),
    /// Vectors, in OpenAI's form.
    Embeddings,
    /// Vectors, in Gemini's form: of one text, or of several.
    GeminiEmbeddings {
        batch: bool,
    },
    Rerank,
    Images,
    ImageEdits,
    Speech,
    Transcription {
        translate: bool,
    },
    Moderations,
    /// The models, or the one that the path names.
    Models,
    /// The same in Gemini's form.
    GeminiModels,
    /// The gateway lives.
    Live,
    /// The gateway takes requests.
    Ready,
}

/// An endpoint, and what the path says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    /// The model, where the path names it.
    pub(crate) model: Option<String>,
    /// The stored answer, where the path names it.
    pub(crate) id: Option<String>,
    /// Gemini's clients say in the path whether they want a stream.
    pub(crate) stream: bool,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// No such path.
    Path,
    /// The path is there, for this method alone.
    Method(&'static str),
}

/// Finds the endpoint: with and without `/v1`, below `/v1beta` what is Gemini's, and below
/// `/openai` what Azure's clients ask for. What LiteLLM passes through to one provider is below
/// its name, and is found there as well.
pub(crate) fn find(method: &Method, path: &str) -> Result<Route, Lost> {
    let mut route = route(path).ok_or(Lost::Path)?;
    if (route.endpoint, method) == (Endpoint::Stored(Action::Retrieve), &Method::DELETE) {
        route.endpoint = Endpoint::Stored(Action::Delete);
    }
    match (route.endpoint.method(), method) {
        (wanted, method) if wanted == *method => Ok(route),
        // The same without its body, which is left out where it would be written.
        (wanted, method) if wanted == Method::GET && method == Method::HEAD => Ok(route),
        _ if route.endpoint == Endpoint::Stored(Action::Retrieve) => {
            Err(Lost::Method("GET, DELETE"))
        }
        (wanted, _) if wanted == Method::GET => Err(Lost::Method("GET")),
        _ => Err(Lost::Method("POST")),
    }
}

fn route(path: &str) -> Option<Route> {
    let before = ["/openai", "/anthropic", "/gemini"].into_iter();
    let path = before.filter_map(|name| path.strip_prefix(name)).next().unwrap_or(path);
    if let Some(rest) = path.strip_prefix("/v1beta/models") {
        return gemini(rest);
    }
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let (model, path) = match path.strip_prefix("/deployments/") {
        Some(rest) => deployment(rest)?,
        None => (None, path),
    };
    if let Some(rest) = path.strip_prefix("/models/") {
        // Google's newer paths have no `beta`.
        let google = gemini(&path["/models".len()..]);
        if google.as_ref().is_some_and(|route| route.endpoint != Endpoint::GeminiModels) {
            return google;
        }
        let model = decoded(rest).filter(|model| !model.is_empty())?;
        return Some(Route { model: Some(model), ..Route::of(Endpoint::Models) });
    }
    if let Some(rest) = path.strip_prefix("/responses/") {
        return stored(rest);
    }
    Some(Route { model, ..Route::of(plain(path)?) })
}

/// The model and what stands behind it, of what stands behind `/deployments/`. Azure's SDKs write
/// a name as it is, and one of ours may have slashes.
fn deployment(rest: &str) -> Option<(Option<String>, &str)> {
    let mut slashes = rest.match_indices('/').map(|(at, _)| at);
    let end = slashes.find(|at| plain(&rest[*at..]).is_some())?;
    let model = decoded(&rest[..end]).filter(|model| !model.is_empty())?;
    Some((Some(model), &rest[end..]))
}

/// What stands behind `/responses/`.
fn stored(rest: &str) -> Option<Route> {
    let (id, below) = rest.split_once('/').map_or((rest, ""), |(id, below)| (id, below));
    let action = match (id, below) {
        // Paths of their own, which are not here.
        ("compact" | "input_tokens", _) => return None,
        (_, "") if id.len() == rest.len() => Action::Retrieve,
        (_, "cancel") => Action::Cancel,
        (_, "input_items") => Action::InputItems,
        _ => return None,
    };
    let id = decoded(id).filter(|id| !id.is_empty())?;
    Some(Route { id: Some(id), ..Route::of(Endpoint::Stored(action)) })
}

impl Route {
    fn of(endpoint: Endpoint) -> Self {
        Self { endpoint, model: None, id: None, stream: false }
    }
}

fn plain(path: &str) -> Option<Endpoint> {
    Some(match path {
        "/chat/completions" => Endpoint::Chat(Dialect::OpenAiChat),
        "/completions" => Endpoint::Chat(Dialect::OpenAiCompletions),
        "/responses" => Endpoint::Chat(Dialect::OpenAiResponses),
        "/messages" => Endpoint::Chat(Dialect::AnthropicMessages),
        "/messages/count_tokens" => Endpoint::CountTokens(Dialect::AnthropicMessages),
        "/embeddings" => Endpoint::Embeddings,
        "/rerank" | "/v2/rerank" => Endpoint::Rerank,
        "/images/generations" => Endpoint::Images,
        "/images/edits" => Endpoint::ImageEdits,
        "/audio/speech" => Endpoint::Speech,
        "/audio/transcriptions" => Endpoint::Transcription { translate: false },
        "/audio/translations" => Endpoint::Transcription { translate: true },
        "/moderations" => Endpoint::Moderations,
        "/models" => Endpoint::Models,
        "/health/live" | "/health/liveliness" => Endpoint::Live,
        "/health/ready" | "/health/readiness" => Endpoint::Ready,
        _ => return None,
    })
}

/// What stands behind `/models`: nothing, `/MODEL` or `/MODEL:METHOD`.
fn gemini(rest: &str) -> Option<Route> {
    let Some(rest) = rest.strip_prefix('/') else {
        let endpoint = Endpoint::GeminiModels;
        return rest.is_empty().then(|| Route::of(endpoint));
    };
    let (model, verb) = match rest.rsplit_once(':') {
        // A model's name may have a colon of its own.
        Some((model, verb)) if verb.starts_with(char::is_alphabetic) => (model, Some(verb)),
        _ => (rest, None),
    };
    let endpoint = match verb {
        None => Endpoint::GeminiModels,
        Some("generateContent" | "streamGenerateContent") => Endpoint::Chat(Dialect::Gemini),
        Some("countTokens") => Endpoint::CountTokens(Dialect::Gemini),
        Some("embedContent") => Endpoint::GeminiEmbeddings { batch: false },
        Some("batchEmbedContents") => Endpoint::GeminiEmbeddings { batch: true },
        Some(_) => return None,
    };
    let model = Some(decoded(model).filter(|model| !model.is_empty())?);
    let stream = verb == Some("streamGenerateContent");
    Some(Route { model, stream, ..Route::of(endpoint) })
}

/// A part of a path as it is meant; none where it is not UTF-8.
fn decoded(part: &str) -> Option<String> {
    let text = percent_encoding::percent_decode_str(part).decode_utf8();
    text.ok().map(Cow::into_owned)
}

impl Endpoint {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::Models | Self::GeminiModels | Self::Live | Self::Ready => Method::GET,
            Self::Stored(Action::Retrieve | Action::InputItems) => Method::GET,
            Self::Stored(Action::Delete) => Method::DELETE,
            _ => Method::POST,
        }
    }

    /// Whether it takes a form with files, and not JSON.
    pub(crate) fn takes_form(self) -> bool {
        matches!(self, Self::ImageEdits | Self::Transcription { .. })
    }

    /// The dialect of its errors.
    pub(crate) fn voice(self) -> Dialect {
        match self {
            Self::Chat(dialect) | Self::CountTokens(dialect) => dialect,
            Self::GeminiEmbeddings { .. } | Self::GeminiModels => Dialect::Gemini,
            Self::Stored(_) => Dialect::OpenAiResponses,
            _ => Dialect::OpenAiChat,
        }
    }

    /// The name by which a key is let use it: whoever may ask for a response may also have it.
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Stored(_) => "responses",
            other => other.name(),
        }
    }

    /// Its name in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat(Dialect::OpenAiChat) => "chat-completions",
            Self::Chat(Dialect::OpenAiCompletions) => "completions",
            Self::Chat(Dialect::OpenAiResponses) => "responses",
            Self::Chat(Dialect::AnthropicMessages) => "messages",
            Self::Chat(Dialect::Gemini) => "generate-content",
            Self::Stored(Action::Retrieve) => "response-retrieve",
            Self::Stored(Action::Delete) => "response-delete",
            Self::Stored(Action::Cancel) => "response-cancel",
            Self::Stored(Action::InputItems) => "response-input-items",
            Self::CountTokens(_) => "count-tokens",
            Self::Embeddings | Self::GeminiEmbeddings { .. } => "embeddings",
            Self::Rerank => "rerank",
            Self::Images => "image-generations",
            Self::ImageEdits => "image-edits",
            Self::Speech => "speech",
            Self::Transcription { translate: false } => "transcriptions",
            Self::Transcription { translate: true } => "translations",
            Self::Moderations => "moderations",
            Self::Models | Self::GeminiModels => "models",
            Self::Live => "health-live",
            Self::Ready => "health-ready",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Route {
        route(path).unwrap_or_else(|| panic!("{path}"))
    }

    #[test]
    fn every_endpoint_is_there_with_and_without_its_version() {
        for path in [
            "/chat/completions",
            "/completions",
            "/responses",
            "/messages",
            "/messages/count_tokens",
            "/embeddings",
            "/rerank",
            "/images/generations",
            "/images/edits",
            "/audio/speech",
            "/audio/transcriptions",
            "/audio/translations",
            "/moderations",
            "/models",
        ] {
            assert_eq!(found(path), found(&format!("/v1{path}")), "{path}");
        }
        assert_eq!(route("/v2/chat/completions"), None);
        assert_eq!(route("/v1/chat/completions/"), None);
        assert_eq!(found("/v2/rerank").endpoint, Endpoint::Rerank);
    }

    #[test]
    fn a_model_in_the_path_is_taken_as_it_is_meant() {
        let route = found("/v1beta/models/gemini-2.5-pro:streamGenerateContent");
        assert_eq!(route.endpoint, Endpoint::Chat(Dialect::Gemini));
        assert_eq!((route.model.as_deref(), route.stream), (Some("gemini-2.5-pro"), true));
        let route = found("/v1beta/models/openai%2Fgpt-4o:generateContent");
        assert_eq!((route.model.as_deref(), route.stream), (Some("openai/gpt-4o"), false));
        let route = found("/v1/models/ollama/qwen3:8b");
        assert_eq!(route.endpoint, Endpoint::Models);
        assert_eq!(route.model.as_deref(), Some("ollama/qwen3:8b"));
        let route = found("/v1beta/models/ollama/qwen3:8b:generateContent");
        assert_eq!(route.model.as_deref(), Some("ollama/qwen3:8b"));
        let route = found("/openai/deployments/mine/chat/completions");
        assert_eq!(route.endpoint, Endpoint::Chat(Dialect::OpenAiChat));
        assert_eq!(route.model.as_deref(), Some("mine"));
        for model in ["openai/gpt-4o", "openai%2Fgpt-4o"] {
            let route = found(&format!("/openai/deployments/{model}/completions"));
            assert_eq!(route.endpoint, Endpoint::Chat(Dialect::OpenAiCompletions));
            assert_eq!(route.model.as_deref(), Some("openai/gpt-4o"));
        }
        assert_eq!(super::route("/openai/deployments//chat/completions"), None);
        assert_eq!(super::route("/openai/deployments/mine"), None);
    }

    #[test]
    fn clients_of_one_provider_find_what_they_ask_for_below_its_name() {
        for (path, plain) in [
            ("/anthropic/v1/messages", "/v1/messages"),
            ("/anthropic/v1/messages/count_tokens", "/v1/messages/count_tokens"),
            ("/gemini/v1beta/models/g:generateContent", "/v1beta/models/g:generateContent"),
            ("/openai/v1/responses", "/v1/responses"),
        ] {
            assert_eq!(found(path), found(plain), "{path}");
        }
        assert_eq!(route("/anthropic"), None);
        assert_eq!(route("/anthropic/anthropic/v1/messages"), None);
        assert_eq!(route("/anthropicx/v1/messages"), None);
    }

    #[test]
    fn another_method_is_told_the_right_one() {
        assert_eq!(find(&Method::GET, "/v1/messages"), Err(Lost::Method("POST")));
        assert_eq!(find(&Method::POST, "/v1/models"), Err(Lost::Method("GET")));
        assert_eq!(find(&Method::POST, "/v1/nothing"), Err(Lost::Path));
        assert_eq!(find(&Method::PUT, "/v1/responses/r"), Err(Lost::Method("GET, DELETE")));
        assert_eq!(find(&Method::GET, "/v1/responses/r/cancel"), Err(Lost::Method("POST")));
    }

    #[test]
    fn a_stored_answer_is_known_by_its_path_and_method() {
        for (method, path, action) in [
            (Method::GET, "/v1/responses/resp_1", Action::Retrieve),
            (Method::HEAD, "/responses/resp_1", Action::Retrieve),
            (Method::DELETE, "/openai/v1/responses/resp_1", Action::Delete),
            (Method::POST, "/v1/responses/resp_1/cancel", Action::Cancel),
            (Method::GET, "/v1/responses/resp_1/input_items", Action::InputItems),
        ] {
            let route = find(&method, path).unwrap();
            assert_eq!(route.endpoint, Endpoint::Stored(action), "{path}");
            assert_eq!(route.id.as_deref(), Some("resp_1"));
            assert_eq!(route.endpoint.scope(), "responses");
        }
        for path in [
            "/v1/responses/",
            "/v1/responses//",
            "/v1/responses/r/",
            "/v1/responses/r/files",
            "/v1/responses/../models",
            "/v1/responses/r/cancel/x",
            "/v1/responses/compact",
            "/v1/responses/input_tokens",
            "/v1/responses/%ff",
        ] {
            assert_eq!(find(&Method::GET, path), Err(Lost::Path), "{path}");
        }
        // What it is, the id is asked for.
        let route = find(&Method::GET, "/v1/responses/..%2fmodels").unwrap();
        assert_eq!(route.id.as_deref(), Some("../models"));
    }
}
