//! What comes before the first request: compiling an adapter, or loading what was
//! compiled. The compiler has several threads, so the clock counts here.

use crate::clock;
use criterion::Criterion;
use hotcell::{Config, Interface, Runner};
use std::path::Path;
use std::time::{Duration, Instant};

/// Target for compiling one adapter, in milliseconds.
const COMPILE: f64 = 150.0;
const TIMES: usize = 15;

/// A runner that has not seen an adapter yet.
fn runner(config: &Config, cache: Option<&Path>) -> Runner {
    let builder = Runner::builder().config(config.clone());
    builder.cache(cache.map(Path::to_owned)).build().unwrap()
}

/// Every adapter of the bundle as a provider that is set up. Nothing is sent to it.
fn configured(folder: &Path) -> Config {
    hotcell_tests::adapters::configured("http://127.0.0.1:9", folder)
}

/// Has Criterion measure both, of one adapter.
pub(crate) fn measure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    for (name, cache) in [("compile", None), ("load", Some(folder.path()))] {
        let mut group = criterion.benchmark_group(name);
        // Whatever is kept is kept now.
        runner(&config, cache).warm_for("openai", Interface::Chat).unwrap();
        group.bench_function("openai", |bencher| {
            let once = |_| set_up("openai", &config, cache).0;
            bencher.iter_custom(|count| (0..count).map(once).sum());
        });
        group.finish();
    }
}

/// Prints the rows of these adapters, or of all, in milliseconds.
pub(crate) fn print(named: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    println!("\n| ms | time | CPU of all threads | target |\n| --- | --- | --- | --- |");
    let bundled = hotcell::bundle::ADAPTERS.iter().map(|adapter| adapter.name);
    for adapter in bundled.filter(|name| named.is_empty() || named.contains(name)) {
        let target = format!("≤ {COMPILE}");
        row(&format!("{adapter}, compiled"), || set_up(adapter, &config, None), &target);
    }
    let cache = Some(folder.path());
    runner(&config, cache).warm_for("openai", Interface::Chat).unwrap();
    row("openai, loaded from the cache", || set_up("openai", &config, cache), "–");
    row("a runner, before any adapter", || timed(|| runner(&config, None)), "–");
    println!("\nMedians of {TIMES}.");
}

/// The adapter alone: a provider may have routes to others.
fn set_up(adapter: &str, config: &Config, cache: Option<&Path>) -> (Duration, Duration) {
    let runner = runner(config, cache);
    let has = |interface: &Interface| hotcell_tests::adapters::with(*interface).contains(&adapter);
    let interface = Interface::ALL.iter().copied().find(has).expect("it has one");
    timed(|| runner.warm_for(adapter, interface).unwrap())
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, Duration) {
    let started = (Instant::now(), clock::of_process());
    let made = work();
    let took = (started.0.elapsed(), clock::of_process() - started.1);
    drop(made);
    took
}

fn row(name: &str, mut measure: impl FnMut() -> (Duration, Duration), target: &str) {
    let (mut time, mut cpu): (Vec<_>, Vec<_>) = (0..TIMES).map(|_| measure()).unzip();
    let median = |values: &mut Vec<Duration>| {
        values.sort();
        values[TIMES / 2].as_secs_f64() * 1e3
    };
    println!("| {name} | **{:.2}** | {:.2} | {target} |", median(&mut time), median(&mut cpu));
}
