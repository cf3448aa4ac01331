//! What comes before the first request: compiling an adapter, or loading what was
//! compiled. The compiler has several threads, so the clock counts here.

use crate::clock;
use criterion::Criterion;
use hotcell::Runner;
use std::path::Path;
use std::time::{Duration, Instant};

/// Target for compiling one adapter, in milliseconds.
const COMPILE: f64 = 150.0;
const TIMES: usize = 15;

/// A runner that has not seen an adapter yet.
fn runner(cache: Option<&Path>) -> Runner {
    Runner::builder().cache(cache.map(Path::to_owned)).build().unwrap()
}

/// What the bundle has for real providers.
/// Those that the wall is measured with; all others are of the same size.
fn adapters() -> impl Iterator<Item = &'static str> {
    ["anthropic", "openai"].into_iter()
}

/// Has Criterion measure both.
pub(crate) fn measure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    for (name, cache) in [("compile", None), ("load", Some(folder.path()))] {
        let mut group = criterion.benchmark_group(name);
        for adapter in adapters() {
            // Whatever is kept is kept now.
            runner(cache).warm_for(adapter, hotcell::Interface::Chat).unwrap();
            group.bench_function(adapter, |bencher| {
                bencher.iter_custom(|count| (0..count).map(|_| set_up(adapter, cache).0).sum());
            });
        }
        group.finish();
    }
}

/// Prints the rows, in milliseconds.
pub(crate) fn print() {
    let folder = tempfile::tempdir().unwrap();
    println!("\n| ms | time | CPU of all threads | target |\n| --- | --- | --- | --- |");
    for adapter in adapters() {
        for (what, cache) in [("compiled", None), ("loaded from the cache", Some(folder.path()))] {
            runner(cache).warm_for(adapter, hotcell::Interface::Chat).unwrap();
            let target = if cache.is_none() { format!("≤ {COMPILE}") } else { "–".to_owned() };
            row(&format!("{adapter}, {what}"), || set_up(adapter, cache), &target);
        }
    }
    row("a runner, before any adapter", || timed(|| runner(None)), "–");
    println!("\nMedians of {TIMES}.");
}

fn set_up(adapter: &str, cache: Option<&Path>) -> (Duration, Duration) {
    let runner = runner(cache);
    timed(|| runner.warm_for(adapter, hotcell::Interface::Chat).unwrap())
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
