//! How large a request is (<https://ai.google.dev/api/tokens>).

use crate::error;
use crate::json::{Members, Value, object};
use crate::request::{self, bare, path};
use crate::translation::is_vertex;
use hotcell_sdk::{ChatRequest, Endpoint, Failure, TokenCount};

pub(crate) fn count(request: &ChatRequest) -> Result<TokenCount, Failure> {
    let body = request::write(request)?.body;
    let body = if is_vertex() { counted_by_vertex(body) } else { counted(body, &request.model) };
    let endpoint = Endpoint::named("api")?;
    let builder = endpoint.post(path(&request.model, "countTokens"));
    let builder = builder.header("accept", "application/json");
    let builder = builder.header("content-type", "application/json").body(body.bytes());
    let Value::Object(mut answer) = error::answer(builder.send()?)? else {
        return Err(Failure::malformed("the count is not a JSON object"));
    };
    let input = answer.remove("totalTokens").and_then(|count| count.as_u64());
    let input = input.ok_or_else(|| Failure::malformed("the answer has no `totalTokens`"))?;
    Ok(TokenCount { input, extra: answer.extra() })
}

/// The Gemini API counts a whole request, which names its model.
fn counted(mut body: Members, model: &str) -> Members {
    if !body.has("model") {
        body.insert("model", format!("models/{}", bare(model)));
    }
    object("generateContentRequest", body)
}

/// Vertex AI takes some members, and refuses the others.
fn counted_by_vertex(mut body: Members) -> Members {
    let taken =
        ["contents", "systemInstruction", "system_instruction", "tools", "generationConfig"];
    body.retain(|(name, _)| taken.contains(&name.as_ref()));
    body
}
