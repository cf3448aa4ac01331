//! The body of a response on its way in: timed, decoded, counted, scrubbed.

use crate::arrival::Backlog;
use crate::error::{EgressError, ErrorKind};
use crate::exchange::Exchange;
use crate::limits::Limits;
use crate::pipeline::failure_of;
use crate::provider::Used;
use crate::scrub::{self, Scrubber};
use bytes::{Bytes, BytesMut};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http_body::Body as _;
use hyper::body::Incoming;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// How much compressed input is undone at a time, so that a bomb is noticed before
/// it has grown by more than a thousand times this.
const DECODING_STEP: usize = 4096;

/// How often one read gives the connection its turn to hand over what else has arrived. The rest
/// waits for the next read: whoever reads shall not wait long for what is there.
const TURNS: u32 = 16;

/// How many turns it takes a connection to hand over one chunk, at the most.
const TURNS_OF_A_CHUNK: u32 = 2;

/// A response whose body is still coming. Dropping it closes the exchange.
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<Incoming>,
    decoder: Decoder,
    scrub: scrub::Stream,
    scrubber: Arc<Scrubber>,
    /// Decoded and scrubbed, but not yet asked for.
    ready: Bytes,
    /// What went wrong behind it.
    failed: Option<EgressError>,
    /// Whether there may be more behind what was taken.
    backlog: Backlog,
    /// Bytes as they came from the wire, and what they decoded to.
    received: u64,
    unpacked: u64,
    /// By the cell, with its other responses.
    used: Arc<Used>,
    limits: Arc<Limits>,
    exchange: Exchange,
    alarm: Alarm,
}

/// A timer that is only moved when it rings: a chunk costs less than setting one.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Rings at `until`, which is never earlier than it was before.
    fn poll(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        let until = until.into();
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        loop {
            ready!(sleep.as_mut().poll(context));
            if sleep.deadline() >= until {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
    }
}

enum Decoder {
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Deflate(Box<ZlibDecoder<Vec<u8>>>),
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What else one read has found.
#[derive(Default)]
struct More {
    gathered: Option<BytesMut>,
    /// How often the connection had its turn, for all of it and for the next chunk.
    turns: u32,
    turns_for_this: u32,
}

impl Response {
    pub(crate) fn new(
        response: hyper::Response<Incoming>,
        headers: Vec<(String, String)>,
        scrubber: Arc<Scrubber>,
        used: Arc<Used>,
        limits: Arc<Limits>,
        mut exchange: Exchange,
    ) -> Result<Self, EgressError> {
        let decoder = Decoder::of(response.headers()).inspect_err(|error| exchange.fail(error))?;
        Ok(Self {
            status: response.status().as_u16(),
            headers,
            backlog: Backlog::of(&response),
            body: Some(response.into_body()),
            decoder,
            scrub: scrub::Stream::default(),
            scrubber,
            ready: Bytes::new(),
            failed: None,
            received: 0,
            unpacked: 0,
            used,
            limits,
            exchange,
            alarm: Alarm::default(),
        })
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The granted headers, names in lower case, secrets replaced.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Waits for bytes; gives all that have arrived, at most `limit`; none at the
    /// end.
    ///
    /// # Errors
    /// A connection that breaks, a body that ends early, a coding that is broken,
    /// or a limit that is reached.
    pub async fn read(&mut self, limit: usize) -> Result<Option<Bytes>, EgressError> {
        match self.fill(limit).await {
            Ok(()) => {}
            Err(error) => {
                self.body = None;
                self.ready.clear();
                self.exchange.fail(&error);
                return Err(error);
            }
        }
        if self.ready.is_empty() {
            self.exchange.finish();
            return Ok(None);
        }
        let bytes = self.ready.split_to(limit.clamp(1, self.ready.len()));
        self.exchange.count(bytes.len());
        Ok(Some(bytes))
    }

    /// Makes `ready` hold something, or the body be at its end.
    async fn fill(&mut self, limit: usize) -> Result<(), EgressError> {
        if self.ready.is_empty()
            && let Some(error) = self.failed.take()
        {
            return Err(error);
        }
        let is_first = self.received == 0;
        while self.ready.is_empty() && self.body.is_some() {
            let chunk = self.wait().await?;
            self.take(chunk)?;
        }
        // What comes first is waited for most, and comes alone.
        if is_first || self.backlog.is_empty() {
            return Ok(());
        }
        // What else has arrived comes along, without waiting for it.
        let mut more = More::default();
        poll_fn(|context| self.gather(context, limit, &mut more)).await;
        if let Some(gathered) = more.gathered {
            self.ready = gathered.freeze();
        }
        Ok(())
    }

    /// Adds the chunks that have arrived. A connection hands over one at a time, from a task of
    /// its own, which has its turn where there is none. Out of line: see [`Self::unpack`].
    #[inline(never)]
    fn gather(&mut self, context: &mut Context<'_>, limit: usize, more: &mut More) -> Poll<()> {
        while self.body.is_some()
            && !self.backlog.is_empty()
            && more.gathered.as_ref().map_or(self.ready.len(), BytesMut::len) < limit
        {
            let chunk = match self.poll(context) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending if more.turns == TURNS => break,
                Poll::Pending if more.turns_for_this == TURNS_OF_A_CHUNK => {
                    self.backlog.clear();
                    break;
                }
                Poll::Pending => {
                    more.turns += 1;
                    more.turns_for_this += 1;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            };
            more.turns_for_this = 0;
            let before = std::mem::take(&mut self.ready);
            if let Err(error) = chunk.and_then(|chunk| self.take(chunk)) {
                // What came before it is told first.
                self.body = None;
                self.failed = Some(error);
                self.ready = before;
                break;
            }
            let gathered = more.gathered.get_or_insert_with(|| BytesMut::from(before));
            gathered.extend_from_slice(&self.ready);
            self.ready.clear();
        }
        Poll::Ready(())
    }

    /// The next chunk, or none at the end, within the idle time and that of the whole.
    async fn wait(&mut self) -> Result<Option<Bytes>, EgressError> {
        // A timer costs more than a chunk that is already there.
        let arrived = poll_fn(|context| Poll::Ready(self.poll(context))).await;
        let idle = Duration::from_millis(self.limits.idle_ms);
        let until = self.exchange.until(idle)?;
        if let Poll::Ready(chunk) = arrived {
            return chunk;
        }
        let arrived = poll_fn(|context| match self.poll(context) {
            Poll::Ready(chunk) => Poll::Ready(Some(chunk)),
            Poll::Pending => self.alarm.poll(until, context).map(|()| None),
        });
        if let Some(chunk) = arrived.await {
            return chunk;
        }
        self.exchange.until(idle)?;
        Err(fell_silent(idle))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, EgressError>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
        loop {
            // Nobody has to be asked for the end of a body whose length was told.
            if body.is_end_stream() {
                return Poll::Ready(Ok(None));
            }
            match Pin::new(&mut *body).poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(failure_of(&error))),
                Poll::Ready(Some(Ok(mut frame))) => {
                    // Trailers are not part of any provider's protocol.
                    if let Some(data) = frame.data_mut().filter(|data| !data.is_empty()) {
                        return Poll::Ready(Ok(Some(std::mem::take(data))));
                    }
                }
            }
        }
    }

    /// Decodes, counts and scrubs one chunk; none is the end.
    fn take(&mut self, chunk: Option<Bytes>) -> Result<(), EgressError> {
        let last = chunk.is_none();
        let chunk = chunk.unwrap_or_default();
        self.received += chunk.len() as u64;
        self.backlog.take(chunk.len());
        within(self.received, &self.limits)?;
        if last {
            self.body = None;
        }
        let chunk = match self.decoder {
            Decoder::Identity => {
                count(&self.used.decoded, chunk.len(), &self.limits)?;
                chunk
            }
            _ => self.unpack(&chunk, last)?,
        };
        self.ready = self.scrub.push(&self.scrubber, chunk, last);
        Ok(())
    }

    /// Decompresses a chunk, and counts what comes out as it comes. Out of line, as whatever an
    /// ordinary chunk has no need of: all this lies on a guest's stack, which keeps what was once
    /// used of it.
    #[inline(never)]
    fn unpack(&mut self, chunk: &[u8], last: bool) -> Result<Bytes, EgressError> {
        let mut out = BytesMut::new();
        for step in chunk.chunks(DECODING_STEP) {
            let bytes = self.decoder.push(step)?;
            count(&self.used.decoded, bytes.len(), &self.limits)?;
            self.unpacked += bytes.len() as u64;
            let ratio = self.limits.decoding_ratio.saturating_mul(self.received);
            if self.unpacked > ratio.max(DECODING_STEP as u64 * self.limits.decoding_ratio) {
                return Err(EgressError::too_large(format!(
                    "the response grows more than {} times when it is decompressed",
                    self.limits.decoding_ratio
                )));
            }
            out.extend_from_slice(&bytes);
        }
        if last {
            let bytes = self.decoder.finish()?;
            count(&self.used.decoded, bytes.len(), &self.limits)?;
            out.extend_from_slice(&bytes);
        }
        Ok(out.freeze())
    }
}

#[cold]
#[inline(never)]
fn fell_silent(idle: Duration) -> EgressError {
    let why = format!("the provider sent nothing for {idle:?} in the middle of its answer");
    EgressError::new(ErrorKind::TimedOut, why)
}

fn count(decoded: &AtomicU64, more: usize, limits: &Limits) -> Result<(), EgressError> {
    within(decoded.fetch_add(more as u64, Ordering::Relaxed) + more as u64, limits)
}

fn within(total: u64, limits: &Limits) -> Result<(), EgressError> {
    if total > limits.response_bytes {
        return Err(EgressError::too_large(format!(
            "the responses of this request have more than {} bytes",
            limits.response_bytes
        )));
    }
    Ok(())
}

impl Decoder {
    fn of(headers: &HeaderMap) -> Result<Self, EgressError> {
        let mut codings = headers.get_all("content-encoding").iter();
        let coding = codings.next().map(|value| value.as_bytes().to_ascii_lowercase());
        let unknown = |what: &str| {
            let message =
                format!("the response has the content coding {what}, which was not asked for");
            Err(EgressError::new(ErrorKind::MalformedResponse, message))
        };
        if codings.next().is_some() {
            return unknown("of several layers");
        }
        match coding.as_deref() {
            None | Some(b"" | b"identity") => Ok(Self::Identity),
            Some(b"gzip" | b"x-gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))),
            Some(b"deflate") => Ok(Self::Deflate(Box::new(ZlibDecoder::new(Vec::new())))),
            Some(other) => unknown(&format!("`{}`", other.escape_ascii())),
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, EgressError> {
        // Flushing gives out all that can be known so far: an event must not wait
        // for a decoder's buffer.
        let written = match self {
            Self::Identity => return Ok(bytes.to_vec()),
            Self::Gzip(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::Deflate(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
        };
        written.map_err(|error| broken(&error))?;
        Ok(self.take())
    }

    fn finish(&mut self) -> Result<Vec<u8>, EgressError> {
        let finished = match self {
            Self::Identity => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.try_finish(),
        };
        finished.map_err(|error| broken(&error))?;
        Ok(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Identity => Vec::new(),
            Self::Gzip(decoder) => std::mem::take(decoder.get_mut()),
            Self::Deflate(decoder) => std::mem::take(decoder.get_mut()),
        }
    }
}

fn broken(error: &std::io::Error) -> EgressError {
    EgressError::new(
        ErrorKind::MalformedResponse,
        format!("the response's compression is broken: {error}"),
    )
}
