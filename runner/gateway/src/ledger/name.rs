//! By which names accounts tell models apart.
//!
//! Each is a row of its own, for each key and day. A client may call a model whatever it likes, and
//! what it makes up may cost nobody anything: so the rows are not as many as it has ideas.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Names that clients made up, and that somebody had to be paid for.
const MOST: usize = 1000;

/// Names that are told apart although nobody wrote them down.
#[derive(Debug, Default)]
pub(crate) struct Names {
    paid: Mutex<HashSet<Box<str>>>,
}

impl Names {
    /// The name by which accounts have a model that metrics know as `label`: its own, where it is
    /// that, or where there is something to be paid for, to a thousand of them.
    pub(crate) fn of<'a>(&self, model: &'a str, label: &'a str, is_paid: bool) -> &'a str {
        if model == label || (is_paid && self.knows(model)) { model } else { label }
    }

    fn knows(&self, model: &str) -> bool {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        paid.contains(model) || (paid.len() < MOST && paid.insert(model.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_has_a_name_where_it_was_paid_for() {
        let names = Names::default();
        assert_eq!(names.of("mine/known", "mine/known", false), "mine/known");
        assert_eq!(names.of("mine/made-up", "mine/*", false), "mine/*");
        assert_eq!(names.of("mine/made-up", "mine/*", true), "mine/made-up");
    }

    #[test]
    fn however_many_are_made_up_there_are_a_thousand() {
        let names = Names::default();
        let made_up: Vec<String> = (0..2 * MOST).map(|number| format!("mine/{number}")).collect();
        let told = || made_up.iter().map(|model| names.of(model, "mine/*", true));
        assert_eq!(told().collect::<HashSet<_>>().len(), MOST + 1);
        // Those that are there stay.
        assert_eq!(told().next(), Some("mine/0"));
        assert_eq!(names.of("mine/known", "mine/known", true), "mine/known");
    }
}
