//! A response body that goes out piece by piece, at the pace and to the end that
//! the script wants.

use bytes::Bytes;
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// As it should.
    Proper,
    /// The connection breaks.
    Break,
    /// It does not: the last piece comes again and again.
    Never,
}

/// Pieces, one write each.
pub(crate) struct Pieces {
    pieces: VecDeque<Bytes>,
    end: End,
    gap: Duration,
    /// What the next piece waits for.
    wait: Option<Pin<Box<Sleep>>>,
    /// The next poll gives way first, so that the piece before is written out by
    /// itself, as a provider would.
    flush: bool,
}

impl Pieces {
    pub(crate) fn new(pieces: Vec<Bytes>, end: End, gap: Duration) -> Self {
        Self { pieces: pieces.into(), end, gap, wait: None, flush: false }
    }

    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::new(vec![bytes.into()], End::Proper, Duration::ZERO)
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if std::mem::take(&mut self.flush) {
            if self.gap.is_zero() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.wait = Some(Box::pin(tokio::time::sleep(self.gap)));
        }
        if let Some(wait) = &mut self.wait {
            std::task::ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let Some(piece) = self.pieces.pop_front() else {
            return Poll::Ready(match self.end {
                End::Break => Some(Err(io::Error::other("the script breaks the connection here"))),
                End::Proper | End::Never => None,
            });
        };
        if self.end == End::Never && self.pieces.is_empty() {
            self.pieces.push_back(piece.clone());
        }
        self.flush = !self.pieces.is_empty() || self.end != End::Proper;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.end == End::Proper
    }
}
