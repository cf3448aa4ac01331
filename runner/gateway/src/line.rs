//! A client's socket, with what was read of it before, and with an eye on what is written.

use crate::presence::Presence;
use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a connection of HTTP/2 begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// The socket.
#[derive(Debug)]
pub(crate) struct Line {
    /// What was read already, and comes first.
    begun: Bytes,
    stream: TokioIo<TcpStream>,
    presence: Arc<Presence>,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, begun: Bytes, presence: Arc<Presence>) -> Self {
        Self { begun, stream: TokioIo::new(stream), presence }
    }

    /// Reads until it is known what the client speaks. Where this is given up, nothing that was
    /// read is lost.
    pub(crate) async fn version(&mut self) -> io::Result<Version> {
        loop {
            let known = self.begun.len().min(PREFACE.len());
            if self.begun[..known] != PREFACE[..known] {
                return Ok(Version::Http1);
            }
            if known == PREFACE.len() {
                return Ok(Version::Http2);
            }
            let mut more = [0; 1024];
            match self.stream.inner_mut().read(&mut more).await? {
                // Whoever left says so to what comes next.
                0 => return Ok(Version::Http1),
                read => self.begun = [&self.begun, &more[..read]].concat().into(),
            }
        }
    }

    /// The socket, and what was read and not used: first what comes from whoever used it.
    #[cfg(target_os = "linux")]
    pub(crate) fn into_parts(self, unused: &Bytes) -> (TcpStream, Bytes) {
        let begun = match (unused.is_empty(), self.begun.is_empty()) {
            (true, _) => self.begun,
            (false, true) => unused.clone(),
            (false, false) => [&unused[..], &self.begun[..]].concat().into(),
        };
        (self.stream.into_inner(), begun)
    }

    /// Tells the client that nothing more comes.
    pub(crate) async fn shut_down(mut self) -> io::Result<()> {
        self.stream.inner_mut().shutdown().await
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.begun.is_empty() {
            let length = self.begun.len().min(buffer.remaining());
            buffer.put_slice(&self.begun[..length]);
            self.begun.advance(length);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.presence.writes();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.presence.has_written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.presence.writes();
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }
}
