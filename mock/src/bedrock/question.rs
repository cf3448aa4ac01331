//! Reading what Converse is asked.

use super::SIGNATURE;
use crate::answer::{Offer, Question};
use crate::script::Refusal;
use crate::server::Asked;
use crate::strict::{Calls, image, list, members, signature, text};
use serde_json::Value;

const MEMBERS: &[&str] = &[
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "inferenceConfig",
    "messages",
    "outputConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
    "serviceTier",
    "system",
    "toolConfig",
];

/// What stands in a body when Nova is invoked.
const INVOKED: &[&str] = &["inferenceConfig", "messages", "schemaVersion", "system", "toolConfig"];

pub(super) fn read(asked: &Asked<'_>, invoked: bool) -> Result<Question, Refusal> {
    let body = &asked.body;
    members(body, "body", if invoked { INVOKED } else { MEMBERS })?;
    let reasons = body["inferenceConfig"]["reasoningConfig"]["type"] == "enabled";
    let mut question = Question {
        model: asked.model.clone(),
        input_tokens: body["messages"].to_string().split_whitespace().count() as u64,
        max_tokens: body["inferenceConfig"]["maxTokens"].as_u64(),
        thinking: reasons || body["additionalModelRequestFields"]["thinking"].is_object(),
        ..Question::default()
    };
    if !body["inferenceConfig"].is_null() {
        let known =
            ["maxTokens", "stopSequences", "temperature", "topP", "reasoningConfig", "topK"];
        let known = if invoked { &known[..] } else { &known[..4] };
        members(&body["inferenceConfig"], "inferenceConfig", known)?;
    }
    let format = &body["outputConfig"]["textFormat"];
    if !format.is_null() {
        // A schema is text here.
        let schema = text(&format["structure"]["jsonSchema"]["schema"], "outputConfig")?;
        question.schema = Some(serde_json::from_str(schema).map_err(|_| {
            Refusal::invalid("outputConfig", "outputConfig.textFormat: the schema is not JSON")
        })?);
    }
    let mut calls = Calls::default();
    let mut before = "assistant";
    for (position, message) in list(&body["messages"], "messages")?.iter().enumerate() {
        let at = format!("messages.{position}");
        members(message, &at, &["content", "role"])?;
        let role = text(&message["role"], &at)?;
        if role == before || !matches!(role, "user" | "assistant") {
            let why = "A conversation must alternate between user and assistant roles, and start \
                       with a user message.";
            return Err(Refusal::invalid(&at, why));
        }
        before = role;
        read_content(list(&message["content"], &at)?, role, &at, &mut calls, &mut question)?;
    }
    let config = &body["toolConfig"];
    for tool in config["tools"].as_array().into_iter().flatten() {
        let Some(spec) = tool.get("toolSpec") else { continue };
        members(spec, "toolSpec", &["description", "inputSchema", "name", "strict"])?;
        let name = text(&spec["name"], "toolSpec.name")?.to_owned();
        let named = config["toolChoice"]["tool"]["name"].as_str();
        if named.is_none_or(|named| named == name) {
            let schema = spec["inputSchema"]["json"].clone();
            if schema["type"] != "object" {
                let why = "The value at toolConfig.tools.toolSpec.inputSchema.json.type must be \
                           one of the following: object.";
                return Err(Refusal::invalid("toolConfig", why));
            }
            question.tools.push(Offer { name, schema });
        }
    }
    Ok(question)
}

fn read_content(
    content: &[Value],
    role: &str,
    at: &str,
    calls: &mut Calls,
    question: &mut Question,
) -> Result<(), Refusal> {
    question.results.clear();
    let (mut words, mut media) = (Vec::new(), Vec::new());
    for block in content {
        if let Some(text) = block["text"].as_str() {
            words.push(text.to_owned());
        } else if let Some(medium) = block.get("image") {
            image(text(&medium["format"], at)?, &medium["source"]["bytes"], at)?;
            media.push("image".to_owned());
        } else if let Some(document) = block.get("document") {
            media.push(format!("document {}", text(&document["name"], at)?));
        } else if let Some(call) = block.get("toolUse") {
            members(call, at, &["input", "name", "toolUseId", "type"])?;
            if !call["input"].is_object() {
                return Err(Refusal::invalid(at, "The value of toolUse.input must be an object."));
            }
            calls.called(&call["toolUseId"], at)?;
        } else if let Some(result) = block.get("toolResult") {
            members(result, at, &["content", "status", "toolUseId", "type"])?;
            calls.answered(&result["toolUseId"], at)?;
            let parts = list(&result["content"], at)?;
            let text = |part: &Value| match &part["json"] {
                Value::Null => part["text"].as_str().unwrap_or_default().to_owned(),
                json => json.to_string(),
            };
            question.results.push(parts.iter().map(text).collect());
        } else if let Some(thought) = block.get("reasoningContent") {
            if let Some(told) = thought.get("reasoningText") {
                signature(&told["signature"], SIGNATURE, at)?;
            }
        } else if block.get("cachePoint").is_none() && block.get("guardContent").is_none() {
            return Err(Refusal::invalid(at, format!("{at}: a block of no known kind")));
        }
    }
    if role == "user" {
        calls.none_open(at)?;
        // Words after results are the next turn of the user's.
        if question.results.is_empty() || !words.is_empty() {
            question.results.clear();
            question.words = words.join("\n");
            question.media = media;
        }
    }
    Ok(())
}
