//! Keys that somebody gives out, as they are written in JSON.

use super::Keys;
use crate::credential::Secret;
use serde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Of a program, a container's service or an instance's: the same but for one name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    version: Option<u64>,
    code: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
    expiration: Option<String>,
}

/// Keys as a program prints them, a container's service or an instance's gives them.
///
/// # Errors
/// Why there are none, as the end of a sentence, and without a word of what came.
pub(super) fn keys(body: &[u8], is_program: bool) -> Result<Keys, String> {
    let given: Given =
        serde_json::from_slice(body).map_err(|_| "is not the JSON of AWS keys".to_owned())?;
    if is_program && given.version != Some(1) {
        return Err("has no `\"Version\": 1`".to_owned());
    }
    // An instance says so where its role is none that AWS knows.
    if given.code.is_some_and(|code| code != "Success") {
        return Err("says that its role gives no keys".to_owned());
    }
    let expires = given.expiration.as_deref().map(time).transpose()?;
    let secret = |text: Option<String>| text.map(Secret::from);
    Keys::new(
        secret(given.access_key_id),
        secret(given.secret_access_key),
        secret(given.token),
        expires,
    )
    // A program may have keys of its own; services give those of a session only.
    .filter(|keys| is_program || keys.token.is_some())
    .ok_or_else(|| "has no whole AWS key in it".to_owned())
}

/// A time of RFC 3339 in UTC, in any of the ways in which AWS's tools write it.
pub(super) fn time(text: &str) -> Result<SystemTime, String> {
    let bare = ["Z", "UTC", "+00:00", "+0000"].iter().find_map(|zone| text.strip_suffix(zone));
    bare.and_then(|bare| humantime::parse_rfc3339(&format!("{bare}Z")).ok())
        .ok_or_else(|| "has an end of validity that is no time in UTC".to_owned())
}

/// Milliseconds since 1970.
pub(super) fn time_of_milliseconds(since: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(since))
}
