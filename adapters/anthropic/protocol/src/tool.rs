//! Tools, and which of them must or may be called.

use crate::DIALECT;
use crate::message::write_cache;
use crate::translation::{Translation, invalid, is_ours, json};
use crate::wire::Members;
use crate::writer::{Object, list};
use hotcell_sdk::{ChatRequest, Failure, FunctionTool, Tool, ToolChoice};

pub(crate) fn write(
    request: &ChatRequest,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if !request.tools.is_empty() {
        object.with("tools", |out| {
            list(out, &request.tools, |out, tool| match tool {
                Tool::Function(function) => write_function(function, out, translation),
                Tool::Native(native) if is_ours(native) => {
                    out.extend_from_slice(json(&native.value, "a tool")?.as_bytes());
                    Ok(())
                }
                Tool::Native(native) => Err(Failure::unsupported(format!(
                    "a tool of {} cannot be offered in {DIALECT}",
                    native.dialect
                ))),
            })
        })?;
    }
    write_choice(request, object, translation.exact)
}

fn write_function(
    tool: &FunctionTool,
    out: &mut Vec<u8>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let exact = translation.exact;
    let mut object = Object::open(out, translation.members(tool.extra.as_ref())?);
    object.put("name", &tool.name);
    object.maybe("description", tool.description.as_ref());
    match &tool.parameters {
        Some(schema) => {
            let schema = json(schema, "the parameters of a tool")?;
            object.with("input_schema", |out| write_schema(schema, exact, out))?;
        }
        None if exact => {}
        None => object.raw("input_schema", r#"{"type":"object","properties":{}}"#),
    }
    object.maybe("strict", tool.strict);
    write_cache(tool.cache, &mut object);
    object.close();
    Ok(())
}

/// The provider demands what other protocols take for granted: that the parameters
/// are an object.
fn write_schema(schema: &str, exact: bool, out: &mut Vec<u8>) -> Result<(), Failure> {
    if exact {
        out.extend_from_slice(schema.as_bytes());
        return Ok(());
    }
    let members: Members<'_> = serde_json::from_str(schema)
        .map_err(|error| invalid(format!("the parameters of a tool: {error}")))?;
    let typed = members.get("type").is_some();
    let mut object = Object::open(out, members);
    if !typed {
        object.put("type", "object");
    }
    object.close();
    Ok(())
}

fn write_choice(
    request: &ChatRequest,
    object: &mut Object<'_, '_>,
    exact: bool,
) -> Result<(), Failure> {
    let one = request.parallel_tool_calls == Some(false);
    let (kind, name) = match &request.tool_choice {
        // Without tools there is nothing to choose, and the provider minds.
        None | Some(ToolChoice::Auto | ToolChoice::None) if request.tools.is_empty() && !exact => {
            return Ok(());
        }
        None if one => ("auto", None),
        None => return Ok(()),
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Function(name)) => ("tool", Some(name)),
        Some(ToolChoice::Native(native)) if is_ours(native) => {
            object.raw("tool_choice", json(&native.value, "the tool choice")?);
            return Ok(());
        }
        Some(ToolChoice::Native(native)) => {
            return Err(Failure::unsupported(format!(
                "a tool choice of {} cannot be said in {DIALECT}",
                native.dialect
            )));
        }
    };
    object.with("tool_choice", |out| {
        let mut choice = Object::open(out, Members::default());
        choice.put("type", kind);
        choice.maybe("name", name);
        if one && kind != "none" {
            choice.value("disable_parallel_tool_use", true);
        }
        choice.close();
        Ok(())
    })
}
