//! Reading what Cohere is asked in a chat.

use crate::answer::{Offer, Question};
use crate::script::Refusal;
use crate::server::Asked;
use crate::strict::{Calls, data_url, list, members, text};
use serde_json::{Value, json};

const MEMBERS: &[&str] = &[
    "citation_options",
    "documents",
    "frequency_penalty",
    "k",
    "logprobs",
    "max_tokens",
    "messages",
    "model",
    "p",
    "presence_penalty",
    "priority",
    "raw_prompting",
    "response_format",
    "safety_mode",
    "seed",
    "stop_sequences",
    "stream",
    "strict_tools",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
];

pub(super) fn read(asked: &Asked<'_>) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", MEMBERS)?;
    let mut question = Question {
        model: asked.model.clone(),
        stream: body["stream"] == true,
        input_tokens: body["messages"].to_string().split_whitespace().count() as u64,
        max_tokens: body["max_tokens"].as_u64(),
        thinking: body["thinking"]["type"] == "enabled",
        ..Question::default()
    };
    let mut calls = Calls::default();
    for (position, message) in list(&body["messages"], "messages")?.iter().enumerate() {
        let at = format!("messages[{position}]");
        let role = text(&message["role"], &at)?;
        match role {
            "tool" => calls.answered(&message["tool_call_id"], &at)?,
            _ => calls.none_open(&at)?,
        }
        let (words, media) = read_content(&message["content"], &at)?;
        match role {
            "user" => {
                (question.words, question.media) = (words, media);
                question.results.clear();
            }
            "tool" => question.results.push(words),
            "assistant" => {
                let known = ["citations", "content", "role", "tool_calls", "tool_plan"];
                members(message, &at, &known)?;
                question.results.clear();
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    calls.called(&call["id"], &at)?;
                    text(&call["function"]["arguments"], &at)?;
                }
            }
            "system" => {}
            _ => return Err(Refusal::invalid(&at, format!("{at}: invalid role `{role}`"))),
        }
    }
    calls.none_open("messages")?;
    for tool in body["tools"].as_array().into_iter().flatten() {
        let function = &tool["function"];
        members(function, "tools.function", &["description", "name", "parameters", "strict"])?;
        let name = text(&function["name"], "tools.function.name")?.to_owned();
        if body["tool_choice"] != "NONE" {
            question.tools.push(Offer { name, schema: function["parameters"].clone() });
        }
    }
    let format = &body["response_format"];
    if format["type"] == "json_object" {
        question.schema = Some(format.get("json_schema").cloned().unwrap_or(json!(true)));
    }
    Ok(question)
}

fn read_content(content: &Value, at: &str) -> Result<(String, Vec<String>), Refusal> {
    let (mut words, mut media) = (Vec::new(), Vec::new());
    match content {
        Value::Array(parts) => {
            for part in parts {
                match part["type"].as_str() {
                    Some("text") => words.push(text(&part["text"], at)?.to_owned()),
                    Some("image_url") => {
                        data_url(&part["image_url"]["url"], at)?;
                        media.push("image".to_owned());
                    }
                    Some("document") => words.push(match &part["document"]["data"] {
                        Value::String(text) => text.clone(),
                        data => data.to_string(),
                    }),
                    Some("thinking") => _ = text(&part["thinking"], at)?,
                    _ => return Err(Refusal::invalid(at, format!("{at}: invalid content"))),
                }
            }
        }
        Value::Null => {}
        content => words.push(text(content, at)?.to_owned()),
    }
    Ok((words.join("\n"), media))
}
