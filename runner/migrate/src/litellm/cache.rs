//! Answers that are kept: `litellm_settings.cache` and its `cache_params`.

use super::params::Params;
use super::said::{Said, Secret};
use super::words;
use crate::Kind;
use crate::yaml::{Node, ReadError, Table, shown};
use hotcell::egress::SecretSource;
use hotcell::egress::service::ServiceAddress;
use hotcell::{CacheConfig, CacheShare, GatewayConfig};

/// For how many seconds LiteLLM keeps an answer in memory, where nothing is said.
const IN_MEMORY: f64 = 600.0;
/// The same at a server.
const AT_A_SERVER: f64 = 60.0;
/// The variable of the secret that seals what lies at a server.
const SEAL: &str = "HOTCELL_CACHE_SECRET";

pub(super) fn read(
    litellm: &mut Params,
    gateway: &mut GatewayConfig,
    said: &mut Said<'_>,
) -> Result<(), ReadError> {
    let Some(cache) = litellm.take("cache").filter(|cache| cache.truth() == Some(true)) else {
        return Ok(());
    };
    let (setting, name) = (litellm.setting("cache"), litellm.setting("cache_params"));
    let mut params = match litellm.take("cache_params") {
        Some(node) => Params::new(node.table(&name)?.clone(), name, node.line),
        None => Params::new(Table::default(), name, cache.line),
    };
    let kind = params.text("type", said)?;
    let at_a_server = match kind.as_deref() {
        Some("local") => false,
        None | Some("redis") => true,
        Some(other) => {
            let message = format!(
                "answers are kept in memory or at a Valkey or Redis, and found by the whole \
                 request: there is no `{}`",
                shown(other)
            );
            said.note(params.line_of("type"), Kind::LeftOut, params.setting("type"), message);
            return Ok(());
        }
    };
    if params.text("mode", said)?.as_deref() == Some("default_off") {
        let message = "no client asks for what is kept; one that wants no such answer says \
                       `cache-control: no-store`. Say `seconds` in `[gateway.cache]`, or \
                       `cache-seconds` of a model, where that is right for all";
        said.note(params.line_of("mode"), Kind::LeftOut, params.setting("mode"), message);
        return Ok(());
    }
    let (own, usual) = match at_a_server {
        true => ("default_in_redis_ttl", AT_A_SERVER),
        false => ("default_in_memory_ttl", IN_MEMORY),
    };
    let every = params.number("ttl", said)?;
    let seconds = params.number(own, said)?.or(every).unwrap_or(usual);
    let mut config = CacheConfig {
        seconds: Some(seconds.ceil() as u64),
        share: Some(CacheShare::All),
        endpoints: endpoints(&mut params, said)?,
        ..CacheConfig::default()
    };
    if at_a_server && !server(&mut params, &mut config, said)? {
        return Ok(());
    }
    params.end(&[words::CACHE_PARAMS], words::UNKNOWN, said);
    let message = "an answer is for everybody who may use the model, as before; `share = \"key\"` \
                   or `\"team\"` keeps them apart. What may not be kept is in docs/gateway.md";
    said.note(cache.line, Kind::Differs, setting, message);
    gateway.cache = Some(config);
    Ok(())
}

/// The endpoints whose answers are kept; none where all are.
fn endpoints(params: &mut Params, said: &mut Said<'_>) -> Result<Vec<String>, ReadError> {
    let mut endpoints: Vec<String> = Vec::new();
    let setting = params.setting("supported_call_types");
    let Some(node) = params.take("supported_call_types") else { return Ok(endpoints) };
    for kind in node.list(&setting)? {
        let word = kind.text(&setting)?;
        let endpoint = match word.strip_prefix('a').filter(|_| word != "anthropic_messages") {
            Some(word) => endpoint(word),
            None => endpoint(word),
        };
        match endpoint {
            Some(endpoint) if endpoints.iter().any(|known| known == endpoint) => {}
            Some(endpoint) => endpoints.push(endpoint.to_owned()),
            None => {
                let message = format!("answers of `{}` are not kept", shown(word));
                said.note(kind.line, Kind::LeftOut, setting.clone(), message);
            }
        }
    }
    Ok(endpoints)
}

/// The endpoint of a call, without the letter that only tells how LiteLLM's library is called.
fn endpoint(call: &str) -> Option<&'static str> {
    Some(match call {
        "completion" => "chat-completions",
        "text_completion" => "completions",
        "responses" => "responses",
        "anthropic_messages" => "messages",
        "embedding" => "embeddings",
        "rerank" => "rerank",
        _ => return None,
    })
}

/// Where answers lie that several gateways share; whether that is known.
fn server(
    params: &mut Params,
    config: &mut CacheConfig,
    said: &mut Said<'_>,
) -> Result<bool, ReadError> {
    let line = params.line;
    let Some(server) = address(params, said)? else {
        let message = "the server's address is not known: it is in no `host`, and in no variable \
                       REDIS_URL or REDIS_HOST. Set it and migrate again";
        said.note(line, Kind::LeftOut, params.setting("host"), message);
        return Ok(false);
    };
    let password = match params.secret("password", said)? {
        Some(Secret::Variable(variable)) => Some(variable),
        Some(Secret::Literal { .. }) => {
            let (line, setting) = (params.line_of("password"), params.setting("password"));
            let message = "the password stands in the file, and was not taken along: put it into \
                           the variable REDIS_PASSWORD";
            said.note(line, Kind::ToDo, setting.clone(), message);
            said.moved(line, &setting, "env:REDIS_PASSWORD");
            Some("REDIS_PASSWORD".to_owned())
        }
        // An address from a variable has its own.
        None if matches!(server, ServiceAddress::Source(_)) => None,
        None => said.implied_secret("REDIS_PASSWORD"),
    };
    config.server = Some(server);
    config.password = password.map(source);
    config.seal = Some(source(SEAL.to_owned()));
    let message = format!(
        "what lies at the server is sealed: put a secret of at least 16 characters into the \
         variable {SEAL}, the same for all gateways that share it. What LiteLLM kept there is not \
         read"
    );
    said.note(line, Kind::ToDo, params.name.clone(), message);
    Ok(true)
}

fn address(params: &mut Params, said: &mut Said<'_>) -> Result<Option<ServiceAddress>, ReadError> {
    match params.secret("url", said)? {
        Some(Secret::Variable(variable)) => {
            return Ok(Some(ServiceAddress::Source(source(variable))));
        }
        Some(Secret::Literal { .. }) => {
            let (line, setting) = (params.line_of("url"), params.setting("url"));
            let message = "the address stands in the file, perhaps with a password, and was not \
                           taken along: put it into the variable REDIS_URL";
            said.note(line, Kind::ToDo, setting.clone(), message);
            said.moved(line, &setting, "env:REDIS_URL");
            return Ok(Some(ServiceAddress::Source(source("REDIS_URL".to_owned()))));
        }
        None => {}
    }
    let (mut host, mut port) = (params.text("host", said)?, params.text("port", said)?);
    if host.is_none() {
        if let Some(variable) = said.implied_secret("REDIS_URL") {
            return Ok(Some(ServiceAddress::Source(source(variable))));
        }
        host = said.implied("REDIS_HOST", params.line, &params.setting("host"));
    }
    let Some(host) = host else { return Ok(None) };
    if port.is_none() {
        port = said.implied("REDIS_PORT", params.line, &params.setting("port"));
    }
    let user = params.text("username", said)?.map(|user| format!("{user}@")).unwrap_or_default();
    let number = params.count("db", said)?.map(|number| format!("/{number}")).unwrap_or_default();
    let scheme = match params.take("ssl").as_ref().and_then(Node::truth) {
        Some(true) => "rediss",
        _ => "redis",
    };
    let address = format!("{scheme}://{user}{host}:{}{number}", port.as_deref().unwrap_or("6379"));
    let line = params.line_of("host");
    let setting = params.setting("host");
    address.parse().map(Some).map_err(|why| ReadError::at(line, format!("`{setting}`: {why}")))
}

fn source(variable: String) -> SecretSource {
    SecretSource::Env(variable.as_str().into())
}
