//! What a client says about answers that were kept: `cache-control` of its request.
//!
//! <https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1>

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// What it wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Whatever is there.
    #[default]
    Any,
    /// `max-age`: nothing that is older than so many seconds.
    Younger(u64),
    /// `no-store`: nothing that was kept, and nothing is to be kept of its own.
    NoStore,
}

impl Wish {
    /// As the headers say it. `no-cache` is an age of 0: the answer is a new one, which takes
    /// the place of the one before. What is not known is ignored, as the RFC has it.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
        let mut wish = Self::Any;
        for word in values.flat_map(|value| value.split(',')) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let most = match name.trim().to_ascii_lowercase().as_str() {
                "no-store" => return Self::NoStore,
                "no-cache" => 0,
                // What is no number is taken for the strictest.
                "max-age" => value.trim().trim_matches('"').parse().unwrap_or(0),
                _ => continue,
            };
            wish = match wish {
                Self::Younger(before) => Self::Younger(before.min(most)),
                _ => Self::Younger(most),
            };
        }
        wish
    }

    /// An answer has to be younger than so many seconds, of which it may have so many.
    pub(crate) fn oldest(self, seconds: u64) -> u64 {
        match self {
            Self::Any => seconds,
            Self::Younger(most) => seconds.min(most),
            Self::NoStore => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(values: &[&str]) -> Wish {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, value.parse().unwrap());
        }
        Wish::of(&headers)
    }

    #[test]
    fn the_strictest_word_counts() {
        for (values, expected) in [
            (&[][..], Wish::Any),
            (&["max-stale=3, only-if-cached"], Wish::Any),
            (&["no-cache"], Wish::Younger(0)),
            (&["max-age=60"], Wish::Younger(60)),
            (&["max-age=60", " No-Cache "], Wish::Younger(0)),
            (&["max-age=60, max-age=7"], Wish::Younger(7)),
            (&["max-age=ages"], Wish::Younger(0)),
            (&["no-cache, no-store"], Wish::NoStore),
            (&["max-age=60", "NO-STORE"], Wish::NoStore),
        ] {
            assert_eq!(wish(values), expected, "{values:?}");
        }
        assert_eq!(Wish::Younger(7).oldest(60), 7);
        assert_eq!(Wish::Younger(70).oldest(60), 60);
    }
}
