//! The provider's models.

use crate::{error, with_version};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::Value;

pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let response =
        with_version(endpoint.get("/models")).header("accept", "application/json").send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let body: Value = response.json()?;
    // Some providers give the list itself.
    let list = body.get("data").unwrap_or(&body).as_array();
    let list = list.ok_or_else(|| Failure::malformed("the list of models is no list"))?;
    Ok(list.iter().filter_map(model).collect())
}

fn model(entry: &Value) -> Option<Model> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Model {
        id: text("id").or_else(|| text("name"))?,
        name: text("name").or_else(|| text("display_name")),
        created: entry.get("created").and_then(Value::as_f64).map(|time| time as u64),
        owned_by: text("owned_by"),
        raw: Some(entry.to_string()),
    })
}
