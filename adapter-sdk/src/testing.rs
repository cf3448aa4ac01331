//! Runs an adapter natively against a scripted endpoint.
//!
//! ```
//! use hotcell_sdk::testing::{Cut, Script};
//! # use hotcell_sdk::{Chat, ChatRequest, Completion, Endpoint, Event, Failure, finished, text};
//! # struct Echo;
//! # struct Answer(Option<String>);
//! # impl Chat for Echo {
//! #     type Completion = Answer;
//! #     fn complete(_: ChatRequest) -> Result<Answer, Failure> {
//! #         let response = Endpoint::named("api")?.post("/echo").send()?.checked()?;
//! #         Ok(Answer(Some(response.text()?)))
//! #     }
//! # }
//! # impl Completion for Answer {
//! #     fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
//! #         Ok(self.0.take().map(|answer| vec![text(0, 0, answer), finished(0, "stop")]))
//! #     }
//! # }
//! let mut script = Script::new();
//! script.setting("region", "eu").answer(200, "text/plain", "hello").cut(Cut::EveryByte);
//! let run = script.chat::<Echo>(ChatRequest::user("hi"));
//! assert_eq!(run.text(), "hello");
//! assert_eq!(run.requests[0].path, "/echo");
//! ```

use crate::{Chat, ChatRequest, Completion, Event, Failure, FailureKind, Header, Method};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// How a response's body arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// In one piece.
    Whole,
    /// One byte at a time.
    EveryByte,
    /// In pieces of this size.
    Every(usize),
    /// Cut before each of these offsets.
    At(Vec<usize>),
}

impl Cut {
    /// Cuts inside every UTF-8 sequence and every CRLF of `body`.
    pub fn inside_sequences(body: &[u8]) -> Self {
        let inside = |at: &usize| {
            let (before, after) = (body[at - 1], body[*at]);
            after & 0xc0 == 0x80 || (before == b'\r' && after == b'\n')
        };
        Self::At((1..body.len()).filter(inside).collect())
    }

    fn apply(&self, body: &[u8]) -> VecDeque<Vec<u8>> {
        let cuts: Vec<usize> = match self {
            Self::Whole => vec![],
            Self::EveryByte => (1..body.len()).collect(),
            Self::Every(size) => (1..body.len()).filter(|at| at % size == 0).collect(),
            Self::At(cuts) => cuts.clone(),
        };
        let mut pieces = VecDeque::new();
        let mut start = 0;
        for at in cuts.into_iter().chain([body.len()]) {
            if at > start && at <= body.len() {
                pieces.push_back(body[start..at].to_vec());
                start = at;
            }
        }
        pieces
    }
}

/// One scripted answer.
#[derive(Clone, Debug)]
struct Scripted {
    status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
    cut: Cut,
    /// What `read` fails with after the body.
    broken: Option<Failure>,
}

/// A request that an adapter sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Sent {
    /// The body as JSON; null where it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What the endpoint answers, and what the adapter finds in its settings.
#[derive(Clone, Debug, Default)]
pub struct Script {
    settings: BTreeMap<String, String>,
    answers: VecDeque<Scripted>,
}

/// What an adapter did.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its events.
    pub events: Vec<Event>,
    /// Why it stopped, if it failed.
    pub failure: Option<Failure>,
    /// The requests that it sent.
    pub requests: Vec<Sent>,
    /// The lines that it logged.
    pub log: Vec<String>,
}

impl Run {
    /// All text of the first choice.
    pub fn text(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match event {
            Event::Text(delta) if delta.choice == 0 => Some(delta.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The events with neighbouring pieces of one thing put together, so that runs
    /// with different cuts can be compared.
    pub fn joined(&self) -> Vec<Event> {
        let mut joined: Vec<Event> = Vec::new();
        for event in &self.events {
            match (joined.last_mut(), event) {
                (Some(Event::Text(last)), Event::Text(next))
                | (Some(Event::Reasoning(last)), Event::Reasoning(next))
                | (Some(Event::Refusal(last)), Event::Refusal(next))
                | (Some(Event::Signature(last)), Event::Signature(next))
                | (Some(Event::ToolCallArguments(last)), Event::ToolCallArguments(next))
                    if (last.choice, last.index) == (next.choice, next.index) =>
                {
                    last.text.push_str(&next.text);
                }
                _ => joined.push(event.clone()),
            }
        }
        joined
    }
}

impl Script {
    /// An endpoint that has no answer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a setting.
    pub fn setting(&mut self, name: &str, value: &str) -> &mut Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds an answer; they are given in order.
    pub fn answer(
        &mut self,
        status: u16,
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let headers = vec![Header { name: "content-type".into(), value: content_type.into() }];
        let body = body.into();
        self.answers.push_back(Scripted { status, headers, body, cut: Cut::Whole, broken: None });
        self
    }

    /// Adds a header to the last answer.
    pub fn header(&mut self, name: &str, value: &str) -> &mut Self {
        if let Some(answer) = self.answers.back_mut() {
            answer.headers.push(Header { name: name.into(), value: value.into() });
        }
        self
    }

    /// Cuts the body of the last answer.
    pub fn cut(&mut self, cut: Cut) -> &mut Self {
        if let Some(answer) = self.answers.back_mut() {
            answer.cut = cut;
        }
        self
    }

    /// Breaks the connection after the body of the last answer.
    pub fn broken(&mut self) -> &mut Self {
        if let Some(answer) = self.answers.back_mut() {
            answer.broken = Some(Failure::new(FailureKind::Unreachable, "the connection broke"));
        }
        self
    }

    /// Runs a chat request to its end.
    pub fn chat<A: Chat>(&self, request: ChatRequest) -> Run {
        let mut events = Vec::new();
        self.run(|| {
            let mut completion = A::complete(request)?;
            while let Some(more) = completion.next()? {
                if more.is_empty() {
                    return Err(Failure::new(FailureKind::Internal, "no event where one is due"));
                }
                events.extend(more);
            }
            Ok(())
        })
        .map_events(events)
    }

    /// Runs the request at five kinds of cuts of the last answer, and gives the run
    /// in one piece.
    ///
    /// # Panics
    /// Where the events of two cuts do not add up to the same.
    pub fn chat_at_every_cut<A: Chat>(&self, request: &ChatRequest) -> Run {
        let whole = self.chat::<A>(request.clone());
        let body = self.answers.back().map(|answer| answer.body.clone()).unwrap_or_default();
        let cuts = [Cut::EveryByte, Cut::Every(7), Cut::Every(64), Cut::inside_sequences(&body)];
        for cut in cuts {
            let run = self.clone().cut(cut.clone()).chat::<A>(request.clone());
            assert_eq!(run.joined(), whole.joined(), "{cut:?} differs from one piece");
            assert_eq!(run.failure, whole.failure, "{cut:?} differs from one piece");
        }
        whole
    }

    /// Runs whatever uses the endpoint, such as `embed` or `list_models`.
    pub fn call<T>(
        &self,
        call: impl FnOnce() -> Result<T, Failure>,
    ) -> (Result<T, Failure>, Vec<Sent>) {
        let mut result = None;
        let run = self.run(|| {
            result = Some(call());
            Ok(())
        });
        let never = || Err(Failure::new(FailureKind::Internal, "the call did not happen"));
        (result.unwrap_or_else(never), run.requests)
    }

    fn run(&self, body: impl FnOnce() -> Result<(), Failure>) -> Run {
        WORLD.with_borrow_mut(|world| *world = World { script: self.clone(), ..World::default() });
        let failure = body().err();
        let world = WORLD.take();
        Run { events: Vec::new(), failure, requests: world.requests, log: world.log }
    }
}

impl Run {
    fn map_events(mut self, events: Vec<Event>) -> Self {
        self.events = events;
        self
    }
}

#[derive(Default)]
struct World {
    script: Script,
    requests: Vec<Sent>,
    log: Vec<String>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// The adapter's imports, played from the script of this thread.
pub(crate) mod wall {
    use super::{Scripted, Sent, WORLD};
    use crate::wall::{Header, LogLevel, Request};
    use crate::{Failure, FailureKind};
    use std::cell::RefCell;
    use std::collections::VecDeque;

    #[derive(Debug)]
    pub(crate) struct Endpoint;

    #[derive(Debug)]
    pub(crate) struct Response {
        answer: Scripted,
        pieces: RefCell<VecDeque<Vec<u8>>>,
    }

    impl Endpoint {
        pub(crate) fn named(name: &str) -> Result<Self, Failure> {
            match name {
                "api" => Ok(Self),
                _ => Err(Failure::new(FailureKind::Denied, format!("no endpoint `{name}`"))),
            }
        }

        pub(crate) fn send(&self, request: &Request) -> Result<Response, Failure> {
            let answer = WORLD.with_borrow_mut(|world| {
                let headers = request.headers.iter();
                world.requests.push(Sent {
                    method: request.method,
                    path: request.path.clone(),
                    headers: headers.map(|h| (h.name.clone(), h.value.clone())).collect(),
                    body: request.body.clone(),
                });
                world.script.answers.pop_front()
            });
            let none = || Failure::new(FailureKind::Unreachable, "the script has no more answers");
            let answer = answer.ok_or_else(none)?;
            let pieces = RefCell::new(answer.cut.apply(&answer.body));
            Ok(Response { answer, pieces })
        }
    }

    impl Response {
        pub(crate) fn status(&self) -> u16 {
            self.answer.status
        }

        pub(crate) fn headers(&self) -> Vec<Header> {
            self.answer.headers.clone()
        }

        pub(crate) fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
            let mut pieces = self.pieces.borrow_mut();
            match (pieces.pop_front(), &self.answer.broken) {
                (Some(mut piece), _) => {
                    let rest = piece.split_off(piece.len().min(limit as usize));
                    if !rest.is_empty() {
                        pieces.push_front(rest);
                    }
                    Ok(Some(piece))
                }
                (None, Some(failure)) => Err(failure.clone()),
                (None, None) => Ok(None),
            }
        }
    }

    /// The value of a plain setting, or the default that the manifest declares.
    pub fn setting(name: &str) -> Option<String> {
        WORLD.with_borrow(|world| world.script.settings.get(name).cloned())
    }

    /// Writes one line for the operator.
    pub fn log(_: LogLevel, message: &str) {
        WORLD.with_borrow_mut(|world| world.log.push(message.to_owned()));
    }
}
