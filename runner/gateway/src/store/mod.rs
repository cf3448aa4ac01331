//! Where keys, teams, limits and accounts are kept.
//!
//! [`Store`] is all that the gateway asks of that place. It is narrow, so that a file of this
//! machine and a server that several gateways share can both be it: whatever has to hold among
//! several gateways is one call, which the place answers in one step.

mod counters;
mod meter;
mod postgres;
mod record;
mod response;
mod sqlite;
#[cfg(test)]
mod tests;
mod usage;

pub use record::{Budget, Key, Limits, Team, Time};

pub(crate) use counters::Counters;
pub(crate) use meter::{Claim, Meter, Standing, Subject, Unit};
pub(crate) use postgres::Postgres;
pub(crate) use response::Response;
pub(crate) use sqlite::Sqlite;
pub(crate) use usage::{Entry, Sums, Total, UsageQuery};

use std::fs::File;
use std::future::Future;
use std::pin::Pin;
use thiserror::Error;

/// The SHA-256 of a key: what is kept of it.
pub(crate) type Hash = [u8; 32];

/// What comes later.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why the state cannot be read or written. It holds nothing that somebody asked for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the gateway's state: {0}")]
pub struct StoreError(pub(crate) String);

/// A part of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// Begins after this id.
    pub(crate) after: String,
    /// How many there are on it at the most.
    pub(crate) most: u32,
}

/// Where everything is kept.
pub(crate) trait Store: Send + Sync {
    /// Begins whatever goes on in the background while a gateway serves. It is within its
    /// runtime.
    fn begin(&self) {}
    /// Waits until everything is kept that was settled.
    fn end(&self) -> Later<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    /// How many settled accounts are not kept yet, where a death of this process would lose them.
    fn unkept(&self) -> usize {
        0
    }

    /// The key whose secret has this digest, as a whole.
    fn key_of(&self, hash: Hash) -> Later<'_, Option<Key>>;
    /// The key of this id.
    fn key(&self, id: String) -> Later<'_, Option<Key>>;
    /// Keys in the order of their ids; of one team alone where one is named.
    fn keys(&self, page: Page, team: Option<String>) -> Later<'_, Vec<Key>>;
    /// Adds a key.
    fn add_key(&self, key: Key, hash: Hash) -> Later<'_, ()>;
    /// Puts a key in the place of the one of its id. Tells whether there was one.
    fn change_key(&self, key: Key) -> Later<'_, bool>;
    /// Gives a key another secret. Tells whether there was one.
    fn rotate_key(&self, id: String, hash: Hash) -> Later<'_, bool>;
    /// Removes a key. What it spent stays. Tells whether there was one.
    fn remove_key(&self, id: String) -> Later<'_, bool>;

    /// The team of this name.
    fn team(&self, id: String) -> Later<'_, Option<Team>>;
    /// Teams in the order of their names.
    fn teams(&self, page: Page) -> Later<'_, Vec<Team>>;
    /// Adds a team. Tells whether there was none of its name.
    fn add_team(&self, team: Team) -> Later<'_, bool>;
    /// Puts a team in the place of the one of its name. Tells whether there was one.
    fn change_team(&self, team: Team) -> Later<'_, bool>;
    /// Removes a team that has no key. Tells whether it did.
    fn remove_team(&self, id: String) -> Later<'_, bool>;

    /// Holds all of these claims in one step, or none of them where one does not fit. Tells
    /// where each meter stood before. Where there are none, it tells by an error that no account
    /// could be kept.
    fn hold<'a>(&'a self, claims: &'a [Claim]) -> Later<'a, Held>;
    /// Puts what was used in the place of what was held, and keeps the account. What it does
    /// happens whether or not somebody waits for it; when it is done, no death of this process
    /// undoes it.
    fn settle(&self, hold: Hold, held: Vec<(Claim, u64)>, entry: Entry) -> Later<'static, ()>;
    /// What is held is settled in two parts, each with the claims that are its own, and each by
    /// the hold that comes back.
    fn divide(&self, hold: Hold) -> Hold {
        hold
    }
    /// Where meters of money stand.
    fn standings<'a>(&'a self, meters: &'a [Meter]) -> Later<'a, Vec<Standing>>;
    /// Keeps whose an answer is that its provider keeps, and where, for as long as
    /// [`Response::LIFE`]. Where its owner has one of its id, that one stays.
    fn keep_response(&self, response: Response) -> Later<'_, ()>;
    /// The answer of this id, of this owner.
    fn response_of(&self, owner: String, id: String) -> Later<'_, Option<Response>>;

    /// Another process of this gateway is about to serve: from now on nothing may be known to
    /// this one alone that limits depend on.
    fn share(&self) -> Later<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    /// No other process of this gateway is there any more.
    fn alone(&self) -> Later<'_, ()> {
        Box::pin(async { Ok(()) })
    }
    /// What keeps others from serving from the same place, for the process that comes next.
    fn lock(&self) -> Option<&File> {
        None
    }

    /// What was used.
    fn usage(&self, query: UsageQuery) -> Later<'_, Vec<Total>>;
}

/// What is held for one request, as the place knows it that holds it. Without anything held it
/// is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hold {
    /// The request's own.
    number: u64,
    /// Rates are counted where counters are.
    is_counted: bool,
    /// It is one of two parts, which are settled one by one.
    is_part: bool,
}

/// Whether claims are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Where each meter stood before.
    pub(crate) before: Vec<Standing>,
    /// The first claim that does not fit: nothing is held then.
    pub(crate) over: Option<usize>,
    /// By what they are settled.
    pub(crate) hold: Hold,
}
