//! Who is asked for a visit, one after another and beside one another, and what they used whose
//! answers nobody got.

use crate::deployment::Deployment;
use crate::ledger::{Estimate, Spent, Tally, priced};
use crate::route::Endpoint;
use crate::store::Sums;
use crate::visit::Visit;
use hotcell::types::Usage;
use std::sync::Arc;
use std::time::Instant;

impl Visit {
    /// Turns to a deployment.
    pub(crate) fn turn_to(&mut self, deployment: Arc<Deployment>) {
        (self.deployment, self.is_asked) = (Some(deployment), true);
        self.attempts += 1;
        self.asks();
    }

    /// It failed, and another one may be asked.
    pub(crate) fn give_up(&mut self) {
        self.is_asked = false;
        let tally = std::mem::take(&mut self.tally);
        if let Some(deployment) = self.deployment.clone() {
            self.enter(&deployment, &tally);
        }
    }

    /// Turns to another deployment as well, beside the one that is asked.
    pub(crate) fn turn_beside(&mut self, deployment: Arc<Deployment>) -> Arc<Tally> {
        let tally = Arc::<Tally>::default();
        self.beside = Some((deployment, tally.clone()));
        self.attempts += 1;
        tally
    }

    /// The one beside is the one that counts from now on, and the other one is beside it.
    pub(crate) fn change_sides(&mut self) {
        if let Some((deployment, tally)) = self.beside.take() {
            let tally = std::mem::replace(&mut self.tally, tally);
            self.beside = self.deployment.replace(deployment).map(|other| (other, tally));
        }
    }

    /// Leaves the one beside while it answers.
    pub(crate) fn leave_beside(&mut self) {
        if let Some((_, tally)) = &self.beside {
            tally.leave();
        }
        self.give_up_beside();
    }

    /// The one beside is not asked any more.
    pub(crate) fn give_up_beside(&mut self) {
        if let Some((deployment, tally)) = self.beside.take() {
            self.enter(&deployment, &tally);
        }
    }

    /// Enters what a deployment used whose answer is not taken: its provider wants to be paid all
    /// the same.
    fn enter(&mut self, deployment: &Deployment, tally: &Tally) {
        let told = tally.told();
        if let Some(usage) = &told {
            let tokens = usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0));
            deployment.used(tokens, Instant::now());
        }
        // What a provider keeps is told for nothing.
        let is_free = matches!(self.endpoint, Endpoint::Stored(_));
        if is_free || !is_paid(told.as_ref(), tally) {
            return;
        }
        let sums = self.used(&deployment.model, told.as_ref(), tally, false);
        let model = self.name_in_accounts(deployment, true);
        if let Some(account) = self.account.as_mut().filter(|_| sums.input > 0 || sums.output > 0) {
            account.add(Spent { model, sums, response: None });
        }
    }

    /// The name by which accounts have a deployment, and whether it is for something that has to
    /// be paid.
    pub(crate) fn name_in_accounts(&self, deployment: &Deployment, is_paid: bool) -> String {
        let model = &deployment.model;
        let Some(ledger) = &self.gateway.control.ledger else { return model.to_string() };
        let labels = &self.gateway.seeing.labels;
        let label = labels.text(labels.of_deployment(deployment));
        ledger.names.of(model, &label, is_paid).to_owned()
    }

    /// What one deployment used, by what it told and by what came of it.
    pub(crate) fn used(
        &self,
        model: &str,
        told: Option<&Usage>,
        tally: &Tally,
        answered: bool,
    ) -> Sums {
        let told = told.filter(|usage| is_possible(usage));
        let came = tally.tokens();
        let taken = self.account.as_ref().map(|account| account.estimate).unwrap_or_default();
        let input = told.and_then(|usage| usage.input);
        let output = told.and_then(|usage| usage.output);
        // Vectors and their like are told no tokens of, and have none.
        let is_known = answered && input.is_some() && (output.is_some() || came == 0);
        let mut sums = Sums {
            estimated: u64::from(!is_known),
            input: input.unwrap_or(taken.input),
            output: match is_known {
                true => output.unwrap_or(0),
                // It may be as long as it may be, and nobody is going to see it.
                false if self.goes_on => taken.output.max(output.unwrap_or(0)).max(came),
                false => output.unwrap_or(0).max(came),
            },
            cache_read: told.and_then(|usage| usage.cache_read).unwrap_or(0),
            cache_write: told.and_then(|usage| usage.cache_write).unwrap_or(0),
            ..Sums::default()
        };
        let usage = Usage {
            cache_read: Some(sums.cache_read),
            cache_write: Some(sums.cache_write),
            ..Estimate { input: sums.input, output: sums.output }.usage()
        };
        let ledger = self.gateway.control.ledger.as_ref();
        let cost = ledger.and_then(|it| it.prices.cost(&self.gateway.runner, model, &usage));
        (sums.cost, sums.unpriced) = priced(cost);
        sums
    }
}

/// Tokens that no answer and no prompt has.
const MOST: u64 = 1_000_000_000;

/// Whether an answer can have used this. Whatever is told beyond that would take all that is left
/// of somebody's budget, or cost more than can be counted.
fn is_possible(usage: &Usage) -> bool {
    let all = [usage.input, usage.output, usage.cache_read, usage.cache_write];
    all.into_iter().flatten().all(|tokens| tokens <= MOST)
}

/// Whether something is to be paid for what failed: where the provider said so, or began to
/// answer, or was left while it did.
pub(crate) fn is_paid(told: Option<&Usage>, tally: &Tally) -> bool {
    told.is_some() || tally.tokens() > 0 || tally.is_left()
}
