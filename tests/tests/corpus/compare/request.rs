//! A request that left against the recorded one: the same JSON value, after the
//! defaults that the protocol itself defines.

use super::equal;
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use hotcell_tests::stage::Received;
use serde_json::{Map, Value};

pub(crate) fn compare(
    dialect: Dialect,
    exchange: &Exchange,
    sent: &Received,
) -> Result<(), String> {
    let target = sent.line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    // A colon may be escaped in a path, and means the same.
    let plain = |path: &str| path.replace("%3A", ":");
    if !plain(exchange.request.path()).ends_with(&plain(path)) {
        return Err(format!("it went to {path} instead of {}", exchange.request.path()));
    }
    let recorded = normal(dialect, exchange.request.body.json());
    let arrived = serde_json::from_slice(&sent.body).map_err(|error| format!("body: {error}"))?;
    equal("body", &recorded, &normal(dialect, arrived))
}

/// Brings a body to the one form of all that its protocol calls equal.
fn normal(dialect: Dialect, mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        match dialect {
            Dialect::OpenAiChat | Dialect::AnthropicMessages => not_streaming(members),
            Dialect::OpenAiEmbeddings => one_text(members),
            Dialect::OpenAiModels
            | Dialect::AnthropicModels
            | Dialect::BedrockConverse
            | Dialect::BedrockInvoke => {}
        }
    }
    body
}

/// Both chat protocols do not stream unless asked to: `false` says nothing.
fn not_streaming(members: &mut Map<String, Value>) {
    if members.get("stream") == Some(&Value::Bool(false)) {
        members.remove("stream");
    }
}

/// OpenAI's reference: "a string or an array of strings": one text is a list of one.
fn one_text(members: &mut Map<String, Value>) {
    if let Some(input @ Value::String(_)) = members.get_mut("input") {
        *input = Value::Array(vec![input.take()]);
    }
}
