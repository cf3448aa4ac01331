//! Texts into sound, as it comes.

use crate::attempt::Question;
use crate::frames::{Frames, Hand};
use crate::ledger::{Estimate, Tally};
use crate::reply::{self, Reply};
use crate::visit::{Outcome, Visit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell::types::SpeechRequest;
use hotcell::{Error, Runner, Sound};
use hotcell_dialects::openai_media;
use http::HeaderMap;
use std::borrow::BorrowMut;

/// Answers a client of OpenAI's.
pub(crate) async fn respond(mut visit: Visit, body: &[u8]) -> Reply {
    let mut asked = match openai_media::read_speech_request(body) {
        Ok(asked) => asked,
        Err(error) => return visit.misread(&error),
    };
    let model = asked.request.model.clone();
    let (sound, first) = match visit.ask(&model, Speak(&mut asked.request)).await {
        Ok(begun) => begun,
        Err(error) => return visit.fail(&error),
    };
    visit.streams();
    let mut headers = HeaderMap::new();
    visit.mark(&mut headers);
    let mime = match asked.as_events {
        true => "text/event-stream; charset=utf-8".to_owned(),
        false => sound.mime().unwrap_or("application/octet-stream").to_owned(),
    };
    let as_events = asked.as_events;
    let frames = Frames::new(|hand| write(visit, sound, first, as_events, hand));
    let mut reply = reply::bytes(&mime, frames);
    reply.headers_mut().extend(headers);
    reply
}

/// Hands the sound over: as it is, or as events.
async fn write(mut visit: Visit, mut sound: Sound, first: Vec<u8>, as_events: bool, hand: Hand) {
    let mut bytes = first;
    loop {
        hand.give(match as_events {
            true => event(&bytes),
            false => bytes,
        })
        .await;
        match sound.next().await {
            Ok(Some(more)) => bytes = more,
            Ok(None) => {
                visit.outcome = Some(Outcome::Answered);
                if visit.settle().await.is_err() {
                    return hand.fail().await;
                }
                if as_events {
                    hand.give(b"data: {\"type\":\"speech.audio.done\"}\n\n".to_vec()).await;
                }
                return;
            }
            Err(error) => {
                visit.outcome = Some(Outcome::Failed(error.kind()));
                // Sound has no tokens to count; but some came, and the text was read for it.
                visit.tally.leave();
                match as_events {
                    true => {
                        let failure = reply::told(&error.failure);
                        let refusal = visit.endpoint.voice().refusal(&failure);
                        let body = String::from_utf8_lossy(&refusal.body).into_owned();
                        hand.give(format!("event: error\ndata: {body}\n\n").into_bytes()).await;
                    }
                    // Bytes have no word for it: the connection breaks, and nobody takes what
                    // came for the whole.
                    false => hand.fail().await,
                }
                return;
            }
        }
    }
}

fn event(bytes: &[u8]) -> Vec<u8> {
    let audio = STANDARD.encode(bytes);
    format!("data: {{\"type\":\"speech.audio.delta\",\"audio\":\"{audio}\"}}\n\n").into_bytes()
}

struct Speak<R>(R);

impl<R: BorrowMut<SpeechRequest> + Send> Question for Speak<R> {
    type Twin = Speak<Box<SpeechRequest>>;
    /// The sound, and the first of it.
    type Answer = (Sound, Vec<u8>);

    fn estimate(&self) -> Estimate {
        Estimate::of_bytes(self.0.borrow().input.len())
    }

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<Self::Answer, Error> {
        let mut sound = runner.speak(model, self.0.borrow_mut()).await?;
        let first = sound.next().await?.unwrap_or_default();
        Ok((sound, first))
    }

    fn twin(&self) -> Self::Twin {
        Speak(Box::new(self.0.borrow().clone()))
    }
}
