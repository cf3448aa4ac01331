//! Reading what Gemini is asked.

use super::SIGNATURE;
use crate::answer::{Offer, Question};
use crate::script::Refusal;
use crate::server::Asked;
use crate::strict::{image, list, members, signature, text};
use serde_json::{Value, json};

/// `skip_thought_signature_validator` in base64: clients send it for calls that they made up
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
const UNCHECKED: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

const MEMBERS: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "labels",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const CONFIG: &[&str] = &[
    "audioTimestamp",
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "routingConfig",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

const PART: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "mediaResolution",
    "partMetadata",
    "text",
    "thought",
    "thoughtSignature",
    "toolCall",
    "toolResponse",
    "videoMetadata",
];

pub(super) fn read(asked: &Asked<'_>, body: &Value) -> Result<Question, Refusal> {
    members(body, "body", MEMBERS)?;
    let config = &body["generationConfig"];
    if !config.is_null() {
        members(config, "generationConfig", CONFIG)?;
    }
    let mut question = Question {
        model: asked.model.clone(),
        input_tokens: body["contents"].to_string().split_whitespace().count() as u64,
        max_tokens: config["maxOutputTokens"].as_u64(),
        thinking: config["thinkingConfig"]["includeThoughts"] == true,
        ..Question::default()
    };
    // The names of calls: their results come in their order, and with their names.
    let mut open: Vec<(Value, String)> = Vec::new();
    let mut before = "";
    for (position, content) in list(&body["contents"], "contents")?.iter().enumerate() {
        let at = format!("contents[{position}]");
        members(content, &at, &["parts", "role"])?;
        let role = content["role"].as_str().unwrap_or("user");
        if !matches!(role, "user" | "model") {
            return Err(Refusal::invalid(&at, "Please use a valid role: user, model."));
        }
        if role == "model" && before == "model" {
            return Err(Refusal::invalid(&at, "two contents of the model's follow one another"));
        }
        before = role;
        question.results.clear();
        let (mut words, mut media) = (Vec::new(), Vec::new());
        for part in list(&content["parts"], &format!("{at}.parts"))? {
            members(part, &at, PART)?;
            if !part["thoughtSignature"].is_null() && part["thoughtSignature"] != UNCHECKED {
                signature(&part["thoughtSignature"], SIGNATURE, &at)?;
            }
            if let Some(words_of) = part["text"].as_str() {
                words.push(words_of);
            } else if let Some(call) = part.get("functionCall") {
                members(call, &at, &["args", "id", "name"])?;
                open.push((call["id"].clone(), text(&call["name"], &at)?.to_owned()));
            } else if let Some(result) = part.get("functionResponse") {
                question.results.push(read_result(result, &at, &mut open)?);
            } else if let Some(data) = part.get("inlineData") {
                let kind = text(&data["mimeType"], &at)?;
                if kind.starts_with("image/") {
                    image(kind, &data["data"], &at)?;
                }
                media.push(kind.split('/').next().unwrap_or_default().to_owned());
            } else if part.get("fileData").is_some() {
                media.push("file".to_owned());
            }
        }
        if role == "user" {
            if !open.is_empty() {
                return Err(Refusal::invalid(
                    &at,
                    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
                ));
            }
            // Words after results are the next turn of the user's.
            if question.results.is_empty() || !words.is_empty() {
                question.results.clear();
                question.words = words.join("\n");
                question.media = media;
            }
        }
    }
    read_tools(body, &mut question)?;
    if config["responseMimeType"] == "application/json" {
        let schema = ["responseJsonSchema", "responseSchema"].map(|name| &config[name]);
        let schema = schema.into_iter().find(|schema| !schema.is_null());
        question.schema = Some(schema.cloned().map_or(json!(true), plain));
    }
    Ok(question)
}

fn read_result(
    result: &Value,
    at: &str,
    open: &mut Vec<(Value, String)>,
) -> Result<String, Refusal> {
    members(result, at, &["id", "name", "parts", "response", "scheduling", "willContinue"])?;
    let name = text(&result["name"], at)?;
    // Without its id, as SDKs send it, it is of the first one of its name.
    let same = |id: &Value| id == &result["id"] || id.is_null() || result["id"].is_null();
    let is_it = |(id, own): &(Value, String)| own == name && same(id);
    let Some(place) = open.iter().position(is_it) else {
        return Err(Refusal::invalid(at, format!("no call of `{name}` waits for a result")));
    };
    open.remove(place);
    let response = &result["response"];
    if !response.is_object() {
        return Err(Refusal::invalid(at, "the response of a function must be an object"));
    }
    let text = ["output", "result", "error"].iter().find_map(|name| response[*name].as_str());
    Ok(text.map_or_else(|| response.to_string(), str::to_owned))
}

fn read_tools(body: &Value, question: &mut Question) -> Result<(), Refusal> {
    let choice = &body["toolConfig"]["functionCallingConfig"];
    let allowed = choice["allowedFunctionNames"].as_array();
    for tool in body["tools"].as_array().into_iter().flatten() {
        for function in tool["functionDeclarations"].as_array().into_iter().flatten() {
            let known = [
                "behavior",
                "description",
                "name",
                "parameters",
                "parametersJsonSchema",
                "parameters_json_schema",
                "response",
                "responseJsonSchema",
                "response_json_schema",
            ];
            members(function, "functionDeclarations", &known)?;
            let name = text(&function["name"], "functionDeclarations.name")?.to_owned();
            let is_allowed = allowed.is_none_or(|names| names.iter().any(|own| own == &name));
            if choice["mode"] == "NONE" || !is_allowed {
                continue;
            }
            let schema = ["parametersJsonSchema", "parameters_json_schema", "parameters"]
                .map(|name| &function[name]);
            let schema = schema.into_iter().find(|schema| !schema.is_null()).cloned();
            let schema = plain(schema.unwrap_or_default());
            question.tools.push(Offer { name, schema });
        }
    }
    Ok(())
}

/// A schema whose types are written in capitals.
fn plain(schema: Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(kind) if name == "type" => (name, json!(kind.to_lowercase())),
                    value => (name, plain(value)),
                })
                .collect(),
        ),
        other => other,
    }
}
