//! What of a request its response says again.

use crate::json::{self, Kept};
use crate::openai_responses::DIALECT;
use hotcell::types::{ChatRequest, FunctionTool, OutputFormat, Part, Role, Tool, ToolChoice};

/// Members that are said as they were asked, and what they are where they were not.
const SAID: &[(&str, &str)] = &[
    ("background", "false"),
    ("conversation", ""),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt", ""),
    ("prompt_cache_key", "null"),
    ("prompt_cache_retention", ""),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("safety_identifier", "null"),
    ("service_tier", "\"default\""),
    ("store", ""),
    ("temperature", "null"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "null"),
    ("truncation", "\"disabled\""),
    ("user", "null"),
];

pub(super) fn members(request: &ChatRequest) -> Kept {
    let extra = request.extra.as_ref().filter(|extra| extra.dialect == DIALECT);
    let extra = extra.and_then(|extra| Kept::of(&extra.value)).unwrap_or_default();
    let mut members = Kept::default();
    for (name, usual) in SAID {
        let asked = extra.get(name).filter(|value| *value != "null").map(str::to_owned);
        let value = match *name {
            "store" => Some("false".to_owned()),
            _ => asked.or_else(|| typed(name, request)),
        };
        let usual = (!usual.is_empty()).then(|| (*usual).to_owned());
        if let Some(value) = value.or(usual) {
            members.set(name, value);
        }
    }
    members
}

/// What the types hold of a member.
fn typed(name: &str, request: &ChatRequest) -> Option<String> {
    let sampling = &request.sampling;
    match name {
        "instructions" => instructions(request).map(json::quoted),
        "max_output_tokens" => sampling.max_output_tokens.map(|count| count.to_string()),
        "parallel_tool_calls" => request.parallel_tool_calls.map(|flag| flag.to_string()),
        "temperature" => sampling.temperature.and_then(json_number),
        "top_p" => sampling.top_p.and_then(json_number),
        "text" => format(request.output.as_ref()?),
        "tool_choice" => choice(request.tool_choice.as_ref()?),
        "tools" if request.tools.is_empty() => None,
        "tools" => tools(&request.tools),
        _ => None,
    }
}

/// The text of the message that was given as instructions.
fn instructions(request: &ChatRequest) -> Option<&str> {
    request.messages.iter().find_map(|message| match (&message.parts[..], &message.extra) {
        ([Part::Text(part)], Some(extra))
            if message.role == Role::System
                && extra.dialect == DIALECT
                && extra.value == "{\"instructions\":null}" =>
        {
            Some(part.text.as_str())
        }
        _ => None,
    })
}

fn json_number(value: f64) -> Option<String> {
    serde_json::Number::from_f64(value).map(|number| number.to_string())
}

fn format(output: &OutputFormat) -> Option<String> {
    let mut out = b"{\"format\":{\"type\":".to_vec();
    match output {
        OutputFormat::Text => json::string("text", &mut out),
        OutputFormat::JsonObject => json::string("json_object", &mut out),
        OutputFormat::JsonSchema(schema) => {
            json::string("json_schema", &mut out);
            for (name, value) in [("name", &schema.name), ("description", &schema.description)] {
                let Some(value) = value else { continue };
                out.push(b',');
                json::string(name, &mut out);
                out.push(b':');
                json::string(value, &mut out);
            }
            out.extend_from_slice(b",\"schema\":");
            json::splice(&schema.schema, &mut out);
            if let Some(strict) = schema.strict {
                out.extend_from_slice(b",\"strict\":");
                json::flag(strict, &mut out);
            }
        }
    }
    out.extend_from_slice(b"}}");
    String::from_utf8(out).ok()
}

fn choice(choice: &ToolChoice) -> Option<String> {
    Some(match choice {
        ToolChoice::Auto => "\"auto\"".to_owned(),
        ToolChoice::None => "\"none\"".to_owned(),
        ToolChoice::Required => "\"required\"".to_owned(),
        ToolChoice::Function(name) => {
            format!("{{\"type\":\"function\",\"name\":{}}}", json::quoted(name))
        }
        ToolChoice::Native(native) if native.dialect == DIALECT => native.value.clone(),
        ToolChoice::Native(_) => return None,
    })
}

fn tools(tools: &[Tool]) -> Option<String> {
    let mut out = b"[".to_vec();
    for tool in tools {
        if out.len() > 1 {
            out.push(b',');
        }
        match tool {
            Tool::Function(function) => write_function(&mut out, function),
            Tool::Native(native) if native.dialect == DIALECT => {
                json::splice(&native.value, &mut out)
            }
            Tool::Native(_) => out.extend_from_slice(b"{}"),
        }
    }
    out.push(b']');
    String::from_utf8(out).ok()
}

fn write_function(out: &mut Vec<u8>, function: &FunctionTool) {
    let FunctionTool { name, description, parameters, strict, extra, .. } = function;
    out.extend_from_slice(b"{\"type\":\"function\",\"name\":");
    json::string(name, out);
    out.extend_from_slice(b",\"description\":");
    match description {
        Some(description) => json::string(description, out),
        None => json::splice("null", out),
    }
    let extra = extra.as_ref().filter(|extra| extra.dialect == DIALECT);
    let extra = extra.and_then(|extra| Kept::of(&extra.value)).unwrap_or_default();
    if extra.get("parameters").is_none() {
        out.extend_from_slice(b",\"parameters\":");
        json::splice(parameters.as_deref().unwrap_or("null"), out);
    }
    if extra.get("strict").is_none() {
        out.extend_from_slice(b",\"strict\":");
        json::flag(strict.unwrap_or(true), out);
    }
    extra.write_behind(out);
    out.push(b'}');
}
