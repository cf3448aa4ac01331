//! Names with stars in them.

/// Whether a name fits a pattern, in which `*` stands for any text.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_all_else_is_itself() {
        for (pattern, name) in [
            ("gpt-4o", "gpt-4o"),
            ("*", ""),
            ("*", "openai/gpt-4o"),
            ("openai/*", "openai/gpt-4o"),
            ("*/gpt-*-mini", "openai/gpt-4o-mini"),
            ("a*a", "aa"),
            ("a**b", "ab"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("", "gpt-4o"),
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o", "GPT-4o"),
            ("openai/*", "xopenai/gpt"),
            ("a*a", "a"),
            ("*/x", "x"),
            ("a.c", "abc"),
            ("a*b*c", "acb"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
