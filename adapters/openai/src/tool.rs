//! Tools, the choice of them, and calls.

use crate::DIALECT;
use crate::request::{Writer, is_own};
use hotcell_sdk::json::{members, parse};
use hotcell_sdk::{CacheHint, Failure, FunctionTool, Native, Tool, ToolCall, ToolChoice, setting};
use serde_json::{Map, Value, json};

impl Writer {
    pub(crate) fn tool(&mut self, tool: Tool) -> Result<Value, Failure> {
        match tool {
            Tool::Function(function) => self.function(function),
            Tool::Native(native) => {
                own(&native, "a tool", "cannot be offered")?;
                parse(&native.value, "a tool")
            }
        }
    }

    /// An `extra` with a `type` is the whole tool in the client's own words.
    fn function(&mut self, tool: FunctionTool) -> Result<Value, Failure> {
        let extra = members(tool.extra.as_ref(), DIALECT, &mut self.lost)?;
        if extra.contains_key("type") {
            return Ok(extra.into());
        }
        let mut function = Map::new();
        function.insert("name".into(), tool.name.into());
        if let Some(description) = tool.description {
            function.insert("description".into(), description.into());
        }
        if let Some(parameters) = tool.parameters {
            function.insert("parameters".into(), parse(&parameters, "the parameters of a tool")?);
        }
        if let Some(strict) = tool.strict {
            function.insert("strict".into(), strict.into());
        }
        function.extend(extra);
        let mut object = Map::new();
        object.insert("type".into(), "function".into());
        object.insert("function".into(), function.into());
        self.cache(&mut object, tool.cache, is_own(tool.extra.as_ref()));
        Ok(object.into())
    }

    pub(crate) fn tool_choice(&mut self, choice: ToolChoice) -> Result<Value, Failure> {
        Ok(match choice {
            ToolChoice::Auto => "auto".into(),
            ToolChoice::None => "none".into(),
            ToolChoice::Required => "required".into(),
            ToolChoice::Function(name) => {
                json!({ "type": "function", "function": { "name": name } })
            }
            ToolChoice::Native(native) => {
                own(&native, "a tool choice", "cannot be said")?;
                parse(&native.value, "the tool choice")?
            }
        })
    }

    /// A call that the model made before. One of a tool of another kind than a function
    /// says so in its `extra`.
    pub(crate) fn call(&mut self, call: ToolCall) -> Result<Map<String, Value>, Failure> {
        let extra = members(call.extra.as_ref(), DIALECT, &mut self.lost)?;
        if call.signature.is_some() && !is_own(call.extra.as_ref()) {
            self.lost.push("the signature of a call".to_owned());
        }
        let mut object = Map::new();
        if extra.get("type").is_some_and(|kind| kind == "function_call") {
            let function = json!({ "name": call.name, "arguments": call.arguments });
            object.insert("function_call".into(), function);
            return Ok(object);
        }
        object.insert("id".into(), call.id.into());
        if extra.get("type").is_some_and(|kind| kind == "custom") {
            object.insert("type".into(), "custom".into());
            let custom = json!({ "name": call.name, "input": call.arguments });
            object.insert("custom".into(), custom);
        } else {
            object.insert("type".into(), "function".into());
            let function = json!({ "name": call.name, "arguments": call.arguments });
            object.insert("function".into(), function);
        }
        object.extend(extra);
        Ok(object)
    }

    /// OpenAI caches by itself; routers before Anthropic take its own hint.
    pub(crate) fn cache(
        &self,
        part: &mut Map<String, Value>,
        hint: Option<CacheHint>,
        same_dialect: bool,
    ) {
        let Some(hint) = hint else { return };
        if same_dialect || setting("cache-control").as_deref() == Some("yes") {
            let hint = match hint {
                CacheHint::Short => json!({ "type": "ephemeral" }),
                CacheHint::Long => json!({ "type": "ephemeral", "ttl": "1h" }),
            };
            part.insert("cache_control".into(), hint);
        }
    }
}

/// Fails for a value of another dialect.
pub(crate) fn own(native: &Native, what: &str, cannot: &str) -> Result<(), Failure> {
    if native.dialect == DIALECT {
        return Ok(());
    }
    let dialect = &native.dialect;
    Err(Failure::unsupported(format!("{what} of {dialect} {cannot} in {DIALECT}")))
}
