//! How a wish to reason is said. Models of generation 2.5 take a budget of tokens, later
//! ones a level (<https://ai.google.dev/gemini-api/docs/thinking>).

use crate::json::{Members, Value};
use crate::request::generation;
use crate::translation::Translation;
use hotcell_sdk::{ReasoningOptions, setting};

/// What the provider's own endpoint for OpenAI's clients makes of an effort.
const BUDGETS: [(&str, u32); 6] = [
    ("minimal", 1024),
    ("low", 1024),
    ("medium", 8192),
    ("high", 24_576),
    ("xhigh", 24_576),
    ("max", 24_576),
];
/// The least that models think which cannot be kept from it.
const LEAST: u32 = 128;

enum Takes {
    Budget,
    Level,
    Nothing,
}

/// The `thinkingConfig` of a wish; none where there is nothing to say.
pub(crate) fn write(
    wanted: &ReasoningOptions,
    model: &str,
    translation: &mut Translation,
) -> Option<Value> {
    let mut config = Members::default();
    match takes(model) {
        Takes::Nothing => {
            let quiet = wanted.effort.as_deref() == Some("none") || wanted.budget_tokens == Some(0);
            if !quiet && wanted.include_text != Some(false) {
                translation.warn("the wish to reason was left out: this model does not");
            }
            return None;
        }
        Takes::Budget => {
            let asked = match &wanted.effort {
                _ if wanted.budget_tokens.is_some() => wanted.budget_tokens,
                Some(effort) if effort == "none" => Some(0),
                Some(effort) => budget(effort, translation),
                None => None,
            };
            let always = model.contains("pro") && !translation.exact;
            let budget = match asked {
                Some(asked) if asked < LEAST && always => {
                    translation.warn(format!(
                        "the reasoning budget became {LEAST} tokens, the least of this model"
                    ));
                    Some(LEAST)
                }
                asked => asked,
            };
            if let Some(budget) = budget {
                config.insert("thinkingBudget", budget);
            }
        }
        Takes::Level => match (&wanted.effort, wanted.budget_tokens) {
            (None, Some(budget)) => {
                config.insert("thinkingBudget", budget);
            }
            (Some(effort), budget) => {
                if budget.is_some() {
                    translation.warn("the reasoning budget was left out: an effort was asked for");
                }
                config.insert("thinkingLevel", level(effort, model, translation));
            }
            (None, None) => {}
        },
    }
    if let Some(told) = wanted.include_text {
        config.insert("includeThoughts", told);
    }
    (!config.is_empty()).then(|| config.into())
}

fn budget(effort: &str, translation: &mut Translation) -> Option<u32> {
    let found = BUDGETS.iter().find(|(known, _)| *known == effort);
    if found.is_none() {
        translation.left_out(&format!("the reasoning effort `{effort}`"));
    }
    found.map(|(_, budget)| *budget)
}

/// The level nearest to an effort. Models of the pro line have no level below `low`, and
/// the first of them none between `low` and `high`.
fn level(effort: &str, model: &str, translation: &mut Translation) -> String {
    let pro = model.contains("pro");
    let level = match effort {
        "none" | "minimal" if pro => "low",
        "none" => "minimal",
        "medium" if model.contains("gemini-3-pro") => "high",
        "xhigh" | "max" => "high",
        other => other,
    };
    if level != effort {
        translation.warn(format!("the reasoning effort `{effort}` became `{level}`, the nearest"));
    }
    level.to_owned()
}

fn takes(model: &str) -> Takes {
    match setting("thinking").as_deref() {
        Some("budget") => Takes::Budget,
        Some("level") => Takes::Level,
        _ => match generation(model) {
            None | Some(..25) => Takes::Nothing,
            Some(25..30) => Takes::Budget,
            Some(_) => Takes::Level,
        },
    }
}
