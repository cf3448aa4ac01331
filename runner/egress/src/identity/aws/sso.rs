//! IAM Identity Center: a person signs in with `aws sso login`, whose token lies in a cache
//! of AWS's tools, and is good for the keys of roles for some hours.
//!
//! The token is read and never written: it is renewed by the tools that own it.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html>

use super::keys::is_sendable;
use super::sign::{encode, hex};
use super::surroundings::Surroundings;
use super::{Keys, given, sts};
use crate::credential::Secret;
use ring::digest;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::SystemTime;

/// A role that a session is good for.
#[derive(Debug)]
pub(crate) struct Session {
    /// The profile, for messages.
    pub(super) profile: String,
    /// The host that gives out keys.
    pub(super) host: String,
    /// Its path and query.
    pub(super) path: String,
    /// The file of the token.
    pub(super) cache: PathBuf,
}

impl Session {
    /// # Errors
    /// A region that is none.
    pub(super) fn new(
        profile: &str,
        region: &str,
        account: &str,
        role: &str,
        cache: PathBuf,
    ) -> Result<Self, String> {
        let mut path = b"/federation/credentials?role_name=".to_vec();
        encode(role.as_bytes(), b"", &mut path);
        path.extend_from_slice(b"&account_id=");
        encode(account.as_bytes(), b"", &mut path);
        Ok(Self {
            profile: profile.to_owned(),
            host: sts::host("portal.sso", region)?,
            path: String::from_utf8(path).unwrap_or_default(),
            cache,
        })
    }

    /// What a person has to do.
    pub(super) fn sign_in(&self, why: &str) -> String {
        format!("{why}; run `aws sso login --profile {}`", self.profile)
    }

    /// The token in the text of its file.
    ///
    /// # Errors
    /// That it is not good any more, and what to do.
    pub(super) fn token(&self, text: &str, now: SystemTime) -> Result<Secret, String> {
        let cached: Option<Cached> = serde_json::from_str(text).ok();
        let Some(Cached { access_token, expires_at }) = cached else {
            return Err(self.sign_in("the session's file is not one of AWS's tools"));
        };
        let token = Secret::from(access_token);
        if !is_sendable(&token) {
            return Err(self.sign_in("the session's file has no token that can be sent"));
        }
        match given::time(&expires_at) {
            Ok(end) if end > now => Ok(token),
            _ => Err(self.sign_in("the session has expired")),
        }
    }
}

impl Surroundings {
    /// The file of the token of a session, or of a page where sessions have no name.
    pub(super) fn sso_cache(&self, name: &str) -> Option<PathBuf> {
        // What the file is called by those who write it; nothing is kept secret by it.
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, name.as_bytes());
        self.in_home(&format!("sso/cache/{}.json", hex(digest.as_ref())))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    access_token: String,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    /// Milliseconds since 1970.
    expiration: u64,
}

/// The keys of an answer.
///
/// # Errors
/// That there are none in it.
pub(super) fn keys(body: &[u8]) -> Result<Keys, String> {
    let none = || "has no whole AWS key in it".to_owned();
    let answer: Answer = serde_json::from_slice(body).map_err(|_| none())?;
    let Credentials { access_key_id, secret_access_key, session_token, expiration } =
        answer.role_credentials;
    Keys::new(
        Some(access_key_id.into()),
        Some(secret_access_key.into()),
        Some(session_token.into()),
        Some(given::time_of_milliseconds(expiration).ok_or_else(none)?),
    )
    .ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use std::path::Path;
    use std::time::{Duration, UNIX_EPOCH};

    fn session() -> Session {
        Session::new("dev", "eu-west-1", "123456789012", "a b", PathBuf::new()).unwrap()
    }

    #[test]
    fn the_portal_is_asked_for_one_role() {
        assert_eq!(session().host, "portal.sso.eu-west-1.amazonaws.com");
        assert_eq!(
            session().path,
            "/federation/credentials?role_name=a%20b&account_id=123456789012"
        );
        assert!(Session::new("a", "evil.example/", "1", "r", PathBuf::new()).is_err());
    }

    #[test]
    fn a_token_is_used_until_its_end() {
        let text = "{\"startUrl\":\"https://x\",\"accessToken\":\"tok\",\"expiresAt\":\"1970-01-01T01:00:00Z\"}";
        let at = |seconds: u64| session().token(text, UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(3599).unwrap().expose_secret(), "tok");
        let why = at(3600).unwrap_err();
        assert_eq!(why, "the session has expired; run `aws sso login --profile dev`");
        for text in [
            "",
            "[]",
            "{\"accessToken\":\"tok\"}",
            "{\"accessToken\":\"tok\",\"expiresAt\":\"soon\"}",
            "{\"accessToken\":\"\",\"expiresAt\":\"2100-01-01T00:00:00Z\"}",
            "{\"accessToken\":\"t\\r\\nhost: b\",\"expiresAt\":\"2100-01-01T00:00:00Z\"}",
        ] {
            assert!(session().token(text, UNIX_EPOCH).is_err(), "{text}");
        }
        let older = text.replace("00Z", "00UTC");
        assert!(session().token(&older, UNIX_EPOCH).is_ok());
    }

    #[test]
    fn the_file_is_named_as_awss_tools_name_it() {
        let home = Surroundings::of(&[], "/home/me");
        assert_eq!(
            home.sso_cache("my-sso").unwrap(),
            Path::new("/home/me/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json")
        );
    }

    #[test]
    fn keys_are_read() {
        let body = "{\"roleCredentials\":{\"accessKeyId\":\"ASIA\",\"secretAccessKey\":\"s\",\
                    \"sessionToken\":\"t\",\"expiration\":3600000}}";
        let read = keys(body.as_bytes()).unwrap();
        assert_eq!(read.expires, Some(UNIX_EPOCH + Duration::from_secs(3600)));
        for bad in [("ASIA", ""), ("3600000", "\"x\""), ("roleC", "c"), ("3600000", "1e400")] {
            assert!(keys(body.replace(bad.0, bad.1).as_bytes()).is_err(), "{bad:?}");
        }
    }
}
