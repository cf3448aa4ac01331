//! Decimal numbers, as the elements of vectors.

/// From here on a further digit makes no difference to what is nearest.
const ENOUGH: u64 = 1_000_000_000_000_000_000;

/// Ten to this power is more than there are numbers for.
const FARTHEST: u64 = 400;

/// The `f32` that a number in JSON is nearest to; none for what is no number, or too large.
///
/// It is counted in `f64`: of two that are equally near, to one part in 2⁵⁰, it may be either.
/// Each `f32` in its shortest form comes back as it was. The standard library always has the
/// nearest, by tables of 12 kB, which each open answer of an adapter that might be asked for
/// vectors would have in memory.
pub(crate) fn nearest(text: &str) -> Option<f32> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, self::exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, part)) => (whole, part),
        None => (digits, ""),
    };
    if whole.is_empty() || whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    let (mut significant, mut dropped) = (0, 0);
    for digit in whole.bytes().chain(part.bytes()) {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        if significant < ENOUGH {
            significant = significant * 10 + digit;
        } else {
            dropped += 1;
        }
    }
    let scale = exponent.saturating_add(dropped).saturating_sub(part.len() as i64);
    // Exact up to the 22nd power.
    let power = (0..scale.unsigned_abs().min(FARTHEST)).fold(1.0, |power, _| power * 10.0);
    let value = match significant as f64 {
        0.0 => 0.0,
        value if scale < 0 => value / power,
        value => value * power,
    };
    Some((sign * value) as f32).filter(|value| value.is_finite())
}

/// The power of ten behind the `e`.
fn exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // One that is too long to be read is too large to be told from any other.
    Some(sign * digits.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::nearest;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_in_its_shortest_form_comes_back(bits: u32) {
            let number = f32::from_bits(bits);
            prop_assume!(number.is_finite());
            for text in [number.to_string(), format!("{number:e}"), format!("{number:E}")] {
                prop_assert_eq!(nearest(&text).map(f32::to_bits), Some(bits), "{}", text);
            }
        }

        #[test]
        fn numbers_of_any_length_are_as_near_as_the_standard_library_has_them(
            text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?"
        ) {
            let number: f32 = text.parse().unwrap();
            let found = nearest(&text);
            if !number.is_finite() {
                prop_assert_eq!(found, None);
            } else {
                let found = found.unwrap();
                let neighbours = [number, number.next_up(), number.next_down()];
                prop_assert!(neighbours.contains(&found), "{} is {} and not {}", text, number, found);
                let way = (text.parse::<f64>().unwrap() - f64::from(found)).abs();
                let least = (text.parse::<f64>().unwrap() - f64::from(number)).abs();
                prop_assert!(way <= least * (1.0 + 1e-6), "{} is {} and not {}", text, number, found);
            }
        }

        #[test]
        fn what_is_no_number_is_none(text in "[-+.eE0-9 Nainf]{0,8}") {
            let number = serde_json::from_str(&text).ok().filter(|_| text.trim() == text);
            let is_one = number.is_some_and(|number: f64| (number as f32).is_finite());
            prop_assert_eq!(nearest(&text).is_some(), is_one, "{}", text);
        }
    }

    #[test]
    fn the_ends_of_what_there_is() {
        assert_eq!(nearest("3.4028235e38"), Some(f32::MAX));
        assert_eq!(nearest("1e-45"), Some(f32::from_bits(1)));
        assert_eq!(nearest("3.5e38"), None);
        assert_eq!(nearest("1e99999999999999999999"), None);
        assert_eq!(
            nearest("-1e-99999999999999999999").map(f32::to_bits),
            Some((-0.0_f32).to_bits())
        );
        assert_eq!(nearest("0e99999999999999999999"), Some(0.0));
        assert_eq!(nearest(&format!("0.{}1e300", "0".repeat(299))), Some(1.0));
        assert_eq!(nearest(&format!("1{}e-300", "0".repeat(300))), Some(1.0));
    }
}
