//! Letting a transcript happen again.

use crate::adapter::Adapter;
use crate::cell::{Cell, Door, Grants, Player};
use crate::failure::Error;
use crate::limits::Limits;
use crate::transcript::{Answered, Bytes, Call, Response, Sent, Transcript};
use crate::types::FailureKind;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replayed {
    /// Where the adapter first sent something else; none where it did not.
    pub sent: Option<Difference>,
    /// Where it first yielded something else.
    pub yielded: Option<Difference>,
}

/// The first place at which two things differ, and what stands there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// Where: `request 1, body`, `event 7`, `the end`.
    pub at: String,
    /// What is written in the transcript; none where it has nothing there.
    pub recorded: Option<String>,
    /// What came now.
    pub replayed: Option<String>,
}

impl Replayed {
    /// Everything was as it is written.
    pub fn is_verified(&self) -> bool {
        self.sent.is_none() && self.yielded.is_none()
    }
}

pub(crate) async fn replay(
    adapter: Arc<Adapter>,
    transcript: &Transcript,
    most: &Limits,
) -> Replayed {
    let (answer, sent) = play(adapter, transcript, most).await;
    let recorded = &transcript.answer;
    // Its caller left: what would have come after that nobody knows.
    let seen = if recorded.ended { answer.events.len() } else { recorded.events.len() };
    let events = answer.events.get(..seen).unwrap_or(&answer.events);
    let seen = if recorded.ended { answer.sound.len() } else { recorded.sound.len() };
    let sound = answer.sound.get(..seen).unwrap_or(&answer.sound);
    let yielded = first("event", &recorded.events, events);
    let yielded = yielded.or_else(|| first("piece of sound", &recorded.sound, sound));
    let yielded = yielded.or_else(|| {
        let end = |answer: &Answered| {
            let Answered { response, failure, .. } = answer;
            text(&(response, failure))
        };
        let (recorded_end, replayed_end) = (end(recorded), end(&answer));
        let differs = recorded.ended && recorded_end != replayed_end;
        differs.then(|| Difference {
            at: "the end".to_owned(),
            recorded: Some(recorded_end),
            replayed: Some(replayed_end),
        })
    });
    let requests = transcript.exchanges.iter().map(|exchange| &exchange.request);
    let requests: Vec<&Sent> = requests.collect();
    let again = sent.get(..if recorded.ended { sent.len() } else { requests.len() });
    Replayed { sent: first_request(&requests, again.unwrap_or(&sent)), yielded }
}

/// Plays it to the adapter, and gives what it yielded and what it sent.
async fn play(
    adapter: Arc<Adapter>,
    transcript: &Transcript,
    most: &Limits,
) -> (Answered, Vec<Sent>) {
    let sent = Arc::<Mutex<Vec<Sent>>>::default();
    let grants = Grants {
        door: Door::Played(Player::of(transcript, sent.clone())),
        settings: Arc::new(transcript.settings.clone()),
        // A transcript is a stranger's file, and raises no limit.
        limits: Arc::new(transcript.limits.at_most(most)),
        provider: transcript.provider.as_str().into(),
    };
    let mut answer = Answered::default();
    let failed = yielded(adapter, grants, &transcript.call, &mut answer).await.err();
    answer.failure = failed.map(|error| error.failure);
    let sent = std::mem::take(&mut *sent.lock().unwrap_or_else(PoisonError::into_inner));
    (answer, sent)
}

async fn yielded(
    adapter: Arc<Adapter>,
    grants: Grants,
    call: &Call,
    answer: &mut Answered,
) -> Result<(), Error> {
    let cell = Cell::open(adapter, grants).await?;
    match call {
        Call::Chat(request) => {
            let mut completion = cell.complete(request).await?;
            while let Some(events) = completion.next().await? {
                answer.events.extend(events);
            }
        }
        Call::Retell(request) => {
            let mut completion = cell.retell(request).await?;
            while let Some(events) = completion.next().await? {
                answer.events.extend(events);
            }
        }
        Call::Speak(request) => {
            let mut speaking = cell.speak(request).await?;
            while let Some(bytes) = speaking.next().await? {
                answer.sound.push(Bytes(bytes));
            }
        }
        other => answer.response = Some(response(cell, other).await?),
    }
    Ok(())
}

/// What comes at once.
async fn response(cell: Cell, call: &Call) -> Result<Response, Error> {
    Ok(match call {
        Call::Embed(request) => Response::Vectors(cell.embed(request).await?),
        Call::Models => Response::Models(cell.list_models().await?),
        Call::Rerank(request) => Response::Ranking(cell.rerank(request).await?),
        Call::CountTokens(request) => Response::Tokens(cell.count_tokens(request).await?),
        Call::Images(request) => Response::Images(cell.generate_images(request).await?),
        Call::Transcribe(request) => Response::Transcription(cell.transcribe(request).await?),
        Call::Moderate(request) => Response::Verdicts(cell.moderate(request).await?),
        Call::Stored(request) => Response::Stored(cell.act(request).await?),
        Call::Chat(_) | Call::Speak(_) | Call::Retell(_) => {
            let why = "this call has no response that comes at once";
            return Err(Error::new(FailureKind::Internal, why));
        }
    })
}

fn first<T: Serialize>(what: &str, recorded: &[T], replayed: &[T]) -> Option<Difference> {
    let all = recorded.len().max(replayed.len());
    (0..all).find_map(|number| {
        let [old, new] = [recorded, replayed].map(|all| all.get(number).map(text));
        differ(|| format!("{what} {}", number + 1), old, new)
    })
}

fn first_request(recorded: &[&Sent], replayed: &[Sent]) -> Option<Difference> {
    let all = recorded.len().max(replayed.len());
    (0..all).find_map(|number| {
        let at = |part: &str| format!("request {}{part}", number + 1);
        let (Some(old), Some(new)) = (recorded.get(number).copied(), replayed.get(number)) else {
            let line = |sent: &Sent| format!("{} {}", sent.method, sent.path);
            let [old, new] = [recorded.get(number).copied(), replayed.get(number)];
            return differ(|| at(""), old.map(line), new.map(line));
        };
        let line = |sent: &Sent| format!("{}: {} {}", sent.endpoint, sent.method, sent.path);
        let body = |sent: &Sent| String::from_utf8_lossy(&sent.body.0).into_owned();
        differ(|| at(""), Some(line(old)), Some(line(new)))
            .or_else(|| {
                differ(|| at(", headers"), Some(text(&old.headers)), Some(text(&new.headers)))
            })
            .or_else(|| differ(|| at(", body"), Some(body(old)), Some(body(new))))
    })
}

fn differ(
    at: impl FnOnce() -> String,
    recorded: Option<String>,
    replayed: Option<String>,
) -> Option<Difference> {
    (recorded != replayed).then(|| Difference { at: at(), recorded, replayed })
}

/// What is compared: two things are the same where they are written the same.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
