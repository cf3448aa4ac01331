//! The provider's models.

use crate::{error, path, with_version};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::Value;

/// The protocol gives all models on one page.
pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let builder = with_version(endpoint.get(path("models-path", "/models")));
    let response = builder.header("accept", "application/json").send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let text = response.text()?;
    let body: Value = serde_json::from_str(&text)
        .map_err(|why| Failure::malformed(format!("the list of models is not JSON: {why}")))?;
    // Some providers give the list itself.
    let list = body.get("data").or_else(|| body.get("models")).unwrap_or(&body).as_array();
    let list = list.ok_or_else(|| {
        error::of_body(&text, None, &response.headers())
            .unwrap_or_else(|| Failure::malformed("the list of models is no list"))
    })?;
    Ok(list.iter().filter_map(model).collect())
}

/// An entry; none for what has no name to ask for it.
fn model(entry: &Value) -> Option<Model> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Model {
        id: text("id").or_else(|| text("name"))?,
        name: text("display_name").or_else(|| text("name")),
        created: entry.get("created").and_then(Value::as_f64).map(|time| time as u64),
        owned_by: text("owned_by"),
        raw: Some(entry.to_string()),
    })
}
