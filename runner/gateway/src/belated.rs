//! Streams of what comes whole: its client is told that the provider still works, and then all of
//! it at once.
//!
//! As long as nothing was told, a failure has a status of its own, and the head says who answered
//! and what it cost. A provider that is silent for longer than a stream may be has the head sent
//! before it answers.

use crate::frames::{Frames, Hand};
use crate::pulse::Pulse;
use crate::reply::{self, Reply};
use crate::visit::{Outcome, Visit};
use hotcell::Error;
use hotcell::types::Failure;
use hotcell_dialects::Dialect;
use http::HeaderMap;
use std::pin::Pin;
use std::time::Duration;

/// What a client is told at the end, one event after another.
pub(crate) type Events = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// A visit that is over, and what is to be told of it.
type Told = (Visit, Result<Events, Error>);

/// Answers with a stream of what `ask` gives. It has ended the visit where that is an answer
/// ([`Visit::ends`]).
pub(crate) async fn respond<F>(visit: Visit, ask: impl FnOnce(Visit) -> F) -> Reply
where
    F: Future<Output = Told> + Send + 'static,
{
    let voice = visit.voice;
    let silence = Duration::from_millis(visit.gateway.limits.silence_ms);
    // Whom it is going to be from, nobody knows before it is there.
    let mut headers = HeaderMap::new();
    visit.mark(&mut headers);
    let live = visit.seen.live();
    let mut asking: Pin<Box<dyn Future<Output = Told> + Send>> = Box::pin(ask(visit));
    let told = match silence.is_zero() {
        true => Some(asking.as_mut().await),
        false => tokio::time::timeout(silence, asking.as_mut()).await.ok(),
    };
    let frames = match told {
        Some((mut visit, Ok(events))) => {
            visit.streams();
            visit.mark(&mut headers);
            visit.mark_cost(&mut headers);
            Frames::new(|hand| tell(events, hand))
        }
        Some((mut visit, Err(error))) => return visit.fail(&error),
        None => {
            live.begins();
            let pulse = Pulse::new(silence, voice.sign_of_life());
            Frames::new(|hand| wait(asking, voice, pulse, hand))
        }
    };
    let mut reply = reply::stream(voice.stream_type(), frames);
    reply.headers_mut().extend(headers);
    reply
}

async fn tell(events: Events, hand: Hand) {
    for event in events {
        hand.give(event).await;
    }
}

/// Gives signs of life until it is over, and tells how.
async fn wait(
    asking: Pin<Box<dyn Future<Output = Told> + Send>>,
    voice: Dialect,
    mut pulse: Pulse,
    hand: Hand,
) {
    hand.give(voice.sign_of_life().unwrap_or_default().to_vec()).await;
    let (mut visit, told) = pulse.until(asking, &hand).await;
    match told {
        Ok(events) => {
            drop(visit);
            tell(events, hand).await;
        }
        Err(error) => {
            let failure = reply::told(&error.failure).into_owned();
            (visit.status, visit.outcome) = (200, Some(Outcome::Failed(failure.kind)));
            // The provider's own words may have several lines, and an event's data has one.
            let refusal = voice.refusal(&Failure { raw: None, ..failure });
            let body = String::from_utf8_lossy(&refusal.body);
            hand.give(format!("event: error\ndata: {body}\n\n").into_bytes()).await;
        }
    }
}
