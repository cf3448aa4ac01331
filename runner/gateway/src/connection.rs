//! One connection of a client, from its first byte to its last, or to where another process goes
//! on with it.

use crate::Inner;
use crate::line::{Line, Version};
#[cfg(target_os = "linux")]
use crate::passage::{Entry, Passing};
use crate::presence::{Presence, Watched};
use crate::seeing::Door;
use crate::server::{Order, Unaware, respond};
use bytes::Bytes;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The head of a request at the most, and what waits to be sent on one connection.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;
/// Requests under way on one connection of HTTP/2.
const STREAMS: u32 = 100;
/// Streams that a client of HTTP/2 broke, and that are not forgotten yet, before the
/// connection ends: to begin and break them again and again costs it next to nothing.
const RESETS: usize = 20;

/// What becomes of connections that this process lets go.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(crate) enum Entry {}

/// How connections are served.
pub(crate) struct Service {
    gateway: Arc<Inner>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    /// Where connections go that nobody asks anything on, once another process serves.
    entry: Option<Entry>,
}

/// Why a connection ended that did not simply end.
type Broken = Box<dyn Error + Send + Sync>;

/// How a connection left this process.
enum End {
    Over,
    /// Between two requests, with what was read of the next one.
    Passed(Line, Bytes),
}

/// What the versions of HTTP have in common: a client's requests, each answered.
macro_rules! answering {
    ($gateway:expr, $presence:expr, $door:expr) => {{
        let (gateway, presence, door) = ($gateway.clone(), $presence.clone(), $door);
        service_fn(move |request: Request<Incoming>| {
            let (gateway, presence) = (gateway.clone(), presence.clone());
            let (work, exchange) = (presence.work(), presence.exchange());
            // By itself, so that its memory is not the connection's for as long as that lives: an
            // answer that streams outlives it.
            Box::pin(async move {
                let reply = respond(gateway, request, door).await;
                drop(work);
                Ok::<_, Infallible>(reply.map(|body| Watched::new(body, presence, exchange)))
            })
        })
    }};
}

impl Service {
    pub(crate) fn new(gateway: Arc<Inner>, entry: Option<Entry>) -> Self {
        let head = Duration::from_millis(gateway.limits.head_ms);
        let mut http1 = http1::Builder::new();
        http1.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(BUFFER_BYTES as u32)
            .max_send_buf_size(BUFFER_BYTES)
            .max_pending_accept_reset_streams(RESETS)
            .max_local_error_reset_streams(RESETS);
        Self { gateway, http1, http2, entry }
    }

    /// One connection, to its end. `begun` was read of it before.
    pub(crate) async fn serve(
        &self,
        stream: TcpStream,
        begun: Bytes,
        door: Door,
        orders: watch::Receiver<Order>,
        unaware: Unaware,
    ) {
        // Without it a small frame waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let presence = Arc::new(Presence::default());
        let within = Duration::from_millis(self.gateway.limits.head_ms);
        let stall = Duration::from_millis(self.gateway.limits.stall_ms);
        let line = Line::new(stream, begun, presence.clone());
        let ended = tokio::select! {
            biased;
            ended = self.speak(line, &presence, door, orders, unaware) => ended,
            () = presence.lost(within, stall) => Err("the client did nothing for too long".into()),
        };
        let ended = match ended {
            Ok(End::Passed(line, unused)) => self.pass(line, &unused, door).await,
            Ok(End::Over) => Ok(()),
            Err(error) => Err(error),
        };
        // A connection that breaks is the client's business.
        if let Err(error) = ended {
            tracing::debug!(target: "hotcell::gateway", error, "a connection broke");
        }
    }

    async fn speak(
        &self,
        mut line: Line,
        presence: &Arc<Presence>,
        door: Door,
        mut orders: watch::Receiver<Order>,
        unaware: Unaware,
    ) -> Result<End, Broken> {
        let version = tokio::select! {
            biased;
            version = line.version() => version?,
            order = next(&mut orders) => return Ok(match order {
                Order::Retire => End::Passed(line, Bytes::new()),
                Order::Serve | Order::End => End::Over,
            }),
        };
        match version {
            Version::Http1 => self.http1(line, presence, door, orders, unaware).await,
            Version::Http2 => self.http2(line, presence, door, orders, unaware).await,
        }
    }

    async fn http1(
        &self,
        line: Line,
        presence: &Arc<Presence>,
        door: Door,
        mut orders: watch::Receiver<Order>,
        unaware: Unaware,
    ) -> Result<End, Broken> {
        let service = answering!(self.gateway, presence, door);
        let mut connection = self.http1.serve_connection(line, service);
        let mut order = *orders.borrow_and_update();
        let mut unaware = Some(unaware);
        let is_idle = loop {
            if order == Order::End || (order == Order::Retire && self.entry.is_none()) {
                Pin::new(&mut connection).graceful_shutdown();
            }
            let mut changed = pin!(next(&mut orders));
            let step = std::future::poll_fn(|context| {
                if let Poll::Ready(ended) = connection.poll_without_shutdown(context) {
                    return Poll::Ready(Ok(ended.map(|()| false)));
                }
                if order == Order::Retire && self.entry.is_some() && presence.is_between() {
                    // A first head that is not whole: hyper would wait for the rest of it.
                    if presence.is_new() {
                        return Poll::Ready(Ok(Ok(true)));
                    }
                    // Nothing is under way, and all that was said has been taken: whoever asks
                    // next is answered by the process that serves from now on. Where this is not
                    // how hyper sees it, because the connection ends with this answer, it has more
                    // to do than to come back at once, and ends it itself.
                    let written = presence.written();
                    order = Order::End;
                    Pin::new(&mut connection).graceful_shutdown();
                    if let Poll::Ready(ended) = connection.poll_without_shutdown(context) {
                        let is_idle = presence.written() == written;
                        return Poll::Ready(Ok(ended.map(|()| is_idle)));
                    }
                }
                if order != Order::Serve {
                    unaware = None;
                }
                changed.as_mut().poll(context).map(Err)
            });
            match step.await {
                Ok(ended) => break ended?,
                Err(told) => order = told,
            }
        };
        let parts = connection.into_parts();
        if is_idle {
            return Ok(End::Passed(parts.io, parts.read_buf));
        }
        parts.io.shut_down().await?;
        Ok(End::Over)
    }

    async fn http2(
        &self,
        line: Line,
        presence: &Arc<Presence>,
        door: Door,
        mut orders: watch::Receiver<Order>,
        unaware: Unaware,
    ) -> Result<End, Broken> {
        let service = answering!(self.gateway, presence, door);
        let mut connection = pin!(self.http2.serve_connection(line, service));
        let mut order = *orders.borrow_and_update();
        if order == Order::Serve {
            tokio::select! {
                biased;
                ended = connection.as_mut() => return Ok(ended.map(|()| End::Over)?),
                told = next(&mut orders) => order = told,
            }
        }
        // The protocol has a word for it (`GOAWAY`): which requests are answered here, and that
        // all others are to go elsewhere. None is lost between the two.
        if order != Order::Serve {
            connection.as_mut().graceful_shutdown();
        }
        drop(unaware);
        Ok(connection.await.map(|()| End::Over)?)
    }

    #[cfg(target_os = "linux")]
    async fn pass(&self, line: Line, unused: &Bytes, door: Door) -> Result<(), Broken> {
        let Some(entry) = &self.entry else { return Ok(line.shut_down().await?) };
        let (stream, begun) = line.into_parts(unused);
        Ok(entry.send(Passing { stream: stream.into_std()?, door, begun }).await?)
    }

    #[cfg(not(target_os = "linux"))]
    async fn pass(&self, line: Line, _: &Bytes, _: Door) -> Result<(), Broken> {
        Ok(line.shut_down().await?)
    }
}

/// The next order. One that can be none any more is an end.
async fn next(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.changed().await {
        Ok(()) => *orders.borrow_and_update(),
        Err(_) => std::future::pending().await,
    }
}
