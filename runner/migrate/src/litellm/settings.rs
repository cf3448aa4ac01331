//! What holds for all models: `router_settings`, `litellm_settings`, `general_settings`, and
//! whatever else stands at the top.

use super::cache;
use super::callbacks;
use super::params::Params;
use super::said::{Said, Secret};
use super::words;
use crate::Kind;
use crate::yaml::{Node, ReadError, Table, Value, shown};
use hotcell::egress::SecretSource;
use hotcell::egress::service::ServiceAddress;
use hotcell::{GatewayConfig, GatewayLimits, StateConfig, Strategy};
use std::path::PathBuf;

/// What models have that do not say otherwise.
#[derive(Default)]
pub(super) struct Defaults {
    pub(super) strategy: Option<Strategy>,
    pub(super) retries: Option<u32>,
    pub(super) timeout: Option<u64>,
    pub(super) cool_down: Option<u64>,
    pub(super) concurrency: Option<u32>,
    /// LiteLLM refuses what is above `rpm` and `tpm`, and does not only weigh by them.
    pub(super) limits_hold: bool,
    pub(super) fallbacks: Vec<Fallback>,
    pub(super) context_fallbacks: Vec<Fallback>,
    pub(super) content_fallbacks: Vec<Fallback>,
    /// For models that have none of their own.
    pub(super) default_fallbacks: Option<Fallback>,
    pub(super) aliases: Vec<Alias>,
    pub(super) tls_roots: Option<PathBuf>,
}

/// Models to ask instead of one.
#[derive(Clone)]
pub(super) struct Fallback {
    pub(super) line: usize,
    pub(super) setting: String,
    pub(super) model: String,
    pub(super) others: Vec<String>,
}

/// Another name of a model.
pub(super) struct Alias {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) model: String,
}

pub(super) fn read(
    all: &Table,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) -> Result<Defaults, ReadError> {
    let mut defaults = Defaults::default();
    let mut router = section(all, "router_settings")?;
    let mut litellm = section(all, "litellm_settings")?;
    let mut general = section(all, "general_settings")?;
    // The router's own settings count before LiteLLM's.
    routing(&mut router, &mut defaults, said)?;
    common(&mut router, &mut defaults, said)?;
    common(&mut litellm, &mut defaults, said)?;
    trust(&mut litellm, &mut defaults, said)?;
    cache::read(&mut litellm, gateway, said)?;
    callbacks::read(&mut litellm, said);
    access(&mut general, gateway, said)?;
    state(&mut general, gateway, said)?;
    limits(&mut general, gateway, said)?;
    router.end(&[words::ROUTER, words::REDIS], words::UNKNOWN, said);
    litellm.end(&[words::LITELLM], words::UNKNOWN, said);
    general.end(&[words::GENERAL], words::UNKNOWN, said);

    for (key, line, node) in all.iter() {
        if !node.is_off() && !words::READ.contains(&key) {
            let word = words::TOP.iter().find(|(name, ..)| *name == key);
            let (kind, why) =
                word.map_or((Kind::LeftOut, words::UNKNOWN), |(_, kind, why)| (*kind, *why));
            said.note(line, kind, shown(key), why);
        }
    }
    Ok(defaults)
}

fn section(all: &Table, name: &str) -> Result<Params, ReadError> {
    Ok(match all.said(name) {
        Some(node) => Params::new(node.table(name)?.clone(), name, node.line),
        None => Params::new(Table::default(), name, 0),
    })
}

/// What stands in `router_settings` alone.
fn routing(
    router: &mut Params,
    defaults: &mut Defaults,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    if let Some(strategy) = router.text("routing_strategy", said)? {
        let line = router.line_of("routing_strategy");
        let setting = router.setting("routing_strategy");
        defaults.strategy = match strategy.as_str() {
            "simple-shuffle" => None,
            "least-busy" => Some(Strategy::LeastBusy),
            "latency-based-routing" => Some(Strategy::LowestLatency),
            "usage-based-routing" | "usage-based-routing-v2" => {
                defaults.limits_hold = true;
                Some(Strategy::LeastUsed)
            }
            "cost-based-routing" => {
                let message = "no deployment is chosen by its price: give the cheaper ones a \
                               larger `weight`, or the others as `fallbacks`";
                said.note(line, Kind::LeftOut, setting, message);
                None
            }
            _ => {
                let message = format!(
                    "`{}` is no strategy that is known; deployments are chosen by weight. There \
                     are weighted, least-busy, lowest-latency and least-used",
                    shown(&strategy)
                );
                said.note(line, Kind::LeftOut, setting, message);
                None
            }
        };
    }
    if let Some(node) = router.take("enable_pre_call_checks") {
        defaults.limits_hold |= node.truth() == Some(true);
    }
    if let Some(node) = router.take("optional_pre_call_checks") {
        for check in node.list(&router.setting("optional_pre_call_checks"))? {
            match check.text("optional_pre_call_checks")? {
                "enforce_model_rate_limits" => defaults.limits_hold = true,
                other => {
                    let setting =
                        format!("router_settings.optional_pre_call_checks.{}", shown(other));
                    let why = "no deployment is chosen by what was sent before";
                    said.note(check.line, Kind::LeftOut, setting, why);
                }
            }
        }
    }
    defaults.cool_down = router.milliseconds("cooldown_time", said)?;
    if let Some(node) = router.take("disable_cooldowns")
        && node.truth() == Some(true)
    {
        defaults.cool_down = Some(0);
    }
    defaults.concurrency = router.count("default_max_parallel_requests", said)?;
    if let Some(node) = router.take("model_group_alias") {
        for (name, line, target) in node.table(&router.setting("model_group_alias"))?.iter() {
            let setting = format!("router_settings.model_group_alias.{}", shown(name));
            let model = match &target.value {
                Value::Table(table) => {
                    if table.said("hidden").and_then(Node::truth) == Some(true) {
                        let message = "it is in the list of models too, where LiteLLM hides it";
                        said.note(line, Kind::Differs, setting.clone(), message);
                    }
                    let model = table.said("model").ok_or_else(|| {
                        ReadError::at(line, format!("`{setting}` has no `model`"))
                    })?;
                    model.text(&setting)?
                }
                _ => target.text(&setting)?,
            };
            let (name, model) = (name.to_owned(), model.to_owned());
            defaults.aliases.push(Alias { line, name, model });
        }
    }
    Ok(())
}

/// What stands in either of two sections.
fn common(
    params: &mut Params,
    defaults: &mut Defaults,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let retries = params.count("num_retries", said)?;
    let more = params.count("max_retries", said)?;
    defaults.retries = defaults.retries.or(retries).or(more);
    for key in ["timeout", "request_timeout", "stream_timeout"] {
        let timeout = params.milliseconds(key, said)?;
        defaults.timeout = defaults.timeout.or(timeout);
    }
    for (key, into) in [
        ("fallbacks", &mut defaults.fallbacks),
        ("context_window_fallbacks", &mut defaults.context_fallbacks),
        ("content_policy_fallbacks", &mut defaults.content_fallbacks),
    ] {
        if let Some(node) = params.take(key) {
            let found = fallbacks(&node, &params.setting(key), said)?;
            if into.is_empty() {
                *into = found;
            }
        }
    }
    if let Some(node) = params.take("default_fallbacks") {
        let (line, setting) = (node.line, params.setting("default_fallbacks"));
        let others = names(&node, &setting, said)?;
        let found = Fallback { line, setting, model: "*".to_owned(), others };
        defaults.default_fallbacks.get_or_insert(found);
    }
    Ok(())
}

/// `[{ model: [others] }]`, or one such table.
fn fallbacks(node: &Node, setting: &str, said: &mut Said<'_>) -> Result<Vec<Fallback>, ReadError> {
    let tables = match &node.value {
        Value::List(list) => list.iter().collect(),
        _ => vec![node],
    };
    let mut found = Vec::new();
    for table in tables {
        for (model, line, others) in table.table(setting)?.iter() {
            let setting = format!("{setting}.{}", shown(model));
            let others = names(others, &setting, said)?;
            found.push(Fallback { line, setting, model: model.to_owned(), others });
        }
    }
    Ok(found)
}

fn names(node: &Node, setting: &str, said: &mut Said<'_>) -> Result<Vec<String>, ReadError> {
    let nodes = match &node.value {
        Value::List(list) => list.iter().collect(),
        _ => vec![node],
    };
    let mut names = Vec::new();
    for node in nodes {
        match &node.value {
            Value::Table(table) => {
                let model = table.said("model").map(|model| model.text(setting)).transpose()?;
                let message = "other parameters for another model have no counterpart; the model \
                               alone is carried over";
                said.note(node.line, Kind::LeftOut, setting, message);
                names.extend(model.map(str::to_owned));
            }
            _ => names.push(node.text(setting)?.to_owned()),
        }
    }
    Ok(names)
}

/// Whom TLS believes.
fn trust(
    litellm: &mut Params,
    defaults: &mut Defaults,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let Some(node) = litellm.take("ssl_verify") else { return Ok(()) };
    let setting = litellm.setting("ssl_verify");
    match node.truth() {
        Some(true) => {}
        Some(false) => {
            let message = "certificates are always checked; name the authority that signed yours: \
                           `tls-roots = \"ca.pem\"`";
            said.note(node.line, Kind::LeftOut, setting, message);
        }
        None => defaults.tls_roots = said.text(&node, &setting)?.map(PathBuf::from),
    }
    Ok(())
}

/// Who may ask.
fn access(
    general: &mut Params,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let line = general.line_of("master_key");
    let Some(secret) = general.secret("master_key", said)? else { return Ok(()) };
    let setting = general.setting("master_key");
    let variable = match secret {
        Secret::Variable(variable) => variable,
        Secret::Literal { .. } => {
            let variable = "HOTCELL_ADMIN_KEY".to_owned();
            let message = format!(
                "the key stands in the file, and was not taken along: put it into the variable \
                 {variable}, or into a file of yours alone and say `admin-key = \"file:PATH\"`"
            );
            said.note(line, Kind::ToDo, setting.clone(), message);
            said.moved(line, &setting, &format!("env:{variable}"));
            variable
        }
    };
    gateway.admin_key = Some(SecretSource::Env(variable.as_str().into()));
    let message = "is the admin key, of at least 16 characters: whoever has it is let in as before, \
                   without limits; clients should have keys of their own, by `hotcell keys create`";
    said.note(line, Kind::Differs, setting, message);
    Ok(())
}

/// Where keys and what they spent are kept.
fn state(
    general: &mut Params,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let line = general.line_of("database_url");
    let Some(secret) = general.secret("database_url", said)? else { return Ok(()) };
    let setting = general.setting("database_url");
    let variable = match secret {
        Secret::Variable(variable) => variable,
        Secret::Literal { .. } => {
            let variable = "DATABASE_URL".to_owned();
            let message = format!(
                "the address stands in the file, perhaps with a password, and was not taken \
                 along: put it into the variable {variable}"
            );
            said.note(line, Kind::ToDo, setting.clone(), message);
            said.moved(line, &setting, &format!("env:{variable}"));
            variable
        }
    };
    let database = ServiceAddress::Source(SecretSource::Env(variable.as_str().into()));
    gateway.state = Some(StateConfig { database: Some(database), ..StateConfig::default() });
    let message = "hotcell keeps its keys and accounts there in tables of its own (schema \
                   `hotcell`), and reads none of LiteLLM's: make keys anew by `hotcell keys`. TLS is \
                   verified; an address in your own network without it ends in `?sslmode=disable`";
    said.note(line, Kind::Differs, setting, message);
    Ok(())
}

/// How much at one time.
fn limits(
    general: &mut Params,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let mut limits = GatewayLimits::default();
    let mut requests = general.count("global_max_parallel_requests", said)?;
    if let Some(count) = general.count("max_in_flight_requests_per_worker", said)? {
        requests = Some(requests.map_or(count, |other| other.min(count)));
        let message = "hotcell is one process: `limits.requests` holds for all of it";
        let line = general.line_of("max_in_flight_requests_per_worker");
        let setting = general.setting("max_in_flight_requests_per_worker");
        said.note(line, Kind::Differs, setting, message);
    }
    limits.requests = requests.unwrap_or(limits.requests);
    let waiting = general.count("max_queued_requests_per_worker", said)?;
    limits.waiting = waiting.unwrap_or(limits.waiting);
    let wait = general.milliseconds("admission_queue_timeout_seconds", said)?;
    limits.waiting_ms = wait.unwrap_or(limits.waiting_ms);
    if let Some(megabytes) = general.number("max_request_size_mb", said)? {
        limits.body_bytes = (megabytes * 1024.0 * 1024.0) as usize;
    }
    gateway.limits = (limits != GatewayLimits::default()).then_some(limits);
    Ok(())
}
