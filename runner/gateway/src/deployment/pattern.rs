//! Names with a `*`, which stands for any text: `openai/*`.

/// A name in which one `*` stands for any text but none.
#[derive(Debug)]
pub(super) struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// The pattern that a name is; none where it is one model's.
    ///
    /// # Errors
    /// More than one `*`: it could be read in more than one way.
    pub(super) fn of(name: &str) -> Result<Option<Self>, String> {
        let Some((before, after)) = name.split_once('*') else { return Ok(None) };
        if after.contains('*') {
            return Err("has more than one `*`; a name can have one".to_owned());
        }
        Ok(Some(Self { before: before.to_owned(), after: after.to_owned() }))
    }

    /// What stands for the `*` in a name that fits.
    pub(super) fn part_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let part = name.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        (!part.is_empty()).then_some(part)
    }

    /// The name in which this stands for the `*`.
    pub(super) fn name(&self, part: &str) -> String {
        format!("{}{part}{}", self.before, self.after)
    }

    /// How much of a name it fixes: of two that fit, the one that fixes more is meant, and of
    /// those that fix as much the one that fixes more of the beginning.
    pub(super) fn exactness(&self) -> (usize, usize) {
        (self.before.len() + self.after.len(), self.before.len())
    }
}

/// Whether a deployment's model can be filled in.
///
/// # Errors
/// A `*` that nothing stands for, more than one, or one in the provider's name, which would let
/// a client choose whose key is used.
pub(super) fn check(model: &str, is_pattern: bool) -> Result<(), String> {
    let (provider, name) = model.split_once('/').unwrap_or_default();
    match name.matches('*').count() {
        _ if provider.contains('*') => {
            Err(format!("`{model}` has a `*` in the provider's name; say which provider it is"))
        }
        0 => Ok(()),
        1 if is_pattern => Ok(()),
        1 => Err(format!("`{model}` has a `*`, and the model's own name has none to fill it")),
        _ => Err(format!("`{model}` has more than one `*`; there is one to fill")),
    }
}

/// What the `*` of a deployment's model stands for in this model; none where it is another.
pub(super) fn part<'a>(template: &str, model: &'a str) -> Option<&'a str> {
    Pattern::of(template).ok()??.part_of(model)
}

#[cfg(test)]
mod tests {
    use crate::deployment::Models;
    use hotcell::GatewayConfig;
    use hotcell::types::{Failure, FailureKind};
    use std::time::Instant;

    fn models(toml: &str) -> Result<Models, String> {
        let config: GatewayConfig = toml::from_str(toml).unwrap();
        Models::new(&config, &["openai".to_owned()]).map_err(|error| error.to_string())
    }

    fn asked(models: &Models, name: &str) -> Option<String> {
        Some(models.find(name).ok()?.deployments[0].model.to_string())
    }

    #[test]
    fn the_exact_name_counts_first_and_then_the_longest_pattern() {
        let models = models(
            "only-models = true\n\
             models.\"openai/gpt-4o\".deployments = [\"a/exact\"]\n\
             models.\"openai/*\".deployments = [\"b/*\"]\n\
             models.\"openai/gpt-*\".deployments = [\"c/g-*\"]\n\
             models.\"*-mini\".deployments = [\"d/*-small\"]\n\
             models.\"fixed-*\".deployments = [\"e/one\"]\n",
        )
        .unwrap();
        for (name, expected) in [
            ("openai/gpt-4o", Some("a/exact")),
            ("openai/o3", Some("b/o3")),
            ("openai/gpt-5", Some("c/g-5")),
            ("openai/gpt-5-mini", Some("c/g-5-mini")),
            ("haiku-mini", Some("d/haiku-small")),
            ("fixed-anything", Some("e/one")),
            ("openai/x/y", Some("b/x/y")),
            ("openai/", None),
            ("-mini", None),
            ("openai", None),
            ("other/model", None),
        ] {
            assert_eq!(asked(&models, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_star_of_the_clients_is_a_letter_like_any_other() {
        let models = models("models.\"openai/*\".deployments = [\"b/x-*\"]").unwrap();
        assert_eq!(asked(&models, "openai/*").as_deref(), Some("b/x-*"));
        assert_eq!(asked(&models, "openai/**").as_deref(), Some("b/x-**"));
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        for (toml, why) in [
            ("models.\"a*b*\".deployments = [\"p/*\"]", "more than one"),
            ("models.\"a\".deployments = [\"p/*\"]", "none to fill it"),
            ("models.\"*\".deployments = [\"p/*-*\"]", "one to fill"),
            ("models.\"*\".deployments = [\"*/m\"]", "which provider"),
            ("models.\"*\".deployments = [\"*\"]", "provider/model"),
        ] {
            let error = models(toml).unwrap_err();
            assert!(error.contains(why), "{toml}: {error}");
        }
    }

    #[test]
    fn how_a_deployment_has_been_is_known_whatever_name_it_is_called_by() {
        let models = models(
            "models.\"o/*\".deployments = [\"a/*\", \"b/*\"]\nmodels.\"o/*\".cool-down-ms = 9000",
        )
        .unwrap();
        let now = Instant::now();
        let first = models.find("o/one").unwrap();
        first.deployments[0].failed(&Failure::new(FailureKind::RateLimited, ""), now);
        let other = models.find("o/two").unwrap();
        assert!((0..4).all(|_| &*other.choose(&[], now).unwrap().1.model == "b/two"));
        let busy = first.deployments[1].begin(now);
        assert_eq!(other.deployments[1].busy(), 1);
        drop(busy);
        assert_eq!(other.deployments[1].busy(), 0);
    }

    /// Whoever asks for what is not there would otherwise take it away from everybody.
    #[test]
    fn a_model_that_is_not_there_says_nothing_of_the_others() {
        let models = models("models.\"o/*\".deployments = [\"a/*\"]").unwrap();
        let now = Instant::now();
        let absent = models.find("o/absent").unwrap();
        absent.deployments[0].failed(&Failure::new(FailureKind::NotFound, ""), now);
        assert_eq!(models.find("o/there").unwrap().deployments[0].cooling(now), None);
    }

    #[test]
    fn turns_are_taken_across_names() {
        let models = models("models.\"o/*\".deployments = [\"a/*\", \"b/*\"]").unwrap();
        let turn = |name: &str| {
            let entry = models.find(name).unwrap();
            entry.choose(&[], Instant::now()).unwrap().1.model.to_string()
        };
        assert_eq!([turn("o/1"), turn("o/2"), turn("o/3")], ["a/1", "b/2", "a/3"]);
    }

    #[test]
    fn clients_are_told_what_a_pattern_is_known_to_lead_to() {
        let models = models(
            "models.mine.deployments = [\"openai/gpt-4o\"]\n\
             models.\"my-*\".deployments = [\"openai/*\"]",
        )
        .unwrap();
        let listed: Vec<String> = models.listed().collect();
        assert!(listed.contains(&"mine".to_owned()), "{listed:?}");
        assert!(listed.contains(&"my-gpt-4o".to_owned()), "{listed:?}");
        assert!(listed.iter().all(|name| !name.contains('*')), "{listed:?}");
    }
}
