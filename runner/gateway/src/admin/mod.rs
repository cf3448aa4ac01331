//! The admin API: keys, teams, budgets and what was used.
//!
//! | path | |
//! | --- | --- |
//! | `/admin/keys` | `GET` lists, `POST` makes |
//! | `/admin/keys/ID` | `GET`, `PATCH`, `DELETE` |
//! | `/admin/keys/ID/rotate` | `POST` gives it another secret |
//! | `/admin/teams`, `/admin/teams/ID` | as keys |
//! | `/admin/budgets/keys`, `/admin/budgets/teams` | `GET` lists those who have one |
//! | `/admin/budgets/keys/ID`, `/admin/budgets/teams/ID` | `GET`, `PATCH` |
//! | `/admin/usage` | `GET` sums |
//!
//! Bodies are JSON. A change is a merge patch (RFC 7396): what is absent stays, `null` takes
//! away. A list has `data` and `next`; `?after=NEXT` has the page after it.

mod budgets;
mod change;
mod http;
mod keys;
mod query;
mod teams;
mod usage;

pub(crate) use http::{is_for, respond};

use crate::GatewayError;
use crate::control;
use crate::store::{Store, StoreError};
use hotcell::Config;
use hotcell::types::Failure;
use query::Query;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Entries of a page where nothing is said, and the most that there may be.
const PAGE: u32 = 100;
const LONGEST_PAGE: u32 = 1000;

/// Answers what the admin API is asked, for whoever was let in to ask.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
}

/// What the admin API is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask<'a> {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'a str,
    /// Behind `/admin/`: `keys/key-0123456789abcdef`.
    pub path: &'a str,
    /// Behind `?`; empty where there is nothing.
    pub query: &'a str,
    /// The members of the body.
    pub body: Map<String, Value>,
}

/// What it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The HTTP status.
    pub status: u16,
    /// JSON; of an error an object with `error`.
    pub body: Value,
}

impl Desk {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// The desk of the state that a configuration names, for a process that serves nobody. A
    /// gateway that runs sees what is changed within two seconds.
    ///
    /// # Errors
    /// A state that cannot be used.
    pub fn open(config: &Config) -> Result<Self, GatewayError> {
        control::open(config).map(Self::new)
    }

    /// Answers.
    pub async fn answer(&self, ask: Ask<'_>) -> Told {
        self.find(ask).await.unwrap_or_else(Refused::told)
    }

    async fn find(&self, ask: Ask<'_>) -> Result<Told, Refused> {
        let query = Query::read(ask.query);
        let path: Vec<&str> = ask.path.split('/').collect();
        let store = self.store.as_ref();
        match (path.as_slice(), ask.method) {
            (["keys"], "GET") => keys::list(store, &query).await,
            (["keys"], "POST") => keys::make(store, ask.body).await,
            (["keys", id], "GET") => keys::show(store, id).await,
            (["keys", id], "PATCH") => keys::change(store, id, ask.body).await,
            (["keys", id], "DELETE") => keys::remove(store, id).await,
            (["keys", id, "rotate"], "POST") => keys::rotate(store, id).await,
            (["teams"], "GET") => teams::list(store, &query).await,
            (["teams"], "POST") => teams::make(store, ask.body).await,
            (["teams", id], "GET") => teams::show(store, id).await,
            (["teams", id], "PATCH") => teams::change(store, id, ask.body).await,
            (["teams", id], "DELETE") => teams::remove(store, id).await,
            (["budgets", "keys"], "GET") => budgets::of_keys(store, &query).await,
            (["budgets", "teams"], "GET") => budgets::of_teams(store, &query).await,
            (["budgets", "keys", id], "GET") => budgets::of_key(store, id).await,
            (["budgets", "teams", id], "GET") => budgets::of_team(store, id).await,
            (["budgets", "keys", id], "PATCH") => budgets::change_key(store, id, ask.body).await,
            (["budgets", "teams", id], "PATCH") => budgets::change_team(store, id, ask.body).await,
            (["usage"], "GET") => usage::list(store, &query).await,
            (
                ["keys" | "teams"]
                | ["keys" | "teams", _]
                | ["keys", _, "rotate"]
                | ["budgets", "keys" | "teams"]
                | ["budgets", "keys" | "teams", _]
                | ["usage"],
                method,
            ) => Err(Refused::new(405, "method_not_allowed", format!("this takes no {method}"))),
            _ => Err(Refused::absent("there is no such path of the admin API")),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Debug)]
struct Refused {
    status: u16,
    code: Cow<'static, str>,
    message: String,
    param: Option<String>,
}

impl Refused {
    fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), param: None }
    }

    fn wrong(param: &str, message: impl Into<String>) -> Self {
        let param = (!param.is_empty()).then(|| param.to_owned());
        Self { param, ..Self::new(400, "invalid_request", message) }
    }

    fn absent(message: impl Into<String>) -> Self {
        Self::new(404, "not_found", message)
    }

    fn told(self) -> Told {
        let Self { status, code, message, param } = self;
        let kind = if status < 500 { "invalid_request_error" } else { "api_error" };
        let error = json!({ "message": message, "type": kind, "param": param, "code": code });
        Told { status, body: json!({ "error": error }) }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        let consequence = hotcell::consequence(failure.kind);
        let code = failure.code.map_or(consequence.name.into(), Cow::Owned);
        Self::new(consequence.http_status, code, failure.message)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(target: "hotcell::gateway", %error, "the admin API");
        Self::new(503, "state_unavailable", error.to_string())
    }
}

impl From<getrandom::Error> for Refused {
    fn from(error: getrandom::Error) -> Self {
        Self::new(500, "internal", format!("the system gives no random numbers: {error}"))
    }
}

/// A record as an answer.
fn record(status: u16, record: &impl Serialize) -> Result<Told, Refused> {
    Ok(Told { status, body: value(record)? })
}

fn value(record: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(record).map_err(|error| Refused::new(500, "internal", error.to_string()))
}

/// The entries of a page that was asked for with one more than it has, and where the next one
/// begins.
fn page<T>(mut found: Vec<T>, most: u32, id: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
    let is_more = found.len() > most as usize;
    found.truncate(most as usize);
    let next = found.last().filter(|_| is_more).map(|last| id(last).to_owned());
    (found, next)
}

fn listed(data: Vec<Value>, next: Option<String>) -> Told {
    Told { status: 200, body: json!({ "data": data, "next": next }) }
}
