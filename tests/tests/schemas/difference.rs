//! What providers take although their published schemas do not have it.

use serde_json::Value;
use std::collections::BTreeSet;

/// Something that a schema does not know and the provider does.
pub(crate) struct Difference {
    adapter: &'static str,
    /// The member, with `*` for each place in a list. It is not looked at.
    at: &'static str,
    /// How it is known.
    because: &'static str,
}

/// Nothing else is excused.
const ALL: &[Difference] = &[];

/// Takes the members out that are known to differ, and notes which there were.
pub(crate) fn take_out(adapter: &str, body: &mut Value, needed: &mut BTreeSet<&'static str>) {
    for difference in ALL.iter().filter(|it| it.adapter == adapter) {
        if take(body, difference.at) {
            needed.insert(difference.because);
        }
    }
}

fn take(value: &mut Value, path: &str) -> bool {
    let (first, rest) = path.split_once('/').map_or((path, None), |(it, rest)| (it, Some(rest)));
    match (value, rest) {
        (Value::Array(items), Some(rest)) if first == "*" => {
            items.iter_mut().fold(false, |any, item| take(item, rest) || any)
        }
        (Value::Object(members), Some(rest)) => {
            members.get_mut(first).is_some_and(|it| take(it, rest))
        }
        (Value::Object(members), None) => members.remove(first).is_some(),
        _ => false,
    }
}
