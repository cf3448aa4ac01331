//! Ids of calls and names of tools as the provider takes them: up to 64 letters, digits,
//! `_` and `-`. Other providers have longer ones, and other characters.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The longest that the provider takes.
const LONGEST: usize = 64;

/// What is taken in the place of what was given, one for one, so that it can be turned
/// back. What is good already stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: BTreeMap<String, String>,
}

impl Names {
    /// Finds a name for each that cannot stay.
    pub(crate) fn of<'a>(given: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut names = Self::default();
        let mut used: BTreeSet<Cow<'a, str>> =
            given.clone().filter(|name| is_good(name)).map(Cow::Borrowed).collect();
        // How often the same was made, so that many alike cost no search each.
        let mut made: BTreeMap<String, u32> = BTreeMap::new();
        for name in given.filter(|name| !is_good(name)) {
            if names.taken.contains_key(name) {
                continue;
            }
            let base = cleaned(name);
            let count = made.entry(base.clone()).or_default();
            let mut candidate = base.clone();
            while used.contains(candidate.as_str()) {
                *count += 1;
                let end = format!("_{count}");
                candidate = format!("{}{end}", &base[..base.len().min(LONGEST - end.len())]);
            }
            used.insert(Cow::Owned(candidate.clone()));
            names.taken.insert(name.to_owned(), candidate);
        }
        names
    }

    /// What goes out for what was given.
    pub(crate) fn taken<'a>(&'a self, given: &'a str) -> &'a str {
        self.taken.get(given).map_or(given, String::as_str)
    }

    /// What was given for what came back.
    pub(crate) fn given<'a>(&'a self, taken: &'a str) -> &'a str {
        let found = self.taken.iter().find(|(_, known)| *known == taken);
        found.map_or(taken, |(given, _)| given)
    }
}

fn is_good(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.chars().all(is_good_char)
}

fn is_good_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn cleaned(name: &str) -> String {
    let chars = name.chars().take(LONGEST);
    let cleaned: String = chars.map(|c| if is_good_char(c) { c } else { '_' }).collect();
    if cleaned.is_empty() { "_".to_owned() } else { cleaned }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn what_is_good_stays_and_the_rest_can_be_turned_back() {
        let long = "x".repeat(70);
        let longer = "x".repeat(71);
        let all = ["call_1", "call 1", "call.1", "call:1", "", "\u{e9}", &long, &longer];
        let names = Names::of(all.into_iter());
        assert_eq!(names.taken("call_1"), "call_1");
        let mut seen = std::collections::BTreeSet::new();
        for given in all {
            let taken = names.taken(given);
            assert!(super::is_good(taken), "{given:?} became {taken:?}");
            assert!(seen.insert(taken), "{taken} stands for two");
            assert_eq!(names.given(taken), given);
        }
        assert_eq!(names.given("another"), "another");
    }

    #[test]
    fn many_that_become_the_same_are_told_apart() {
        let all: Vec<String> = (0..3000).map(|n| format!("{}{n}", "?".repeat(64))).collect();
        let names = Names::of(all.iter().map(String::as_str));
        let taken: std::collections::BTreeSet<&str> =
            all.iter().map(|name| names.taken(name)).collect();
        assert_eq!(taken.len(), all.len());
    }
}
