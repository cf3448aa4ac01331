//! Connections of clients: accepting them, reading requests from them, and letting them end.

use crate::presence::{Presence, Watched};
use crate::reply::{self, Reply};
use crate::route::{self, Endpoint, Lost};
use crate::seeing::{self, Door};
use crate::visit::Visit;
use crate::{
    Inner, admin, chat, embeddings, form, image, incoming, models, moderation, rerank, speech,
    tokens, transcription,
};
use hotcell::types::{Failure, FailureKind};
use hotcell_dialects::{Dialect, openai_media};
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The head of a request at the most, and what waits to be sent on one connection.
const BUFFER_BYTES: usize = 64 * 1024;
/// Requests under way on one connection of HTTP/2.
const STREAMS: u32 = 100;
/// Streams that a client of HTTP/2 broke, and that are not forgotten yet, before the
/// connection ends: to begin and break them again and again costs it next to nothing.
const RESETS: usize = 20;
/// What accounts have at the least to be written down, when all else is over.
const ENDING: Duration = Duration::from_secs(3);

/// Serves until `stop` is ready, and then lets what is under way end.
pub(crate) async fn serve(
    gateway: Arc<Inner>,
    listeners: Vec<(TcpListener, Door)>,
    stop: impl Future<Output = ()>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    // When this is dropped, connections are cut off that are still open.
    let (open, closed) = watch::channel(());
    let connections = Arc::new(Semaphore::new(gateway.limits.connections as usize));
    let mut accepting = JoinSet::new();
    gateway.seeing.start();
    let state = gateway.control.ledger.as_ref().map(|ledger| ledger.store.clone());
    if let Some(state) = &state {
        state.begin();
    }
    for (listener, door) in listeners {
        // Whoever has the gateway as a library may not have asked.
        let address = listener.local_addr().ok().filter(|_| door != Door::Metrics);
        if let Some(Err(error)) = address.map(|address| gateway.control.may_listen(address)) {
            tracing::error!(target: "hotcell::gateway", %error, "an address is not served");
            continue;
        }
        let (gateway, connections) = (gateway.clone(), connections.clone());
        let (graceful, closed) = (graceful.clone(), closed.clone());
        accepting.spawn(accept(gateway, listener, door, connections, graceful, closed));
    }
    pin!(stop).await;
    accepting.shutdown().await;
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    let drain = Duration::from_millis(gateway.limits.drain_ms);
    let until = Instant::now() + drain;
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout_at(until, graceful.shutdown()).await;
    drop((open, closed));
    if let Some(state) = state {
        let all = gateway.limits.connections;
        let ended = async {
            // Those who were cut off have an account as well.
            let _ = connections.acquire_many(all).await;
            state.end().await
        };
        let ended = tokio::time::timeout_at(until.max(Instant::now() + ENDING), ended).await;
        if ended.is_err() {
            let accounts = state.unkept();
            tracing::error!(target: "hotcell::gateway", accounts, "accounts are lost");
        }
    }
    gateway.seeing.end().await;
}

async fn accept(
    gateway: Arc<Inner>,
    listener: TcpListener,
    door: Door,
    connections: Arc<Semaphore>,
    graceful: Arc<GracefulShutdown>,
    closed: watch::Receiver<()>,
) {
    let mut server = Builder::new(TokioExecutor::new());
    let head = Duration::from_millis(gateway.limits.head_ms);
    server.http1().timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER_BYTES);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(BUFFER_BYTES as u32)
        .max_send_buf_size(BUFFER_BYTES)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS);
    loop {
        // Beyond the limit a client waits in the system's queue.
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file descriptors, most likely: there will be some again.
            Err(error) => {
                tracing::warn!(target: "hotcell::gateway", %error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let connection = connection(&gateway, &server, stream, door, &graceful);
        let mut closed = closed.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = connection => {}
                // It is never changed: it ends.
                _ = closed.changed() => {}
            }
            drop(permit);
        });
    }
}

/// One connection, to its end.
fn connection(
    gateway: &Arc<Inner>,
    server: &Builder<TokioExecutor>,
    stream: TcpStream,
    door: Door,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Without it a small frame waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let presence = Arc::new(Presence::default());
    let within = Duration::from_millis(gateway.limits.head_ms);
    let stall = Duration::from_millis(gateway.limits.stall_ms);
    let (gateway, at) = (gateway.clone(), presence.clone());
    let service = service_fn(move |request| {
        let (gateway, at) = (gateway.clone(), at.clone());
        let work = at.work();
        async move {
            let reply = respond(gateway, request, door).await;
            drop(work);
            Ok::<_, Infallible>(reply.map(|body| Watched::new(body, at)))
        }
    });
    let served = server.serve_connection(TokioIo::new(stream), service).into_owned();
    let served = graceful.watch(served);
    async move {
        let why = tokio::select! {
            biased;
            served = served => served.err(),
            () = presence.lost(within, stall) => Some("the client did nothing for too long".into()),
        };
        // A connection that breaks is the client's business.
        if let Some(error) = why {
            tracing::debug!(target: "hotcell::gateway", error, "a connection broke");
        }
    }
}

/// Answers one request.
async fn respond(gateway: Arc<Inner>, request: Request<Incoming>, door: Door) -> Reply {
    let (head, body) = request.into_parts();
    if let Err(failure) = incoming::unambiguous(&head) {
        let route = route::find(&head.method, head.uri.path());
        let voice = route.map_or(Dialect::OpenAiChat, |route| route.endpoint.voice());
        return reply::failure(voice, &failure);
    }
    if let Some(view) = seeing::view(head.uri.path()) {
        return seeing::show(&gateway, view, &head, door).await;
    }
    if door != Door::Metrics && admin::is_for(head.uri.path()) {
        return admin::respond(&gateway, head, body).await;
    }
    let route = match route::find(&head.method, head.uri.path()) {
        Ok(route) => route,
        Err(lost) => return nowhere(&lost, head.uri.path()),
    };
    if matches!(route.endpoint, Endpoint::Live | Endpoint::Ready) {
        return reply::json(200, br#"{"status":"ok"}"#.to_vec());
    }
    if door == Door::Metrics {
        return nowhere(&Lost::Path, head.uri.path());
    }
    let mut visit = Visit::new(gateway.clone(), route.endpoint);
    visit.follow(&head.headers);
    if let Err(error) = visit.admit(&head).await {
        return visit.fail(&error);
    }
    if head.method == Method::POST
        && !route.endpoint.takes_form()
        && let Err(failure) = incoming::is_json(&head.headers)
    {
        return visit.fail(&failure.into());
    }
    let body = match gateway.bodies.read(body).await {
        Ok((body, share)) => {
            visit.share = share;
            body
        }
        Err(failure) => return untaken(&mut visit, failure),
    };
    match route.endpoint {
        Endpoint::Chat(dialect) => chat::respond(visit, dialect, &route, &head, &body).await,
        Endpoint::Embeddings => embeddings::openai(visit, route.model, &body).await,
        Endpoint::Rerank => rerank::respond(visit, &body).await,
        Endpoint::Moderations => moderation::respond(visit, &body).await,
        Endpoint::Images => image::respond(visit, openai_media::read_image_request(&body)).await,
        Endpoint::ImageEdits => {
            let form = form::read(&head.headers, body).await;
            image::respond(visit, form.and_then(openai_media::read_image_edit)).await
        }
        Endpoint::Speech => speech::respond(visit, &body).await,
        Endpoint::Transcription { translate } => {
            let form = form::read(&head.headers, body).await;
            let request =
                form.and_then(|form| openai_media::read_transcription_request(form, translate));
            transcription::respond(visit, request).await
        }
        Endpoint::CountTokens(dialect) => {
            tokens::respond(visit, dialect, &route, &head, &body).await
        }
        Endpoint::GeminiEmbeddings { batch } => {
            embeddings::gemini(visit, &route.model.unwrap_or_default(), batch, &body).await
        }
        Endpoint::Models | Endpoint::GeminiModels => {
            models::respond(visit, route.model.as_deref(), &head.headers).await
        }
        Endpoint::Live | Endpoint::Ready => reply::json(200, br#"{"status":"ok"}"#.to_vec()),
    }
}

/// What was not taken in has HTTP's own statuses, whatever those of the dialect are: they say
/// that nobody read it.
fn untaken(visit: &mut Visit, failure: Failure) -> Reply {
    let status = match failure.kind {
        FailureKind::TooLarge => Some(StatusCode::PAYLOAD_TOO_LARGE),
        FailureKind::TimedOut => Some(StatusCode::REQUEST_TIMEOUT),
        _ => None,
    };
    let mut reply = visit.fail(&failure.into());
    if let Some(status) = status {
        visit.status = status.as_u16();
        *reply.status_mut() = status;
    }
    reply
}

fn nowhere(lost: &Lost, path: &str) -> Reply {
    match lost {
        Lost::Path => {
            let message = format!("there is no `{path}` here");
            reply::failure(Dialect::OpenAiChat, &Failure::new(FailureKind::NotFound, message))
        }
        Lost::Method(allowed) => {
            let message = format!("`{path}` takes {allowed}");
            let failure = Failure::new(FailureKind::InvalidRequest, message);
            let mut reply = reply::failure(Dialect::OpenAiChat, &failure);
            *reply.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            reply.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allowed));
            reply
        }
    }
}
