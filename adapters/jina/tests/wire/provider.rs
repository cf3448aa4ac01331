//! The three providers, and short forms for requests.

use hotcell_adapter_jina::Jina;
use hotcell_sdk::testing::Script;
use hotcell_sdk::{
    Document, EmbedRequest, EmbedResponse, Embeddings as _, Failure, Input, Native, Rerank as _,
    RerankRequest, RerankResponse,
};
use serde_json::Value;

pub(crate) fn jina() -> Script {
    of(include_str!("../../adapter.toml"))
}

pub(crate) fn voyage() -> Script {
    of(include_str!("../../../voyage/adapter.toml"))
}

pub(crate) fn server() -> Script {
    of(include_str!("../../../rerank/adapter.toml"))
}

fn of(manifest: &str) -> Script {
    let mut script = Script::new();
    script.manifest(manifest);
    script
}

pub(crate) fn texts(texts: &[&str]) -> EmbedRequest {
    let inputs = texts.iter().map(|text| Input::Text((*text).to_owned())).collect();
    EmbedRequest { model: "m".to_owned(), inputs, dimensions: None, task: None, extra: None }
}

pub(crate) fn documents(texts: &[&str]) -> RerankRequest {
    RerankRequest {
        model: "m".to_owned(),
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
    answer: &Value,
    request: EmbedRequest,
) -> (Result<EmbedResponse, Failure>, Value) {
    provider.answer(200, "application/json", answer.to_string());
    let (result, sent) = provider.call(|| Jina::embed(request));
    (result, sent.first().map(hotcell_sdk::testing::Sent::json).unwrap_or_default())
}

/// What comes of a request for a ranking that is answered so, and what was sent.
pub(crate) fn rank(
    mut provider: Script,
    answer: &Value,
    request: RerankRequest,
) -> (Result<RerankResponse, Failure>, Value) {
    provider.answer(200, "application/json", answer.to_string());
    let (result, sent) = provider.call(|| Jina::rerank(request));
    (result, sent.first().map(hotcell_sdk::testing::Sent::json).unwrap_or_default())
}
