//! A stream that somebody writes, frame by frame, as the client takes them.
//!
//! The writer runs only while the client can take more: it is polled by the connection, and
//! stops at each frame. So a slow client slows its provider down, and holds no more memory
//! than one frame. Where the client leaves, the writer is dropped, and the cell with it.

use crate::body::PIECE;
use bytes::Bytes;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// The frames, as they are taken.
pub(crate) struct Frames {
    writer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    slot: Arc<Slot>,
}

/// Where frames are handed over.
pub(crate) struct Hand {
    slot: Arc<Slot>,
}

type Slot = Mutex<Option<io::Result<Bytes>>>;

impl Frames {
    /// The frames that `write` hands over.
    pub(crate) fn new<W>(write: impl FnOnce(Hand) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let slot = Arc::new(Slot::default());
        let writer = write(Hand { slot: slot.clone() });
        Self { writer: Some(Box::pin(writer)), slot }
    }

    /// The next frame; none at the end.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        // What is left of a large frame comes before the next one is written.
        if let Some(rest) = taken(&self.slot) {
            return Poll::Ready(Some(rest));
        }
        if let Some(writer) = &mut self.writer
            && writer.as_mut().poll(context).is_ready()
        {
            self.writer = None;
        }
        match (taken(&self.slot), &self.writer) {
            (Some(frame), _) => Poll::Ready(Some(frame)),
            (None, None) => Poll::Ready(None),
            (None, Some(_)) => Poll::Pending,
        }
    }
}

impl Hand {
    /// Hands a frame over, and waits until somebody wants the next one.
    pub(crate) async fn give(&self, frame: Vec<u8>) {
        if frame.is_empty() {
            return;
        }
        self.put(Ok(frame.into())).await;
    }

    /// Breaks the connection: for what has no other way to say that it is not whole.
    pub(crate) async fn fail(&self) {
        self.put(Err(io::Error::other("the answer is not whole"))).await;
    }

    async fn put(&self, frame: io::Result<Bytes>) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame);
        // Whoever took the frame polls again when there is room for another.
        let mut is_given = false;
        poll_fn(|_| match std::mem::replace(&mut is_given, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

fn taken(slot: &Slot) -> Option<io::Result<Bytes>> {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *slot {
        Some(Ok(frame)) if frame.len() > PIECE => Some(Ok(frame.split_to(PIECE))),
        frame => frame.take(),
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").finish_non_exhaustive()
    }
}
