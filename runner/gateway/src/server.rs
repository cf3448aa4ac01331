//! Connections of clients: accepting them, reading requests from them, and letting them end.

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
use http::{HeaderValue, Request};
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
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Serves until `stop` is ready, and then lets what is under way end.
pub(crate) async fn serve(
    gateway: Arc<Inner>,
    listeners: Vec<(TcpListener, Door)>,
    stop: impl Future<Output = ()>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let connections = Arc::new(Semaphore::new(gateway.limits.connections as usize));
    let mut accepting = JoinSet::new();
    gateway.seeing.start();
    for (listener, door) in listeners {
        // Whoever has the gateway as a library may not have asked.
        let address = listener.local_addr().ok().filter(|_| door != Door::Metrics);
        if let Some(Err(error)) = address.map(|address| gateway.control.may_listen(address)) {
            tracing::error!(target: "hotcell::gateway", %error, "an address is not served");
            continue;
        }
        let (gateway, connections) = (gateway.clone(), connections.clone());
        accepting.spawn(accept(gateway, listener, door, connections, graceful.clone()));
    }
    pin!(stop).await;
    accepting.shutdown().await;
    let Some(graceful) = Arc::into_inner(graceful) else { return };
    let drain = Duration::from_millis(gateway.limits.drain_ms);
    // Whoever is not done by then is cut off.
    let _ = tokio::time::timeout(drain, graceful.shutdown()).await;
    gateway.seeing.end().await;
}

async fn accept(
    gateway: Arc<Inner>,
    listener: TcpListener,
    door: Door,
    connections: Arc<Semaphore>,
    graceful: Arc<GracefulShutdown>,
) {
    let mut server = Builder::new(TokioExecutor::new());
    let head = Duration::from_millis(gateway.limits.head_ms);
    server.http1().timer(TokioTimer::new()).header_read_timeout(head);
    server.http2().timer(TokioTimer::new());
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
        tokio::spawn(async move {
            connection.await;
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
    let gateway = gateway.clone();
    let service = service_fn(move |request| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(respond(gateway, request, door).await) }
    });
    let served = server.serve_connection(TokioIo::new(stream), service).into_owned();
    let served = graceful.watch(served);
    async move {
        // A connection that breaks is the client's business.
        if let Err(error) = served.await {
            tracing::debug!(target: "hotcell::gateway", error, "a connection broke");
        }
    }
}

/// Answers one request.
async fn respond(gateway: Arc<Inner>, request: Request<Incoming>, door: Door) -> Reply {
    let (head, body) = request.into_parts();
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
    let limits = &gateway.limits;
    let body = incoming::read(body, limits.body_bytes, Duration::from_millis(limits.body_ms)).await;
    let body = match body {
        Ok(body) => body,
        Err(failure) => return visit.fail(&failure.into()),
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
            *reply.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
            reply.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allowed));
            reply
        }
    }
}
