//! One entry of `model_list`.

use super::params::Params;
use super::price::{self, Price};
use super::said::Said;
use super::shape::{self, Shaped};
use super::words;
use crate::Kind;
use crate::yaml::{Node, ReadError, Table, shown};

/// A deployment, with the provider that it asks for.
pub(super) struct Deployment {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) shaped: Shaped,
    /// Which is asked first: those with the smallest number.
    pub(super) order: Option<f64>,
    pub(super) weight: Option<f64>,
    pub(super) requests_per_minute: Option<u32>,
    pub(super) tokens_per_minute: Option<u32>,
    pub(super) concurrency: Option<u32>,
    pub(super) timeout: Option<u64>,
    pub(super) retries: Option<u32>,
    pub(super) price: Option<Price>,
}

impl Deployment {
    /// What is asked of a provider of this name.
    pub(super) fn asked(&self, provider: &str) -> String {
        format!("{provider}/{}", self.shaped.model)
    }
}

/// What an entry of the list is.
pub(super) enum Entry {
    /// A deployment. Boxed: it is far larger than the others.
    Deployment(Box<Deployment>),
    /// `*` for `*`: whatever a client asks for.
    Everything,
    /// It cannot be carried, which is noted.
    LeftOut,
}

/// Reads an entry. `credentials` are the named ones of `credential_list`.
pub(super) fn read(
    index: usize,
    node: &Node,
    credentials: &[(String, Table)],
    said: &mut Said<'_>,
) -> Result<Entry, ReadError> {
    let whole = format!("model_list[{index}]");
    let mut outer = Params::new(node.table(&whole)?.clone(), whole.as_str(), node.line);
    let Some(name) = outer.take("model_name") else {
        return Err(ReadError::at(node.line, format!("`{whole}` has no `model_name`"))
            .with_help("give it the name that clients call the model"));
    };
    let name = name.text(&outer.setting("model_name"))?.to_owned();
    let Some(inner) = outer.take("litellm_params") else {
        return Err(ReadError::at(node.line, format!("`{whole}` has no `litellm_params`"))
            .with_help("say at least `model`: `litellm_params: { model: openai/gpt-4o }`"));
    };
    let setting = outer.setting("litellm_params");
    let mut table = inner.table(&setting)?.clone();
    if let Some(named) = table.said("litellm_credential_name") {
        let named = named.text("litellm_credential_name")?;
        match credentials.iter().find(|(name, _)| name == named) {
            Some((_, values)) => table.defaults([values.clone()]),
            None => said.note(
                inner.line,
                Kind::LeftOut,
                format!("{setting}.litellm_credential_name"),
                "there is no credential of this name in `credential_list`; LiteLLM may have it in \
                 its database",
            ),
        }
    }
    let mut params = Params::new(table, setting, inner.line);
    params.take("litellm_credential_name");
    let info = match outer.take("model_info") {
        Some(node) => node.table(&outer.setting("model_info"))?.clone(),
        None => Table::default(),
    };
    let mut info = Params::new(info, format!("{whole}.model_info"), node.line);
    let mode = info.text("mode", said)?;
    if let Some(mode) = mode.as_deref().filter(|mode| !words::MODES.contains(mode)) {
        let message = format!("`{}` is not among what is answered", shown(mode));
        said.note(info.line_of("mode"), Kind::LeftOut, info.setting("mode"), message);
    }

    let Some(model) = params.take("model") else {
        return Err(ReadError::at(inner.line, format!("`{}` has no `model`", params.name))
            .with_help("say which model it is: `model: openai/gpt-4o`"));
    };
    let Some(model) = said.text(&model, &params.setting("model"))? else {
        shape::left_out(inner.line, &params, said, "its `model` is not known");
        return Ok(Entry::LeftOut);
    };
    if model == "*" && params.take("custom_llm_provider").is_none() {
        return Ok(everything(&name, &params, said));
    }
    if let Some(why) = stars(&name, &model) {
        shape::left_out(params.line_of("model"), &params, said, why);
        return Ok(Entry::LeftOut);
    }
    let shaped = shape::read(&model, mode.as_deref(), &mut params, said)?;
    // Deployments of before had these beside their parameters.
    let mut either = |key: &str, said: &mut Said<'_>| -> Result<Option<u32>, ReadError> {
        let inner = params.count(key, said)?;
        let outer = outer.count(key, said)?;
        Ok(inner.or(outer).or(info.count(key, said)?))
    };
    let requests_per_minute = either("rpm", said)?;
    let tokens_per_minute = either("tpm", said)?;
    let timeout = params.milliseconds("timeout", said)?;
    let stream_timeout = params.milliseconds("stream_timeout", said)?;
    if timeout.is_some() && stream_timeout.is_some_and(|stream| Some(stream) != timeout) {
        let message = "`start-ms` holds for streams as for whole answers, and is `timeout`";
        let line = params.line_of("stream_timeout");
        said.note(line, Kind::Differs, params.setting("stream_timeout"), message);
    }
    let retries = params.count("num_retries", said)?.or(params.count("max_retries", said)?);
    let order = params.number("order", said)?;
    let weight = params.number("weight", said)?;
    let concurrency = params.count("max_parallel_requests", said)?;
    let price = price::read(&mut params, &mut info, said)?;
    let unknown = "hotcell sends what a client asks for, and adds no parameters of its own";
    params.end(&[words::PARAMS, words::PRICES], unknown, said);
    info.end(&[words::PRICES, words::MODEL_INFO], words::INFORMATION, said);
    outer.end(&[words::MODEL], words::UNKNOWN, said);
    let Some(shaped) = shaped else { return Ok(Entry::LeftOut) };
    Ok(Entry::Deployment(Box::new(Deployment {
        name,
        line: node.line,
        shaped,
        order,
        weight,
        requests_per_minute,
        tokens_per_minute,
        concurrency,
        timeout: timeout.or(stream_timeout),
        retries,
        price,
    })))
}

fn everything(name: &str, params: &Params, said: &mut Said<'_>) -> Entry {
    let line = params.line_of("model");
    if name != "*" {
        let why = "`*` does not tell whose model it is; write `provider/*`";
        shape::left_out(line, params, said, why);
        return Entry::LeftOut;
    }
    let message = "clients may ask for any `provider/model` of the configuration and of the \
                   catalogue, as `only-models` is not set";
    said.note(line, Kind::Differs, params.setting("model"), message);
    Entry::Everything
}

/// Why a pattern cannot be carried, where it cannot.
fn stars(name: &str, model: &str) -> Option<&'static str> {
    match (name.matches('*').count(), model.matches('*').count()) {
        (0 | 1, 0) | (1, 1) => None,
        (0, _) => Some("its model has a `*`, and its name has none to fill it"),
        _ => Some("a name can have one `*`; write one entry for each provider"),
    }
}
