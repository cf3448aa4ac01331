//! The account of one request.

use super::{DAY, Estimate, Money};
use crate::access::Caller;
use crate::store::{Claim, Entry, Hold, Later, Standing, Store, Sums, Unit};
use std::sync::Arc;

/// What is held for one request, until what it used takes its place. Where it is dropped
/// before, nothing is held any more, and a request is counted that failed.
pub(crate) struct Account {
    store: Arc<dyn Store>,
    caller: Arc<Caller>,
    pub(super) held: Vec<Claim>,
    /// By what the place knows that it holds them.
    pub(super) hold: Hold,
    /// Another one, of whose answer this one has the account: what that holds is let go with this.
    other: Option<Box<Account>>,
    /// What was used besides, by those who were asked and whose answers were not taken.
    given_up: Vec<Spent>,
    /// The request is counted elsewhere.
    is_part: bool,
    /// What the request was taken to use.
    pub(crate) estimate: Estimate,
    /// When it came: what it used is used then.
    began: u64,
    /// What its caller's rates are, and what is left of them.
    pub(crate) rates: Rates,
    is_settled: bool,
}

/// What a request used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spent {
    /// `provider/model`.
    pub(crate) model: String,
    /// The answer that was due, if it is of one.
    pub(crate) response: Option<String>,
    pub(crate) sums: Sums,
}

/// The rates of a caller, as its SDK is told them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) requests: Option<Rate>,
    pub(crate) tokens: Option<Rate>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// When it begins anew: seconds since 1970.
    pub(crate) reset: u64,
}

impl Account {
    pub(super) fn new(
        store: Arc<dyn Store>,
        caller: Arc<Caller>,
        estimate: Estimate,
        began: u64,
    ) -> Self {
        Self {
            store,
            caller,
            held: Vec::new(),
            hold: Hold::default(),
            other: None,
            given_up: Vec::new(),
            is_part: false,
            estimate,
            began,
            rates: Rates::default(),
            is_settled: false,
        }
    }

    /// Takes out what is held for the answer, which comes later than the request is over.
    pub(crate) fn part(&mut self) -> Self {
        let (store, caller) = (self.store.clone(), self.caller.clone());
        let mut part = Self::new(store, caller, self.estimate, self.began);
        // Each lets go what is its own, whichever is over first.
        self.hold = self.store.divide(self.hold);
        (part.is_part, part.hold) = (true, self.hold);
        let is_answer = |claim: &mut Claim| claim.meter.unit != Unit::Requests;
        part.held = self.held.extract_if(.., is_answer).collect();
        part
    }

    /// Adds what was used besides: it stands beside its own model, as no request of its own.
    pub(crate) fn add(&mut self, spent: Spent) {
        self.given_up.push(spent);
    }

    /// Has what another one holds be held until this one is settled.
    pub(crate) fn take_over(&mut self, other: Self) {
        self.other = Some(Box::new(other));
    }

    /// Keeps what meters say of rates; of a key's and its team's the one of which less is left.
    pub(super) fn see_rates(&mut self, claims: &[Claim], before: &[Standing], is_held: bool) {
        for (claim, standing) in claims.iter().zip(before) {
            let taken = standing.used.saturating_add(standing.held);
            let taken = taken.saturating_add(if is_held { claim.amount } else { 0 });
            let window = claim.meter.window;
            let Some(reset) = window.end(claim.meter.start) else { continue };
            let rate =
                Rate { limit: claim.limit, remaining: claim.limit.saturating_sub(taken), reset };
            let known = match claim.meter.unit {
                Unit::Requests => &mut self.rates.requests,
                Unit::Tokens => &mut self.rates.tokens,
                Unit::Money => continue,
            };
            if known.is_none_or(|known| rate.remaining < known.remaining) {
                *known = Some(rate);
            }
        }
    }

    /// Puts what was used in the place of what was held. It happens at once; what comes back is
    /// ready when it is written down.
    pub(crate) fn settle(&mut self, spent: Spent) -> Option<Later<'static, ()>> {
        if std::mem::replace(&mut self.is_settled, true) {
            return None;
        }
        let given_up = std::mem::take(&mut self.given_up);
        let tokens = |sums: &Sums| sums.input.saturating_add(sums.output);
        let all = given_up.iter().map(|it| &it.sums).chain([&spent.sums]);
        let all_tokens = all.map(tokens).fold(0, u64::saturating_add);
        let mut all = Vec::new();
        for besides in given_up {
            // Each stands in the file with what it adds to a meter that is read from there; the
            // tokens of a minute are counted once, by what holds them.
            let lasts = self.held.iter().filter(|claim| claim.meter.unit == Unit::Money);
            let cost = besides.sums.cost.as_billionths();
            let held = lasts.map(|claim| (Claim { amount: 0, ..claim.clone() }, cost)).collect();
            all.push(self.store.settle(Hold::default(), held, self.entry(besides)));
        }
        let used = |claim: &Claim| match claim.meter.unit {
            Unit::Requests => spent.sums.requests,
            Unit::Tokens => all_tokens,
            Unit::Money => spent.sums.cost.as_billionths(),
        };
        let held = std::mem::take(&mut self.held);
        let with_used = |claim: Claim| (used(&claim), claim);
        let held = held.into_iter().map(with_used).map(|(used, claim)| (claim, used)).collect();
        let settled = self.store.settle(self.hold, held, self.entry(spent));
        // What is used is counted before it is held no more.
        let let_go = self.other.take().and_then(|mut it| it.settle(Spent::default()));
        if all.is_empty() && let_go.is_none() {
            return Some(settled);
        }
        all.push(settled);
        all.extend(let_go);
        Some(Box::pin(async {
            for kept in all {
                kept.await?;
            }
            Ok(())
        }))
    }

    fn entry(&self, spent: Spent) -> Entry {
        Entry {
            day: self.began / DAY,
            key: self.caller.id.clone(),
            team: self.caller.team.clone().unwrap_or_default(),
            model: spent.model,
            response: spent.response,
            sums: spent.sums,
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // Nothing was held, and nothing let in, where it was refused.
        let is_held = !self.held.is_empty() || self.hold != Hold::default();
        if !self.is_settled && is_held {
            let sums = match self.is_part {
                true => Sums::default(),
                false => Sums { requests: 1, failures: 1, ..Sums::default() },
            };
            drop(self.settle(Spent { sums, ..Spent::default() }));
        }
    }
}

/// A cost, and whether it is one that nobody knows: 0 or 1.
pub(crate) fn priced(cost: Option<Money>) -> (Money, u64) {
    match cost {
        Some(cost) => (cost, 0),
        None => (Money::default(), 1),
    }
}
