//! Tools, and which of them must or may be called.

use super::block::read_cache_point;
use super::{extra, native};
use crate::DialectError;
use crate::anthropic_messages::object::{Object, Path, elements};
use hotcell::types::{FunctionTool, Tool, ToolChoice};

/// Reads `toolConfig`. It stays where it holds what the types do not.
pub(super) fn read(
    object: &mut Object<'_, '_>,
) -> Result<(Vec<Tool>, Option<ToolChoice>), DialectError> {
    let Some(raw) = object.get("toolConfig") else { return Ok((vec![], None)) };
    let path = object.at("toolConfig");
    let mut config = Object::read(raw, &path)?;
    let tools = match config.take("tools") {
        Some(raw) => read_tools(raw, &path.member("tools"))?,
        None => vec![],
    };
    let choice = config.take("toolChoice");
    let choice = choice.map(|raw| read_choice(raw, &path.member("toolChoice"))).transpose()?;
    // An empty list stays as it was written.
    if config.is_empty() && !tools.is_empty() {
        object.take("toolConfig");
    }
    Ok((tools, choice))
}

/// Reads a list of tools. A cache point is a hint of the function before it.
fn read_tools(raw: &str, path: &Path<'_>) -> Result<Vec<Tool>, DialectError> {
    let mut tools: Vec<Tool> = Vec::new();
    for (index, tool) in elements(raw, path)?.into_iter().enumerate() {
        if let Some(Tool::Function(last)) = tools.last_mut()
            && last.cache.is_none()
            && let Some(hint) = read_cache_point(tool.get())
        {
            last.cache = Some(hint);
            continue;
        }
        tools.push(read_tool(tool.get(), &path.index(index))?);
    }
    Ok(tools)
}

/// A function; every other tool stays whole.
fn read_tool(raw: &str, path: &Path<'_>) -> Result<Tool, DialectError> {
    let tool = Object::read(raw, path)?;
    let Some(("toolSpec", spec)) = tool.only() else { return Ok(Tool::Native(native(raw))) };
    let path = path.member("toolSpec");
    let mut spec = Object::read(spec, &path)?;
    let name = spec.required("name")?;
    let description = spec.text("description")?;
    let mut parameters = None;
    if let Some(raw) = spec.get("inputSchema") {
        let schema = Object::read(raw, &path)?;
        if let Some(("json", schema)) = schema.only()
            && schema.starts_with('{')
        {
            parameters = Some(schema.to_owned());
            spec.take("inputSchema");
        }
    }
    let strict = spec.flag("strict")?;
    let extra = extra(spec);
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache: None, extra }))
}

fn read_choice(raw: &str, path: &Path<'_>) -> Result<ToolChoice, DialectError> {
    let choice = Object::read(raw, path)?;
    let nothing = |raw: &str| Object::read(raw, path).is_ok_and(|members| members.is_empty());
    match choice.only() {
        Some(("auto", it)) if nothing(it) => Ok(ToolChoice::Auto),
        Some(("any", it)) if nothing(it) => Ok(ToolChoice::Required),
        Some(("tool", it)) => {
            let path = path.member("tool");
            let mut tool = Object::read(it, &path)?;
            let name = tool.required("name")?;
            match tool.is_empty() {
                true => Ok(ToolChoice::Function(name)),
                false => Ok(ToolChoice::Native(native(raw))),
            }
        }
        _ => Ok(ToolChoice::Native(native(raw))),
    }
}
