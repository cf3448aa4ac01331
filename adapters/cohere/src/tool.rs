//! Tools, the choice of them, and calls.

use crate::translation::{Translation, invalid};
use hotcell_sdk::{ChatRequest, Failure, FunctionTool, Tool, ToolCall, ToolChoice, json};
use serde_json::{Map, Value, json};

/// Writes what may be called, and what must.
pub(crate) fn write(
    request: &ChatRequest,
    own: &Map<String, Value>,
    body: &mut Map<String, Value>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let named = match &request.tool_choice {
        Some(ToolChoice::Function(name)) => Some(name.as_str()),
        _ => None,
    };
    let offered = |tool: &&Tool| match (tool, named) {
        (Tool::Function(function), Some(named)) => function.name == named,
        (Tool::Native(_), Some(_)) => false,
        (_, None) => true,
    };
    let tools: Vec<&Tool> = request.tools.iter().filter(offered).collect();
    if let Some(named) = named {
        if tools.is_empty() {
            return Err(invalid(format!("the tool `{named}` must be called, and is not there")));
        }
        translation.warn(format!(
            "only the tool `{named}` was offered: {} cannot name the one that must be called",
            translation.dialect
        ));
    }
    if !tools.is_empty() {
        let written = tools.iter().map(|tool| one(tool, translation));
        let written: Vec<Value> = written.collect::<Result<_, _>>()?;
        body.insert("tools".to_owned(), written.into());
    }
    if !own.contains_key("strict_tools") {
        strictness(&tools, body, translation);
    }
    if let Some(choice) = &request.tool_choice {
        write_choice(choice, !tools.is_empty(), body, translation)?;
    }
    if request.parallel_tool_calls == Some(false) {
        translation.left_out("the wish for one call at a time");
    }
    Ok(())
}

/// Either all tools are held to their schemas, or none.
fn strictness(tools: &[&Tool], body: &mut Map<String, Value>, translation: &mut Translation) {
    let strict =
        |tool: &&&Tool| matches!(tool, Tool::Function(FunctionTool { strict: Some(true), .. }));
    match tools.iter().filter(strict).count() {
        0 => {}
        count if count == tools.len() => _ = body.insert("strict_tools".to_owned(), true.into()),
        _ => translation.left_out("that some tools are strict, and others are not,"),
    }
}

fn write_choice(
    choice: &ToolChoice,
    any: bool,
    body: &mut Map<String, Value>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let word: Value = match choice {
        ToolChoice::Auto => return Ok(()),
        // There is nothing to choose from.
        ToolChoice::None if !any && !translation.exact => return Ok(()),
        ToolChoice::None => "NONE".into(),
        ToolChoice::Required | ToolChoice::Function(_) => "REQUIRED".into(),
        ToolChoice::Native(native) => translation.own(native, "a tool choice")?,
    };
    body.insert("tool_choice".to_owned(), word);
    Ok(())
}

fn one(tool: &Tool, translation: &mut Translation) -> Result<Value, Failure> {
    let function = match tool {
        Tool::Function(function) => function,
        Tool::Native(native) => return translation.own(native, "a tool"),
    };
    let own = translation.members(function.extra.as_ref(), &[])?;
    // The whole tool in the client's own words.
    if own.contains_key("type") {
        return Ok(own.into());
    }
    let mut inner = Map::new();
    inner.insert("name".to_owned(), function.name.as_str().into());
    if let Some(description) = &function.description {
        inner.insert("description".to_owned(), description.as_str().into());
    }
    match &function.parameters {
        Some(schema) => {
            let schema = json::parse(schema, "the parameters of a tool")?;
            inner.insert("parameters".to_owned(), schema);
        }
        // The protocol demands a schema.
        None if !translation.exact => {
            let nothing = json!({ "type": "object", "properties": {} });
            inner.insert("parameters".to_owned(), nothing);
        }
        None => {}
    }
    inner.extend(own);
    Ok(json!({ "type": "function", "function": inner }))
}

/// A call that the model made before.
pub(crate) fn call(call: &ToolCall, translation: &mut Translation) -> Result<Value, Failure> {
    let own = translation.members(call.extra.as_ref(), &["index"])?;
    if call.signature.is_some() {
        translation.left_out("the signature of a call");
    }
    // Nothing is no JSON.
    let arguments = match call.arguments.trim().is_empty() && !translation.exact {
        true => "{}",
        false => &call.arguments,
    };
    let function = json!({ "name": call.name, "arguments": arguments });
    let mut object = Map::new();
    object.insert("id".to_owned(), call.id.as_str().into());
    object.insert("type".to_owned(), "function".into());
    object.insert("function".to_owned(), function);
    object.extend(own);
    Ok(object.into())
}
