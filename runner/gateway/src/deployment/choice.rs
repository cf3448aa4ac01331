//! Which of several deployments is asked next.

use super::{Deployment, Entry};
use hotcell::Strategy;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whose turn it is, by weights.
#[derive(Debug)]
pub(crate) struct Turns(Mutex<Vec<i64>>);

/// Nobody may be asked by the limits that are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turned {
    /// How long until somebody may.
    pub(crate) wait: Duration,
}

impl Turns {
    pub(super) fn of(deployments: usize) -> Self {
        Self(Mutex::new(vec![0; deployments]))
    }
}

impl Entry {
    /// The deployment to ask next, which is none of those that were `tried` as long as there are
    /// others. One that is left alone is only asked where there is no other.
    ///
    /// # Errors
    /// Where each has reached a limit of its own.
    pub(crate) fn choose(
        &self,
        tried: &[usize],
        now: Instant,
    ) -> Result<(usize, &Arc<Deployment>), Turned> {
        // Nearly always there is one.
        if let [only] = &self.deployments[..] {
            return match only.full(now) {
                None => Ok((0, only)),
                Some(wait) => Err(Turned { wait }),
            };
        }
        let all = self.deployments.iter().enumerate().filter(|(_, at)| at.weight > 0);
        let (full, free): (Vec<_>, Vec<_>) = all.partition(|(_, at)| at.full(now).is_some());
        if free.is_empty() {
            let waits = full.iter().filter_map(|(_, at)| at.full(now));
            return Err(Turned { wait: waits.min().unwrap_or_default() });
        }
        let untried: Vec<_> =
            free.iter().copied().filter(|(index, _)| !tried.contains(index)).collect();
        let open = if untried.is_empty() { free } else { untried };
        let warm: Vec<_> =
            open.iter().copied().filter(|(_, at)| at.cooling(now).is_none()).collect();
        if warm.is_empty() {
            // The one that is left alone for the shortest time.
            let soonest = open.into_iter().min_by_key(|(_, at)| at.cooling(now));
            return soonest.ok_or(Turned { wait: Duration::ZERO });
        }
        let chosen = match self.strategy {
            Strategy::Weighted => self.turn(&warm),
            Strategy::LeastBusy => lightest(&warm, |at| u64::from(at.busy())),
            Strategy::LowestLatency => warm.into_iter().min_by_key(|(_, at)| at.latency()),
            Strategy::LeastUsed => lightest(&warm, |at| at.tokens(now)),
        };
        chosen.ok_or(Turned { wait: Duration::ZERO })
    }

    /// Each gets its part of the turns, spread as evenly as its weight allows: whoever has
    /// waited longest, by weight, is next.
    fn turn<'a>(
        &self,
        open: &[(usize, &'a Arc<Deployment>)],
    ) -> Option<(usize, &'a Arc<Deployment>)> {
        let mut turns = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: i64 = open.iter().map(|(_, at)| i64::from(at.weight)).sum();
        for (index, at) in open {
            turns[*index] += i64::from(at.weight);
        }
        let next = open.iter().copied().max_by_key(|(index, _)| {
            // Of several that have waited as long it is the first.
            (turns[*index], std::cmp::Reverse(*index))
        })?;
        turns[next.0] -= total;
        Some(next)
    }
}

/// The one with the least of something, for its weight.
fn lightest<'a>(
    open: &[(usize, &'a Arc<Deployment>)],
    of: impl Fn(&Deployment) -> u64,
) -> Option<(usize, &'a Arc<Deployment>)> {
    // A thousandth is fine enough for weights.
    open.iter()
        .copied()
        .min_by_key(|(_, at)| of(at).saturating_mul(1000) / u64::from(at.weight.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell::ModelConfig;
    use hotcell::types::{Failure, FailureKind};

    fn entry(strategy: Strategy, deployments: &str) -> Entry {
        let toml = format!("deployments = {deployments}");
        let read: ModelConfig = toml::from_str(&toml).unwrap();
        Entry::new(&ModelConfig { strategy: Some(strategy), ..read }, false).unwrap()
    }

    fn names(entry: &Entry, count: usize) -> String {
        let now = Instant::now();
        (0..count).map(|_| &entry.choose(&[], now).unwrap().1.model[2..]).collect()
    }

    #[test]
    fn turns_go_by_weight_and_are_spread() {
        let weighted = entry(
            Strategy::Weighted,
            r#"[{ model = "p/a", weight = 3 }, "p/b", { model = "p/c", weight = 0 }]"#,
        );
        assert_eq!(names(&weighted, 8), "aabaaaba");
    }

    #[test]
    fn one_that_was_tried_or_is_left_alone_comes_last() {
        let entry = entry(Strategy::Weighted, r#"["p/a", "p/b"]"#);
        let now = Instant::now();
        assert_eq!(entry.choose(&[0], now).unwrap().0, 1);
        assert_eq!(entry.choose(&[1], now).unwrap().0, 0);
        let failure = Failure::new(FailureKind::RateLimited, "");
        entry.deployments[0].failed(&failure, now);
        assert!((0..4).all(|_| entry.choose(&[], now).unwrap().0 == 1));
        let longer = Failure { retry_after_ms: Some(60_000), ..failure };
        entry.deployments[1].failed(&longer, now);
        assert_eq!(entry.choose(&[], now).unwrap().0, 0, "the one that is back sooner");
    }

    #[test]
    fn the_least_busy_the_fastest_and_the_least_used() {
        let now = Instant::now();
        let busy = entry(Strategy::LeastBusy, r#"["p/a", "p/b"]"#);
        let _under_way = busy.deployments[0].begin(now);
        assert_eq!(busy.choose(&[], now).unwrap().0, 1);
        let fast = entry(Strategy::LowestLatency, r#"["p/a", "p/b"]"#);
        fast.deployments[0].answered(Duration::from_millis(20));
        assert_eq!(fast.choose(&[], now).unwrap().0, 1, "one that is not known yet is tried");
        fast.deployments[1].answered(Duration::from_millis(30));
        assert_eq!(fast.choose(&[], now).unwrap().0, 0);
        let used = entry(Strategy::LeastUsed, r#"["p/a", { model = "p/b", weight = 2 }]"#);
        used.deployments[0].used(100, now);
        used.deployments[1].used(150, now);
        assert_eq!(used.choose(&[], now).unwrap().0, 1);
    }

    #[test]
    fn where_each_has_reached_its_limit_it_says_for_how_long() {
        let limits = r#"[{ model = "p/a", requests-per-minute = 1 }]"#;
        let entry = entry(Strategy::Weighted, limits);
        let now = Instant::now();
        let _one = entry.choose(&[], now).unwrap().1.begin(now);
        assert_eq!(entry.choose(&[], now).unwrap_err().wait, Duration::from_secs(60));
    }
}
