//! Times as Ollama writes them.

/// Seconds since 1970 of a time as RFC 3339 writes it, also in another zone than UTC:
/// `2026-03-01T01:00:00.123456+02:00`. None of times before, and of everything else.
pub(crate) fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.split_once('T')?;
    let (clock, zone) = clock.split_at(clock.find(['Z', '+', '-'])?);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock.split('.').next()?, ':')?;
    let good_date = (1970..10_000).contains(&year) && (1..=12).contains(&month);
    if !good_date || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Years begin in March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset(zone)?;
    seconds.try_into().ok()
}

/// How many seconds a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'Z' => return (zone.len() == 1).then_some(0),
        b'+' => 1,
        _ => -1,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let [hours, minutes] = [number(hours)?, number(minutes)?];
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(number);
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// A number of at most four digits.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_counted_from_1970() {
        for (time, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2025-02-19T00:00:00.123456789Z", 1_739_923_200),
            ("2025-02-19T02:00:00.25+02:00", 1_739_923_200),
            ("2025-02-18T17:30:00-06:30", 1_739_923_200),
        ] {
            assert_eq!(seconds(time), Some(expected), "{time}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for time in [
            "",
            "2025-02-19",
            "2025-02-19T00:00:00",
            "2025-13-01T00:00:00Z",
            "2025-01-01T00:00:00Zulu",
            "2025-01-01T00:00:00+2:0:0",
            "2025-01-01T00:00:00+99:00",
            "1970-01-01T00:00:00+01:00",
            "a-b-cT0:0:0Z",
            "2025-01-01T99999999999999999:00:00Z",
            "2025-01-01T-1:00:00Z",
        ] {
            assert_eq!(seconds(time), None, "{time}");
        }
    }
}
