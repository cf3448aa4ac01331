//! Tools, and which of them must or may be called.

use super::fields::{Fields, first_names, get};
use super::{DIALECT, schema};
use crate::DialectError;
use crate::object::native;
use hotcell::types::{FunctionTool, Tool, ToolChoice};
use serde_json::{Value, json};

/// Which functions must or may be called.
const CONFIG: &str = "toolConfig";

/// Reads the list of tools. It stays as it is beside what is read where the adapter would
/// not write it so: it makes one element of all functions.
pub(super) fn read(object: &mut Fields) -> Result<Vec<Tool>, DialectError> {
    let path = object.at("tools");
    let Some(list) = object.list("tools")? else { return Ok(vec![]) };
    let mut tools = Vec::new();
    let mut declaring = 0;
    let mut usual = !list.is_empty();
    for (index, element) in list.iter().enumerate() {
        let mut element = Fields::new(element.clone(), format!("{path}[{index}]"))?;
        let name = "functionDeclarations";
        let at = element.at(name);
        if let Some(functions) = element.list(name)? {
            declaring += 1;
            usual &= !functions.is_empty() && element.is_empty();
            for (index, function) in functions.into_iter().enumerate() {
                tools.push(Tool::Function(read_function(function, format!("{at}[{index}]"))?));
            }
            element.remove_nulls();
        }
        if !element.is_empty() {
            tools.push(Tool::Native(element.always_extra()));
        }
    }
    usual &= !keep_allowed(&mut tools, object);
    if !usual || declaring > 1 {
        object.put_back("tools", list.into());
    }
    Ok(tools)
}

/// Leaves only the functions that may be called where that is some of several, which no choice
/// can say; whether there were others.
fn keep_allowed(tools: &mut Vec<Tool>, object: &Fields) -> bool {
    let allowed = match calling(object) {
        Some((mode, allowed)) if mode == "VALIDATED" || mode == "ANY" && allowed.len() > 1 => {
            allowed
        }
        _ => return false,
    };
    let kept = |tool: &Tool| match tool {
        Tool::Function(function) => allowed.iter().any(|name| *name == function.name),
        Tool::Native(_) => true,
    };
    // None of these names is a function: whoever is asked says what is wrong.
    let known = tools.iter().any(|tool| matches!(tool, Tool::Function(_)) && kept(tool));
    let others = known && !tools.iter().all(kept);
    if others {
        tools.retain(kept);
    }
    others
}

fn read_function(value: Value, path: String) -> Result<FunctionTool, DialectError> {
    let mut function = Fields::new(value, path)?;
    let name = function.required("name")?;
    let description = function.text("description");
    let own = function.value("parameters");
    let parameters = match &own {
        Some(own @ Value::Object(_)) => Some(schema::plain(own)),
        // As JSON Schema it stays where it is.
        _ => function
            .read("parametersJsonSchema", |schema| schema.is_object().then(|| schema.clone())),
    };
    if let Some(own) = own
        && Some(&own) != parameters.as_ref()
    {
        function.put_back("parameters", own);
    }
    let parameters = parameters.map(|schema| schema.to_string());
    let (strict, cache, extra) = (None, None, function.extra());
    Ok(FunctionTool { name, description, parameters, strict, cache, extra })
}

/// In which mode functions are called, and which of them may be; of no names all.
fn calling(object: &Fields) -> Option<(String, &[Value])> {
    let calling = get(object.peek(CONFIG)?, "functionCallingConfig")?;
    let allowed = get(calling, "allowedFunctionNames").and_then(Value::as_array);
    let mode = calling["mode"].as_str()?.to_ascii_uppercase();
    Some((mode, allowed.map(Vec::as_slice).unwrap_or_default()))
}

/// Reads the choice. What the types cannot say of it stays beside it.
pub(super) fn read_choice(object: &mut Fields) -> Option<ToolChoice> {
    let (mode, allowed) = calling(object)?;
    let (choice, usual) = match (mode.as_str(), allowed) {
        ("AUTO", _) => (ToolChoice::Auto, json!({ "mode": "AUTO" })),
        ("VALIDATED", _) => (ToolChoice::Auto, Value::Null),
        ("NONE", _) => (ToolChoice::None, json!({ "mode": "NONE" })),
        ("ANY", [Value::String(one)]) => {
            let usual = json!({ "mode": "ANY", "allowedFunctionNames": [one] });
            (ToolChoice::Function(one.clone()), usual)
        }
        ("ANY", _) => (ToolChoice::Required, json!({ "mode": "ANY" })),
        _ => {
            let whole = object.value(CONFIG)?;
            return Some(ToolChoice::Native(native(&whole, DIALECT)));
        }
    };
    let usual = json!({ "functionCallingConfig": usual });
    object.take(CONFIG, |own| (first_names(own) == usual).then_some(()));
    Some(choice)
}
