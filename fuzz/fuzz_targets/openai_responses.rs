//! Whatever a provider of OpenAI's responses answers, and however it is cut.

#![no_main]

use hotcell_adapter_openai_responses::OpenAiResponses;
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = include_str!("../../adapters/openai-responses/adapter.toml");

fuzz_target!(|input: &[u8]| hotcell_fuzz::answered::<OpenAiResponses>(MANIFEST, input));
