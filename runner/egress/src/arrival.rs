//! What a connection has read that nobody has taken yet.
//!
//! The HTTP library hands a body over chunk by chunk, from a task of its own, and does not say
//! whether there are more behind one. Asking for them in vain costs about as much as a chunk: so
//! the bytes that come in are counted below the library, and those that are taken above it.

use hyper_util::client::legacy::connect::{Connected, Connection};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What a chunk has around it at the least: its length, in one digit or two.
const FRAMING: u64 = 5;
/// What is no more than this is taken for what else a chunk can have around it, which is a record
/// of TLS.
const NOTHING: u64 = 40;

/// The bytes that a connection has read since it last wrote, encrypted or not. Each of its
/// responses has it among its extensions.
#[derive(Clone, Debug, Default)]
struct Arrived(Arc<AtomicU64>);

/// How much of what has arrived a response has not been given. It is a guess, which the other
/// responses on a connection of HTTP/2 make too large.
#[derive(Debug)]
pub(crate) struct Backlog {
    arrived: Arrived,
    /// What had arrived when a chunk was last taken.
    seen: u64,
    left: u64,
}

impl Backlog {
    /// Of a response that has just begun: what came together with its head.
    pub(crate) fn of<B>(response: &hyper::Response<B>) -> Self {
        let arrived = response.extensions().get::<Arrived>().cloned().unwrap_or_default();
        let seen = arrived.0.load(Ordering::Relaxed);
        let fields = response.headers().iter();
        let head: usize = fields.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let mut backlog = Self { arrived, seen, left: 0 };
        backlog.leave(seen.saturating_sub(head as u64));
        backlog
    }

    /// A chunk of so many bytes was taken.
    pub(crate) fn take(&mut self, bytes: usize) {
        let arrived = self.arrived.0.load(Ordering::Relaxed);
        // Where it wrote meanwhile, it began to count anew.
        let more = arrived.checked_sub(self.seen).unwrap_or(arrived);
        let left = self.left.saturating_add(more);
        self.seen = arrived;
        self.leave(left.saturating_sub(bytes as u64 + FRAMING));
    }

    fn leave(&mut self, bytes: u64) {
        self.left = if bytes > NOTHING { bytes } else { 0 };
    }

    /// Nothing more came when it was asked for.
    pub(crate) fn clear(&mut self) {
        self.left = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left == 0
    }
}

/// A connection that counts what it reads.
#[derive(Debug)]
pub(crate) struct Counted {
    stream: TcpStream,
    arrived: Arrived,
}

impl Counted {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, arrived: Arrived::default() }
    }

    pub(crate) fn into_inner(self) -> TcpStream {
        self.stream
    }
}

impl Connection for Counted {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.arrived.clone())
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let bytes = buffer.filled().len() - before;
        self.arrived.0.fetch_add(bytes as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.arrived.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.arrived.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a head, and so many bytes that came together with it.
    fn backlog(behind: u64) -> (Arrived, Backlog) {
        let arrived = Arrived::default();
        let head = "HTTP/1.1 200 OK\r\nx-request-id: 1\r\n\r\n".len() as u64;
        arrived.0.fetch_add(head + behind, Ordering::Relaxed);
        let response = hyper::Response::builder().header("x-request-id", "1");
        let response = response.extension(arrived.clone()).body(()).unwrap();
        (arrived, Backlog::of(&response))
    }

    #[test]
    fn chunks_that_come_alone_leave_nothing() {
        // The framing of a chunk, of a chunk in TLS, and of one with a length of many digits.
        for framing in [5, 6, 6 + 22, 10 + 22] {
            let (arrived, mut backlog) = backlog(0);
            assert!(backlog.is_empty());
            for bytes in [200, 5, 16_000, 200] {
                arrived.0.fetch_add(bytes + framing, Ordering::Relaxed);
                backlog.take(bytes as usize);
                assert!(backlog.is_empty(), "{backlog:?}");
            }
        }
    }

    #[test]
    fn what_came_with_a_chunk_is_left_until_it_is_taken_or_does_not_come() {
        let (arrived, mut backlog) = backlog(0);
        arrived.0.fetch_add(3 * 206, Ordering::Relaxed);
        for is_last in [false, false, true] {
            backlog.take(200);
            assert_eq!(backlog.is_empty(), is_last, "{backlog:?}");
        }
        // Another stream of the same connection had it.
        arrived.0.fetch_add(5_000, Ordering::Relaxed);
        backlog.take(200);
        assert!(!backlog.is_empty());
        backlog.clear();
        assert!(backlog.is_empty());
        arrived.0.fetch_add(206, Ordering::Relaxed);
        backlog.take(200);
        assert!(backlog.is_empty());
    }

    #[test]
    fn what_came_with_the_head_is_left() {
        let (_, mut backlog) = backlog(3 * 206);
        for is_last in [false, false, true] {
            assert!(!backlog.is_empty());
            backlog.take(200);
            assert_eq!(backlog.is_empty(), is_last, "{backlog:?}");
        }
    }

    #[test]
    fn what_comes_after_the_connection_wrote_is_counted_anew() {
        let (arrived, mut backlog) = backlog(0);
        arrived.0.store(2 * 206, Ordering::Relaxed);
        backlog.take(200);
        assert!(!backlog.is_empty());
    }

    #[test]
    fn a_connection_that_does_not_count_has_no_backlog() {
        let mut backlog = Backlog::of(&hyper::Response::new(()));
        backlog.take(200);
        assert!(backlog.is_empty());
    }
}
