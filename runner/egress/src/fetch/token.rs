//! What a registry wants to know before it answers: `WWW-Authenticate` (RFC 9110, 11.6.1)
//! and the tokens of the distribution specification.

use super::Place;
use crate::credential::{Secret, percent_encoded};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use secrecy::zeroize::Zeroize as _;
use serde::Deserialize;

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// The credential itself.
    Basic,
    /// A token that somebody else gives.
    Bearer {
        /// Who.
        realm: Place,
        /// What that one knows the registry by.
        service: Option<String>,
    },
}

impl Challenge {
    /// The first challenge that can be met, a token rather than the credential.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, String> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|it| it.to_str().ok());
        let mut basic = false;
        for text in texts {
            let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
            match scheme.to_ascii_lowercase().as_str() {
                "bearer" => return Self::bearer(rest),
                "basic" => basic = true,
                _ => {}
            }
        }
        match basic {
            true => Ok(Self::Basic),
            false => Err("does not say how it wants a credential".to_owned()),
        }
    }

    fn bearer(text: &str) -> Result<Self, String> {
        let (mut realm, mut service) = (None, None);
        for (name, value) in parameters(text).ok_or("says it in no way that can be read")? {
            // The scope is not listened to: what is wanted is known here.
            match name.as_str() {
                "realm" if realm.is_none() => realm = Some(value),
                "service" if service.is_none() => service = Some(value),
                "realm" | "service" => return Err(format!("names two of `{name}`")),
                _ => {}
            }
        }
        let realm = realm.ok_or("names nobody who gives a token")?;
        let realm =
            Place::read(&realm).map_err(|why| format!("names a token server that {why}"))?;
        Ok(Self::Bearer { realm, service })
    }
}

/// `name=value` and `name="value"`, with commas between them.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let is_token = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
        };
        let name = name.trim();
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if !is_token(name) || name.contains(',') {
            return None;
        }
        parameters.push((name.to_ascii_lowercase(), value));
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(parameters)
}

/// What stands before the closing quotation mark, and what behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

/// The path and query that asks `realm` for leave to pull from a repository, and for no more.
pub(super) fn request(realm: &Place, service: Option<&str>, repository: &str) -> String {
    let mut path = realm.path().to_string();
    path.push(if path.contains('?') { '&' } else { '?' });
    if let Some(service) = service {
        path.push_str(&format!("service={}&", percent_encoded(service)));
    }
    path.push_str(&format!("scope={}", percent_encoded(&format!("repository:{repository}:pull"))));
    path
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// The token of an answer; none where there is none that a header can carry.
pub(super) fn token(mut body: Vec<u8>) -> Option<Secret> {
    let answer: Option<Answer> = serde_json::from_slice(&body).ok();
    body.zeroize();
    let Answer { token, access_token } = answer?;
    let token = Secret::from(token.or(access_token)?);
    let text = secrecy::ExposeSecret::expose_secret(&token);
    let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_one.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    fn read(texts: &[&str]) -> Result<Challenge, String> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        Challenge::read(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Result<Challenge, String> {
        let realm = Place::read(realm).unwrap();
        Ok(Challenge::Bearer { realm, service: service.map(str::to_owned) })
    }

    #[test]
    fn challenges_are_read_as_they_are_written() {
        let real = "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",\
                    scope=\"repository:acme/echo:pull,push\"";
        assert_eq!(read(&[real]), bearer("https://ghcr.io/token", Some("ghcr.io")));
        assert_eq!(
            read(&["Basic realm=\"x\"", real]),
            bearer("https://ghcr.io/token", Some("ghcr.io"))
        );
        assert_eq!(
            read(&["bearer  Realm = \"https://a.example/t?x=1\" , service=b\\c"]),
            bearer("https://a.example/t?x=1", Some("b\\c"))
        );
        assert_eq!(read(&["Basic"]), Ok(Challenge::Basic));
        for text in [
            "",
            "Negotiate",
            "Bearer",
            "Bearer service=\"x\"",
            "Bearer realm=\"https://a.example/t",
            "Bearer realm=\"https://a.example/t\\",
            "Bearer realm=\"https://a.example/t\" service=\"x\"",
            "Bearer realm=\"https://a.example/t\",realm=\"https://b.example/t\"",
            "Bearer realm=\"https://me:pw@a.example/t\"",
            "Bearer realm=\"file:///etc/passwd\"",
            "Bearer realm=\"/token\"",
            "Bearer realm=\"https://a.example/\ttoken\"",
        ] {
            assert!(read(&[text]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_is_asked_for_pulling_and_no_more() {
        let realm = Place::read("https://ghcr.io/token?a=b").unwrap();
        assert_eq!(
            request(&realm, Some("x&y=z"), "acme/echo"),
            "/token?a=b&service=x%26y%3Dz&scope=repository%3Aacme%2Fecho%3Apull"
        );
    }

    #[test]
    fn a_token_is_one_that_a_header_can_carry() {
        let shown = |body: &str| token(body.into()).map(|it| it.expose_secret().to_owned());
        assert_eq!(shown("{\"token\":\"a.b-c=\",\"expires_in\":300}"), Some("a.b-c=".to_owned()));
        assert_eq!(shown("{\"access_token\":\"t\"}"), Some("t".to_owned()));
        for body in
            ["", "[]", "{}", "{\"token\":\"\"}", "{\"token\":\"a\\r\\nhost: b\"}", "{\"token\":1}"]
        {
            assert_eq!(shown(body), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "(realm|=|\"|,| |\\\\|https://a/|é){0,20}") {
            let _ = parameters(&text);
        }
    }
}
