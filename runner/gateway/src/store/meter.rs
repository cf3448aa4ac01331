//! Meters: what is counted of somebody, in which span of time.

use crate::ledger::Window;
use std::sync::Arc;

/// Somebody who has limits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Key(Arc<str>),
    Team(Arc<str>),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Requests,
    Tokens,
    /// Billionths of a US dollar.
    Money,
}

/// One count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Meter {
    pub(crate) subject: Subject,
    pub(crate) unit: Unit,
    pub(crate) window: Window,
    /// When its window began: seconds since 1970.
    pub(crate) start: u64,
}

/// What somebody wants to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) meter: Meter,
    pub(crate) amount: u64,
    pub(crate) limit: u64,
}

/// Where a meter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What was used.
    pub(crate) used: u64,
    /// What is held for requests under way.
    pub(crate) held: u64,
}

impl Claim {
    /// Whether it fits: by the side of what is held already, or, where nothing is, as long as
    /// anything is left. So the last of a budget is used by one request at a time, and a
    /// request that is taken for more than it will be is not kept from it.
    pub(crate) fn fits(&self, standing: Standing) -> bool {
        let sum = standing.used.saturating_add(standing.held).saturating_add(self.amount);
        sum <= self.limit || (standing.held == 0 && standing.used < self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_budget_is_used_by_one_at_a_time() {
        let subject = Subject::Key("k".into());
        let meter = Meter { subject, unit: Unit::Money, window: Window::Day, start: 0 };
        let claim = |amount| Claim { meter: meter.clone(), amount, limit: 100 };
        let at = |used, held| Standing { used, held };
        assert!(claim(60).fits(at(0, 40)));
        assert!(!claim(61).fits(at(0, 40)));
        assert!(claim(1000).fits(at(99, 0)));
        assert!(!claim(1000).fits(at(99, 1)));
        assert!(!claim(1).fits(at(100, 0)));
        // What costs nothing needs no budget.
        assert!(claim(0).fits(at(100, 0)));
        assert!(!claim(u64::MAX).fits(at(u64::MAX, u64::MAX)));
    }
}
