//! What stands behind a cell's imports of egress: the network, with or without somebody
//! who writes along, or a transcript.

use crate::heard::Heard;
use crate::transcript::{self, Exchange, Read, Recorder, Sent, Transcript};
use crate::types::{Failure, FailureKind};
use hotcell_egress::{CellEgress, EgressError, EndpointId, ErrorKind};
use std::collections::VecDeque;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// What a cell's requests go through.
pub(crate) enum Door {
    /// To the network.
    Open { egress: CellEgress, recorder: Option<Box<Recorder>>, heard: Heard },
    /// To what came back another time.
    Played(Player),
}

/// An endpoint in a guest's hands.
#[derive(Debug)]
pub struct Endpoint {
    name: String,
    id: Option<EndpointId>,
}

/// A response in a guest's hands.
#[derive(Debug)]
pub struct Response(Source);

#[derive(Debug)]
enum Source {
    Live {
        response: Box<hotcell_egress::Response>,
        /// Its number in the transcript.
        number: usize,
    },
    Played {
        status: u16,
        headers: Vec<(String, String)>,
        reads: VecDeque<Read>,
    },
}

/// Plays what came back another time, and notes what is sent.
pub(crate) struct Player {
    endpoints: Vec<String>,
    exchanges: VecDeque<Exchange>,
    /// It sent more than the transcript has: what else it sends makes no difference.
    is_beyond: bool,
    /// Outlives the cell.
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Player {
    /// What is sent while it plays is noted in `sent`.
    pub(crate) fn of(transcript: &Transcript, sent: Arc<Mutex<Vec<Sent>>>) -> Self {
        let endpoints = transcript.endpoints.clone();
        Self { endpoints, exchanges: transcript.exchanges.clone().into(), is_beyond: false, sent }
    }
}

impl Door {
    pub(super) fn endpoint(&mut self, name: String) -> Result<Endpoint, Failure> {
        match self {
            Self::Open { egress, .. } => match egress.endpoint(&name) {
                Ok(id) => Ok(Endpoint { name, id: Some(id) }),
                Err(error) => Err(failure_of(error)),
            },
            Self::Played(player) if player.endpoints.contains(&name) => {
                Ok(Endpoint { name, id: None })
            }
            Self::Played(_) => {
                let message = format!("no endpoint `{name}` was granted");
                Err(Failure::new(FailureKind::Denied, message))
            }
        }
    }

    /// Takes a request, which is sent when what this gives is first asked for its answer.
    #[inline(never)]
    pub(super) fn send(
        &mut self,
        (name, id): (String, Option<EndpointId>),
        request: hotcell_egress::Request,
    ) -> Sending {
        let (egress, recorder) = match self {
            Self::Open { egress, recorder, .. } => (egress, recorder),
            Self::Played(player) => return known(player.send(note(name, &request))),
        };
        let Some(id) = id else {
            let why = "an endpoint of another door";
            return known(Err(Failure::new(FailureKind::Internal, why)));
        };
        let number = match recorder.as_mut().map(|all| all.request(note(name, &request))) {
            Some(Err(failure)) => return known(Err(failure)),
            Some(Ok(number)) => number,
            None => 0,
        };
        let egress = egress.clone();
        Box::pin(async move {
            let result = egress.send(id, request).await;
            Answered::Open { result, number }
        })
    }

    /// What came of a request, for whoever writes along and for the caller.
    #[inline(never)]
    pub(super) fn received(&mut self, answered: Answered) -> Result<Response, Box<Failure>> {
        let (result, number) = match answered {
            Answered::Known(result) => return result,
            Answered::Open { result, number } => (result.map_err(boxed), number),
        };
        if let Self::Open { recorder, heard, .. } = self {
            heard.hear(result.as_ref().map_or(&[], |response| response.headers()));
            if let Some(recorder) = recorder {
                note_answer(recorder, number, &result);
            }
        }
        result.map(|response| Response(Source::Live { response, number }))
    }

    /// Writes down what a read gave.
    pub(super) fn note(
        &mut self,
        response: Option<usize>,
        read: &Result<Option<Vec<u8>>, Box<Failure>>,
    ) -> Result<(), Box<Failure>> {
        match (self, response) {
            (Self::Open { recorder: Some(recorder), .. }, Some(number)) => {
                note_read(recorder, number, read)
            }
            _ => Ok(()),
        }
    }

    /// Who writes along, if anybody does.
    pub(super) fn recorder(&mut self) -> Option<&mut Recorder> {
        match self {
            Self::Open { recorder, .. } => recorder.as_deref_mut(),
            Self::Played(_) => None,
        }
    }

    pub(super) fn deny_import(&mut self, import: &str) {
        if let Self::Open { egress, .. } = self {
            // It is written to the audit log; the cell is ended in any case.
            let _ = egress.deny_import(import);
        }
    }

    pub(super) fn has_been_denied_enough(&self) -> bool {
        match self {
            Self::Open { egress, .. } => egress.has_been_denied_enough(),
            Self::Played(_) => false,
        }
    }
}

/// A request on its way from one door. Who drops it sends it no more.
pub(super) type Sending = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// What came of it.
pub(super) enum Answered {
    Open {
        result: Result<Box<hotcell_egress::Response>, EgressError>,
        /// Its number in the transcript.
        number: usize,
    },
    Known(Result<Response, Box<Failure>>),
}

/// There is nothing to be waited for.
#[cold]
fn known(result: Result<Response, Failure>) -> Sending {
    Box::pin(ready(Answered::Known(result.map_err(Box::new))))
}

impl Endpoint {
    pub(super) fn key(&self) -> (String, Option<EndpointId>) {
        (self.name.clone(), self.id)
    }
}

impl Player {
    fn send(&mut self, sent: Sent) -> Result<Response, Failure> {
        if !self.is_beyond {
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        }
        let Some(exchange) = self.exchanges.pop_front() else {
            self.is_beyond = true;
            let why = "the transcript has no further exchange";
            return Err(Failure::new(FailureKind::Internal, why));
        };
        match (exchange.failure, exchange.status) {
            (Some(failure), _) => Err(failure),
            (None, Some(status)) => Ok(Response(Source::Played {
                status,
                headers: exchange.headers,
                reads: exchange.reads.into(),
            })),
            // Its caller left while it was under way.
            (None, None) => {
                let why = "the transcript has no answer to this request";
                Err(Failure::new(FailureKind::Internal, why))
            }
        }
    }
}

impl Response {
    pub(super) fn status(&self) -> u16 {
        match &self.0 {
            Source::Live { response, .. } => response.status(),
            Source::Played { status, .. } => *status,
        }
    }

    pub(super) fn headers(&self) -> &[(String, String)] {
        match &self.0 {
            Source::Live { response, .. } => response.headers(),
            Source::Played { headers, .. } => headers,
        }
    }

    /// Its number in the transcript, where it is one that came from the network.
    pub(super) fn number(&self) -> Option<usize> {
        match &self.0 {
            Source::Live { number, .. } => Some(*number),
            Source::Played { .. } => None,
        }
    }

    /// Waits for bytes. What fails is in a box, since all this lies on a guest's stack.
    pub(super) async fn read(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Box<Failure>> {
        match &mut self.0 {
            Source::Live { response, .. } => {
                let read = response.read(limit).await.map_err(boxed);
                read.map(|bytes| bytes.map(Vec::from))
            }
            Source::Played { reads, .. } => play(reads, limit),
        }
    }
}

/// Writes down what came of a request.
#[cold]
fn note_answer(
    recorder: &mut Recorder,
    number: usize,
    result: &Result<Box<hotcell_egress::Response>, Box<Failure>>,
) {
    let Some(exchange) = recorder.transcript.exchanges.get_mut(number) else { return };
    match result {
        Ok(response) => {
            exchange.status = Some(response.status());
            exchange.headers = response.headers().to_vec();
        }
        Err(failure) => exchange.failure = Some(Failure::clone(failure)),
    }
}

/// Writes down what a read gave. Out of line, as is what is played: a guest's stack keeps what was
/// once used of it, and few cells have either.
#[cold]
#[inline(never)]
fn note_read(
    recorder: &mut Recorder,
    number: usize,
    read: &Result<Option<Vec<u8>>, Box<Failure>>,
) -> Result<(), Box<Failure>> {
    let read = match read {
        Ok(Some(bytes)) => Read::Bytes(transcript::Bytes(bytes.clone())),
        Ok(None) => Read::End,
        Err(failure) => Read::Failure(Failure::clone(failure)),
    };
    recorder.read(number, read).map_err(Box::new)
}

/// What came back another time, at most `limit` bytes of it.
#[cold]
#[inline(never)]
fn play(reads: &mut VecDeque<Read>, limit: usize) -> Result<Option<Vec<u8>>, Box<Failure>> {
    match reads.pop_front() {
        Some(Read::Bytes(transcript::Bytes(mut bytes))) => {
            // Another adapter may read less at a time.
            if bytes.len() > limit {
                let rest = bytes.split_off(limit);
                reads.push_front(Read::Bytes(transcript::Bytes(rest)));
            }
            Ok(Some(bytes))
        }
        Some(Read::End) => Ok(None),
        Some(Read::Failure(failure)) => Err(failure.into()),
        None => {
            let why = "the transcript has nothing more of this response";
            Err(Failure::new(FailureKind::Internal, why).into())
        }
    }
}

/// A request as a transcript has it.
#[cold]
fn note(endpoint: String, request: &hotcell_egress::Request) -> Sent {
    Sent {
        endpoint,
        method: request.method,
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: transcript::Bytes(request.body.to_vec()),
    }
}

/// In a box, since what lies on a guest's stack stays there.
#[cold]
fn boxed(error: EgressError) -> Box<Failure> {
    failure_of(error).into()
}

pub(super) fn failure_of(error: EgressError) -> Failure {
    let kind = match error.kind {
        ErrorKind::Denied => FailureKind::Denied,
        ErrorKind::Authentication => FailureKind::Authentication,
        ErrorKind::Unreachable => FailureKind::Unreachable,
        ErrorKind::TimedOut => FailureKind::TimedOut,
        ErrorKind::TooLarge => FailureKind::TooLarge,
        ErrorKind::MalformedResponse => FailureKind::MalformedResponse,
        ErrorKind::Internal => FailureKind::Internal,
    };
    Failure { code: error.rule.map(|rule| rule.to_string()), ..Failure::new(kind, error.message) }
}
