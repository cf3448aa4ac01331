//! What a client says about answers that were kept: `cache-control` of its request.
//!
//! <https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1>

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// What it wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Whatever is there.
    #[default]
    Any,
    /// `max-age`: nothing that is older than so many seconds.
    Younger(u64),
    /// `no-store`: nothing that was kept, and nothing is to be kept of its own.
    NoStore,
}

impl Terms {
    /// As the headers say it. `no-cache` is an age of 0: the answer is a new one, which takes
    /// the place of the one before. What is not known is ignored, as the RFC has it.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|it| it.to_str().ok());
        let mut terms = Self::Any;
        for word in values.flat_map(|value| value.split(',')) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let most = match name.trim().to_ascii_lowercase().as_str() {
                "no-store" => return Self::NoStore,
                "no-cache" => 0,
                // What is no number is taken for the strictest.
                "max-age" => value.trim().trim_matches('"').parse().unwrap_or(0),
                _ => continue,
            };
            terms = match terms {
                Self::Younger(before) => Self::Younger(before.min(most)),
                _ => Self::Younger(most),
            };
        }
        terms
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

    fn terms(values: &[&str]) -> Terms {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, value.parse().unwrap());
        }
        Terms::of(&headers)
    }

    #[test]
    fn the_strictest_word_counts() {
        for (values, expected) in [
            (&[][..], Terms::Any),
            (&["max-stale=3, only-if-cached"], Terms::Any),
            (&["no-cache"], Terms::Younger(0)),
            (&["max-age=60"], Terms::Younger(60)),
            (&["max-age=60", " No-Cache "], Terms::Younger(0)),
            (&["max-age=60, max-age=7"], Terms::Younger(7)),
            (&["max-age=ages"], Terms::Younger(0)),
            (&["no-cache, no-store"], Terms::NoStore),
            (&["max-age=60", "NO-STORE"], Terms::NoStore),
        ] {
            assert_eq!(terms(values), expected, "{values:?}");
        }
        assert_eq!(Terms::Younger(7).oldest(60), 7);
        assert_eq!(Terms::Younger(70).oldest(60), 60);
    }
}
