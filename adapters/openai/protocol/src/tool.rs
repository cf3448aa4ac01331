//! Tools, the choice of them, and calls.

use crate::json::{Members, text, value};
use crate::request::{Writer, Written, is_own, own};
use hotcell_sdk::{CacheHint, FunctionTool, Tool, ToolCall, ToolChoice, setting};

impl Writer {
    pub(crate) fn tool(&mut self, tool: &Tool) -> Written {
        match tool {
            Tool::Function(function) => self.function(function),
            Tool::Native(native) => {
                own(native, "a tool")?;
                self.json.raw(value(&native.value, "a tool")?);
                Ok(())
            }
        }
    }

    /// An `extra` with a `type` is the whole tool in the client's own words.
    fn function(&mut self, tool: &FunctionTool) -> Written {
        let extra = self.extra(tool.extra.as_ref())?;
        self.json.open(b'{');
        if extra.has("type") {
            self.rest(&extra);
        } else {
            self.json.name("type").text("function");
            self.json.name("function").open(b'{').name("name").text(&tool.name);
            if let Some(description) =
                tool.description.as_ref().filter(|_| !extra.has("description"))
            {
                self.json.name("description").text(description);
            }
            if let Some(parameters) = tool.parameters.as_ref().filter(|_| !extra.has("parameters"))
            {
                let parameters = value(parameters, "the parameters of a tool")?;
                self.json.name("parameters").raw(parameters);
            }
            if let Some(strict) = tool.strict.filter(|_| !extra.has("strict")) {
                match setting("strict-tools").as_deref() {
                    Some("no") if strict => self.lost("that a tool is strict"),
                    Some("no") => {}
                    _ => self.json.name("strict").raw(if strict { "true" } else { "false" }),
                }
            }
            self.rest(&extra);
            self.json.close(b'}');
            self.cache(tool.cache, is_own(tool.extra.as_ref()));
        }
        self.json.close(b'}');
        Ok(())
    }

    pub(crate) fn tool_choice(&mut self, choice: &ToolChoice) -> Written {
        match choice {
            ToolChoice::Auto => self.json.text("auto"),
            ToolChoice::None => self.json.text("none"),
            ToolChoice::Required => self.json.text("required"),
            ToolChoice::Function(name) => {
                self.json.open(b'{').name("type").text("function");
                self.json.name("function").open(b'{').name("name").text(name);
                self.json.close(b'}');
                self.json.close(b'}');
            }
            ToolChoice::Native(native) => {
                own(native, "a tool choice")?;
                self.json.raw(value(&native.value, "the tool choice")?);
            }
        }
        Ok(())
    }

    /// A call that the model made before. One of a tool of another kind than a function
    /// says so in its `extra`, where what nobody models of the function is in a member of its
    /// own.
    pub(crate) fn call(&mut self, call: &ToolCall) -> Written {
        let mut extra = self.extra(call.extra.as_ref())?;
        if call.signature.is_some() && !is_own(call.extra.as_ref()) {
            self.lost("the signature of a call");
        }
        self.json.open(b'{');
        if !extra.has("id") {
            self.json.name("id").text(&call.id);
        }
        let kind = text(extra.get("type"));
        let custom = kind.as_deref() == Some("custom");
        // One that nobody here knows: see `calls`.
        let unknown = !custom && kind.as_deref() == Some(call.name.as_str());
        let (member, input) = if custom { ("custom", "input") } else { ("function", "arguments") };
        if !extra.has("type") {
            self.json.name("type").text("function");
        }
        if !unknown {
            let inner = extra.inner(member);
            extra.0.retain(|(name, _)| inner.is_none() || name != member);
            if !extra.has(member) {
                self.json.name(member);
                self.function_of(call, input, &inner.unwrap_or_default());
            }
        }
        self.rest(&extra);
        self.json.close(b'}');
        Ok(())
    }

    /// The name of a function and what goes into it.
    pub(crate) fn function_of(&mut self, call: &ToolCall, input: &str, extra: &Members<'_>) {
        self.json.open(b'{');
        if !extra.has("name") {
            self.json.name("name").text(&call.name);
        }
        if !extra.has(input) {
            // Nothing is no JSON, on which some providers insist.
            let none = call.arguments.is_empty() && input == "arguments" && !self.same_dialect;
            self.json.name(input).text(if none { "{}" } else { &call.arguments });
        }
        self.rest(extra);
        self.json.close(b'}');
    }

    /// OpenAI caches by itself; routers before Anthropic take its own hint.
    pub(crate) fn cache(&mut self, hint: Option<CacheHint>, own_words: bool) {
        if !self.takes(hint, own_words) {
            return;
        }
        let long = hint == Some(CacheHint::Long);
        self.json.name("cache_control").open(b'{').name("type").text("ephemeral");
        if long {
            self.json.name("ttl").text("1h");
        }
        self.json.close(b'}');
    }

    /// Whether a hint will be written.
    pub(crate) fn takes(&self, hint: Option<CacheHint>, own_words: bool) -> bool {
        hint.is_some() && (own_words || setting("cache-control").as_deref() == Some("yes"))
    }
}

/// Whether a call is one of before there was a list of them.
pub(crate) fn is_only(call: &ToolCall) -> bool {
    let kind = |extra: &str| {
        Members::checked(extra)
            .is_some_and(|extra| extra.text("type").as_deref() == Some("function_call"))
    };
    is_own(call.extra.as_ref()) && call.extra.as_ref().is_some_and(|extra| kind(&extra.value))
}
