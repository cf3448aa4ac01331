//! Signs of life in a stream whose provider says nothing for long, as a model that thinks in
//! silence. What lies between the client and here would take the connection for dead.

use crate::frames::Hand;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// What tells the client of a stream that it goes on.
pub(crate) struct Pulse {
    every: Duration,
    /// What is given to the client; none where its dialect has nothing that says nothing.
    beat: Option<&'static [u8]>,
    /// Set when there is first something to wait for, and again only when it rings.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Something came since it was set.
    spoke: bool,
}

impl Pulse {
    /// Never, where `every` is nothing.
    pub(crate) fn new(every: Duration, beat: Option<&'static [u8]>) -> Self {
        let beat = beat.filter(|_| !every.is_zero());
        Self { every, beat, alarm: None, spoke: true }
    }

    /// Waits for what comes next. Nothing came for `every` at the least, and for twice that at the
    /// most, where the client is given a sign.
    pub(crate) async fn until<T>(&mut self, next: impl Future<Output = T>, hand: &Hand) -> T {
        let mut next = pin!(next);
        loop {
            let arrived = poll_fn(|context| match next.as_mut().poll(context) {
                Poll::Ready(next) => Poll::Ready(Some(next)),
                Poll::Pending => self.rings(context).map(|()| None),
            });
            if let Some(next) = arrived.await {
                self.spoke = true;
                return next;
            }
            hand.give(self.beat.unwrap_or_default().to_vec()).await;
        }
    }

    fn rings(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.beat.is_none() {
            return Poll::Pending;
        }
        let every = self.every;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
        loop {
            ready!(alarm.as_mut().poll(context));
            alarm.as_mut().reset(Instant::now() + every);
            if !std::mem::take(&mut self.spoke) {
                return Poll::Ready(());
            }
        }
    }
}
