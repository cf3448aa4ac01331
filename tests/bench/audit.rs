//! What an audit costs: `cargo bench -p hotcell-tests --bench audit`.
//!
//! A hundred adapters of a quarter of a megabyte each, all of them other components, each
//! granted, kept in the store, and used by a provider. An audit reads, digests and inspects
//! every one.

use criterion::{Criterion, Throughput};
use hotcell::audit::{Options, Report};
use hotcell::{Config, GrantName, Granted, Store, bundle};
use std::hint::black_box;
use std::path::Path;

const ADAPTERS: u8 = 100;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path().join("store"));
    let text: String = (0..ADAPTERS)
        .map(|number| format!("[providers.p{number}]\nadapter = 'a{number}'\n"))
        .collect();
    let mut config = Config::parse(&text, Path::new("hotcell.toml")).expect("a configuration");
    for number in 0..ADAPTERS {
        let component = component(number);
        store.put(&component, &[]).expect("a store");
        let inspection = hotcell::inspect(&component, false).expect("an adapter");
        let granted = Granted::of(&inspection, "-".into(), "me".into(), "today".into());
        let name = GrantName::try_from(format!("a{number}")).expect("a name");
        config.lock.adapters.insert(name, granted);
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("audit");
    group.throughput(Throughput::Elements(u64::from(ADAPTERS)));
    group.bench_function("100 adapters", |bencher| {
        bencher.iter(|| {
            let options = Options { store: Some(store.clone()), ..Options::default() };
            let report = Report::of(config.clone(), options).expect("a report");
            assert_eq!(report.adapters.len(), usize::from(ADAPTERS));
            assert!(report.adapters.values().all(|adapter| adapter.problem.is_none()));
            black_box(report)
        });
    });
    group.finish();
    criterion.final_summary();
}

/// A bundled adapter with a custom section more, and so another component.
fn component(number: u8) -> Vec<u8> {
    let adapters = &bundle::ADAPTERS;
    let mut component = adapters[usize::from(number) % adapters.len()].component().to_vec();
    component.extend([0, 3, 1, b'n', number]);
    component
}
