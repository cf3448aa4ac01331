//! The models that are there (<https://docs.ollama.com/api/tags>).

use crate::{error, object, time};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::Value;

/// Ollama gives all models on one page.
pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let response = object::send(endpoint.get("/tags"), None, "application/json")?;
    let mut answer = object::read(&response.text()?)?;
    match answer.remove("models") {
        Some(Value::Array(models)) => Ok(models.into_iter().filter_map(model).collect()),
        // Without any model older versions have null here.
        Some(Value::Null) => Ok(Vec::new()),
        _ if answer.contains_key("error") => Err(error::in_answer(&answer.into())),
        _ => Err(Failure::malformed("the list of models is no list")),
    }
}

/// An entry; none for what has no name to ask for it.
fn model(entry: Value) -> Option<Model> {
    let member = |name: &str| {
        let text = entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    Some(Model {
        id: member("model").or_else(|| member("name"))?,
        name: member("name"),
        // When it was made here, which is all that is known.
        created: member("modified_at").as_deref().and_then(time::seconds),
        owned_by: None,
        raw: Some(entry.to_string()),
    })
}
