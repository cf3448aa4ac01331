//! Judged by recordings: what providers really sent, through the real wall.
//!
//! `HOTCELL_CORPUS` names the folder; where it is not set, `../shared/corpus` beside
//! the workspace is taken. Each line is one exchange. The recorded response is played
//! to the adapter, cut in five ways, and its events must add up to what the provider's
//! own SDK made of it, and to the same at every cut. The recorded request is read in
//! its dialect, goes through the adapter, and must arrive as it was. The answer is written
//! again as a client of its dialect reads it, and must come out as it was.
//!
//! `cargo test --release --test corpus -- openai-chat` judges one kind.

mod abroad;
mod compare;
mod cut;
mod dialect;
mod exchange;
mod replay;
mod rewrite;
mod score;

use dialect::{Dialect, KINDS};
use exchange::{Exchange, Folder};
use replay::Player;
use score::{Half, Judgement, Scores};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Each thread plays one exchange at a time, with a runner and a server of its own,
/// so that a piece that leaves the server is read before the next one leaves.
const MOST_THREADS: usize = 8;

fn main() -> ExitCode {
    let Some(kinds) = wanted(std::env::args().skip(1)) else { return ExitCode::SUCCESS };
    let (folder, named) = match std::env::var_os("HOTCELL_CORPUS") {
        Some(folder) => (PathBuf::from(folder), true),
        None => (Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"), false),
    };
    if !folder.is_dir() {
        println!("corpus: SKIPPED: there is no folder {}", folder.display());
        println!("corpus: set HOTCELL_CORPUS to the folder of the recordings");
        // A folder that somebody named must be there.
        return if named { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let mut scores = Scores::new(&kinds);
    let mut queue = VecDeque::new();
    for kind in &kinds {
        let Folder { exchanges, malformed } = Folder::read(&folder.join(kind));
        malformed.into_iter().for_each(|why| scores.malformed(kind, why));
        for exchange in exchanges {
            match dialect::of(kind, &exchange) {
                Some(dialect) => queue.push_back((*kind, dialect, exchange)),
                None => scores.passed_over(kind),
            }
        }
    }
    scores.add(judge_all(queue));
    if kinds == KINDS {
        scores.other_kinds(&folder);
    }
    scores.tell(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-failures.txt"))
}

/// The kinds that the arguments of `cargo test` ask for: all, unless they name some.
/// None where they ask for other tests, or for a list.
fn wanted(arguments: impl Iterator<Item = String>) -> Option<Vec<&'static str>> {
    let mut names = Vec::new();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => {
                KINDS.iter().for_each(|kind| println!("corpus {kind}: test"));
                return None;
            }
            // A value follows.
            "--test-threads" | "--format" | "--color" | "--logfile" | "--skip" | "-Z" => {
                arguments.next();
            }
            flag if flag.starts_with('-') => {}
            name => names.push(name.to_owned()),
        }
    }
    let asked = |kind: &&str| {
        let title = format!("corpus {kind}");
        names.is_empty() || names.iter().any(|name| title.contains(name.as_str()))
    };
    let kinds: Vec<&'static str> = KINDS.into_iter().filter(asked).collect();
    (!kinds.is_empty()).then_some(kinds)
}

type Queue = VecDeque<(&'static str, Dialect, Exchange)>;

/// Judges all exchanges, some at a time.
fn judge_all(queue: Queue) -> Vec<Judgement> {
    let cast: Vec<(Dialect, String)> =
        queue.iter().map(|(_, dialect, exchange)| (*dialect, exchange.provider.clone())).collect();
    let queue = Mutex::new(queue);
    let threads = thread::available_parallelism().map_or(2, usize::from).min(MOST_THREADS);
    thread::scope(|scope| {
        let players: Vec<_> = (0..threads).map(|_| scope.spawn(|| play(&cast, &queue))).collect();
        let judged = players.into_iter().map(|player| {
            player.join().unwrap_or_else(|_| vec![Judgement::broken("a player panicked")])
        });
        judged.flatten().collect()
    })
}

/// One thread: everything in it takes turns, the server, the client and the cell.
fn play(cast: &[(Dialect, String)], queue: &Mutex<Queue>) -> Vec<Judgement> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Judgement::broken(&format!("the runtime: {error}"))],
    };
    runtime.block_on(async {
        let mut judged = Vec::new();
        // For the check below: a provider that nobody knows.
        let unknown = "nobody";
        let names = cast.iter().map(|(dialect, provider)| (*dialect, provider.as_str()));
        let player = Player::new(names.chain([(dialect::named("openai-chat"), unknown)])).await;
        let player = match player {
            Ok(player) => player,
            Err(error) => return vec![Judgement::broken(&format!("the runner: {error}"))],
        };
        if let Err(why) = player.keeps_pieces_apart(unknown).await {
            judged.push(Judgement::broken(&why));
        }
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((kind, dialect, exchange)) = next else { return judged };
            let result = player.response(dialect, &exchange).await;
            judged.push(Judgement::new(kind, Half::Response, &exchange, result));
            if let Some(result) = player.request(dialect, &exchange).await {
                judged.push(Judgement::new(kind, Half::Request, &exchange, result));
            }
            if let Some(result) = player.answer(dialect, &exchange).await {
                judged.push(Judgement::new(kind, Half::Answer, &exchange, result));
            }
            if let Some(result) = player.abroad(dialect, &exchange).await {
                judged.push(Judgement::new(kind, Half::Abroad, &exchange, result));
            }
        }
    })
}
