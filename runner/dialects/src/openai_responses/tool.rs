//! Tools, and the choice of them.

use super::DIALECT;
use crate::DialectError;
use crate::object::{Object, native};
use hotcell::types::{FunctionTool, Tool, ToolChoice};
use serde_json::{Value, json};

/// A function, or one of the provider's own tools, which stays whole.
pub(super) fn read(value: Value, path: String) -> Result<Tool, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let kind = object.required("type")?;
    if kind != "function" {
        object.put_back("type", kind.into());
        return Ok(Tool::Native(object.always_extra()));
    }
    let name = object.required("name")?;
    let description = object.text("description");
    // A schema that is null is no schema, but the client wrote it.
    let parameters =
        object.take("parameters", |schema| (!schema.is_null()).then(|| schema.to_string()));
    let strict = object.flag("strict");
    let extra = object.extra();
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache: None, extra }))
}

pub(super) fn read_choice(value: &Value) -> Option<ToolChoice> {
    Some(match value {
        Value::Null => return None,
        Value::String(word) if word == "auto" => ToolChoice::Auto,
        Value::String(word) if word == "none" => ToolChoice::None,
        Value::String(word) if word == "required" => ToolChoice::Required,
        other => match other["name"].as_str() {
            Some(name) if *other == json!({ "type": "function", "name": name }) => {
                ToolChoice::Function(name.to_owned())
            }
            _ => ToolChoice::Native(native(other, DIALECT)),
        },
    })
}
