//! How large a request is (<https://ai.google.dev/api/tokens>).

use crate::request::{self, bare, path};
use crate::translation::{Members, is_vertex};
use crate::{DIALECT, error};
use hotcell_sdk::{ChatRequest, Endpoint, Failure, TokenCount, json};
use serde_json::{Value, json};

pub(crate) fn count(request: &ChatRequest) -> Result<TokenCount, Failure> {
    let body = request::write(request)?.body;
    let body = if is_vertex() { counted_by_vertex(body) } else { counted(body, &request.model) };
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(path(&request.model, "countTokens"));
    let builder = builder.header("accept", "application/json").json(&body)?;
    let answer: Value = error::checked(builder.send()?)?.json()?;
    if let Some(failure) = error::in_answer(&answer) {
        return Err(failure);
    }
    let Value::Object(mut answer) = answer else {
        return Err(Failure::malformed("the count is not a JSON object"));
    };
    let input = answer.remove("totalTokens").as_ref().and_then(Value::as_u64);
    let input = input.ok_or_else(|| Failure::malformed("the answer has no `totalTokens`"))?;
    Ok(TokenCount { input, extra: json::extra(answer, DIALECT) })
}

/// The Gemini API counts a whole request, which names its model.
fn counted(mut body: Members, model: &str) -> Value {
    if !body.contains_key("model") {
        body.insert("model".to_owned(), format!("models/{}", bare(model)).into());
    }
    json!({ "generateContentRequest": body })
}

/// Vertex AI takes some members, and refuses the others.
fn counted_by_vertex(mut body: Members) -> Value {
    let taken =
        ["contents", "systemInstruction", "system_instruction", "tools", "generationConfig"];
    body.retain(|name, _| taken.contains(&name.as_str()));
    body.into()
}
