//! Tools, and which of them must or may be called.

use super::{DIALECT, schema, snake};
use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{FunctionTool, Tool, ToolChoice};
use serde_json::{Value, json};

/// Reads the list of tools. It stays as it is beside what is read where the adapter would
/// not write it so: it makes one element of all functions.
pub(super) fn read(object: &mut Object) -> Result<Vec<Tool>, DialectError> {
    let path = object.at("tools");
    let Some(list) = object.list("tools")? else { return Ok(vec![]) };
    let mut tools = Vec::new();
    let mut declaring = 0;
    let mut usual = !list.is_empty();
    for (index, element) in list.iter().enumerate() {
        let mut element = Object::new(element.clone(), format!("{path}[{index}]"), DIALECT)?;
        let name = "functionDeclarations";
        let other = snake(name);
        let camel = element.has(name);
        let name = if camel { name } else { other.as_str() };
        let at = element.at(name);
        if let Some(functions) = element.list(name)? {
            declaring += 1;
            usual &= camel && !functions.is_empty() && element.is_empty();
            for (index, function) in functions.into_iter().enumerate() {
                tools.push(Tool::Function(read_function(function, format!("{at}[{index}]"))?));
            }
            element.remove_nulls();
        }
        if !element.is_empty() {
            tools.push(Tool::Native(element.always_extra()));
        }
    }
    if !usual || declaring > 1 {
        object.put_back("tools", list.into());
    }
    Ok(tools)
}

fn read_function(value: Value, path: String) -> Result<FunctionTool, DialectError> {
    let mut function = Object::new(value, path, DIALECT)?;
    let name = function.required("name")?;
    let description = function.text("description");
    let own = function.value("parameters");
    let parameters = match &own {
        Some(own @ Value::Object(_)) => Some(schema::plain(own)),
        // As JSON Schema it stays where it is. Google's own SDK for Python has the second name.
        _ => ["parametersJsonSchema", "parameters_json_schema"].into_iter().find_map(|name| {
            function.read(name, |schema| schema.is_object().then(|| schema.clone()))
        }),
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

/// Reads the choice. What the types cannot say of it stays beside it.
pub(super) fn read_choice(object: &mut Object) -> Option<ToolChoice> {
    let name = "toolConfig";
    let config = object.peek(name).or_else(|| object.peek("tool_config"))?;
    let calling =
        config.get("functionCallingConfig").or_else(|| config.get("function_calling_config"));
    let calling = calling?;
    let allowed = calling.get("allowedFunctionNames");
    let allowed = allowed.or_else(|| calling.get("allowed_function_names"));
    let allowed = allowed.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mode = calling["mode"].as_str().map(str::to_ascii_uppercase);
    let (choice, usual) = match (mode.as_deref()?, allowed) {
        ("AUTO", _) => (ToolChoice::Auto, json!({ "mode": "AUTO" })),
        ("VALIDATED", _) => (ToolChoice::Auto, Value::Null),
        ("NONE", _) => (ToolChoice::None, json!({ "mode": "NONE" })),
        ("ANY", [Value::String(one)]) => {
            let usual = json!({ "mode": "ANY", "allowedFunctionNames": [one] });
            (ToolChoice::Function(one.clone()), usual)
        }
        ("ANY", _) => (ToolChoice::Required, json!({ "mode": "ANY" })),
        _ => {
            let whole = config.clone();
            object.value(name)?;
            return Some(ToolChoice::Native(native(&whole, DIALECT)));
        }
    };
    if object.peek(name) == Some(&json!({ "functionCallingConfig": usual })) {
        object.value(name);
    }
    Some(choice)
}
