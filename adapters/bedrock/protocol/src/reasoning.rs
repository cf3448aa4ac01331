//! How a wish to reason is said. The protocol has a word for an effort only; all else
//! stands in the model's own words among `additionalModelRequestFields`. Claude up to 4.5
//! takes a budget of tokens, Claude after 4.6 an effort, and 4.6 both
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>);
//! Nova 2 takes an effort (<https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html>).

use crate::family::Family;
use crate::translation::Translation;
use hotcell_sdk::{ChatRequest, ReasoningOptions, setting};

/// The smallest budget that Claude takes.
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
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Thinking {
    /// A field of the model's own: its name and its value.
    pub(crate) field: Option<(&'static str, String)>,
    /// The effort, in the protocol's own word.
    pub(crate) effort: Option<String>,
}

impl Thinking {
    fn field(name: &'static str, value: impl Into<String>) -> Self {
        Self { field: Some((name, value.into())), effort: None }
    }
}

/// Decides how to say what the request wants.
pub(crate) fn plan(request: &ChatRequest, translation: &mut Translation) -> Thinking {
    let Some(wanted) = &request.reasoning else { return Thinking::default() };
    let asked = wanted.effort.is_some() || wanted.budget_tokens.is_some();
    if !asked && wanted.include_text != Some(true) {
        // Thoughts that nobody asked for need not be kept quiet.
        return Thinking::default();
    }
    let off = wanted.effort.as_deref() == Some("none") || wanted.budget_tokens == Some(0);
    match translation.family {
        Family::Claude => claude(request, wanted, off, translation),
        Family::Nova2 => nova(wanted, off, translation),
        Family::OpenAi => open_ai(wanted, off, translation),
        _ => {
            translation.not_here("the wish to reason");
            Thinking::default()
        }
    }
}

fn claude(
    request: &ChatRequest,
    wanted: &ReasoningOptions,
    off: bool,
    translation: &mut Translation,
) -> Thinking {
    if off {
        return Thinking::field("thinking", r#"{"type":"disabled"}"#);
    }
    let display = match wanted.include_text {
        Some(true) => r#","display":"summarized""#,
        Some(false) => r#","display":"omitted""#,
        None => "",
    };
    let budget =
        |tokens: u32| format!("{{\"type\":\"enabled\",\"budget_tokens\":{tokens}{display}}}");
    let effort = wanted.effort.as_deref();
    match (takes(&request.model), wanted.budget_tokens) {
        (Takes::Budget, Some(tokens)) => Thinking::field("thinking", budget(tokens)),
        (Takes::Budget, None) => {
            let tokens = effort.map_or(USUAL, |word| {
                let known = BUDGETS.iter().find(|(known, _)| *known == word);
                if known.is_none() {
                    translation.left_out(&format!("the reasoning effort `{word}`"));
                }
                known.map_or(USUAL, |(_, budget)| *budget)
            });
            // The budget has to leave room for the answer.
            let asked = request.sampling.max_output_tokens;
            let room = asked.map_or(tokens, |asked| asked.saturating_sub(1).min(tokens));
            if room < SMALLEST {
                translation.warn(format!(
                    "reasoning was left out: it needs more than {SMALLEST} tokens of output"
                ));
                return Thinking::default();
            }
            Thinking::field("thinking", budget(room))
        }
        (Takes::Both, Some(tokens)) => Thinking {
            effort: effort.map(|word| spelled(word, translation)),
            ..Thinking::field("thinking", budget(tokens))
        },
        (Takes::Both | Takes::Effort, tokens) => {
            if tokens.is_some() {
                translation.warn(
                    "the reasoning budget was left out: this model takes an effort instead"
                        .to_owned(),
                );
            }
            Thinking {
                effort: effort.map(|word| spelled(word, translation)),
                ..Thinking::field("thinking", format!("{{\"type\":\"adaptive\"{display}}}"))
            }
        }
    }
}

fn nova(wanted: &ReasoningOptions, off: bool, translation: &mut Translation) -> Thinking {
    if off {
        return Thinking::field("reasoningConfig", r#"{"type":"disabled"}"#);
    }
    let effort = match (wanted.effort.as_deref(), wanted.budget_tokens) {
        (Some(word @ ("low" | "medium" | "high")), _) => word,
        (Some("minimal"), _) => changed("minimal", "low", translation),
        (Some(word @ ("xhigh" | "max")), _) => changed(word, "high", translation),
        (Some(word), _) => changed(word, "medium", translation),
        (None, Some(tokens)) => {
            let effort = match tokens {
                ..=2048 => "low",
                2049..=8192 => "medium",
                _ => "high",
            };
            translation.warn(format!(
                "the reasoning budget became the effort `{effort}`: this model takes no other"
            ));
            effort
        }
        (None, None) => "medium",
    };
    let value = format!("{{\"type\":\"enabled\",\"maxReasoningEffort\":\"{effort}\"}}");
    Thinking::field("reasoningConfig", value)
}

fn open_ai(wanted: &ReasoningOptions, off: bool, translation: &mut Translation) -> Thinking {
    let effort = match wanted.effort.as_deref() {
        _ if off => changed("none", "low", translation),
        Some(word @ ("low" | "medium" | "high")) => word,
        Some("minimal") => changed("minimal", "low", translation),
        Some(word @ ("xhigh" | "max")) => changed(word, "high", translation),
        Some(word) => changed(word, "medium", translation),
        None => {
            if wanted.budget_tokens.is_some() {
                translation.not_here("the reasoning budget");
            }
            return Thinking::default();
        }
    };
    Thinking::field("reasoning_effort", format!("\"{effort}\""))
}

fn changed(word: &str, into: &'static str, translation: &mut Translation) -> &'static str {
    translation.warn(format!("the reasoning effort `{word}` became `{into}`, the nearest here"));
    into
}

fn spelled(effort: &str, translation: &mut Translation) -> String {
    match effort {
        "minimal" => changed("minimal", "low", translation).to_owned(),
        other => other.to_owned(),
    }
}

/// What Claude takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Budget,
    Both,
    Effort,
}

fn takes(model: &str) -> Takes {
    match setting("thinking").as_deref() {
        Some("budget") => Takes::Budget,
        Some("adaptive") => Takes::Effort,
        _ => by_name(model),
    }
}

/// Reads the version in ids such as `us.anthropic.claude-sonnet-4-5-20250929-v1:0`. One
/// that does not tell is that of a newer model.
fn by_name(model: &str) -> Takes {
    let Some((_, rest)) = crate::parted(model, "claude-") else { return Takes::Effort };
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
    fn claude_tells_by_its_id_how_it_reasons() {
        for (model, takes) in [
            ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", Takes::Budget),
            ("anthropic.claude-opus-4-20250514-v1:0", Takes::Budget),
            ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", Takes::Budget),
            ("global.anthropic.claude-haiku-4-5-20251001-v1:0", Takes::Budget),
            ("us.anthropic.claude-opus-4-6-v1", Takes::Both),
            ("us.anthropic.claude-sonnet-5-v1:0", Takes::Effort),
            ("arn:aws:bedrock:us-east-1:1:application-inference-profile/a1", Takes::Effort),
        ] {
            assert_eq!(by_name(model), takes, "{model}");
        }
    }
}
