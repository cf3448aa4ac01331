//! What the operator sees of a gateway, and what nobody sees.

mod dashboard;
mod log;
mod metrics;
mod page;
mod trace;

use crate::bed::{Answer, Bed};
use hotcell_mock::Mock;
use serde_json::{Value, json};

/// What a client says that nobody is to see again.
const PROMPT: &str = "a-secret-of-the-prompt";
const CLIENT_KEY: &str = "sk-client-0123456789abcdef";

/// Models by the names that the tests call them.
const MODELS: &str = r#"
[gateway.models.fast]
deployments = ["openai/gpt-4o"]

[gateway.models.flaky]
deployments = ["openai/error-500"]
retries = 1
fallbacks = ["fast"]

[gateway.models.broken]
deployments = ["openai/error-429"]
retries = 0
"#;

/// Asks as a client does that has a key.
async fn ask(bed: &Bed, model: &str, stream: bool) -> Answer {
    ask_with(bed, model, stream, &[]).await
}

async fn ask_with(bed: &Bed, model: &str, stream: bool, more: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {CLIENT_KEY}");
    let mut headers = vec![("authorization", bearer.as_str()), ("x-api-key", CLIENT_KEY)];
    headers.extend(more);
    let mut body = json!({
        "model": model, "stream": stream,
        "messages": [{ "role": "user", "content": PROMPT }],
    });
    if stream {
        body["stream_options"] = json!({ "include_usage": true });
    }
    bed.post_with("/v1/chat/completions", &headers, body).await
}

/// Holds that nothing is in a text that is none of its reader's business.
fn holds_no_secret(text: &str) {
    for secret in [PROMPT, CLIENT_KEY, Mock::KEY] {
        assert!(!text.contains(secret), "`{secret}` is in:\n{text}");
    }
}

/// The value of one line of metrics; none where there is no such line.
fn value(metrics: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let lines = metrics.lines().filter(|line| {
        let rest = line.strip_prefix(name).unwrap_or_default();
        rest.starts_with(['{', ' ']) && labels.iter().all(|label| rest.contains(label))
    });
    let mut values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok());
    values.next()
}

/// Waits until something is so that happens by itself.
async fn until(is: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if is().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}
