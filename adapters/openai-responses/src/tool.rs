//! Tools, the choice of them, calls and their results.

use crate::writer::{Writer, Written, is_own, own};
use hotcell_openai_chat::json::{Members, value};
use hotcell_sdk::{ChatRequest, FunctionTool, Tool, ToolCall, ToolChoice};
use hotcell_sdk::{ToolResult, ToolResultPart};
use std::borrow::Cow;

/// The longest id of a call that the provider takes.
const ID_BYTES: usize = 64;

impl Writer {
    pub(crate) fn tools(&mut self, request: &ChatRequest, extra: &Members<'_>) -> Written {
        if !request.tools.is_empty() && !extra.has("tools") {
            self.json.name("tools").open(b'[');
            for tool in &request.tools {
                match tool {
                    Tool::Function(function) => self.function(function)?,
                    Tool::Native(native) => self.json.raw(own(native, "a tool")?),
                }
            }
            self.json.close(b']');
        }
        let Some(choice) = request.tool_choice.as_ref().filter(|_| !extra.has("tool_choice"))
        else {
            return Ok(());
        };
        // Without tools there is nothing to choose, and the provider minds.
        let idle = matches!(choice, ToolChoice::Auto | ToolChoice::None);
        if idle && request.tools.is_empty() && !self.exact {
            return Ok(());
        }
        self.json.name("tool_choice");
        match choice {
            ToolChoice::Auto => self.json.text("auto"),
            ToolChoice::None => self.json.text("none"),
            ToolChoice::Required => self.json.text("required"),
            ToolChoice::Function(name) => {
                self.json.open(b'{').name("type").text("function");
                self.json.name("name").text(name);
                self.json.close(b'}');
            }
            // Mistral's word for it, in chat completions.
            ToolChoice::Native(native) if native.value == "\"any\"" && !self.exact => {
                self.json.text("required");
            }
            ToolChoice::Native(native) => self.json.raw(own(native, "a tool choice")?),
        }
        Ok(())
    }

    fn function(&mut self, tool: &FunctionTool) -> Written {
        // What chat completions of other providers have beside a function.
        let extra = self.extra(tool.extra.as_ref(), &["type", "function", "cache_control"])?;
        self.json.open(b'{');
        self.text("type", "function", &extra);
        self.text("name", &tool.name, &extra);
        if let Some(description) = &tool.description {
            self.text("description", description, &extra);
        }
        match &tool.parameters {
            Some(schema) => {
                let schema = value(schema, "the parameters of a tool")?;
                let object = Members::of(schema).unwrap_or_default();
                if self.exact || object.has("type") {
                    self.member("parameters", schema, &extra);
                } else {
                    self.json.name("parameters").open(b'{').name("type").text("object");
                    self.rest(&object);
                    self.json.close(b'}');
                }
            }
            None if self.exact => {}
            None => self.member("parameters", r#"{"type":"object","properties":{}}"#, &extra),
        }
        // Here a function is strict unless it says that it is not.
        let strict = if self.exact { tool.strict } else { Some(tool.strict.unwrap_or(false)) };
        self.flag("strict", strict, &extra);
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    /// A call that the model made before.
    pub(crate) fn call(&mut self, call: &ToolCall) -> Written {
        let mut extra = self.extra(call.extra.as_ref(), &["type", "index"])?;
        if call.signature.is_some() && !is_own(call.extra.as_ref()) {
            self.lost("the signature of a call");
        }
        self.without_ids(&mut extra);
        self.json.open(b'{');
        self.text("type", "function_call", &extra);
        self.text("call_id", &self.id(&call.id), &extra);
        self.text("name", &call.name, &extra);
        let none = call.arguments.trim().is_empty() && !self.exact;
        self.text("arguments", if none { "{}" } else { &call.arguments }, &extra);
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    pub(crate) fn result(&mut self, result: &ToolResult) -> Written {
        let listed = is_own(result.extra.as_ref());
        let extra =
            self.extra(result.extra.as_ref(), &["role", "tool_call_id", "name", "cache_control"])?;
        if result.is_error {
            self.lost("the mark that a call failed");
        }
        self.json.open(b'{');
        self.text("type", "function_call_output", &extra);
        self.text("call_id", &self.id(&result.call_id), &extra);
        if !extra.has("output") {
            self.json.name("output");
            match &result.content[..] {
                [] => self.json.text(""),
                [ToolResultPart::Text(text)] if !listed => self.json.text(text),
                parts => {
                    self.json.open(b'[');
                    for part in parts {
                        match part {
                            ToolResultPart::Text(text) => self.words("input_text", text),
                            ToolResultPart::Media(media) => self.media(media)?,
                            ToolResultPart::Native(native) => {
                                self.json.raw(own(native, "a part of a tool's result")?);
                            }
                        }
                    }
                    self.json.close(b']');
                }
            }
        }
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    /// The id of a call, and of its result. One that is too long becomes one that is
    /// made of it.
    fn id<'a>(&self, id: &'a str) -> Cow<'a, str> {
        if self.exact || id.len() <= ID_BYTES {
            return Cow::Borrowed(id);
        }
        // FNV-1a, from both ends.
        let hash = |bytes: &mut dyn Iterator<Item = u8>| {
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        let (there, back) = (hash(&mut id.bytes()), hash(&mut id.bytes().rev()));
        Cow::Owned(format!("call_{there:016x}{back:016x}"))
    }
}
