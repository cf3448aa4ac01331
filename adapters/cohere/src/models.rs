//! The provider's models, all pages of them
//! (<https://docs.cohere.com/reference/list-models>).

use crate::{DIALECT, error};
use hotcell_sdk::{Endpoint, Failure, Model};
use serde_json::{Map, Value};

/// The most that the provider gives at once.
const PAGE: &str = "1000";

pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    let endpoint = Endpoint::named("api")?;
    let mut models = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut request = endpoint.get("/v1/models").query("page_size", PAGE);
        if let Some(token) = &next {
            request = request.query("page_token", token);
        }
        let response = request.header("accept", "application/json").send()?;
        if response.status() >= 300 {
            return Err(error::of_response(&response, DIALECT));
        }
        let page: Map<String, Value> = response.json()?;
        let entries = page.get("models").and_then(Value::as_array);
        let entries = entries.ok_or_else(|| Failure::malformed("the list of models is no list"))?;
        models.extend(entries.iter().filter_map(model));
        let token = page.get("next_page_token").and_then(Value::as_str);
        let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
        match token {
            None => return Ok(models),
            same if same == next => {
                return Err(Failure::malformed(
                    "the list of models has a page that is its own next",
                ));
            }
            token => next = token,
        }
    }
}

/// An entry; none for what has no name to ask for it.
fn model(entry: &Value) -> Option<Model> {
    Some(Model {
        id: entry["name"].as_str().filter(|name| !name.is_empty())?.to_owned(),
        name: None,
        created: None,
        owned_by: None,
        raw: Some(entry.to_string()),
    })
}
