//! Money that adds up.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Add, AddAssign};

/// US dollars, in billionths. Whole numbers, so that sums are exact in whatever order they
/// are made. In JSON a number of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u64);

/// Billionths of a dollar.
const PARTS: f64 = 1e9;
/// What nobody has: a billion dollars.
const MOST: f64 = 1e9;

impl Money {
    /// So many billionths of a dollar.
    pub const fn billionths(count: u64) -> Self {
        Self(count)
    }

    /// So many dollars, to the nearest billionth; none of what is no amount, such as less than
    /// nothing.
    pub fn dollars(dollars: f64) -> Option<Self> {
        let is_amount = (0.0..=MOST).contains(&dollars);
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        #[expect(clippy::cast_sign_loss, reason = "the range was checked")]
        is_amount.then(|| Self((dollars * PARTS).round() as u64))
    }

    /// The same of what something costs: what is more than anybody has is as much as that, however
    /// many tokens somebody told or asked for. It is no less known for it, and not free.
    pub(super) fn cost(dollars: f64) -> Option<Self> {
        Self::dollars(if dollars > MOST { MOST } else { dollars })
    }

    /// In billionths of a dollar.
    pub const fn as_billionths(self) -> u64 {
        self.0
    }

    /// In dollars, for people.
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / PARTS
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Money {
    /// `$1.25`: cents, and more places where there is more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let cents = text.len() - 7;
        let rest = text[cents..].trim_end_matches('0').len();
        write!(f, "${}", &text[..cents + rest])
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_dollars())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Self::dollars(dollars).ok_or_else(|| {
            serde::de::Error::custom("an amount of dollars is between 0 and a billion")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_small_amounts_are_a_large_one() {
        let small = Money::dollars(0.000_000_15).unwrap();
        let mut sum = Money::default();
        for _ in 0..1_000_000 {
            sum += small;
        }
        assert_eq!(sum, Money::dollars(0.15).unwrap());
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for wrong in [-0.01, f64::NAN, f64::INFINITY, 2e9] {
            assert_eq!(Money::dollars(wrong), None, "{wrong}");
        }
        assert!(serde_json::from_str::<Money>("-1").is_err());
        assert!(serde_json::from_str::<Money>("\"1\"").is_err());
    }

    #[test]
    fn what_costs_more_than_there_is_costs_all_of_it() {
        let most = Money::dollars(MOST);
        for dollars in [MOST, MOST * 2.0, f64::MAX, f64::INFINITY] {
            assert_eq!(Money::cost(dollars), most, "{dollars}");
        }
        assert_eq!(Money::cost(1.5), Money::dollars(1.5));
        assert_eq!((Money::cost(-0.01), Money::cost(f64::NAN)), (None, None));
    }

    #[test]
    fn people_see_cents_and_what_is_less() {
        for (dollars, shown) in
            [(0.0, "$0.00"), (5.0, "$5.00"), (1.5, "$1.50"), (0.000_012_5, "$0.0000125")]
        {
            assert_eq!(Money::dollars(dollars).unwrap().to_string(), shown);
        }
    }
}
