//! What AWS says of a signature that it does not take.

use crate::error::{EgressError, ErrorKind};
use http::HeaderMap;
use http::header::DATE;
use std::time::{Duration, SystemTime};

/// How far a clock may be wrong. AWS takes signatures of the last five minutes, and of the
/// next.
const TOLERATED: Duration = Duration::from_secs(5 * 60);

/// The exception that an answer names: `ExpiredTokenException`.
fn exception(headers: &HeaderMap) -> &str {
    let text = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    text.unwrap_or_default().split([':', '#']).next().unwrap_or_default()
}

/// Whether it says that the keys are not good any more, and others would do.
pub(in super::super) fn is_refused(status: u16, headers: &HeaderMap) -> bool {
    const EXPIRED: &[&str] = &[
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    ];
    (status == 403 || status == 400) && EXPIRED.contains(&exception(headers))
}

/// What is wrong with this machine's clock, where that is why a signature was not taken.
pub(in super::super) fn explain(
    status: u16,
    headers: &HeaderMap,
    now: SystemTime,
) -> Option<EgressError> {
    const UNSIGNED: &[&str] = &[
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    ];
    if !matches!(status, 400 | 401 | 403) || !UNSIGNED.contains(&exception(headers)) {
        return None;
    }
    let message = format!("AWS does not take the signature: {}", skew(headers, now)?);
    Some(EgressError::new(ErrorKind::Authentication, message))
}

/// How far this machine's clock is from that of whoever answered, where it is too far.
pub(super) fn skew(headers: &HeaderMap, now: SystemTime) -> Option<String> {
    let theirs = date(headers.get(DATE)?.to_str().ok()?)?;
    let (apart, word) = match theirs.duration_since(now) {
        Ok(ahead) => (ahead, "behind"),
        Err(error) => (error.duration(), "ahead of"),
    };
    (apart > TOLERATED).then(|| {
        format!(
            "this machine's clock is {} minutes {word} AWS's; set it right",
            apart.as_secs() / 60
        )
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = parts[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    humantime::parse_rfc3339(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "1994-11-06T08:49:37Z";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_and_nothing_else() {
        let now = humantime::parse_rfc3339(NOW).unwrap();
        let told = |status: u16, kind: &str, date: &str| {
            let headers = headers(&[("x-amzn-errortype", kind), ("date", date)]);
            explain(status, &headers, now).map(|error| error.message)
        };
        const EXPIRED: &str = "InvalidSignatureException:http://internal.amazon.com/coral/";
        assert_eq!(
            told(403, EXPIRED, "Sun, 06 Nov 1994 09:49:37 GMT").unwrap(),
            "AWS does not take the signature: this machine's clock is 60 minutes behind AWS's; \
             set it right"
        );
        let ahead = told(403, "RequestTimeTooSkewed", "Sun, 06 Nov 1994 08:43:00 GMT").unwrap();
        assert!(ahead.contains("6 minutes ahead of"), "{ahead}");
        for (status, kind, date) in [
            (403, EXPIRED, "Sun, 06 Nov 1994 08:49:38 GMT"),
            (200, EXPIRED, "Sun, 06 Nov 1994 09:49:37 GMT"),
            (403, "AccessDeniedException", "Sun, 06 Nov 1994 09:49:37 GMT"),
            (403, EXPIRED, "yesterday"),
            (403, EXPIRED, "Sun, 99 Nov 1994 09:49:37 GMT"),
            (403, EXPIRED, "Sun, 06 Nov 99999 09:49:37 GMT"),
            (403, "", ""),
        ] {
            assert_eq!(told(status, kind, date), None, "{status} {kind} {date}");
        }
    }

    #[test]
    fn keys_that_have_expired_are_fetched_anew() {
        let refused =
            |status, kind: &str| is_refused(status, &headers(&[("x-amzn-errortype", kind)]));
        assert!(refused(403, "ExpiredTokenException"));
        assert!(refused(400, "ExpiredToken:http://x/"));
        assert!(!refused(403, "AccessDeniedException"));
        assert!(!refused(403, "InvalidSignatureException"));
        assert!(!refused(200, "ExpiredTokenException"));
        assert!(!is_refused(403, &HeaderMap::new()));
    }
}
