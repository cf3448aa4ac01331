//! Waiting for a guest, and doing for it what it waits for.
//!
//! A guest waits on a stack of its own, and that keeps every page that was once used of it for as
//! long as its answer is open. Sending a request goes deep. So a guest that sends one says so and
//! waits; it is sent from here, on the stack of a thread, which all cells have in common.

use super::door::{Answered, Sending};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// How long a cell may take, and the errands that are done for it until then.
pub(super) struct Wait {
    /// Set once, when the cell opens: to set a timer for every event would cost more than
    /// the event.
    deadline: Pin<Box<Sleep>>,
    errand: Errand,
}

impl Wait {
    /// From now on.
    pub(super) fn new(most: Duration, errand: Errand) -> Self {
        Self { deadline: Box::pin(tokio::time::sleep(most)), errand }
    }

    /// Waits for a guest; none where its time was up before.
    pub(super) async fn finish<F: Future>(&mut self, mut guest: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|context| {
            while self.errand.poll(context).is_ready() {
                if let Poll::Ready(ended) = guest.as_mut().poll(context) {
                    return Poll::Ready(Some(ended));
                }
                if !self.errand.is_sending() {
                    break;
                }
            }
            self.deadline.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

/// What a guest has asked for, which has one errand at a time: it waits for it.
#[derive(Clone, Default)]
pub(super) struct Errand(Arc<Mutex<Step>>);

#[derive(Default)]
enum Step {
    #[default]
    None,
    Sending(Sending),
    Answered(Box<Answered>),
}

impl Errand {
    /// Has a request sent, and waits for what comes of it. This is a guest's side.
    pub(super) fn send(&self, sending: Sending) -> impl Future<Output = Box<Answered>> {
        *self.step() = Step::Sending(sending);
        // Whoever does the errand has the guest go on when it is done.
        poll_fn(|_| {
            let mut step = self.step();
            match std::mem::take(&mut *step) {
                Step::Answered(answered) => Poll::Ready(answered),
                other => {
                    *step = other;
                    Poll::Pending
                }
            }
        })
    }

    /// Goes on with the errand; ready where there is none that the guest has to wait for.
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut step = self.step();
        if let Step::Sending(sending) = &mut *step {
            let answered = std::task::ready!(sending.as_mut().poll(context));
            *step = Step::Answered(Box::new(answered));
        }
        Poll::Ready(())
    }

    fn is_sending(&self) -> bool {
        matches!(*self.step(), Step::Sending(_))
    }

    fn step(&self) -> MutexGuard<'_, Step> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
