//! A chat answer, event by event or as a whole.

#[cfg(not(hotcell_native))]
use crate::cell::Completion;
#[cfg(hotcell_native)]
use crate::cell::native::Completion;
use crate::failure::Error;
use crate::heard::Inquiry;
use crate::types::{
    Event, FailureKind, Finished, MediaPart, Native, Part, ReasoningPart, Started, TextPart,
    ToolCall, Usage,
};
use futures_core::Stream;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer that is still coming. Dropping it cancels the request: the cell and
/// its connection are gone.
pub struct Answer {
    completion: Completion,
    ready: VecDeque<Event>,
    inquiry: Inquiry,
    /// A warning ends it.
    strict: bool,
}

impl Answer {
    pub(crate) fn new(completion: impl Into<Completion>, inquiry: Inquiry, strict: bool) -> Self {
        Self { completion: completion.into(), ready: VecDeque::new(), inquiry, strict }
    }

    /// The request's id in the audit log.
    pub fn request_id(&self) -> &str {
        &self.inquiry.request_id
    }

    /// The provider that answers, as configured.
    pub fn provider(&self) -> &str {
        &self.inquiry.provider
    }

    /// What the provider told about the request beside the answer: its id for it, and what is
    /// left of the caller's allowance (`x-ratelimit-…`). Headers by their names in lower case,
    /// as far as the grant shows them.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.inquiry.heard.headers()
    }

    /// The next event; none at the end.
    ///
    /// # Errors
    /// What goes wrong in the middle of the answer. After that it has ended.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        if self.ready.is_empty()
            && let Some(events) = self.next_batch().await?
        {
            self.ready = events.into();
        }
        Ok(self.ready.pop_front())
    }

    /// All events that have arrived, at least one; none at the end.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn next_batch(&mut self) -> Result<Option<Vec<Event>>, Error> {
        if !self.ready.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ready).into()));
        }
        let events = self.completion.next().await.and_then(|events| match self.strict {
            true => without_warnings(events),
            false => Ok(events),
        });
        events.map_err(|error| {
            self.completion.cancel();
            self.inquiry.locate(error)
        })
    }

    /// The whole answer.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn collect(mut self) -> Result<Collected, Error> {
        let mut collected = Collected::default();
        while let Some(events) = self.next_batch().await? {
            events.into_iter().for_each(|event| collected.push(event));
        }
        collected.finish();
        Ok(collected)
    }

    /// The events as a stream, which ends after the first error.
    pub fn into_stream(self) -> EventStream {
        EventStream { state: State::Idle(Box::new(self)) }
    }
}

/// The events, none of which may say that something was lost.
fn without_warnings(events: Option<Vec<Event>>) -> Result<Option<Vec<Event>>, Error> {
    let warning = events.iter().flatten().find_map(|event| match event {
        Event::Warning(sentence) => Some(sentence),
        _ => None,
    });
    match warning {
        Some(sentence) => Err(Error::new(FailureKind::Unsupported, sentence.as_str())),
        None => Ok(events),
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("request_id", &self.request_id()).finish_non_exhaustive()
    }
}

/// The events of an answer as a [`Stream`].
pub struct EventStream {
    state: State,
}

type Step = (Box<Answer>, Result<Option<Event>, Error>);

enum State {
    Idle(Box<Answer>),
    Waiting(Pin<Box<dyn Future<Output = Step> + Send>>),
    Ended,
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut waiting = match std::mem::replace(&mut self.state, State::Ended) {
            State::Ended => return Poll::Ready(None),
            State::Waiting(waiting) => waiting,
            State::Idle(mut answer) => Box::pin(async move {
                let event = answer.next().await;
                (answer, event)
            }),
        };
        match waiting.as_mut().poll(context) {
            Poll::Pending => {
                self.state = State::Waiting(waiting);
                Poll::Pending
            }
            Poll::Ready((answer, Ok(Some(event)))) => {
                self.state = State::Idle(answer);
                Poll::Ready(Some(Ok(event)))
            }
            Poll::Ready((_, Ok(None))) => Poll::Ready(None),
            Poll::Ready((_, Err(error))) => Poll::Ready(Some(Err(error))),
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

/// A whole answer: its events, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Collected {
    /// How it started.
    pub started: Option<Started>,
    /// The alternatives, by number.
    pub choices: Vec<Choice>,
    /// The last report of usage.
    pub usage: Option<Usage>,
    /// What was left out of the request.
    pub warnings: Vec<String>,
    #[serde(skip)]
    building: BTreeMap<u32, Building>,
    /// What the adapter speaks, as soon as something of the answer has said it.
    #[serde(skip)]
    dialect: Option<String>,
}

/// One alternative of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Choice {
    /// Its parts in order, as they would go back to the provider. Reasoning has an `extra` that
    /// says in which dialect it came, so that its own provider knows it again.
    pub parts: Vec<Part>,
    /// Sources that back its text, in the provider's words.
    pub citations: Vec<Native>,
    /// Token probabilities, in the provider's words.
    pub logprobs: Vec<Native>,
    /// Why it ended.
    pub finished: Option<Finished>,
}

impl Choice {
    /// All text, without reasoning.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// All reasoning that was told.
    pub fn reasoning(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Reasoning(reasoning) => Some(reasoning.text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// What the model wants to be called.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// The model's words for declining, if it did.
    pub fn refusal(&self) -> Option<String> {
        let refusals = self.parts.iter().filter_map(|part| match part {
            Part::Refusal(text) => Some(text.as_str()),
            _ => None,
        });
        let text: String = refusals.collect();
        (!text.is_empty()).then_some(text)
    }
}

impl Collected {
    /// Adds one event.
    pub fn push(&mut self, event: Event) {
        if self.dialect.is_none() {
            self.dialect = spoken(&event).map(|native| native.dialect.clone());
        }
        match event {
            Event::Started(started) => self.started = Some(started),
            Event::Warning(warning) => self.warnings.push(warning),
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Text(delta) => {
                self.part(delta.choice, delta.index, Kind::Text).push_str(&delta.text)
            }
            Event::Reasoning(delta) => {
                self.part(delta.choice, delta.index, Kind::Reasoning).push_str(&delta.text);
            }
            Event::Refusal(delta) => {
                self.part(delta.choice, delta.index, Kind::Refusal).push_str(&delta.text);
            }
            Event::Signature(delta) => {
                self.part(delta.choice, delta.index, Kind::Signature).push_str(&delta.text);
            }
            Event::RedactedReasoning(delta) => {
                self.part(delta.choice, delta.index, Kind::Redacted).push_str(&delta.text);
            }
            Event::ToolCallArguments(delta) => {
                self.part(delta.choice, delta.index, Kind::Arguments).push_str(&delta.text);
            }
            Event::ToolCallStarted(call) => {
                self.part(call.choice, call.index, Kind::Arguments);
                let part = ToolCall {
                    id: call.id,
                    name: call.name,
                    arguments: String::new(),
                    signature: call.signature,
                    extra: call.extra,
                };
                self.choice(call.choice).calls.insert(call.index, part);
            }
            Event::Media(media) => {
                let choice = self.choice(media.choice);
                choice.order.push((media.index, Kind::Media));
                choice.media.insert(media.index, media.part);
            }
            Event::Native(at) => {
                let choice = self.choice(at.choice);
                choice.order.push((at.index, Kind::Native));
                choice.natives.entry(at.index).or_default().push_back(at.value);
            }
            Event::Citation(at) => self.choice(at.choice).citations.push(at.value),
            Event::Logprobs(at) => self.choice(at.choice).logprobs.push(at.value),
            Event::Finished(finished) => {
                let number = finished.choice;
                self.choice(number).finished = Some(finished);
            }
        }
    }

    fn choice(&mut self, number: u32) -> &mut Building {
        self.building.entry(number).or_default()
    }

    fn part(&mut self, choice: u32, index: u32, kind: Kind) -> &mut String {
        let choice = self.choice(choice);
        let key = (index, kind);
        choice.texts.entry(key).or_insert_with(|| {
            choice.order.push(key);
            String::new()
        })
    }

    /// Makes `choices` of what was added. Adding more after this starts anew.
    pub fn finish(&mut self) {
        let building = std::mem::take(&mut self.building);
        let dialect = self.dialect.take();
        let finish = |building: Building| building.finish(dialect.as_deref());
        self.choices = building.into_values().map(finish).collect();
    }
}

/// What an event says in the provider's words.
fn spoken(event: &Event) -> Option<&Native> {
    match event {
        Event::Started(started) => started.extra.as_ref(),
        Event::ToolCallStarted(call) => call.extra.as_ref(),
        Event::Citation(at) | Event::Logprobs(at) | Event::Native(at) => Some(&at.value),
        Event::Usage(usage) => usage.raw.as_ref(),
        Event::Finished(finished) => finished.extra.as_ref(),
        _ => None,
    }
}

/// What the parts at one index are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Text,
    Reasoning,
    Signature,
    Redacted,
    Refusal,
    Arguments,
    Media,
    Native,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Building {
    /// In the order in which they began.
    order: Vec<(u32, Kind)>,
    texts: BTreeMap<(u32, Kind), String>,
    calls: BTreeMap<u32, ToolCall>,
    media: BTreeMap<u32, MediaPart>,
    natives: BTreeMap<u32, VecDeque<Native>>,
    citations: Vec<Native>,
    logprobs: Vec<Native>,
    finished: Option<Finished>,
}

impl Building {
    fn finish(mut self, dialect: Option<&str>) -> Choice {
        let mut parts = Vec::new();
        for (index, kind) in std::mem::take(&mut self.order) {
            let text = self.texts.remove(&(index, kind));
            let part = match kind {
                Kind::Text => {
                    text.map(|text| Part::Text(TextPart { text, cache: None, extra: None }))
                }
                // One part holds what was told, its signature and its cipher; the
                // first of them that came says where it stands.
                Kind::Reasoning | Kind::Signature | Kind::Redacted => {
                    let mut take = |of: Kind| {
                        if of == kind { text.clone() } else { self.texts.remove(&(index, of)) }
                    };
                    let told = take(Kind::Reasoning);
                    let signature = take(Kind::Signature);
                    let redacted = take(Kind::Redacted);
                    let any = told.is_some() || signature.is_some() || redacted.is_some();
                    any.then(|| {
                        let text = told.unwrap_or_default();
                        Part::Reasoning(ReasoningPart {
                            id: None,
                            text,
                            signature,
                            redacted,
                            extra: dialect.map(|dialect| Native {
                                dialect: dialect.to_owned(),
                                value: "{}".to_owned(),
                            }),
                        })
                    })
                }
                Kind::Refusal => text.map(Part::Refusal),
                Kind::Arguments => self.calls.remove(&index).map(|mut call| {
                    call.arguments = text.unwrap_or_default();
                    if call.arguments.trim().is_empty() {
                        call.arguments = "{}".to_owned();
                    }
                    Part::ToolCall(call)
                }),
                Kind::Media => self.media.remove(&index).map(Part::Media),
                Kind::Native => {
                    self.natives.get_mut(&index).and_then(VecDeque::pop_front).map(Part::Native)
                }
            };
            parts.extend(part);
        }
        Choice {
            parts,
            citations: self.citations,
            logprobs: self.logprobs,
            finished: self.finished,
        }
    }
}
