//! A chat request into the body that the provider reads
//! (<https://docs.ollama.com/api/chat>).

use crate::DIALECT;
use crate::object::put;
use hotcell_sdk::{
    ChatRequest, Failure, FailureKind, JsonSchema, Native, OutputFormat, ReasoningOptions,
    Sampling, ToolChoice, json, setting,
};
use serde_json::{Map, Value};

/// What goes out, and what could not be said.
pub(crate) struct Outgoing {
    pub(crate) path: &'static str,
    pub(crate) body: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// How literally a request is taken, and what it lost.
#[derive(Default)]
pub(crate) struct Writer {
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    warnings: Vec<String>,
}

pub(crate) fn write(request: &ChatRequest) -> Result<Outgoing, Failure> {
    let exact = request.extra.as_ref().is_some_and(is_own);
    let mut writer = Writer { exact, warnings: Vec::new() };
    let mut extra = writer.extra(request.extra.as_ref())?;
    let mut body = Map::new();
    put(&mut body, "model", request.model.as_str().into());
    let mode = setting("mode").unwrap_or_default();
    let path = match mode.as_str() {
        "generate" | "raw" => {
            writer.prompt(request, mode == "raw", &mut body)?;
            "/generate"
        }
        _ => {
            put(&mut body, "messages", writer.messages(&request.messages)?.into());
            writer.tools(request, &mut body)?;
            "/chat"
        }
    };
    if let Some(format) = writer.format(request.output.as_ref())? {
        put(&mut body, "format", format);
    }
    if let Some(think) = writer.think(request.reasoning.as_ref()) {
        put(&mut body, "think", think);
    }
    let mut options = writer.options(&request.sampling)?;
    if let Some(Value::Object(own)) = extra.get_mut("options") {
        options.extend(std::mem::take(own));
        put(&mut extra, "options", options.into());
    } else if !options.is_empty() {
        put(&mut body, "options", options.into());
    }
    writer.logprobs(&request.sampling, &mut body);
    // Ollama streams unless told otherwise.
    put(&mut body, "stream", request.stream.into());
    if !exact {
        body.extend(settings());
    }
    body.extend(extra);
    Ok(Outgoing { path, body, warnings: writer.warnings })
}

/// Whether something was written in this dialect.
pub(crate) fn is_own(native: &Native) -> bool {
    native.dialect == DIALECT
}

/// What the operator wants with every request.
pub(crate) fn settings() -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(time) = setting("keep-alive") {
        // A number is one of seconds; with a unit it is a text.
        let time = time.parse::<i64>().map_or_else(|_| Value::from(time), Value::from);
        put(&mut members, "keep_alive", time);
    }
    if setting("truncate").as_deref() == Some("never") {
        put(&mut members, "truncate", false.into());
    }
    members
}

pub(crate) fn context() -> Result<Option<u32>, Failure> {
    let Some(number) = setting("num-ctx") else { return Ok(None) };
    let why = || format!("the setting `num-ctx` must be a number of tokens, not `{number}`");
    let number = number.parse().map_err(|_| Failure::new(FailureKind::InvalidRequest, why()))?;
    Ok(Some(number))
}

/// Members of requests of other dialects that say again what a typed field says, or what
/// is so anyway.
const CARRIED: [(&str, &[&str]); 2] = [
    (
        "openai-chat",
        &[
            "max_tokens",
            "max_completion_tokens",
            "stop",
            "reasoning_effort",
            "reasoning",
            "stream_options",
            "stream",
        ],
    ),
    ("anthropic-messages", &["max_tokens", "thinking", "output_config", "stop_sequences"]),
];

impl Writer {
    /// The members of an `extra` of this dialect. Of another one nothing can be carried
    /// over.
    pub(crate) fn extra(&mut self, extra: Option<&Native>) -> Result<Map<String, Value>, Failure> {
        let mut lost = Vec::new();
        let members = json::members(extra, DIALECT, &mut lost)?;
        if let Some(native) = extra {
            let carried = CARRIED.iter().find(|(dialect, _)| *dialect == native.dialect);
            let carried = carried.map_or(&[][..], |(_, names)| names);
            for name in lost.iter().filter(|name| !carried.contains(&name.as_str())) {
                self.lost(&format!("`{name}` of {}", native.dialect));
            }
        }
        Ok(members)
    }

    /// Something was left out.
    pub(crate) fn lost(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {DIALECT} has no word for it"));
    }

    /// Something was left out or said in another way: a sentence for a person, once.
    pub(crate) fn warn(&mut self, sentence: String) {
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }

    fn tools(
        &mut self,
        request: &ChatRequest,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        match &request.tool_choice {
            None | Some(ToolChoice::Auto) => {}
            Some(ToolChoice::None) if request.tools.is_empty() => {}
            Some(ToolChoice::None) => {
                self.warn("the tools were left out, so that the model calls none".to_owned());
                return Ok(());
            }
            Some(ToolChoice::Required | ToolChoice::Function(_)) => {
                let why = "`tool_choice`: Ollama's models cannot be made to call a tool";
                return Err(Failure::unsupported(why));
            }
            Some(ToolChoice::Native(native)) => {
                let dialect = &native.dialect;
                let why = format!("a tool choice of {dialect} cannot be said in {DIALECT}");
                return Err(Failure::unsupported(why));
            }
        }
        if request.tools.is_empty() {
            return Ok(());
        }
        if request.parallel_tool_calls == Some(false) {
            self.lost("that tools are to be called one at a time");
        }
        let tools = request.tools.iter().map(|tool| self.tool(tool)).collect::<Result<_, _>>()?;
        put(body, "tools", Value::Array(tools));
        Ok(())
    }

    fn format(&mut self, output: Option<&OutputFormat>) -> Result<Option<Value>, Failure> {
        Ok(match output {
            None | Some(OutputFormat::Text) => None,
            Some(OutputFormat::JsonObject) => Some("json".into()),
            // A name has no meaning, and no schema is followed loosely.
            Some(OutputFormat::JsonSchema(JsonSchema { description, schema, .. })) => {
                if description.is_some() {
                    self.lost("the description of the answer's schema");
                }
                Some(json::parse(schema, "the schema of the answer")?)
            }
        })
    }

    fn think(&mut self, reasoning: Option<&ReasoningOptions>) -> Option<Value> {
        let ReasoningOptions { effort, budget_tokens, include_text } = reasoning?;
        if effort.as_deref() == Some("none") || *budget_tokens == Some(0) {
            return Some(false.into());
        }
        if budget_tokens.is_some() {
            self.lost("the budget of tokens for thinking");
        }
        if *include_text == Some(false) {
            self.lost("that thoughts should not be told");
        }
        match effort {
            Some(word) => Some(word.as_str().into()),
            None if budget_tokens.is_some() || *include_text == Some(true) => Some(true.into()),
            None => None,
        }
    }

    fn options(&mut self, sampling: &Sampling) -> Result<Map<String, Value>, Failure> {
        if sampling.choices.is_some_and(|choices| choices > 1) {
            self.lost("the wish for several answers");
        }
        let context = if self.exact { None } else { context()? };
        let stop = (!sampling.stop.is_empty()).then(|| Value::from(sampling.stop.clone()));
        let members = [
            ("num_ctx", context.map(Value::from)),
            ("num_predict", sampling.max_output_tokens.map(Value::from)),
            ("temperature", sampling.temperature.map(Value::from)),
            ("top_p", sampling.top_p.map(Value::from)),
            ("top_k", sampling.top_k.map(Value::from)),
            ("seed", sampling.seed.map(Value::from)),
            ("presence_penalty", sampling.presence_penalty.map(Value::from)),
            ("frequency_penalty", sampling.frequency_penalty.map(Value::from)),
            ("stop", stop),
        ];
        let given = members.into_iter();
        Ok(given.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }

    fn logprobs(&mut self, sampling: &Sampling, body: &mut Map<String, Value>) {
        let Some(alternatives) = sampling.logprobs else { return };
        put(body, "logprobs", true.into());
        if alternatives > 0 {
            put(body, "top_logprobs", alternatives.into());
        }
    }
}
