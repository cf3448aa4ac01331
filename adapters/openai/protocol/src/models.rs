//! The provider's models.

use crate::error;
use crate::json::{self, Members, count, list};
use hotcell_sdk::{Failure, FailureKind, Model, RequestBuilder};
use std::borrow::Cow;

/// Lists the models. The protocol gives all of them on one page.
///
/// # Errors
/// What egress refuses, what the provider says against it, and `malformed-response` for
/// what is no list.
pub fn models(builder: RequestBuilder<'_>) -> Result<Vec<Model>, Failure> {
    models_as(builder, &["data", "models"], model)
}

/// Lists models in another form than [`models`]: `names` are the members that may hold the
/// list, and `read` makes a model of the members of one entry and its JSON text, or none of
/// what has no name to ask for it.
///
/// # Errors
/// As [`models`].
pub fn models_as(
    builder: RequestBuilder<'_>,
    names: &[&str],
    read: fn(&Members<'_>, &str) -> Option<Model>,
) -> Result<Vec<Model>, Failure> {
    let response = builder.header("accept", "application/json").send()?;
    if response.status() >= 300 {
        return Err(error::of_response(&response));
    }
    let text = response.text()?;
    let text = json::value(&text, "the list of models")
        .map_err(|failure| Failure { kind: FailureKind::MalformedResponse, ..failure })?;
    let members = Members::of(text).unwrap_or_default();
    // Some providers give the list itself.
    let models = list(names.iter().find_map(|name| members.get(name)).unwrap_or(text));
    let models = models.ok_or_else(|| {
        error::of_body(text, None, &response.headers())
            .unwrap_or_else(|| Failure::malformed("the list of models is no list"))
    })?;
    Ok(models.into_iter().filter_map(|entry| read(&Members::of(entry)?, entry)).collect())
}

fn model(members: &Members<'_>, entry: &str) -> Option<Model> {
    let text = |name: &str| members.text(name).map(Cow::into_owned);
    Some(Model {
        id: text("id").or_else(|| text("name"))?,
        name: text("display_name").or_else(|| text("name")),
        created: count(members.get("created")),
        owned_by: text("owned_by"),
        raw: Some(entry.to_owned()),
    })
}
