//! The adapter against hand-written samples of the wire, held to its manifest.

mod prediction;
mod request;

use hotcell_sdk::testing::Script;

fn provider() -> Script {
    let mut script = Script::new();
    script.manifest(include_str!("../../adapter.toml"));
    script
}
