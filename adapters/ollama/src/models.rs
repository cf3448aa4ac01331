//! The models that are there (<https://docs.ollama.com/api/tags>).

use crate::answer::text;
use crate::{error, time};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::{Map, Value};

/// Ollama gives all models on one page.
pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let response = endpoint.get("/tags").header("accept", "application/json").send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let mut answer: Map<String, Value> = response.json()?;
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
    let member = |name: &str| text(entry.get(name).cloned());
    Some(Model {
        id: member("model").or_else(|| member("name"))?,
        name: member("name"),
        // When it was made here, which is all that is known.
        created: member("modified_at").as_deref().and_then(time::seconds),
        owned_by: None,
        raw: Some(entry.to_string()),
    })
}
