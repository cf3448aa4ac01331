//! What lies between the ways. They are measured in turns, so that whatever else the
//! machine does meets all of them alike.

use crate::adapter::{ADAPTERS, Adapter};
use crate::exchange::{Exchange, Way, World};
use crate::provider::Pace;
use std::time::Duration;

/// How often each way has its turn.
const ROUNDS: usize = 41;
/// CPU time of one turn, roughly: long beside the grain of the clock, short beside
/// what disturbs it.
const TURN: Duration = Duration::from_millis(6);

/// Targets, in microseconds.
const REQUEST: f64 = 40.0;
const CHUNK: f64 = 2.0;

/// The adapters of which every row is printed.
const WHOLLY: [&str; 2] = ["openai", "anthropic"];

/// Prints the rows of these adapters, or of all, in microseconds of CPU time.
pub(crate) fn print(world: &World, named: &[&str]) {
    println!("\n| CPU, µs | wall | egress alone | native adapter | cost of the cell | target |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for adapter in ADAPTERS {
        let name = adapter.name;
        if !named.is_empty() && !named.contains(&name) {
            continue;
        }
        let wholly = WHOLLY.contains(&name);
        if wholly {
            let refused = Exchange::refused(world, adapter);
            row(&format!("{name}: opened, refused, closed"), &refusal(&refused), Some(REQUEST));
        }
        let small = Exchange::new(world, adapter, 100, None);
        row(&format!("{name}: request"), &costs(&small, Way::Wall), Some(REQUEST));
        if wholly {
            let costs_on_demand = costs(&small, Way::WallOnDemand);
            row(&format!("{name}: request, memory on demand"), &costs_on_demand, None);
            let large = Exchange::new(world, adapter, 100_000, None);
            row(&format!("{name}: request, prompt of 100 kB"), &costs(&large, Way::Wall), None);
        }
        if adapter.streams {
            let fast = chunks(world, adapter, Pace::Fast);
            row(&format!("{name}: each streamed chunk"), &fast, Some(CHUNK));
        }
        if wholly {
            let alone = chunks(world, adapter, Pace::Alone);
            row(&format!("{name}: each chunk that comes alone"), &alone, None);
        }
    }
    println!(
        "\nMedians of {ROUNDS} turns; in brackets the middle half of them. Cost of the cell = \
         wall − egress alone − native adapter, within each turn."
    );
}

/// What one turn found, in microseconds for each request or chunk.
#[derive(Clone, Copy)]
struct Turn {
    wall: f64,
    egress: f64,
    native: f64,
}

impl Turn {
    fn cell(&self) -> f64 {
        self.wall - self.egress - self.native
    }
}

fn row(name: &str, turns: &[Turn], target: Option<f64>) {
    let median = |of: fn(&Turn) -> f64| quantile(turns, of, 0.5);
    let (low, high) = (quantile(turns, Turn::cell, 0.25), quantile(turns, Turn::cell, 0.75));
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} | **{:.1}** ({low:.1}–{high:.1}) | {} |",
        median(|turn| turn.wall),
        median(|turn| turn.egress),
        median(|turn| turn.native),
        median(Turn::cell),
        target.map_or_else(|| "–".to_owned(), |target| format!("≤ {target:.0}")),
    );
}

/// Of a request that goes out and is answered.
fn costs(exchange: &Exchange<'_>, wall: Way) -> Vec<Turn> {
    let ways = [wall, Way::Egress, Way::Native, Way::Script];
    let counts = ways.map(|way| count(exchange, way));
    let turn = || {
        let mut took = ways.into_iter().zip(counts).map(|(way, count)| each(exchange, way, count));
        let mut next = || took.next().unwrap_or_default();
        let (wall, egress, native, script) = (next(), next(), next(), next());
        Turn { wall, egress, native: native - script }
    };
    (0..ROUNDS).map(|_| turn()).collect()
}

/// Of a request that the adapter refuses: nothing goes out.
fn refusal(exchange: &Exchange<'_>) -> Vec<Turn> {
    let counts = [Way::Wall, Way::Native].map(|way| count(exchange, way));
    let turn = || Turn {
        wall: each(exchange, Way::Wall, counts[0]),
        egress: 0.0,
        native: each(exchange, Way::Native, counts[1]),
    };
    (0..ROUNDS).map(|_| turn()).collect()
}

/// Of one more chunk: a long stream less a short one.
fn chunks(world: &World, adapter: &'static Adapter, pace: Pace) -> Vec<Turn> {
    const SHORT: usize = 100;
    const LONG: usize = 1000;
    let stream =
        |chunks| costs(&Exchange::new(world, adapter, 100, Some((chunks, pace))), Way::Wall);
    let more = (LONG - SHORT) as f64;
    let pairs = stream(LONG).into_iter().zip(stream(SHORT));
    let slope = |(long, short): (Turn, Turn)| Turn {
        wall: (long.wall - short.wall) / more,
        egress: (long.egress - short.egress) / more,
        native: (long.native - short.native) / more,
    };
    pairs.map(slope).collect()
}

/// How many requests make a turn.
fn count(exchange: &Exchange<'_>, way: Way) -> u64 {
    // The first ones warm caches and connections up.
    exchange.run(way, 3);
    let one = exchange.run(way, 5) / 5;
    u64::try_from(TURN.as_nanos() / one.as_nanos().max(1)).unwrap_or(u64::MAX).clamp(1, 2048)
}

fn each(exchange: &Exchange<'_>, way: Way, count: u64) -> f64 {
    exchange.run(way, count).as_secs_f64() * 1e6 / count as f64
}

fn quantile(turns: &[Turn], of: impl Fn(&Turn) -> f64, at: f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at).round() as usize]
}
