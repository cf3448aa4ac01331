//! A chat request into the body that the provider reads.

use crate::DIALECT;
use hotcell_sdk::json::{members, parse};
use hotcell_sdk::{ChatRequest, Failure, JsonSchema, Native, OutputFormat, setting};
use hotcell_sdk::{ReasoningOptions, Sampling};
use serde_json::{Map, Value, json};

/// What goes out, and what could not be said.
pub(crate) struct Body {
    pub(crate) members: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
}

/// Writes one request, and remembers what it could not write.
pub(crate) struct Writer {
    /// A client of this dialect gets exactly what it asked for: nothing is added to its
    /// request, no provider's quirk is applied, and its own spellings win.
    pub(crate) same_dialect: bool,
    /// Names of what was left out.
    pub(crate) lost: Vec<String>,
    /// Sentences about what was said in another way.
    pub(crate) changed: Vec<String>,
}

pub(crate) fn write(request: ChatRequest) -> Result<Body, Failure> {
    let same_dialect = is_own(request.extra.as_ref());
    let mut writer = Writer { same_dialect, lost: Vec::new(), changed: Vec::new() };
    let extra = members(request.extra.as_ref(), DIALECT, &mut writer.lost)?;
    let mut body = Map::new();
    body.insert("model".into(), request.model.into());
    body.insert("messages".into(), writer.messages(request.messages)?.into());
    let tools = request.tools.into_iter().map(|tool| writer.tool(tool));
    let tools = tools.collect::<Result<Vec<Value>, Failure>>()?;
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
    }
    if let Some(choice) = request.tool_choice {
        body.insert("tool_choice".into(), writer.tool_choice(choice)?);
    }
    put(&mut body, "parallel_tool_calls", request.parallel_tool_calls);
    if let Some(output) = request.output {
        body.insert("response_format".into(), writer.format(output)?);
    }
    writer.sampling(request.sampling, &mut body);
    // A client of this dialect has spelled these itself, if at all.
    if !same_dialect {
        if let Some(reasoning) = request.reasoning {
            writer.reasoning(reasoning, &mut body);
        }
        if request.stream && setting("stream-usage").as_deref() != Some("never") {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    if request.stream {
        body.insert("stream".into(), true.into());
    }
    body.extend(extra);
    Ok(Body { members: body, warnings: writer.warnings() })
}

/// Whether the client wrote this in this dialect.
pub(crate) fn is_own(extra: Option<&Native>) -> bool {
    extra.is_some_and(|extra| extra.dialect == DIALECT)
}

fn put<T: Into<Value>>(body: &mut Map<String, Value>, name: &str, value: Option<T>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

/// Whole numbers without a decimal point: what takes `1.0` also takes `1`, and not
/// always the other way round.
fn number(value: f64) -> Value {
    let whole = value.trunc() == value && value.abs() < 1e15;
    if whole { Value::from(value as i64) } else { Value::from(value) }
}

impl Writer {
    fn sampling(&mut self, sampling: Sampling, body: &mut Map<String, Value>) {
        if !self.same_dialect {
            let name = setting("max-tokens").unwrap_or_else(|| "max_tokens".to_owned());
            put(body, &name, sampling.max_output_tokens);
        }
        put(body, "temperature", sampling.temperature.map(number));
        put(body, "top_p", sampling.top_p.map(number));
        put(body, "top_k", sampling.top_k);
        put(body, "seed", sampling.seed);
        put(body, "presence_penalty", sampling.presence_penalty.map(number));
        put(body, "frequency_penalty", sampling.frequency_penalty.map(number));
        put(body, "stop", (!sampling.stop.is_empty()).then_some(sampling.stop));
        put(body, "n", sampling.choices);
        if let Some(alternatives) = sampling.logprobs {
            body.insert("logprobs".into(), true.into());
            put(body, "top_logprobs", (alternatives > 0).then_some(alternatives));
        }
    }

    /// How much to think, in the provider's spelling.
    fn reasoning(&mut self, reasoning: ReasoningOptions, body: &mut Map<String, Value>) {
        let ReasoningOptions { effort, budget_tokens, include_text } = reasoning;
        let spelling = setting("reasoning-request");
        let off = effort.as_deref() == Some("none") || budget_tokens == Some(0);
        match spelling.as_deref().unwrap_or("reasoning_effort") {
            "reasoning" => {
                let mut object = Map::new();
                put(&mut object, "effort", effort);
                put(&mut object, "max_tokens", budget_tokens);
                put(&mut object, "exclude", include_text.map(|include| !include));
                if !object.is_empty() {
                    body.insert("reasoning".into(), object.into());
                }
            }
            "thinking" if effort.is_some() || budget_tokens.is_some() => {
                let word = if off { "disabled" } else { "enabled" };
                body.insert("thinking".into(), json!({ "type": word }));
                if !off {
                    self.changed.push("how much to think was left out: this provider's models think or they don't".into());
                }
            }
            "enable_thinking" if effort.is_some() || budget_tokens.is_some() => {
                body.insert("enable_thinking".into(), (!off).into());
                put(body, "thinking_budget", budget_tokens.filter(|budget| *budget > 0));
                if effort.is_some() && budget_tokens.is_none() && !off {
                    self.changed.push("the effort of thinking was left out: this provider takes a budget of tokens".into());
                }
            }
            "none" if effort.is_some() || budget_tokens.is_some() => {
                self.lost.push("reasoning".to_owned());
            }
            "reasoning_effort" => {
                if effort.is_none() && budget_tokens.is_some() {
                    self.lost.push("the budget of tokens for reasoning".to_owned());
                }
                put(body, "reasoning_effort", effort);
            }
            _ => {}
        }
    }

    fn format(&mut self, output: OutputFormat) -> Result<Value, Failure> {
        Ok(match output {
            OutputFormat::Text => json!({ "type": "text" }),
            OutputFormat::JsonObject => json!({ "type": "json_object" }),
            OutputFormat::JsonSchema(schema) => {
                let able = setting("structured-output").as_deref() != Some("json_object");
                if !able && !self.same_dialect {
                    return Err(Failure::unsupported(
                        "this provider can be held to JSON, but not to a schema",
                    ));
                }
                let JsonSchema { name, description, schema, strict } = schema;
                let mut inner = Map::new();
                // The protocol demands a name.
                inner.insert("name".into(), name.unwrap_or_else(|| "answer".into()).into());
                put(&mut inner, "description", description);
                inner.insert("schema".into(), parse(&schema, "the schema of the answer")?);
                put(&mut inner, "strict", strict);
                json!({ "type": "json_schema", "json_schema": inner })
            }
        })
    }

    /// A sentence for each thing that was left out, once.
    fn warnings(self) -> Vec<String> {
        let lost = self.lost.into_iter();
        let lost = lost.map(|what| format!("{what} was left out: {DIALECT} has no word for it"));
        let mut warnings = Vec::new();
        for sentence in lost.chain(self.changed) {
            if !warnings.contains(&sentence) {
                warnings.push(sentence);
            }
        }
        warnings
    }
}
