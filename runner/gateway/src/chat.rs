//! Chat answers, in every dialect: whole, or as they come.

use crate::attempt::Question;
use crate::body::Body;
use crate::cache::{self, Policy, Print};
use crate::frames::{Frames, Hand};
use crate::ledger::{Estimate, Tally};
use crate::pulse::Pulse;
use crate::reply::{self, Reply};
use crate::route::Route;
use crate::stored::Wish;
use crate::visit::{Outcome, Visit};
use hotcell::types::{ChatRequest, Event, FinishReason, Finished};
use hotcell::{Answer, Error, Runner};
use hotcell_dialects::{
    About, AnswerWriter, Dialect, DialectError, anthropic_messages, gemini, openai_chat,
    openai_completions, openai_responses,
};
use http::HeaderMap;
use http::request::Parts;
use std::borrow::{BorrowMut, Cow};
use std::sync::Arc;
use std::time::Duration;

/// Answers a client of this dialect.
pub(crate) async fn respond(
    mut visit: Visit,
    dialect: Dialect,
    route: &Route,
    head: &Parts,
    body: &[u8],
) -> Reply {
    let form = Form::of(dialect, route, head.uri.query());
    form.finish(match read(dialect, route, head, body) {
        Ok(request) => answer(visit, dialect, form, version(dialect, head), request).await,
        Err(error) => visit.misread(&error),
    })
}

/// How the pieces of a stream are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As server-sent events.
    Events,
    /// As the elements of one JSON list: what Google has for clients that do not ask for
    /// `alt=sse`.
    List,
}

impl Form {
    /// What a client of this dialect asks for by its path and query.
    fn of(dialect: Dialect, route: &Route, query: Option<&str>) -> Self {
        let mut asked = query.unwrap_or_default().split('&');
        let events = asked.any(|pair| matches!(pair, "alt=sse" | "$alt=sse" | "%24alt=sse"));
        match dialect == Dialect::Gemini && route.stream && !events {
            true => Self::List,
            false => Self::Events,
        }
    }

    /// Why there is no stream is the one element of its list.
    fn finish(self, mut reply: Reply) -> Reply {
        if self == Self::List
            && !reply.status().is_success()
            && let Body::Whole(Some(error)) = reply.body_mut()
        {
            *reply.body_mut() = Body::whole([b"[".as_slice(), error, b"]"].concat());
        }
        reply
    }

    fn writer(
        self,
        dialect: Dialect,
        request: &ChatRequest,
        about: About,
    ) -> Box<dyn AnswerWriter> {
        match self {
            Self::Events => dialect.stream(request, about),
            Self::List => Box::new(gemini::StreamWriter::new(request, about).as_list()),
        }
    }

    fn reply(self, dialect: Dialect, frames: Frames) -> Reply {
        match self {
            Self::Events => reply::stream(dialect.stream_type(), frames),
            Self::List => reply::stream("application/json; charset=utf-8", frames),
        }
    }
}

/// Reads a request, of which the path and headers may say a part.
pub(crate) fn read(
    dialect: Dialect,
    route: &Route,
    head: &Parts,
    body: &[u8],
) -> Result<ChatRequest, DialectError> {
    let named = route.model.as_deref();
    let mut request = match dialect {
        Dialect::OpenAiChat => openai_chat::read_request(body),
        Dialect::OpenAiCompletions => openai_completions::read_request(body),
        Dialect::OpenAiResponses => openai_responses::read_request(body),
        Dialect::AnthropicMessages => anthropic_messages::read_request(body),
        // Without its name: what is asked has one of its own at each deployment.
        Dialect::Gemini => gemini::read_request(body, "", route.stream),
    }?;
    if let Some(model) = named {
        model.clone_into(&mut request.model);
    }
    if dialect == Dialect::AnthropicMessages {
        // What a client of Anthropic's asks for in a header, its adapter takes as a member.
        let headers = head.headers.get_all("anthropic-beta").iter();
        let betas = headers.filter_map(|value| value.to_str().ok());
        anthropic_messages::add_betas(&mut request, betas.flat_map(|value| value.split(',')));
    }
    Ok(request)
}

/// The version of its dialect that a client speaks, if it says so beside the request.
pub(crate) fn version(dialect: Dialect, head: &Parts) -> Option<Arc<str>> {
    let named = head.headers.get("anthropic-version")?.to_str().ok()?;
    let is_one = dialect == Dialect::AnthropicMessages && (1..=64).contains(&named.len());
    is_one.then(|| named.into())
}

/// Answers a request that has been read.
async fn answer(
    mut visit: Visit,
    dialect: Dialect,
    form: Form,
    version: Option<Arc<str>>,
    mut request: ChatRequest,
) -> Reply {
    let model = std::mem::take(&mut request.model);
    let about = About { id: visit.id.clone(), model: model.clone(), created: crate::now() };
    let wish = match Wish::of(dialect, &request) {
        Ok(wish) => wish,
        Err(failure) => return visit.fail(&failure.into()),
    };
    let chat = Chat { request: &mut request, dialect, version };
    let begun = match &wish {
        Some(wish) => ask(&mut visit, &model, wish, chat).await,
        None => visit.ask(&model, chat).await,
    };
    if let (Ok(begun), Some(wish)) = (&begun, &wish) {
        visit.remember(wish, &begun.first).await;
    }
    let Begun { first, rest } = match begun {
        Ok(begun) => begun,
        Err(error) => return visit.fail(&error),
    };
    match request.stream {
        false => {
            first.iter().for_each(|event| visit.note(event));
            visit.count_own();
            visit.answer(dialect.whole(&request, about, first)).await
        }
        true => {
            visit.streams();
            let writer = form.writer(dialect, &request, about);
            // What it was asked is needed no more, and may be large.
            drop(request);
            visit.share = None;
            let mut headers = HeaderMap::new();
            visit.mark(&mut headers);
            let silence = Duration::from_millis(visit.gateway.limits.silence_ms);
            let pulse = Pulse::new(silence, dialect.sign_of_life());
            let frames = Frames::new(|hand| write(visit, writer, rest, first, pulse, hand));
            let mut reply = form.reply(dialect, frames);
            reply.headers_mut().extend(headers);
            reply
        }
    }
}

/// Asks where an answer is that this one goes on with, if it does.
async fn ask(
    visit: &mut Visit,
    model: &str,
    wish: &Wish,
    chat: Chat<&mut ChatRequest>,
) -> Result<Begun, Error> {
    visit.calls(model)?;
    visit.may_wait(wish)?;
    visit.goes_on = wish.is_background();
    match visit.follow_up(model, wish).await? {
        Some(entry) => visit.ask_at(&entry, chat).await,
        None => visit.ask(model, chat).await,
    }
}

/// An answer that the client can be told of.
struct Begun {
    /// The events that are there: all of them, unless more is to come.
    first: Vec<Event>,
    /// What is still to come of a stream.
    rest: Option<Box<Answer>>,
}

/// A request for a chat answer, as a question to deployments.
struct Chat<R> {
    request: R,
    /// The client's.
    dialect: Dialect,
    /// As the client speaks it.
    version: Option<Arc<str>>,
}

impl<R: BorrowMut<ChatRequest> + Send> Question for Chat<R> {
    type Twin = Chat<Box<ChatRequest>>;
    type Answer = Begun;

    fn estimate(&self) -> Estimate {
        Estimate::of_chat(self.request.borrow())
    }

    async fn ask(&mut self, runner: &Runner, model: &str, tally: &Tally) -> Result<Begun, Error> {
        let runner = spoken_to(runner, self.version.as_ref());
        let mut answer = runner.chat(model, self.request.borrow_mut()).await?;
        let stream = self.request.borrow().stream;
        let mut events = Vec::new();
        // A stream has begun with the first of its content: until then another one may be asked.
        while !(stream && events.iter().any(is_content)) {
            let Some(more) = answer.next_batch().await? else { break };
            // The content of a stream is noted when it is written: to whoever is there still.
            let noted = more.iter().filter(|event| !stream || !is_content(event));
            noted.for_each(|event| tally.note(event));
            match events.is_empty() {
                true => events = more,
                false => events.extend(more),
            }
        }
        Ok(Begun { first: events, rest: stream.then(|| Box::new(answer)) })
    }

    fn twin(&self) -> Self::Twin {
        let request = Box::new(self.request.borrow().clone());
        Chat { request, dialect: self.dialect, version: self.version.clone() }
    }

    fn is_stopped(answer: &Begun) -> bool {
        let is_stop = |event: &Event| {
            matches!(
                event,
                Event::Finished(Finished {
                    reason: FinishReason::ContentFilter | FinishReason::Refusal,
                    ..
                })
            )
        };
        answer.first.iter().any(is_stop)
    }

    fn print(&self, print: &mut Print<'_>, policy: &Policy) -> Option<()> {
        let request = self.request.borrow();
        let is_meant = !policy.temperature_zero || request.sampling.temperature == Some(0.0);
        (is_meant && cache::is_fit(request, self.dialect)).then_some(())?;
        print.request("chat", &(&self.version, request))
    }

    fn recall(&self, kept: &[u8]) -> Option<Begun> {
        let first = serde_json::from_slice(kept).ok()?;
        Some(Begun { first, rest: None })
    }
}

/// Who asks in the version that the client speaks.
pub(crate) fn spoken_to<'a>(runner: &'a Runner, version: Option<&Arc<str>>) -> Cow<'a, Runner> {
    match version {
        Some(version) => Cow::Owned(runner.speaking(version.clone())),
        None => Cow::Borrowed(runner),
    }
}

/// Whether an event is something of the answer itself.
fn is_content(event: &Event) -> bool {
    !matches!(event, Event::Started(_) | Event::Warning(_) | Event::Usage(_))
}

/// Writes a stream to its end, or as far as the client stays.
async fn write(
    mut visit: Visit,
    mut writer: Box<dyn AnswerWriter>,
    mut rest: Option<Box<Answer>>,
    first: Vec<Event>,
    mut pulse: Pulse,
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
        let next = match &mut rest {
            Some(answer) => pulse.until(answer.next_batch(), &hand).await,
            None => Ok(None),
        };
        match next {
            Ok(Some(more)) => {
                events = more;
                continue;
            }
            Ok(None) => {
                visit.outcome = Some(Outcome::Answered);
                visit.count_own();
                // No client has the whole of an answer whose account is not kept.
                match visit.settle().await {
                    Ok(()) => {
                        visit.keep();
                        writer.end(&mut last);
                    }
                    Err(error) => writer.fail(&error.failure, &mut last),
                }
            }
            Err(error) => {
                let failure = reply::told(&error.failure);
                visit.outcome = Some(Outcome::Failed(failure.kind));
                writer.fail(&failure, &mut last);
            }
        }
        // The cell is gone before the client is told the end.
        drop(rest);
        hand.give(last).await;
        return;
    }
}

impl Visit {
    /// Keeps what the account needs of an event.
    fn note(&mut self, event: &Event) {
        self.notes(event);
        if self.is_recalled() {
            return;
        }
        self.write_event(event);
        if let Event::Usage(usage) = event {
            self.usage = Some(usage.clone());
        }
    }
}
