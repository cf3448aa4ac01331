//! What was spent, and whether there is anything left to spend.
//!
//! Before a request is sent, what it is taken to cost is held against every limit of whoever
//! asks. When its answer is over, what it did cost takes the place of that, and is written
//! down before the answer's last byte goes out.

mod account;
mod estimate;
mod money;
mod name;
mod price;
mod window;

pub use money::Money;
pub use window::Window;

pub(crate) use account::{Account, Rate, Rates, Spent, priced};
pub(crate) use estimate::{Estimate, Tally};
pub(crate) use name::Names;
pub(crate) use price::Prices;
pub(crate) use window::DAY;

use crate::access::Caller;
use crate::store::{Claim, Meter, Store, StoreError, Time, Unit};
use hotcell::types::{Failure, FailureKind};
use hotcell::{Error, Runner};
use std::sync::Arc;

/// What is known of everybody's spending.
pub(crate) struct Ledger {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) prices: Prices,
    pub(crate) names: Names,
}

impl Ledger {
    /// One that nobody has used yet.
    pub(crate) fn new(store: Arc<dyn Store>, prices: Prices) -> Self {
        Self { store, prices, names: Names::default() }
    }
}

impl Ledger {
    /// Holds what a request to one of these deployments is taken to use, against each limit of
    /// its caller.
    ///
    /// # Errors
    /// `quota-exhausted` where a budget is used up, `rate-limited` where a rate is, or where
    /// what is left of a budget is held for others; `permission` where the price of something
    /// is not known and there is a budget. The account is given back either way, for what it
    /// knows of rates.
    pub(crate) async fn hold(
        &self,
        runner: &Runner,
        caller: &Arc<Caller>,
        deployments: &[Arc<str>],
        estimate: Estimate,
    ) -> (Account, Result<(), Error>) {
        let now = Time::now().0;
        let mut account = Account::new(self.store.clone(), caller.clone(), estimate, now);
        let cost = match caller.has_budget() {
            true => match self.most(runner, deployments, estimate) {
                Ok(cost) => cost,
                Err(error) => return (account, Err(error)),
            },
            false => Money::default(),
        };
        let claims = claims(caller, estimate, cost, now);
        match self.store.hold(&claims).await {
            Err(error) => (account, Err(unavailable(&error))),
            Ok(held) => {
                account.see_rates(&claims, &held.before, held.over.is_none());
                match held.over.and_then(|over| Some((claims.get(over)?, held.before.get(over)?))) {
                    Some((claim, standing)) => {
                        let error = over(claim, standing.used >= claim.limit, now);
                        (account, Err(error))
                    }
                    None => {
                        (account.hold, account.held) = (held.hold, claims);
                        (account, Ok(()))
                    }
                }
            }
        }
    }

    /// Holds a request that costs nothing against the rates of its caller. What it may enter in
    /// the accounts all the same was used before.
    ///
    /// # Errors
    /// `rate-limited`, where there were too many.
    pub(crate) async fn hold_request(&self, caller: &Arc<Caller>) -> (Account, Result<(), Error>) {
        let now = Time::now().0;
        let estimate = Estimate::default();
        let mut account = Account::new(self.store.clone(), caller.clone(), estimate, now);
        let all = claims(caller, estimate, Money::default(), now);
        let is_rate = |claim: &&Claim| claim.meter.window == Window::Minute;
        // Tokens are held nothing of, and however few are left: what it enters is counted with
        // theirs all the same.
        let rates = all.iter().filter(is_rate).cloned().map(|claim| match claim.meter.unit {
            Unit::Tokens => Claim { limit: u64::MAX, ..claim },
            _ => claim,
        });
        let rates: Vec<Claim> = rates.collect();
        let held = match self.store.hold(&rates).await {
            Ok(held) => held,
            Err(error) => return (account, Err(unavailable(&error))),
        };
        let requests = |claim: &Claim| claim.meter.unit == Unit::Requests;
        let (claims, before): (Vec<_>, Vec<_>) =
            rates.iter().cloned().zip(held.before).filter(|(claim, _)| requests(claim)).unzip();
        account.see_rates(&claims, &before, held.over.is_none());
        if let Some(claim) = held.over.and_then(|place| rates.get(place)) {
            return (account, Err(over(claim, false, now)));
        }
        (account.hold, account.held) = (held.hold, all);
        (account, Ok(()))
    }

    /// The most that a request to one of these is taken to cost.
    fn most(
        &self,
        runner: &Runner,
        deployments: &[Arc<str>],
        estimate: Estimate,
    ) -> Result<Money, Error> {
        let mut most = Money::default();
        for deployment in deployments {
            let usage = estimate.usage();
            let Some(cost) = self.prices.cost(runner, deployment, &usage) else {
                let message = format!(
                    "the price of `{deployment}` is not known, and this key has a budget; the \
                     operator can say it in [gateway.prices.\"{deployment}\"]"
                );
                return Err(refusal(FailureKind::Permission, "model_price_unknown", message));
            };
            most = most.max(cost);
        }
        Ok(most)
    }
}

/// What a request claims of each limit.
fn claims(caller: &Caller, estimate: Estimate, cost: Money, now: u64) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (subject, limits) in caller.metered() {
        let mut claim = |unit, window: Window, amount, limit| {
            let meter = Meter { subject: subject.clone(), unit, window, start: window.start(now) };
            claims.push(Claim { meter, amount, limit });
        };
        if let Some(limit) = limits.requests_per_minute {
            claim(Unit::Requests, Window::Minute, 1, limit);
        }
        if let Some(limit) = limits.tokens_per_minute {
            let amount = estimate.input.saturating_add(estimate.output);
            claim(Unit::Tokens, Window::Minute, amount, limit);
        }
        for (window, limit) in limits.budget.limits() {
            claim(Unit::Money, window, cost.as_billionths(), limit.as_billionths());
        }
    }
    claims
}

/// Why a claim does not fit.
fn over(claim: &Claim, is_used_up: bool, now: u64) -> Error {
    let Meter { unit, window, .. } = claim.meter;
    let left = window.end(now).map(|end| end.saturating_sub(now).max(1) * 1000);
    let (kind, code, message, wait) = match unit {
        Unit::Money if is_used_up => {
            let limit = Money::billionths(claim.limit);
            let span = if window == Window::Total {
                String::new()
            } else {
                format!(" a {}", window.name())
            };
            let message = format!("the budget of {limit}{span} is used up");
            (FailureKind::QuotaExhausted, "insufficient_quota", message, left)
        }
        Unit::Money => {
            let message = "what is left of the budget is held for requests under way; try again";
            (FailureKind::RateLimited, "rate_limit_exceeded", message.to_owned(), Some(1000))
        }
        Unit::Requests => {
            let message = format!("more than {} requests in a minute", claim.limit);
            (FailureKind::RateLimited, "rate_limit_exceeded", message, left)
        }
        Unit::Tokens => {
            let message = format!("more than {} tokens in a minute", claim.limit);
            (FailureKind::RateLimited, "rate_limit_exceeded", message, left)
        }
    };
    let code = Some(code.to_owned());
    Failure { code, retry_after_ms: wait, ..Failure::new(kind, message) }.into()
}

/// A refusal of the gateway's own, with a code word.
pub(crate) fn refusal(kind: FailureKind, code: &str, message: impl Into<String>) -> Error {
    Failure { code: Some(code.to_owned()), ..Failure::new(kind, message) }.into()
}

/// What a client is told where the state cannot be used; the rest is for the operator.
pub(crate) fn unavailable(error: &StoreError) -> Error {
    // That the state is away is an error once, and not for everybody who comes meanwhile.
    tracing::warn!(target: "hotcell::gateway", %error, "a request was refused");
    let message = "the gateway cannot keep its accounts, and answers nobody without";
    Failure { retry_after_ms: Some(1000), ..Failure::new(FailureKind::Overloaded, message) }.into()
}
