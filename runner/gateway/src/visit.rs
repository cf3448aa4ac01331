//! One request of a client's, from its first byte to its last, and what is known of it.

use crate::Inner;
use crate::access::Caller;
use crate::attempt::{Question, attempt};
use crate::cache::Cached;
use crate::deployment::{Busy, Deployment, Entry};
use crate::gate::Place;
use crate::incoming::Share;
use crate::ledger::{Account, Estimate, Tally};
use crate::reply::{self, Reply};
use crate::route::Endpoint;
use crate::seeing::Seen;
use hotcell::Error;
use hotcell::types::{FailureKind, Usage};
use hotcell_dialects::{Dialect, DialectError, Refusal};
use http::HeaderMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A request under way. When it is dropped, the request is over: whoever keeps logs, metrics
/// or accounts is told then.
pub(crate) struct Visit {
    pub(crate) gateway: Arc<Inner>,
    /// Counts the requests of this gateway.
    pub(crate) number: u64,
    /// Unique among gateways.
    pub(crate) id: String,
    pub(crate) endpoint: Endpoint,
    /// The dialect of its errors.
    pub(crate) voice: Dialect,
    pub(crate) began: Instant,
    /// The model, as the client called it.
    pub(crate) model: String,
    /// Who was asked last.
    pub(crate) deployment: Option<Arc<Deployment>>,
    /// It is asked, or answers, and has not failed.
    pub(crate) is_asked: bool,
    /// Who is asked the same beside it, and what is known of that.
    pub(crate) beside: Option<(Arc<Deployment>, Arc<Tally>)>,
    /// Its place there.
    pub(crate) busy: Option<Busy>,
    /// How often somebody was asked.
    pub(crate) attempts: u32,
    pub(crate) status: u16,
    pub(crate) usage: Option<Usage>,
    /// How it ended; none while it has not, and where the client left before.
    pub(crate) outcome: Option<Outcome>,
    /// Who asks, once that is known.
    pub(crate) caller: Option<Arc<Caller>>,
    /// What it costs them; none where nothing is kept.
    pub(crate) account: Option<Account>,
    /// A limit of theirs kept it out.
    pub(crate) refused: bool,
    /// The answer is made whether or not the client stays.
    pub(crate) goes_on: bool,
    /// What the answer uses is not this request's to tell, unless it does.
    pub(crate) is_told_later: bool,
    /// The id of an answer in the background whose end this request shows: what it used is in
    /// no account yet.
    pub(crate) due: Option<String>,
    /// What is known of what the deployment used that is asked.
    pub(crate) tally: Arc<Tally>,
    /// What is known of answers that were kept.
    pub(crate) cached: Cached,
    /// What is only kept to be told.
    pub(crate) seen: Seen,
    /// Its place among those that are under way.
    place: Option<Place>,
    /// Its share of the memory for what clients sent, as long as it needs that.
    pub(crate) share: Option<Share>,
}

/// Bytes of a model's name. It stands in logs and errors as well, and no model's is as long.
const NAME_BYTES: usize = 512;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was answered to its end.
    Answered,
    /// It was not.
    Failed(FailureKind),
}

impl Visit {
    pub(crate) fn new(gateway: Arc<Inner>, endpoint: Endpoint) -> Self {
        let number = gateway.requests.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        Self {
            seen: Seen::begin(&gateway.seeing, number, endpoint, began),
            id: format!("hc-{}-{number:x}", gateway.mark),
            number,
            gateway,
            endpoint,
            voice: endpoint.voice(),
            began,
            model: String::new(),
            deployment: None,
            is_asked: false,
            beside: None,
            busy: None,
            attempts: 0,
            status: 0,
            usage: None,
            outcome: None,
            caller: None,
            account: None,
            refused: false,
            goes_on: false,
            is_told_later: matches!(endpoint, Endpoint::Stored(_)),
            due: None,
            tally: Arc::default(),
            cached: Cached::default(),
            place: None,
            share: None,
        }
    }

    /// The way of every question: the model is looked up, and an answer that was kept; a place
    /// is waited for, and one deployment after another is asked until one answers.
    ///
    /// # Errors
    /// An unknown model, one that is not for this caller, a budget or rate that is used up, a
    /// gateway that is full, and what the last one said who was asked.
    pub(crate) async fn ask<Q: Question>(
        &mut self,
        model: &str,
        question: Q,
    ) -> Result<Q::Answer, Error> {
        self.calls(model)?;
        let entry = self.gateway.models.find(model)?;
        self.ask_at(&entry, question).await
    }

    /// Notes the model that is called.
    ///
    /// # Errors
    /// One that is not for this caller, or no model's name.
    pub(crate) fn calls(&mut self, model: &str) -> Result<(), Error> {
        if model.len() > NAME_BYTES {
            let message = format!("a model's name has {NAME_BYTES} bytes at the most");
            return Err(Error::new(FailureKind::InvalidRequest, message));
        }
        model.clone_into(&mut self.model);
        if let Some(caller) = &self.caller {
            caller.may_ask(model)?;
        }
        Ok(())
    }

    /// The same as [`Self::ask`] where it is known already which deployments may be asked.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn ask_at<Q: Question>(
        &mut self,
        entry: &Entry,
        question: Q,
    ) -> Result<Q::Answer, Error> {
        self.waits();
        match self.endpoint {
            Endpoint::Stored(_) => self.hold_request().await?,
            _ => {
                let model = self.model.clone();
                let kept = self.recall(&model, entry, &question).await;
                let estimate =
                    if kept.is_some() { Estimate::default() } else { question.estimate() };
                if let Err(error) = self.hold(entry, estimate).await {
                    self.cached = Cached::default();
                    return Err(error);
                }
                if let Some(answer) = kept {
                    self.begins();
                    return Ok(answer);
                }
            }
        }
        let waiting = Instant::now();
        let place = self.gateway.gate.enter().await;
        self.waited(waiting);
        self.place = Some(place?);
        let answer = attempt(self, entry, question).await?;
        self.begins();
        self.write_down::<Q>(&answer);
        Ok(answer)
    }

    /// A number from 0 to 1 that is another one for each request.
    pub(crate) fn chance(&self) -> f64 {
        // The request's number, well stirred (SplitMix64): it only has to keep clients apart.
        let mut bits = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(self.attempts);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Ends it with an error, which it gives back as the client reads it.
    pub(crate) fn fail(&mut self, error: &Error) -> Reply {
        let failure = reply::told(&error.failure);
        self.outcome = Some(Outcome::Failed(failure.kind));
        let mut reply = reply::failure(self.voice, &failure);
        self.status = reply.status().as_u16();
        self.mark(reply.headers_mut());
        reply::hear(reply.headers_mut(), &error.headers);
        reply
    }

    /// Ends it with what cannot be read of the request.
    pub(crate) fn misread(&mut self, error: &DialectError) -> Reply {
        self.outcome = Some(Outcome::Failed(FailureKind::InvalidRequest));
        let Refusal { status, body } = Refusal::of(self.voice, error);
        self.status = status;
        let mut reply = reply::json(status, body);
        self.mark(reply.headers_mut());
        reply
    }

    /// Ends it with a whole answer, once what it cost is written down.
    pub(crate) async fn answer(&mut self, body: Vec<u8>) -> Reply {
        if let Err(error) = self.ends().await {
            return self.fail(&error);
        }
        let mut reply = reply::json(200, body);
        self.mark(reply.headers_mut());
        self.mark_cost(reply.headers_mut());
        reply
    }

    /// It has a whole answer: what it cost is written down.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub(crate) async fn ends(&mut self) -> Result<(), Error> {
        (self.status, self.outcome) = (200, Some(Outcome::Answered));
        self.settle().await?;
        self.keep();
        Ok(())
    }

    /// Says who was asked, by which id the request is known, and what was heard from there.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        reply::set(headers, "x-request-id", &self.id);
        // Anthropic's SDKs look for it by this name.
        if self.voice == Dialect::AnthropicMessages {
            reply::set(headers, "request-id", &self.id);
        }
        if let Some(deployment) = &self.deployment {
            reply::set(headers, "x-hotcell-model", &deployment.model);
        }
        self.mark_cached(headers);
        self.mark_attempts(headers);
        self.mark_rates(headers);
        reply::hear(headers, &self.tally.heard.take());
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let (Some(deployment), Some(usage)) = (&self.deployment, &self.usage) {
            let tokens = usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0));
            deployment.used(tokens, Instant::now());
        }
        drop(self.charge());
        tracing::debug!(
            target: "hotcell::gateway",
            id = self.id,
            endpoint = self.endpoint.name(),
            model = self.model,
            deployment = self.deployment.as_deref().map(|deployment| &*deployment.model),
            attempts = self.attempts,
            status = self.status,
            ms = self.began.elapsed().as_millis() as u64,
            outcome = ?self.outcome,
            "request"
        );
        self.tell();
    }
}
