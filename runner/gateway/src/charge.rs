//! A visit, as far as it is somebody's: who asks, whether they may, and what it cost them.

use crate::deployment::Entry;
use crate::ledger::{Estimate, Rate, Rates, Spent, unavailable};
use crate::reply;
use crate::store::{Sums, Time};
use crate::turn::is_paid;
use crate::visit::{Outcome, Visit};
use hotcell::Error;
use hotcell_dialects::Dialect;
use http::HeaderMap;
use http::request::Parts;
use std::sync::Arc;

impl Visit {
    /// Finds out who is asking, and whether they may use the endpoint.
    ///
    /// # Errors
    /// `authentication`, `permission`.
    pub(crate) async fn admit(&mut self, head: &Parts) -> Result<(), Error> {
        let with_query = self.endpoint.voice() == Dialect::Gemini;
        let access = &self.gateway.control.access;
        let caller = access.admit(&head.headers, &head.uri, with_query).await?;
        caller.may_use(self.endpoint.scope())?;
        self.caller = Some(caller);
        Ok(())
    }

    /// Holds what a request is taken to use.
    ///
    /// # Errors
    /// `quota-exhausted`, `rate-limited`.
    pub(crate) async fn hold(&mut self, entry: &Entry, estimate: Estimate) -> Result<(), Error> {
        // An endpoint that asks more than once is one request.
        if self.account.is_some() {
            return Ok(());
        }
        let gateway = self.gateway.clone();
        let (Some(ledger), Some(caller)) = (&gateway.control.ledger, &self.caller) else {
            return Ok(());
        };
        let mut deployments: Vec<Arc<str>> = Vec::new();
        deployments.extend(entry.deployments.iter().map(|at| at.model.clone()));
        for other in entry.all_fallbacks() {
            let other = gateway.models.find(other)?;
            deployments.extend(other.deployments.iter().map(|at| at.model.clone()));
        }
        let (account, held) = ledger.hold(&gateway.runner, caller, &deployments, estimate).await;
        self.account = Some(account);
        if held.is_err() {
            // Nothing was let in, so that nothing is accounted for.
            self.refused = true;
        }
        held
    }

    /// Holds a request that costs nothing.
    ///
    /// # Errors
    /// `rate-limited`.
    pub(crate) async fn hold_request(&mut self) -> Result<(), Error> {
        let gateway = self.gateway.clone();
        let (Some(ledger), Some(caller)) = (&gateway.control.ledger, &self.caller) else {
            return Ok(());
        };
        let (account, held) = ledger.hold_request(caller).await;
        self.account = Some(account);
        self.refused = held.is_err();
        held
    }

    /// Puts what was used in the place of what was held, and waits until that is written down.
    ///
    /// # Errors
    /// A state that cannot be written. The client is not told the end of an answer then.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        let Some(written) = self.charge() else { return Ok(()) };
        written.await.map_err(|error| unavailable(&error))
    }

    /// The same, and nobody waits: for those who left, and answers that are none.
    pub(crate) fn charge(&mut self) -> Option<crate::store::Later<'static, ()>> {
        // Whoever was asked beside another one when the client left is left as well.
        self.leave_beside();
        if self.refused {
            return None;
        }
        let spent = self.spent();
        self.account.as_mut()?.settle(spent)
    }

    /// What was used, as far as it is known. What a provider told of an answer that is whole is
    /// believed. Else the prompt is taken for what it was taken for before, unless the provider
    /// told, and the answer for what came of it, or was told where that is more.
    fn spent(&self) -> Spent {
        let answered = self.outcome == Some(Outcome::Answered);
        let failures = u64::from(!answered);
        let mut sums = Sums { requests: 1, failures, ..Sums::default() };
        if let Some(model) = self.recalled_model() {
            sums.cached = 1;
            return Spent { model: model.to_owned(), sums, response: None };
        }
        let Some(deployment) = &self.deployment else {
            return Spent { sums, ..Spent::default() };
        };
        let unpaid = || self.name_in_accounts(deployment, false);
        if self.usage.is_none() && self.is_told_later {
            return Spent { model: unpaid(), sums, response: None };
        }
        let told = self.usage.clone().or_else(|| self.tally.told());
        let is_left = self.outcome.is_none() && self.is_asked;
        if !answered && !is_left && !is_paid(told.as_ref(), &self.tally) {
            return Spent { model: unpaid(), sums, response: None };
        }
        let used = self.used(&deployment.model, told.as_ref(), &self.tally, answered);
        let model = self.name_in_accounts(deployment, true);
        let sums = Sums { requests: sums.requests, failures: sums.failures, ..used };
        Spent { model, sums, response: self.due.clone() }
    }

    /// Tells a client its rates, in the words of its dialect.
    pub(crate) fn mark_rates(&self, headers: &mut HeaderMap) {
        let Some(account) = &self.account else { return };
        write_rates(&account.rates, self.endpoint.voice(), headers);
    }
}

fn write_rates(rates: &Rates, dialect: Dialect, headers: &mut HeaderMap) {
    let mut write =
        |names: [&'static str; 3], rate: Option<Rate>, reset: &dyn Fn(u64) -> String| {
            let Some(rate) = rate else { return };
            let [limit, remaining, until] = names;
            reply::set(headers, limit, &rate.limit.to_string());
            reply::set(headers, remaining, &rate.remaining.to_string());
            reply::set(headers, until, &reset(rate.reset));
        };
    if dialect == Dialect::AnthropicMessages {
        let reset = |at: u64| Time(at).to_string();
        write(
            [
                "anthropic-ratelimit-requests-limit",
                "anthropic-ratelimit-requests-remaining",
                "anthropic-ratelimit-requests-reset",
            ],
            rates.requests,
            &reset,
        );
        write(
            [
                "anthropic-ratelimit-tokens-limit",
                "anthropic-ratelimit-tokens-remaining",
                "anthropic-ratelimit-tokens-reset",
            ],
            rates.tokens,
            &reset,
        );
        return;
    }
    let now = Time::now().0;
    let reset = |at: u64| format!("{}s", at.saturating_sub(now));
    write(
        [
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ],
        rates.requests,
        &reset,
    );
    write(
        ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
        rates.tokens,
        &reset,
    );
}
