//! How an answer is drawn, and the form that it must take.

use crate::carried::Carried;
use crate::writer::{Writer, Written, unsupported};
use hotcell_openai_chat::became;
use hotcell_openai_chat::json::{Members, value};
use hotcell_sdk::{JsonSchema, OutputFormat, ReasoningOptions, Sampling};

/// See <https://platform.openai.com/docs/api-reference/responses/create>.
const LEAST_LIMIT: u32 = 16;

impl Writer {
    pub(crate) fn sampling(&mut self, sampling: &Sampling, extra: &Members<'_>) -> Written {
        if !self.exact {
            if !sampling.stop.is_empty() {
                return Err(unsupported(
                    "stop sequences cannot be said in this protocol, and the answer would go \
                     on behind them",
                ));
            }
            if sampling.choices.is_some_and(|choices| choices > 1) {
                return Err(unsupported("this protocol gives one answer, not several choices"));
            }
        }
        let lost = [
            ("top-k", sampling.top_k.is_some()),
            ("the seed", sampling.seed.is_some()),
            ("the presence penalty", sampling.presence_penalty.is_some_and(|value| value != 0.0)),
            ("the frequency penalty", sampling.frequency_penalty.is_some_and(|value| value != 0.0)),
        ];
        lost.iter().filter(|(_, lost)| *lost).for_each(|(what, _)| self.lost(what));
        let logprobs = sampling.logprobs.filter(|count| *count > 0 && !self.exact);
        let members = [
            ("max_output_tokens", self.limit(sampling).map(|count| count.to_string())),
            ("temperature", sampling.temperature.map(number)),
            ("top_p", sampling.top_p.map(number)),
            ("top_logprobs", logprobs.map(|count| count.to_string())),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                self.member(name, &value, extra);
            }
        }
        Ok(())
    }

    /// The provider refuses a limit that is smaller than its least. A few tokens more than were
    /// wanted are an answer, and its refusal is none.
    fn limit(&mut self, sampling: &Sampling) -> Option<u32> {
        let limit = sampling.max_output_tokens?;
        if limit >= LEAST_LIMIT || self.exact {
            return Some(limit);
        }
        self.warn(format!(
            "the limit of {limit} tokens was raised to {LEAST_LIMIT}, the least that the provider \
             takes"
        ));
        Some(LEAST_LIMIT)
    }

    /// How much to think, and whether the thoughts should be told.
    pub(crate) fn reasoning(&mut self, reasoning: &ReasoningOptions, model: &str) {
        let ReasoningOptions { effort, budget_tokens, include_text } = reasoning;
        let budget = budget_tokens.filter(|_| effort.is_none());
        let near = budget.and_then(|budget| hotcell_openai_chat::effort(model, budget));
        match near {
            Some(near) => self.warn(became(near)),
            None if budget_tokens.is_some() => self.lost("the budget of tokens for reasoning"),
            None => {}
        }
        let summary = *include_text == Some(true);
        let effort = effort.as_deref().or(near);
        if effort.is_none() && !summary {
            return;
        }
        self.json.name("reasoning").open(b'{');
        if let Some(effort) = effort {
            self.json.name("effort").text(effort);
        }
        if summary {
            self.json.name("summary").text("auto");
        }
        self.json.close(b'}');
    }

    /// The member `text`: the form of the answer, and how wordy it may be.
    pub(crate) fn format(
        &mut self,
        output: Option<&OutputFormat>,
        carried: &Carried<'_>,
        extra: &Members<'_>,
    ) -> Written {
        let Carried { verbosity, format, .. } = carried;
        if extra.has("text") || (output.is_none() && verbosity.is_none() && format.is_none()) {
            return Ok(());
        }
        self.json.name("text").open(b'{');
        if let Some(output) = output {
            self.json.name("format").open(b'{').name("type");
            match output {
                OutputFormat::Text => self.json.text("text"),
                OutputFormat::JsonObject => self.json.text("json_object"),
                OutputFormat::JsonSchema(schema) => self.schema(schema)?,
            }
            self.json.close(b'}');
        }
        if let Some(format) = format {
            self.json.name("format").raw(format);
        }
        if let Some(verbosity) = verbosity {
            self.json.name("verbosity").raw(verbosity);
        }
        self.json.close(b'}');
        Ok(())
    }

    fn schema(&mut self, schema: &JsonSchema) -> Written {
        let JsonSchema { name, description, schema, strict } = schema;
        self.json.text("json_schema");
        // The protocol demands a name.
        self.json.name("name").text(name.as_deref().unwrap_or("answer"));
        if let Some(description) = description {
            self.json.name("description").text(description);
        }
        self.json.name("schema").raw(value(schema, "the schema of the answer")?);
        self.flag("strict", *strict, &Members::default());
        Ok(())
    }
}

/// Whole numbers without a decimal point: what takes `1.0` also takes `1`, and not
/// always the other way round.
fn number(value: f64) -> String {
    // A number that is no JSON has no meaning either.
    if value.is_finite() { value.to_string() } else { "null".to_owned() }
}
