//! The two providers, and short forms for requests.

use hotcell_adapter_hf_inference::HfInference;
use hotcell_sdk::testing::{Script, Sent};
use hotcell_sdk::{
    Document, EmbedRequest, EmbedResponse, Embeddings as _, Failure, Input, Native, Rerank as _,
    RerankRequest, RerankResponse,
};
use serde_json::Value;

pub(crate) fn router() -> Script {
    of(include_str!("../../adapter.toml"))
}

pub(crate) fn tei() -> Script {
    of(include_str!("../../../tei/adapter.toml"))
}

fn of(manifest: &str) -> Script {
    let mut script = Script::new();
    script.manifest(manifest);
    script
}

pub(crate) fn texts(texts: &[&str]) -> EmbedRequest {
    let inputs = texts.iter().map(|text| Input::Text((*text).to_owned())).collect();
    let model = "BAAI/bge-m3".to_owned();
    EmbedRequest { model, inputs, dimensions: None, task: None, extra: None }
}

pub(crate) fn documents(texts: &[&str]) -> RerankRequest {
    RerankRequest {
        model: "BAAI/bge-m3".to_owned(),
        query: "what?".to_owned(),
        documents: texts.iter().map(|text| Document::Text((*text).to_owned())).collect(),
        top: None,
        extra: None,
    }
}

pub(crate) fn extra(dialect: &str, value: &Value) -> Option<Native> {
    Some(Native { dialect: dialect.to_owned(), value: value.to_string() })
}

/// What comes of a request for vectors that is answered so, and what was sent.
pub(crate) fn embed(
    mut provider: Script,
    answer: &str,
    request: EmbedRequest,
) -> (Result<EmbedResponse, Failure>, Vec<Sent>) {
    provider.answer(200, "application/json", answer).header("x-compute-tokens", "7");
    provider.call(|| HfInference::embed(request))
}

/// What comes of a request for a ranking that is answered so, and what was sent.
pub(crate) fn rank(
    mut provider: Script,
    answer: &str,
    request: RerankRequest,
) -> (Result<RerankResponse, Failure>, Vec<Sent>) {
    provider.answer(200, "application/json", answer).header("x-compute-tokens", "9");
    provider.call(|| HfInference::rerank(request))
}
