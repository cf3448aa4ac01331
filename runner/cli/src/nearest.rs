//! The name that was probably meant.

/// The most similar of the names, unless they are all too different.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= 1 + typed.len() / 4 || name.starts_with(typed))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name_and_nonsense_none() {
        let names = ["gpt-4o", "gpt-4o-mini", "o4-mini"];
        assert_eq!(nearest("gpt-4o-mni", names), Some("gpt-4o-mini"));
        assert_eq!(nearest("gtp-4o", names), Some("gpt-4o"));
        assert_eq!(nearest("claude", names), None);
    }
}
