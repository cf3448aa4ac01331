//! Judged by recordings: what providers really sent, through the real wall.
//!
//! `HOTCELL_CORPUS` names the folder (`../shared/corpus` beside the workspace where
//! it is not set). Each line is one exchange. The recorded response is played to the
//! adapter, cut in five ways, and its events must add up to what the provider's own
//! SDK made of it; the recorded request is read in its dialect, goes through the
//! adapter, and must arrive as it was.

mod compare;
mod exchange;
mod replay;

use exchange::Exchange;
use replay::Player;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Kinds that the adapters of today speak.
const KINDS: [&str; 4] = ["openai-chat", "anthropic-messages", "embeddings", "models"];
const PLAYERS: usize = 2;

/// What became of one kind.
#[derive(Default)]
struct Score {
    responses: usize,
    responses_good: usize,
    requests: usize,
    requests_good: usize,
    passed_over: usize,
    failures: Vec<String>,
}

fn main() {
    let folder = std::env::var_os("HOTCELL_CORPUS").map_or_else(default_folder, PathBuf::from);
    if !folder.is_dir() {
        println!("corpus: SKIPPED, there is no folder {} (HOTCELL_CORPUS)", folder.display());
        println!("corpus: 0 passed, 0 failed, 1 skipped");
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else {
        eprintln!("corpus: the runtime does not start");
        std::process::exit(1);
    };
    let (mut passed, mut failed) = (0, 0);
    let mut report = String::new();
    for kind in KINDS {
        let exchanges = match Exchange::read_all(&folder.join(kind)) {
            Ok(exchanges) => exchanges,
            Err(error) => {
                eprintln!("corpus {kind}: {error}");
                std::process::exit(1);
            }
        };
        let score = runtime.block_on(judge(kind, exchanges));
        let Score { responses, responses_good, requests, requests_good, .. } = score;
        let over = match score.passed_over {
            0 => String::new(),
            n => format!(" ({n} of other dialects passed over)"),
        };
        println!(
            "corpus {kind}: {responses_good} of {responses} responses, {requests_good} of {requests} requests{over}"
        );
        passed += responses_good + requests_good;
        failed += score.failures.len();
        for failure in score.failures {
            // Writing into a string does not fail.
            let _ = writeln!(report, "{kind}: {failure}");
        }
    }
    if failed > 0 {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("corpus-failures.txt");
        match std::fs::write(&file, report) {
            Ok(()) => println!("corpus: the failures are in {}", file.display()),
            Err(error) => println!("corpus: {}: {error}", file.display()),
        }
    }
    println!("corpus: {passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}

fn default_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus")
}

/// Judges all exchanges of a kind, a few at a time.
async fn judge(kind: &'static str, exchanges: Vec<Exchange>) -> Score {
    let providers: Vec<String> =
        exchanges.iter().map(|exchange| exchange.provider.clone()).collect();
    let queue = Arc::new(Mutex::new(exchanges));
    let mut players = Vec::new();
    for _ in 0..PLAYERS {
        let (queue, providers) = (queue.clone(), providers.clone());
        players.push(tokio::spawn(async move {
            let mut score = Score::default();
            let player = match Player::new(kind, &providers).await {
                Ok(player) => player,
                Err(error) => {
                    score.failures.push(format!("the player does not start: {error}"));
                    return score;
                }
            };
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(exchange) = next else { return score };
                if !player.speaks(&exchange) {
                    score.passed_over += 1;
                    continue;
                }
                score.responses += 1;
                match player.response(&exchange).await {
                    Ok(()) => score.responses_good += 1,
                    Err(why) => score.failures.push(format!("{} response: {why}", exchange.id)),
                }
                if let Some(result) = player.request(&exchange).await {
                    score.requests += 1;
                    match result {
                        Ok(()) => score.requests_good += 1,
                        Err(why) => score.failures.push(format!("{} request: {why}", exchange.id)),
                    }
                }
            }
        }));
    }
    let mut total = Score::default();
    for player in players {
        match player.await {
            Ok(score) => {
                total.responses += score.responses;
                total.responses_good += score.responses_good;
                total.requests += score.requests;
                total.requests_good += score.requests_good;
                total.passed_over += score.passed_over;
                total.failures.extend(score.failures);
            }
            Err(error) => total.failures.push(format!("a player stopped: {error}")),
        }
    }
    total.failures.sort();
    total
}
