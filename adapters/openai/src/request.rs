//! A chat request into the body that the provider reads.

use crate::{DIALECT, message};
use hotcell_sdk::json::{members, merge, parse};
use hotcell_sdk::{
    ChatRequest, Failure, FunctionTool, JsonSchema, OutputFormat, Tool, ToolChoice, setting,
};
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
    let mut lost = Vec::new();
    let extra = members(request.extra.as_ref(), DIALECT, &mut lost)?;
    let spelled = |names: &[&str]| names.iter().any(|name| extra.contains_key(*name));
    let mut body = Map::new();
    body.insert("model".into(), request.model.clone().into());
    let messages = message::write(request, same_dialect, &mut lost)?;
    body.insert("messages".into(), messages.into());
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| write_tool(tool, &mut lost));
        body.insert("tools".into(), Value::Array(tools.collect::<Result<_, _>>()?));
    }
    if let Some(choice) = &request.tool_choice {
        body.insert("tool_choice".into(), write_choice(choice)?);
    }
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.into(), value);
        }
    };
    set("parallel_tool_calls", request.parallel_tool_calls.map(Value::from));
    set("response_format", request.output.as_ref().map(write_format).transpose()?.flatten());
    let sampling = &request.sampling;
    if !spelled(&["max_tokens", "max_completion_tokens"]) {
        let name = setting("max-tokens").unwrap_or_else(|| "max_tokens".to_owned());
        set(&name, sampling.max_output_tokens.map(Value::from));
    }
    set("temperature", sampling.temperature.map(Value::from));
    set("top_p", sampling.top_p.map(Value::from));
    set("top_k", sampling.top_k.map(Value::from));
    set("seed", sampling.seed.map(Value::from));
    set("presence_penalty", sampling.presence_penalty.map(Value::from));
    set("frequency_penalty", sampling.frequency_penalty.map(Value::from));
    set("stop", (!sampling.stop.is_empty()).then(|| sampling.stop.clone().into()));
    set("n", sampling.choices.map(Value::from));
    if let Some(alternatives) = sampling.logprobs {
        set("logprobs", Some(true.into()));
        set("top_logprobs", (alternatives > 0).then(|| alternatives.into()));
    }
    if let Some(reasoning) = &request.reasoning
        && !spelled(&["reasoning", "reasoning_effort", "thinking"])
    {
        set("reasoning_effort", reasoning.effort.clone().map(Value::from));
        if reasoning.budget_tokens.is_some() && reasoning.effort.is_none() {
            lost.push("the reasoning budget".to_owned());
        }
    }
    if request.stream {
        set("stream", Some(true.into()));
        let ask = setting("stream-usage").as_deref() != Some("never");
        if ask && !same_dialect {
            set("stream_options", Some(json!({ "include_usage": true })));
        }
    }
    body.extend(extra);
    let warnings =
        lost.into_iter().map(|what| format!("{what} was left out: {DIALECT} has no word for it"));
    Ok(Body { warnings: warnings.collect(), members: body })
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

fn write_function(tool: &FunctionTool, lost: &mut Vec<String>) -> Result<Value, Failure> {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.clone().into());
    if let Some(description) = &tool.description {
        function.insert("description".into(), description.clone().into());
    }
    if let Some(parameters) = &tool.parameters {
        function.insert("parameters".into(), parse(parameters, "the parameters of a tool")?);
    }
    if let Some(strict) = tool.strict {
        function.insert("strict".into(), strict.into());
    }
    merge(&mut function, tool.extra.as_ref(), DIALECT, lost)?;
    Ok(json!({ "type": "function", "function": function }))
}

fn write_choice(choice: &ToolChoice) -> Result<Value, Failure> {
    Ok(match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Function(name) => json!({ "type": "function", "function": { "name": name } }),
        ToolChoice::Native(native) if native.dialect == DIALECT => {
            parse(&native.value, "the tool choice")?
        }
        ToolChoice::Native(native) => {
            let what = format!("a tool choice of {} cannot be said in {DIALECT}", native.dialect);
            return Err(Failure::unsupported(what));
        }
    })
}

fn write_format(output: &OutputFormat) -> Result<Option<Value>, Failure> {
    Ok(match output {
        OutputFormat::Text => Some(json!({ "type": "text" })),
        OutputFormat::JsonObject => Some(json!({ "type": "json_object" })),
        OutputFormat::JsonSchema(schema) => {
            let JsonSchema { name, description, schema, strict } = schema;
            let mut inner = Map::new();
            // The protocol demands a name.
            inner.insert("name".into(), name.as_deref().unwrap_or("answer").into());
            if let Some(description) = description {
                inner.insert("description".into(), description.clone().into());
            }
            inner.insert("schema".into(), parse(schema, "the schema of the answer")?);
            if let Some(strict) = strict {
                inner.insert("strict".into(), (*strict).into());
            }
            Some(json!({ "type": "json_schema", "json_schema": inner }))
        }
    })
}
