//! What a client says that it is known by.

use super::secret::{PREFIX, hash};
use crate::store::Hash;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use std::fmt;

/// Where the SDKs of each dialect put a key, besides `Authorization`.
const HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Where clients of LiteLLM's put a key whose `Authorization` is meant for somebody else.
const BESIDE: HeaderName = HeaderName::from_static("x-litellm-api-key");

/// A key or a token. It is never shown.
pub(super) struct Credential<'a>(Cow<'a, str>);

/// It can be read in more than one way, or in none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear;

impl<'a> Credential<'a> {
    /// The first that a request has: of its headers, and then of its query.
    pub(super) fn of(
        headers: &'a HeaderMap,
        query: Option<&'a str>,
    ) -> Result<Option<Self>, Unclear> {
        if let Some(value) = only(headers, &BESIDE)? {
            let key = bearer(value).unwrap_or(value.trim_ascii());
            return Ok(Self::new(key.into()));
        }
        if let Some(key) = only(headers, &AUTHORIZATION)?.and_then(bearer) {
            return Ok(Self::new(key.into()));
        }
        for name in &HEADERS {
            if let Some(value) = only(headers, name)? {
                return Ok(Self::new(value.trim_ascii().into()));
            }
        }
        let mut keys = query.into_iter().flat_map(|query| query.split('&'));
        let mut keys = keys.by_ref().filter_map(|pair| pair.strip_prefix("key="));
        match (keys.next(), keys.next()) {
            (Some(_), Some(_)) => Err(Unclear),
            // No key of ours has a character that would have to be escaped.
            (Some(key), None) => Ok(Self::new(key.into())),
            (None, _) => Ok(None),
        }
    }

    fn new(text: Cow<'a, str>) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }

    /// Whether it can be a token of an identity provider's.
    pub(super) fn is_token(&self) -> bool {
        !self.0.starts_with(PREFIX) && self.0.matches('.').count() == 2
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of all of it.
    pub(super) fn digest(&self) -> Hash {
        hash(self.0.as_bytes())
    }
}

/// What stands behind `Bearer`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim_ascii())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Unclear> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => HeaderValue::to_str(value).map(Some).map_err(|_| Unclear),
        (Some(_), Some(_)) => Err(Unclear),
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&str, &str)], query: Option<&str>) -> Result<Option<String>, Unclear> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        Ok(Credential::of(&map, query)?.map(|said| said.text().to_owned()))
    }

    #[test]
    fn a_key_is_found_wherever_an_sdk_puts_it() {
        for headers in [
            [("authorization", "Bearer k")],
            [("Authorization", "bearer  k ")],
            [("x-api-key", "k")],
            [("api-key", "k")],
            [("x-goog-api-key", "k")],
            [("x-litellm-api-key", "k")],
            [("x-litellm-api-key", "Bearer k")],
        ] {
            assert_eq!(of(&headers, None), Ok(Some("k".to_owned())), "{headers:?}");
        }
        assert_eq!(
            of(&[("authorization", "Bearer other"), ("x-litellm-api-key", "k")], None),
            Ok(Some("k".to_owned()))
        );
        assert_eq!(of(&[], Some("alt=sse&key=k")), Ok(Some("k".to_owned())));
        // Some SDKs always send an empty one beside the other.
        assert_eq!(
            of(&[("authorization", "Basic eA=="), ("x-api-key", "k")], None).unwrap().unwrap(),
            "k"
        );
    }

    #[test]
    fn what_is_not_said_once_is_not_said() {
        for (headers, query) in [
            (vec![], None),
            (vec![("authorization", "Bearer ")], None),
            (vec![("authorization", "k")], None),
            (vec![("host", "localhost"), ("x-forwarded-user", "admin")], None),
            (vec![], Some("apikey=k&monkey=k")),
        ] {
            assert_eq!(of(&headers, query), Ok(None), "{headers:?} {query:?}");
        }
        assert_eq!(of(&[("x-api-key", "a"), ("x-api-key", "b")], None), Err(Unclear));
        assert_eq!(
            of(&[("authorization", "Bearer a"), ("authorization", "Bearer b")], None),
            Err(Unclear)
        );
        let twice = [("x-litellm-api-key", "a"), ("x-litellm-api-key", "b")];
        assert_eq!(of(&twice, None), Err(Unclear));
        assert_eq!(of(&[], Some("key=a&key=b")), Err(Unclear));
    }
}
