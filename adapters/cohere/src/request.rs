//! A chat request into the body that the provider reads
//! (<https://docs.cohere.com/reference/chat>).

use crate::DIALECT;
use crate::message;
use crate::tool;
use crate::translation::Translation;
use hotcell_sdk::{
    ChatRequest, Failure, JsonSchema, OutputFormat, ReasoningOptions, Sampling, json,
};
use serde_json::{Map, Value, json};

/// What goes out, and what could not be said.
pub(crate) struct Body {
    pub(crate) json: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// Members of other dialects' requests that are only another spelling of what the types
/// hold too.
const SAID: &[&str] = &[
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "output_config",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "stop",
    "stop_sequences",
    "stream",
    "stream_options",
    "thinking",
    "tool_choice",
    "tools",
    "top_logprobs",
];

pub(crate) fn write(request: &ChatRequest) -> Result<Body, Failure> {
    let mut translation = Translation::new(DIALECT, request.extra.as_ref());
    let mut own = translation.members(request.extra.as_ref(), SAID)?;
    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.as_str().into());
    let conversation = message::write(&request.messages, &mut translation)?;
    body.insert("messages".to_owned(), conversation.messages.into());
    if !conversation.documents.is_empty() {
        match own.get_mut("documents") {
            Some(Value::Array(list)) => list.extend(conversation.documents),
            _ => _ = body.insert("documents".to_owned(), conversation.documents.into()),
        }
    }
    tool::write(request, &own, &mut body, &mut translation)?;
    if let Some(output) = &request.output {
        body.insert("response_format".to_owned(), format(output, &mut translation)?);
    }
    if let Some(reasoning) = request.reasoning.as_ref().filter(|_| !own.contains_key("thinking"))
        && let Some(thinking) = thinking(reasoning, &mut translation)
    {
        body.insert("thinking".to_owned(), thinking);
    }
    sampling(&request.sampling, &mut body, &mut translation);
    if request.stream {
        body.insert("stream".to_owned(), true.into());
    }
    // What the client spelled itself wins.
    body.extend(own);
    Ok(Body { json: body, warnings: translation.warnings })
}

fn format(output: &OutputFormat, translation: &mut Translation) -> Result<Value, Failure> {
    Ok(match output {
        OutputFormat::Text => json!({ "type": "text" }),
        OutputFormat::JsonObject => json!({ "type": "json_object" }),
        OutputFormat::JsonSchema(JsonSchema { description, schema, .. }) => {
            if description.is_some() {
                translation.left_out("the description of the answer's schema");
            }
            let schema = json::parse(schema, "the schema of the answer")?;
            json!({ "type": "json_object", "json_schema": schema })
        }
    })
}

/// The models think or they don't, within a budget of tokens.
fn thinking(wanted: &ReasoningOptions, translation: &mut Translation) -> Option<Value> {
    let ReasoningOptions { effort, budget_tokens, include_text } = wanted;
    if effort.as_deref() == Some("none") || *budget_tokens == Some(0) {
        return Some(json!({ "type": "disabled" }));
    }
    if *include_text == Some(false) {
        translation.warn("the thoughts are told all the same: cohere-chat cannot withhold them");
    }
    match (effort, budget_tokens) {
        (_, Some(budget)) => Some(json!({ "type": "enabled", "token_budget": budget })),
        (Some(effort), None) => {
            translation.warn(format!(
                "the reasoning effort `{effort}` only switches thinking on: cohere-chat takes a \
                 budget of tokens instead"
            ));
            Some(json!({ "type": "enabled" }))
        }
        (None, None) => (*include_text == Some(true)).then(|| json!({ "type": "enabled" })),
    }
}

fn sampling(sampling: &Sampling, body: &mut Map<String, Value>, translation: &mut Translation) {
    let Sampling { max_output_tokens, temperature, top_p, top_k, seed, .. } = sampling;
    let top_p = top_p.map(|p| within(p, 0.01, 0.99, "the share of tokens (top-p)", translation));
    let penalty = |value: Option<f64>, name: &str, translation: &mut Translation| {
        value.map(|value| within(value, 0.0, 1.0, name, translation))
    };
    let frequency = penalty(sampling.frequency_penalty, "the frequency penalty", translation);
    let presence = penalty(sampling.presence_penalty, "the presence penalty", translation);
    // A seed has no sign here; each still has a number of its own.
    let seed = seed.map(|seed| match translation.exact {
        true => Value::from(seed),
        false => Value::from(seed.cast_unsigned()),
    });
    let members = [
        ("max_tokens", max_output_tokens.map(Value::from)),
        ("temperature", temperature.map(number)),
        ("p", top_p.map(number)),
        ("k", top_k.map(Value::from)),
        ("seed", seed),
        ("frequency_penalty", frequency.map(number)),
        ("presence_penalty", presence.map(number)),
        ("logprobs", sampling.logprobs.map(|_| true.into())),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    }
    if !sampling.stop.is_empty() {
        body.insert("stop_sequences".to_owned(), sampling.stop.clone().into());
    }
    if sampling.logprobs.is_some_and(|alternatives| alternatives > 0) {
        translation.left_out("the number of alternatives for each token");
    }
    if sampling.choices.is_some_and(|choices| choices != 1) {
        translation.left_out("the number of choices");
    }
}

/// Brings a value to the nearest one that the provider takes.
fn within(value: f64, least: f64, most: f64, what: &str, translation: &mut Translation) -> f64 {
    let nearest = value.clamp(least, most);
    if translation.exact || nearest == value {
        return value;
    }
    translation
        .warn(format!("{what} became {nearest} instead of {value}: {DIALECT} goes no further"));
    nearest
}

/// Whole numbers without a decimal point.
fn number(value: f64) -> Value {
    let whole = value.trunc() == value && value.abs() < 1e15;
    if whole { (value as i64).into() } else { value.into() }
}
