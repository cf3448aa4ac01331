//! How the answer is made (<https://ai.google.dev/api/generate-content#generationconfig>).

use super::fields::{Fields, get};
use super::schema;
use hotcell::types::{JsonSchema, OutputFormat, ReasoningOptions, Sampling};
use serde_json::Value;

/// What the types have a field for.
pub(super) struct Config {
    pub(super) sampling: Sampling,
    pub(super) output: Option<OutputFormat>,
    pub(super) reasoning: Option<ReasoningOptions>,
}

/// Reads `generationConfig`. What has no field, or says more than one, stays in it.
pub(super) fn read(object: &mut Fields) -> Config {
    let name = "generationConfig";
    let mut config = object.inside(name);
    let silent = config.is_empty();
    let read = read_members(&mut config);
    if !silent {
        object.value(name);
        if !config.is_empty() {
            object.put_back_rest(name, config);
        }
    }
    read
}

fn read_members(config: &mut Fields) -> Config {
    Config {
        output: read_output(config),
        reasoning: read_reasoning(config),
        sampling: Sampling {
            max_output_tokens: config.count("maxOutputTokens"),
            temperature: config.number("temperature"),
            top_p: config.number("topP"),
            top_k: read_top_k(config),
            seed: config.take("seed", Value::as_i64),
            presence_penalty: config.number("presencePenalty"),
            frequency_penalty: config.number("frequencyPenalty"),
            stop: config.take("stopSequences", texts).unwrap_or_default(),
            choices: config.count("candidateCount"),
            logprobs: read_logprobs(config),
        },
    }
}

/// A number that is a whole one, though clients write it with a point.
fn read_top_k(config: &mut Fields) -> Option<u32> {
    let whole = |value: &Value| {
        let value = value.as_f64().filter(|value| value.fract() == 0.0)?;
        (0.0..=4_294_967_295.0).contains(&value).then_some(value as u32)
    };
    config.take("topK", whole)
}

/// A list of texts that has some.
fn texts(value: &Value) -> Option<Vec<String>> {
    let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
}

fn read_logprobs(config: &mut Fields) -> Option<u32> {
    if config.peek("responseLogprobs") != Some(&Value::Bool(true)) {
        return None;
    }
    let count = match config.peek("logprobs") {
        None => 0,
        Some(count) => count.as_u64().filter(|count| *count > 0)?.try_into().ok()?,
    };
    config.forget("responseLogprobs");
    config.forget("logprobs");
    Some(count)
}

/// The form of the answer. A schema stays where it is.
fn read_output(config: &mut Fields) -> Option<OutputFormat> {
    if config.peek("responseMimeType")?.as_str()? != "application/json" {
        return None;
    }
    let object = |schema: &Value| schema.is_object().then(|| schema.clone());
    let schema = config.read("responseJsonSchema", object);
    let schema = schema.or_else(|| {
        config.read("responseSchema", |value| object(value).as_ref().map(schema::plain))
    });
    match schema {
        None => {
            // One that cannot be read says more than this.
            if !config.has("responseSchema") && !config.has("responseJsonSchema") {
                config.forget("responseMimeType");
            }
            Some(OutputFormat::JsonObject)
        }
        Some(schema) => {
            let schema = schema.to_string();
            let schema = JsonSchema { name: None, description: None, schema, strict: None };
            Some(OutputFormat::JsonSchema(schema))
        }
    }
}

/// `thinkingConfig` stays: it says more than the types can.
fn read_reasoning(config: &Fields) -> Option<ReasoningOptions> {
    let thinking = config.peek("thinkingConfig").filter(|thinking| thinking.is_object())?;
    let budget = get(thinking, "thinkingBudget").and_then(Value::as_i64);
    let level = get(thinking, "thinkingLevel").and_then(Value::as_str);
    Some(ReasoningOptions {
        effort: level.map(str::to_ascii_lowercase),
        // A budget of -1 leaves it to the model.
        budget_tokens: budget.and_then(|budget| budget.try_into().ok()),
        include_text: get(thinking, "includeThoughts").and_then(Value::as_bool),
    })
}
