//! OpenAI's chat completions
//! (<https://platform.openai.com/docs/api-reference/chat/create>), and what other
//! providers added to them.
//!
//! What a member means goes into the types. Where the types cannot tell how the client
//! spelled it, its own words stay beside that as `extra`: a limit as `max_tokens` or
//! `max_completion_tokens`, reasoning in one of its many forms, a part that is not
//! written as the adapter would write it. A scalar of a wrong type is no fault of ours
//! to find: it stays as `extra`, and the provider says what it thinks of it.

mod answer;
mod citation;
mod content;
pub(crate) mod logprobs;
mod models;
pub(crate) mod piece;
pub(crate) mod refusal;
pub(crate) mod stream;
mod thought;
mod tool;

pub use answer::write_answer;
pub use models::{write_model, write_models};
pub use refusal::write_refusal;
pub use stream::StreamWriter;

use crate::DialectError;
use crate::object::Object;
use hotcell::types::{
    ChatRequest, JsonSchema, Message, OutputFormat, Part, ReasoningOptions, Role, Sampling,
    ToolCall,
};
use serde_json::{Value, json};

/// The dialect's name.
pub const DIALECT: &str = "openai-chat";

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
    let tools = object.list("tools")?;
    // An empty list is not the same as none to every provider.
    if tools.as_ref().is_some_and(Vec::is_empty) {
        object.put_back("tools", json!([]));
    }
    let tools = tools.unwrap_or_default().into_iter().enumerate();
    let tools = tools
        .map(|(index, tool)| tool::read(tool, format!("tools[{index}]")))
        .collect::<Result<_, _>>()?;
    let tool_choice = object.take("tool_choice", tool::read_choice);
    let parallel_tool_calls = object.flag("parallel_tool_calls");
    let output = object.take("response_format", read_format);
    let sampling = read_sampling(&mut object);
    let reasoning = read_reasoning(&object);
    let stream = object.stream()?;
    Ok(ChatRequest {
        model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls,
        output,
        sampling,
        reasoning,
        stream,
        extra: Some(object.always_extra()),
    })
}

fn count(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

fn read_sampling(object: &mut Object) -> Sampling {
    // Two spellings of one thing: the client's own stays beside the meaning.
    let limits = ["max_completion_tokens", "max_tokens"];
    let max_output_tokens = limits.iter().find_map(|name| object.read(name, count));
    let stop = match object.peek("stop") {
        // So does one text where the adapter writes a list.
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) if !list.is_empty() => {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = texts.collect();
            if texts.is_some() {
                object.value("stop");
            }
            texts.unwrap_or_default()
        }
        _ => vec![],
    };
    Sampling {
        max_output_tokens,
        temperature: object.number("temperature"),
        top_p: object.number("top_p"),
        top_k: object.count("top_k"),
        seed: object.take("seed", Value::as_i64),
        presence_penalty: object.number("presence_penalty"),
        frequency_penalty: object.number("frequency_penalty"),
        stop,
        choices: object.count("n"),
        logprobs: read_logprobs(object),
    }
}

/// `logprobs` says whether, `top_logprobs` how many alternatives.
fn read_logprobs(object: &mut Object) -> Option<u32> {
    if object.peek("logprobs") != Some(&Value::Bool(true)) {
        return None;
    }
    object.value("logprobs");
    // An explicit 0 stays: the adapter writes none.
    Some(object.take("top_logprobs", |value| count(value).filter(|n| *n > 0)).unwrap_or(0))
}

/// `reasoning_effort`, and OpenRouter's `reasoning`. Every provider spells it in its own
/// way, so the spelling stays.
fn read_reasoning(object: &Object) -> Option<ReasoningOptions> {
    let effort = object.peek("reasoning_effort");
    let routed = object.peek("reasoning");
    let of = |name: &str| routed.and_then(|routed| routed.get(name));
    let effort = effort.or_else(|| of("effort")).and_then(Value::as_str).map(str::to_owned);
    let budget_tokens = of("max_tokens").and_then(count);
    let include_text = of("exclude").and_then(Value::as_bool).map(|exclude| !exclude);
    (effort.is_some() || budget_tokens.is_some() || include_text.is_some())
        .then_some(ReasoningOptions { effort, budget_tokens, include_text })
}

fn read_message(value: Value, path: String) -> Result<Message, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let word = object.required("role")?;
    let role = match word.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => return tool::read_result(object),
        // The results of functions, before there were tools.
        "function" => return tool::read_function_result(object),
        other => {
            return Err(DialectError::new(
                &object.at("role"),
                format!(
                    "expected system, developer, user, assistant, tool or function, found `{other}`"
                ),
            ));
        }
    };
    let name = object.text("name");
    let mut parts = Vec::new();
    // Thoughts stand before the words; their own spelling stays.
    parts.extend(thought::read(&object));
    parts.extend(content::read(&mut object)?);
    if let Some(refusal) = object.text("refusal") {
        parts.push(Part::Refusal(refusal));
    }
    parts.extend(tool::read_calls(&mut object)?);
    if let Some(call) = object.take("function_call", read_function_call) {
        parts.push(Part::ToolCall(call));
    }
    if let Some(part) = object.take("audio", content::read_spoken) {
        parts.push(part);
    }
    Ok(Message { role, parts, name, extra: object.extra() })
}

/// The one call of a message, before there was a list of them. It has no id; its result
/// names the function.
fn read_function_call(value: &Value) -> Option<ToolCall> {
    let mut function = Object::of(value.as_object()?.clone(), String::new(), DIALECT);
    let (name, arguments) = (function.text("name")?, function.text("arguments")?);
    let mut extra = Object::empty(DIALECT);
    extra.put_back("type", "function_call".into());
    if !function.is_empty() {
        extra.put_back("function", function.into_value());
    }
    let extra = Some(extra.always_extra());
    Some(ToolCall { id: name.clone(), name, arguments, signature: None, extra })
}

fn read_format(value: &Value) -> Option<OutputFormat> {
    let members = value.as_object()?;
    match members.get("type")?.as_str()? {
        "text" if members.len() == 1 => Some(OutputFormat::Text),
        "json_object" if members.len() == 1 => Some(OutputFormat::JsonObject),
        "json_schema" if members.len() == 2 => {
            let mut inner = members.get("json_schema")?.as_object()?.clone();
            let text = |value: Option<Value>| match value {
                Some(Value::String(text)) => Some(Some(text)),
                None => Some(None),
                Some(_) => None,
            };
            // A schema without a name stays whole: the adapter would give it one.
            let name = Some(text(inner.remove("name"))??);
            let description = text(inner.remove("description"))?;
            let schema = inner.remove("schema")?.to_string();
            let strict = match inner.remove("strict") {
                Some(value) => Some(value.as_bool()?),
                None => None,
            };
            let schema = JsonSchema { name, description, schema, strict };
            inner.is_empty().then_some(OutputFormat::JsonSchema(schema))
        }
        _ => None,
    }
}
