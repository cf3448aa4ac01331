//! Where a model is asked, and what is asked in the same way of all.

use crate::error;
use hotcell_sdk::{
    Endpoint, Failure, FailureKind, LogLevel, Native, Usage, json, log, percent_encode, setting,
};
use serde_json::{Map, Value};

/// Who is asked. The manifest says it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Server {
    /// The router, whose paths name the model and what it is to do.
    Router,
    /// Text Embeddings Inference, which has one model.
    Tei,
}

impl Server {
    pub(crate) fn of_provider() -> Self {
        match setting("server").as_deref() {
            Some("tei") => Self::Tei,
            _ => Self::Router,
        }
    }

    /// The dialect of requests for vectors.
    pub(crate) fn embeddings(self) -> &'static str {
        match self {
            Self::Router => "hf-feature-extraction",
            Self::Tei => "tei-embed",
        }
    }

    /// The dialect of requests for rankings.
    pub(crate) fn ranking(self) -> &'static str {
        match self {
            Self::Router => "hf-sentence-similarity",
            Self::Tei => "tei-rerank",
        }
    }

    pub(crate) fn embed_path(self, model: &str) -> Result<String, Failure> {
        match self {
            Self::Router => pipeline(model, "feature-extraction"),
            Self::Tei => Ok("/embed".to_owned()),
        }
    }

    pub(crate) fn rank_path(self, model: &str) -> Result<String, Failure> {
        match self {
            Self::Router => pipeline(model, "sentence-similarity"),
            Self::Tei => Ok("/rerank".to_owned()),
        }
    }
}

/// `owner/name`, or one of the old names without an owner. The router's own name of its
/// inference may stand around it, as `hf-inference/owner/name` or `owner/name:hf-inference`.
fn pipeline(model: &str, task: &str) -> Result<String, Failure> {
    let own = model.strip_suffix(":hf-inference").unwrap_or(model);
    let own = own.strip_prefix("hf-inference/").unwrap_or(own);
    let names: Vec<&str> = own.split('/').collect();
    let is_name = |name: &&str| !name.trim_matches('.').is_empty() && !name.contains(':');
    if names.len() > 2 || !names.iter().all(is_name) {
        let why = format!("`{model}` is no model of hf-inference: expected owner/name");
        return Err(Failure::new(FailureKind::InvalidRequest, why));
    }
    let mut path = "/models".to_owned();
    for name in names {
        path.push('/');
        percent_encode(&mut path, name);
    }
    Ok(format!("{path}/pipeline/{task}"))
}

/// What came, and what it took.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) usage: Option<Usage>,
}

/// Asks, and has the answer as it came. It is a list where all is well.
pub(crate) fn ask(
    path: String,
    body: &Map<String, Value>,
    dialect: &str,
) -> Result<Answer, Failure> {
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(path).header("accept", "application/json");
    let response = builder.json(body)?.send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response, dialect));
    }
    let tokens = response.header("x-compute-tokens").and_then(|count| count.trim().parse().ok());
    let usage = tokens.map(|tokens| Usage {
        input: Some(tokens),
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: None,
    });
    let text = response.text()?;
    match error::of_body(&text, None, &response.headers(), dialect) {
        Some(failure) => Err(failure),
        None => Ok(Answer { text, usage }),
    }
}

/// The members of an `extra` of this dialect. Those of another one are refused, save for
/// `said`: what the caller gets, or the types hold, all the same.
pub(crate) fn own(
    extra: Option<&Native>,
    dialect: &str,
    said: &[&str],
) -> Result<Map<String, Value>, Failure> {
    let mut lost = Vec::new();
    let own = json::members(extra, dialect, &mut lost)?;
    for name in lost.iter().filter(|name| !said.contains(&name.as_str())) {
        // It only tells a provider who asks.
        if name != "user" {
            return Err(Failure::unsupported(format!("`{name}` cannot be said in {dialect}")));
        }
        let sentence = "`user` was left out: the provider has no word for it";
        log(LogLevel::Warn, sentence);
        Failure::where_strict(&[sentence.to_owned()])?;
    }
    Ok(own)
}
