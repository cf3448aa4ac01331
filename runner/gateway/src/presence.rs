//! Whether anything goes on at a connection, or could.
//!
//! A client that asks nothing, or takes nothing of its answer, would keep its connection for
//! ever, and with it a place among the requests and the provider's connection. As long as
//! the gateway itself has something to do for it, it may wait; else its time is limited.

use crate::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// What goes on at one connection.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// Counts what the client did: each request, and each frame that it took.
    moves: AtomicU64,
    /// What the gateway is busy with for it.
    works: AtomicU32,
    /// Requests whose answers have not ended.
    exchanges: AtomicU32,
    /// There was a request.
    was_asked: AtomicBool,
    /// How often something was written, and how often it had been when the last of it was taken.
    written: AtomicU64,
    taken: AtomicU64,
}

/// A request is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Exchange(Arc<Presence>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.exchanges.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The gateway is busy for the client until this is dropped.
#[derive(Debug)]
pub(crate) struct Work(Arc<Presence>);

impl Presence {
    /// The gateway is busy for the client.
    pub(crate) fn work(self: &Arc<Self>) -> Work {
        self.works.fetch_add(1, Ordering::Relaxed);
        Work(self.clone())
    }

    /// A request is under way.
    pub(crate) fn exchange(self: &Arc<Self>) -> Exchange {
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        self.was_asked.store(true, Ordering::Relaxed);
        Exchange(self.clone())
    }

    /// Something is being written.
    pub(crate) fn writes(&self) {
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    /// All that was written has been taken.
    pub(crate) fn has_written(&self) {
        self.taken.store(self.written(), Ordering::Relaxed);
    }

    /// How often something was written.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// No request is under way, and all of every answer has been taken.
    pub(crate) fn is_between(&self) -> bool {
        self.exchanges.load(Ordering::Relaxed) == 0
            && self.taken.load(Ordering::Relaxed) == self.written()
    }

    /// Nothing was asked yet, and nothing said.
    pub(crate) fn is_new(&self) -> bool {
        !self.was_asked.load(Ordering::Relaxed) && self.written() == 0
    }

    /// Waits until the client has not begun a request `within` this time, or has later done
    /// nothing for `stall`, and for twice as long at the most, while it was its turn.
    pub(crate) async fn lost(&self, within: Duration, stall: Duration) {
        let mut seen = 0;
        let mut patience = within;
        loop {
            tokio::time::sleep(patience).await;
            let moves = self.moves.load(Ordering::Relaxed);
            if moves == seen && self.works.load(Ordering::Relaxed) == 0 {
                return;
            }
            (seen, patience) = (moves, stall);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.moves.fetch_add(1, Ordering::Relaxed);
        self.0.works.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body whose frames are noted as the client takes them.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Body,
    presence: Arc<Presence>,
    /// While the next frame is not there yet.
    work: Option<Work>,
    _exchange: Exchange,
}

impl Watched {
    pub(crate) fn new(body: Body, presence: Arc<Presence>, exchange: Exchange) -> Self {
        Self { body, presence, work: None, _exchange: exchange }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        match (&polled, &this.work) {
            (Poll::Pending, None) => this.work = Some(this.presence.work()),
            (Poll::Pending, Some(_)) => {}
            (Poll::Ready(_), Some(_)) => this.work = None,
            (Poll::Ready(_), None) => _ = this.presence.moves.fetch_add(1, Ordering::Relaxed),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn who_never_asks_is_given_up() {
        Presence::default().lost(SOON, Duration::MAX).await;
    }

    #[tokio::test]
    async fn who_waits_for_us_may_wait_and_who_does_not_may_not() {
        let presence = Arc::<Presence>::default();
        let work = presence.work();
        let mut lost = std::pin::pin!(presence.lost(SOON, SOON));
        let waited = tokio::time::timeout(SOON * 100, &mut lost).await;
        assert!(waited.is_err(), "it is our turn");
        drop(work);
        lost.await;
    }

    #[tokio::test]
    async fn frames_that_are_taken_are_signs_of_life() {
        use http_body_util::BodyExt;
        let presence = Arc::<Presence>::default();
        let mut body =
            Watched::new(Body::whole(vec![0; 200_000]), presence.clone(), presence.exchange());
        let mut before = presence.moves.load(Ordering::Relaxed);
        while let Some(frame) = body.frame().await {
            assert!(frame.is_ok_and(|frame| frame.data_ref().is_some_and(|it| it.len() <= 65_536)));
            let after = presence.moves.load(Ordering::Relaxed);
            assert!(after > before);
            before = after;
        }
        assert_eq!(presence.works.load(Ordering::Relaxed), 0);
        assert!(!presence.is_between(), "the last frame may not be written yet");
        drop(body);
        assert!(presence.is_between());
        presence.writes();
        assert!(!presence.is_between());
        presence.has_written();
        assert!(presence.is_between());
    }
}
