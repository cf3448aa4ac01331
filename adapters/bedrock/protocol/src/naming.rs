//! Ids of calls and names of tools as the provider takes them: up to 64 letters, digits,
//! `_` and `-`. Other providers have longer ones, and other characters.

use std::collections::BTreeMap;

/// The longest that the provider takes.
const LONGEST: usize = 64;

/// What is taken in the place of what was given, one for one, so that it can be turned
/// back. What is good already stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// What was given, and what is taken for it.
    pairs: Vec<(String, String)>,
    /// Where a given one stands among them.
    places: BTreeMap<String, usize>,
}

impl Names {
    /// Finds a name for each that cannot stay.
    pub(crate) fn of<'a>(given: impl Iterator<Item = &'a str>) -> Self {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for name in given {
            if is_good(name) { good.push(name) } else { bad.push(name) }
        }
        Self::for_bad(&bad, &good)
    }

    #[inline(never)]
    fn for_bad(bad: &[&str], good: &[&str]) -> Self {
        let mut names = Self::default();
        if bad.is_empty() {
            return names;
        }
        // What is used already, and how often something was made of it, so that many
        // alike cost no search each.
        let mut used: BTreeMap<String, usize> = BTreeMap::new();
        for name in good {
            used.insert((*name).to_owned(), 0);
        }
        for name in bad {
            if names.places.contains_key(*name) {
                continue;
            }
            let base = cleaned(name);
            let mut count = used.get(&base).copied().unwrap_or(0);
            let mut candidate = base.clone();
            while used.contains_key(&candidate) {
                count += 1;
                let end = format!("_{count}");
                candidate = format!("{}{end}", &base[..base.len().min(LONGEST - end.len())]);
            }
            used.insert(base, count);
            used.insert(candidate.clone(), 0);
            names.places.insert((*name).to_owned(), names.pairs.len());
            names.pairs.push(((*name).to_owned(), candidate));
        }
        names
    }

    /// What goes out for what was given.
    #[inline(never)]
    pub(crate) fn taken<'a>(&'a self, given: &'a str) -> &'a str {
        self.places.get(given).map_or(given, |place| &self.pairs[*place].1)
    }

    /// What was given for what came back.
    #[inline(never)]
    pub(crate) fn given<'a>(&'a self, taken: &'a str) -> &'a str {
        let found = self.pairs.iter().find(|(_, known)| known == taken);
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
