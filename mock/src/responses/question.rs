//! Reading what a response is asked for.

use super::CIPHER;
use crate::answer::{Offer, Question};
use crate::script::Refusal;
use crate::server::Asked;
use crate::strict::{Calls, data_url, members, signature, text};
use serde_json::{Value, json};

const MEMBERS: &[&str] = &[
    "background",
    "client_metadata",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(super) fn read(asked: &Asked<'_>) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", MEMBERS)?;
    let mut question = Question {
        model: asked.model.clone(),
        stream: body["stream"] == true,
        input_tokens: body["input"].to_string().split_whitespace().count() as u64,
        max_tokens: body["max_output_tokens"].as_u64(),
        thinking: body["reasoning"].is_object(),
        ..Question::default()
    };
    let mut calls = Calls::default();
    if let Some(words) = body["input"].as_str() {
        question.words = words.to_owned();
    }
    let items = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() && question.words.is_empty() {
        return Err(Refusal::invalid("input", "Missing required parameter: 'input'."));
    }
    for (position, item) in items.iter().enumerate() {
        read_item(item, &format!("input[{position}]"), &mut calls, &mut question)?;
    }
    calls.none_open("input")?;
    let choice = &body["tool_choice"];
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (position, tool) in tools.iter().enumerate().filter(|(_, tool)| tool["type"] == "function")
    {
        let known = ["description", "name", "parameters", "strict", "type"];
        members(tool, &format!("tools[{position}]"), &known)?;
        let name = text(&tool["name"], "tools.name")?.to_owned();
        let named = choice["name"].as_str().is_none_or(|named| named == name);
        if choice != "none" && named {
            question.tools.push(Offer { name, schema: tool["parameters"].clone() });
        }
    }
    question.schema = match body["text"]["format"]["type"].as_str() {
        Some("json_schema") => Some(body["text"]["format"]["schema"].clone()),
        Some("json_object") => Some(json!(true)),
        _ => None,
    };
    Ok(question)
}

fn read_item(
    item: &Value,
    at: &str,
    calls: &mut Calls,
    question: &mut Question,
) -> Result<(), Refusal> {
    match item["type"].as_str().unwrap_or("message") {
        "message" => read_message(item, at, question),
        "reasoning" => {
            if !item["summary"].is_array() {
                return Err(Refusal::invalid(at, format!("'{at}.summary' is missing")));
            }
            match &item["encrypted_content"] {
                Value::Null => Ok(()),
                cipher => signature(cipher, CIPHER, at),
            }
        }
        "function_call" => {
            text(&item["name"], at)?;
            text(&item["arguments"], at)?;
            question.results.clear();
            calls.called(&item["call_id"], at)
        }
        "function_call_output" => {
            calls.answered(&item["call_id"], at)?;
            question.results.push(match &item["output"] {
                Value::String(output) => output.clone(),
                parts => read_parts(parts, at)?.0,
            });
            Ok(())
        }
        "item_reference"
        | "computer_call"
        | "custom_tool_call"
        | "custom_tool_call_output"
        | "web_search_call"
        | "file_search_call"
        | "compaction" => Ok(()),
        other => Err(Refusal::invalid(at, format!("Invalid value: '{other}' for '{at}.type'."))),
    }
}

fn read_message(item: &Value, at: &str, question: &mut Question) -> Result<(), Refusal> {
    members(item, at, &["content", "id", "phase", "role", "status", "type"])?;
    let (words, media) = match &item["content"] {
        Value::String(words) => (words.clone(), Vec::new()),
        parts => read_parts(parts, at)?,
    };
    match item["role"].as_str() {
        Some("user") => {
            question.words = words;
            question.media = media;
            question.results.clear();
        }
        Some("assistant") => question.results.clear(),
        Some("system" | "developer") => {}
        _ => return Err(Refusal::invalid(at, format!("Invalid value for '{at}.role'."))),
    }
    Ok(())
}

fn read_parts(parts: &Value, at: &str) -> Result<(String, Vec<String>), Refusal> {
    let (mut words, mut media) = (Vec::new(), Vec::new());
    for part in parts.as_array().into_iter().flatten() {
        match part["type"].as_str() {
            Some("input_text" | "output_text") => words.push(text(&part["text"], at)?),
            Some("input_image") => {
                if !part["image_url"].is_null() {
                    data_url(&part["image_url"], at)?;
                }
                media.push("image".to_owned());
            }
            Some("input_file") => media.push("file".to_owned()),
            Some("refusal") => {}
            _ => return Err(Refusal::invalid(at, format!("Invalid value for '{at}.content'."))),
        }
    }
    Ok((words.join("\n"), media))
}
