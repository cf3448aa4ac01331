//! Whatever a provider of Anthropic's protocol answers, and however it is cut.

#![no_main]

use hotcell_adapter_anthropic::Anthropic;
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = include_str!("../../adapters/anthropic/adapter.toml");

fuzz_target!(|input: &[u8]| hotcell_fuzz::answered::<Anthropic>(MANIFEST, input));
