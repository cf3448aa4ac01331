//! How often something was how large.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of values between bounds. Values are whole numbers: microseconds, or tokens.
pub(crate) struct Histogram {
    bounds: &'static [u64],
    /// One more than there are bounds: the last is for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What it was at one moment.
pub(crate) struct Snapshot {
    /// A bound, and how many values are not above it.
    pub(crate) below: Vec<(u64, u64)>,
    pub(crate) count: u64,
    pub(crate) sum: u64,
}

/// Bounds in microseconds for whole requests, as the GenAI conventions name them.
pub(crate) const DURATION: &[u64] = &[
    10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000,
    10_240_000, 20_480_000, 40_960_000, 81_920_000,
];
/// The same until the first of an answer.
pub(crate) const FIRST: &[u64] = &[
    1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000,
];
/// The same for waiting, which most requests do not.
pub(crate) const WAIT: &[u64] = &[100, 1_000, 10_000, 100_000, 1_000_000, 5_000_000, 10_000_000];
/// Tokens of one request.
pub(crate) const TOKENS: &[u64] = &[
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];

impl Histogram {
    pub(crate) fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    pub(crate) fn observe(&self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut count = 0;
        let mut below = Vec::with_capacity(self.bounds.len());
        for (at, one) in self.counts.iter().enumerate() {
            count += one.load(Ordering::Relaxed);
            below.extend(self.bounds.get(at).map(|bound| (*bound, count)));
        }
        // Counted together, so that the buckets of a scrape never contradict its count.
        Snapshot { below, count, sum: self.sum() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_bound_is_not_above_it() {
        let histogram = Histogram::new(&[1, 4]);
        [0, 1, 2, 4, 5].iter().for_each(|value| histogram.observe(*value));
        let Snapshot { below, count, sum } = histogram.snapshot();
        assert_eq!((below, count, sum), (vec![(1, 2), (4, 4)], 5, 12));
    }
}
