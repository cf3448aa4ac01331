//! Tools and calls (<https://docs.ollama.com/capabilities/tool-calling>). Here arguments
//! are objects and not texts.

use crate::DIALECT;
use crate::object::put;
use crate::request::{Writer, is_own};
use hotcell_sdk::{Failure, FunctionTool, Tool, ToolCall, json};
use serde_json::{Map, Value, json};

impl Writer {
    pub(crate) fn tool(&mut self, tool: &Tool) -> Result<Value, Failure> {
        match tool {
            Tool::Function(function) => self.function(function),
            Tool::Native(native) if is_own(native) => json::parse(&native.value, "a tool"),
            Tool::Native(native) => {
                let why = format!("a tool of {} cannot be said in {DIALECT}", native.dialect);
                Err(Failure::unsupported(why))
            }
        }
    }

    /// An `extra` with a `type` is the whole tool in the client's own words.
    fn function(&mut self, tool: &FunctionTool) -> Result<Value, Failure> {
        let extra = self.extra(tool.extra.as_ref())?;
        if extra.contains_key("type") {
            return Ok(extra.into());
        }
        if tool.strict == Some(true) && !self.exact {
            self.lost("that the arguments of a tool must follow its schema");
        }
        let mut function = Map::new();
        put(&mut function, "name", tool.name.as_str().into());
        if let Some(description) = &tool.description {
            put(&mut function, "description", description.as_str().into());
        }
        let parameters = match &tool.parameters {
            Some(schema) => Some(json::parse(schema, "the parameters of a tool")?),
            // Templates expect to find some.
            None => (!self.exact).then(|| json!({ "type": "object", "properties": {} })),
        };
        if let Some(parameters) = parameters {
            put(&mut function, "parameters", parameters);
        }
        function.extend(extra);
        Ok(json!({ "type": "function", "function": function }))
    }

    /// A call that the model made before.
    pub(crate) fn call(&mut self, call: &ToolCall) -> Result<Value, Failure> {
        let extra = self.extra(call.extra.as_ref())?;
        if call.signature.is_some() {
            self.lost("the signature of a call");
        }
        let arguments = match call.arguments.trim() {
            "" => Map::new(),
            text => json::object(text, "arguments").unwrap_or_else(|_| {
                self.warn(
                    "arguments that are no JSON object were wrapped in one, as `INVALID_JSON`"
                        .to_owned(),
                );
                Map::from_iter([("INVALID_JSON".to_owned(), text.into())])
            }),
        };
        let mut written = Map::new();
        if !self.exact && !call.id.is_empty() {
            put(&mut written, "id", call.id.as_str().into());
        }
        let function = json!({ "name": call.name, "arguments": arguments });
        put(&mut written, "function", function);
        written.extend(extra);
        Ok(written.into())
    }
}
