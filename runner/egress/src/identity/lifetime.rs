//! How long something is good for, in what identity endpoints write for a number.

use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is told to last shorter than this is used this long all the same, so that nobody can
/// have a token fetched for every request.
const SHORTEST: Duration = Duration::from_secs(30);
/// What is told to last longer is asked for anew after this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Where nothing is told.
const UNKNOWN: Duration = Duration::from_secs(10 * 60);

/// Seconds from now, as a number or as digits.
pub(super) fn from_seconds(value: Option<&Value>) -> Duration {
    match value.and_then(seconds) {
        Some(seconds) => Duration::from_secs(seconds).clamp(SHORTEST, LONGEST),
        // What is written, and no number, is not to be relied on.
        None if value.is_some() => SHORTEST,
        None => UNKNOWN,
    }
}

/// A moment, in seconds since 1970.
pub(super) fn until_epoch(value: Option<&Value>, now: SystemTime) -> Duration {
    match value.and_then(seconds).map(Duration::from_secs) {
        Some(epoch) => {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            epoch.saturating_sub(now).clamp(SHORTEST, LONGEST)
        }
        None => from_seconds(value),
    }
}

/// A moment as RFC 3339 writes it.
pub(super) fn until(moment: &str, now: SystemTime) -> Duration {
    let moment = humantime::parse_rfc3339_weak(moment).ok();
    let left = moment.map(|moment| moment.duration_since(now).unwrap_or_default());
    left.unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST)
}

/// A moment; none where something has no end.
pub(super) fn until_moment(moment: Option<SystemTime>, now: SystemTime) -> Duration {
    let left = moment.map(|moment| moment.duration_since(now).unwrap_or_default());
    left.unwrap_or(LONGEST).clamp(SHORTEST, LONGEST)
}

/// When something that lasts so long is asked for anew: five minutes before its end, or a fifth
/// of its life where that is less.
pub(super) fn renewal(lifetime: Duration) -> Duration {
    const BEFORE: Duration = Duration::from_secs(5 * 60);
    lifetime.saturating_sub(BEFORE.min(lifetime / 5))
}

fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(seconds) => Some(seconds),
            // Below zero it is over, and what is too large for a number is long.
            None => number.as_f64().map(|seconds| seconds.clamp(0.0, 1e12) as u64),
        },
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn absurd_lifetimes_are_brought_to_what_can_be() {
        for (value, expected) in [
            (json!(3600), 3600),
            (json!("3599"), 3599),
            (json!(3599.9), 3599),
            (json!(0), 30),
            (json!(-5), 30),
            (json!(u64::MAX), 86400),
            (json!(1e300), 86400),
            (json!("soon"), 30),
            (json!("-1"), 30),
            (json!([3600]), 30),
            (json!(null), 30),
        ] {
            assert_eq!(from_seconds(Some(&value)).as_secs(), expected, "{value}");
        }
        assert_eq!(from_seconds(None), UNKNOWN);
    }

    #[test]
    fn a_moment_is_told_from_now() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(until_epoch(Some(&json!("1003600")), now).as_secs(), 3600);
        assert_eq!(until_epoch(Some(&json!(1)), now), SHORTEST);
        assert_eq!(until("1970-01-12T14:46:40Z", now).as_secs(), 3600);
        assert_eq!(until("yesterday", now), SHORTEST);
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        assert_eq!(renewal(Duration::from_secs(3600)).as_secs(), 3300);
        assert_eq!(renewal(Duration::from_secs(100)).as_secs(), 80);
    }
}
