//! What the wall costs: `cargo bench -p hotcell-tests --bench wall`, or with
//! `-- --tables` only the second half of it, and with `-- --tables mistral vertex` that of
//! these adapters.
//!
//! Criterion measures each way by itself, and compares with its last run. Then
//! [`table`] measures the ways in turns and prints what lies between them, as rows of
//! `docs/performance.md`. See there for what each figure means.

mod adapter;
mod clock;
mod exchange;
mod provider;
mod start;
mod table;
mod wire;

use adapter::ADAPTERS;
use clock::ThreadCpu;
use criterion::Criterion;
use exchange::{Exchange, Way, World};
use provider::Pace;
use std::time::Duration;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tables = arguments.iter().any(|argument| argument == "--tables");
    let world = World::new();
    if !tables {
        by_criterion(&world);
    }
    // Cargo says `--bench`; what says more wants a certain benchmark, or a list.
    if tables || arguments == ["--bench"] {
        let named = arguments.iter().filter(|argument| !argument.starts_with('-'));
        let named: Vec<&str> = named.map(String::as_str).collect();
        table::print(&world, &named);
        start::print(&named);
    }
}

fn by_criterion(world: &World) {
    let criterion = || {
        Criterion::default()
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2))
    };
    let mut by_thread = criterion().with_measurement(ThreadCpu).configure_from_args();
    requests(&mut by_thread, world);
    let mut by_clock = criterion().sample_size(10).configure_from_args();
    start::measure(&mut by_clock);
    by_clock.final_summary();
}

fn requests(criterion: &mut Criterion<ThreadCpu>, world: &World) {
    let adapter = &ADAPTERS[0];
    let through = [Way::Wall, Way::WallOnDemand, Way::Native];
    let all = [Way::Wall, Way::WallOnDemand, Way::Egress, Way::Native];
    let cases = [
        ("refused", Exchange::refused(world, adapter), through.as_slice()),
        ("request", Exchange::new(world, adapter, 100, None), &all),
        ("stream of 100 chunks", Exchange::new(world, adapter, 100, Some((100, Pace::Fast))), &all),
        (
            "stream of 1000 chunks",
            Exchange::new(world, adapter, 100, Some((1000, Pace::Fast))),
            &all,
        ),
        ("prompt of 100 kB", Exchange::new(world, adapter, 100_000, None), &all),
    ];
    for (name, exchange, ways) in cases {
        let mut group = criterion.benchmark_group(name);
        for way in ways {
            group.bench_function(format!("{way:?}"), |bencher| {
                bencher.iter_custom(|count| exchange.run(*way, count));
            });
        }
        group.finish();
    }
}
