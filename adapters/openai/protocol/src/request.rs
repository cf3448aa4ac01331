//! A chat request into the body that the provider reads.

use crate::DIALECT;
use crate::effort::became;
use crate::json::{Json, Members, number, object, value};
use hotcell_sdk::{ChatRequest, Failure, FailureKind, JsonSchema, Native, OutputFormat};
use hotcell_sdk::{ReasoningOptions, Sampling, ToolChoice, USAGE, setting};

/// What goes out, and what could not be said.
#[derive(Debug)]
pub struct Body {
    /// The body of the request.
    pub json: Vec<u8>,
    /// What was left out or said in another way: a sentence each, for an event.
    pub warnings: Vec<String>,
}

/// Members of Anthropic's requests that the types hold as well.
const HELD: &[&str] = &["stream", "thinking"];

/// The outcome of writing something. A failure is rare and large, and goes through
/// many hands.
pub(crate) type Written = Result<(), Box<Failure>>;

/// Writes one request, and remembers what it could not write.
pub(crate) struct Writer {
    pub(crate) json: Json,
    /// A client of this dialect gets exactly what it asked for: nothing is added to its
    /// request, no provider's quirk is applied, and its own spellings win.
    pub(crate) same_dialect: bool,
    /// A text is to be gone on with: see `completion`.
    pub(crate) text: bool,
    pub(crate) warnings: Vec<String>,
}

/// Writes the body of a chat request. `named` are the members that say which model is
/// meant, and stand first; a client of this dialect that spells one of them itself wins.
///
/// # Errors
/// `unsupported` for what cannot be said in this dialect or to this provider, and
/// `invalid-request` for what is no JSON where it is promised.
pub fn write(request: &ChatRequest, named: &[(&str, &str)]) -> Result<Body, Failure> {
    written(request, named).map_err(|failure| *failure)
}

fn written(request: &ChatRequest, named: &[(&str, &str)]) -> Result<Body, Box<Failure>> {
    let same_dialect = is_own(request.extra.as_ref());
    let mut writer =
        Writer { json: Json::default(), same_dialect, text: false, warnings: Vec::new() };
    let mut extra = writer.extra(request.extra.as_ref())?;
    writer.json.open(b'{');
    let spelled = |name: &str| extra.has(name);
    for (name, text) in named.iter().filter(|(name, _)| !spelled(name)) {
        writer.json.name(name).text(text);
    }
    if !spelled("messages") {
        writer.json.name("messages");
        writer.messages(&request.messages)?;
    }
    if !request.tools.is_empty() && !spelled("tools") {
        writer.json.name("tools").open(b'[');
        for tool in &request.tools {
            writer.tool(tool)?;
        }
        writer.json.close(b']');
    }
    if let Some(choice) = request.tool_choice.as_ref().filter(|_| !spelled("tool_choice")) {
        let word = matches!(choice, ToolChoice::Auto | ToolChoice::None | ToolChoice::Required);
        let own = word && setting("tool-choice").as_deref() == Some("tool_choice_option");
        writer.json.name(if own { "tool_choice_option" } else { "tool_choice" });
        writer.tool_choice(choice)?;
    }
    if let Some(output) = request.output.as_ref().filter(|_| !spelled("response_format")) {
        writer.json.name("response_format");
        writer.format(output)?;
    }
    writer.flag("parallel_tool_calls", request.parallel_tool_calls, &extra);
    writer.sampling(&request.sampling, &extra);
    // A client of this dialect has spelled these itself, if at all.
    if let Some(reasoning) = request.reasoning.as_ref().filter(|_| !same_dialect) {
        writer.reasoning(reasoning, &request.model);
    }
    let keeps_accounts = || setting(USAGE).as_deref() == Some("yes");
    let wants_usage = request.stream && (!same_dialect || keeps_accounts());
    if wants_usage && setting("stream-usage").as_deref() != Some("never") {
        writer.usage(&mut extra);
    }
    writer.flag("stream", request.stream.then_some(true), &extra);
    writer.rest(&extra);
    writer.json.close(b'}');
    Ok(Body { json: writer.json.0, warnings: writer.warnings })
}

/// Whether the client wrote this in this dialect.
pub(crate) fn is_own(extra: Option<&Native>) -> bool {
    extra.is_some_and(|extra| extra.dialect == DIALECT)
}

/// Fails for a value of another dialect.
pub(crate) fn own(native: &Native, what: &str) -> Written {
    if native.dialect == DIALECT {
        return Ok(());
    }
    let dialect = &native.dialect;
    let why = format!("{what} of {dialect} cannot be said in {DIALECT}");
    Err(Failure::unsupported(why).into())
}

impl Writer {
    /// The members of an `extra` of this dialect. Of another one nothing can be carried
    /// over.
    pub(crate) fn extra<'a>(
        &mut self,
        extra: Option<&'a Native>,
    ) -> Result<Members<'a>, Box<Failure>> {
        let Some(native) = extra else { return Ok(Members::default()) };
        let members = Members::checked(&native.value).ok_or_else(|| {
            let why = format!("`extra` of {} is not a JSON object", native.dialect);
            Failure::new(FailureKind::InvalidRequest, why)
        })?;
        if native.dialect == DIALECT {
            return Ok(members);
        }
        let held = |name: &str| native.dialect == "anthropic-messages" && HELD.contains(&name);
        for (name, value) in members.pairs() {
            if value != "null" && !held(name) {
                self.lost(&format!("`{name}` of {}", native.dialect));
            }
        }
        Ok(Members::default())
    }

    /// The members of an `extra` that were not written yet, which is all of them: a
    /// member that the client spells itself is never written from a field.
    pub(crate) fn rest(&mut self, extra: &Members<'_>) {
        for (name, value) in extra.pairs() {
            self.json.name(name).raw(value);
        }
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

    /// Asks for the usage at the end of a stream, beside what else the client wants of it.
    fn usage(&mut self, extra: &mut Members<'_>) {
        let own = extra.inner("stream_options").unwrap_or_default();
        let others = own.pairs().filter(|(name, _)| *name != "include_usage");
        let options = object(others.chain([("include_usage", "true")]));
        self.json.name("stream_options").raw(&options);
        extra.0.retain(|(name, _)| name != "stream_options");
    }

    pub(crate) fn flag(&mut self, name: &str, flag: Option<bool>, extra: &Members<'_>) {
        if let Some(flag) = flag {
            self.member(name, if flag { "true" } else { "false" }, extra);
        }
    }

    pub(crate) fn member(&mut self, name: &str, value: &str, extra: &Members<'_>) {
        if !extra.has(name) {
            self.json.name(name).raw(value);
        }
    }

    pub(crate) fn sampling(&mut self, sampling: &Sampling, extra: &Members<'_>) {
        let limit = sampling.max_output_tokens.filter(|_| !self.same_dialect || self.text);
        let spelling = setting("max-tokens").filter(|_| !self.text);
        let spelling = spelling.unwrap_or_else(|| "max_tokens".to_owned());
        let whole = |number: Option<u32>| number.map(|number| number.to_string());
        let alternatives = sampling.logprobs;
        // It is no member of OpenAI's, and who does not know it passes over it.
        let told = self.same_dialect || setting("top-k").as_deref() != Some("no");
        if sampling.top_k.is_some() && !told {
            self.lost("the limit on candidates (top-k)");
        }
        let members = [
            (spelling.as_str(), whole(limit)),
            ("temperature", sampling.temperature.map(number)),
            ("top_p", sampling.top_p.map(number)),
            ("top_k", whole(sampling.top_k.filter(|_| told))),
            ("seed", sampling.seed.map(|seed| seed.to_string())),
            ("presence_penalty", sampling.presence_penalty.map(number)),
            ("frequency_penalty", sampling.frequency_penalty.map(number)),
            ("n", whole(sampling.choices)),
            ("logprobs", whole(alternatives.filter(|_| self.text))),
            ("logprobs", alternatives.filter(|_| !self.text).map(|_| "true".to_owned())),
            ("top_logprobs", whole(alternatives.filter(|some| *some > 0 && !self.text))),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                self.member(name, &value, extra);
            }
        }
        if !sampling.stop.is_empty() && !extra.has("stop") {
            self.json.name("stop").open(b'[');
            sampling.stop.iter().for_each(|stop| self.json.text(stop));
            self.json.close(b']');
        }
    }

    /// How much to think, in the provider's spelling.
    fn reasoning(&mut self, reasoning: &ReasoningOptions, model: &str) {
        let ReasoningOptions { effort, budget_tokens, include_text } = reasoning;
        let asked = effort.is_some() || budget_tokens.is_some();
        let off = effort.as_deref() == Some("none") || *budget_tokens == Some(0);
        let budget = budget_tokens.map(|budget| budget.to_string());
        let spelling = setting("reasoning-request");
        match spelling.as_deref().unwrap_or("reasoning_effort") {
            "reasoning" if asked || include_text.is_some() => {
                self.json.name("reasoning").open(b'{');
                if let Some(effort) = effort {
                    self.json.name("effort").text(effort);
                }
                if let Some(budget) = budget {
                    self.json.name("max_tokens").raw(&budget);
                }
                if let Some(include) = include_text {
                    self.json.name("exclude").raw(if *include { "false" } else { "true" });
                }
                self.json.close(b'}');
            }
            "thinking" if asked => {
                let word = if off { "disabled" } else { "enabled" };
                self.json.name("thinking").open(b'{').name("type").text(word);
                self.json.close(b'}');
                if !off {
                    self.warn(
                        "how much to think was left out: this provider's models think or they don't"
                            .to_owned(),
                    );
                }
            }
            "enable_thinking" if asked => {
                self.json.name("enable_thinking").raw(if off { "false" } else { "true" });
                match budget.filter(|_| !off) {
                    Some(budget) => self.json.name("thinking_budget").raw(&budget),
                    None if off => {}
                    None => self.warn(
                        "the effort of thinking was left out: this provider takes a budget of tokens"
                            .to_owned(),
                    ),
                }
            }
            "effort-or-thinking" if budget.is_some() => {
                let word = if off { "disabled" } else { "enabled" };
                self.json.name("thinking").open(b'{').name("type").text(word);
                if let Some(budget) = budget.filter(|_| !off) {
                    self.json.name("budget_tokens").raw(&budget);
                }
                self.json.close(b'}');
                if effort.is_some() && !off {
                    self.warn(
                        "the effort of thinking was left out: a budget of tokens was given, too"
                            .to_owned(),
                    );
                }
            }
            "reasoning_effort" | "effort-or-thinking" if asked => {
                let near = budget_tokens.and_then(|budget| crate::effort(model, budget));
                match (effort, near) {
                    (Some(effort), _) => self.json.name("reasoning_effort").text(effort),
                    (None, Some(near)) => {
                        self.json.name("reasoning_effort").text(near);
                        self.warn(became(near));
                    }
                    (None, None) => self.lost("the budget of tokens for reasoning"),
                }
            }
            "none" if asked => self.lost("reasoning"),
            _ => {}
        }
    }

    fn format(&mut self, output: &OutputFormat) -> Written {
        let schema = match output {
            OutputFormat::Text => {
                self.json.raw("{\"type\":\"text\"}");
                return Ok(());
            }
            OutputFormat::JsonObject => {
                self.json.raw("{\"type\":\"json_object\"}");
                return Ok(());
            }
            OutputFormat::JsonSchema(schema) => schema,
        };
        let able = setting("structured-output").as_deref() != Some("json_object");
        if !able && !self.same_dialect {
            let why = "this provider can be held to JSON, but not to a schema";
            return Err(Failure::unsupported(why).into());
        }
        let JsonSchema { name, description, schema, strict } = schema;
        let schema = value(schema, "the schema of the answer")?;
        self.json.open(b'{').name("type").text("json_schema");
        // The protocol demands a name.
        let name = name.as_deref().unwrap_or("answer");
        self.json.name("json_schema").open(b'{').name("name").text(name);
        if let Some(description) = description {
            self.json.name("description").text(description);
        }
        self.json.name("schema").raw(schema);
        self.flag("strict", *strict, &Members::default());
        self.json.close(b'}');
        self.json.close(b'}');
        Ok(())
    }
}
