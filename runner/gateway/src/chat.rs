//! Chat answers, in every dialect: whole, or as they come.

use crate::attempt::Question;
use crate::frames::{Frames, Hand};
use crate::ledger::{Estimate, Tally};
use crate::reply::{self, Reply};
use crate::visit::{Outcome, Visit};
use hotcell::types::{ChatRequest, Event};
use hotcell::{Answer, Error, Runner};
use hotcell_dialects::{About, Dialect, DialectError, Refusal};
use http::HeaderMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Answers a request of a dialect that names its model in its body.
pub(crate) async fn respond(mut visit: Visit, dialect: Dialect, body: &[u8]) -> Reply {
    match read(dialect, body) {
        Ok(request) => answer(visit, dialect, request).await,
        Err(error) => {
            let Refusal { status, body } = Refusal::of(dialect, &error);
            visit.status = status;
            reply::json(status, body)
        }
    }
}

fn read(dialect: Dialect, body: &[u8]) -> Result<ChatRequest, DialectError> {
    match dialect {
        Dialect::OpenAiChat => hotcell_dialects::openai_chat::read_request(body),
        Dialect::OpenAiCompletions => hotcell_dialects::openai_completions::read_request(body),
        Dialect::OpenAiResponses => hotcell_dialects::openai_responses::read_request(body),
        Dialect::AnthropicMessages => hotcell_dialects::anthropic_messages::read_request(body),
        Dialect::Gemini => hotcell_dialects::gemini::read_request(body, "", false),
    }
}

/// Answers a request that has been read.
pub(crate) async fn answer(mut visit: Visit, dialect: Dialect, mut request: ChatRequest) -> Reply {
    let model = std::mem::take(&mut request.model);
    let about = About { id: visit.id.clone(), model: model.clone(), created: now() };
    let chat = Chat { request: &mut request, tally: visit.tally.clone() };
    match visit.ask(&model, chat).await {
        Err(error) => visit.fail(&error),
        Ok(Begun::Whole(events)) => {
            events.iter().for_each(|event| visit.note(event));
            visit.answer(dialect.whole(&request, about, events)).await
        }
        Ok(Begun::Stream(answer, first)) => {
            visit.status = 200;
            let writer = dialect.stream(&request, about);
            // What it was asked is needed no more, and may be large.
            drop(request);
            let mut headers = HeaderMap::new();
            visit.mark(&mut headers);
            let frames = Frames::new(|hand| write(visit, writer, answer, first, hand));
            let mut reply = reply::stream(dialect, frames);
            reply.headers_mut().extend(headers);
            reply
        }
    }
}

/// An answer that the client can be told of.
enum Begun {
    Whole(Vec<Event>),
    Stream(Answer, Vec<Event>),
}

/// A request for a chat answer, as a question to deployments.
struct Chat<'a> {
    request: &'a mut ChatRequest,
    /// A client may leave before all of it came.
    tally: Arc<Tally>,
}

impl Question for Chat<'_> {
    type Answer = Begun;

    fn estimate(&self) -> Estimate {
        Estimate::of_chat(self.request)
    }

    async fn ask(&mut self, runner: &Runner, model: &str) -> Result<Begun, Error> {
        let mut answer = runner.chat(model, &mut *self.request).await?;
        let mut events = answer.next_batch().await?.unwrap_or_default();
        if self.request.stream {
            return Ok(Begun::Stream(answer, events));
        }
        events.iter().for_each(|event| self.tally.note(event));
        while let Some(more) = answer.next_batch().await? {
            more.iter().for_each(|event| self.tally.note(event));
            events.extend(more);
        }
        Ok(Begun::Whole(events))
    }
}

/// Writes a stream to its end, or as far as the client stays.
async fn write(
    mut visit: Visit,
    mut writer: Box<dyn hotcell_dialects::AnswerWriter>,
    mut answer: Answer,
    first: Vec<Event>,
    hand: Hand,
) {
    let mut events = first;
    loop {
        let mut frame = Vec::with_capacity(512);
        for event in events.drain(..) {
            visit.tally.note(&event);
            visit.note(&event);
            writer.event(event, &mut frame);
        }
        hand.give(frame).await;
        let mut last = Vec::new();
        match answer.next_batch().await {
            Ok(Some(more)) => {
                events = more;
                continue;
            }
            Ok(None) => {
                visit.outcome = Some(Outcome::Answered);
                // No client has the whole of an answer whose account is not kept.
                match visit.settle().await {
                    Ok(()) => writer.end(&mut last),
                    Err(error) => writer.fail(&error.failure, &mut last),
                }
            }
            Err(error) => {
                visit.outcome = Some(Outcome::Failed(error.kind()));
                writer.fail(&error.failure, &mut last);
            }
        }
        // The cell is gone before the client is told the end.
        drop(answer);
        hand.give(last).await;
        return;
    }
}

impl Visit {
    /// Keeps what the account needs of an event.
    fn note(&mut self, event: &Event) {
        if let Event::Usage(usage) = event {
            self.usage = Some(usage.clone());
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
