//! Cohere's chat, version 2 (<https://docs.cohere.com/reference/chat>).
//!
//! What a member means goes into the types. Where the types cannot tell how the client
//! spelled it, its own words stay beside that as `extra`: thinking, strictness, whatever a
//! part has that the adapter would not write. Whole parts that only this dialect has are
//! native. A scalar of a wrong type stays as `extra`, and the provider says what it thinks
//! of it.

mod content;
mod tool;

use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{
    ChatRequest, JsonSchema, Message, OutputFormat, Part, ReasoningOptions, ReasoningPart, Role,
    Sampling, Tool,
};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "cohere-chat";

/// Reads a client's request.
///
/// The request's `extra` is always there, if only as an empty object: it tells an
/// adapter that a client of this dialect asked, who gets exactly what it asked for.
///
/// # Errors
/// Where the request cannot be one of this dialect, with the place and what is
/// expected there. What is only unknown is kept.
pub fn read_request(body: &[u8]) -> Result<ChatRequest, DialectError> {
    let mut object = Object::parse(body, DIALECT)?;
    let model = object.required("model")?;
    let messages = object
        .list("messages")?
        .ok_or_else(|| DialectError::new("messages", "expected a list of messages"))?;
    let messages = messages.into_iter().enumerate();
    let messages = messages
        .map(|(index, message)| read_message(message, format!("messages[{index}]")))
        .collect::<Result<_, _>>()?;
    let mut tools = read_tools(&mut object)?;
    if object.peek("strict_tools") == Some(&Value::Bool(true)) {
        // Said of all tools at once, and kept as it was said.
        for tool in &mut tools {
            if let Tool::Function(function) = tool {
                function.strict = Some(true);
            }
        }
    }
    let tool_choice = object.take("tool_choice", tool::read_choice);
    let output = object.take("response_format", read_format);
    let sampling = read_sampling(&mut object);
    let reasoning = object.read("thinking", read_thinking);
    let stream = object.take("stream", |value| (value == true).then_some(true)).unwrap_or(false);
    Ok(ChatRequest {
        model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: None,
        output,
        sampling,
        reasoning,
        stream,
        extra: Some(object.always_extra()),
    })
}

fn read_message(value: Value, path: String) -> Result<Message, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let word = object.required("role")?;
    let role = match word.as_str() {
        "system" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => return tool::read_result(object),
        other => {
            let expected = format!("expected system, user, assistant or tool, found `{other}`");
            return Err(DialectError::new(&object.at("role"), expected));
        }
    };
    let mut parts = Vec::new();
    // The plan for the use of tools is a thought, whose `extra` tells which.
    if let Some(text) = object.text("tool_plan") {
        let extra = Some(native(&json!({ "tool_plan": text }), DIALECT));
        let (id, signature, redacted) = (None, None, None);
        parts.push(Part::Reasoning(ReasoningPart { id, text, signature, redacted, extra }));
    }
    parts.extend(content::read(&mut object)?);
    parts.extend(tool::read_calls(&mut object)?);
    Ok(Message { role, parts, name: None, extra: object.extra() })
}

fn read_tools(object: &mut Object) -> Result<Vec<Tool>, DialectError> {
    let Some(tools) = object.list("tools")? else { return Ok(Vec::new()) };
    // An empty list is not the same as none to every provider.
    if tools.is_empty() {
        object.put_back("tools", json!([]));
    }
    let tools = tools.into_iter().enumerate();
    tools.map(|(index, tool)| tool::read(tool, format!("tools[{index}]"))).collect()
}

fn read_format(value: &Value) -> Option<OutputFormat> {
    let members = value.as_object()?;
    match (members.get("type")?.as_str()?, members.len()) {
        ("text", 1) => Some(OutputFormat::Text),
        ("json_object", 1) => Some(OutputFormat::JsonObject),
        ("json_object", 2) => {
            let schema = members.get("json_schema").filter(|schema| schema.is_object())?;
            let schema = schema.to_string();
            let schema = JsonSchema { name: None, description: None, schema, strict: None };
            Some(OutputFormat::JsonSchema(schema))
        }
        _ => None,
    }
}

/// `{"type": "enabled", "token_budget": …}`, which stays as it is spelled.
fn read_thinking(value: &Value) -> Option<ReasoningOptions> {
    let budget = value.get("token_budget").and_then(Value::as_u64);
    let budget_tokens = budget.and_then(|budget| budget.try_into().ok());
    match value.get("type")?.as_str()? {
        "disabled" => Some(ReasoningOptions {
            effort: Some("none".to_owned()),
            budget_tokens: None,
            include_text: None,
        }),
        "enabled" => {
            Some(ReasoningOptions { effort: None, budget_tokens, include_text: Some(true) })
        }
        _ => None,
    }
}

fn read_sampling(object: &mut Object) -> Sampling {
    let texts = |value: &Value| {
        let list = value.as_array().filter(|list| !list.is_empty())?;
        list.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    Sampling {
        max_output_tokens: object.count("max_tokens"),
        temperature: object.number("temperature"),
        top_p: object.number("p"),
        top_k: object.count("k"),
        seed: object.take("seed", Value::as_i64),
        presence_penalty: object.number("presence_penalty"),
        frequency_penalty: object.number("frequency_penalty"),
        stop: object.take("stop_sequences", texts).unwrap_or_default(),
        choices: None,
        logprobs: object.take("logprobs", |value| (value == true).then_some(0)),
    }
}

#[cfg(test)]
mod tests;
