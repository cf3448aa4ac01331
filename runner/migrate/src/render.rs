//! A configuration as a person would write it.

use hotcell::{
    CacheConfig, CacheShare, Config, DeploymentConfig, GatewayConfig, GatewayLimits, ModelConfig,
    PriceConfig, ProviderConfig, Strategy,
};
use std::fmt::Write;
use toml::Value;

/// The text of a configuration. What was migrated has providers, a gateway and roots of trust,
/// and nothing else.
pub(crate) fn config(config: &Config) -> String {
    let mut out = String::new();
    if let Some(roots) = &config.tls_roots {
        line(&mut out, "tls-roots", &roots.to_string_lossy().into_owned().into());
    }
    for (name, table) in &config.providers {
        head(&mut out, &["providers", name]);
        provider(&mut out, table);
    }
    if let Some(table) = &config.gateway {
        gateway(&mut out, table);
    }
    out
}

fn provider(out: &mut String, table: &ProviderConfig) {
    texts(out, "adapter", table.adapter.as_ref());
    for (name, url) in &table.endpoints {
        line(out, &format!("endpoints.{}", key(name)), &url.clone().into());
    }
    for (name, source) in &table.secrets {
        line(out, &format!("secrets.{}", key(name)), &String::from(source.clone()).into());
    }
    texts(out, "identity", table.identity.as_ref());
    for (name, value) in &table.settings {
        line(out, &format!("settings.{}", key(name)), &value.clone().into());
    }
    for (name, value) in &table.headers {
        line(out, &format!("headers.{}", key(name)), &value.clone().into());
    }
    for (name, value) in
        [("allow-private", table.allow_private), ("allow-plaintext", table.allow_plaintext)]
    {
        if let Some(value) = value {
            line(out, name, &value.into());
        }
    }
}

fn gateway(out: &mut String, table: &GatewayConfig) {
    head(out, &["gateway"]);
    if let Some(only) = table.only_models {
        line(out, "only-models", &only.into());
    }
    if let Some(source) = &table.admin_key {
        line(out, "admin-key", &String::from(source.clone()).into());
    }
    if let Some(limits) = &table.limits {
        let usual = GatewayLimits::default();
        for (name, value, usual) in [
            ("requests", u64::from(limits.requests), u64::from(usual.requests)),
            ("waiting", u64::from(limits.waiting), u64::from(usual.waiting)),
            ("waiting-ms", limits.waiting_ms, usual.waiting_ms),
            ("body-bytes", limits.body_bytes as u64, usual.body_bytes as u64),
        ] {
            if value != usual {
                line(out, &format!("limits.{name}"), &number(value));
            }
        }
    }
    if let Some(database) = table.state.as_ref().and_then(|state| state.database.as_ref()) {
        head(out, &["gateway", "state"]);
        line(out, "database", &database.to_string().into());
    }
    if let Some(table) = &table.cache {
        head(out, &["gateway", "cache"]);
        cache(out, table);
    }
    for (name, table) in &table.models {
        head(out, &["gateway", "models", name]);
        model(out, table);
    }
    for (name, table) in &table.prices {
        head(out, &["gateway", "prices", name]);
        price(out, table);
    }
}

fn cache(out: &mut String, table: &CacheConfig) {
    if let Some(seconds) = table.seconds {
        line(out, "seconds", &number(seconds));
    }
    if let Some(share) = table.share {
        let name = match share {
            CacheShare::Key => "key",
            CacheShare::Team => "team",
            CacheShare::All => "all",
        };
        line(out, "share", &name.into());
    }
    if !table.endpoints.is_empty() {
        line(out, "endpoints", &table.endpoints.clone().into());
    }
    if let Some(server) = &table.server {
        line(out, "server", &server.to_string().into());
    }
    for (name, source) in [("password", &table.password), ("seal", &table.seal)] {
        if let Some(source) = source {
            line(out, name, &source.to_string().into());
        }
    }
}

fn model(out: &mut String, table: &ModelConfig) {
    match &table.deployments[..] {
        [one] => _ = writeln!(out, "deployments = [{}]", deployment(one)),
        several => {
            out.push_str("deployments = [\n");
            for one in several {
                _ = writeln!(out, "    {},", deployment(one));
            }
            out.push_str("]\n");
        }
    }
    if let Some(strategy) = table.strategy {
        let name = match strategy {
            Strategy::Weighted => "weighted",
            Strategy::LeastBusy => "least-busy",
            Strategy::LowestLatency => "lowest-latency",
            Strategy::LeastUsed => "least-used",
        };
        line(out, "strategy", &name.into());
    }
    for (name, value) in [
        ("cool-down-ms", table.cool_down_ms),
        ("start-ms", table.start_ms),
        ("retries", table.retries.map(u64::from)),
    ] {
        if let Some(value) = value {
            line(out, name, &number(value));
        }
    }
    for (name, models) in [
        ("fallbacks", &table.fallbacks),
        ("context-fallbacks", &table.context_fallbacks),
        ("content-fallbacks", &table.content_fallbacks),
    ] {
        if !models.is_empty() {
            line(out, name, &models.clone().into());
        }
    }
}

fn price(out: &mut String, table: &PriceConfig) {
    line(out, "input", &table.input.into());
    line(out, "output", &table.output.into());
    for (name, value) in [("cache-read", table.cache_read), ("cache-write", table.cache_write)] {
        if let Some(value) = value {
            line(out, name, &value.into());
        }
    }
}

fn deployment(config: &DeploymentConfig) -> String {
    let table = match config {
        DeploymentConfig::Model(model) => return Value::from(model.clone()).to_string(),
        DeploymentConfig::Table(table) => table,
    };
    let mut text = format!("{{ model = {}", Value::from(table.model.clone()));
    for (name, value) in [
        ("weight", table.weight.map(u64::from)),
        ("concurrency", table.concurrency.map(u64::from)),
        ("requests-per-minute", table.requests_per_minute),
        ("tokens-per-minute", table.tokens_per_minute),
    ] {
        if let Some(value) = value {
            _ = write!(text, ", {name} = {}", number(value));
        }
    }
    text + " }"
}

/// A table's head, after an empty line.
fn head(out: &mut String, path: &[&str]) {
    let path: Vec<String> = path.iter().map(|name| key(name)).collect();
    let gap = if out.is_empty() { "" } else { "\n" };
    _ = writeln!(out, "{gap}[{}]", path.join("."));
}

fn line(out: &mut String, name: &str, value: &Value) {
    _ = writeln!(out, "{name} = {value}");
}

fn texts(out: &mut String, name: &str, value: Option<&impl ToString>) {
    if let Some(value) = value {
        line(out, name, &value.to_string().into());
    }
}

/// A key, in quotes where it needs them.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match !name.is_empty() && name.chars().all(is_bare) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.chars().map(escaped).collect::<String>()),
    }
}

/// A character in a text of one line.
fn escaped(c: char) -> String {
    match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    }
}

/// What is larger than TOML's numbers is as good as no limit.
fn number(value: u64) -> Value {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}
