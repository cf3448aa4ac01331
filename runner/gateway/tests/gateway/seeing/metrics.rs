use super::{MODELS, ask, holds_no_secret, value};
use crate::bed::Bed;
use hotcell::egress::{AuditRecord, AuditSink, Decision, Rule};
use http::Request;
use http_body_util::{BodyExt, Full};
use std::collections::BTreeSet;
use std::time::SystemTime;

async fn metrics(bed: &Bed) -> String {
    let answer = bed.get("/metrics").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mime = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(mime));
    answer.text()
}

#[tokio::test]
async fn what_happened_is_counted() {
    let bed = Bed::new(MODELS).await;
    let whole = ask(&bed, "fast", false).await;
    assert_eq!((whole.status, whole.header("x-hotcell-attempts")), (200, Some("1")));
    let streamed = ask(&bed, "fast", true).await;
    assert!(streamed.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(streamed.header("x-hotcell-cost"), None);
    let fallen = ask(&bed, "flaky", false).await;
    assert_eq!((fallen.status, fallen.header("x-hotcell-attempts")), (200, Some("3")));
    assert_eq!(ask(&bed, "broken", false).await.status, 429);
    let text = metrics(&bed).await;
    let fast = ["endpoint=\"chat-completions\"", "model=\"fast\"", "deployment=\"openai/gpt-4o\""];
    let of = |name: &str, more: &str| {
        value(&text, name, &[&fast[..], &[more]].concat()).unwrap_or_else(|| panic!("{text}"))
    };
    assert_eq!(of("hotcell_requests_total", "status=\"200\""), 2.0);
    let duration = "gen_ai_server_request_duration_seconds_count";
    assert_eq!(of(duration, "gen_ai_operation_name=\"chat\""), 2.0);
    assert_eq!(of(duration, "gen_ai_provider_name=\"openai\""), 2.0);
    assert_eq!(of("gen_ai_server_time_to_first_token_seconds_count", ""), 1.0);
    for kind in ["input", "output"] {
        let kind = format!("gen_ai_token_type=\"{kind}\"");
        assert_eq!(of("gen_ai_client_token_usage_count", &kind), 2.0);
        assert!(of("gen_ai_client_token_usage_sum", &kind) > 1.0);
    }
    let flaky = ["model=\"flaky\"", "deployment=\"openai/gpt-4o\""];
    assert_eq!(value(&text, "hotcell_retries_total", &flaky), Some(2.0));
    assert_eq!(value(&text, "hotcell_fallbacks_total", &flaky), Some(1.0));
    let failed = ["model=\"broken\"", "error_type=\"rate-limited\""];
    assert_eq!(value(&text, "hotcell_failures_total", &failed), Some(1.0));
    let broken = ["model=\"broken\"", "deployment=\"openai/error-429\""];
    assert_eq!(value(&text, "hotcell_cool_downs_total", &broken), Some(1.0));
    assert_eq!(value(&text, "hotcell_deployment_cooling", &broken), Some(1.0));
    let asked = ["deployment=\"openai/error-500\""];
    assert_eq!(value(&text, "hotcell_deployment_attempts_total", &asked), Some(2.0));
    assert_eq!(value(&text, "hotcell_deployment_failures_total", &asked), Some(2.0));
    assert_eq!(value(&text, "hotcell_requests_in_flight", &[]), Some(0.0));
    assert_eq!(value(&text, "hotcell_egress_granted_total", &[]), Some(6.0));
    holds_no_secret(&text);
    bed.stop().await;
}

/// The format has rules that a scraper enforces: a family is named once, before its lines, and no
/// two lines are of the same labels.
#[tokio::test]
async fn a_scraper_can_read_it() {
    let bed = Bed::new(MODELS).await;
    for model in ["fast", "broken", "openai/made\"up\n", "nobody/\u{1b}[2J", ""] {
        ask(&bed, model, false).await;
    }
    let text = metrics(&bed).await;
    let (mut families, mut lines) = (BTreeSet::new(), BTreeSet::new());
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().unwrap_or_default();
            assert!(families.insert(family), "{family} twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, number) = line.rsplit_once(' ').expect("a value");
        assert!(number.parse::<f64>().is_ok(), "{line}");
        assert!(lines.insert(series), "{series} twice");
        let name = series.split('{').next().unwrap_or_default();
        let plain = ["_bucket", "_sum", "_count"];
        let plain = plain.iter().find_map(|it| name.strip_suffix(it)).unwrap_or(name);
        assert!(plain == family || name == family, "{line} in {family}");
        assert!(name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}

#[tokio::test]
async fn however_many_models_clients_make_up_there_are_as_many_series() {
    let bed = Bed::new("").await;
    let count = async || {
        let text = metrics(&bed).await;
        assert!(!text.contains("made-up"), "{text}");
        text.lines().count()
    };
    for number in 0..3 {
        ask(&bed, &format!("openai/typo-made-up-{number}"), false).await;
        ask(&bed, &format!("nobody/made-up-{number}"), false).await;
        ask(&bed, &format!("made-up-{number}"), false).await;
    }
    let before = count().await;
    for number in 3..40 {
        ask(&bed, &format!("openai/typo-made-up-{number}"), false).await;
        ask(&bed, &format!("nobody/made-up-{number}"), false).await;
        ask(&bed, &format!("made-up-{number}"), false).await;
    }
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_as_that() {
    let bed = Bed::new(MODELS).await;
    let body = serde_json::json!({
        "model": "openai/endless", "stream": true,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let request = Request::post("/v1/chat/completions").body(Full::from(body.to_string()));
    let mut response = bed.open(request.expect("a request")).await;
    response.body_mut().frame().await.expect("a frame").expect("a frame");
    let text = metrics(&bed).await;
    assert_eq!(value(&text, "hotcell_requests_in_flight", &[]), Some(1.0));
    assert_eq!(value(&text, "hotcell_streams_open", &[]), Some(1.0));
    drop(response);
    super::until(async || {
        let text = metrics(&bed).await;
        value(&text, "hotcell_streams_open", &[]) == Some(0.0)
    })
    .await;
    let text = metrics(&bed).await;
    let left = ["deployment=\"openai/*\"", "error_type=\"cancelled\""];
    assert_eq!(value(&text, "hotcell_failures_total", &left), Some(1.0), "{text}");
}

#[tokio::test]
async fn what_an_answer_cost_is_told() {
    let prices = "[gateway.prices.\"openai/gpt-4o\"]\ninput = 100.0\noutput = 300.0\n";
    let bed = Bed::new(&format!("{MODELS}\n{prices}")).await;
    let answer = ask(&bed, "fast", false).await;
    let usage = &answer.json()["usage"];
    let count = |name: &str| usage[name].as_f64().expect("a number");
    let cost = (count("prompt_tokens") * 100.0 + count("completion_tokens") * 300.0) / 1e6;
    let told: f64 = answer.header("x-hotcell-cost").expect("it").parse().expect("a number");
    assert!((told - cost).abs() < 1e-9 && cost > 0.0, "{told} {cost}");
    let streamed = ask(&bed, "fast", true).await;
    assert_eq!(streamed.header("x-hotcell-cost"), None, "nobody knows it yet");
    assert_eq!(ask(&bed, "flaky", false).await.header("x-hotcell-cost").map(|_| ()), Some(()));
    let text = metrics(&bed).await;
    let fast = ["model=\"fast\"", "deployment=\"openai/gpt-4o\""];
    let sum = value(&text, "hotcell_cost_dollars_total", &fast).expect("it");
    assert!((sum - 2.0 * cost).abs() < 1e-9, "{sum} {cost}");
    assert_eq!(value(&text, "hotcell_unpriced_total", &fast), Some(0.0));
    let status = bed.get("/status.json").await.json();
    assert!(status["total"]["cost"].as_f64() > Some(sum), "{status}");
}

#[tokio::test]
async fn what_an_adapter_is_denied_is_seen() {
    let bed = Bed::new("").await;
    let denied = AuditRecord {
        time: SystemTime::now(),
        request_id: "request".into(),
        provider: "mine".into(),
        adapter: "theirs".into(),
        digest: None,
        endpoint: Some("api".into()),
        method: None,
        path: None,
        decision: Decision::Denied {
            rule: Rule::HeaderFloor,
            detail: format!("<b>\u{1b}[2J\"\n{}", "x".repeat(5000)),
        },
    };
    for _ in 0..100 {
        bed.watch.record(&denied).expect("it is kept");
    }
    let text = metrics(&bed).await;
    let labels = ["provider=\"mine\"", "adapter=\"theirs\"", "rule=\"header-floor\""];
    assert_eq!(value(&text, "hotcell_denials_total", &labels), Some(100.0));
    let status = bed.get("/status.json").await.json();
    assert_eq!(status["denials"]["total"], 100);
    assert_eq!(status["denials"]["lately"].as_array().map(Vec::len), Some(20));
    let page = bed.get("/").await.text();
    assert!(page.contains("header-floor") && !page.contains("<b>") && !page.contains('\u{1b}'));
    assert!(page.len() < 200_000, "{}", page.len());
}

#[tokio::test]
async fn a_listener_for_metrics_has_nothing_else() {
    let bed = Bed::new(MODELS).await;
    let at = async |request: http::request::Builder| {
        let request = request.body(Full::default()).expect("a request");
        let response = bed.open_at(bed.metrics, request).await;
        response.status().as_u16()
    };
    assert_eq!(at(Request::get("/metrics")).await, 200);
    assert_eq!(at(Request::get("/metrics").header("host", "any.example")).await, 200);
    assert_eq!(at(Request::get("/health/live")).await, 200);
    for path in ["/", "/status.json", "/audit.json"] {
        assert_eq!(at(Request::get(path)).await, 403, "{path}");
    }
    assert_eq!(at(Request::get("/v1/models")).await, 404);
    // Not even to be told that a key is missing.
    assert_eq!(at(Request::get("/admin/keys")).await, 404);
    assert_eq!(at(Request::post("/v1/chat/completions")).await, 404);
    assert!(bed.mock.take_requests().is_empty());
}
