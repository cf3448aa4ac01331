//! Whom LiteLLM tells of requests, and who sees them here.

use super::params::Params;
use super::said::Said;
use super::words::CALLBACKS;
use crate::Kind;
use crate::yaml::{Node, Value, shown};

const KEYS: &[&str] =
    &["callbacks", "success_callback", "failure_callback", "input_callback", "service_callback"];

const METRICS: &str = "metrics are at `/metrics`, under names of their own, for this machine and \
                       for the admin key, and for others where `[gateway.metrics]` listens";
const TRACES: &str = "spans are sent by OTLP where `[gateway.traces]` says: `endpoint`, and `token` \
                      for a collector that wants one";

/// Says of each callback what there is instead.
pub(super) fn read(litellm: &mut Params, said: &mut Said<'_>) {
    for key in KEYS {
        let Some(node) = litellm.take(key) else { continue };
        let setting = litellm.setting(key);
        let each: Vec<&Node> = match &node.value {
            Value::List(list) => list.iter().collect(),
            _ => vec![&node],
        };
        for one in each {
            let Value::Text { text: name, .. } = &one.value else {
                said.note(one.line, Kind::LeftOut, setting.clone(), CALLBACKS);
                continue;
            };
            let (kind, why) = match name.as_str() {
                "prometheus" | "prometheus_system" => (Kind::Differs, METRICS),
                "otel" | "arize" | "arize_phoenix" | "langfuse_otel" | "langtrace" | "logfire"
                | "weave_otel" => (Kind::LeftOut, TRACES),
                _ => (Kind::LeftOut, CALLBACKS),
            };
            said.note(one.line, kind, format!("{setting}.{}", shown(name)), why);
        }
    }
}
