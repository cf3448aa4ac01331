use super::*;
use crate::route::Endpoint;
use crate::seeing::record::Tokens;
use crate::visit::Outcome;
use hotcell::types::FailureKind;
use std::time::{Duration, SystemTime};

fn record() -> Record {
    Record {
        id: "hc-1".to_owned(),
        endpoint: Endpoint::Embeddings,
        at: SystemTime::UNIX_EPOCH,
        model: String::new(),
        deployment: Some(Arc::new(crate::deployment::Deployment::of("openai/gpt-4o"))),
        attempts: 3,
        fallbacks: 1,
        status: 200,
        outcome: Outcome::Answered,
        is_stream: false,
        queued: Duration::ZERO,
        first: Some(Duration::from_millis(1)),
        duration: Duration::from_millis(30),
        cache: None,
        tokens: Some(Tokens { input: Some(10), output: Some(5), ..Tokens::default() }),
        cost: Some(0.000_000_037_5),
        caller: None,
        trace: None,
    }
}

fn key(model: u32) -> Key {
    Key { endpoint: "embeddings", model: Label::from_number(model), deployment: Label::NONE }
}

#[test]
fn there_are_so_many_series_and_no_more() {
    let metrics = Metrics::new();
    for model in 0..MOST as u32 + 500 {
        metrics.add(key(model + 2), &record());
    }
    let all = metrics.all();
    assert_eq!(all.len(), MOST + 1);
    let requests: u64 = all.iter().map(|(_, series)| series.requests()).sum();
    assert_eq!(requests, MOST as u64 + 500, "none is lost");
}

#[test]
fn a_price_of_little_is_not_lost() {
    let metrics = Metrics::new();
    (0..1000).for_each(|_| metrics.add(key(2), &record()));
    let (_, series) = &metrics.all()[0];
    assert!((series.cost() - 0.000_037_5).abs() < 1e-15, "{}", series.cost());
    assert_eq!((get(&series.retries), get(&series.fallbacks)), (2000, 1000));
    assert_eq!((series.input.sum(), series.output.sum()), (10_000, 5_000));
    assert_eq!(series.first.snapshot().count, 0, "a whole answer has no first of it");
}

#[test]
fn a_failure_is_counted_by_what_it_was() {
    let metrics = Metrics::new();
    let failed = Outcome::Failed(FailureKind::RateLimited);
    metrics.add(key(2), &Record { status: 429, outcome: failed, ..record() });
    metrics.add(key(2), &Record { status: 418, outcome: failed, ..record() });
    let (_, series) = &metrics.all()[0];
    let statuses: Vec<_> = series.statuses().collect();
    assert_eq!(statuses, [("429".to_owned(), 1), ("other".to_owned(), 1)]);
    assert_eq!(series.failures().collect::<Vec<_>>(), [("rate-limited", 2)]);
}
