//! Tools, and which of them must or may be called.

use super::block::read_cache;
use super::object::{Object, Path, elements, native};
use crate::DialectError;
use hotcell::types::{FunctionTool, Tool, ToolChoice};

pub(super) fn read(object: &mut Object<'_, '_>) -> Result<Vec<Tool>, DialectError> {
    let Some(raw) = object.get("tools") else { return Ok(vec![]) };
    let path = object.at("tools");
    let tools = elements(raw, &path)?
        .into_iter()
        .enumerate()
        .map(|(index, tool)| read_tool(tool.get(), &path.index(index)))
        .collect::<Result<Vec<_>, _>>()?;
    // An empty list stays as it was written.
    if !tools.is_empty() {
        object.take("tools");
    }
    Ok(tools)
}

/// Without a type, or with the type `custom`, a tool is a function of the caller's.
fn read_tool(raw: &str, path: &Path<'_>) -> Result<Tool, DialectError> {
    let mut tool = Object::read(raw, path)?;
    if let Some(kind) = tool.get("type")
        && kind != "\"custom\""
    {
        return Ok(Tool::Native(native(raw)));
    }
    let name = tool.required("name")?;
    let description = tool.text("description")?;
    let parameters = tool.object("input_schema")?.map(str::to_owned);
    let strict = match tool.get("strict") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(path.member("strict").error("expected true or false")),
    };
    if strict.is_some() {
        tool.take("strict");
    }
    let cache = read_cache(&mut tool)?;
    let extra = tool.extra();
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache, extra }))
}

/// The choice, and whether several calls may come at once. What they cannot say
/// together stays beside them.
pub(super) fn read_choice(
    object: &mut Object<'_, '_>,
) -> Result<(Option<ToolChoice>, Option<bool>), DialectError> {
    let Some(raw) = object.get("tool_choice") else { return Ok((None, None)) };
    let path = object.at("tool_choice");
    let mut choice = Object::read(raw, &path)?;
    let kind = choice.required("type")?;
    let one = choice.flag("disable_parallel_tool_use")?;
    let parallel = one.map(|one| !one);
    let read = match kind.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Function(choice.required("name")?),
        _ => {
            object.take("tool_choice");
            return Ok((Some(ToolChoice::Native(native(raw))), parallel));
        }
    };
    let odd = kind == "none" && one == Some(true);
    if choice.is_empty() && !odd {
        object.take("tool_choice");
    }
    Ok((Some(read), parallel))
}
