//! A chat request into the body that the provider reads.

use crate::{DIALECT, message};
use hotcell_sdk::json::{members, merge, parse};
use hotcell_sdk::{ChatRequest, Failure, FunctionTool, OutputFormat, Tool, ToolChoice, setting};
use serde_json::{Map, Value, json};

/// What goes out, and what could not be said.
pub(crate) struct Body {
    pub(crate) members: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn write(request: &ChatRequest) -> Result<Body, Failure> {
    // A client of this dialect gets exactly what it asked for: nothing is added to
    // its request, and its own spellings win.
    let same_dialect = request.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    refuse(request)?;
    let mut lost = Vec::new();
    let extra = members(request.extra.as_ref(), DIALECT, &mut lost)?;
    let mut body = Map::new();
    body.insert("model".into(), request.model.clone().into());
    let conversation = message::write(request, &mut lost)?;
    if let Some(system) = conversation.system {
        body.insert("system".into(), system);
    }
    body.insert("messages".into(), conversation.messages.into());
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| write_tool(tool, &mut lost));
        body.insert("tools".into(), Value::Array(tools.collect::<Result<_, _>>()?));
    }
    if let Some(choice) = write_choice(request)? {
        body.insert("tool_choice".into(), choice);
    }
    let sampling = &request.sampling;
    let mut limit = sampling.max_output_tokens.map(u64::from);
    if !same_dialect {
        let thinking = request.reasoning.as_ref().and_then(|reasoning| reasoning.budget_tokens);
        // The budget is part of the limit, and must leave room for an answer.
        let fallback = setting("max-tokens").and_then(|limit| limit.parse::<u64>().ok());
        let fallback = fallback.unwrap_or(8192) + u64::from(thinking.unwrap_or(0));
        limit = limit.or(Some(fallback));
    }
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.into(), value);
        }
    };
    set("max_tokens", limit.map(Value::from));
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set("top_k", sampling.top_k.map(Value::from));
    set("stop_sequences", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into()));
    let dropped = [
        ("the seed", sampling.seed.is_some()),
        ("the presence penalty", sampling.presence_penalty.is_some()),
        ("the frequency penalty", sampling.frequency_penalty.is_some()),
    ];
    lost.extend(dropped.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()));
    let mut config = Map::new();
    if let Some(OutputFormat::JsonSchema(schema)) = &request.output {
        let schema = parse(&schema.schema, "the schema of the answer")?;
        config.insert("format".into(), json!({ "type": "json_schema", "schema": schema }));
    }
    if let Some(reasoning) = &request.reasoning {
        if let Some(effort) = &reasoning.effort {
            config.insert("effort".into(), effort.clone().into());
        }
        set(
            "thinking",
            reasoning
                .budget_tokens
                .map(|budget| json!({ "type": "enabled", "budget_tokens": budget })),
        );
    }
    set("output_config", (!config.is_empty()).then_some(config.into()));
    set("stream", request.stream.then_some(true.into()));
    body.extend(extra);
    let warning = |what| format!("{what} was left out: {DIALECT} has no word for it");
    Ok(Body { warnings: lost.into_iter().map(warning).collect(), members: body })
}

/// What would change the meaning if it were left out.
fn refuse(request: &ChatRequest) -> Result<(), Failure> {
    let unsupported = |what: &str| Err(Failure::unsupported(format!("{what} in {DIALECT}")));
    if request.sampling.choices.is_some_and(|choices| choices > 1) {
        return unsupported("several choices cannot be asked for");
    }
    if request.sampling.logprobs.is_some() {
        return unsupported("log probabilities cannot be asked for");
    }
    if request.output == Some(OutputFormat::JsonObject) {
        return unsupported("a JSON object needs a schema");
    }
    Ok(())
}

fn write_tool(tool: &Tool, lost: &mut Vec<String>) -> Result<Value, Failure> {
    match tool {
        Tool::Function(function) => write_function(function, lost),
        Tool::Native(native) if native.dialect == DIALECT => parse(&native.value, "a tool"),
        Tool::Native(native) => Err(Failure::unsupported(format!(
            "a tool of {} cannot be offered in {DIALECT}",
            native.dialect
        ))),
    }
}

fn write_function(function: &FunctionTool, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mut tool = Map::new();
    tool.insert("name".into(), function.name.clone().into());
    if let Some(description) = &function.description {
        tool.insert("description".into(), description.clone().into());
    }
    let schema = match &function.parameters {
        Some(parameters) => parse(parameters, "the parameters of a tool")?,
        None => json!({ "type": "object", "properties": {} }),
    };
    tool.insert("input_schema".into(), schema);
    if let Some(strict) = function.strict {
        tool.insert("strict".into(), strict.into());
    }
    message::write_cache(&mut tool, function.cache);
    merge(&mut tool, function.extra.as_ref(), DIALECT, lost)?;
    Ok(tool.into())
}

fn write_choice(request: &ChatRequest) -> Result<Option<Value>, Failure> {
    let mut choice = match &request.tool_choice {
        Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::None) => json!({ "type": "none" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::Function(name)) => json!({ "type": "tool", "name": name }),
        Some(ToolChoice::Native(native)) if native.dialect == DIALECT => {
            return parse(&native.value, "the tool choice").map(Some);
        }
        Some(ToolChoice::Native(native)) => {
            let what = format!("a tool choice of {} cannot be said in {DIALECT}", native.dialect);
            return Err(Failure::unsupported(what));
        }
        // One call at a time is part of the choice in this protocol.
        None if request.parallel_tool_calls == Some(false) && !request.tools.is_empty() => {
            json!({ "type": "auto" })
        }
        None => return Ok(None),
    };
    if request.parallel_tool_calls == Some(false)
        && request.tool_choice != Some(ToolChoice::None)
        && let Some(members) = choice.as_object_mut()
    {
        members.insert("disable_parallel_tool_use".into(), true.into());
    }
    Ok(Some(choice))
}
