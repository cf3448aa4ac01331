//! Whatever a transcript says, playing it ends, asks nobody, and comes to the same twice.

#![no_main]

use hotcell::{Runner, Transcript};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

struct World {
    runtime: Runtime,
    runner: Runner,
}

static WORLD: LazyLock<World> = LazyLock::new(|| World {
    runtime: Builder::new_current_thread().enable_time().build().expect("a runtime"),
    runner: Runner::builder().build().expect("a runner"),
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut transcript) = Transcript::parse(bytes) else { return };
    let World { runtime, runner } = &*WORLD;
    // How long a guest may compute is the machine's to say, and differs from run to run.
    transcript.limits = hotcell::Limits::default();
    for adapter in &hotcell::bundle::ADAPTERS {
        let play = || runtime.block_on(runner.replay(&transcript, Some(adapter.component())));
        let (Ok(first), Ok(second)) = (play(), play()) else { continue };
        assert_eq!(first, second, "the same bytes, and something else happened");
        if first.is_verified() && transcript.answer.ended {
            let mut longer = transcript.clone();
            longer.exchanges.pop();
            if longer.exchanges.len() < transcript.exchanges.len() {
                let found = runtime.block_on(runner.replay(&longer, Some(adapter.component())));
                assert!(!found.is_ok_and(|found| found.is_verified()), "one is missing, unseen");
            }
        }
    }
});
