//! What a token says of its bearer.

use hotcell::JwtConfig;
use serde_json::{Map, Value};

/// Seconds by which clocks may differ.
const LEEWAY: u64 = 30;
/// Bytes of a subject, which spending is kept under.
const SUBJECT: usize = 200;
/// Teams that are looked up, and models that are kept, of one token.
const MOST: usize = 64;

/// Who bears a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) subject: String,
    /// Names of teams, of which the first that there is counts; none where tokens say none.
    pub(crate) team: Option<Vec<String>>,
    /// What it may use; none where tokens do not say.
    pub(crate) models: Option<Vec<String>>,
    /// Seconds since 1970.
    pub(crate) expires: u64,
}

impl Bearer {
    /// Reads the claims of a token whose signature was good.
    pub(super) fn read(
        claims: &Map<String, Value>,
        config: &JwtConfig,
        now: u64,
    ) -> Result<Self, &'static str> {
        if claims.get("iss").and_then(Value::as_str) != Some(&config.issuer) {
            return Err("it is of another issuer");
        }
        let is_meant = match claims.get("aud") {
            Some(Value::String(audience)) => *audience == config.audience,
            Some(Value::Array(all)) => all.iter().any(|it| it.as_str() == Some(&config.audience)),
            _ => false,
        };
        if !is_meant {
            return Err("it is meant for somebody else");
        }
        let expires = claims.get("exp").and_then(time).ok_or("it does not say when it expires")?;
        if expires.saturating_add(LEEWAY) <= now {
            return Err("it has expired");
        }
        if let Some(begins) = claims.get("nbf") {
            let begins = time(begins).ok_or("it does not say from when on it is good")?;
            if begins > now.saturating_add(LEEWAY) {
                return Err("it is not good yet");
            }
        }
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        let is_writable = subject.len() <= SUBJECT && !subject.chars().any(char::is_control);
        if subject.is_empty() || !is_writable {
            return Err("it does not say whom it is of");
        }
        let listed = |claim: &Option<String>| {
            claim.as_deref().map(|name| find(claims, name).map(texts).unwrap_or_default())
        };
        Ok(Self {
            subject: subject.to_owned(),
            team: listed(&config.team_claim),
            models: listed(&config.models_claim),
            expires: expires.saturating_add(LEEWAY),
        })
    }
}

/// A claim by its name, or by the way to it: `realm_access.roles`.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(claim) = claims.get(name) {
        return Some(claim);
    }
    let mut steps = name.split('.');
    let first = claims.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

/// The texts of a list, or of a text with spaces between them, as `scope` has it.
fn texts(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => {
            text.split_ascii_whitespace().take(MOST).map(str::to_owned).collect()
        }
        Value::Array(list) => {
            list.iter().filter_map(Value::as_str).take(MOST).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// Seconds since 1970, also with a part of one.
fn time(claim: &Value) -> Option<u64> {
    if let Some(seconds) = claim.as_u64() {
        return Some(seconds);
    }
    let seconds = claim.as_f64().filter(|seconds| (0.0..1e12).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    #[expect(clippy::cast_sign_loss, reason = "the range was checked")]
    Some(seconds as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: u64 = 1_000_000;

    fn read(change: Value) -> Result<Bearer, &'static str> {
        let config = JwtConfig {
            issuer: "https://id.example".into(),
            audience: "hotcell".into(),
            keys: String::new(),
            refresh_seconds: None,
            team_claim: Some("realm.groups".into()),
            models_claim: Some("https://id.example/models".into()),
            allow_private: None,
            allow_plaintext: None,
        };
        let mut claims = json!({
            "iss": "https://id.example", "aud": ["other", "hotcell"], "sub": "alice",
            "exp": NOW + 60, "nbf": NOW - 60, "realm": { "groups": ["red", 7, "blue"] },
            "https://id.example/models": "fast openai/*",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        Bearer::read(claims.as_object().unwrap(), &config, NOW)
    }

    #[test]
    fn a_good_token_says_who_bears_it() {
        let bearer = read(json!({})).unwrap();
        assert_eq!(bearer.subject, "alice");
        assert_eq!(bearer.team.unwrap(), ["red", "blue"]);
        assert_eq!(bearer.models.unwrap(), ["fast", "openai/*"]);
        assert!(read(json!({ "aud": "hotcell", "exp": 1_000_000.5 })).is_ok());
        // What is not said is nothing, and not everything.
        let bearer = read(json!({ "realm": null, "https://id.example/models": 1 })).unwrap();
        assert_eq!((bearer.team, bearer.models), (Some(vec![]), Some(vec![])));
    }

    #[test]
    fn whatever_is_not_right_is_wrong() {
        for change in [
            json!({ "iss": "https://id.example/" }),
            json!({ "iss": null }),
            json!({ "iss": ["https://id.example"] }),
            json!({ "aud": "hotcell2" }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "exp": NOW - 60 }),
            json!({ "exp": null }),
            json!({ "exp": "9999999999" }),
            json!({ "exp": -1 }),
            json!({ "exp": 1e300 }),
            json!({ "nbf": NOW + 60 }),
            json!({ "nbf": "soon" }),
            json!({ "sub": "" }),
            json!({ "sub": null }),
            json!({ "sub": "a\nb" }),
            json!({ "sub": "a".repeat(201) }),
        ] {
            assert!(read(change.clone()).is_err(), "{change}");
        }
    }
}
