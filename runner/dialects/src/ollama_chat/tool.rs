//! Tools, which are written as OpenAI's.

use super::DIALECT;
use crate::DialectError;
use crate::object::Object;
use hotcell::types::{FunctionTool, Tool};
use serde_json::Value;

pub(super) fn read(value: Value, path: String) -> Result<Tool, DialectError> {
    let mut object = Object::new(value, path, DIALECT)?;
    let kind = object.text("type");
    let Some("function") = kind.as_deref() else {
        if let Some(kind) = kind {
            object.put_back("type", kind.into());
        }
        return Ok(Tool::Native(object.always_extra()));
    };
    let whole = object.value("function").unwrap_or_default();
    let mut function = Object::new(whole.clone(), object.at("function"), DIALECT)?;
    let name = function.required("name")?;
    let description = function.text("description");
    // A schema that is null is no schema, but the client wrote it.
    let parameters =
        function.take("parameters", |schema| (!schema.is_null()).then(|| schema.to_string()));
    let extra = match object.is_empty() && !function.has("type") {
        true => function.extra(),
        false => {
            object.put_back("function", whole);
            object.put_back("type", "function".into());
            Some(object.always_extra())
        }
    };
    let (strict, cache) = (None, None);
    Ok(Tool::Function(FunctionTool { name, description, parameters, strict, cache, extra }))
}
