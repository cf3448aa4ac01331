//! Tools, and which of them must or may be called
//! (<https://ai.google.dev/api/caching#Tool>).

use crate::json::{self, Members, Value, object};
use crate::schema::{self, Place};
use crate::translation::{Translation, maybe, own, put, spells};
use hotcell_sdk::{ChatRequest, Failure, FunctionTool, Tool, ToolChoice};

pub(crate) fn write(
    request: &ChatRequest,
    extra: &Members,
    body: &mut Members,
    translation: &mut Translation,
) -> Result<(), Failure> {
    if !spells(extra, "tools") {
        let tools = write_tools(request, translation)?;
        if !tools.is_empty() {
            put(body, extra, "tools", tools);
        }
    }
    if request.parallel_tool_calls == Some(false) && !request.tools.is_empty() {
        translation.left_out("the wish for one call at a time");
    }
    if !spells(extra, "toolConfig") {
        maybe(body, extra, "toolConfig", write_choice(request, translation)?);
    }
    Ok(())
}

/// All functions are one element of the list, where the first of them stands.
fn write_tools(
    request: &ChatRequest,
    translation: &mut Translation,
) -> Result<Vec<Value>, Failure> {
    let mut tools: Vec<Value> = Vec::new();
    let mut functions = Vec::new();
    let mut place = 0;
    for tool in &request.tools {
        match tool {
            Tool::Native(native) => tools.push(own(native, "a tool")?),
            Tool::Function(function) => {
                if functions.is_empty() {
                    place = tools.len();
                }
                functions.push(write_function(function, translation)?);
            }
        }
    }
    if !functions.is_empty() {
        tools.insert(place, object("functionDeclarations", functions).into());
    }
    Ok(tools)
}

fn write_function(tool: &FunctionTool, translation: &mut Translation) -> Result<Value, Failure> {
    let extra = translation.members(tool.extra.as_ref())?;
    let mut function = Members::default();
    let name = match translation.exact {
        true => tool.name.clone(),
        false => checked_name(&tool.name)?,
    };
    put(&mut function, &extra, "name", name);
    maybe(&mut function, &extra, "description", tool.description.clone());
    let spelled = spells(&extra, "parameters") || spells(&extra, "parametersJsonSchema");
    if let Some(parameters) = &tool.parameters
        && !spelled
    {
        let schema = json::members(parameters, "the parameters of a tool")?;
        let what = format!("the parameters of `{}`", tool.name);
        let place = Place { what: &what, exact: translation.exact };
        let written = schema::write(schema.into(), &place, translation);
        let name = if written.wide { "parametersJsonSchema" } else { "parameters" };
        // A function that takes nothing has no parameters at all.
        if translation.exact || !takes_nothing(&written.schema) {
            function.insert(name, written.schema);
        }
    }
    function.extend(extra);
    Ok(function.into())
}

/// Names begin with a letter or `_`, and go on with digits, `_`, `-`, `.` and `:` as well.
/// What a model calls has to be the name that was given to it, so that none is changed.
fn checked_name(name: &str) -> Result<String, Failure> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    match name.starts_with(first) && name.len() <= 128 && name.chars().all(good) {
        true => Ok(name.to_owned()),
        false => Err(Failure::unsupported(format!(
            "a tool that is called `{name}`: letters, digits, `_`, `-`, `.` and `:`, a letter or \
             `_` first, 128 at the most"
        ))),
    }
}

fn takes_nothing(schema: &Value) -> bool {
    let nothing = |name: &str| schema.get(name).as_object().is_none_or(Members::is_empty);
    let members = schema.as_object().map(|members| members.names());
    let known = |name: &str| matches!(name, "type" | "properties" | "required");
    nothing("properties") && members.is_none_or(|mut names| names.all(known))
}

fn write_choice(
    request: &ChatRequest,
    translation: &mut Translation,
) -> Result<Option<Value>, Failure> {
    let strict = |tool: &Tool| matches!(tool, Tool::Function(tool) if tool.strict == Some(true));
    let strict = !translation.exact && request.tools.iter().any(strict);
    let mut only = None;
    let choice = match &request.tool_choice {
        // Without tools there is nothing to choose.
        None | Some(ToolChoice::Auto | ToolChoice::None)
            if request.tools.is_empty() && !translation.exact =>
        {
            return Ok(None);
        }
        // Calls that fit their schemas, or words.
        None | Some(ToolChoice::Auto) if strict => "VALIDATED",
        None => return Ok(None),
        Some(ToolChoice::Auto) => "AUTO",
        Some(ToolChoice::None) => "NONE",
        Some(ToolChoice::Required) => "ANY",
        Some(ToolChoice::Function(name)) => {
            only = Some(name.as_str());
            "ANY"
        }
        Some(ToolChoice::Native(native)) => return own(native, "a tool choice").map(Some),
    };
    let mut calling = object("mode", choice);
    if let Some(name) = only {
        calling.insert("allowedFunctionNames", vec![Value::from(name)]);
    }
    Ok(Some(object("functionCallingConfig", calling).into()))
}
