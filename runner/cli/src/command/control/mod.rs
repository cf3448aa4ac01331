//! The gateway's keys, teams, budgets and accounts: what its admin API does, done with the
//! state itself, whether or not a gateway runs, or by a gateway that is elsewhere.

mod budget;
mod keys;
mod teams;
mod usage;

pub(super) use budget::run as budget;
pub(super) use keys::run as keys;
pub(super) use teams::run as teams;
pub(super) use usage::run as usage;

use super::serve::problem;
use super::{configuration, runtime};
use crate::arguments::{BudgetArguments, GlobalArguments, LimitArguments, StateArguments};
use crate::problem::Problem;
use hotcell::egress::SecretSource;
use hotcell::egress::fetch::{FetchError, Fetcher, Permits, Place};
use hotcell_gateway::{Ask, Desk, Told};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// Bytes of an answer of the admin API.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Somebody who may change it.
pub(super) struct Operator {
    at: At,
    runtime: Runtime,
}

/// Where it is done.
enum At {
    State(Desk),
    Gateway { fetcher: Box<Fetcher>, place: Place, key: SecretSource },
}

impl Operator {
    fn new(arguments: &StateArguments, global: &GlobalArguments) -> Result<Self, Problem> {
        let config = configuration(global)?;
        let gateway = config.gateway.clone().unwrap_or_default();
        let at = match &arguments.gateway {
            None => At::State(Desk::open(&config).map_err(problem)?),
            Some(url) => {
                let place = format!("{}/admin", url.trim_end_matches('/'));
                let place = place.parse().map_err(|error| unreached(error, url))?;
                // The operator named it, and without TLS it is in a network of their own.
                let permits = Permits { allow_private: true, allow_plaintext: true };
                let fetcher = Box::new(config.egress()?.build().fetcher(permits));
                let usual = || SecretSource::Env("HOTCELL_ADMIN_KEY".into());
                At::Gateway { fetcher, place, key: gateway.admin_key.unwrap_or_else(usual) }
            }
        };
        Ok(Self { at, runtime: runtime()? })
    }

    /// Asks, and gives the answer's body.
    fn ask(&self, method: &str, path: &str, body: Map<String, Value>) -> Result<Value, Problem> {
        self.ask_with(method, path, "", body)
    }

    fn ask_with(
        &self,
        method: &str,
        path: &str,
        query: &str,
        body: Map<String, Value>,
    ) -> Result<Value, Problem> {
        let told = match &self.at {
            At::State(desk) => {
                self.runtime.block_on(desk.answer(Ask { method, path, query, body }))
            }
            At::Gateway { fetcher, place, key } => {
                let path = format!("/admin/{path}?{query}");
                let body = Value::Object(body).to_string().into_bytes();
                let asked = fetcher.ask_service(place, method, &path, key, body, LONGEST);
                let told = self.runtime.block_on(asked);
                let (status, body) = told.map_err(|error| unreached(error, &place.to_string()))?;
                Told { status, body: serde_json::from_slice(&body).unwrap_or_default() }
            }
        };
        if (200..300).contains(&told.status) {
            return Ok(told.body);
        }
        let error = &told.body["error"];
        let unsaid = format!("the answer is {}, and no gateway's", told.status);
        let message = error["message"].as_str().unwrap_or(&unsaid);
        Err(Problem::usage(match error["param"].as_str() {
            Some(param) if !message.contains(param) => format!("{param}: {message}"),
            _ => message.to_owned(),
        }))
    }

    /// Every entry of a list, page by page.
    fn all(&self, path: &str, query: &str) -> Result<Vec<Value>, Problem> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let query = format!("limit=1000&after={after}&{query}");
            let mut page = self.ask_with("GET", path, &query, Map::new())?;
            if let Value::Array(data) = page["data"].take() {
                all.extend(data);
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return Ok(all),
            }
        }
    }
}

/// A gateway that could not be asked.
fn unreached(error: FetchError, gateway: &str) -> Problem {
    let help = format!(
        "`--gateway` is the origin of a gateway that runs: https://, or http:// in a network of \
         your own; without it the state on this machine is used, and not {gateway}"
    );
    Problem::usage(error.message).with_help(help)
}

/// An id, as a path has it: it is no way to elsewhere.
fn part(id: &str) -> Result<&str, Problem> {
    match id.contains('/') || id.is_empty() {
        true => Err(Problem::usage("an id has no slash, and is not empty")),
        false => Ok(id),
    }
}

/// A value of a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escape = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// What is named of limits, as a change.
fn limits(arguments: &LimitArguments) -> Map<String, Value> {
    let mut limits = Map::new();
    for (name, list) in [("models", &arguments.models), ("endpoints", &arguments.endpoints)] {
        if !list.is_empty() {
            limits.insert(name.to_owned(), json!(list));
        }
    }
    let rates = [
        ("requests-per-minute", arguments.requests_per_minute),
        ("tokens-per-minute", arguments.tokens_per_minute),
    ];
    for (name, rate) in rates {
        if let Some(rate) = rate {
            limits.insert(name.to_owned(), json!(rate));
        }
    }
    let budget = amounts(&arguments.budget);
    if !budget.is_empty() {
        limits.insert("budget".to_owned(), Value::Object(budget));
    }
    limits
}

/// What is named of a budget, as a change.
fn amounts(arguments: &BudgetArguments) -> Map<String, Value> {
    let all = [
        ("day", arguments.budget_day),
        ("week", arguments.budget_week),
        ("month", arguments.budget_month),
        ("total", arguments.budget_total),
    ];
    all.into_iter().filter_map(|(name, amount)| Some((name.to_owned(), json!(amount?.0)))).collect()
}

/// US dollars, as people read them.
fn dollars(value: &Value) -> String {
    let money = value.as_f64().and_then(hotcell_gateway::Money::dollars);
    money.map(|money| money.to_string()).unwrap_or_default()
}

/// What is said of a record's limits, in one line.
fn limits_line(limits: &Value) -> String {
    let mut said = Vec::new();
    for (name, what) in [("models", ""), ("endpoints", "")] {
        let list = limits[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        let list: Vec<&str> = list.collect();
        if !list.is_empty() {
            said.push(format!("{what}{}", list.join(" ")));
        }
    }
    for window in ["day", "week", "month", "total"] {
        let limit = &limits["budget"][window];
        if limit.is_number() {
            let span = if window == "total" { " in all".to_owned() } else { format!("/{window}") };
            said.push(format!("{}{span}", dollars(limit)));
        }
    }
    for (name, unit) in [("requests-per-minute", "requests"), ("tokens-per-minute", "tokens")] {
        if let Some(rate) = limits[name].as_u64() {
            said.push(format!("{rate} {unit}/minute"));
        }
    }
    said.join(", ")
}

/// How a record is.
fn state_of(record: &Value) -> &'static str {
    let expires = record["expires"].as_str().and_then(|at| humantime::parse_rfc3339(at).ok());
    match record["blocked"] == true {
        true => "blocked",
        false if expires.is_some_and(|at| at <= std::time::SystemTime::now()) => "expired",
        false => "good",
    }
}
