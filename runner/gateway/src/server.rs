//! Connections of clients: taking them in, answering requests, and letting them end.

use crate::cache::Terms;
use crate::connection::Service;
use crate::origin::Page;
use crate::reply::{self, Reply};
use crate::route::{self, Endpoint, Lost};
use crate::seeing::{self, Door};
use crate::visit::Visit;
use crate::{
    Inner, admin, chat, embeddings, form, image, incoming, models, moderation, rerank, speech,
    stored, tokens, transcription,
};
use bytes::Bytes;
use hotcell::types::{Failure, FailureKind};
use hotcell_dialects::{Dialect, openai_media};
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long all connections together may take to hear of an order, before it is gone on without
/// those that have not.
const TURN: Duration = Duration::from_secs(2);
/// What accounts have at the least to be written down, when all else is over.
const ENDING: Duration = Duration::from_secs(3);

/// What the connections of a gateway are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Serve whoever comes.
    #[default]
    Serve,
    /// Another process serves: end what is under way, which has long, and give away all else.
    Retire,
    /// End what is under way, which has not so long.
    End,
}

/// Listeners, and what comes from other processes of the same gateway.
pub(crate) struct Sources {
    pub(crate) listeners: Vec<(TcpListener, Door)>,
    #[cfg(target_os = "linux")]
    pub(crate) passage: Option<crate::passage::Passage>,
    /// Told when it has retired: nobody comes in any more, and no request that comes later on a
    /// connection of HTTP/1 is answered here, unless it comes before the answer of another.
    pub(crate) retired: Option<oneshot::Sender<()>>,
}

/// Kept by a connection until it has heard of the first order.
pub(crate) type Unaware = mpsc::Sender<Infallible>;

/// Serves until it is told otherwise, and then lets what is under way end.
pub(crate) async fn serve(
    gateway: Arc<Inner>,
    sources: Sources,
    mut orders: watch::Receiver<Order>,
) {
    let (told, telling) = watch::channel(Order::Serve);
    // When this is dropped, connections are cut off that are still open.
    let (open, closed) = watch::channel(());
    let places = Arc::new(Semaphore::new(gateway.limits.connections as usize));
    let mut accepting = JoinSet::new();
    gateway.seeing.start();
    let state = gateway.control.ledger.as_ref().map(|ledger| ledger.store.clone());
    if let Some(state) = &state {
        state.begin();
    }
    #[cfg(target_os = "linux")]
    let (entry, exit) = opened(sources.passage);
    #[cfg(not(target_os = "linux"))]
    let entry = None;
    let service = Arc::new(Service::new(gateway.clone(), entry));
    let (unaware, mut aware) = mpsc::channel(1);
    let guests = Guests { service, places: places.clone(), orders: telling, closed, unaware };
    #[cfg(target_os = "linux")]
    if let Some(exit) = exit {
        let ports = sources.listeners.iter().filter_map(|(it, _)| it.local_addr().ok());
        let ports = ports.map(|address| address.port()).collect();
        accepting.spawn(guests.clone().come_over(gateway.clone(), exit, ports));
    }
    for (listener, door) in sources.listeners {
        // Whoever has the gateway as a library may not have asked.
        let address = listener.local_addr().ok().filter(|_| door != Door::Metrics);
        if let Some(Err(error)) = address.map(|address| gateway.control.may_listen(address)) {
            tracing::error!(target: "hotcell::gateway", %error, "an address is not served");
            continue;
        }
        accepting.spawn(guests.clone().accept(listener, door));
    }
    // Whoever can tell nothing any more wants nothing any more.
    let order = orders.wait_for(|order| *order != Order::Serve).await;
    let mut order = order.map_or(Order::End, |order| *order);
    accepting.shutdown().await;
    drop(guests);
    told.send_replace(order);
    if let Some(retired) = sources.retired.filter(|_| order == Order::Retire) {
        // Each of them only has to have its turn.
        let _ = tokio::time::timeout(TURN, aware.recv()).await;
        let _ = retired.send(());
    }
    let mut until;
    loop {
        let limits = &gateway.limits;
        let grace = if order == Order::Retire { limits.retire_ms } else { limits.drain_ms };
        until = Instant::now() + Duration::from_millis(grace);
        tokio::select! {
            biased;
            () = told.closed() => break,
            // Whoever is not done by then is cut off.
            () = tokio::time::sleep_until(until) => break,
            end = orders.wait_for(|order| *order == Order::End), if order == Order::Retire => {
                drop(end);
                order = Order::End;
                told.send_replace(order);
            }
        }
    }
    drop(open);
    if let Some(state) = state {
        let all = gateway.limits.connections;
        let ended = async {
            // Those who were cut off have an account as well.
            let _ = places.acquire_many(all).await;
            gateway.stored.let_go();
            state.end().await
        };
        // Whoever retires had its time for what was under way, and not for a state that is away.
        let drain = Duration::from_millis(gateway.limits.drain_ms);
        let until = until.min(Instant::now() + drain).max(Instant::now() + ENDING);
        let ended = tokio::time::timeout_at(until, ended).await;
        if ended.is_err() {
            let accounts = state.unkept();
            tracing::error!(target: "hotcell::gateway", accounts, "accounts are lost");
        }
    }
    gateway.seeing.end().await;
}

/// Where connections go and come from; where that cannot be, they end here.
#[cfg(target_os = "linux")]
fn opened(
    passage: Option<crate::passage::Passage>,
) -> (Option<crate::passage::Entry>, Option<crate::passage::Exit>) {
    match passage.map(crate::passage::Passage::open) {
        Some(Ok((entry, exit))) => (Some(entry), Some(exit)),
        Some(Err(error)) => {
            tracing::error!(target: "hotcell::gateway", %error, "connections are not handed over");
            (None, None)
        }
        None => (None, None),
    }
}

/// Who takes connections in.
#[derive(Clone)]
struct Guests {
    service: Arc<Service>,
    places: Arc<Semaphore>,
    orders: watch::Receiver<Order>,
    closed: watch::Receiver<()>,
    unaware: Unaware,
}

impl Guests {
    async fn accept(self, listener: TcpListener, door: Door) {
        loop {
            // Beyond the limit a client waits in the system's queue.
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => self.serve(stream, Bytes::new(), door, place),
                // Out of file descriptors, most likely: there will be some again.
                Err(error) => {
                    let what = "a connection was not accepted";
                    tracing::warn!(target: "hotcell::gateway", %error, "{what}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    /// Takes those that another process of this gateway had.
    #[cfg(target_os = "linux")]
    async fn come_over(self, gateway: Arc<Inner>, exit: crate::passage::Exit, ports: Vec<u16>) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            let taken = exit.receive().await.and_then(|passing| {
                let address = passing.stream.local_addr()?;
                let stream = tokio::net::TcpStream::from_std(passing.stream)?;
                Ok((address, stream, passing.begun, passing.door))
            });
            match taken {
                // What is not served any more is not served to those who are there already.
                Ok((address, _, _, door))
                    if !ports.contains(&address.port())
                        || (door != Door::Metrics
                            && gateway.control.may_listen(address).is_err()) =>
                {
                    tracing::debug!(target: "hotcell::gateway", %address, "not served any more");
                }
                Ok((_, stream, begun, door)) => self.serve(stream, begun, door, place),
                Err(error) => {
                    let what = "a connection was not taken over";
                    tracing::warn!(target: "hotcell::gateway", %error, "{what}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, begun: Bytes, door: Door, place: OwnedSemaphorePermit) {
        let (service, orders) = (self.service.clone(), self.orders.clone());
        let (mut closed, unaware) = (self.closed.clone(), self.unaware.clone());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = service.serve(stream, begun, door, orders, unaware) => {}
                // It is never changed: it ends.
                _ = closed.changed() => {}
            }
            drop(place);
        });
    }
}

/// Answers one request, and tells a page's browser that it may read the answer.
pub(crate) async fn respond(gateway: Arc<Inner>, request: Request<Incoming>, door: Door) -> Reply {
    let page = gateway.control.origins.page(request.uri().path(), request.headers());
    let mut reply = answer(gateway, request, page.as_ref(), door).await;
    if let Some(page) = page {
        page.tell(reply.headers_mut());
    }
    reply
}

async fn answer(
    gateway: Arc<Inner>,
    request: Request<Incoming>,
    page: Option<&Page>,
    door: Door,
) -> Reply {
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
    if let Some(told) = page.and_then(|page| page.preflight(&head)) {
        return told;
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
    visit.cached.terms = Terms::of(&head.headers);
    if let Err(error) = gateway.control.admit(&head, door) {
        return visit.fail(&error);
    }
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
    if !route.endpoint.takes_form()
        && let Err(failure) = gateway.bodies.weigh(&body, &mut visit.share)
    {
        return untaken(&mut visit, failure);
    }
    let named = route.model.as_deref().filter(|_| route.endpoint.voice() != Dialect::Gemini);
    let body = match named {
        Some(model) if !route.endpoint.takes_form() => incoming::with_model(&body, model),
        _ => body,
    };
    match route.endpoint {
        Endpoint::Chat(dialect) => chat::respond(visit, dialect, &route, &head, &body).await,
        Endpoint::Stored(action) => {
            let (id, query) = (route.id.unwrap_or_default(), head.uri.query().unwrap_or_default());
            stored::respond(visit, action, &id, query).await
        }
        Endpoint::Embeddings => embeddings::openai(visit, &body).await,
        Endpoint::Rerank => rerank::respond(visit, &body).await,
        Endpoint::Moderations => moderation::respond(visit, &body).await,
        Endpoint::Images => image::respond(visit, openai_media::read_image_request(&body)).await,
        Endpoint::ImageEdits => {
            let form = form::read(&head.headers, body, named).await;
            image::respond(visit, form.and_then(openai_media::read_image_edit)).await
        }
        Endpoint::Speech => speech::respond(visit, &body).await,
        Endpoint::Transcription { translate } => {
            let form = form::read(&head.headers, body, named).await;
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
