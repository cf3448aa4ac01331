//! The adapter's imports, played from the script of this thread where nothing is put in its place.

use super::live;
use super::script::{Scripted, Sent, WORLD};
use crate::wall::{Header, LogLevel, Request};
use crate::{Failure, FailureKind};
use std::cell::RefCell;
use std::collections::VecDeque;

#[derive(Debug)]
pub(crate) enum Endpoint {
    Scripted { name: String },
    Live(Box<dyn live::Endpoint>),
}

#[derive(Debug)]
pub(crate) enum Response {
    Scripted(Box<Played>),
    Live(Box<dyn live::Response>),
}

#[derive(Debug)]
pub(crate) struct Played {
    status: u16,
    headers: Vec<Header>,
    pieces: RefCell<VecDeque<Vec<u8>>>,
    broken: Option<Failure>,
}

impl Endpoint {
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        if let Some(wall) = live::wall() {
            return Ok(Self::Live(wall.endpoint(name)?));
        }
        if WORLD.with_borrow(|world| world.script.grants.has(name)) {
            return Ok(Self::Scripted { name: name.to_owned() });
        }
        Err(Failure::new(FailureKind::Denied, format!("no endpoint `{name}` was granted")))
    }

    pub(crate) fn send(&self, request: Request) -> Result<Response, Failure> {
        match self {
            Self::Scripted { name } => played(name, request).map(Box::new).map(Response::Scripted),
            Self::Live(endpoint) => endpoint.send(request).map(Response::Live),
        }
    }
}

/// What the script answers to a request, which is noted.
fn played(endpoint: &str, request: Request) -> Result<Played, Failure> {
    WORLD.with_borrow_mut(|world| {
        world.script.grants.check(endpoint, &request)?;
        let headers = request.headers.into_iter();
        world.requests.push(Sent {
            endpoint: endpoint.to_owned(),
            method: request.method,
            path: request.path,
            headers: headers.map(|header| (header.name, header.value)).collect(),
            body: request.body,
        });
        match world.script.take_answer() {
            Some(Scripted::Response { status, mut headers, body, cut, broken }) => {
                headers.retain(|header| world.script.grants.shows(endpoint, &header.name));
                let pieces = RefCell::new(cut.apply(&body));
                Ok(Played { status, headers, pieces, broken })
            }
            Some(Scripted::Failure(failure)) => Err(failure),
            None => {
                let why = "the script has no more answers";
                Err(Failure::new(FailureKind::Unreachable, why))
            }
        }
    })
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Scripted(played) => played.status,
            Self::Live(response) => response.status(),
        }
    }

    pub(crate) fn headers(&self) -> Vec<Header> {
        match self {
            Self::Scripted(played) => played.headers.clone(),
            Self::Live(response) => response.headers(),
        }
    }

    pub(crate) fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Scripted(played) => played.read(limit),
            Self::Live(response) => response.read(limit),
        }
    }
}

impl Played {
    fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
        let mut pieces = self.pieces.borrow_mut();
        match (pieces.pop_front(), &self.broken) {
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
    match live::wall() {
        Some(wall) => wall.setting(name),
        None => WORLD.with_borrow(|world| world.script.setting_of(name)),
    }
}

/// Writes one line for the operator.
pub fn log(level: LogLevel, message: &str) {
    match live::wall() {
        Some(wall) => wall.log(level, message),
        None => WORLD.with_borrow_mut(|world| world.log.push(message.to_owned())),
    }
}
