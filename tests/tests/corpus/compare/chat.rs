//! A chat answer against what the provider's own SDK made of it.

use super::{equal, expected_error, failure};
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use crate::replay::Told;
use hotcell::Collected;
use hotcell::types::{Event, Part, ToolCall, Usage};
use serde_json::{Map, Value, json};

/// Holds an answer against `expected`. What it gives back is the same for answers
/// that add up to the same.
pub(crate) fn compare(
    dialect: Dialect,
    exchange: &Exchange,
    told: &Told,
) -> Result<String, String> {
    let expected = &exchange.expected;
    let mut collected = Collected::default();
    told.events.iter().for_each(|event| collected.push(event.clone()));
    collected.finish();
    match (expected_error(exchange), &told.error) {
        (None, None) => {}
        (Some(error), Some(found)) => {
            let failure = failure(exchange, &error, found)?;
            return Ok(format!("{collected:?} and then {failure}"));
        }
        (Some(_), None) => return Err("an error was expected".to_owned()),
        (None, Some(error)) => return Err(format!("failed: {error}")),
    }
    let mut answer = Answer::new(exchange, told, &collected);
    if dialect.name == "bedrock-converse" {
        answer.as_plain_blocks(exchange, told, &collected);
    }
    for (name, expected) in expected.as_object().into_iter().flatten() {
        match name.as_str() {
            "text" => equal(name, expected, &answer.text.clone().into()),
            "reasoning" => equal(name, expected, &answer.reasoning.clone().into()),
            "refusal" => equal(name, &blank_as_null(expected), &answer.refusal()),
            "tool_calls" => tool_calls(dialect, expected, &answer.calls),
            "finish" => equal(name, &word(expected), &answer.finish),
            "signature_count" => equal(name, expected, &answer.signatures.into()),
            "usage" => usage(dialect, expected, collected.usage.as_ref()),
            // What the corpus says of other kinds (`blocked`, `finish_detail`).
            _ => Ok(()),
        }?;
    }
    Ok(format!("{collected:?}"))
}

/// The answer as the corpus sees it.
struct Answer {
    text: String,
    reasoning: String,
    refusal: String,
    calls: Vec<ToolCall>,
    finish: Value,
    signatures: usize,
}

impl Answer {
    /// Of a whole answer with several choices the corpus has the first. In a stream
    /// it does not tell them apart: the pieces of all choices add up as they come.
    fn new(exchange: &Exchange, told: &Told, collected: &Collected) -> Self {
        let choices = match exchange.stream {
            true => &collected.choices[..],
            false => collected.choices.get(..1).unwrap_or_default(),
        };
        let of = |choice: u32| exchange.stream || choice == 0;
        let (mut text, mut reasoning, mut refusal) = (String::new(), String::new(), String::new());
        for event in &told.events {
            match event {
                Event::Text(delta) if of(delta.choice) => text.push_str(&delta.text),
                Event::Reasoning(delta) if of(delta.choice) => reasoning.push_str(&delta.text),
                Event::Refusal(delta) if of(delta.choice) => refusal.push_str(&delta.text),
                _ => {}
            }
        }
        let parts = || choices.iter().flat_map(|choice| &choice.parts);
        // A cipher is as opaque as a signature, and must go back as it came.
        let signed = |part: &&Part| match part {
            Part::Reasoning(part) => part.signature.is_some() || part.redacted.is_some(),
            Part::ToolCall(part) => part.signature.is_some(),
            Part::Native(part) => part.value.contains("\"thoughtSignature\":"),
            _ => false,
        };
        let finish = choices.first().and_then(|choice| choice.finished.as_ref()?.raw.clone());
        let call = |part: &Part| match part {
            Part::ToolCall(call) => Some(call.clone()),
            _ => None,
        };
        Self {
            text,
            reasoning,
            refusal,
            calls: parts().filter_map(call).collect(),
            finish: finish.map_or(Value::Null, Value::from),
            signatures: parts().filter(signed).count(),
        }
    }

    /// For Bedrock the corpus adds blocks up plainly. So in a whole answer it has the words
    /// of `text` and not those of `citationsContent`, and the calls of the provider's own
    /// tools beside those of the caller's.
    fn as_plain_blocks(&mut self, exchange: &Exchange, told: &Told, collected: &Collected) {
        if !exchange.stream {
            let cited = |index: u32| {
                told.events.iter().any(|event| match event {
                    Event::Citation(at) => at.index == index,
                    _ => false,
                })
            };
            let text = told.events.iter().filter_map(|event| match event {
                Event::Text(delta) if !cited(delta.index) => Some(delta.text.as_str()),
                _ => None,
            });
            self.text = text.collect();
        }
        let parts = collected.choices.iter().flat_map(|choice| &choice.parts);
        self.calls = parts
            .filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.clone()),
                Part::Native(native) => {
                    let block: Value = serde_json::from_str(&native.value).ok()?;
                    let call = block.get("toolUse")?;
                    Some(ToolCall {
                        id: call["toolUseId"].as_str()?.to_owned(),
                        name: call["name"].as_str()?.to_owned(),
                        arguments: call["input"].to_string(),
                        signature: None,
                        extra: None,
                    })
                }
                _ => None,
            })
            .collect();
    }

    fn refusal(&self) -> Value {
        blank_as_null(&self.refusal.clone().into())
    }
}

/// A provider that writes its words as numbers says the same.
fn word(expected: &Value) -> Value {
    match expected {
        Value::Number(number) => number.to_string().into(),
        word => blank_as_null(word),
    }
}

fn tool_calls(dialect: Dialect, expected: &Value, found: &[ToolCall]) -> Result<(), String> {
    let expected = expected.as_array().map(Vec::as_slice).unwrap_or_default();
    equal("number of tool calls", &expected.len().into(), &found.len().into())?;
    for (expected, found) in expected.iter().zip(found) {
        // Gemini's calls need no id, and the interface has one for each.
        let made = dialect.name == "gemini" && expected["id"].is_null() && !found.id.is_empty();
        if !made {
            let id = blank_as_null(&json!(found.id));
            equal("tool call id", &blank_as_null(&expected["id"]), &id)?;
        }
        equal("tool call name", &expected["name"], &json!(found.name))?;
        arguments(&expected["arguments"], &found.arguments)?;
    }
    Ok(())
}

/// The corpus has arguments parsed, and `__raw__` for what is not JSON: a call that
/// was cut off. The interface has `{}` for a call without arguments, whether its
/// provider writes nothing, `""` or `null`.
fn arguments(expected: &Value, found: &str) -> Result<(), String> {
    let nothing = || Value::Object(Map::new());
    let expected = match expected.get("__raw__") {
        Some(Value::String(raw)) if raw.trim().is_empty() => nothing(),
        Some(raw) => return equal("tool arguments", raw, &found.into()),
        None if expected.is_null() => nothing(),
        None => expected.clone(),
    };
    let parsed = serde_json::from_str::<Value>(found)
        .map_err(|error| format!("tool arguments are not JSON: {error}: {found:?}"))?;
    let parsed = if parsed.is_null() { nothing() } else { parsed };
    equal("tool arguments", &expected, &parsed)
}

/// The corpus keeps each provider's own convention: the input of Anthropic's, which
/// alone says what was written to the cache, leaves out what was read and written. That of
/// Cohere's leaves out images, which alone counts them beside it. Gemini's output leaves out
/// what was thought, and its input what its own tools gave to read.
fn usage(dialect: Dialect, expected: &Value, found: Option<&Usage>) -> Result<(), String> {
    let Some(expected) = expected.as_object() else { return Ok(()) };
    let found = found.cloned().unwrap_or(Usage {
        input: None,
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: None,
    });
    let cached = match expected.contains_key("cache_write") {
        true => found.cache_read.unwrap_or(0) + found.cache_write.unwrap_or(0),
        false => 0,
    };
    let raw = found.raw.as_ref().and_then(|raw| serde_json::from_str(&raw.value).ok());
    let raw: Value = raw.unwrap_or_default();
    let (beside, thought) = match dialect.name {
        "cohere-chat" => (&raw["tokens"]["image_tokens"], 0),
        "gemini" => (&raw["toolUsePromptTokenCount"], found.reasoning.unwrap_or(0)),
        _ => (&Value::Null, 0),
    };
    let beside = cached + beside.as_u64().unwrap_or(0);
    let counts = [
        ("input", found.input.map(|input| input.saturating_sub(beside))),
        ("output", found.output.map(|output| output.saturating_sub(thought))),
        ("cached_input", found.cache_read),
        ("cache_write", found.cache_write),
        ("reasoning", found.reasoning),
    ];
    for (name, count) in counts {
        // Null: the SDK found no such member. The adapter may know another place
        // where this provider says it.
        if let Some(expected) = expected.get(name).filter(|count| !count.is_null()) {
            equal(&format!("usage {name}"), expected, &count.map_or(Value::Null, Value::from))?;
        }
    }
    Ok(())
}

/// Some providers say `""` where others say nothing.
fn blank_as_null(value: &Value) -> Value {
    if value.as_str() == Some("") { Value::Null } else { value.clone() }
}
