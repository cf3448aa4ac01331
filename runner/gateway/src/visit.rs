//! One request of a client's, from its first byte to its last, and what is known of it.

use crate::Inner;
use crate::attempt::{Question, attempt};
use crate::gate::Place;
use crate::reply::{self, Reply};
use crate::route::Endpoint;
use hotcell::Error;
use hotcell::types::{FailureKind, Usage};
use hotcell_dialects::{DialectError, Refusal};
use http::HeaderMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A request under way. When it is dropped, the request is over: whoever keeps logs, metrics
/// or accounts is told then.
pub(crate) struct Visit {
    pub(crate) gateway: Arc<Inner>,
    /// Unique among gateways.
    pub(crate) id: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) began: Instant,
    /// The model, as the client called it.
    pub(crate) model: String,
    /// `provider/model`, as it was asked last.
    pub(crate) deployment: Option<Arc<str>>,
    /// How often somebody was asked.
    pub(crate) attempts: u32,
    pub(crate) status: u16,
    pub(crate) usage: Option<Usage>,
    /// How it ended; none while it has not, and where the client left before.
    pub(crate) outcome: Option<Outcome>,
    /// Its place among those that are under way.
    place: Option<Place>,
}

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
        Self {
            id: format!("hc-{}-{number:x}", gateway.mark),
            gateway,
            endpoint,
            began: Instant::now(),
            model: String::new(),
            deployment: None,
            attempts: 0,
            status: 0,
            usage: None,
            outcome: None,
            place: None,
        }
    }

    /// The way of every question: the model is looked up, a place is waited for, and one
    /// deployment after another is asked until one answers.
    ///
    /// # Errors
    /// An unknown model, a gateway that is full, and what the last one said who was asked.
    pub(crate) async fn ask<Q: Question>(
        &mut self,
        model: &str,
        question: Q,
    ) -> Result<Q::Answer, Error> {
        model.clone_into(&mut self.model);
        let entry = self.gateway.models.find(model)?;
        self.place = Some(self.gateway.gate.enter().await?);
        attempt(self, &entry, question).await
    }

    /// Ends it with an error, which it gives back as the client reads it.
    pub(crate) fn fail(&mut self, error: &Error) -> Reply {
        self.outcome = Some(Outcome::Failed(error.kind()));
        let mut reply = reply::failure(self.endpoint.voice(), &error.failure);
        self.status = reply.status().as_u16();
        self.mark(reply.headers_mut());
        reply
    }

    /// Ends it with what cannot be read of the request.
    pub(crate) fn misread(&mut self, error: &DialectError) -> Reply {
        self.outcome = Some(Outcome::Failed(FailureKind::InvalidRequest));
        let Refusal { status, body } = Refusal::of(self.endpoint.voice(), error);
        self.status = status;
        let mut reply = reply::json(status, body);
        self.mark(reply.headers_mut());
        reply
    }

    /// Ends it with a whole answer.
    pub(crate) fn answer(&mut self, body: Vec<u8>) -> Reply {
        (self.status, self.outcome) = (200, Some(Outcome::Answered));
        let mut reply = reply::json(200, body);
        self.mark(reply.headers_mut());
        reply
    }

    /// Says who was asked, and by which id the request is known.
    pub(crate) fn mark(&self, headers: &mut HeaderMap) {
        reply::set(headers, "x-request-id", &self.id);
        if let Some(deployment) = &self.deployment {
            reply::set(headers, "x-hotcell-model", deployment);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        tracing::debug!(
            target: "hotcell::gateway",
            id = self.id,
            endpoint = self.endpoint.name(),
            model = self.model,
            deployment = self.deployment.as_deref(),
            attempts = self.attempts,
            status = self.status,
            ms = self.began.elapsed().as_millis() as u64,
            outcome = ?self.outcome,
            "request"
        );
    }
}
