//! The adapter's imports, played from the script of this thread.

use super::script::{Scripted, Sent, WORLD};
use crate::wall::{Header, LogLevel, Request};
use crate::{Failure, FailureKind};
use std::cell::RefCell;
use std::collections::VecDeque;

#[derive(Debug)]
pub(crate) struct Endpoint {
    name: String,
}

#[derive(Debug)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<Header>,
    pieces: RefCell<VecDeque<Vec<u8>>>,
    broken: Option<Failure>,
}

impl Endpoint {
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        if WORLD.with_borrow(|world| world.script.grants.has(name)) {
            return Ok(Self { name: name.to_owned() });
        }
        Err(Failure::new(FailureKind::Denied, format!("no endpoint `{name}` was granted")))
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Response, Failure> {
        WORLD.with_borrow_mut(|world| {
            world.script.grants.check(&self.name, request)?;
            let headers = request.headers.iter();
            world.requests.push(Sent {
                endpoint: self.name.clone(),
                method: request.method,
                path: request.path.clone(),
                headers: headers.map(|h| (h.name.clone(), h.value.clone())).collect(),
                body: request.body.clone(),
            });
            match world.script.take_answer() {
                Some(Scripted::Response { status, mut headers, body, cut, broken }) => {
                    headers.retain(|header| world.script.grants.shows(&self.name, &header.name));
                    let pieces = RefCell::new(cut.apply(&body));
                    Ok(Response { status, headers, pieces, broken })
                }
                Some(Scripted::Failure(failure)) => Err(failure),
                None => {
                    let why = "the script has no more answers";
                    Err(Failure::new(FailureKind::Unreachable, why))
                }
            }
        })
    }
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn headers(&self) -> Vec<Header> {
        self.headers.clone()
    }

    pub(crate) fn read(&self, limit: u32) -> Result<Option<Vec<u8>>, Failure> {
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
    WORLD.with_borrow(|world| world.script.setting_of(name))
}

/// Writes one line for the operator.
pub fn log(_: LogLevel, message: &str) {
    WORLD.with_borrow_mut(|world| world.log.push(message.to_owned()));
}
