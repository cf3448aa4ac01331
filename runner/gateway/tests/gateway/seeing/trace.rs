use super::{CLIENT_KEY, MODELS, ask_with, holds_no_secret};
use crate::bed::Bed;
use crate::collector::{Collector, attribute};
use std::time::Instant;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn config(collector: &Collector, more: &str) -> String {
    let addr = collector.addr;
    format!(
        "{MODELS}\n[gateway.traces]\nendpoint = \"http://{addr}/otlp/v1/traces\"\n\
         token = \"cmd:printf %s collector-token\"\nallow-private = true\n\
         allow-plaintext = true\n{more}\n"
    )
}

#[tokio::test]
async fn a_request_is_two_spans_of_its_clients_trace() {
    let collector = Collector::start(&[]).await;
    let bed = Bed::new(&config(&collector, "sample = 0")).await;
    ask_with(&bed, "fast", true, &[("traceparent", PARENT), ("baggage", CLIENT_KEY)]).await;
    ask_with(&bed, "broken", false, &[("traceparent", PARENT)]).await;
    ask_with(&bed, "fast", false, &[]).await;
    let asked = bed.mock.take_requests();
    assert!(asked.iter().all(|asked| asked.header("traceparent").is_none()), "nor anybody else's");
    bed.stop().await;
    let sent = collector.seen();
    assert_eq!(sent.len(), 1, "they are sent together");
    assert_eq!(sent[0].path, "/otlp/v1/traces");
    assert_eq!(sent[0].headers["content-type"], "application/json");
    assert_eq!(sent[0].headers["authorization"], "Bearer collector-token");
    holds_no_secret(&sent[0].body.to_string());
    let resource = &sent[0].body["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "service.name"), Some("hotcell".into()));
    let spans = collector.spans();
    assert_eq!(spans.len(), 4, "the one without a trace is not sampled: {spans:#?}");
    let [server, client, failed, refused] = &spans[..] else { panic!() };
    for span in &spans {
        assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span["spanId"].as_str().map(str::len), Some(16));
        let time = |name: &str| span[name].as_str().and_then(|it| it.parse::<u128>().ok());
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"), "{span}");
        assert!(time("startTimeUnixNano") > Some(1_700_000_000_000_000_000), "{span}");
    }
    assert_eq!(
        (&server["name"], &server["kind"]),
        (&"POST /v1/chat/completions".into(), &2.into())
    );
    assert_eq!(server["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(attribute(server, "http.response.status_code"), Some("200".into()));
    assert_eq!(attribute(server, "hotcell.model"), Some("fast".into()));
    assert_eq!((&client["name"], &client["kind"]), (&"chat gpt-4o".into(), &3.into()));
    assert_eq!(client["parentSpanId"], server["spanId"]);
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
        ("server.address", "127.0.0.1"),
    ] {
        assert_eq!(attribute(client, name), Some(value.into()), "{name}");
    }
    for name in [
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.response.model",
        "gen_ai.response.time_to_first_chunk",
        "server.port",
    ] {
        assert!(attribute(client, name).is_some(), "{name}: {client:#}");
    }
    let finishes = attribute(client, "gen_ai.response.finish_reasons").expect("reasons");
    assert_eq!(finishes["values"][0]["stringValue"], "stop");
    assert_eq!(attribute(client, "error.type"), None);
    assert_eq!(attribute(refused, "error.type"), Some("rate-limited".into()));
    assert_eq!(refused["status"]["code"], 2);
    assert!(failed["status"].get("code").is_none(), "too many requests are no fault of ours");
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let collector = Collector::start(&[503]).await;
    let bed = Bed::new(&config(&collector, "")).await;
    ask_with(&bed, "fast", false, &[]).await;
    bed.stop().await;
    assert_eq!(collector.seen().len(), 2);
    let collector = Collector::start(&[400]).await;
    let bed = Bed::new(&config(&collector, "")).await;
    ask_with(&bed, "fast", false, &[]).await;
    super::until(async || {
        let text = bed.get("/metrics").await.text();
        super::value(&text, "hotcell_traces_total", &["dropped"]) == Some(1.0)
    })
    .await;
    bed.stop().await;
    assert_eq!(collector.seen().len(), 1);
}

#[tokio::test]
async fn a_collector_that_is_away_is_nothing_to_clients() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = closed.local_addr().expect("an address");
    drop(closed);
    let more = format!(
        "{MODELS}\n[gateway.traces]\nendpoint = \"http://{addr}/v1/traces\"\n\
         allow-private = true\nallow-plaintext = true\n"
    );
    let bed = Bed::new(&more).await;
    for _ in 0..5 {
        assert_eq!(ask_with(&bed, "fast", false, &[]).await.status, 200);
    }
    let began = Instant::now();
    bed.stop().await;
    assert!(began.elapsed().as_secs() < 20, "the end waits for nobody who is not there");
}

#[tokio::test]
async fn a_collector_that_may_not_be_reached_is_told_at_the_start() {
    let start = |traces: &str| {
        let text = format!("[gateway.traces]\n{traces}\n");
        let config = hotcell::Config::parse(&text, std::path::Path::new("hotcell.toml"));
        let runner = hotcell::Runner::builder().config(config.expect("a configuration")).build();
        let gateway = hotcell_gateway::Gateway::new(runner.expect("a runner"));
        gateway.expect_err("it is refused").to_string()
    };
    assert!(start("endpoint = \"https://127.0.0.1/v1/traces\"").contains("allow-private"));
    assert!(start("endpoint = \"http://collector.example/v1/traces\"").contains("allow-plaintext"));
    assert!(start("endpoint = \"https://169.254.169.254/v1/traces\"").contains("metadata"));
    assert!(start("endpoint = \"collector\"").contains("whole address"));
    let sample = start("endpoint = \"https://c.example/v1/traces\"\nsample = 2.0");
    assert!(sample.contains("from 0 to 1"), "{sample}");
}
