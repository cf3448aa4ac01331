//! The provider's models, all pages of them (<https://ai.google.dev/api/models>).

use crate::error;
use crate::json::Value;
use crate::request::bare;
use crate::translation::is_vertex;
use hotcell_sdk::{Endpoint, Failure, Model};

/// The most that the provider gives at once.
const PAGE: &str = "1000";

pub(crate) fn list() -> Result<Vec<Model>, Failure> {
    if is_vertex() {
        return Err(Failure::unsupported("Vertex AI has no list of the models of a project"));
    }
    let endpoint = Endpoint::named("api")?;
    let mut models = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut request = endpoint.get("/models").query("pageSize", PAGE);
        if let Some(token) = &token {
            request = request.query("pageToken", token);
        }
        let page = error::answer(request.header("accept", "application/json").send()?)?;
        let malformed = || Failure::malformed("the list of models has an entry without a name");
        if !page.is_object() {
            return Err(Failure::malformed("the list of models is no JSON object"));
        }
        for entry in page.get("models").as_list().into_iter().flatten() {
            models.push(model(entry).ok_or_else(malformed)?);
        }
        let next =
            page.get("nextPageToken").as_str().filter(|next| !next.is_empty()).map(str::to_owned);
        if next.is_none() {
            return Ok(models);
        }
        if next == token {
            return Err(Failure::malformed("a page of the list of models leads to itself"));
        }
        token = next;
    }
}

fn model(entry: &Value) -> Option<Model> {
    Some(Model {
        id: bare(entry.get("name").as_str()?).to_owned(),
        name: entry.get("displayName").as_str().map(str::to_owned),
        created: None,
        owned_by: None,
        raw: Some(entry.text()),
    })
}
