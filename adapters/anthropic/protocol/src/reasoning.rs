//! How a wish to reason is said. Models up to 4.5 take a budget of tokens, those
//! after 4.6 decide for themselves and take an effort, and 4.6 takes both
//! (<https://docs.anthropic.com/en/docs/build-with-claude/adaptive-thinking>).

use crate::conversation::Conversation;
use crate::request::Limits;
use crate::translation::Translation;
use crate::writer::Object;
use hotcell_sdk::{ChatRequest, ToolChoice, setting};

/// The smallest budget that the provider takes.
const SMALLEST: u32 = 1024;
/// Budgets for the efforts of other providers.
const BUDGETS: [(&str, u32); 6] = [
    ("minimal", SMALLEST),
    ("low", 2048),
    ("medium", 8192),
    ("high", 16_384),
    ("xhigh", 24_576),
    ("max", 32_000),
];
/// The budget where thoughts are wanted and nothing says how many.
const USUAL: u32 = 8192;

/// What goes out.
#[derive(Default)]
pub(crate) struct Thinking {
    form: Option<Form>,
    display: Option<&'static str>,
    effort: Option<String>,
}

enum Form {
    Disabled,
    Adaptive,
    Budget(u32),
}

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Budget,
    Both,
    Effort,
}

impl Thinking {
    pub(crate) fn budget(&self) -> u32 {
        match self.form {
            Some(Form::Budget(budget)) => budget,
            _ => 0,
        }
    }

    /// Whether the model thinks before it answers.
    pub(crate) fn is_on(&self) -> bool {
        matches!(self.form, Some(Form::Adaptive | Form::Budget(_)))
    }

    /// The same, but none where the provider would refuse the request for it.
    pub(crate) fn where_possible(
        mut self,
        request: &ChatRequest,
        conversation: &Conversation<'_>,
        translation: &mut Translation,
    ) -> Self {
        let forced =
            matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Function(_)));
        let why = match self.form {
            _ if translation.exact => None,
            Some(Form::Adaptive | Form::Budget(_)) if forced => Some("a tool has to be called"),
            Some(Form::Budget(_)) if conversation.lacks_thoughts() => {
                Some("what was thought before the last calls did not come back with them")
            }
            _ => None,
        };
        if let Some(why) = why {
            translation.warn(format!("reasoning was left out: {why}"));
            self.form = None;
        }
        self
    }

    pub(crate) fn effort(&self) -> Option<&str> {
        self.effort.as_deref()
    }

    pub(crate) fn write(&self, object: &mut Object<'_, '_>) {
        let (kind, budget) = match self.form {
            None => return,
            Some(Form::Disabled) => ("disabled", None),
            Some(Form::Adaptive) => ("adaptive", None),
            Some(Form::Budget(budget)) => ("enabled", Some(budget)),
        };
        // What is written here cannot fail.
        let _ = object.with("thinking", |out| {
            let mut thinking = Object::open(out, Default::default());
            thinking.put("type", kind);
            thinking.maybe("budget_tokens", budget);
            thinking.maybe("display", self.display);
            thinking.close();
            Ok(())
        });
    }
}

/// Decides how to say what the request wants.
pub(crate) fn plan(
    request: &ChatRequest,
    limits: &Limits,
    translation: &mut Translation,
) -> Thinking {
    let Some(wanted) = &request.reasoning else { return Thinking::default() };
    let effort = wanted.effort.as_deref();
    if effort == Some("none") || wanted.budget_tokens == Some(0) {
        return Thinking { form: Some(Form::Disabled), ..Thinking::default() };
    }
    let display = wanted.include_text.map(|told| if told { "summarized" } else { "omitted" });
    if effort.is_none() && wanted.budget_tokens.is_none() && wanted.include_text != Some(true) {
        // Thoughts that nobody asked for need not be kept quiet.
        return Thinking::default();
    }
    let exact = translation.exact;
    match (takes(&request.model), wanted.budget_tokens) {
        (Takes::Budget, Some(budget)) if exact => {
            Thinking { form: Some(Form::Budget(budget)), display, effort: None }
        }
        (Takes::Budget, budget) => {
            let budget = match (budget, effort) {
                (Some(budget), _) => budget.max(SMALLEST),
                (None, None) => USUAL,
                (None, Some(word)) => match BUDGETS.iter().find(|(known, _)| *known == word) {
                    Some((_, budget)) => *budget,
                    None => {
                        translation.left_out(&format!("the reasoning effort `{word}`"));
                        USUAL
                    }
                },
            };
            // The budget has to leave room for the answer.
            let room = limits.asked.map_or(budget, |asked| asked.saturating_sub(1).min(budget));
            if room < SMALLEST {
                translation.warn(format!(
                    "reasoning was left out: it needs more than {SMALLEST} tokens of output"
                ));
                return Thinking::default();
            }
            Thinking { form: Some(Form::Budget(room)), display, effort: None }
        }
        (Takes::Both, Some(budget)) if exact || limits.have_room_for(budget) => Thinking {
            form: Some(Form::Budget(budget)),
            display,
            effort: effort.map(|word| spelled(word, translation)),
        },
        (Takes::Both | Takes::Effort, budget) => {
            if budget.is_some() {
                translation.warn(
                    "the reasoning budget was left out: this model takes an effort instead"
                        .to_owned(),
                );
            }
            Thinking {
                form: Some(Form::Adaptive),
                display,
                effort: effort.map(|word| spelled(word, translation)),
            }
        }
    }
}

fn spelled(effort: &str, translation: &mut Translation) -> String {
    if effort == "minimal" {
        translation.warn("the reasoning effort `minimal` became `low`, the lowest here".to_owned());
        return "low".to_owned();
    }
    effort.to_owned()
}

fn takes(model: &str) -> Takes {
    match setting("thinking").as_deref() {
        Some("budget") => Takes::Budget,
        Some("adaptive") => Takes::Effort,
        _ => by_name(model),
    }
}

/// Reads the version in names such as `claude-3-7-sonnet-latest`,
/// `claude-opus-4-20250514` and `vendor/claude-sonnet-4.6@2026`. A name that does not
/// tell is one of a newer model.
fn by_name(model: &str) -> Takes {
    let Some((_, rest)) = model.split_once("claude-") else { return Takes::Effort };
    let words = rest.split(|c: char| !c.is_ascii_alphanumeric());
    let mut numbers = words.filter_map(|word| word.parse::<u32>().ok());
    let Some(major) = numbers.next() else { return Takes::Effort };
    // A date is no minor version.
    let minor = numbers.next().filter(|minor| *minor < 100).unwrap_or(0);
    match (major, minor) {
        (..4, _) | (4, ..6) => Takes::Budget,
        (4, 6) => Takes::Both,
        _ => Takes::Effort,
    }
}

#[cfg(test)]
mod tests {
    use super::{Takes, by_name};

    #[test]
    fn a_model_tells_by_its_name_how_it_reasons() {
        for model in [
            "claude-3-7-sonnet-latest",
            "claude-opus-4-20250514",
            "claude-sonnet-4-0",
            "claude-opus-4-1-20250805",
            "claude-haiku-4-5-20251001",
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-opus-4-5@20251101",
        ] {
            assert_eq!(by_name(model), Takes::Budget, "{model}");
        }
        for model in ["claude-sonnet-4-6", "anthropic/claude-opus-4.6"] {
            assert_eq!(by_name(model), Takes::Both, "{model}");
        }
        for model in
            ["claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-5", "claude-next", "glm-5"]
        {
            assert_eq!(by_name(model), Takes::Effort, "{model}");
        }
    }
}
