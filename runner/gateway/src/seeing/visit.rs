//! A visit, as far as somebody looks on.

use super::Seeing;
use super::label::Label;
use super::live::{Live, Phase};
use super::record::{Record, Tokens};
use super::trace::Context;
use crate::ledger::Money;
use crate::reply;
use crate::visit::{Outcome, Visit};
use hotcell::types::{Event, FailureKind};
use http::HeaderMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// What is only kept to be told.
pub(crate) struct Seen {
    live: Arc<Live>,
    /// The model, once it is known that there is one.
    model: Label,
    /// How long it waited for a place.
    queued: Duration,
    /// When its answer began.
    first: Option<Duration>,
    is_stream: bool,
    pub(crate) fallbacks: u32,
    cost: Option<f64>,
    trace: Option<Box<Context>>,
}

impl Seen {
    pub(crate) fn begin(
        seeing: &Seeing,
        number: u64,
        endpoint: crate::route::Endpoint,
        began: Instant,
    ) -> Self {
        Self {
            live: seeing.lives.begin(number, endpoint, began),
            model: Label::NONE,
            queued: Duration::ZERO,
            first: None,
            is_stream: false,
            fallbacks: 0,
            cost: None,
            trace: None,
        }
    }

    /// What of it is seen while it is under way.
    pub(crate) fn live(&self) -> Arc<Live> {
        self.live.clone()
    }
}

impl Visit {
    /// Takes up the trace that a client has begun, or begins one.
    pub(crate) fn follow(&mut self, headers: &HeaderMap) {
        let traces = self.gateway.seeing.traces.as_ref();
        self.seen.trace = traces.and_then(|it| it.context(headers, self.number)).map(Box::new);
    }

    /// There is such a model, and it waits for a place.
    pub(crate) fn waits(&mut self) {
        self.seen.model = self.gateway.seeing.labels.of(&self.model);
        self.seen.live.set_model(self.seen.model);
        self.seen.live.set_phase(Phase::Waiting);
    }

    /// It waits no more, whether it has one or not.
    pub(crate) fn waited(&mut self, since: Instant) {
        self.seen.queued = since.elapsed();
    }

    /// Somebody is asked.
    pub(crate) fn asks(&mut self) {
        let labels = &self.gateway.seeing.labels;
        let label = self.deployment.as_ref().map(|at| labels.of_deployment(at));
        self.seen.live.set_deployment(label.unwrap_or_default(), self.attempts);
    }

    /// The answer has begun, or is there.
    pub(crate) fn begins(&mut self) {
        self.seen.first = Some(self.began.elapsed());
    }

    /// The answer comes piece by piece.
    pub(crate) fn streams(&mut self) {
        self.status = 200;
        self.seen.is_stream = true;
        self.seen.live.set_phase(Phase::Streaming);
    }

    /// Keeps what an event of an answer says of it.
    pub(crate) fn notes(&mut self, event: &Event) {
        if let Some(trace) = &mut self.seen.trace {
            trace.note(event);
        }
    }

    /// Tells a client what its answer cost, where that is known.
    pub(crate) fn mark_cost(&mut self, headers: &mut HeaderMap) {
        if let Some(cost) = self.cost() {
            reply::set(headers, "x-hotcell-cost", &dollars(cost));
        }
    }

    /// How often somebody was asked for it.
    pub(crate) fn mark_attempts(&self, headers: &mut HeaderMap) {
        if self.attempts > 0 {
            headers.insert("x-hotcell-attempts", self.attempts.into());
        }
    }

    /// What it cost, in US dollars, by what the provider told.
    fn cost(&mut self) -> Option<f64> {
        if self.is_recalled() {
            return Some(0.0);
        }
        if self.seen.cost.is_none()
            && let (Some(deployment), Some(usage)) = (&self.deployment, &self.usage)
        {
            let (prices, runner) = (&self.gateway.control.prices, &self.gateway.runner);
            let cost = prices.cost(runner, &deployment.model, usage);
            self.seen.cost = cost.map(Money::as_dollars);
        }
        self.seen.cost
    }

    /// It is over: whoever looks on is told.
    pub(crate) fn tell(&mut self) {
        let cost = self.cost();
        let duration = self.began.elapsed();
        let has_begun = self.seen.live.has_begun();
        // Whoever leaves is told nothing, or the head of a stream.
        let unended = if has_begun { 200 } else { 499 };
        let record = Record {
            id: std::mem::take(&mut self.id),
            endpoint: self.endpoint,
            at: SystemTime::now().checked_sub(duration).unwrap_or(SystemTime::UNIX_EPOCH),
            model: std::mem::take(&mut self.model),
            deployment: self.deployment.clone(),
            attempts: self.attempts,
            fallbacks: self.seen.fallbacks,
            status: if self.status == 0 { unended } else { self.status },
            outcome: self.outcome.unwrap_or(Outcome::Failed(FailureKind::Cancelled)),
            is_stream: self.seen.is_stream || has_begun,
            queued: self.seen.queued,
            first: self.seen.first,
            duration,
            cache: self.cached.found,
            tokens: self.usage.as_ref().map(Tokens::from),
            cost,
            caller: self.caller.clone(),
            trace: self.seen.trace.take().map(|trace| *trace),
        };
        self.gateway.seeing.tell(self.number, self.seen.model, record);
    }
}

/// An amount without an exponent, and no longer than it has to be.
fn dollars(cost: f64) -> String {
    let text = format!("{cost:.12}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_owned()
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn an_amount_is_written_as_people_write_it() {
        for (cost, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (0.000_000_037_5, "0.0000000375"),
            (1e-15, "0"),
            (12.0, "12"),
        ] {
            assert_eq!(dollars(cost), text);
        }
    }
}
