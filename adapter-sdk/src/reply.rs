//! An answer that is still coming, in whichever form its provider chose.

use crate::endpoint::extend_body;
use crate::sse::Decoder;
use crate::{Completion, Event, Failure, Header, Response, failure, ndjson};

/// What a provider's answer is made of so far: all that an adapter has to say about
/// reading one. [`Reply`] does the rest.
pub trait Assemble {
    /// Whether an answer is JSON objects, one a line ([`ndjson`]), in place of server-sent
    /// events: each line is an event without a name, and an answer in one piece is one
    /// line, so that [`Self::whole`] is never called.
    const LINES: bool = false;

    /// Takes in one event of a stream and adds what it tells to `events`, which may
    /// be nothing. `name` is empty where the stream names no event.
    ///
    /// # Errors
    /// What is not the provider's protocol, and an error that it sends as an event.
    /// What was added to `events` before is still told, and the failure after it.
    fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure>;

    /// Takes in an answer that came in one piece: all of the body, from its first
    /// `{` or `[` on. Called at most once, and never after [`Self::event`].
    ///
    /// # Errors
    /// As [`Self::event`], and for an answer that lacks what an answer must have:
    /// [`Self::end`] is not called.
    fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure>;

    /// The stream is over: adds what was not certain before, and fails where it is no
    /// complete answer. Called once, when [`Self::has_ended`] turns true or the body is
    /// over. The adapter knows best what is missing, so it makes the failure.
    ///
    /// # Errors
    /// `malformed-response`: a stream that just ends is never a false stop.
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure>;

    /// Whether the provider said that its stream is over. Nothing is read after
    /// that, so that a connection which stays open does not hold the answer up. A
    /// protocol without a word for it leaves this as it is.
    fn has_ended(&self) -> bool {
        false
    }

    /// Adds what only the response's headers tell to a failure of the answer. As it
    /// is, that is the id of the request, by the names that are usual for it.
    fn annotate(&self, failure: &mut Failure, headers: &[Header]) {
        if failure.request_id.is_none() {
            failure.request_id = failure::request_id(headers);
        }
    }
}

/// An answer that is still coming: the [`Completion`] of an adapter whose provider
/// streams server-sent events, or answers with one JSON value; or of one that answers
/// with JSON objects, one a line ([`Assemble::LINES`]).
///
/// Which of the first two it is, is told by the first byte of the body and not by what was
/// asked for: there are providers that stream unasked, and such that answer whole
/// although asked to stream. White space and a byte order mark before it mean
/// nothing, a `<` means a web page: the endpoint's address is wrong.
///
/// - Events go out as soon as their bytes are in, all of one read at once.
/// - An error before the first event fails the call, so that it can be tried again.
/// - An error after that comes after all events that were read before it.
/// - A body that is empty, or over before the answer is complete, is an error.
///
/// ```
/// use hotcell_sdk::testing::{Cut, Script};
/// use hotcell_sdk::{Assemble, Chat, ChatRequest, Endpoint, Event, Failure, Reply};
/// use hotcell_sdk::{finished, text};
///
/// #[derive(Default)]
/// struct Assembly {
///     ended: bool,
/// }
///
/// impl Assemble for Assembly {
///     fn event(&mut self, name: &str, data: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
///         match name {
///             "end" => {
///                 self.ended = true;
///                 events.push(finished(0, data));
///             }
///             _ => events.push(text(0, 0, data)),
///         }
///         Ok(())
///     }
///
///     fn whole(&mut self, body: &str, events: &mut Vec<Event>) -> Result<(), Failure> {
///         events.extend([text(0, 0, body), finished(0, "stop")]);
///         Ok(())
///     }
///
///     fn has_ended(&self) -> bool {
///         self.ended
///     }
///
///     fn end(&mut self, _: &mut Vec<Event>) -> Result<(), Failure> {
///         match self.ended {
///             true => Ok(()),
///             false => Err(Failure::malformed("the stream ended before `end`")),
///         }
///     }
/// }
///
/// struct Adapter;
///
/// impl Chat for Adapter {
///     type Completion = Reply<Assembly>;
///
///     fn complete(_: ChatRequest) -> Result<Self::Completion, Failure> {
///         let response = Endpoint::named("api")?.post("/chat").send()?.checked()?;
///         Reply::begin(response, Assembly::default(), vec!["a warning".to_owned()])
///     }
/// }
///
/// let mut script = Script::new();
/// script.answer(200, "text/event-stream", "data: hel\n\ndata: lo\n\n").cut(Cut::EveryByte);
/// let run = script.chat::<Adapter>(ChatRequest::user("hi"));
/// assert_eq!((run.text().as_str(), run.warnings()), ("hello", vec!["a warning"]));
/// assert_eq!(run.failure.unwrap().message, "the stream ended before `end`");
/// ```
#[derive(Debug)]
pub struct Reply<A> {
    response: Response,
    assembly: A,
    form: Form,
    /// What has been read and not been handed over.
    ready: Vec<Event>,
    /// Nothing more is read.
    ended: bool,
    /// What ended the answer, while events that came before it are still told.
    failure: Option<Failure>,
}

#[derive(Debug)]
enum Form {
    Unknown,
    Stream(Decoder),
    Lines(ndjson::Decoder),
    Whole(Vec<u8>),
}

impl<A: Assemble> Reply<A> {
    /// Waits for the first event of a response that the provider accepted, or for its
    /// whole answer. Each warning becomes an event before it: what of the request
    /// could not be said in the provider's protocol.
    ///
    /// # Errors
    /// What goes wrong before the first event: some providers accept a request and
    /// then begin with an error. What [`Response::read`] fails with,
    /// `malformed-response` for a body that is empty, not UTF-8 or a web page,
    /// `too-large` for an answer in one piece of more than
    /// [`BODY_BYTES`](crate::BODY_BYTES), and whatever `assembly` fails with.
    pub fn begin(response: Response, assembly: A, warnings: Vec<String>) -> Result<Self, Failure> {
        let (form, ready) = (Form::Unknown, Vec::new());
        let mut reply = Self { response, assembly, form, ready, ended: false, failure: None };
        let first = reply.advance()?.unwrap_or_default();
        reply.ready = warnings.into_iter().map(Event::Warning).chain(first).collect();
        Ok(reply)
    }

    fn advance(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        if !self.ready.is_empty() {
            return Ok(Some(std::mem::take(&mut self.ready)));
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        // Nearly every piece of a stream is one event.
        let mut events = Vec::with_capacity(1);
        while events.is_empty() && !self.ended {
            let step = match self.response.read() {
                Ok(Some(chunk)) => self.take(&chunk, &mut events),
                Ok(None) => self.end(&mut events),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = step {
                self.fail(failure, &events)?;
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }

    /// The end by a failure, which is told after the events that came before it.
    #[cold]
    fn fail(&mut self, mut failure: Failure, events: &[Event]) -> Result<(), Failure> {
        self.ended = true;
        self.assembly.annotate(&mut failure, &self.response.headers());
        if events.is_empty() {
            return Err(failure);
        }
        self.failure = Some(failure);
        Ok(())
    }

    fn take(&mut self, mut chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        if matches!(self.form, Form::Unknown) {
            // White space keeps a connection alive; a byte order mark says nothing.
            let silent = |byte: &u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
            while let Some((_, rest)) = chunk.split_first().filter(|(first, _)| silent(first)) {
                chunk = rest;
            }
            self.form = match chunk.first() {
                None => return Ok(()),
                Some(b'<') => {
                    return Err(Failure::malformed(
                        "the answer is a web page; the endpoint's address may be wrong",
                    ));
                }
                Some(_) if A::LINES => Form::Lines(ndjson::Decoder::default()),
                Some(b'{' | b'[') => Form::Whole(Vec::new()),
                Some(_) => Form::Stream(Decoder::default()),
            };
        }
        // The constant keeps the forms that an adapter has no use for out of its component.
        match &mut self.form {
            Form::Whole(body) if !A::LINES => extend_body(body, chunk),
            Form::Stream(decoder) if !A::LINES => {
                let mut failed = false;
                let pushed = decoder.push(chunk, read(&mut self.assembly, &mut failed, events));
                self.taken(pushed, failed, events)
            }
            Form::Lines(decoder) if A::LINES => {
                let mut failed = false;
                let mut each = read(&mut self.assembly, &mut failed, events);
                let pushed = decoder.push(chunk, |line| each("", line));
                drop(each);
                self.taken(pushed, failed, events)
            }
            _ => Ok(()),
        }
    }

    /// After a chunk of a stream; `failed` tells that it was an event that failed.
    fn taken(
        &mut self,
        pushed: Result<(), Failure>,
        failed: bool,
        events: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if failed || !self.assembly.has_ended() {
            return pushed;
        }
        // What follows the end does not matter, even if it is no stream of
        // events: in a chunk of its own it would not have been read.
        self.ended = true;
        self.assembly.end(events)
    }

    /// The end of the body. Out of line: what it needs of the stack is not held while an event
    /// is read.
    #[inline(never)]
    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        self.ended = true;
        let assembly = &mut self.assembly;
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Whole(body) if !A::LINES => {
                let body = std::str::from_utf8(&body)
                    .map_err(|_| Failure::malformed("the answer is not UTF-8"))?;
                assembly.whole(body, events)
            }
            Form::Stream(mut decoder) if !A::LINES => {
                decoder.finish(read(assembly, &mut false, events))?;
                assembly.end(events)
            }
            Form::Lines(mut decoder) if A::LINES => {
                let mut failed = false;
                let mut each = read(assembly, &mut failed, events);
                decoder.finish(|line| each("", line))?;
                drop(each);
                assembly.end(events)
            }
            _ => Err(Failure::malformed("the answer is empty")),
        }
    }
}

/// Reads one event of the stream; `failed` tells that it was the event that failed. What
/// comes after the end is passed over. A function, so that the decoder is compiled for
/// one closure and not for two.
fn read<A: Assemble>(
    assembly: &mut A,
    failed: &mut bool,
    events: &mut Vec<Event>,
) -> impl FnMut(&str, &str) -> Result<(), Failure> {
    |name, data| {
        if assembly.has_ended() {
            return Ok(());
        }
        let step = assembly.event(name, data, events);
        *failed = step.is_err();
        step
    }
}

impl<A: Assemble + 'static> Completion for Reply<A> {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        self.advance()
    }
}
