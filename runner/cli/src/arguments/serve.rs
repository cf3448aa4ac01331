//! What `serve` takes.

use clap::{Args, ValueHint};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Answer clients of OpenAI, Anthropic and Google with the configured models
///
/// Clients keep their SDKs and change one address. A model is one of [gateway.models] in the
/// configuration, or any `provider/model`:
///
///   hotcell serve
///   curl http://127.0.0.1:4000/v1/chat/completions -H 'content-type: application/json' \
///        -d '{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'
///
/// Adapters are compiled and keys are read before it listens; then the process confines
/// itself. Ctrl-C or SIGTERM lets what is under way end, a second one does not.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct ServeArguments {
    /// Listen here instead of where the configuration says; may be given more than once
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Vec<SocketAddr>,

    /// Serve what this configuration of LiteLLM's proxy says, and read no other; what could
    /// not be carried over is told, as `hotcell migrate litellm` does
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) litellm_config: Option<PathBuf>,
}
