//! Whoever asks.

use super::jwt::Bearer;
use super::pattern::fits;
use crate::ledger::refusal;
use crate::store::{Key, Limits, Subject, Team};
use hotcell::Error;
use hotcell::types::FailureKind;

/// Somebody who was let in, and the limits that hold for them: their own, and their team's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Caller {
    /// What their spending is kept under: the key's id, `operator`, `anyone`, or `jwt:` and
    /// the token's subject.
    pub(crate) id: String,
    pub(crate) team: Option<String>,
    limits: Vec<(Subject, Limits)>,
}

impl Caller {
    /// Where nobody is asked who they are.
    pub(crate) fn anyone() -> Self {
        Self { id: "anyone".to_owned(), team: None, limits: Vec::new() }
    }

    /// Whether it is whoever.
    pub(crate) fn is_anyone(&self) -> bool {
        self.id == "anyone"
    }

    /// Who has the admin key.
    pub(super) fn operator() -> Self {
        Self { id: "operator".to_owned(), team: None, limits: Vec::new() }
    }

    /// Who has a key.
    pub(crate) fn key(key: Key, team: Option<Team>, now: u64) -> Result<Self, Error> {
        let closed = |why| Err(refusal(FailureKind::Authentication, "invalid_api_key", why));
        if key.expires.is_some_and(|expires| expires.0 <= now) {
            return closed("this key has expired");
        }
        if key.blocked {
            return closed("this key is blocked");
        }
        let limits = vec![(Subject::Key(key.id.as_str().into()), key.limits)];
        Self { id: key.id, team: None, limits }.of(team)
    }

    /// Who has a token.
    pub(super) fn bearer(bearer: Bearer, team: Option<Team>) -> Result<Self, Error> {
        let id = format!("jwt:{}", bearer.subject);
        let limits = bearer.models.map(|models| {
            // An empty list would stand for all.
            let models = if models.is_empty() { vec![String::new()] } else { models };
            let subject = Subject::Key(id.as_str().into());
            (subject, Limits { models, ..Limits::default() })
        });
        Self { id, team: None, limits: limits.into_iter().collect() }.of(team)
    }

    fn of(mut self, team: Option<Team>) -> Result<Self, Error> {
        let Some(team) = team else { return Ok(self) };
        if team.blocked {
            let why = "the team of this key is blocked";
            return Err(refusal(FailureKind::Authentication, "invalid_api_key", why));
        }
        self.limits.push((Subject::Team(team.id.as_str().into()), team.limits));
        self.team = Some(team.id);
        Ok(self)
    }

    /// Everybody whose limits hold.
    pub(crate) fn metered(&self) -> impl Iterator<Item = (&Subject, &Limits)> {
        self.limits.iter().map(|(subject, limits)| (subject, limits))
    }

    /// Whether what they ask for has to have a price.
    pub(crate) fn has_budget(&self) -> bool {
        self.metered().any(|(_, limits)| limits.budget.limits().next().is_some())
    }

    /// Whether they may use an endpoint.
    ///
    /// # Errors
    /// `permission`.
    pub(crate) fn may_use(&self, endpoint: &str) -> Result<(), Error> {
        match self.metered().all(|(_, limits)| any_fits(&limits.endpoints, endpoint)) {
            true => Ok(()),
            false => Err(refusal(
                FailureKind::Permission,
                "endpoint_not_allowed",
                format!("this key may not use `{endpoint}`"),
            )),
        }
    }

    /// Whether they may ask for a model.
    ///
    /// # Errors
    /// `permission`.
    pub(crate) fn may_ask(&self, model: &str) -> Result<(), Error> {
        match self.sees(model) {
            true => Ok(()),
            false => Err(refusal(
                FailureKind::Permission,
                "model_not_allowed",
                format!("this key may not use the model `{model}`"),
            )),
        }
    }

    /// Whether a model is there for them.
    pub(crate) fn sees(&self, model: &str) -> bool {
        self.metered().all(|(_, limits)| any_fits(&limits.models, model))
    }
}

/// Whether one of these patterns fits, or there is none.
fn any_fits(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Time;

    fn limits(models: &[&str]) -> Limits {
        let models = models.iter().map(|it| (*it).to_owned()).collect();
        Limits { models, ..Limits::default() }
    }

    #[test]
    fn a_key_may_what_its_team_may_too() {
        let key = Key { id: "k".into(), limits: limits(&["openai/*", "fast"]), ..Key::default() };
        let team = Team { id: "t".into(), limits: limits(&["*/gpt-*", "fast"]), ..Team::default() };
        let caller = Caller::key(key, Some(team), 0).unwrap();
        for (model, may) in
            [("openai/gpt-4o", true), ("fast", true), ("openai/o3", false), ("azure/gpt-4o", false)]
        {
            assert_eq!(caller.may_ask(model).is_ok(), may, "{model}");
        }
        assert_eq!(caller.may_ask("x").unwrap_err().kind(), FailureKind::Permission);
    }

    #[test]
    fn a_key_that_is_over_opens_nothing() {
        let key = Key { expires: Some(Time(100)), ..Key::default() };
        assert!(Caller::key(key.clone(), None, 99).is_ok());
        assert!(Caller::key(key.clone(), None, 100).is_err());
        let blocked = Key { blocked: true, ..Key::default() };
        assert!(Caller::key(blocked, None, 0).is_err());
        let team = Team { blocked: true, ..Team::default() };
        assert!(Caller::key(Key::default(), Some(team), 0).is_err());
    }

    #[test]
    fn a_token_that_lists_no_model_may_use_none() {
        let bearer = |models| Bearer { subject: "s".into(), models, ..Bearer::default() };
        let none = Caller::bearer(bearer(Some(Vec::new())), None).unwrap();
        assert!(!none.sees("openai/gpt-4o") && !none.sees("fast"));
        let all = Caller::bearer(bearer(None), None).unwrap();
        assert!(all.sees("fast"));
    }
}
