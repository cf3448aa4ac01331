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

/// A time of RFC 3339, in any of the ways in which AWS's tools and other programs write it.
pub(super) fn time(text: &str) -> Result<SystemTime, String> {
    let read = || {
        let (bare, ahead) = zone(text)?;
        let there = humantime::parse_rfc3339(&format!("{bare}Z")).ok()?;
        let apart = Duration::from_secs(ahead.unsigned_abs());
        match ahead < 0 {
            true => there.checked_add(apart),
            false => there.checked_sub(apart),
        }
    };
    read().ok_or_else(|| "has an end of validity that is no time".to_owned())
}

/// The time without its zone, and by how many seconds that is ahead of UTC.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(bare) = ["Z", "UTC"].iter().find_map(|zone| text.strip_suffix(zone)) {
        return Some((bare, 0));
    }
    let (bare, zone) = text.split_at_checked(text.rfind(['+', '-'])?)?;
    let digits: Vec<u32> = zone
        .get(1..)?
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(10))
        .collect::<Option<_>>()?;
    let [a, b, c, d] = digits[..] else { return None };
    let (hours, minutes) = (a * 10 + b, c * 10 + d);
    let seconds = i64::from(hours * 3600 + minutes * 60);
    let is_one = hours < 24 && minutes < 60;
    is_one.then_some((bare, if zone.starts_with('-') { -seconds } else { seconds }))
}

/// Milliseconds since 1970.
pub(super) fn time_of_milliseconds(since: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_any_zone() {
        let at =
            |text: &str| time(text).map(|time| humantime::format_rfc3339_seconds(time).to_string());
        for text in [
            "2026-03-14T16:09:26Z",
            "2026-03-14T16:09:26.123Z",
            "2026-03-14T16:09:26UTC",
            "2026-03-14T16:09:26+00:00",
            "2026-03-14T16:09:26-0000",
            "2026-03-14T18:09:26+02:00",
            "2026-03-14T08:39:26-0730",
        ] {
            assert_eq!(at(text).as_deref(), Ok("2026-03-14T16:09:26Z"), "{text}");
        }
        for bad in [
            "",
            "+",
            "soon",
            "2026-03-14T16:09:26",
            "2026-03-14",
            "2026-03-14T16:09:26+2",
            "2026-03-14T16:09:26+25:00",
            "2026-03-14T16:09:26+02:60",
            "2026-03-14T16:09:26+\u{665}\u{665}00",
            "1970-01-01T00:00:00+99:99",
            "é+0000",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
