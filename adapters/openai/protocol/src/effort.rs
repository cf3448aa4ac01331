//! How much a model should think, where the caller says it in tokens and the protocol in words.

/// Efforts, and up to which budget of tokens each is meant: halfway to the next of those that
/// Anthropic's adapter makes of them.
const EFFORTS: [(&str, u32); 4] =
    [("none", 0), ("minimal", 1024), ("low", 4096), ("medium", 12_288)];

/// The effort that is nearest to a budget, of those that the model takes; none where it is not
/// known to take any, for then the provider refuses to be told.
///
/// Known are models of OpenAI's that reason, by their names
/// (<https://platform.openai.com/docs/guides/reasoning>).
pub fn effort(model: &str, budget: u32) -> Option<&'static str> {
    let name = model.rsplit('/').next().unwrap_or_default();
    let lowest = lowest(name)?;
    let near = EFFORTS.iter().find(|(_, most)| budget <= *most);
    let near = near.map_or("high", |(effort, _)| *effort);
    let place = |effort: &str| EFFORTS.iter().position(|(known, _)| *known == effort);
    let known = |effort: &str| match effort {
        "none" => lowest == "none",
        // It went when `none` came.
        "minimal" => lowest == "minimal",
        _ => true,
    };
    // The first above it that the model has a word for.
    let above = EFFORTS.iter().skip(place(near).unwrap_or(EFFORTS.len()));
    Some(above.map(|(effort, _)| *effort).find(|effort| known(effort)).unwrap_or("high"))
}

/// The least effort that a model takes; none where it is not known to take any.
fn lowest(name: &str) -> Option<&'static str> {
    let fixed = ["o1-mini", "o1-preview"].iter().any(|known| name.starts_with(known));
    if generation(name, "o").is_some() {
        return (!fixed).then_some("low");
    }
    if name.starts_with("gpt-oss") || name.starts_with("codex") {
        return Some("low");
    }
    let number = generation(name, "gpt-").filter(|number| *number >= 5);
    // Those of the pro line take one effort only, and the others here none.
    if number.is_none() || ["-chat", "-pro"].iter().any(|kind| name.contains(kind)) {
        return None;
    }
    Some(match name.contains("codex") {
        true => "low",
        false if number == Some(5) && !name.starts_with("gpt-5.") => "minimal",
        false => "none",
    })
}

/// The number behind a prefix: 5 of `gpt-5.1` behind `gpt-`.
pub fn generation(name: &str, prefix: &str) -> Option<u32> {
    let rest = name.strip_prefix(prefix)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What is told of a budget that became an effort.
pub fn became(effort: &str) -> String {
    format!(
        "the budget of tokens for reasoning was given as the effort `{effort}`, for the protocol \
         has only words for it"
    )
}

#[cfg(test)]
mod tests {
    use super::effort;

    #[test]
    fn a_budget_is_the_nearest_effort_that_the_model_takes() {
        let efforts = |model: &str| {
            [0, 1024, 2000, 8192, 16_384].map(|budget| effort(model, budget).expect("it reasons"))
        };
        for model in ["gpt-5", "gpt-5-mini-2025-08-07", "openai/gpt-5"] {
            assert_eq!(efforts(model), ["minimal", "minimal", "low", "medium", "high"], "{model}");
        }
        for model in ["gpt-5.1", "gpt-5.2-2025-12-11", "gpt-6"] {
            assert_eq!(efforts(model), ["none", "low", "low", "medium", "high"], "{model}");
        }
        for model in [
            "o1",
            "o3-mini",
            "o4-mini",
            "gpt-oss-120b",
            "openai/gpt-oss-20b",
            "codex-mini-latest",
            "gpt-5-codex",
            "gpt-5.1-codex-max",
        ] {
            assert_eq!(efforts(model), ["low", "low", "low", "medium", "high"], "{model}");
        }
        for model in [
            "gpt-4o",
            "gpt-4.1",
            "gpt-5-chat-latest",
            "gpt-5-pro",
            "o1-mini",
            "olmo-3",
            "test-model",
            "grok-4",
            "claude-opus-4",
        ] {
            assert_eq!(effort(model, 8192), None, "{model}");
        }
    }
}
