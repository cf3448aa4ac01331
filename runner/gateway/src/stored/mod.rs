//! Answers that a provider keeps, for clients of OpenAI's responses: they are retrieved,
//! deleted, cancelled, told once more, and tell what they are an answer to.
//!
//! The provider's ids stay as they are. Which provider gave one, and to whom, is in the
//! [`Index`]: who asks for an id that is not theirs is told that there is none, as for one that
//! nobody has, and no provider is asked. An answer that goes on with an earlier one is made
//! where that one is.
//!
//! What an answer used is entered once. Of one that is made in the background that is done by
//! the first request that shows its end, or by the gateway, which looks after it.

mod index;
mod query;
mod resume;
mod watch;
mod wish;

pub(crate) use index::Index;
pub(crate) use wish::Wish;

use crate::attempt::Question;
use crate::deployment::Entry;
use crate::frames::{Frames, Hand};
use crate::ledger::{Tally, unavailable};
use crate::reply::{self, Reply};
use crate::store;
use crate::visit::{Outcome, Visit};
use hotcell::types::{
    Action, ChatRequest, Event, Failure, FailureKind, Native, StoredAnswer, StoredRequest, Usage,
};
use hotcell::{Answer, Error, Runner};
use hotcell_dialects::{About, AnswerWriter, Dialect, openai_responses};
use http::HeaderMap;
use resume::Resume;

/// Answers a request for a stored answer. `id` is what stands in the path.
pub(crate) async fn respond(mut visit: Visit, action: Action, id: &str, query: &str) -> Reply {
    let query = match query::read(action, query) {
        Ok(query) => query,
        Err(failure) => return visit.fail(&failure.into()),
    };
    let kept = match visit.kept(id).await {
        Ok(Some(kept)) => kept,
        Ok(None) => return visit.fail(&unknown(id)),
        Err(error) => return visit.fail(&error),
    };
    let entry = match visit.place(&kept, action) {
        Ok(entry) => entry,
        Err(error) => return visit.fail(&error),
    };
    let stored = StoredRequest { action, id: id.to_owned(), query: query.rest };
    match query.stream {
        false => act(visit, &entry, &kept, stored).await,
        true => retell(visit, &entry, kept, stored, Resume::after(query.starting_after)).await,
    }
}

async fn act(
    mut visit: Visit,
    entry: &Entry,
    kept: &store::Response,
    stored: StoredRequest,
) -> Reply {
    let answer = match visit.ask_at(entry, Act(stored)).await {
        Ok(answer) => answer,
        Err(error) => return visit.fail(&error),
    };
    let Native { dialect, value } = answer.value;
    if dialect != openai_responses::DIALECT {
        return visit.fail(&foreign(&dialect));
    }
    visit.count(kept, answer.usage.filter(|_| answer.ended));
    visit.answer(value.into_bytes()).await
}

async fn retell(
    mut visit: Visit,
    entry: &Entry,
    kept: store::Response,
    stored: StoredRequest,
    resume: Resume,
) -> Reply {
    let (answer, first) = match visit.ask_at(entry, Retell(stored)).await {
        Ok(begun) => begun,
        Err(error) => return visit.fail(&error),
    };
    visit.streams();
    // What it says of itself, its provider told.
    let about = About { id: visit.id.clone(), model: kept.name.clone(), created: crate::now() };
    let writer = Dialect::OpenAiResponses.stream(&ChatRequest::new(Vec::new()), about);
    let mut headers = HeaderMap::new();
    visit.mark(&mut headers);
    let frames = Frames::new(|hand| write(visit, kept, writer, answer, first, resume, hand));
    let mut reply = reply::stream(Dialect::OpenAiResponses.stream_type(), frames);
    reply.headers_mut().extend(headers);
    reply
}

/// Writes what the client does not have, to the end, or as far as it stays.
async fn write(
    mut visit: Visit,
    kept: store::Response,
    mut writer: Box<dyn AnswerWriter>,
    mut answer: Box<Answer>,
    first: Vec<Event>,
    mut resume: Resume,
    hand: Hand,
) {
    let mut events = first;
    let mut usage = None;
    loop {
        let mut frames = Vec::with_capacity(512);
        for event in events.drain(..) {
            visit.notes(&event);
            if let Event::Usage(told) = &event {
                usage = Some(told.clone());
            }
            writer.event(event, &mut frames);
        }
        hand.give(resume.rest(frames)).await;
        let mut last = Vec::new();
        match answer.next_batch().await {
            Ok(Some(more)) => {
                events = more;
                continue;
            }
            Ok(None) => {
                visit.outcome = Some(Outcome::Answered);
                visit.count(&kept, usage);
                match visit.settle().await {
                    Ok(()) => {
                        writer.end(&mut last);
                        last = resume.rest(last);
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
        drop(answer);
        hand.give(last).await;
        return;
    }
}

impl Visit {
    /// The answer of this id, if it is whose who asks.
    async fn kept(&self, id: &str) -> Result<Option<store::Response>, Error> {
        // Whatever else it is, it is no id of ours, and nobody is to be asked for it.
        if !StoredRequest::is_id(id) {
            return Ok(None);
        }
        let found = self.gateway.stored.find(self.owner(), id).await;
        found.map_err(|error| unavailable(&error))
    }

    fn owner(&self) -> &str {
        self.caller.as_ref().map_or("", |caller| &caller.id)
    }

    /// Where it is, and nowhere else.
    fn place(&mut self, kept: &store::Response, action: Action) -> Result<Entry, Error> {
        self.model.clone_from(&kept.name);
        // Their key may be for fewer models by now.
        if let Some(caller) = &self.caller {
            caller.may_ask(&kept.name)?;
        }
        let mut entry = self.gateway.models.place(&kept.name, &kept.model).ok_or_else(|| {
            let why = "the deployment that made this response is no longer configured";
            Error::new(FailureKind::NotFound, why)
        })?;
        if matches!(action, Action::Delete | Action::Cancel) {
            // What may have happened is not tried again.
            entry.retries = 0;
        }
        Ok(entry)
    }

    /// Whether another answer may be made in the background.
    ///
    /// # Errors
    /// `overloaded`.
    pub(crate) fn may_wait(&self, wish: &Wish) -> Result<(), Error> {
        if !wish.is_background() || !self.gateway.stored.watched.is_full() {
            return Ok(());
        }
        let why = "the gateway looks after as many answers in the background as it does; try again";
        let retry_after_ms = Some(10_000);
        Err(Failure { retry_after_ms, ..Failure::new(FailureKind::Overloaded, why) }.into())
    }

    /// The deployments that a request may go to: those where the answer is that it goes on
    /// with, if it does.
    ///
    /// # Errors
    /// `invalid-request`, where that one is not theirs, or the model is not where it is.
    pub(crate) async fn follow_up(&self, model: &str, wish: &Wish) -> Result<Option<Entry>, Error> {
        let Some(id) = &wish.previous else { return Ok(None) };
        let is_anyone = self.caller.as_ref().is_none_or(|caller| caller.is_anyone());
        match self.kept(id).await? {
            Some(kept) => {
                let entry = self.gateway.models.find(model)?;
                let provider = |model: &str| model.split('/').next().map(str::to_owned);
                let there = |model: &str| provider(model) == provider(&kept.model);
                entry.only(|at| there(&at.model)).map(Some).ok_or_else(|| {
                    let why = format!(
                        "the response `{id}` is kept where `{model}` is not; ask for the model \
                         that made it, or send the whole conversation"
                    );
                    Error::from(no_previous(why))
                })
            }
            // Nobody has anything there that is not everybody's.
            None if is_anyone => Ok(None),
            None => {
                let id: String = id.chars().take(StoredRequest::ID_BYTES).collect();
                Err(no_previous(format!("Previous response with id '{id}' not found.")).into())
            }
        }
    }

    /// Keeps whose an answer is that begins with these events, where its provider keeps it.
    pub(crate) async fn remember(&mut self, wish: &Wish, events: &[Event]) {
        let started = events.iter().find_map(|event| match event {
            Event::Started(started) => Some(started),
            _ => None,
        });
        let is_own = |extra: &Native| extra.dialect == openai_responses::DIALECT;
        let started = started.filter(|it| it.extra.as_ref().is_some_and(is_own));
        let id = started.and_then(|started| started.id.clone());
        let id = id.filter(|id| wish.keeps() && StoredRequest::is_id(id));
        let (Some(id), Some(deployment)) = (id, &self.deployment) else { return };
        let due = wish.is_background() && self.gateway.control.ledger.is_some();
        let kept = store::Response {
            owner: self.owner().to_owned(),
            id: id.clone(),
            name: self.model.clone(),
            model: deployment.model.to_string(),
            made: crate::now(),
            due,
        };
        match self.gateway.stored.keep(kept.clone()).await {
            Ok(()) if due => {
                // What it uses is told at its end, and that may be somebody else's to see.
                (self.is_told_later, self.due) = (true, Some(id));
                if let Some(account) = &mut self.account {
                    let held = account.part();
                    self.gateway.stored.watched.add(&self.gateway, kept, held);
                }
            }
            Ok(()) => {}
            Err(error) => {
                tracing::error!(target: "hotcell::gateway", %error, "an answer is not known again");
            }
        }
    }

    /// Takes what an answer used, which has ended, into the account of this visit, unless that
    /// is entered already.
    fn count(&mut self, kept: &store::Response, usage: Option<Usage>) {
        let index = &self.gateway.stored;
        if usage.is_none() || !index.enters(kept) {
            return;
        }
        (self.usage, self.due) = (usage, Some(kept.id.clone()));
        if let (Some(account), Some(held)) = (&mut self.account, index.watched.take(kept)) {
            account.take_over(held);
        }
    }

    /// The same for an answer in the background whose end came to whoever asked for it.
    pub(crate) fn count_own(&mut self) {
        let Some(id) = self.due.take() else { return };
        let usage = self.usage.take();
        let owner = self.owner().to_owned();
        self.count(&store::Response { owner, id, due: true, ..Default::default() }, usage);
    }
}

/// A question about a stored answer.
struct Act(StoredRequest);

impl Question for Act {
    type Twin = Self;
    type Answer = StoredAnswer;

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<StoredAnswer, Error> {
        runner.stored(model, &mut self.0).await
    }

    fn twin(&self) -> Self {
        Self(self.0.clone())
    }
}

/// A stored answer that is to be told once more.
struct Retell(StoredRequest);

impl Question for Retell {
    type Twin = Self;
    type Answer = (Box<Answer>, Vec<Event>);

    async fn ask(
        &mut self,
        runner: &Runner,
        model: &str,
        _: &Tally,
    ) -> Result<Self::Answer, Error> {
        let mut answer = runner.retell(model, &mut self.0).await?;
        let first = answer.next_batch().await?.unwrap_or_default();
        Ok((Box::new(answer), first))
    }

    fn twin(&self) -> Self {
        Self(self.0.clone())
    }
}

/// As the provider says it of an id that it does not know.
fn unknown(id: &str) -> Error {
    let id: String = id.chars().take(StoredRequest::ID_BYTES).collect();
    let message = format!("Response with id '{id}' not found.");
    let error = serde_json::json!({ "error": {
        "message": message, "type": "invalid_request_error", "param": null, "code": null,
    } });
    let raw = Native { dialect: openai_responses::DIALECT.to_owned(), value: error.to_string() };
    let failure = Failure::new(FailureKind::NotFound, message);
    Failure { status: Some(404), raw: Some(raw), ..failure }.into()
}

fn no_previous(message: String) -> Failure {
    Failure {
        code: Some("previous_response_not_found".to_owned()),
        param: Some("previous_response_id".to_owned()),
        ..Failure::new(FailureKind::InvalidRequest, message)
    }
}

fn foreign(dialect: &str) -> Error {
    let dialect: String = dialect.chars().take(64).collect();
    let message = format!("what this provider keeps is of {dialect}, and no response");
    Error::new(FailureKind::Unsupported, message)
}
