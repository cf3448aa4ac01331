//! An adapter that is linked into the program, and answers where a cell would.
//!
//! What the sandbox costs is told by a gateway that has none: the same requests, the same way to
//! the provider, the same checks of what comes out, and the adapter's crate as it is compiled for
//! this machine. A program that has such an adapter trusts it. So this is no feature, which a
//! dependency could switch on for everybody, but a `cfg` that a person hands to the compiler for a
//! benchmark (`tests/bench/gateway.sh`), and with which the program `hotcell` does not compile.
//!
//! What a cell does to a guest has no counterpart here: its bounds on memory, computing time,
//! handles and denials. Recorded requests go through a cell as ever.

use super::door::{self, Door};
use super::imports::{self, MOST_PER_READ};
use super::promise::{self, Progress};
use super::{Grants, time_is_up};
use crate::bindings::hotcell::adapter::log::Level;
use crate::failure::Error;
use crate::limits::Limits;
use crate::types::{ChatRequest, Event, Failure, FailureKind};
use futures_core::Stream;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Sleep;

pub use door::{Endpoint, Response};

/// An adapter: it is given a chat request and what it may import, and answers.
pub type Adapter = Arc<dyn Fn(&ChatRequest, Imports) -> Answer + Send + Sync>;

/// What it answers. The first item has no event: the provider has accepted the request.
pub type Answer = Pin<Box<dyn Stream<Item = Result<Vec<Event>, Failure>> + Send>>;

/// What stands behind an adapter's imports in a cell, as plain functions.
pub struct Imports {
    door: Door,
    settings: Arc<BTreeMap<String, String>>,
    limits: Arc<Limits>,
    provider: Arc<str>,
    log_lines: u32,
}

impl Imports {
    /// As `named` of `wit/egress.wit`.
    ///
    /// # Errors
    /// As there, here and below.
    pub fn endpoint(&mut self, name: String) -> Result<Endpoint, Failure> {
        self.door.endpoint(name)
    }

    /// As `send` of an endpoint.
    ///
    /// # Errors
    /// As there.
    pub async fn send(
        &mut self,
        endpoint: &Endpoint,
        request: hotcell_egress::Request,
    ) -> Result<Response, Failure> {
        let answered = self.door.send(endpoint.key(), request).await;
        self.door.received(answered).map_err(|failure| *failure)
    }

    /// As `status` of a response.
    pub fn status(response: &Response) -> u16 {
        response.status()
    }

    /// As `headers` of a response.
    pub fn headers(response: &Response) -> &[(String, String)] {
        response.headers()
    }

    /// As `read` of a response.
    ///
    /// # Errors
    /// As there.
    pub async fn read(response: &mut Response, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
        let limit = (limit as usize).clamp(1, MOST_PER_READ);
        response.read(limit).await.map_err(|failure| *failure)
    }

    /// As `get` of `wit/settings.wit`.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }

    /// As `write` of `wit/log.wit`.
    pub fn log(&mut self, level: Level, message: &str) {
        imports::write_line(&mut self.log_lines, &self.limits, &self.provider, level, message);
    }
}

/// A chat answer that is still coming, from a cell or from an adapter that is linked in.
pub(crate) enum Completion {
    Cell(super::Completion),
    Native(Native),
}

impl Completion {
    /// As [`super::Completion::next`].
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        match self {
            Self::Cell(completion) => completion.next().await,
            Self::Native(native) => native.next().await,
        }
    }

    /// As [`super::Completion::cancel`].
    pub(crate) fn cancel(&mut self) {
        match self {
            Self::Cell(completion) => completion.cancel(),
            Self::Native(native) => native.done = true,
        }
    }
}

impl From<super::Completion> for Completion {
    fn from(completion: super::Completion) -> Self {
        Self::Cell(completion)
    }
}

impl From<Native> for Completion {
    fn from(native: Native) -> Self {
        Self::Native(native)
    }
}

/// The same of an adapter that is linked in.
pub(crate) struct Native {
    answer: Answer,
    /// The component that it takes the place of.
    adapter: Arc<crate::adapter::Adapter>,
    deadline: Pin<Box<Sleep>>,
    limits: Arc<Limits>,
    progress: Progress,
    done: bool,
}

impl Native {
    /// Sends a chat request.
    pub(crate) async fn complete(
        native: &Adapter,
        adapter: Arc<crate::adapter::Adapter>,
        grants: Grants,
        request: &ChatRequest,
    ) -> Result<Self, Error> {
        let Grants { door, settings, limits, provider } = grants;
        let deadline = Box::pin(tokio::time::sleep(Duration::from_millis(limits.total_ms)));
        let imports = Imports { door, settings, limits: limits.clone(), provider, log_lines: 0 };
        let mut native = Self {
            answer: native(request, imports),
            adapter,
            deadline,
            limits,
            progress: Progress::default(),
            done: false,
        };
        if native.step().await?.is_none() {
            let why = "an adapter that is linked in ended before it had begun";
            return Err(Error::new(FailureKind::Internal, why));
        }
        Ok(native)
    }

    async fn next(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if self.done {
            return Ok(None);
        }
        self.done = true;
        let Some(events) = self.step().await? else {
            self.progress.end(&self.adapter)?;
            return Ok(None);
        };
        self.progress.advance(&events, &self.limits, &self.adapter)?;
        self.done = false;
        Ok(Some(events))
    }

    async fn step(&mut self) -> Result<Option<Vec<Event>>, Error> {
        let stepped = poll_fn(|context| match self.answer.as_mut().poll_next(context) {
            Poll::Ready(step) => Poll::Ready(Some(step.transpose())),
            Poll::Pending => self.deadline.as_mut().poll(context).map(|()| None),
        });
        match stepped.await {
            Some(Ok(events)) => Ok(events),
            Some(Err(failure)) => Err(promise::failure(failure, &self.limits, &self.adapter)),
            None => Err(time_is_up()),
        }
    }
}
