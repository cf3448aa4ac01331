//! Members that stand beside what is modelled.

use hotcell_openai_chat::DIALECT;
use hotcell_openai_chat::json::{Members, object};
use hotcell_sdk::Native;

/// Whether something was written in this dialect.
pub(crate) fn is_own(extra: Option<&Native>) -> bool {
    extra.is_some_and(|extra| extra.dialect == DIALECT)
}

/// The members of an `extra` of this dialect; none of another.
pub(crate) fn own(extra: Option<&Native>) -> Members<'_> {
    let own = extra.filter(|extra| extra.dialect == DIALECT);
    own.and_then(|extra| Members::checked(&extra.value)).unwrap_or_default()
}

/// The text of an object with one member more, or with another value of it.
pub(crate) fn with(text: &str, name: &str, value: &str) -> String {
    let members = Members::checked(text).unwrap_or_default();
    let others = members.pairs().filter(|(known, _)| *known != name);
    object(others.chain([(name, value)]))
}

/// Takes members out; an `extra` that has none left stays, as an empty object.
pub(crate) fn remove(extra: &mut Option<Native>, names: &[&str]) {
    let Some(native) = extra else { return };
    let Some(members) = Members::checked(&native.value) else { return };
    let kept = members.pairs().filter(|(name, _)| !names.contains(name));
    native.value = object(kept);
}

/// Puts a value in the place of an `extra`. What another dialect said there is lost, and
/// so is what this one said of the thing as it was.
pub(crate) fn replace(extra: &mut Option<Native>, value: String, warnings: &mut Vec<String>) {
    if let Some(before) = extra {
        let members = Members::checked(&before.value).unwrap_or_default();
        for (name, _) in members.pairs().filter(|(_, value)| *value != "null") {
            lost(warnings, &format!("`{name}` of {}", before.dialect));
        }
    }
    *extra = Some(Native { dialect: DIALECT.to_owned(), value });
}

/// Something was left out: a sentence for a person, once.
pub(crate) fn lost(warnings: &mut Vec<String>, what: &str) {
    warn(warnings, &format!("{what} was left out: Mistral has no word for it"));
}

pub(crate) fn warn(warnings: &mut Vec<String>, sentence: &str) {
    if !warnings.iter().any(|known| known == sentence) {
        warnings.push(sentence.to_owned());
    }
}
