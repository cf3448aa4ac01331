//! The spans of time that limits are for.

use serde::{Deserialize, Serialize};

/// Seconds of a day.
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// A span of time that a limit is for. All begin at the same moment for everybody, in UTC, so
/// that several gateways agree about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// From one full minute to the next.
    Minute,
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first to the last of a month.
    Month,
    /// From the beginning, and without an end.
    Total,
}

impl Window {
    /// When the window began that this moment is in. Both in seconds since 1970.
    pub(crate) fn start(self, now: u64) -> u64 {
        match self {
            Self::Minute => now - now % 60,
            Self::Day => now - now % DAY,
            // The first day of 1970 was a Thursday.
            Self::Week => {
                let days = now / DAY;
                days.saturating_sub((days + 3) % 7) * DAY
            }
            Self::Month => {
                let (year, month) = month_of(now / DAY);
                first_of(year, month) * DAY
            }
            Self::Total => 0,
        }
    }

    /// When the next one begins; none where none does.
    pub(crate) fn end(self, now: u64) -> Option<u64> {
        Some(match self {
            Self::Minute => self.start(now) + 60,
            Self::Day => self.start(now) + DAY,
            Self::Week => self.start(now - now % DAY + DAY * 7),
            Self::Month => match month_of(now / DAY) {
                (year, 12) => first_of(year + 1, 1) * DAY,
                (year, month) => first_of(year, month + 1) * DAY,
            },
            Self::Total => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}

/// Year and month of a day that is counted since 1970. By Howard Hinnant's algorithm, in which
/// years begin in March, so that the leap day is the last.
fn month_of(day: u64) -> (u64, u64) {
    let day = day + 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month)
}

/// The first day of a month, counted since 1970.
fn first_of(year: u64, month: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use humantime::{format_rfc3339_seconds, parse_rfc3339};
    use std::time::{Duration, UNIX_EPOCH};

    fn at(text: &str) -> u64 {
        parse_rfc3339(text).unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs()
    }

    fn text(seconds: u64) -> String {
        format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
    }

    #[test]
    fn windows_begin_and_end_where_the_calendar_says() {
        for (window, now, start, end) in [
            (
                Window::Minute,
                "2026-03-01T00:00:59Z",
                "2026-03-01T00:00:00Z",
                "2026-03-01T00:01:00Z",
            ),
            (Window::Day, "2024-02-29T23:59:59Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Window::Week, "2026-11-26T12:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (Window::Week, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (Window::Week, "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (Window::Month, "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Window::Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (Window::Month, "2100-03-01T00:00:00Z", "2100-03-01T00:00:00Z", "2100-04-01T00:00:00Z"),
        ] {
            assert_eq!(text(window.start(at(now))), start, "{window:?} {now}");
            assert_eq!(window.end(at(now)).map(text).as_deref(), Some(end), "{window:?} {now}");
        }
        assert_eq!((Window::Total.start(5), Window::Total.end(5)), (0, None));
    }
}
