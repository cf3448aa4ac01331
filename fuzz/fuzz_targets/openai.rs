//! Whatever a provider of OpenAI's protocol answers, and however it is cut.

#![no_main]

use hotcell_adapter_openai::OpenAi;
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = include_str!("../../adapters/openai/adapter.toml");

fuzz_target!(|input: &[u8]| hotcell_fuzz::answered::<OpenAi>(MANIFEST, input));
