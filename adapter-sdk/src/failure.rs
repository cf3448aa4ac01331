//! What failures mean, the same for every provider.

use crate::wall::Header;
use crate::{Failure, FailureKind, Native};

pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure::new(kind, message)
}

pub(crate) fn malformed(message: &str, error: Option<&dyn std::fmt::Display>) -> Failure {
    let message = error.map_or_else(|| message.to_owned(), |error| format!("{message}: {error}"));
    Failure::new(FailureKind::MalformedResponse, message)
}

/// Bytes of a message. It is for a person; what the provider said in full is in `raw`.
pub const MESSAGE_BYTES: usize = 2000;
/// Bytes of a code, a parameter's name or an id, which have some dozens.
const WORD_BYTES: usize = 500;
/// Bytes of the provider's own error body. The runner ends a cell whose failure has
/// more than 1 MiB, and then the fault would seem to be the adapter's.
const RAW_BYTES: usize = 768 * 1024;

/// The id that the provider gave the request, by the names that are usual for it.
pub(crate) fn request_id(headers: &[Header]) -> Option<String> {
    header(headers, &["x-request-id", "request-id", "x-amzn-requestid", "cf-ray"])
}

/// The value of the first of these names that is there.
fn header(headers: &[Header], names: &[&str]) -> Option<String> {
    let find = |name: &&str| headers.iter().find(|header| header.name == **name);
    names.iter().find_map(find).map(|header| header.value.clone())
}

/// A decimal number in thousandths: `7` is 7000, `0.5` is 500, and what is finer is cut;
/// none of what is no such number. Waiting times are given so. The tables that floating
/// point needs for it would be a twentieth of a small adapter.
pub fn thousandths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let any = !whole.is_empty() || !fraction.is_empty();
    let digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !any || !digits {
        return None;
    }
    let places = fraction.bytes().chain([b'0'; 3]).take(3);
    let thousandths = places.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(1000)?.checked_add(thousandths)
}

/// Brings a failure to the size that the runner takes, whatever the provider sent.
#[inline(never)]
pub(crate) fn bounded(mut failure: Failure) -> Failure {
    cut(&mut failure.message, MESSAGE_BYTES);
    let words = [&mut failure.code, &mut failure.param, &mut failure.request_id];
    for word in words.into_iter().flatten() {
        cut(word, WORD_BYTES);
    }
    // Half of a JSON value is none.
    if failure.raw.as_ref().is_some_and(|raw| raw.value.len() > RAW_BYTES) {
        failure.raw = None;
    }
    failure
}

#[inline(never)]
fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('\u{2026}');
    }
}

impl Failure {
    /// A failure with a kind and a sentence for a person, of which the first
    /// [`MESSAGE_BYTES`] bytes are kept.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self::of(kind, message.into())
    }

    #[inline(never)]
    fn of(kind: FailureKind, mut message: String) -> Self {
        cut(&mut message, MESSAGE_BYTES);
        Self {
            kind,
            message,
            status: None,
            code: None,
            param: None,
            request_id: None,
            retry_after_ms: None,
            raw: None,
        }
    }

    /// The request has something that this provider's protocol cannot say.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, what)
    }

    /// Fails where something of the request would be lost, and its caller wants that refused
    /// rather than told: `losses` are the sentences that would be warnings. An adapter asks
    /// this before it sends, so that nothing is spent on an answer that nobody wants.
    ///
    /// The caller's will is the setting [`crate::STRICT`], which the runner gives to every
    /// adapter that is asked strictly; a manifest does not declare it.
    ///
    /// # Errors
    /// `unsupported`, with all losses.
    pub fn where_strict(losses: &[String]) -> Result<(), Self> {
        if losses.is_empty() || crate::setting(crate::STRICT).as_deref() != Some("yes") {
            return Ok(());
        }
        Err(Self::unsupported(losses.join("; ")))
    }

    /// The provider's bytes are not its own protocol, or end too early.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::MalformedResponse, message)
    }

    /// The failure that an HTTP status stands for, with the request id and the
    /// waiting time that the usual headers give.
    pub fn from_status(status: u16, message: &str, headers: &[Header]) -> Self {
        let header = |names: &[&str]| header(headers, names);
        let retry_after_ms = header(&["retry-after-ms"])
            .and_then(|value| Some(thousandths(value.trim())? / 1000))
            .or_else(|| {
                let value = header(&["retry-after"])?;
                thousandths(value.trim()).or_else(|| {
                    // A cell has no clock; the provider's own is in `date`, where the
                    // manifest asks to see it.
                    let until = http_date(&value)?;
                    let now = http_date(&header(&["date"])?)?;
                    u64::try_from((until - now).max(0)).ok()?.checked_mul(1000)
                })
            });
        let message = if message.is_empty() {
            format!("the provider answered with status {status}")
        } else {
            message.to_owned()
        };
        Self {
            status: Some(status),
            request_id: request_id(headers),
            retry_after_ms,
            ..Self::new(kind_of_status(status), message)
        }
    }

    /// Adds the provider's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds the provider's whole error body.
    #[must_use]
    pub fn with_raw(mut self, dialect: &str, value: impl Into<String>) -> Self {
        self.raw = Some(Native { dialect: dialect.to_owned(), value: value.into() });
        self
    }
}

/// Seconds since 1970 of a date in the form that RFC 9110 wants
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>):
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<i64> {
    // By letters and bytes: the search for words in words would be 5 kB of each component.
    let (_, date) = text.trim().split_once(',')?;
    let mut fields = date.strip_prefix(' ')?.split(' ');
    let day = i64::from(fields.next()?.parse::<u8>().ok()?);
    let name = fields.next()?.as_bytes();
    let mut months = b"JanFebMarAprMayJunJulAugSepOctNovDec".chunks(3);
    let month = months.position(|month| month == name)? as i64;
    let year = i64::from(fields.next()?.parse::<u16>().ok()?);
    let time = fields.next()?;
    let mut clock = time.split(':').map(|part| part.parse::<u8>().ok().map(i64::from));
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day - 719_469;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// The usual meaning of a status of 300 and above.
fn kind_of_status(status: u16) -> FailureKind {
    match status {
        401 => FailureKind::Authentication,
        402 => FailureKind::QuotaExhausted,
        403 => FailureKind::Permission,
        404 | 410 => FailureKind::NotFound,
        408 | 504 => FailureKind::TimedOut,
        413 => FailureKind::TooLarge,
        429 => FailureKind::RateLimited,
        503 | 529 => FailureKind::Overloaded,
        400..=499 => FailureKind::InvalidRequest,
        500..=599 => FailureKind::ProviderError,
        // A redirect is not followed, and nothing else belongs here.
        _ => FailureKind::MalformedResponse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(headers: &[(&str, &str)]) -> Option<u64> {
        let header = |(name, value): &(&str, &str)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        let headers: Vec<Header> = headers.iter().map(header).collect();
        Failure::from_status(429, "", &headers).retry_after_ms
    }

    #[test]
    fn the_waiting_time_is_read_in_every_form() {
        assert_eq!(retry_after(&[("retry-after", "7")]), Some(7000));
        assert_eq!(retry_after(&[("retry-after", "0.5")]), Some(500));
        assert_eq!(retry_after(&[("retry-after", "7"), ("retry-after-ms", "1234")]), Some(1234));
        let date = ("date", "Sat, 28 Feb 2026 23:59:30 GMT");
        assert_eq!(
            retry_after(&[("retry-after", "Sun, 01 Mar 2026 00:00:10 GMT"), date]),
            Some(40_000)
        );
        assert_eq!(retry_after(&[("retry-after", "Sat, 28 Feb 2026 23:00:00 GMT"), date]), Some(0));
    }

    #[test]
    fn decimals_are_read_to_three_places() {
        for (text, value) in [
            ("0", 0),
            ("7", 7000),
            ("7.", 7000),
            (".5", 500),
            ("1.0009", 1000),
            ("12.345", 12_345),
            ("18446744073709551.615", u64::MAX),
        ] {
            assert_eq!(thousandths(text), Some(value), "{text}");
        }
        for text in ["18446744073709551.616", "99999999999999999999", "+1", "1.2.3", "\u{661}"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }

    #[test]
    fn a_waiting_time_that_cannot_be_known_is_none() {
        for value in
            ["Sun, 01 Mar 2026 00:00:10 GMT", "soon", "-1", "NaN", "inf", "", ".", "1.x", "1e3"]
        {
            assert_eq!(retry_after(&[("retry-after", value)]), None, "{value:?}");
        }
        let date = ("date", "yesterday");
        assert_eq!(retry_after(&[("retry-after", "Sun, 01 Mar 2026 00:00:10 GMT"), date]), None);
    }

    #[test]
    fn a_failure_is_never_longer_than_the_runner_takes() {
        let long = "\u{e9}".repeat(1024 * 1024);
        let mut failure = Failure::from_status(400, &long, &[]).with_code(&long);
        assert_eq!(failure.message.len(), MESSAGE_BYTES + "\u{2026}".len());
        failure.message.clone_from(&long);
        (failure.param, failure.request_id) = (Some(long.clone()), Some(long.clone()));
        let failure = bounded(failure.with_raw("d", format!("\"{long}\"")));
        assert_eq!(failure.message.len(), MESSAGE_BYTES + "\u{2026}".len());
        for word in [&failure.code, &failure.param, &failure.request_id] {
            assert_eq!(word.as_ref().map(|word| word.len()), Some(WORD_BYTES + "\u{2026}".len()));
        }
        assert_eq!(failure.raw, None, "half of a JSON value is none");
    }

    #[test]
    fn a_failure_of_the_usual_size_stays_as_it_is() {
        let failure = Failure::from_status(400, &"x".repeat(MESSAGE_BYTES), &[])
            .with_code("code")
            .with_raw("d", format!("\"{}\"", "x".repeat(RAW_BYTES - 2)));
        assert_eq!(bounded(failure.clone()), failure);
    }

    #[test]
    fn dates_are_counted_from_1970() {
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
    }
}
